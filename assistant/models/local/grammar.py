"""GBNF grammars whose every word is a command or a word of the question."""

from collections.abc import Iterable, Mapping, Sequence

__all__ = ["LONGEST_SLOT", "build"]

LONGEST_SLOT = 120
"""Characters of a name that a grammar offers; a longer one is offered to no model."""


def build(commands: Mapping[str, Sequence[Sequence[str]]]) -> str:
    r"""Return a grammar of one line: a command, and one of its lists of arguments.

    Nothing but these lines can be generated, so an answer names nothing that was not offered and
    is no longer than the longest of them.

    Args:
        commands: For each command the lists of arguments that it may have; one empty list for a
            command without any.

    Raises:
        ValueError: No command has any list that can be offered.

    >>> print(build({"who_can": [["web"], ["db"]], "none": [[]]}))
    root ::= " " ("who_can web" | "who_can db" | "none") "\n"
    """
    lines = [
        " ".join([command, *words])
        for command, lists in commands.items()
        for words in lists
        if all(_can_be_offered(word) for word in words)
    ]
    if not lines:
        raise ValueError("a grammar needs one line at least")
    return f'root ::= " " ({_join(lines)}) "\\n"'


def _can_be_offered(word: str) -> bool:
    return 0 < len(word) <= LONGEST_SLOT and word.isprintable()


def _join(lines: Iterable[str]) -> str:
    return " | ".join(f'"{_escape(line)}"' for line in dict.fromkeys(lines))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
