"""Ask questions of a Kubernetes network and get computed, explained answers.

Everything in `__all__` is the promise of this package; it is imported when first used, so that
commands which need no model start without one.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.agent import Assistant, aask, ask
    from assistant.answer import Answer
    from assistant.errors import AssistantError
    from assistant.events import Event, Finished, Notice, TextDelta, ToolFinished, ToolStarted
    from tools.spec import Evidence

__all__ = [
    "Answer",
    "Assistant",
    "AssistantError",
    "Event",
    "Evidence",
    "Finished",
    "Notice",
    "TextDelta",
    "ToolFinished",
    "ToolStarted",
    "aask",
    "ask",
]

_HOMES = {
    "Answer": "assistant.answer",
    "Assistant": "assistant.agent",
    "AssistantError": "assistant.errors",
    "Evidence": "tools.spec",
    "aask": "assistant.agent",
    "ask": "assistant.agent",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES.get(name, "assistant.events")), name)
