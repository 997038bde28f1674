"""What a notebook shows of an answer."""

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.answer import Answer, Artifact

__all__ = ["answer_as_html"]

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
