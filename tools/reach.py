"""Tools that say who reaches whom: one pair, everyone who can, everything that can be reached."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools import peers_text, reach_text, surroundings
from tools.rule_places import place_of_rules
from tools.set_aside import set_aside
from tools.spec import Evidence, ToolResult, tool
from tools.understanding import understand, understood
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.model import Location, Protocol
from topology.paths import PeerRow as Peer
from topology.paths import Peers, PortQuery, PortVerdict, Reach, parse_http, parse_port
from topology.policy.verdict import HttpRequest, Layer

__all__ = [
    "LayerRow",
    "PeerRow",
    "PeersResult",
    "PortRow",
    "ReachResult",
    "can_reach",
    "what_can_reach",
    "who_can_reach",
]

Answer = Literal["allow", "deny", "unknown"]
L7 = Literal["allow", "deny", "unknown", "conditional"]
MOST_ROWS = 50


class LayerRow(BaseModel):
    """One layer's part in a verdict."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    layer: str
    direction: str | None
    enforced: bool
    """Whether anything restricts this side in this direction at all."""
    verdict: str
    policy: str | None
    rule: str | None
    location: str | None
    reason: str
    nearest: str = ""
    """For a denial: the rule that comes closest to allowing it, and what it lacks."""


class PortRow(BaseModel):
    """The answer for one port."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    port: int | None
    """Of the destination's pods."""
    service_port: int | None
    protocol: Protocol
    name: str
    open_ports: str
    verdict: Answer
    l7: L7 | None
    conditions: tuple[str, ...]
    policy: str | None
    rule: str | None
    location: str | None
    reason: str


class ReachResult(ToolResult):
    """Whether one end can open a connection to another, and what decides at every layer."""

    source: str
    destination: str
    allowed: bool
    layers: tuple[LayerRow, ...]
    """Of the deciding port, in the order in which a packet meets them."""
    l7: L7 | None
    conditions: tuple[str, ...]
    """What must further hold, such as the requests that L7 rules let through."""
    ports: tuple[PortRow, ...]
    notes: tuple[str, ...] = ()


class PeerRow(BaseModel):
    """One workload, or one part of the outside, at the other end."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    kind: str
    namespace: str
    target: str
    verdict: Answer
    pods: int
    ports: tuple[str, ...]
    unknown_ports: tuple[str, ...]
    l7: L7 | None
    conditions: tuple[str, ...]
    policy: str | None
    rule: str | None
    location: str | None
    reason: str
    mixed: bool


class PeersResult(ToolResult):
    """Everyone who can reach one end, or everything that it can reach, by workload."""

    of: str
    direction: Literal["who-can-reach", "what-can"]
    allowed: int
    """How many workloads are allowed."""
    workloads: int
    """How many were looked at."""
    peers: tuple[PeerRow, ...]
    """Allowed first, then those that are not decided, then denied; at most fifty."""
    outside: tuple[PeerRow, ...]
    """The world, the nodes and the API server."""
    left_out: int = 0
    exposure: tuple[str, ...] = ()
    """Ways in from outside that Services open."""
    notes: tuple[str, ...] = ()


@tool()
def can_reach(
    workspace: Workspace,
    source: str,
    destination: str,
    port: str = "",
    http: str = "",
    host: str = "",
    headers: Sequence[str] = (),
) -> ReachResult:
    """Say whether one end can open a connection to another, and which rule decides.

    Use it for "can A talk to B", "why can't A reach B", "is B open to the internet from A". Every
    layer is computed: egress policy, Service, ingress policy, L7 rules, mutual TLS and mesh
    authorization.

    Args:
        workspace: The network.
        source: Who opens the connection: `ns/workload`, `ns/pod`, a bare name, an address, a CIDR,
            a DNS name, or an entity such as `world`, `host` or `kube-apiserver`.
        destination: Who is called, likewise; `service:ns/name` for a Service.
        port: `8080`, `8080/TCP`, `53/UDP` or a port's name: the pod's port, for a Service its own.
            Empty answers every port that the destination offers.
        http: An HTTP request such as `GET /items`, where L7 or mesh rules shall be decided.
        host: The request's host.
        headers: The request's headers, each `NAME=VALUE`.

    Returns:
        The verdict with each layer's rule, file and line.
    """
    network = workspace.network
    one, other = understand(network, source), understand(network, destination)
    reach = network.reach(
        one.target, other.target, port=_port(port), http=_request(http, host, headers)
    )
    guesses = [understood(source, one), understood(destination, other)]
    places = place_of_rules(network.cluster)
    faults = set_aside(network, (one.target, other.target))
    return ReachResult(
        summary=reach_text.describe(reach, guesses, places, faults),
        verdict=reach.verdict,
        evidence=_evidence(reach),
        not_verified=_not_verified(reach) + faults,
        source=reach.source,
        destination=reach.destination,
        allowed=reach.allowed,
        layers=tuple(_layer_row(layer) for layer in reach.layers),
        l7=reach.l7,
        conditions=reach.conditions,
        ports=tuple(_port_row(each) for each in reach.ports),
        notes=reach.notes,
    )


@tool()
def who_can_reach(
    workspace: Workspace, destination: str, port: str = "", http: str = ""
) -> PeersResult:
    """List who can reach a destination, by workload, with its exposure to the outside.

    Use it for "who can reach the database", "is X exposed to the internet", "what may talk to X".

    Args:
        workspace: The network.
        destination: Who is called: `ns/workload`, `ns/pod`, a bare name, a namespace, an address
            or DNS name; `service:ns/name` for a Service.
        port: `8080`, `8080/TCP` or a port's name; empty for every port that it offers.
        http: An HTTP request such as `GET /items`, where L7 or mesh rules shall be decided.

    Returns:
        The workloads that are allowed with the rule that allows them, and who is denied by what.
    """
    network = workspace.network
    match = understand(network, destination)
    peers = surroundings.who_can(
        network, match.target, port=_port(port), http=_request(http, "", ())
    )
    faults = set_aside(network, (match.target,))
    return _peers_result(peers, understood(destination, match), faults)


@tool()
def what_can_reach(workspace: Workspace, source: str, port: str = "") -> PeersResult:
    """List what a source can reach, by workload, and the outside.

    Use it for "what can X reach", "where may X connect to", "what if X is compromised".

    Args:
        workspace: The network.
        source: Who opens the connections: `ns/workload`, `ns/pod`, a bare name, a namespace, an
            address or an entity such as `world`.
        port: `8080`, `8080/TCP` or a port's name; empty for every port that each one offers.

    Returns:
        The workloads that can be reached with their ports, and what is denied by which rule.
    """
    network = workspace.network
    match = understand(network, source)
    peers = surroundings.what_can(network, match.target, port=_port(port))
    faults = set_aside(network, (match.target,))
    return _peers_result(peers, understood(source, match), faults)


def _port(text: str) -> PortQuery | None:
    return parse_port(text) if text.strip() else None


def _request(http: str, host: str, headers: Sequence[str]) -> HttpRequest | None:
    """Return the request that was described, if any was."""
    if not (http.strip() or host.strip() or headers):
        return None
    pairs = []
    for header in headers:
        name, mark, value = header.partition("=" if "=" in header.partition(":")[0] else ":")
        if not mark or not name.strip():
            message = f"`{header}` is no header."
            raise InvalidQuery(message, hint="Write it as `NAME=VALUE`.")
        pairs.append((name.strip(), value.strip()))
    return parse_http(http.strip() or "GET /", host=host.strip(), headers=tuple(pairs))


def _text(location: Location | None) -> str | None:
    return str(location) if location else None


def _layer_row(layer: Layer) -> LayerRow:
    return LayerRow(
        layer=layer.layer,
        direction=layer.direction,
        enforced=layer.enforced,
        verdict=layer.verdict,
        policy=layer.policy,
        rule=layer.rule,
        location=_text(layer.location),
        reason=layer.reason,
        nearest=layer.nearest,
    )


def _port_row(port: PortVerdict) -> PortRow:
    layer = port.verdict.deciding
    return PortRow(
        port=port.port,
        service_port=port.service_port,
        protocol=port.protocol,
        name=port.name,
        open_ports=port.open_ports,
        verdict=port.verdict.verdict,
        l7=port.verdict.l7,
        conditions=port.verdict.conditions,
        policy=layer.policy if layer else None,
        rule=layer.rule if layer else None,
        location=_text(layer.location) if layer else None,
        reason=layer.reason if layer else "Nothing restricts it.",
    )


def _evidence(reach: Reach) -> tuple[Evidence, ...]:
    """Return what each layer of each port rests on, each once."""
    found: dict[Evidence, None] = {}
    for port in reach.ports:
        for layer in port.verdict.layers:
            if layer.verdict == "none":
                continue
            source = " ".join(part for part in (layer.policy, layer.rule) if part)
            claim = f"{reach_text.LABELS[layer.layer]}, {port}: {layer.reason}"
            place = _text(layer.location) or ""
            # Without a policy there is nothing to point at but the policies that were looked at.
            entry = Evidence(claim=claim, source=source or "no policy", location=place)
            found[entry] = None
            for name, location in layer.causes:
                claim = f"{reach_text.LABELS[layer.layer]}, {port}: has a part in it"
                found[Evidence(claim=claim, source=name, location=str(location))] = None
    return tuple(found)


def _not_verified(reach: Reach) -> tuple[str, ...]:
    """Return what each undecided layer lacks, each once."""
    return tuple(
        dict.fromkeys(
            f"{reach_text.LABELS[layer.layer]}, {port}: {layer.reason}"
            for port in reach.ports
            for layer in port.verdict.layers
            if layer.verdict == "unknown"
        )
    )


_ORDER = {"allow": 0, "unknown": 1, "deny": 2}


def _rank(row: Peer) -> tuple[int, str, str]:
    return _ORDER[row.verdict], peers_text.full_name(row), row.target


def _peers_result(peers: Peers, guess: str, faults: tuple[str, ...]) -> PeersResult:
    rows = sorted(
        peers.rows, key=lambda row: (_ORDER[row.verdict], peers_text.full_name(row), row.target)
    )
    shown = rows[:MOST_ROWS]
    undecided = [row for row in (*rows, *peers.outside) if row.verdict == "unknown"]
    return PeersResult(
        summary=peers_text.describe(peers, guess, faults),
        evidence=_peers_evidence([*rows, *peers.outside]),
        not_verified=tuple(
            dict.fromkeys(f"{peers_text.full_name(row)}: {row.reason}" for row in undecided)
        )[:MOST_ROWS]
        + faults,
        of=peers.of,
        direction=peers.direction,
        allowed=sum(1 for row in rows if row.verdict == "allow"),
        workloads=len(rows),
        peers=tuple(_peer_row(row) for row in shown),
        outside=tuple(_peer_row(row) for row in peers.outside),
        left_out=len(rows) - len(shown),
        exposure=peers.exposure,
        notes=peers.notes,
    )


def _peer_row(row: Peer) -> PeerRow:
    return PeerRow(
        name=row.name,
        kind=row.kind,
        namespace=row.namespace,
        target=row.target,
        verdict=row.verdict,
        pods=row.pods,
        ports=row.ports,
        unknown_ports=row.unknown_ports,
        l7=row.l7,
        conditions=row.conditions,
        policy=row.policy,
        rule=row.rule,
        location=_text(row.location),
        reason=row.reason,
        mixed=row.mixed,
    )


def _peers_evidence(rows: Sequence[Peer]) -> tuple[Evidence, ...]:
    """Return each rule that decides, with whom it decides for; what allows comes first."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in sorted(rows, key=_rank):
        source = " ".join(part for part in (row.policy, row.rule) if part) or "no policy"
        key = (row.verdict, source, _text(row.location) or "")
        groups.setdefault(key, []).append(peers_text.full_name(row))
    return tuple(
        Evidence(claim=f"{verdict}: {peers_text.names_of(names)}", source=source, location=location)
        for (verdict, source, location), names in list(groups.items())[:MOST_ROWS]
    )
