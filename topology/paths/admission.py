"""Whom a Service lets in at its door: its load balancer's ranges, and policies of `Local`.

Source: Kubernetes "Service": loadBalancerSourceRanges restricts callers of the load balancer;
internalTrafficPolicy Local sends callers in the cluster to endpoints of their own node only.
"""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

from topology.model import Cluster, Network, Service
from topology.paths.parties import Party
from topology.policy.verdict import Layer
from topology.public import is_public
from topology.service_path.traffic_checks import is_internal, serving_nodes
from topology.targets import AddressTarget, EntityTarget, PodTarget, RangeTarget

__all__ = ["admitted"]

_SHOWN = 3


def admitted(
    cluster: Cluster, source: Party, service: Service | None, layer: Layer | None
) -> Iterator[tuple[Party, Layer | None]]:
    """Yield the callers with what the Service does for them, apart where that differs.

    Args:
        cluster: Of the Service.
        source: Who calls.
        service: The Service that is dialled; None where none is.
        layer: What the Service does for everyone that it lets in.
    """
    if service is None or layer is None or layer.verdict == "deny":
        yield source, layer
    elif isinstance(source.target, PodTarget):
        yield from _inside(cluster, source, service, layer)
    else:
        yield source, _outside(source, service, layer)


def _inside(
    cluster: Cluster, source: Party, service: Service, layer: Layer
) -> Iterator[tuple[Party, Layer]]:
    serving = (
        serving_nodes(cluster, service) if service.internal_traffic_policy == "Local" else None
    )
    if serving is None or any(not pod.node for pod in source.pods):
        yield source, layer
        return
    near = tuple(pod for pod in source.pods if pod.node in serving)
    far = tuple(pod for pod in source.pods if pod.node not in serving)
    if near:
        yield replace(source, target=PodTarget(near[0]), pods=near), layer
    if far:
        nodes = ", ".join(f"`{name}`" for name in sorted({pod.node for pod in far})[:_SHOWN])
        reason = (
            f"Service `{service.full_name}` has internalTrafficPolicy Local, and {nodes} has no "
            "ready endpoint of it, so what is sent from there is dropped."
        )
        stopped = replace(layer, verdict="deny", enforced=True, reason=reason)
        yield replace(source, target=PodTarget(far[0]), pods=far), stopped


def _outside(source: Party, service: Service, layer: Layer) -> Layer:
    if service.type != "LoadBalancer":
        return layer
    network = _network(source)
    world = source.target == EntityTarget("world")
    if is_internal(service) and (world or (network is not None and is_public(network))):
        at = ", ".join(f"`{one}`" for one in service.external_addresses) or "a private address"
        reason = (
            f"Service `{service.full_name}` has an internal load balancer at {at}, which nobody "
            "on the Internet can reach."
        )
        return replace(layer, verdict="deny", enforced=True, reason=reason)
    if not service.source_ranges:
        return layer
    ranges = ", ".join(f"`{one}`" for one in service.source_ranges[:_SHOWN])
    ranges += " and more" if len(service.source_ranges) > _SHOWN else ""
    if world:
        reason = f"Only callers from {ranges} are let in (loadBalancerSourceRanges). {layer.reason}"
        return replace(layer, enforced=True, reason=reason)
    return _by_ranges(network, service, layer, ranges) if network else layer


def _by_ranges(network: Network, service: Service, layer: Layer, ranges: str) -> Layer:
    same = [one for one in service.source_ranges if one.version == network.version]
    if any(network.subnet_of(one) for one in same):  # type: ignore[arg-type]
        return replace(layer, enforced=True)
    part = any(network.overlaps(one) for one in same)
    reason = (
        f"Service `{service.full_name}` lets in {ranges} only (loadBalancerSourceRanges), and "
        f"{'only a part of ' if part else 'not '}`{network}`."
    )
    return replace(layer, verdict="unknown" if part else "deny", enforced=True, reason=reason)


def _network(source: Party) -> Network | None:
    target = source.target
    if isinstance(target, AddressTarget):
        return ip_network(target.address)
    return target.network if isinstance(target, RangeTarget) else None
