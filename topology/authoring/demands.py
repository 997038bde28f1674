"""The contract of an intent: its clauses as connections between ends that exist."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from topology.authoring.allowances import Allowance, Allowances, allowances
from topology.authoring.contract import Contract, Demand
from topology.authoring.contract_check import check_demand
from topology.authoring.ends import End, Port, ends_of, every_end, offered
from topology.authoring.intent import Anyone, Clause, Entities, Intent, Party, Pods, Traffic
from topology.authoring.membership import ports_of
from topology.authoring.phrases import say_clause
from topology.authoring.sheets import Sheet, Side
from topology.authoring.sides import side_of
from topology.authoring.support import is_isolated
from topology.authoring.witnesses import (
    kafka_in,
    kafka_out,
    requests_in,
    requests_out,
    sample_name,
)
from topology.model import Cluster
from topology.policy.ports import PortSet
from topology.policy.verdict import HttpRequest

if TYPE_CHECKING:
    from topology.paths import Network

_INWARD = ("egress-policy", "mtls", "service")
"""What stops a connection before a policy for those who are reached sees it."""
_OUTWARD = ("service", "ingress-policy", "mtls", "authorization")
_OPPOSITE: Mapping[Side | None, Side] = {"ingress": "egress", "egress": "ingress"}
_MOST_PAIRS = 6_000
_FEWEST = 12
__all__ = ["contract_of", "demands_of"]


def contract_of(network: "Network", intent: Intent, sheets: Iterable[Sheet] = ()) -> Contract:
    """Return what must be open and what must be closed once an intent is in force.

    Args:
        network: Whose workloads, Services and ports are named.
        intent: Grounded.
        sheets: The draft, for what it lets through besides (DNS and the like).
    """
    cluster = network.cluster
    allowed: dict[Demand, set[Side | None]] = {}
    denied: dict[Demand, None] = {}
    found_all = allowances(intent, sheets)
    permitted = Allowances(cluster, found_all)
    opened = _opened_by_both(cluster, found_all)
    for one in found_all:
        if one.deny:
            denied.update(dict.fromkeys(demands_of(cluster, one)))
        else:
            for demand in _possible(network, one, opened):
                allowed.setdefault(demand, set()).add(one.side)
    allowed = _without_limited(allowed)
    taken = {_key(one, one.http) for one in denied}
    # An exception takes back a part of what a wider clause allows.
    kept = [one for one in allowed if not taken & {_key(one, one.http), _key(one, None)}]
    strict = list(_strict(cluster, intent))
    others = _sample(every_end(cluster), len(strict))
    for mine, side, clause in strict:
        denied.update(dict.fromkeys(_others(network, mine, others, side, permitted, clause)))
    for party, mode, modes in _modes(intent, sheets):
        if mode == "STRICT":
            denied.update(dict.fromkeys(_plaintext(network, party, dict(modes))))
    return Contract(must_allow=tuple(kept), must_deny=tuple(denied))


def _without_limited(
    allowed: Mapping[Demand, set[Side | None]],
) -> dict[Demand, set[Side | None]]:
    """Return demands without those that one side makes of every request and the other limits."""
    limits: dict[tuple[object, ...], dict[Side | None, bool]] = {}
    for one, sides in allowed.items():
        whole = limits.setdefault(_key(one, None), {})
        whole.update({side: whole.get(side, True) and one.http is not None for side in sides})
    return {
        one: sides
        for one, sides in allowed.items()
        if one.http is not None
        or len(sides) > 1
        or not limits[_key(one, None)].get(_OPPOSITE.get(next(iter(sides))), False)
    }


def _modes(
    intent: Intent, sheets: Iterable[Sheet]
) -> Iterator[tuple[Party, str, tuple[tuple[int, str], ...]]]:
    yield from intent.mutual_tls
    for sheet in sheets:
        if sheet.kind == "PeerAuthentication":
            yield sheet.subject, sheet.mode, sheet.port_modes


def _plaintext(network: "Network", subject: Party, modes: Mapping[int, str]) -> Iterator[Demand]:
    """Yield the connections without mutual TLS, which STRICT refuses."""
    cluster = network.cluster
    state = network.mesh.index.state
    for mine in ends_of(cluster, subject):
        for other in every_end(cluster):
            # Who may carry a sidecar or pass a ztunnel may speak mutual TLS.
            if other.name == mine.name or any(
                state(pod).present is not False for pod in other.pods
            ):
                continue
            for port in offered(mine):
                if port.protocol == "TCP" and modes.get(port.number or 0, "STRICT") == "STRICT":
                    yield Demand(
                        source=other.name,
                        destination=mine.name,
                        port=port.number,
                        because="STRICT refuses plaintext",
                    )


def _opened_by_both(cluster: Cluster, found: Iterable[Allowance]) -> set[tuple[object, ...]]:
    """Return the connections that one clause opens for anyone at one end, and one at the other.

    "shop may reach anyone" and "anyone may reach web" ask together for shop to reach web.
    """
    wide = [one for one in found if not one.deny]
    inward = [one for one in wide if any(map(_is_anyone, one.sources))]
    outward = [one for one in wide if any(map(_is_anyone, one.destinations))]
    if not (inward and outward):
        return set()
    into, out = (
        {_key(demand, demand.http) for one in ones for demand in demands_of(cluster, one)}
        for ones in (inward, outward)
    )
    return into & out


def _possible(
    network: "Network", allowance: Allowance, opened: set[tuple[object, ...]]
) -> Iterator[Demand]:
    """Yield what must be open: where anyone is meant, those whom nothing else keeps out.

    That no limit is asked for at one end says nothing of what other policies do at the other,
    unless another clause opens that end, too.
    """
    inward = any(map(_is_anyone, allowance.sources))
    outward = any(map(_is_anyone, allowance.destinations))
    for demand in demands_of(network.cluster, allowance):
        if inward or outward:
            outcome = check_demand(network, demand, "allow")
            elsewhere = _OUTWARD if outward and not inward else _INWARD
            stops = {
                one.layer
                for one in outcome.layers
                if one.layer in elsewhere and one.verdict in ("deny", "unknown")
            }
            if _key(demand, demand.http) in opened and not outcome.forbidden:
                # Both ends are opened by the draft; what else stands between them stays.
                stops -= {"egress-policy", "ingress-policy"}
            if stops:
                continue
        yield demand


def _is_anyone(party: Party) -> bool:
    if isinstance(party, Pods):
        return party.namespaces is None and not (party.labels or party.namespace_labels)
    return isinstance(party, Anyone) or (isinstance(party, Entities) and "all" in party.names)


def _key(demand: Demand, http: HttpRequest | None) -> tuple[object, ...]:
    return demand.source, demand.destination, demand.port, demand.protocol, http


def demands_of(cluster: Cluster, allowance: Allowance) -> Iterator[Demand]:
    """Yield the connections that a clause is about, between everyone whom it names."""
    sources = [end for one in allowance.sources for end in ends_of(cluster, one)]
    destinations = [end for one in allowance.destinations for end in ends_of(cluster, one)]
    # Replicas speak to each other where nobody else is meant.
    is_own = len({*sources, *destinations}) == 1
    for destination in dict.fromkeys(destinations):
        ports = _ports(destination, allowance.traffic)
        for source in dict.fromkeys(sources):
            if source.name == destination.name and not is_own:
                continue
            if not (source.pods or destination.pods):
                continue
            for port in ports:
                if allowance.traffic.server_names:
                    continue
                for http, dns, kafka in product(
                    requests_in(allowance.traffic),
                    map(sample_name, allowance.traffic.dns or ("",)),
                    kafka_in(allowance.traffic),
                ):
                    if http is None or port.protocol == "TCP":
                        yield Demand(
                            source=source.name,
                            destination=destination.name,
                            port=port.number,
                            protocol=port.protocol,
                            http=http,
                            dns=dns,
                            kafka=kafka,
                            because=allowance.because,
                        )


def _strict(cluster: Cluster, intent: Intent) -> Iterator[tuple[End, Side, Clause | None]]:
    """Yield the ends at which nothing but what is permitted may pass, with the clause for it."""
    for clause in intent.clauses:
        if clause.only and clause.effect == "allow":
            side = side_of(clause)
            for subject in clause.destinations if side == "ingress" else clause.sources:
                for end in ends_of(cluster, subject):
                    if end.pods:
                        yield end, side, clause
    for subject, side in intent.isolate:
        for end in ends_of(cluster, subject):
            if end.pods:
                yield end, side, None


def _sample(ends: tuple[End, ...], subjects: int) -> tuple[End, ...]:
    """Return every end, or of very many an even sample, the world among them.

    What opens and closes is computed for all pairs in any case; a contract is for people, too.
    """
    most = max(_FEWEST, _MOST_PAIRS // max(subjects, 1))
    if len(ends) <= most:
        return ends
    return (*ends[:: -(-len(ends) // most)], ends[-1])


def _others(
    network: "Network",
    mine: End,
    others: tuple[End, ...],
    side: Side,
    permitted: Allowances,
    clause: Clause | None,
) -> Iterator[Demand]:
    """Yield what must be closed at an end once nothing but what is permitted may pass.

    Where a clause names ports, it is about these; others of a subject that policies restrict
    already stay as they are.
    """
    because = f"nothing else may: {say_clause(clause)}" if clause else "default deny"
    limit = PortSet.ALL
    restricted = is_isolated(network, mine.pods[0], side)
    if clause and clause.traffic.ports and restricted:
        limit = ports_of(clause.traffic.ports, mine.pods if side == "ingress" else ())
    for other in others:
        if other.name == mine.name:
            continue
        source, destination = (other, mine) if side == "ingress" else (mine, other)
        for one in _closed(source, destination, permitted, because):
            if one.port is not None and not limit.contains(one.protocol, one.port):
                continue
            # Default deny takes nothing from what other policies allow by a rule.
            if clause is None and restricted and _is_open(network, one):
                continue
            yield one


def _is_open(network: "Network", demand: Demand) -> bool:
    return check_demand(network, demand, "deny").found in ("allow", "conditional")


def _closed(
    source: End,
    destination: End,
    permitted: Allowances,
    because: str,
) -> Iterator[Demand]:
    about = permitted.about(source, destination)
    for port in offered(destination):
        on_it = [one for one in about if _passes(one, destination, port)]
        requests = requests_out(one.traffic for one in on_it) if on_it else (None,)
        for kafka in kafka_out(one.traffic for one in on_it) if port.protocol == "TCP" else ():
            yield Demand(
                source=source.name,
                destination=destination.name,
                port=port.number,
                kafka=kafka,
                because=because,
            )
        for http in requests:
            if http is None or port.protocol == "TCP":
                yield Demand(
                    source=source.name,
                    destination=destination.name,
                    port=port.number,
                    protocol=port.protocol,
                    http=http,
                    because=because,
                )


def _passes(allowance: Allowance, destination: End, port: Port) -> bool:
    ports = ports_of(allowance.traffic.ports, destination.pods)
    if port.number is None:
        return bool(ports.only(port.protocol))
    return ports.contains(port.protocol, port.number)


def _ports(destination: End, traffic: Traffic) -> tuple[Port, ...]:
    """Return the ports on which a connection is tried."""
    ports = ports_of(traffic.ports, destination.pods)
    if not traffic.ports:
        return offered(destination)
    found: dict[Port, None] = {}
    for port in offered(destination):
        if port.number is not None and ports.contains(port.protocol, port.number):
            found[port] = None
    for span in traffic.ports:
        own = ports_of((span,), destination.pods)
        for protocol in ("TCP", "UDP", "SCTP", "ICMP", "ICMPv6"):
            if span.protocol == "ANY" and not span.name and protocol != "TCP" and span.first != 53:
                continue
            for first, last in own.spans(protocol):
                if (first, last) == (0, 65535):
                    found.setdefault(Port(None, protocol), None)
                else:
                    found.update({Port(one, protocol): None for one in (first, last)})
    return tuple(found)
