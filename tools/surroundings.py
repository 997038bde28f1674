"""Everyone at one end, completed by what policies name outside and by each part of a namespace."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tools.externals import Externals, externals_of
from tools.selections import Direction, group
from tools.understanding import pods_of
from tools.wording import quote, shorten
from topology.errors import InvalidQuery
from topology.paths import PeerRow, Peers, PortQuery, PortVerdict
from topology.policy.verdict import HttpRequest
from topology.targets import NamespaceTarget, Target, WorkloadTarget

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["what_can", "who_can"]


def who_can(
    network: "Network", target: Target, *, port: PortQuery | None, http: HttpRequest | None
) -> Peers:
    """Return who can reach an end, the ranges that its ingress rules name included."""
    peers = network.who_can_reach(target, port=port, http=http)
    named = _externals(network, target, "ingress")
    rows = []
    if not isinstance(target, NamespaceTarget):
        for source in named.targets:
            reach = network.reach(source, target, port=port, http=http)
            rows.append(_row(str(source), peers.of, reach.deciding, reach.ports))
    return _complete(peers, rows, named)


def what_can(
    network: "Network",
    target: Target,
    *,
    port: PortQuery | None,
    http: HttpRequest | None = None,
) -> Peers:
    """Return what an end can reach, the names and ranges of its egress rules included.

    The workloads of a namespace are asked one by one: they need not agree.
    """
    if isinstance(target, NamespaceTarget):
        return _of_namespace(network, target, port, http)
    peers = network.what_can(target, port=port, http=http)
    named = _externals(network, target, "egress")
    rows = []
    for destination in named.targets:
        try:
            reach = network.reach(target, destination, port=port, http=http)
        except InvalidQuery:
            # A port by name, which nothing outside has.
            continue
        rows.append(_row(str(destination), peers.of, reach.deciding, reach.ports))
    return _complete(peers, rows, named)


def _of_namespace(
    network: "Network", target: NamespaceTarget, port: PortQuery | None, http: HttpRequest | None
) -> Peers:
    workloads = [each for each in network.cluster.workloads if each.namespace == target.name]
    if not workloads:
        message = f"Namespace `{target.name}` has no workloads."
        raise InvalidQuery(message, hint="Name a workload, a pod or an address.")
    parts = [what_can(network, WorkloadTarget(each), port=port, http=http) for each in workloads]
    return Peers(
        of=str(target),
        direction="what-can",
        asked=port,
        http=http,
        rows=tuple(replace(row, target=part.of) for part in parts for row in part.rows),
        outside=tuple(replace(row, target=part.of) for part in parts for row in part.outside),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _externals(network: "Network", target: Target, direction: Direction) -> Externals:
    names = {
        row.policy
        for rows, _ in group(network, pods_of(network, target))
        for row in rows
        if row.direction == direction and row.layer == "network"
    }
    policies = [policy for policy in network.cluster.policies if policy.key in names]
    return externals_of(policies, direction)


def _complete(peers: Peers, rows: list[PeerRow], named: Externals) -> Peers:
    known = {row.name for row in peers.outside}
    notes = list(peers.notes)
    if named.patterns:
        patterns = shorten([quote(pattern) for pattern in named.patterns])
        notes.append(f"Rules also name DNS patterns, whose names are not known: {patterns}.")
    if named.left_out:
        notes.append(f"{named.left_out} further names or ranges of the rules are left out.")
    return replace(
        peers,
        outside=(*peers.outside, *(row for row in rows if row.name not in known)),
        notes=tuple(notes),
    )


def _row(name: str, target: str, deciding: PortVerdict, ports: tuple[PortVerdict, ...]) -> PeerRow:
    layer = deciding.verdict.deciding or deciding.verdict.opening
    return PeerRow(
        name=name,
        kind="outside",
        target=target,
        verdict=deciding.verdict.verdict,
        ports=tuple(str(port) for port in ports if port.verdict.verdict == "allow"),
        unknown_ports=tuple(
            str(port)
            for port in ports
            if port.verdict.verdict == "unknown" and port.port is not None
        ),
        l7=deciding.verdict.l7,
        conditions=deciding.verdict.conditions,
        policy=layer.policy,
        rule=layer.rule,
        location=layer.location,
        reason=layer.reason,
    )
