"""The tool that tries policies out: what they would open and close, before anyone applies them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tools.set_aside import set_aside
from tools.simulate_text import describe
from tools.spec import Evidence, ToolResult, tool
from tools.wording import count, quote, shorten
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.flows.connections import observed
from topology.flows.replay import Replayed, replay
from topology.load import load_text
from topology.model import Cluster, Document
from topology.paths.network import MESH_KINDS
from topology.policy.reading import KINDS as NETWORK_KINDS
from topology.simulation import EndChange, Simulation, simulate_network

__all__ = ["ChangeRow", "FlowRow", "SimulationResult", "simulate_documents", "simulate_policies"]

KINDS = (*NETWORK_KINDS, *MESH_KINDS)


class ChangeRow(BaseModel):
    """Ports that fare otherwise than before, from one end to another."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    source: str
    destination: str
    ports: str
    """Such as `80/TCP, 1000-2000/UDP`, or `every port`."""
    before: str
    """`allow`, `conditional` (some HTTP or DNS requests only), `unknown` or `deny`."""
    after: str
    layer: Literal["network", "mesh"] = "network"
    """Which policies decide otherwise: network policies, or those of Istio."""


class FlowRow(BaseModel):
    """A connection that was observed, and fares otherwise under the changed policies."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    source: str
    destination: str
    port: str
    """Such as `8080/TCP`."""
    count: int
    """Distinct client sockets that were seen."""
    reason: str
    policy: str = ""
    """That decides, `Kind/namespace/name`, where there is one."""
    location: str = ""
    requests: tuple[str, ...] = ()
    """The HTTP requests or DNS names that it is about; empty for the whole connection."""


class SimulationResult(ToolResult):
    """What a change of policies opens and closes."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    opened: tuple[ChangeRow, ...]
    closed: tuple[ChangeRow, ...]
    changed: tuple[ChangeRow, ...]
    """Open before and after, but to other HTTP or DNS requests."""
    unchanged: int
    """Ordered pairs of workloads and entities between which nothing changes."""
    flows_now_dropped: tuple[FlowRow, ...] = ()
    """Observed connections that passed and would be denied; empty without flows."""
    flows_now_admitted: tuple[FlowRow, ...] = ()
    """Observed connections that were denied and would be allowed."""
    flows_checked: int = 0
    """Observed connections that were tried; 0 where the workspace holds no flows."""
    refused: tuple[str, ...] = ()
    """What is wrong with the policies that are added; a refused one would not be in force."""


@tool()
def simulate_policies(
    workspace: Workspace, add: str = "", remove: Sequence[str] = ()
) -> SimulationResult:
    """Say exactly what adding or removing policies would open and close.

    Use it for "what happens if I apply this policy", "what breaks if I delete X", and to compare
    two sets of policies: add what one has and remove what only the other has.

    Args:
        workspace: The network with the policies in force.
        add: Policies as YAML or JSON; one of a known name replaces that one.
        remove: Policies to take away, each as `Kind/namespace/name`.

    Returns:
        The pairs of ends with the ports that open and close, how many pairs stay as they are, and
        which observed connections would be dropped or admitted where the workspace holds flows.
    """
    return simulate_documents(workspace, load_text(add, name="added") if add else Cluster(), remove)


def simulate_documents(
    workspace: Workspace, added: Cluster, remove: Sequence[str]
) -> SimulationResult:
    """Do what `simulate_policies` does with policies that have been read already.

    Raises:
        InvalidQuery: There is no policy to add, and none to remove.
        UnknownName: A policy that is to be removed does not exist.
    """
    policies = [one for one in added.policies if one.kind in KINDS]
    if not policies and not remove:
        message = "There is no policy to add or remove."
        raise InvalidQuery(message, hint=f"Give a {', '.join(KINDS[:-1])} or {KINDS[-1]}.")
    network = workspace.network
    found = simulate_network(network, add=policies, remove=remove)
    in_force = (*network.policies.documents, *network.mesh_documents)
    known = {one.key for one in in_force}
    refused = tuple(
        f"{one.message} {one.hint}" + (f" ({one.location})" if one.location else "")
        for one in found.refused
    )
    rows = [
        tuple(map(_row, changes)) for changes in (found.opened, found.closed, found.other_requests)
    ]
    replayed, notes = _replay(workspace, policies, remove)
    result = SimulationResult(
        summary="",
        evidence=tuple(_evidence(policies)),
        not_verified=(*set_aside(network, ()), *_left_out(workspace, added, found), *notes),
        added=tuple(sorted({one.key for one in policies if one.key not in known})),
        replaced=tuple(sorted({one.key for one in policies if one.key in known})),
        removed=tuple(sorted(set(remove))),
        opened=rows[0],
        closed=rows[1],
        changed=rows[2],
        unchanged=found.unchanged,
        refused=refused,
        **replayed,
    )
    return result.model_copy(update={"summary": describe(result)})


def _replay(
    workspace: Workspace, policies: Sequence[Document], remove: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return what the change does to observed connections, and what could not be told."""
    if not workspace.flow_files:
        return {}, []
    reading = workspace.flows.read()
    observation = observed(reading, workspace.cluster)
    network = workspace.network
    found = replay(network, network.changed(add=policies, remove=remove), observation)
    notes = [
        f"Not read: {problem.message} ({problem.location})" for problem in reading.tally.problems
    ]
    if found.unknown:
        notes.append(
            f"{count(found.unknown, 'observed connection')} cannot be decided, as an end of each "
            "is not in the cluster that was read or a name's addresses are not known."
        )
    if found.now_doubtful:
        shown = shorten([quote(one.connection) for one in found.now_doubtful])
        notes.append(f"These were allowed for certain and would not be any more: {shown}.")
    rows = {
        "flows_now_dropped": tuple(map(_flow_row, found.now_dropped)),
        "flows_now_admitted": tuple(map(_flow_row, found.now_admitted)),
        "flows_checked": len(observation.connections),
    }
    return rows, notes


def _flow_row(one: Replayed) -> FlowRow:
    connection, after = one.connection, one.after
    requests = [f"{seen.method} {seen.path}" for seen in after.refused]
    layer = after.layer
    return FlowRow(
        source=str(connection.source),
        destination=str(connection.destination),
        port=f"{connection.port}/{connection.protocol}",
        count=connection.count,
        reason=after.reason,
        policy=(layer.policy or "") if layer else "",
        location=str(layer.location) if layer and layer.location else "",
        requests=(*requests, *after.names),
    )


def _row(change: EndChange) -> ChangeRow:
    return ChangeRow(
        source=change.source,
        destination=change.destination,
        ports=str(change.ports),
        before=change.before,
        after=change.after,
        layer=change.layer,
    )


def _evidence(policies: Iterable[Document]) -> Iterator[Evidence]:
    for one in policies:
        yield Evidence(claim="is added", source=one.key, location=str(one.source.at()))


def _left_out(workspace: Workspace, added: Cluster, found: Simulation) -> Iterator[str]:
    """Yield what the comparison does not take into account."""
    others = sorted({one.key for one in added.policies if one.kind not in KINDS})
    if others:
        yield f"Not compared: {', '.join(others)}."
    rows = (*found.opened, *found.closed, *found.other_requests)
    if not workspace.network.mesh.is_absent and any(row.layer == "network" for row in rows):
        yield "What network policies open, the mesh may still refuse."
    for problem in added.problems:
        place = f" ({problem.location})" if problem.location else ""
        yield f"Not read: {problem.message}{place}"
