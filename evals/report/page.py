"""The page: one file with plots, failures and a line for every question from outside."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from evals.baseline import compare_with_baseline, read_first_contacts, read_tiers
from evals.report.outside import OutsideRow, ask_outside
from evals.report.plots import bar_chart, outcome_bar
from evals.suites.question_cases import SPLITS, files_of
from evals.suites.questions import judge, to_result

__all__ = ["render", "write_report"]

_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
svg{width:100%;max-width:46rem;height:auto;font:13px system-ui,sans-serif;fill:currentColor}
.good{fill:#2c7a4b}.bad{fill:#b3261e}.err{stroke:currentColor;stroke-width:1.5}
.aim{stroke:#888;stroke-dasharray:4 3}.tick{font-size:11px;opacity:.7}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}
th,td{border-bottom:1px solid #8886;padding:.35rem .5rem;text-align:left;vertical-align:top;
overflow-wrap:anywhere}
.dot{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.4em}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}
"""


def write_report(out: Path, *, model: str = "rules", now: datetime | None = None) -> int:
    """Ask every question of both splits and those from outside, and write the page.

    Args:
        out: The HTML file.
        model: As `Assistant` takes it.
        now: Date of the run.

    Returns:
        How many cases do not agree.

    Raises:
        OSError: The file cannot be written.
    """
    results = {}
    for split in SPLITS:
        begun = time.perf_counter()
        judged = list(judge(files_of(split), model=model))
        results[split] = to_result(judged, seconds=time.perf_counter() - begun).to_dict()
    rows = tuple(ask_outside(model=model))
    when = (now or datetime.now(UTC)).date().isoformat()
    out.write_text(render(results, rows, model=model, when=when), encoding="utf-8")
    return sum(len(result["disagreements"]) for result in results.values())


def render(
    results: dict[str, dict[str, Any]], rows: Sequence[OutsideRow], *, model: str, when: str
) -> str:
    """Return the page for results as `python -m evals questions --json` prints them."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width">',
        f"<title>netassist: questions, {escape(model)}</title><style>{_STYLE}</style>",
        f"<h1>How well questions are answered</h1><p>Model <code>{escape(model)}</code>, "
        f"{escape(when)}. Bars are shares of right answers (right tool and arguments, right "
        "verdict or facts), whiskers one standard error; the dashed line is the aim of 95 %. "
        "An answer that states what is not so counts as confidently wrong; asking back and "
        "declining in vain are counted apart.</p>",
    ]
    parts += _first_contacts()
    parts += _tiers()
    for split, result in results.items():
        parts += _split(split, result)
    parts += _outside(rows)
    return "\n".join([*parts, "</html>\n"])


def _first_contacts() -> list[str]:
    """Return the table of what batches gave when the code met them for the first time."""
    rows = "".join(
        f"<tr><td>{escape(one['split'])}</td><td>{escape(one['what'])}</td>"
        f"<td>{one['agree']} of {one['cases']} ({one['agree'] / one['cases']:.1%})</td>"
        f"<td>{one['outcomes']['asked back'] + one['outcomes']['declined']}</td>"
        f"<td>{one['outcomes']['confidently wrong']}</td></tr>"
        for one in read_first_contacts()
    )
    head = "".join(
        f"<th>{name}</th>"
        for name in ("batch", "when", "right", "asked or declined in vain", "confidently wrong")
    )
    return [
        "<h2>At first contact</h2><p>What the splits below show was mended against since; these "
        "numbers are of questions that the code had not met.</p>",
        f"<table><tr>{head}</tr>{rows}</table>",
    ]


def _tiers() -> list[str]:
    """Return the table of the tiers beside each other, on questions in odd wording."""
    measured = read_tiers()
    if not measured:
        return []
    splits = ("dev", "test", "unseen")
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(str(cell))}</td>"
            for cell in (
                f"{one['model']} {one['weights']}".strip(),
                one["sha256"][:12] or "none",
                *(" / ".join(map(str, one["splits"].get(name, ["not run"]))) for name in splits),
                one["tool_right"] or "as the rules",
                one["arguments_right"] or "as the rules",
                one["when"],
            )
        )
        + "</tr>"
        for one in measured["tiers"]
    )
    names = ("tier", "sha256", *splits, "tool right, alone", "arguments right, alone", "measured")
    head = "".join(f"<th>{name}</th>" for name in names)
    return [
        "<h2>The tiers beside each other</h2>",
        f"<p>{escape(measured['what'])}. Right / asked back or declined / wrong; "
        f"<code>{escape(measured['command'])}</code>, {escape(measured['when'])}. "
        "<q>Alone</q> is the model before the rules, on questions that the rules read rightly.</p>",
        f"<table><tr>{head}</tr>{rows}</table>",
    ]


def _split(split: str, result: dict[str, Any]) -> list[str]:
    right = result["agree"] / result["cases"] if result["cases"] else 0.0
    return [
        f"<h2>Split <code>{escape(split)}</code>: {result['agree']} of {result['cases']} right "
        f"({right:.1%})</h2>",
        outcome_bar(result["outcomes"]),
        bar_chart(result["families"]),
        *_changes(split, result),
        "<h3>Failures</h3>" if result["disagreements"] else "<p>No failures.</p>",
        _failures(result["disagreements"]),
    ]


def _changes(split: str, result: dict[str, Any]) -> list[str]:
    changes = compare_with_baseline(result, split)
    if not changes:
        return []
    items = "".join(f"<li>{escape(change)}</li>" for change in changes)
    return [f"<h3>Against the baseline</h3><ul>{items}</ul>"]


def _failures(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    lines = [
        "<tr>"
        + "".join(
            f"<td>{escape(cell)}</td>"
            for cell in (
                row["case"],
                row["got"]["outcome"],
                row["query"],
                _short(row["expected"]),
                "; ".join(row["got"]["faults"]) + ". " + row["got"]["text"][:200],
            )
        )
        + "</tr>"
        for row in rows
    ]
    head = "".join(
        f"<th>{name}</th>" for name in ("case", "outcome", "question", "expected", "got")
    )
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _short(expected: dict[str, Any]) -> str:
    said = [f"{name}: {value}" for name, value in expected.items() if value not in (None, (), [])]
    return "; ".join(said)


def _outside(rows: Sequence[OutsideRow]) -> list[str]:
    if not rows:
        return ["<h2>Questions from outside</h2><p>Not run: the files of them are not here.</p>"]
    kinds = {kind: sum(row.kind == kind for row in rows) for kind in sorted({r.kind for r in rows})}
    said = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    lines = [
        f"<tr><td>{escape(row.case)}</td><td>{escape(row.question)}</td><td>{escape(row.kind)}</td>"
        f"<td>{escape(row.answer)}</td><td>{escape(row.key)}</td></tr>"
        for row in rows
    ]
    head = "".join(
        f"<th>{name}</th>" for name in ("case", "question", "what it did", "answer", "key facts")
    )
    return [
        f"<h2>Questions from outside</h2><p>{len(rows)} questions over the bundled sample: "
        f"{escape(said)}. The key facts are for a reader to compare: they are not scored.</p>",
        f"<table><tr>{head}</tr>{''.join(lines)}</table>",
    ]
