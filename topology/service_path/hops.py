"""The hops of a way: what an entry, a gateway, Azure, policies and the Service do on it."""

from collections.abc import Iterator

from topology.azure.reading import azure_of
from topology.errors import InvalidQuery
from topology.model import Cluster, Service
from topology.paths import Network, PortQuery, Reach
from topology.paths.documents import blamed
from topology.policy.verdict import HttpRequest, Layer
from topology.public import is_public
from topology.service_path.entries import Entry
from topology.service_path.findings import service_findings
from topology.service_path.gateways import Front
from topology.service_path.traffic_checks import is_internal
from topology.service_path.way import HopKind, HopVerdict, WayHop
from topology.services import service_backends
from topology.targets import (
    AddressTarget,
    DnsTarget,
    EntityTarget,
    PodTarget,
    RangeTarget,
    ServiceTarget,
    Target,
)

__all__ = [
    "OPEN_TYPES",
    "door",
    "entry_hops",
    "front_hops",
    "inner_hops",
    "is_outside",
    "reach_hops",
    "unplaced",
]

OPEN_TYPES = ("LoadBalancer", "NodePort")
_AGC_DELEGATION = "microsoft.servicenetworking/trafficcontrollers"
_LAYER_KINDS: dict[str, HopKind] = {
    "azure": "azure",
    "service": "service",
    "egress-policy": "policy",
    "ingress-policy": "policy",
    "l7": "policy",
    "mtls": "mesh",
    "authorization": "mesh",
}


def is_outside(source: Target) -> bool:
    """Return whether a caller is outside the cluster."""
    return isinstance(source, AddressTarget | DnsTarget | EntityTarget | RangeTarget)


def entry_hops(cluster: Cluster, entry: Entry) -> Iterator[WayHop]:
    """Yield what the entry does, or the fault that makes it do nothing."""
    faults = [
        one
        for one in service_findings(cluster)
        if one.severity == "error" and one.object == entry.key
        and (not one.subjects or f"Service/{entry.full_name}" in one.subjects)
    ]  # fmt: skip
    for fault in faults:
        yield WayHop(
            kind="entry", object=entry.key, verdict="deny", reason=fault.why,
            location=fault.location,
        )  # fmt: skip
    if faults:
        return
    takes = ", ".join(f"`{one}`" for one in entry.hosts[:2]) or "every host"
    share = f" ({entry.weight} % of it)" if entry.weight not in (None, 100, 1) else ""
    port = f" port {entry.port}" if entry.port is not None else ""
    subset = f", subset `{entry.subset}`" if entry.subset else ""
    what = entry.other_kind or ("Service" if entry.namespace else "host")
    outside = "" if entry.namespace else ", which is outside the cluster"
    yield WayHop(
        kind="entry",
        object=entry.key,
        verdict="allow" if entry.namespace and not entry.other_kind else "unknown",
        reason=f"It sends {takes} `{entry.path}`{share} to {what} "
        f"`{entry.full_name.strip('/')}`{port}{subset}{outside}.",
        location=entry.location,
    )


def unplaced(entry: Entry) -> WayHop:
    """Return that the gateway of an entry is not known, or that it has none."""
    named = ", ".join(f"`{one}`" for one in entry.gateways)
    reason = f"Its gateway {named} is not in the input." if named else (
        "It names no gateway, so it holds for callers inside the mesh only."
    )  # fmt: skip
    verdict: HopVerdict = "unknown" if named else "deny"
    return WayHop(kind="gateway", object=entry.key, verdict=verdict, reason=reason)


def front_hops(network: Network, front: Front, source: Target) -> Iterator[WayHop]:
    """Yield the way from the caller to the gateway's proxies."""
    at = f" at {', '.join(f'`{one}`' for one in front.addresses[:2])}" if front.addresses else ""
    open_services = [one for one in front.services if one.type in OPEN_TYPES]
    balanced = sorted(open_services, key=lambda one: (is_internal(one), one.full_name))
    if front.kind == "pods" and balanced:
        service = balanced[0]
        yield from reach_hops(network, source, service, None, start=f"{front.name}: ", front=True)
        return
    if front.kind == "pods":
        pod = front.pods[0]
        reason = (
            f"{front.name} runs in `{pod.namespace}/{pod.workload}`{at}, and no Service of type "
            "LoadBalancer or NodePort leads to it."
        )
        verdict: HopVerdict = "deny" if is_outside(source) and not front.addresses else "unknown"
        yield WayHop(kind="gateway", object=front.name, verdict=verdict, reason=reason,
                     location=front.location)  # fmt: skip
        return
    known = front.kind in ("azure", "node")
    yield WayHop(
        kind="gateway",
        object=front.name,
        verdict="allow" if known else "unknown",
        reason=f"{front.reason}{f' It is{at}.' if at else ''}",
        location=front.location,
    )


def inner_hops(
    network: Network,
    front: Front | None,
    service: Service,
    query: PortQuery | None,
    http: HttpRequest | None,
) -> Iterator[WayHop]:
    """Yield the way from the gateway's proxies to the Service's pods."""
    sender, name = _sender(network.cluster, front)
    if sender is None:
        yield _service_hop(network.cluster, service, query)
        yield WayHop(
            kind="policy", object=f"Service/{service.full_name}", verdict="unknown",
            reason=f"Whether policies let {name} in is not known, as its pods or addresses are "
            "not in the input.",
        )  # fmt: skip
        return
    start = f"From {name}: " if front and front.pods else ""
    yield from reach_hops(network, sender, service, query, http, start)


def _sender(cluster: Cluster, front: Front | None) -> tuple[Target | None, str]:
    """Return who opens connections to the pods on behalf of a gateway."""
    if front is None:
        return None, "the gateway"
    if front.pods:
        return PodTarget(front.pods[0]), front.name
    if front.kind == "azure":
        for subnet in azure_of(cluster).subnets:
            named = {one.lower() for one in subnet.delegations}
            if _AGC_DELEGATION in named and subnet.networks:
                return RangeTarget(subnet.networks[0]), front.name
    if front.kind == "node":
        return EntityTarget("ingress"), front.name
    return None, front.name


def door(cluster: Cluster, service: Service, source: Target) -> Iterator[WayHop]:
    """Yield how a Service is open to the outside, for a caller from there."""
    if not is_outside(source) or service.type == "LoadBalancer" or service.external_addresses:
        return
    title = f"Service/{service.full_name}"
    if service.type == "NodePort":
        addresses = [one for node in cluster.nodes for one in node.addresses]
        private = bool(addresses) and not any(map(is_public, addresses))
        from_world = source == EntityTarget("world")
        where = "; the nodes have private addresses only" if private else ""
        yield WayHop(
            kind="gateway",
            object=title,
            verdict="deny" if private and from_world else "allow",
            reason=f"It is open on a port of every node{where}.",
            location=service.location,
        )
        return
    what = "is another name inside the cluster" if service.type == "ExternalName" else (
        f"is of type {service.type}: its address holds inside the cluster only"
    )  # fmt: skip
    yield WayHop(
        kind="gateway",
        object=title,
        verdict="deny",
        reason=f"Service `{service.full_name}` {what}, and no Ingress, route or gateway in the "
        "input leads to it.",
        location=service.location,
    )


def reach_hops(
    network: Network,
    source: Target,
    service: Service,
    query: PortQuery | None,
    http: HttpRequest | None = None,
    start: str = "",
    *,
    front: bool = False,
) -> Iterator[WayHop]:
    """Yield the layers of a connection to a Service as hops.

    Args:
        network: With its engines.
        source: Who calls.
        service: Who is called.
        query: The Service's port; None for all.
        http: The request, for what looks at it.
        start: What stands before each reason.
        front: Whether this is only the way to a gateway, of which what restricts is told.
    """
    title = f"Service/{service.full_name}"
    tcp = query is None or query.protocol == "TCP"
    try:
        reach = network.reach(
            source, ServiceTarget(service), port=query, http=http if tcp else None
        )
    except InvalidQuery as error:
        yield WayHop(kind="policy", object=title, verdict="unknown", reason=error.message)
        return
    yield from _layer_hops(reach, title, start, front=front)


def _layer_hops(reach: Reach, title: str, start: str, *, front: bool) -> Iterator[WayHop]:
    for layer in reach.layers:
        idle = layer.verdict == "allow" and not layer.enforced and layer.layer != "service"
        if layer.verdict == "none" or (front and idle):
            continue
        policy, location = blamed(layer)
        yield WayHop(
            kind=_LAYER_KINDS[layer.layer],
            object=_object(layer, policy, title, reach.source),
            verdict=layer.verdict,
            reason=f"{start}{layer.reason}",
            location=location or layer.location,
        )


def _object(layer: Layer, policy: str | None, title: str, source: str) -> str:
    """Return what a layer is about: the policy that decides, else the end that it guards."""
    if layer.layer == "service":
        return title
    return policy or (source if layer.direction == "egress" else title)


def _service_hop(cluster: Cluster, service: Service, query: PortQuery | None) -> WayHop:
    """Return where a Service sends, without a caller."""
    routes = service_backends(cluster, service, port=query.number if query else None)
    problem = next((one.problem for one in routes if one.problem), "")
    backends = sum(1 for route in routes for one in route.backends if one.ready)
    reason = problem or f"It has {backends} ready endpoint(s)."
    return WayHop(
        kind="service",
        object=f"Service/{service.full_name}",
        verdict="deny" if problem else "allow",
        reason=reason,
        location=service.location,
    )
