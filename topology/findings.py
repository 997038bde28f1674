"""A finding: something about the network that is broken, dangerous or worth knowing."""

from dataclasses import dataclass, field
from typing import Final, Literal

from topology.model import Location

__all__ = ["FINDING_SEVERITIES", "Finding", "FindingSeverity", "ranked"]

FindingSeverity = Literal["error", "warning", "info"]
FINDING_SEVERITIES: Final[tuple[FindingSeverity, ...]] = ("error", "warning", "info")
"""From what certainly breaks traffic, over what is likely a mistake, to what is good to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One computed fact about one object, with what to do about it."""

    code: str
    """Stable and short, such as `selector-no-pods` or `nsg-blocks-probe`."""
    severity: FindingSeverity
    object: str
    """`Kind/namespace/name`, or `Kind/name` of what has no namespace (Azure, cluster-wide)."""
    location: Location | None = None
    why: str
    """What is the case, in one or two sentences; quotes names in backticks."""
    fix: str = ""
    """One sentence that says what to do; empty where there is nothing to do."""
    subjects: tuple[str, ...] = field(default_factory=tuple)
    """Further objects with a part in it, such as the pods behind a Service."""


def ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return findings, the worst first, each once; then by object and code."""
    order = {name: number for number, name in enumerate(FINDING_SEVERITIES)}
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda one: (order[one.severity], one.object, one.code, one.why),
        )
    )
