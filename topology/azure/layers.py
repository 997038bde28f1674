"""The Azure network as the first layers of a verdict: security groups and routes at both ends.

What packets look like to Azure:
- Overlay and kubenet: pods keep their address inside the cluster, which security groups of the
  node subnet see, and take the address of their node for everything outside the pod range.
- Pod Subnet: pods keep their address everywhere. Node Subnet: inside the VNet only.
- A load balancer of AKS leaves the frontend's address and the Service's port in place (floating
  IP), so that security groups are asked about those, unless an annotation turns it off.
- Pods on the same node speak without Azure.

Source: AKS docs, concepts-network-azure-cni-overlay and concepts-network-legacy-cni; cloud provider
for Azure, "LoadBalancer" (floating IP).
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_network
from typing import Protocol as Shape

from topology.azure.judging import INTERNET, Ends, Traffic
from topology.azure.network import AzureNetwork, PrivateEndpoint
from topology.azure.placement import Places, Span, span_of
from topology.azure.reading import azure_of
from topology.azure.steps import PlaceJudge, softened
from topology.model import Address, Cluster, Network, Pod, Service, ServicePort
from topology.policy.verdict import Direction, Layer
from topology.public import is_public
from topology.services import service_backends, services_of
from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget, RangeTarget

__all__ = ["AzureLayers", "Side"]

_NO_FLOATING = "service.beta.kubernetes.io/azure-disable-load-balancer-floating-ip"
_OPEN_TYPES = ("LoadBalancer", "NodePort")


class Side(Shape):
    """One end of a connection, as `topology.paths.parties.Party` describes it."""

    @property
    def target(self) -> object:
        """Return the pod or the end that is no pod."""

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Return the pods that it stands for."""


class AzureLayers:
    """Judges connections by what was loaded of Azure; says nothing where nothing was."""

    def __init__(self, cluster: Cluster, azure: AzureNetwork) -> None:
        self._cluster = cluster
        self._azure = azure
        self.places = Places(cluster, azure)
        self._judge = PlaceJudge(cluster, azure, self.places)
        self._known: dict[Hashable, tuple[Layer, ...]] = {}
        self._node_classes: dict[str, Hashable] = {}

    @classmethod
    def build(cls, cluster: Cluster) -> "AzureLayers | None":
        """Return the layers of a cluster; None where nothing of Azure was loaded."""
        azure = azure_of(cluster)
        return None if azure.is_empty else cls(cluster, azure)

    def class_of(self, pod: Pod) -> Hashable:
        """Return a key that pods share which every rule and route treats alike."""
        node = self._node_classes.get(pod.node)
        if node is None:
            place = self.places.node(pod.node)
            known = [one.network_address for one in place.networks if one.num_addresses == 1]
            node = (place.subnet, place.nic, self._signature(known))
            self._node_classes[pod.node] = node
        if pod.host_network:
            return node
        place = self.places.pod(pod)
        return node, place.subnet, place.nic, self._signature(pod.addresses)

    def _signature(self, addresses: Iterable[Address]) -> int:
        """Return which named ranges hold one of some addresses, as bits."""
        found = 0
        for address in addresses:
            number = int(address)
            for bit, (version, first, last) in enumerate(self._named):
                if version == address.version and first <= number <= last:
                    found |= 1 << bit
        return found

    @cached_property
    def _named(self) -> tuple[Span, ...]:
        """Return every range that some rule or route names."""
        found: dict[Network, None] = {}
        for group in self._azure.security_groups:
            for rule in group.rules:
                found |= dict.fromkeys((*rule.source.networks, *rule.destination.networks))
        tables = [table.routes for table in self._azure.route_tables]
        tables += [told.routes for told in self._azure.effective_routes]
        for routes in tables:
            found |= dict.fromkeys(one.prefix for one in routes if one.prefix)
        return tuple(span_of(one) for one in found)

    def layers(
        self,
        source: Side,
        destination: Side,
        *,
        port: int | None,
        protocol: str,
        service: Service | None = None,
        service_port: int | None = None,
    ) -> tuple[Layer, ...]:
        """Return what Azure says of a connection, egress first; empty where it has no part.

        Args:
            source: Who opens it.
            destination: Who accepts it.
            port: Of the destination; None for every port.
            protocol: Transport protocol.
            service: The Service through which it comes, where one was dialled.
            service_port: The port of that Service.
        """
        near = _same_node(source, destination)
        key = (
            _key(source), _key(destination), self._class(source), self._class(destination),
            near, port, protocol, service.full_name if service else "", service_port,
        )  # fmt: skip
        if key not in self._known:
            asked = _Asked(port, protocol, service, service_port)
            self._known[key] = self._decide(source, destination, asked, near=near)
        return self._known[key]

    def _class(self, side: Side) -> Hashable:
        return self.class_of(side.target.pod) if isinstance(side.target, PodTarget) else None

    def _decide(
        self, source: Side, destination: Side, asked: "_Asked", *, near: bool
    ) -> tuple[Layer, ...]:
        one, other = source.target, destination.target
        if near:
            reason = "Both ends are on the same node, so Azure does not see the traffic."
            return (Layer(layer="azure", verdict="none", reason=reason),)
        if isinstance(one, PodTarget) and isinstance(other, PodTarget):
            return self._inside(one.pod, other.pod, asked)
        if isinstance(one, PodTarget):
            return self._outbound(one.pod, other, asked)
        if isinstance(other, PodTarget):
            return self._inbound(one, destination, asked)
        return ()

    def _inside(self, source: Pod, destination: Pod, asked: "_Asked") -> tuple[Layer, ...]:
        """Judge a connection between pods on different nodes."""
        place, target = self.places.pod(source), self.places.pod(destination)
        if self.places.is_private(source) and not self.places.is_private(destination):
            # Whatever leaves the pod range takes the address of the node.
            place = self.places.node(source.node)
        overlay = self.places.is_private(destination)
        traffic = asked.traffic(place.ends, target.ends)
        out = self._judge.groups(place, "egress", traffic)
        if not overlay:
            # The pod range is routed by Azure itself, beside all route tables.
            out += self._judge.route(place, target.networks)
        taken = self._judge.groups(target, "ingress", traffic)
        return (
            *self._judge.folded("egress", place, out),
            *self._judge.folded("ingress", target, taken),
        )

    def _outbound(self, pod: Pod, target: object, asked: "_Asked") -> tuple[Layer, ...]:
        """Judge a connection from a pod to what is no pod."""
        ends, endpoint = self._outside(target)
        if ends is None:
            return ()
        place = self.places.sender(pod, () if ends.internet else ends.networks)
        if endpoint and endpoint.status.lower() not in ("", "approved"):
            reason = (
                f"Private endpoint `{endpoint.name}` is `{endpoint.status}`, not approved, so "
                "nothing answers behind it."
            )
            return (
                Layer(
                    layer="azure", direction="egress", verdict="deny", enforced=True,
                    reason=reason, policy=f"PrivateEndpoint/{endpoint.name}",
                    location=endpoint.location,
                ),
            )  # fmt: skip
        traffic = asked.traffic(place.ends, ends)
        steps = self._judge.groups(place, "egress", traffic)
        if ends.internet:
            steps += self._judge.default_route(place)
        else:
            steps += self._judge.route(place, ends.networks)
        if isinstance(target, DnsTarget) and not endpoint:
            steps = [softened(step, target.name) for step in steps]
        return (
            *self._judge.folded("egress", place, steps),
            *self._guards(ends, "ingress", traffic),
        )

    def _guards(self, ends: Ends, direction: Direction, traffic: Traffic) -> tuple[Layer, ...]:
        """Ask the groups that guard an address which is in a known subnet but not the cluster's."""
        place = self.places.address(ends.networks[0]) if len(ends.networks) == 1 else None
        if place is None or ends.internet:
            return ()
        if direction == "ingress":
            traffic = replace(traffic, destination=place.ends)
        else:
            traffic = replace(traffic, source=place.ends)
        steps = self._judge.groups(place, direction, traffic)
        return self._judge.folded(direction, place, steps) if steps else ()

    def _outside(self, target: object) -> tuple[Ends | None, PrivateEndpoint | None]:
        """Return the addresses of an end outside, and the private endpoint that it is."""
        for endpoint in self._azure.private_endpoints:
            named = isinstance(target, DnsTarget) and target.name in endpoint.names
            if named or (
                isinstance(target, AddressTarget) and target.address in endpoint.addresses
            ):
                return Ends(networks=tuple(map(ip_network, endpoint.addresses))), endpoint
        if isinstance(target, AddressTarget):
            return Ends(networks=(ip_network(target.address),), groups_known=False), None
        if isinstance(target, RangeTarget):
            return Ends(networks=(target.network,), groups_known=False), None
        if isinstance(target, DnsTarget) or target == EntityTarget("world"):
            return INTERNET, None
        return None, None

    def _inbound(self, source: object, destination: Side, asked: "_Asked") -> tuple[Layer, ...]:
        """Judge a connection from outside to a pod: directly, or through a load balancer."""
        ends, _ = self._outside(source)
        if ends is None or not isinstance(destination.target, PodTarget):
            return ()
        pod = destination.target.pod
        services = [asked.service] if asked.service else list(services_of(self._cluster, [pod]))
        found = [
            self._through(ends, service, served, destination.pods)
            for service in services
            if _is_open(service)
            for served in self._ports_of(service, pod, asked)
        ]
        if not self.places.is_private(pod) and not asked.service:
            found.append(self._directly(ends, pod, asked))
        if not found and not asked.service:
            return (self._unroutable(pod, asked),)
        return min(found, key=_severity, default=())

    def _directly(self, ends: Ends, pod: Pod, asked: "_Asked") -> tuple[Layer, ...]:
        """Judge a connection from outside to the address of a pod in the VNet."""
        place = self.places.pod(pod)
        traffic = asked.traffic(ends, place.ends)
        left = self._guards(ends, "egress", traffic)
        steps = self._judge.groups(place, "ingress", traffic)
        return (*left, *self._judge.folded("ingress", place, steps))

    def _ports_of(self, service: Service, pod: Pod, asked: "_Asked") -> list[ServicePort]:
        """Return the ports of a Service that lead to the port that is asked about."""
        if asked.service_port is not None:
            return [one for one in service.ports if one.port == asked.service_port]
        return [
            route.port
            for route in service_backends(self._cluster, service, protocol=asked.protocol)
            if any(end.pod == pod and asked.port in (None, end.port) for end in route.backends)
        ]

    def _unroutable(self, pod: Pod, asked: "_Asked") -> Layer:
        ranges = ", ".join(f"`{one}`" for one in self.places.pod_ranges)
        return Layer(
            layer="azure",
            direction="ingress",
            verdict="deny",
            enforced=True,
            reason=f"`{pod.full_name}` has an address of the pod range {ranges}, which nothing "
            "outside the cluster can route to, and no Service of type LoadBalancer or NodePort "
            f"leads to {'it' if asked.port is None else f'its port {asked.port}'}.",
            location=self.places.aks.location if self.places.aks else None,
        )

    def _through(
        self, ends: Ends, service: Service, served: ServicePort, pods: Sequence[Pod]
    ) -> tuple[Layer, ...]:
        """Judge a connection that a load balancer or a node's port takes in, at every node."""
        floating = service.annotations.get(_NO_FLOATING, "").lower() != "true"
        public = [one for one in service.external_addresses if is_public(ip_network(one))]
        frontends = public if ends.internet and public else list(service.external_addresses)
        if service.external_traffic_policy == "Local" and pods:
            places = {place.subnet: place for place in (self.places.node(one.node) for one in pods)}
        else:
            places = {place.subnet: place for place in self.places.nodes()}
        layers: list[Layer] = []
        for place in places.values():
            if service.type == "LoadBalancer" and floating and frontends:
                target, port = Ends(networks=tuple(map(ip_network, frontends))), served.port
            else:
                target, port = place.ends, served.node_port or served.port
            traffic = Traffic(source=ends, destination=target, protocol=served.protocol, port=port)
            steps = self._judge.groups(place, "ingress", traffic)
            layers += self._judge.folded("ingress", place, steps, f"Through Service "
                                   f"`{service.full_name}`: ")  # fmt: skip
        return tuple({layer.verdict: layer for layer in reversed(layers)}.values())


@dataclass(frozen=True, slots=True)
class _Asked:
    """The port and protocol of a question, and the Service through which it comes."""

    port: int | None
    protocol: str
    service: Service | None
    service_port: int | None

    def traffic(self, source: Ends, destination: Ends) -> Traffic:
        """Return the traffic between two ends, of one family where both have it."""
        families = {one.version for one in source.networks} or {4, 6}
        families &= {one.version for one in destination.networks} or {4, 6}
        family = 4 if 4 in families else 6

        def of_family(ends: Ends) -> Ends:
            kept = tuple(one for one in ends.networks if one.version == family)
            return replace(ends, networks=kept or ends.networks)

        return Traffic(
            source=of_family(source),
            destination=of_family(destination),
            protocol=self.protocol,
            port=self.port,
        )


def _is_open(service: Service) -> bool:
    return service.type in _OPEN_TYPES or bool(service.external_addresses)


def _severity(layers: tuple[Layer, ...]) -> int:
    order = {"allow": 0, "none": 0, "unknown": 1, "deny": 2}
    return max((order[layer.verdict] for layer in layers), default=0)


def _same_node(source: Side, destination: Side) -> bool:
    """Return whether all pods of both ends are on one known node."""
    nodes = {pod.node for side in (source, destination) for pod in side.pods}
    return bool(source.pods and destination.pods) and len(nodes) == 1 and "" not in nodes


def _key(side: Side) -> Hashable:
    target = side.target
    return None if isinstance(target, PodTarget) else target
