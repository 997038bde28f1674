"""The one stream that every face folds: what happens while a question is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.answer import Answer

__all__ = ["Event", "Finished", "Notice", "TextDelta", "ToolFinished", "ToolStarted"]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, in order; the pieces joined are the text of `Finished.answer`.

    They come when the text was checked: what a model says before that is shown to nobody.
    """

    text: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool was called."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool answered, or could not."""

    call_id: str
    name: str
    ok: bool
    result: Mapping[str, Any]
    """The result as JSON data; `{"error": ..., "hint": ...}` when not ok."""
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know that is not the answer, such as a fall to another tier."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The turn is over."""

    answer: Answer


Event = TextDelta | ToolStarted | ToolFinished | Notice | Finished
