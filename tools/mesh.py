"""The tool that looks for missing lines of defence, over network policies and the mesh together."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, count, quote, shorten
from tools.workspace import Workspace
from topology.errors import UnknownName
from topology.gaps import Gap, GapCode, GapReport
from topology.gaps import find_gaps as search
from topology.model import Cluster, Location

if TYPE_CHECKING:
    from topology.paths import Network

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


_OF_MTLS: frozenset[GapCode] = frozenset({"admits-plaintext", "permissive"})


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
def find_gaps(
    workspace: Workspace, namespace: str = "", about: Literal["everything", "mtls"] = "everything"
) -> GapsResult:
    """Find workloads that are guarded at L4 but open at L7 or the other way round, and plaintext.

    Use it for "where are the gaps", "which workloads are protected by network policy but not by
    the mesh", "where is mTLS not strict", "which policies admit plaintext".

    Args:
        workspace: The network.
        namespace: Only this namespace; empty for all but those of the system.
        about: `mtls` for where mutual TLS is not strict, and which rules admit plaintext.

    Returns:
        Each gap with its file and line, what it is, and what closes it.
    """
    network = workspace.network
    place = _known(workspace.cluster, namespace)
    report = search(network.cluster, network.policies, network.mesh, namespace=place)
    found = [gap for gap in report.gaps if about == "everything" or gap.code in _OF_MTLS]
    rows = tuple(_row(gap) for gap in found[:MOST_ROWS])
    counts = {code: sum(gap.code == code for gap in found) for code in _TITLES}
    where = f" in namespace {quote(place)}" if place else ""
    head = f"{count(len(found), 'gap')} in {count(report.checked, 'workload')}{where}."
    if about == "mtls":
        head = _mutual_tls(report, where)
    parts = [head, *(_describe(code, found) for code in _TITLES if counts[code])]
    if not place and found:
        parts.append("Namespaces of the system are left out; name one to look at it.")
    return GapsResult(
        summary="\n\n".join(parts),
        evidence=(
            *(
                Evidence(claim=gap.why, source=gap.object, location=_text(gap.location))
                for gap in found[:MOST_ROWS]
            ),
            *(_strict(network, report) if about == "mtls" else ()),
        ),
        not_verified=report.notes,
        checked=report.checked,
        total=len(found),
        left_out=len(found) - len(rows),
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


def _mutual_tls(report: GapReport, where: str) -> str:
    """Return whether mutual TLS is strict wherever a sidecar could ask for it."""
    lax = any(gap.code == "permissive" for gap in report.gaps)
    total = len(report.meshed)
    if not report.meshed:
        text = f"Mutual TLS is asked for nowhere{where}: no workload is known to carry a sidecar."
    elif lax:
        whom = "the workload" if total == 1 else f"all {total} workloads"
        text = f"No: mutual TLS is not strict{where} for {whom} with a sidecar."
    else:
        names = shorten([quote(name) for name in report.meshed], 5)
        text = f"Mutual TLS is strict{where} for every workload with a sidecar: {names}."
    if report.bare and report.meshed:
        names = shorten([quote(name) for name in report.bare], 8)
        text += f" Without a sidecar, and so without mutual TLS: {names}."
    return text


def _strict(network: "Network", report: GapReport) -> Iterator[Evidence]:
    """Yield what makes mutual TLS strict, each policy with the workloads that it is for."""
    meshed = set(report.meshed)
    found: dict[tuple[str, str], list[str]] = {}
    for workload in network.cluster.workloads:
        if workload.full_name in meshed:
            mode = network.mesh.index.mode(workload.pods[0], None)
            if mode.mode == "STRICT" and mode.policy:
                key = (mode.policy, _text(mode.location))
                found.setdefault(key, []).append(quote(workload.full_name))
    for (policy, location), names in found.items():
        claim = f"sets STRICT for {shorten(names)}"
        yield Evidence(claim=claim, source=policy, location=location)


def _describe(code: GapCode, gaps: Sequence[Gap]) -> str:
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
