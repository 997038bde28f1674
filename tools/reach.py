"""Tools that say who reaches whom: one pair, everyone who can, everything that can be reached."""

import re
from collections.abc import Sequence

from tools import peers_text, reach_text, surroundings
from tools.reach_results import MOST_ROWS, PeerRow, PeersResult, ReachResult
from tools.rule_places import place_of_rules
from tools.set_aside import set_aside
from tools.spec import Evidence, tool
from tools.understanding import understand, understood
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.model import Location
from topology.paths import PeerRow as Peer
from topology.paths import Peers, PortQuery, Reach, describe_request, parse_port

__all__ = ["can_reach", "what_can_reach", "who_can_reach"]

_SERVER = re.compile(r"[\w-]+(\.[\w-]+)*")


@tool()
def can_reach(
    workspace: Workspace,
    source: str,
    destination: str,
    port: str = "",
    http: str = "",
    host: str = "",
    headers: Sequence[str] = (),
    claims: str = "",
    sni: str = "",
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
        claims: Claims of a valid token of the request, as a JSON object such as
            `{"iss": "https://issuer", "sub": "alice"}`.
        sni: The server name that the caller's TLS handshake asks for.

    Returns:
        The verdict with each layer's rule, file and line.
    """
    network = workspace.network
    one, other = understand(network, source), understand(network, destination)
    reach = network.reach(
        one.target,
        other.target,
        port=_port(port),
        http=describe_request(http, host, headers, claims),
        sni=_server(sni),
    )
    guesses = [understood(source, one), understood(destination, other)]
    places = place_of_rules(network.cluster)
    faults = set_aside(network, (one.target, other.target))
    document = reach.to_dict()
    del document["verdict"]
    return ReachResult(
        summary=reach_text.describe(reach, guesses, places, faults),
        verdict=reach.verdict,
        evidence=_evidence(reach),
        not_verified=_not_verified(reach) + faults,
        **document,
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
        network, match.target, port=_port(port), http=describe_request(http)
    )
    faults = set_aside(network, (match.target,))
    return _peers_result(peers, understood(destination, match), faults)


@tool()
def what_can_reach(
    workspace: Workspace, source: str, port: str = "", http: str = ""
) -> PeersResult:
    """List what a source can reach, by workload, and the outside.

    Use it for "what can X reach", "where may X connect to", "what if X is compromised".

    Args:
        workspace: The network.
        source: Who opens the connections: `ns/workload`, `ns/pod`, a bare name, a namespace, an
            address or an entity such as `world`.
        port: `8080`, `8080/TCP` or a port's name; empty for every port that each one offers.
        http: An HTTP request such as `GET /items`; empty to be told which requests pass.

    Returns:
        The workloads that can be reached with their ports, and what is denied by which rule.
    """
    network = workspace.network
    match = understand(network, source)
    peers = surroundings.what_can(
        network, match.target, port=_port(port), http=describe_request(http)
    )
    faults = set_aside(network, (match.target,))
    return _peers_result(peers, understood(source, match), faults)


def _port(text: str) -> PortQuery | None:
    return parse_port(text) if text.strip() else None


def _server(name: str) -> str | None:
    wanted = name.strip().rstrip(".")
    if not wanted:
        return None
    if not _SERVER.fullmatch(wanted):
        message = f"`{name}` is no server name."
        raise InvalidQuery(message, hint="Give a DNS name, such as `api.example.com`.")
    return wanted


def _text(location: Location | None) -> str:
    return str(location) if location else ""


def _evidence(reach: Reach) -> tuple[Evidence, ...]:
    """Return what each layer of each port rests on, each once."""
    found: dict[Evidence, None] = {}
    for port in reach.ports:
        for layer in port.verdict.layers:
            if layer.verdict == "none":
                continue
            claim = f"{reach_text.LABELS[layer.layer]}, {port}: {layer.reason}"
            source = " ".join(part for part in (layer.policy, layer.rule) if part)
            # Without a rule there is nothing to point at but the policies behind the default deny.
            places = [(source or "no policy", _text(layer.location))]
            if not layer.rule and layer.causes:
                places = [(name, str(location)) for name, location in layer.causes]
            for name, place in places:
                found[Evidence(claim=claim, source=name, location=place)] = None
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
        peers=tuple(PeerRow.model_validate(row.to_dict()) for row in shown),
        outside=tuple(PeerRow.model_validate(row.to_dict()) for row in peers.outside),
        left_out=len(rows) - len(shown),
        exposure=peers.exposure,
        notes=peers.notes,
    )


def _peers_evidence(rows: Sequence[Peer]) -> tuple[Evidence, ...]:
    """Return each rule that decides, with whom it decides for; what allows comes first."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in sorted(rows, key=_rank):
        source = " ".join(part for part in (row.policy, row.rule) if part) or "no policy"
        key = (row.verdict, source, _text(row.location))
        groups.setdefault(key, []).append(peers_text.full_name(row))
    return tuple(
        Evidence(claim=f"{verdict}: {peers_text.names_of(names)}", source=source, location=location)
        for (verdict, source, location), names in list(groups.items())[:MOST_ROWS]
    )
