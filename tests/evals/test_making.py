"""Questions made from facts that a person read, without the code under test."""

from pathlib import Path

import orjson
import pytest

from evals.making.facts import Fact, read_facts
from evals.making.questions import make_cases, write_cases
from evals.making.wordings import WORDINGS
from evals.suites.case_files import read_cases
from evals.suites.question_cases import CASES, SPLITS, Case, files_of


def test_a_line_of_facts_is_read_with_its_alternatives(tmp_path: Path) -> None:
    path = tmp_path / "facts.txt"
    path.write_text(
        "[shop] dev\na/web | b/db | 80 | deny | one|two\nwho | b/db | a/web | c/x, c/y\n"
    )

    assert list(read_facts(path)) == [
        Fact(
            workspace="shop", split="dev", kind="reach", source="a/web", destination="b/db",
            via="80", verdict="deny", decided_by="one|two",
        ),
        Fact(
            workspace="shop", split="dev", kind="who", destination="b/db",
            yes=("a/web",), no=("c/x", "c/y"),
        ),
    ]  # fmt: skip


def test_a_line_that_is_no_fact_is_named(tmp_path: Path) -> None:
    path = tmp_path / "facts.txt"
    path.write_text("[shop] dev\na/web | b/db\n")

    with pytest.raises(ValueError, match=r"facts\.txt:2"):
        list(read_facts(path))


@pytest.mark.parametrize("split", sorted(SPLITS))
def test_the_stored_questions_are_those_that_the_facts_make(split: str, tmp_path: Path) -> None:
    fresh = tmp_path / "made.jsonl"

    write_cases(split, fresh)

    assert fresh.read_bytes() == CASES.with_name(f"questions-made-{split}.jsonl").read_bytes()


def test_development_and_test_share_no_wording_and_no_workspace_of_facts() -> None:
    spaces = {split: {fact.workspace for fact in read_facts() if fact.split == split}
              for split in SPLITS}  # fmt: skip
    said = {split: {text for (one, _), texts in WORDINGS.items() if one == split for text in texts}
            for split in SPLITS}  # fmt: skip

    assert not spaces["dev"] & spaces["test"]
    assert not said["dev"] & said["test"]


def test_the_splits_share_no_workspace_and_cover_more_than_ten() -> None:
    spaces = {
        split: {
            case.workspace
            for path in files_of(split)
            for case in read_cases(path, Case, what="question case")
        }
        for split in SPLITS
    }

    assert not spaces["dev"] & spaces["test"]
    assert len(spaces["dev"] | spaces["test"]) >= 10


def test_every_question_names_the_call_that_answers_it() -> None:
    for case in make_cases("test"):
        parsed = Case.model_validate(case)
        assert parsed.expected.tools
        assert orjson.loads(orjson.dumps(case)) == case
