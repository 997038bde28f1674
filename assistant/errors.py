"""What can go wrong with a question, and who should hear of it.

AssistantError            the person at the surface (.message, .hint)
  InvalidQuestion         ... nothing to answer: empty, or far too long
  SessionUnknown          ... no session has that name, or several begin with it
  NotConfigured           ... what to set, and where
  ModelUnavailable        ... the model asked for by name did not answer; may be retried
    TurnLimitReached      ... it did not come to an end (.calls holds what the tools said)
  CalledInsideLoop        ... the author of the calling program: `await aask()` there
ToolError                 the model: may correct itself       (tools.errors)
TopologyError             the author of the network files     (topology.errors)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.answer import ToolCall

__all__ = [
    "AssistantError",
    "CalledInsideLoop",
    "InvalidQuestion",
    "ModelUnavailable",
    "NotConfigured",
    "SessionUnknown",
    "TurnLimitReached",
]


class AssistantError(Exception):
    """A question that could not be answered.

    Args:
        message: One sentence of fact that quotes the offending text in backticks.
        hint: One sentence that says what to do; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.hint) if part)


class InvalidQuestion(AssistantError):
    """A question that holds nothing to answer, or more than can be read."""


class SessionUnknown(AssistantError):
    """A session that there is none of, or that several may be."""


class NotConfigured(AssistantError):
    """Something must be set first; the hint says what, and where."""


class ModelUnavailable(AssistantError):
    """The model that was asked for by name did not answer; may be retried."""


class TurnLimitReached(ModelUnavailable):
    """The model went on without an end; `calls` holds what the tools had said."""

    def __init__(self, message: str, *, hint: str = "", calls: "tuple[ToolCall, ...]" = ()) -> None:
        super().__init__(message, hint=hint)
        self.calls = calls


class CalledInsideLoop(AssistantError, RuntimeError):
    """`ask()` was called where an event loop already runs."""
