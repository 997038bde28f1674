"""A contract held against a network: each demand through every layer, with what decides it."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from topology.authoring.contract import Contract, Demand
from topology.errors import InvalidQuery, TopologyError
from topology.memo import per_cluster
from topology.model import Cluster, Workload
from topology.model import Network as Range
from topology.paths.documents import blamed
from topology.paths.queries import PortQuery
from topology.policy.verdict import Layer
from topology.targets import AddressTarget, DnsTarget, PodTarget, Target, WorkloadTarget

if TYPE_CHECKING:
    from topology.paths import Network, PortVerdict

__all__ = ["Outcome", "check", "check_demand", "say_demand"]

_PUBLIC = tuple(map(ip_address, ("93.184.215.14", "151.101.1.1", "23.45.67.89", "198.41.0.4")))
"""Public addresses, one of which no policy is likely to name."""
_NARROW = 8
"""A network that is wider holds public addresses whatever its first one is."""
Expected = Literal["allow", "deny"]
Found = Literal["allow", "deny", "unknown", "conditional", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one demand."""

    demand: Demand
    expected: Expected
    found: Found
    """`conditional`: some requests pass and none was named; `error`: it cannot be asked about."""
    reason: str
    """The sentence of the layer that decided."""
    layer: Layer | None = None
    layers: tuple[Layer, ...] = ()
    """Every layer, in the order in which a packet meets them."""
    forbidden: bool = False
    """Whether a rule, a mode or a Service stops it, not the lack of a rule that allows."""

    @property
    def met(self) -> bool:
        """Return whether the network does what is demanded."""
        return self.found == self.expected

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        policy, location = blamed(self.layer) if self.layer else (None, None)
        return {
            "src": self.demand.source,
            "dst": self.demand.destination,
            "port": self.demand.port,
            "proto": self.demand.protocol,
            "expected": self.expected,
            "found": self.found,
            "met": self.met,
            "layer": self.layer.layer if self.layer else None,
            "policy": policy,
            "rule": self.layer.rule if self.layer else None,
            "location": str(location) if location else None,
            "reason": self.reason,
        }


class _Judgement(NamedTuple):
    """What some pods get that agree."""

    found: Found
    layer: Layer | None
    """That decides."""
    layers: tuple[Layer, ...]


def check(network: "Network", contract: Contract) -> tuple[Outcome, ...]:
    """Decide every demand of a contract, those that must be allowed first.

    A demand that names something that the network does not have counts as not met.
    """
    return (
        *(check_demand(network, one, "allow") for one in contract.must_allow),
        *(check_demand(network, one, "deny") for one in contract.must_deny),
    )


def check_demand(network: "Network", demand: Demand, expected: Expected) -> Outcome:
    """Decide one demand."""
    try:
        judged = _judge(network, demand)
    except TopologyError as error:
        reason = f"{error.message} {error.hint}".strip()
        return Outcome(demand=demand, expected=expected, found="error", reason=reason)
    # Of pods that do not agree, the ones count that fall short of the demand.
    short = [one for one in judged if one.found != expected]
    chosen = (short or judged)[0]
    return Outcome(
        demand=demand,
        expected=expected,
        found=chosen.found,
        reason=chosen.layer.reason if chosen.layer else "",
        layer=chosen.layer,
        layers=chosen.layers,
        forbidden=chosen.found == "deny" and _is_forbidden(network, chosen.layer),
    )


def say_demand(demand: Demand) -> str:
    """Return a demand as one line, such as `shop/web -> shop/db 5432/TCP GET /`."""
    port = f"{demand.port}/" if demand.port is not None else "every "
    text = f"{demand.source} -> {demand.destination} {port}{demand.protocol}"
    if demand.dns:
        text += f" asking for {demand.dns}"
    if demand.kafka:
        text += f" Kafka {demand.kafka}"
    if demand.http:
        text += f" {demand.http.method} {demand.http.path}"
    return text


def _is_forbidden(network: "Network", layer: Layer | None) -> bool:
    if layer is None:
        return False
    if layer.layer in ("mtls", "service"):
        return True
    if layer.layer == "authorization":
        policy = network.mesh.index.policies.get(layer.policy or "")
        return policy is not None and policy.action == "DENY"
    return "Deny" in (layer.rule or "")


def _judge(network: "Network", demand: Demand) -> list[_Judgement]:
    """Return what is found for each group of pods that the ends stand for."""
    source = _target(network, demand.source)
    destination = _target(network, demand.destination)
    if demand.dns or demand.kafka:
        return _queries(network, source, destination, demand)
    found = _reached(network, source, destination, demand)
    if isinstance(destination, DnsTarget) and any(one.found == "unknown" for one in found):
        return _anywhere(network, source, destination.name, demand) or found
    return found


def _reached(
    network: "Network", source: Target, destination: Target, demand: Demand
) -> list[_Judgement]:
    query = PortQuery(number=demand.port, protocol=demand.protocol)
    reach = network.reach(source, destination, port=query, http=demand.http)
    return [one for port in reach.ports for one in _judged(port)]


def _anywhere(network: "Network", source: Target, name: str, demand: Demand) -> list[_Judgement]:
    """Return what holds for a name wherever in the public Internet it leads; nothing if it varies.

    Denials of addresses that no public name has (169.254.169.254, say) leave the verdict on a name
    open for the engine; here the name is tried at an address of each public network that any
    policy tells apart, and at one that none does.
    """
    places = network.policies.matrix().axis.places
    parts = [ip_network(one.name) for one in places if one.kind == "network"]
    apart = next((one for one in _PUBLIC if not any(one in part for part in parts)), None)
    if apart is None:
        return []
    tried = [apart, *(one.network_address for one in parts if _has_public(one))]
    found: list[_Judgement] = []
    for address in dict.fromkeys(tried):
        target = AddressTarget(address, frozenset({name}))
        found += _reached(network, source, target, demand)
    return found if len({one.found for one in found}) == 1 else []


def _has_public(network: Range) -> bool:
    """Return whether a network holds addresses that a public name may lead to."""
    return network.network_address.is_global or network.prefixlen < _NARROW


def _queries(
    network: "Network", source: Target, destination: Target, demand: Demand
) -> list[_Judgement]:
    """Decide a DNS query or Kafka request between pods; only network policies look into them."""
    found: list[_Judgement] = []
    for one in _pods(network, source):
        for other in _pods(network, destination):
            decision = network.policies.decide(
                one,
                other,
                port=demand.port,
                protocol=demand.protocol,
                dns=demand.dns or None,
                kafka=demand.kafka,
            )
            layers = [decision.egress, decision.ingress, *([decision.l7] if decision.l7 else [])]
            stop = next((each for each in layers if each.verdict != "allow"), layers[-1])
            state: Found = decision.verdict
            if state == "allow" and decision.l7_verdict in ("deny", "unknown"):
                state = decision.l7_verdict
            found.append(_Judgement(state, stop, tuple(layers)))
    return found


def _pods(network: "Network", target: Target) -> list[PodTarget]:
    if not isinstance(target, WorkloadTarget):
        message = f"DNS queries and Kafka requests are between workloads; `{target}` is none."
        raise InvalidQuery(message)
    class_of = network.policies.class_of
    return [PodTarget(pod) for pod in {class_of(one): one for one in target.workload.pods}.values()]


def _judged(port: "PortVerdict") -> Iterator[_Judgement]:
    verdicts = [one.verdict for one in port.groups] or [port.verdict]
    for verdict in verdicts:
        found: Found = verdict.verdict
        layer = verdict.deciding or (verdict.opening if verdict.layers else None)
        if found == "allow" and verdict.l7 in ("conditional", "unknown"):
            found = "conditional" if verdict.l7 == "conditional" else "unknown"
            layer = next((one for one in verdict.layers if one.layer == "l7"), layer)
        elif found == "allow" and verdict.l7 == "deny":
            found = "deny"
        yield _Judgement(found, layer, verdict.layers)


def _target(network: "Network", name: str) -> Target:
    """Return what a name of a contract means; `namespace/workload` is taken at its word."""
    workload = _workloads(network.cluster).get(name)
    return WorkloadTarget(workload) if workload else network.names.resolve(name)


@per_cluster
def _workloads(cluster: Cluster) -> dict[str, Workload]:
    found: dict[str, Workload] = {}
    twice: set[str] = set()
    for one in cluster.workloads:
        twice |= {one.full_name} & found.keys()
        found[one.full_name] = one
    return {name: one for name, one in found.items() if name not in twice}
