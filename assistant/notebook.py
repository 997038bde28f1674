"""What a notebook shows of an answer."""

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.answer import Answer, Artifact

__all__ = ["answer_as_html", "answer_as_mermaid"]

_COLOURS = {"allow": "#1a7f37", "deny": "#cf222e"}
_WORDS = {"allow": "+ allowed", "deny": "x denied"}


def answer_as_html(answer: "Answer") -> str:
    """Return an answer as a piece of HTML in which no text can become a tag."""
    from markdown_it import MarkdownIt

    text = MarkdownIt("commonmark", {"html": False}).enable("table").render(answer.text)
    parts = [f"<div>{_badge(answer)}{text}"]
    if answer.evidence:
        rows = "".join(
            f"<li><code>{escape(one.source)}</code> {escape(one.location)}</li>"
            for one in answer.evidence
            if one.location
        )
        parts.append(f"<details><summary>Evidence</summary><ol>{rows}</ol></details>")
    parts += [_checks(one) for one in answer.artifacts]
    return "".join((*parts, "</div>"))


def answer_as_mermaid(answer: "Answer") -> str:
    """Return a flowchart for each result that can be drawn, in the order of the calls."""
    from tools import registry

    types = {spec.name: spec.result for spec in registry()}
    charts = []
    for call in answer.tools:
        draws = call.ok and hasattr(types.get(call.name), "to_mermaid")
        if draws:
            result: Any = types[call.name].model_validate(dict(call.result))
            charts.append(result.to_mermaid())
    return "\n\n".join(dict.fromkeys(charts))


def _badge(answer: "Answer") -> str:
    if answer.verdict is None:
        return ""
    style = f"background:{_COLOURS[answer.verdict]};color:#fff;padding:2px 8px;border-radius:4px"
    return f'<b style="{style}">{_WORDS[answer.verdict]}</b>'


def _checks(artifact: "Artifact") -> str:
    rows = "".join(
        f"<li>{'+' if one.ok else 'x'} {escape(one.check)}: {escape(one.detail)}</li>"
        for one in artifact.checks
    )
    word = "verified" if artifact.verified else "not verified"
    return f"<details><summary>{escape(artifact.name)}: {word}</summary><ul>{rows}</ul></details>"
