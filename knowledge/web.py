"""HTML, divided at its headings, without what a browser would not show."""

import re
from collections.abc import Iterator
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.markdown import Section

__all__ = ["read_html"]

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
UNSEEN = frozenset(
    {"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object"}
)
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i",
     "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup",
     "time", "tt", "u", "var"}
)  # fmt: skip

Part = tuple[str, str, int]
"""`heading` or `text`, what it says, and its line."""


def read_html(path: Path, text: str) -> tuple[str, list[Section]]:
    """Return the title (empty if none is given) and the sections of a page.

    Raises:
        KnowledgeError: Its elements are nested deeper than can be followed.
    """
    from bs4 import BeautifulSoup

    try:
        soup = BeautifulSoup(text, "html.parser")
        parts = list(_walk(soup, pre=False))
    except RecursionError as error:
        message = f"The elements of `{path}` are nested too deep."
        raise KnowledgeError(message, hint="Save it as plain text, and add that.") from error
    named = soup.title.get_text(" ", strip=True) if soup.title else ""
    first = next((said for kind, said, _ in parts if kind == "heading"), "")
    return named or first, list(_gather(parts))


def _walk(node: object, *, pre: bool) -> Iterator[Part]:
    from bs4.element import Comment, NavigableString, Tag

    if isinstance(node, NavigableString):
        if not isinstance(node, Comment) and type(node) is NavigableString:
            yield "text", str(node) if pre else re.sub(r"\s+", " ", node), 0
        return
    if not isinstance(node, Tag) or node.name in UNSEEN or _is_hidden(node.attrs):
        return
    line = node.sourceline or 0
    if node.name in HEADINGS:
        yield "heading", node.get_text(" ", strip=True), line
        return
    if node.name == "br":
        yield "text", "\n", line
        return
    before, after = _frame(node.name)
    yield "text", before, line
    for child in node.children:
        yield from _walk(child, pre=pre or node.name == "pre")
    yield "text", after, line


def _frame(name: str) -> tuple[str, str]:
    """Return what stands before and after an element, so that its form survives as text."""
    if name in INLINE or name == "[document]":
        return "", ""
    if name == "pre":
        return "\n\n```\n", "\n```\n\n"
    if name == "li":
        return "\n- ", ""
    if name in ("td", "th"):
        return " ", " |"
    if name == "tr":
        return "\n", ""
    return "\n\n", "\n\n"


def _is_hidden(attributes: object) -> bool:
    held = attributes if isinstance(attributes, dict) else {}
    style = str(held.get("style", "")).replace(" ", "").lower()
    return "hidden" in held or "display:none" in style or "visibility:hidden" in style


def _gather(parts: list[Part]) -> Iterator[Section]:
    heading, start, held = "", 1, list[str]()
    for kind, said, line in [*parts, ("heading", "", 0)]:
        if kind == "text":
            held.append(said)
            continue
        text = _tidy("".join(held))
        if text:
            yield Section(heading, text, start)
        heading, start, held = said, line or start, []


def _tidy(text: str) -> str:
    """Collapse blanks outside code, and runs of blank lines."""
    lines: list[str] = []
    code = False
    for line in text.split("\n"):
        if line.strip() == "```":
            code = not code
        shown = line.rstrip() if code else " ".join(line.split())
        if shown or (lines and lines[-1]):
            lines.append(shown)
    return "\n".join(lines).strip()
