"""Label selectors, compiled once: requirements that all must hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from topology.policy.labels import ANY, IdentityLabels

__all__ = ["EVERYTHING", "OPERATORS", "Operator", "Requirement", "Selector", "exists", "one_of"]

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]
OPERATORS: frozenset[str] = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label; NotIn and DoesNotExist also hold where the label is absent."""

    source: str
    """`any` for a label of whatever source."""
    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def holds(self, labels: IdentityLabels) -> bool:
        """Return whether the labels meet the condition."""
        found = labels.get(self.key)
        if found is not None and self.source not in (ANY, found[0]):
            found = None
        match self.operator:
            case "In":
                return found is not None and found[1] in self.values
            case "NotIn":
                return found is None or found[1] not in self.values
            case "Exists":
                return found is not None
            case _:
                return found is None

    def __str__(self) -> str:
        key = self.key if self.source == ANY else f"{self.source}:{self.key}"
        match self.operator:
            case "In" if len(self.values) == 1:
                return f"{key}={next(iter(self.values))}"
            case "In" | "NotIn":
                return f"{key} {self.operator} ({', '.join(sorted(self.values))})"
            case _:
                return f"{key} {self.operator}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that all must hold; none at all selects everything."""

    requirements: frozenset[Requirement] = frozenset()

    def matches(self, labels: IdentityLabels) -> bool:
        """Return whether the labels meet every requirement."""
        return all(requirement.holds(labels) for requirement in self.requirements)

    def with_also(self, extra: Iterable[Requirement]) -> "Selector":
        """Return a selector that also demands the extra requirements."""
        return Selector(self.requirements | frozenset(extra))

    def has_key(self, key: str, *sources: str) -> bool:
        """Return whether a requirement names this key with one of the sources."""
        return any(r.key == key and r.source in sources for r in self.requirements)

    def has_prefix(self, prefix: str, *sources: str) -> bool:
        """Return whether a requirement names a key with this prefix and one of the sources."""
        return any(r.key.startswith(prefix) and r.source in sources for r in self.requirements)

    def __str__(self) -> str:
        return ", ".join(sorted(map(str, self.requirements))) or "everything"


EVERYTHING = Selector()


def one_of(source: str, key: str, *values: str) -> Requirement:
    """Return the requirement that a label has one of the values."""
    return Requirement(source, key, "In", frozenset(values))


def exists(source: str, key: str) -> Requirement:
    """Return the requirement that a label is there."""
    return Requirement(source, key, "Exists")
