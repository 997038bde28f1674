"""Ways to Services and findings about them and the Azure network, as data."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from tools.spec import ToolResult

if TYPE_CHECKING:
    from topology.findings import Finding
    from topology.service_path.way import Way, WayHop

__all__ = [
    "CheckResult",
    "ServiceFindingRow",
    "ServicePathResult",
    "WayHopRow",
    "WayRow",
    "finding_row",
    "way_row",
]

Answer = Literal["allow", "deny", "unknown"]


class Row(BaseModel):
    """A part of a result."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class WayHopRow(Row):
    """One step of a way."""

    kind: Literal["entry", "gateway", "azure", "policy", "service", "mesh", "pods"]
    object: str
    verdict: Answer
    reason: str
    location: str = ""


class WayRow(Row):
    """One way from a caller to the pods of a Service."""

    source: str
    host: str = ""
    path: str = ""
    entry: str = ""
    """`Kind/namespace/name` of the Ingress, route or VirtualService; empty for none."""
    service: str = ""
    port: str = ""
    weight: int | None = None
    verdict: Answer
    hops: tuple[WayHopRow, ...]
    ready: tuple[str, ...] = ()
    """Pods that get the requests."""
    waiting: tuple[str, ...] = ()
    """Pods that are not ready."""


class ServiceFindingRow(Row):
    """Something that is broken, likely a mistake, or good to know."""

    code: str
    severity: Literal["error", "warning", "info"]
    object: str
    """`Kind/namespace/name`."""
    location: str = ""
    why: str
    fix: str = ""
    subjects: tuple[str, ...] = ()


class ServicePathResult(ToolResult):
    """The ways to a host name or Service, hop by hop."""

    target: str
    ways: tuple[WayRow, ...]
    findings: tuple[ServiceFindingRow, ...] = ()


class CheckResult(ToolResult):
    """What checks of Services or of the Azure network found."""

    checked: str
    """What was looked at, in words."""
    counts: dict[str, int]
    """By severity."""
    findings: tuple[ServiceFindingRow, ...]
    """The worst first."""
    facts: tuple[str, ...] = ()
    """What is so, where nothing is wrong with it."""


def finding_row(finding: "Finding") -> ServiceFindingRow:
    """Return a finding as data."""
    return ServiceFindingRow(
        code=finding.code,
        severity=finding.severity,
        object=finding.object,
        location=str(finding.location or ""),
        why=finding.why,
        fix=finding.fix,
        subjects=finding.subjects,
    )


def way_row(way: "Way") -> WayRow:
    """Return a way as data."""
    return WayRow(
        source=way.source,
        host=way.host,
        path=way.path,
        entry=way.entry,
        service=way.service,
        port=way.port,
        weight=way.weight,
        verdict=way.verdict,
        hops=tuple(_hop_row(hop) for hop in way.hops),
        ready=way.ready,
        waiting=way.waiting,
    )


def _hop_row(hop: "WayHop") -> WayHopRow:
    return WayHopRow(
        kind=hop.kind,
        object=hop.object,
        verdict=hop.verdict,
        reason=hop.reason,
        location=str(hop.location or ""),
    )
