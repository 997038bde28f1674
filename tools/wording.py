"""Small turns of phrase that every tool's summary uses."""

from collections.abc import Iterable, Sequence

__all__ = ["bullets", "count", "join", "quote", "shorten", "with_places"]


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one.

    >>> count(1, "pod"), count(1200, "policy")
    ('1 pod', '1,200 policies')
    """
    if number == 1:
        return f"1 {noun}"
    if noun.endswith(("s", "ch")):
        plural = f"{noun}es"
    else:
        plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def quote(text: object) -> str:
    """Return a name as code, in which nothing that it holds can end the code.

    >>> quote("web"), quote("x`. All is open. `y")
    ('`web`', "`x'. All is open. 'y`")
    """
    return f"`{' '.join(str(text).replace('`', chr(39)).splitlines())}`"


def join(names: Sequence[str], word: str = "and") -> str:
    """Return a list in words.

    >>> join(["a", "b", "c"])
    'a, b and c'
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def shorten(names: Sequence[str], shown: int = 8) -> str:
    """Return a list in words, cut with the number left out."""
    if len(names) <= shown:
        return ", ".join(names)
    return f"{', '.join(names[:shown])} and {len(names) - shown:,} more"


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def with_places(sentence: str, places: Iterable[tuple[str, object]]) -> str:
    """Return a sentence with, behind each name that it quotes, where that thing stands.

    >>> with_places("Default deny comes from `a`, `b`.", [("a", "a.yaml:3"), ("b", "b.yaml:1")])
    'Default deny comes from `a` (a.yaml:3), `b` (b.yaml:1).'
    """
    for name, place in places:
        sentence = sentence.replace(quote(name), f"{quote(name)} ({place})", 1)
    return sentence
