"""What a review says: a finding, the repair that it proposes, and what simulation says of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from topology.model import Document, Location

__all__ = [
    "SEVERITIES",
    "Effect",
    "Finding",
    "Found",
    "Proof",
    "Repair",
    "ReviewSeverity",
    "rank_of",
]

ReviewSeverity = Literal["error", "warning", "info"]
SEVERITIES: tuple[ReviewSeverity, ...] = ("error", "warning", "info")
"""From what is certainly broken or dangerous, over what is likely a mistake, to style."""
Effect = Literal["no-change", "opens", "closes", "any"]
"""What a repair promises: to change nothing, to open or to close only, or to be told as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """How a finding can be mended."""

    text: str
    """One sentence that says what to do."""
    add: tuple[Document, ...] = ()
    """The changed policies as they would be written, and new ones."""
    remove: tuple[str, ...] = ()
    """Policies to take away, by `Kind/namespace/name`."""
    promise: Effect = "any"
    obstacle: str = ""
    """Why the repair cannot be simulated, as a clause; empty where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a check found, before its repair was tried out."""

    object: str
    """`Kind/namespace/name` of the policy, workload or namespace."""
    namespace: str
    why: str
    """What is the case, in one or two sentences that name the engine's evidence."""
    repair: Repair
    path: str = ""
    """Field in the policy; empty for the whole."""
    location: Location | None = None
    severity: ReviewSeverity | None = None
    """Where it differs from the severity of its code."""
    weight: int = 1
    """How many workloads it concerns; the more, the higher it ranks."""
    related: tuple[tuple[str, Location], ...] = ()
    """Policies and rules with a part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What trying a repair out showed."""

    verified: bool
    effect: str = ""
    """What it opens and closes, in one or two sentences; empty where it was not simulated."""
    reason: str = ""
    """Why it is not verified, in one sentence; empty where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of a review."""

    code: str
    severity: ReviewSeverity
    title: str
    found: Found
    proof: Proof
    suppressed: str = ""
    """The reason for which somebody set it aside; empty where nobody did."""
    suppressed_in: Literal["", "policy", "file"] = ""
    known: bool = False
    """Whether it is in the baseline that the review was given."""

    @property
    def counts(self) -> bool:
        """Return whether it is neither set aside nor known."""
        return not self.suppressed and not self.known

    @property
    def fingerprint(self) -> str:
        """Return what stays the same while lines move: code, object and field."""
        return f"{self.code} {self.found.object} {self.found.path}".strip()


_RANKS: Mapping[str, int] = {name: number for number, name in enumerate(SEVERITIES)}


def rank_of(severity: str) -> int:
    """Return 0 for the worst severity, and more for those that matter less."""
    return _RANKS[severity]
