"""The tool that shows who may open what to whom, for the whole network at once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from tools.matrix_text import describe
from tools.set_aside import set_aside
from tools.spec import Evidence, ToolResult, tool
from tools.wording import shorten
from tools.workspace import Workspace
from topology.errors import UnknownName
from topology.overview import Block, Overview, Pair, PairVerdict
from topology.paths import parse_http
from topology.policy.verdict import Direction
from topology.targets import NamespaceTarget

if TYPE_CHECKING:
    from topology.paths import Network
    from topology.policy.engine import Selection

__all__ = ["IsolationRow", "MatrixCell", "MatrixResult", "show_matrix"]

Isolation = Literal["default-deny", "no-default-deny", "open", "unknown", "node-network"]
"""`no-default-deny`: policies select it but let through what none of them denies."""


_NO_PAIRS: dict[str, int] = {}


class MatrixCell(BaseModel):
    """What one end may open to another, of the ports that the other offers."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    source: str
    destination: str
    verdict: PairVerdict
    """`some`: some of the ports, or of the pairs between two namespaces."""
    allowed: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()
    """Ports on which L7 rules let only some requests through."""
    unknown: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    """Of the world: networks and names that fare otherwise than it does at large."""
    pairs: dict[str, int] = {}
    """By namespace: how many pairs of workloads have each verdict."""


class IsolationRow(BaseModel):
    """Whether policies restrict a workload, in each direction."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    workload: str
    ingress: Isolation
    egress: Isolation
    policies: tuple[str, ...] = ()
    """Those that select it, with file and line."""


class MatrixResult(ToolResult):
    """Who may open what to whom."""

    by: Literal["workload", "namespace"]
    http: str | None = None
    """The request that was asked about."""
    ends: tuple[str, ...]
    """Sorted, the world last."""
    cells: tuple[MatrixCell, ...]
    isolation: tuple[IsolationRow, ...]

    def _repr_html_(self) -> str:
        """Return the heat map, which a notebook shows."""
        from tools.pictures import draw_heat_map

        return draw_heat_map(self)

    def to_mermaid(self) -> str:
        """Return who may open something to whom as a Mermaid flowchart."""
        from tools.pictures import draw_matrix, to_mermaid

        return to_mermaid(draw_matrix(self))


@tool()
def show_matrix(
    workspace: Workspace,
    by: Literal["workload", "namespace"] = "workload",
    namespace: str = "",
    http: str = "",
) -> MatrixResult:
    """Show who may open what to whom: every workload to every other and to the outside.

    Use it for "give me the whole matrix", "what is isolated", "what is exposed to the world".

    Args:
        workspace: The network.
        by: One row per workload, or one per namespace.
        namespace: Only workloads of this namespace; empty for all.
        http: An HTTP request such as `GET /items`: cells then say who gets it through.

    Returns:
        One cell for each ordered pair, and whether each workload is restricted at all.
    """
    network = workspace.network
    chosen = [
        one for one in network.cluster.workloads if not namespace or one.namespace == namespace
    ]
    if namespace and not chosen:
        known = sorted({one.namespace for one in network.cluster.workloads})
        message = f"No workload is in a namespace `{namespace}`."
        raise UnknownName(message, hint=f"There are {shorten([f'`{name}`' for name in known])}.")
    request = parse_http(http) if http.strip() else None
    overview = Overview(network, chosen, http=request)
    if by == "namespace":
        cells = tuple(map(_of_block, overview.blocks))
    else:
        cells = tuple(map(_of_pair, overview.pairs))
    isolation = tuple(_isolation(network, overview))
    ends = tuple(dict.fromkeys(cell.source for cell in cells))
    spaces = sorted({one.namespace for one in chosen})
    faults = set_aside(network, tuple(NamespaceTarget(name) for name in spaces))
    return MatrixResult(
        summary=describe(by, ends, cells, isolation, http=request),
        evidence=tuple(_evidence(isolation)),
        not_verified=faults,
        by=by,
        http=f"{request.method} {request.path}" if request else None,
        ends=ends,
        cells=cells,
        isolation=isolation,
    )


def _of_pair(pair: Pair) -> MatrixCell:
    return MatrixCell.model_construct(
        source=pair.source,
        destination=pair.destination,
        verdict=pair.verdict,
        allowed=pair.allowed,
        conditional=pair.conditional,
        unknown=pair.unknown,
        denied=pair.denied,
        exceptions=pair.exceptions,
        # Named, as pydantic copies a default for each of a million cells.
        pairs=_NO_PAIRS,
    )


def _of_block(block: Block) -> MatrixCell:
    return MatrixCell(
        source=block.source,
        destination=block.destination,
        verdict=block.verdict,
        pairs=dict(sorted(block.counts.items())),
    )


def _isolation(network: "Network", overview: Overview) -> Iterable[IsolationRow]:
    for name in overview.names:
        pods = overview.pods(name)
        found = list(dict.fromkeys(one for pod in pods for one in network.policies.selecting(pod)))
        on_node = all(pod.host_network for pod in pods)
        yield IsolationRow(
            workload=name,
            ingress="node-network" if on_node else _state(found, "ingress"),
            egress="node-network" if on_node else _state(found, "egress"),
            policies=tuple(sorted({f"{one.policy} ({one.location})" for one in found})),
        )


def _state(selections: Iterable["Selection"], direction: Direction) -> Isolation:
    mine = [one for one in selections if one.direction == direction]
    if any(one.default_deny and not one.doubt for one in mine):
        return "default-deny"
    if any(one.doubt for one in mine):
        return "unknown"
    return "no-default-deny" if mine else "open"


def _evidence(isolation: Iterable[IsolationRow]) -> Iterable[Evidence]:
    """Return each policy once, with the workloads that it selects."""
    selected: dict[str, list[str]] = {}
    for row in isolation:
        for policy in row.policies:
            selected.setdefault(policy, []).append(row.workload)
    for policy, workloads in sorted(selected.items()):
        name, _, place = policy.rpartition(" (")
        yield Evidence(
            claim=f"selects {shorten(workloads)}", source=name, location=place.removesuffix(")")
        )
