"""What a name was understood as, and how sure that is."""

from dataclasses import dataclass
from typing import Literal

from topology.errors import AmbiguousName
from topology.targets import NamespaceTarget, Target

__all__ = ["How", "Match", "Mention", "Prefer", "SeveralMatches"]

How = Literal["exact", "label", "partial", "typo"]
Prefer = Literal["workload", "service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One reading of a name."""

    target: Target
    how: How = "exact"
    """`exact`: the name but for case and separators; `label`: a label's value; `partial`: part
    of the name, its singular or a synonym; `typo`: a misspelling. Say all but `exact` aloud."""
    score: int = 100
    """0 to 100; comparable within one cluster only."""
    label: str = ""
    """A text that resolves to this target and to nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A stretch of a question that names something."""

    start: int
    end: int
    """Offsets in the question: `question[start:end]` is what was said, namespace included."""
    text: str
    """The words that were looked up, without determiner, kind and namespace."""
    matches: tuple[Match, ...]
    """Best first. More than one: the person has to say which. None: nothing is called that."""
    kind: str = ""
    """The kind that was said beside it, as in `the cart service`: `Service`, `Pod`, ..."""
    namespace: str = ""
    """The namespace that the question gave with it."""
    is_scope: bool = False
    """Whether it only says where to look, as `In staging, ...` at the start does."""
    nearest: tuple[str, ...] = ()
    """What is near a quoted or qualified name that nothing has."""

    @property
    def target(self) -> Target | None:
        """Return the one thing that is meant, None if several may be or nothing is."""
        return self.matches[0].target if len(self.matches) == 1 else None

    @property
    def is_namespace(self) -> bool:
        """Say whether it names a namespace and nothing in it."""
        return isinstance(self.target, NamespaceTarget)


class SeveralMatches(AmbiguousName):
    """An ambiguous name together with its readings."""

    def __init__(
        self, message: str, *, candidates: tuple[str, ...], hint: str, matches: tuple[Match, ...]
    ) -> None:
        super().__init__(message, candidates=candidates, hint=hint)
        self.matches = matches
