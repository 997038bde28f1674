"""Requests for policies, read and written in English."""

from tools.intents.reading import Understood, read_intent
from tools.intents.sentences import write_intent

__all__ = ["Understood", "read_intent", "write_intent"]
