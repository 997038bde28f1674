"""Requests for policies, read and written in English.

The readers are imported when first used: an answer that names a policy needs its phrases only.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.intents.amendments import Amended, amend, is_undo
    from tools.intents.reading import Understood, read_intent
    from tools.intents.routing import asks_for_policy, looks_like_request
    from tools.intents.sentences import write_intent

__all__ = [
    "Amended",
    "Understood",
    "amend",
    "asks_for_policy",
    "is_undo",
    "looks_like_request",
    "read_intent",
    "write_intent",
]

_HOMES = {
    "Amended": "amendments",
    "Understood": "reading",
    "amend": "amendments",
    "asks_for_policy": "routing",
    "is_undo": "amendments",
    "looks_like_request": "routing",
    "read_intent": "reading",
    "write_intent": "sentences",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"tools.intents.{_HOMES[name]}"), name)
