"""Names: from what a person writes to the thing in the cluster that is meant."""

from topology.names.match import How, Match, Mention, Prefer
from topology.names.resolver import NameIndex, index_of, resolve

__all__ = ["How", "Match", "Mention", "NameIndex", "Prefer", "index_of", "resolve"]
