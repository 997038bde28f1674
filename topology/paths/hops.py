"""One connection between two parties through every layer, in the order a packet meets them."""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Literal

from topology.azure.layers import AzureLayers
from topology.model import Cluster, Pod, Protocol, Service
from topology.paths.parties import Party
from topology.paths.results import worst_of
from topology.policy.engine import PolicyEngine
from topology.policy.istio import MeshDecision, MeshPolicies
from topology.policy.istio.destination_rules import client_mode
from topology.policy.ports import PortSet
from topology.policy.verdict import Direction, HttpRequest, Layer, LayerName, Verdict, combine
from topology.targets import PodTarget

__all__ = ["Hops"]

L7 = Literal["allow", "deny", "unknown", "conditional"]
_REMEMBERED = 50_000
"""How many verdicts are kept; enough for every pair of a question, bounded over a long session."""
_L7_ORDER: tuple[L7, ...] = ("deny", "unknown", "conditional", "allow")


class Hops:
    """Decides connections, and remembers what it decided for pods that are alike."""

    def __init__(self, cluster: Cluster, policies: PolicyEngine, mesh: MeshPolicies) -> None:
        self.cluster = cluster
        self.policies = policies
        self.mesh = mesh
        self.has_mesh = not mesh.is_absent
        self._azure = AzureLayers.build(cluster)
        self._verdicts: dict[Hashable, Verdict] = {}
        self._numbers: dict[Hashable, int] = {}
        self._classes: dict[str, tuple[Pod, Hashable]] = {}

    def class_of(self, pod: Pod) -> Hashable:
        """Return a key that pods share for which every question has the same answer."""
        known = self._classes.get(pod.full_name)
        if known and known[0] is pod:
            return known[1]
        number = self.policies.class_of(pod)
        own: Hashable = number if number >= 0 else ("node", pod.node)
        mesh = self.mesh.class_of(pod) if self.has_mesh else None
        # Classes of the mesh are long; each is kept once, and a number stands for it.
        found: Hashable = own, self._numbers.setdefault(mesh, len(self._numbers))
        if self._azure:
            found = found, self._azure.class_of(pod)
        self._classes[pod.full_name] = (pod, found)
        return found

    def verdicts(
        self,
        source: Party,
        destination: Party,
        *,
        port: int | None,
        protocol: Protocol,
        http: HttpRequest | None,
        sni: str | None = None,
        service: Layer | None = None,
        via: tuple[Service, int | None] | None = None,
    ) -> Iterator[tuple[Party, Party, Verdict]]:
        """Decide one connection, apart for pods on the same node where that makes a difference.

        Args:
            source: Who opens it.
            destination: Who accepts it.
            port: Of the destination; None asks whether any port is open.
            protocol: Transport protocol.
            http: The request on it.
            sni: The server name of its TLS handshake.
            service: What the Service in between does, where there is one.
            via: That Service and its port.
        """
        dialled, service_port = via or (None, None)
        for one, other in _by_node(source, destination):
            found = self._verdict(one, other, port, protocol, http, sni)
            if service is not None:
                found = _with_service(found, service)
            if self.has_mesh and dialled is not None:
                found = self._as_sent(one, other, found, port, dialled, service_port)
            if self._azure:
                azure = self._azure.layers(
                    one,
                    other,
                    port=port,
                    protocol=protocol,
                    service=dialled,
                    service_port=service_port,
                )
                found = _after(azure, found)
            yield one, other, found

    def _as_sent(
        self,
        source: Party,
        destination: Party,
        found: Verdict,
        port: int | None,
        service: Service,
        service_port: int | None,
    ) -> Verdict:
        """Return a verdict under the TLS that a DestinationRule makes the caller's sidecar send."""
        sent = client_mode(self.cluster, service, service_port)
        if sent is None or not sent.is_refused_by_strict or found.verdict == "deny":
            return found
        one, other = source.target, destination.target
        if not (isinstance(one, PodTarget) and isinstance(other, PodTarget)):
            return found
        index = self.mesh.index
        both = index.state(one.pod).present and index.state(other.pod).present
        if not both or index.mode(other.pod, port).mode != "STRICT":
            return found
        layer = Layer(
            layer="mtls", direction="ingress", verdict="deny", enforced=True,
            reason=f"{sent.policy} makes callers of Service `{service.full_name}` send "
            f"`{sent.mode}`, and its pods take mutual TLS only.",
            policy=sent.policy, rule=sent.rule, location=sent.location,
        )  # fmt: skip
        kept = tuple(x for x in found.layers if x.layer not in ("mtls", "authorization"))
        return Verdict(verdict="deny", layers=(*kept, layer), l7=found.l7)

    def _verdict(
        self,
        source: Party,
        destination: Party,
        port: int | None,
        protocol: Protocol,
        http: HttpRequest | None,
        sni: str | None,
    ) -> Verdict:
        if _is_same_pod(source, destination):
            return _within(source)
        ends: Hashable = None
        if _host_pod(source) or _host_pod(destination):
            ends = self.policies.question_key(source.target, destination.target)
        # The names are part of it because the reasons name both ends.
        names = (source.name, destination.name)
        key = (names, source.key, destination.key, ends, port, protocol, http, sni)
        found = self._verdicts.get(key)
        if found is None:
            if len(self._verdicts) >= _REMEMBERED:
                self._verdicts.clear()
            found = self._decide(source, destination, port, protocol, http, sni)
            self._verdicts[key] = found
        return found

    def open_ports(self, source: Party, destination: Party) -> tuple[PortSet, PortSet]:
        """Return the ports that network policies leave open, and those that are not known."""
        outcome = self.policies.open_ports(source.target, destination.target)
        return outcome.allowed, outcome.unknown

    def _decide(
        self,
        source: Party,
        destination: Party,
        port: int | None,
        protocol: Protocol,
        http: HttpRequest | None,
        sni: str | None,
    ) -> Verdict:
        asked = port
        if port is None:
            asked = self._example_port(source, destination, protocol)
        decided = self.policies.decide(
            source.target, destination.target, port=asked, protocol=protocol, http=http, sni=sni
        )
        layers = [decided.egress, decided.ingress]
        if decided.l7 is not None:
            layers.append(decided.l7)
        conditions = decided.conditions
        states = [decided.l7_verdict]
        if self.has_mesh and isinstance(destination.target, PodTarget):
            mesh = self._mesh(source, destination.target.pod, port, protocol, http, sni)
            layers += mesh.layers
            conditions += mesh.conditions
            states.append(mesh.l7)
        verdict = worst_of((combine(tuple(layers)), decided.verdict))
        l7 = next((state for state in _L7_ORDER if state in states), None)
        return Verdict(
            verdict=verdict,
            layers=tuple(layers),
            l7=l7,
            conditions=conditions if verdict != "deny" else (),
        )

    def _example_port(self, source: Party, destination: Party, protocol: Protocol) -> int | None:
        """Return a port that is open where not all are, so that its rule can be named."""
        allowed, unknown = self.open_ports(source, destination)
        every = PortSet.every(protocol)
        if every <= allowed:
            return None
        for candidates in (allowed, unknown):
            for first, _ in candidates.spans(protocol):
                return first
        return None

    def _mesh(
        self,
        source: Party,
        destination: Pod,
        port: int | None,
        protocol: Protocol,
        http: HttpRequest | None,
        sni: str | None,
    ) -> MeshDecision:
        return self.mesh.decide(
            destination, port=port, protocol=protocol, source=source.target, http=http, sni=sni
        )


def _is_same_pod(source: Party, destination: Party) -> bool:
    """Return whether both ends can only be the one same pod."""
    if not (isinstance(source.target, PodTarget) and isinstance(destination.target, PodTarget)):
        return False
    # A planned pod, or a workload by name, stands for replicas that may well differ.
    name = source.target.pod.full_name
    if not source.name == destination.name == name or len(source.pods) > 1:
        return False
    return [pod.full_name for pod in destination.pods] in ([], [name])


def _host_pod(party: Party) -> Pod | None:
    """Return the pod of a party that uses the network of its node."""
    target = party.target
    return target.pod if isinstance(target, PodTarget) and target.pod.host_network else None


def _by_node(source: Party, destination: Party) -> Iterator[tuple[Party, Party]]:
    """Yield both parties, the pods of one cut by whether they share the node of the other.

    A pod on its node's network is `host` to the pods of that node and `remote-node` to others.
    """
    guest = _host_pod(source)
    if guest and destination.pods:
        for part in _cut(destination, guest.node):
            yield source, part
        return
    host = _host_pod(destination)
    if host and source.pods:
        for part in _cut(source, host.node):
            yield part, destination
        return
    yield source, destination


def _cut(party: Party, node: str) -> Iterator[Party]:
    near = tuple(pod for pod in party.pods if pod.node == node)
    far = tuple(pod for pod in party.pods if pod.node != node)
    for pods in (near, far):
        if pods:
            yield replace(party, target=PodTarget(pods[0]), pods=pods)


def _within(party: Party) -> Verdict:
    """Return the verdict for a pod that speaks to itself."""
    reason = f"`{party.name}` speaks to itself; traffic within a pod meets no policy."
    ways: tuple[tuple[LayerName, Direction], ...] = (
        ("egress-policy", "egress"),
        ("ingress-policy", "ingress"),
    )
    layers = tuple(
        Layer(layer=name, direction=way, verdict="none", reason=reason) for name, way in ways
    )
    return Verdict(verdict="allow", layers=layers)


def _with_service(verdict: Verdict, service: Layer) -> Verdict:
    """Return a verdict with the Service's layer where it belongs."""
    layers = (verdict.layers[0], service, *verdict.layers[1:])
    return Verdict(
        verdict=worst_of((verdict.verdict, service.verdict)),
        layers=layers,
        l7=verdict.l7,
        conditions=verdict.conditions,
    )


def _after(azure: tuple[Layer, ...], verdict: Verdict) -> Verdict:
    """Return a verdict with the layers of Azure, which packets meet first."""
    if not azure:
        return verdict
    folded = worst_of((verdict.verdict, combine(azure)))
    return Verdict(
        verdict=folded,
        layers=(*azure, *verdict.layers),
        l7=verdict.l7,
        conditions=verdict.conditions if folded != "deny" else (),
    )
