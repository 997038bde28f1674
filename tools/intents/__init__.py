"""Requests for policies, read and written in English."""

from tools.intents.amendments import Amended, amend, is_undo
from tools.intents.reading import Understood, read_intent
from tools.intents.routing import looks_like_request
from tools.intents.sentences import write_intent

__all__ = [
    "Amended",
    "Understood",
    "amend",
    "is_undo",
    "looks_like_request",
    "read_intent",
    "write_intent",
]
