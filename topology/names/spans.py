"""The stretches of a question that say by their form what they are, and the words between."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from topology.names.words import KIND_PREFIXES

__all__ = ["Span", "Word", "is_quoted_word", "literals", "words"]

_QUOTED = r"`([^`]+)`|\"([^\"]+)\"|\u201c([^\u201d]+)\u201d|(?<!\w)'([^']+)'(?!\w)"
_URL = r"\b[a-z][a-z0-9+.-]*://([^\s/:?#]+)\S*"
_REQUEST = r"\b(?-i:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+/\S*|\b\d+/(?:tcp|udp|sctp)\b"
_IPV4 = r"(?<![\w.])(\d+\.\d+\.\d+\.\d+(?:/\d+)?)(?![\w/]|\.\d)"
_IPV6 = r"(?<![\w:])((?=[0-9a-f:]*::|(?:[0-9a-f]+:){7})[0-9a-f:]+(?:\.[0-9.]+)?(?:/\d+)?)(?![\w:])"
_LABEL = r"(?<![\w?&])([a-z][\w.-]*(?:/[\w.-]+)?==?[\w.-]*\w)"
_SLASHED = r"(?<![\w/.])((?:[a-z]+:\s?)?[a-z0-9][\w.-]*(?:/[a-z0-9](?:[\w.-]*\w)?){1,2})(?![\w/])"
_COLON = (
    r"\b((?:service|svc|namespace|workload|deployment|entity|pod|label):\s?[a-z0-9](?:[\w.-]*\w)?)"
)
_DNS = r"(?<![\w./@-])((?:[a-z0-9_](?:[\w-]*\w)?\.)+[a-z][\w-]*\w)(?![\w/])"
_FORMS = tuple(
    (form, re.compile(pattern, re.I))
    for form, pattern in (
        ("quoted", _QUOTED),
        ("url", _URL),
        ("request", _REQUEST),
        ("address", _IPV4),
        ("address", _IPV6),
        ("label", _LABEL),
        ("qualified", _SLASHED),
        ("qualified", _COLON),
        ("dns", _DNS),
    )
)
_WORD = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:['\u2019]s\b)?")
_FILES = frozenset({"json", "log", "md", "py", "sh", "txt", "yaml", "yml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch that has the form of something."""

    form: str
    start: int
    end: int
    text: str
    """What to look up: the name in the quotes, the host in the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word with its place."""

    start: int
    end: int
    text: str
    """Without quotes and without a possessive ending."""
    quoted: bool = False

    @property
    def low(self) -> str:
        """Return the word in lower case, in backticks if quoted: then it is in no word list."""
        return f"`{self.text.lower()}`" if self.quoted else self.text.lower()


def literals(question: str) -> tuple[Span, ...]:
    """Return the stretches of a telling form, in order, without overlaps, the surest form first."""
    taken: list[Span] = []
    for form, pattern in _FORMS:
        for found in pattern.finditer(question):
            start, end = found.span()
            text = next((group for group in found.groups() if group), found.group())
            if form == "address":
                start, end = found.span(1)
            overlaps = any(start < span.end and span.start < end for span in taken)
            if not overlaps and _is_telling(form, text):
                taken.append(Span(form=form, start=start, end=end, text=text))
    return tuple(sorted(taken, key=lambda span: span.start))


def words(question: str, spans: tuple[Span, ...]) -> tuple[Word, ...]:
    """Return the words outside the spans, and those that are quoted one by one, in order."""
    quoted = tuple(span for span in spans if is_quoted_word(span))
    found = [Word(start=span.start, end=span.end, text=span.text, quoted=True) for span in quoted]
    found += _words(question, spans)
    return tuple(sorted(found, key=lambda word: word.start))


def is_quoted_word(span: Span) -> bool:
    """Say whether a stretch is a single word in quotes: a word that is surely a name."""
    return span.form == "quoted" and _WORD.fullmatch(span.text) is not None


def _words(question: str, spans: tuple[Span, ...]) -> Iterator[Word]:
    """Yield the words outside the spans."""
    for found in _WORD.finditer(question):
        start, end = found.span()
        if any(start < span.end and span.start < end for span in spans):
            continue
        text = re.sub(r"['\u2019]s$", "", found.group())
        yield Word(start=start, end=end, text=text)


def _is_telling(form: str, text: str) -> bool:
    """Say whether a stretch is more than a file name, an abbreviation or an alternative."""
    last = text.rpartition(".")[2].lower()
    if form == "dns":
        shortest = min(len(part) for part in text.split("."))
        return last not in _FILES and not (shortest == 1 and text.count(".") == 1)
    if form == "qualified":
        if last in _FILES:
            return False
        first = re.split(r"[:/]", text)[0].lower()
        return "/" in text or first in KIND_PREFIXES or first in ("entity", "label")
    return True
