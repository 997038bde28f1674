"""The tool that looks for missing lines of defence, over network policies and the mesh together."""

from pydantic import BaseModel, ConfigDict

from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, count, quote
from tools.workspace import Workspace
from topology.errors import UnknownName
from topology.gaps import Gap, GapCode
from topology.gaps import find_gaps as search
from topology.model import Cluster, Location

__all__ = ["GapRow", "GapsResult", "find_gaps"]

MOST_SHOWN = 8
"""Gaps of one kind that the summary words; the rest are in the data."""
MOST_ROWS = 200
_TITLES: dict[GapCode, str] = {
    "open-at-l7": "guarded at L4 but open at L7",
    "open-at-l4": "guarded at L7 but open at L4",
    "open-at-both": "open at both",
    "permissive": "namespaces that accept plaintext",
    "admits-plaintext": "ALLOW rules that admit callers without a certificate",
}


class GapRow(BaseModel):
    """One missing defence."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    object: str
    namespace: str
    location: str = ""
    why: str
    fix: str
    causes: tuple[str, ...] = ()
    """Policies with a part in it, each with file and line."""


class GapsResult(ToolResult):
    """Where a line of defence is missing."""

    checked: int
    """How many workloads were looked at."""
    total: int
    left_out: int
    """Gaps that are not among the rows."""
    counts: dict[str, int]
    """How many gaps of each kind there are."""
    gaps: tuple[GapRow, ...] = ()


@tool()
def find_gaps(workspace: Workspace, namespace: str = "") -> GapsResult:
    """Find workloads that are guarded at L4 but open at L7 or the other way round, and plaintext.

    Use it for "where are the gaps", "which workloads are protected by network policy but not by
    the mesh", "where is mTLS not strict", "which policies admit plaintext".

    Args:
        workspace: The network.
        namespace: Only this namespace; empty for all but those of the system.

    Returns:
        Each gap with its file and line, what it is, and what closes it.
    """
    network = workspace.network
    place = _known(workspace.cluster, namespace)
    report = search(network.cluster, network.policies, network.mesh, namespace=place)
    rows = tuple(_row(gap) for gap in report.gaps[:MOST_ROWS])
    counts = {code: sum(gap.code == code for gap in report.gaps) for code in _TITLES}
    where = f" in namespace {quote(place)}" if place else ""
    head = f"{count(len(report.gaps), 'gap')} in {count(report.checked, 'workload')}{where}."
    parts = [head, *(_describe(code, report.gaps) for code in _TITLES if counts[code])]
    if not place and any(report.gaps):
        parts.append("Namespaces of the system are left out; name one to look at it.")
    return GapsResult(
        summary="\n\n".join(parts),
        evidence=tuple(
            Evidence(claim=gap.why, source=gap.object, location=_text(gap.location))
            for gap in report.gaps[:MOST_ROWS]
        ),
        not_verified=report.notes,
        checked=report.checked,
        total=len(report.gaps),
        left_out=len(report.gaps) - len(rows),
        counts={code: number for code, number in counts.items() if number},
        gaps=rows,
    )


def _known(cluster: Cluster, given: str) -> str:
    name = given.strip().removeprefix("namespace:").removeprefix("namespace/")
    if not name or name in cluster.namespaces:
        return name
    from topology.names import index_of

    found = index_of(cluster).namespace(name)
    if found:
        return found
    message = f"There is no namespace `{name}`."
    raise UnknownName(message, nearest=tuple(sorted(cluster.namespaces))[:5])


def _describe(code: GapCode, gaps: tuple[Gap, ...]) -> str:
    """Return the gaps of one kind, the first of them in words."""
    own = [gap for gap in gaps if gap.code == code]
    lines = [gap.why + (f" ({gap.location})" if gap.location else "") for gap in own[:MOST_SHOWN]]
    if len(own) > MOST_SHOWN:
        lines.append(f"... and {len(own) - MOST_SHOWN:,} more; name a namespace to see them.")
    fixes = " ".join(dict.fromkeys(gap.fix for gap in own[:MOST_SHOWN]))
    return f"{len(own):,} {_TITLES[code]}:\n\n{bullets(lines)}\n\nTo close: {fixes}"


def _row(gap: Gap) -> GapRow:
    return GapRow(
        code=gap.code,
        object=gap.object,
        namespace=gap.namespace,
        location=_text(gap.location),
        why=gap.why,
        fix=gap.fix,
        causes=tuple(f"{name} ({location})" for name, location in gap.causes),
    )


def _text(location: Location | None) -> str:
    return str(location) if location else ""
