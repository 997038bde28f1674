"""The page for people."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson

from assistant.answer import Answer, Artifact
from evals.baseline import read_tiers
from evals.report.outside import OutsideRow, ask_outside, kind_of, read_outside
from evals.report.page import render
from evals.report.plots import bar_chart, outcome_bar

RESULT: dict[str, Any] = {
    "cases": 2,
    "agree": 1,
    "outcomes": {"right": 1, "confidently wrong": 1},
    "families": [
        {
            "family": "reach",
            "cases": 2,
            "mean": 0.5,
            "standard_error": 0.354,
            "confidently_wrong": 1,
        }
    ],
    "disagreements": [
        {
            "case": "x-1",
            "query": "can <web> reach db?",
            "expected": {"verdict": "deny"},
            "got": {
                "outcome": "confidently wrong",
                "faults": ["verdict allow"],
                "text": "Yes & no",
            },
        }
    ],
}
ROW = OutsideRow(case="key-01", question="q?", key="/21", kind="declines", answer="I cannot.")


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        self.rows += tag == "tr"


def test_the_page_holds_failures_and_every_outside_line_and_needs_nothing_else() -> None:
    page = render({"test": RESULT}, [ROW], model="rules", when="2026-11-29")

    reader = Reader()
    reader.feed(page)
    assert reader.links == []
    assert "can &lt;web&gt; reach db?" in page
    assert "Yes &amp; no" in page
    assert "1 of 2 right (50.0%)" in page
    assert page.count("<svg") == 2
    assert "key-01" in page
    assert "235 of 265 (88.7%)" in page


def test_the_tiers_stand_beside_each_other_with_the_hash_of_their_weights() -> None:
    page = render({"dev": RESULT}, (), model="rules", when="2026-11-29")

    for one in read_tiers()["tiers"]:
        assert f"<td>{one['model']} {one['weights']}".rstrip() in page
        assert one["sha256"][:12] in page


def test_without_the_files_of_others_the_page_says_so(tmp_path: Path) -> None:
    assert list(read_outside(tmp_path)) == []
    assert "Not run" in render({}, [], model="rules", when="2026-11-29")


def test_whiskers_stay_on_the_scale() -> None:
    chart = bar_chart([RESULT["families"][0] | {"mean": 1.0, "standard_error": 0.2}])

    assert 'x2="550.0"' in chart
    assert "100% of 2, 1 wrong" in chart


def test_the_stacked_bar_names_every_outcome() -> None:
    assert "confidently wrong: <b>1</b> (50.0%)" in outcome_bar(RESULT["outcomes"])


def test_what_an_answer_does_is_said_in_one_phrase() -> None:
    plain = {"question": "q", "text": "t", "tier": "rules", "model": "rules"}
    draft = Artifact(kind="policy", name="p", content="", verified=False)

    assert kind_of(Answer(**plain, needs=("?",))) == "asks for the missing input"  # type: ignore[arg-type]
    assert kind_of(Answer(**plain, declined=True)) == "declines"  # type: ignore[arg-type]
    assert kind_of(Answer(**plain, artifacts=(draft,))) == "drafted, not verified"  # type: ignore[arg-type]
    assert kind_of(Answer(**plain)) == "answered without evidence"  # type: ignore[arg-type]


def test_questions_from_outside_are_asked_of_the_sample(tmp_path: Path) -> None:
    (tmp_path / "external").mkdir()
    (tmp_path / "external" / "prompts.jsonl").write_bytes(
        orjson.dumps({"id": "p-1", "prompt": "Who can reach shop/db?"}) + b"\n"
    )
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "questions.md").write_text(
        "- (E) *How many IPs in a /29?* **Key:** 3. **Tool:** usable.\n"
    )

    first, second = ask_outside(folder=tmp_path)

    assert (first.case, first.key, first.kind) == ("key-01", "3.", "answered with evidence")
    assert (second.case, second.kind) == ("p-1", "answered with evidence")
