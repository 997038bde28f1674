"""Articles in Markdown become passages, one per heading, each with its place and sources."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from knowledge.errors import KnowledgeError

__all__ = ["Article", "Passage", "Reference", "read_corpus", "split"]

FENCE = "---"
CONFLICT = "Conflict between sources"
"""How the heading of a passage begins that says where sources disagree."""
HEADING = re.compile(r"^##+ +(.+?)\s*$")
CODE = re.compile(r"^(```|~~~)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A document that an article rests on."""

    title: str
    address: str
    """A path in a public repository, an issue, or a URL."""
    date: str
    """ISO date, of the month at least."""
    dated: Literal["page", "copy"]
    """Whether `date` is the document's own, or only that of the copy that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What stands under one heading of an article."""

    slug: str
    title: str
    heading: str
    text: str
    file: str
    """Path below the package, such as `corpus/entities.md`."""
    line: int
    """Line of the heading, counted from 1; 0 where lines mean nothing, as in a PDF."""
    place: str = ""
    """Where in the file, such as `page 3`, when a line does not say it."""
    position: int | None = None
    """Number in a document in which lines do not tell passages apart."""

    @property
    def key(self) -> str:
        """Name of the passage inside the corpus, such as `entities:24`."""
        return f"{self.slug}:{self.line if self.position is None else self.position}"

    @property
    def searchable(self) -> str:
        """The text with its title path, so that a passage is found by what its title says."""
        return f"{self.title}. {self.heading}.\n{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One document of the corpus."""

    slug: str
    title: str
    versions: str
    reviewed: str
    sources: tuple[Reference, ...]
    passages: tuple[Passage, ...]
    file: str
    computed: tuple[str, ...] = ()
    """Tools that compute, for a network of one's own, what the article can only describe."""

    @property
    def conflicts(self) -> tuple[Passage, ...]:
        """The passages that say where sources disagree."""
        return tuple(item for item in self.passages if item.heading.startswith(CONFLICT))


@cache
def read_corpus() -> tuple[Article, ...]:
    """Read the articles that the package ships, ordered by file name.

    Raises:
        KnowledgeError: The articles are missing, or one of them is malformed.
    """
    from importlib.resources import files

    folder = files("knowledge").joinpath("corpus")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".md"))
    if not names:
        raise KnowledgeError(
            "The package `knowledge` ships no articles.", hint="Install `netassist` again."
        )
    return tuple(
        split(folder.joinpath(name).read_text(encoding="utf-8"), file=f"corpus/{name}")
        for name in names
    )


def split(text: str, *, file: str) -> Article:
    """Divide an article with front matter into its passages.

    Args:
        text: YAML between two lines of `---`, then Markdown with `##` headings.
        file: Where the text stands, for locations and messages.

    Raises:
        KnowledgeError: The front matter or the headings are not as described.
    """
    lines = text.splitlines()
    end = _find_front_matter(lines, file)
    meta = _read_front_matter("\n".join(lines[1:end]), file)
    passages = tuple(_divide(lines, end + 1, meta, file))
    if not passages:
        message = f"`{file}` has no `##` heading with text under it."
        raise KnowledgeError(message)
    return Article(
        slug=meta["slug"],
        title=meta["title"],
        versions=meta["versions"],
        reviewed=str(meta["reviewed"]),
        sources=tuple(_read_reference(item, file) for item in meta["sources"]),
        passages=passages,
        file=file,
        computed=tuple(map(str, meta.get("computed") or ())),
    )


def _find_front_matter(lines: list[str], file: str) -> int:
    """Return the index of the line that ends the front matter."""
    if lines and lines[0] == FENCE and FENCE in lines[1:]:
        return lines.index(FENCE, 1)
    message = f"`{file}` does not begin with front matter between two lines of `---`."
    raise KnowledgeError(message)


def _read_front_matter(text: str, file: str) -> dict[str, Any]:
    import yaml

    # The loader in C, where it was built, is five times as fast; a hundred articles are felt.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        meta = yaml.load(text, Loader=loader)  # a safe loader in either case
    except yaml.YAMLError as error:
        message = f"The front matter of `{file}` is not YAML: {error}."
        raise KnowledgeError(message) from error
    for key in ("title", "slug", "versions", "reviewed", "sources"):
        if not isinstance(meta, dict) or not meta.get(key):
            message = f"The front matter of `{file}` has no `{key}`."
            raise KnowledgeError(message)
    checked: dict[str, Any] = meta
    return checked


def _read_reference(item: dict[str, Any], file: str) -> Reference:
    try:
        return Reference(
            title=item["title"],
            address=item["address"],
            date=str(item["date"]),
            dated=item["dated"],
        )
    except (KeyError, TypeError) as error:
        message = f"A source of `{file}` lacks {error}."
        raise KnowledgeError(message) from error


def _divide(lines: list[str], start: int, meta: dict[str, Any], file: str) -> Iterator[Passage]:
    """Yield a passage for each heading; `#` lines inside code blocks are no headings."""
    heading, heading_line, body, in_code = meta["title"], start + 1, list[str](), False

    def close() -> Iterator[Passage]:
        content = "\n".join(body).strip()
        if content:
            yield Passage(
                slug=meta["slug"],
                title=meta["title"],
                heading=heading,
                text=content,
                file=file,
                line=heading_line,
            )

    for number, line in enumerate(lines[start:], start=start + 1):
        in_code ^= bool(CODE.match(line))
        found = None if in_code else HEADING.match(line)
        if found:
            yield from close()
            heading, heading_line, body = found[1], number, []
        else:
            body.append(line)
    yield from close()
