"""Articles about AKS networking, and a search over them that works without a network."""

from knowledge.errors import KnowledgeError
from knowledge.retrieve import Hit, Mode, search

__all__ = ["Hit", "KnowledgeError", "Mode", "search"]
