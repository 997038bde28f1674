"""Markdown, divided at its headings."""

import re
from dataclasses import dataclass

__all__ = ["Section", "read_markdown"]

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.S)
TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.M)


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading."""

    heading: str
    text: str
    line: int
    """Of the heading, or of the first line where there is none; 0 where lines mean nothing."""
    place: str = ""
    start: int = 0
    """Line on which the text begins; 0 where its lines are not those of the file."""


def read_markdown(text: str) -> tuple[str, list[Section]]:
    """Return the title (empty if none is given) and the sections of a text in Markdown.

    The title is the front matter's, else the first heading. `#` inside code is no heading.
    """
    from markdown_it import MarkdownIt

    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    matter = FRONT_MATTER.match("\n".join(lines))
    skipped = matter[0].count("\n") if matter else 0
    tokens = MarkdownIt("commonmark").parse("\n".join(lines[skipped:]))
    marks = [
        (token.map[0] + skipped, token.map[1] + skipped, tokens[place + 1].content)
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    named = TITLE.search(matter[1]) if matter else None
    title = named[1].strip("\"'") if named else (marks[0][2] if marks else "")
    sections = []
    before = "\n".join(lines[skipped : marks[0][0] if marks else len(lines)])
    if before.strip():
        sections.append(Section("", before, skipped + 1, start=skipped + 1))
    ends = [*(mark[0] for mark in marks), len(lines)][1:]
    for (start, body, heading), after in zip(marks, ends, strict=True):
        content = "\n".join(lines[body:after])
        if content.strip():
            sections.append(Section(heading, content, start + 1, start=body + 1))
    return title, sections
