"""Services and how they spread and admit traffic: policies, affinity, families, exposure."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from topology.findings import Finding, FindingSeverity
from topology.model import Cluster, Pod, Service
from topology.public import is_public
from topology.service_path.backend_checks import names_of, nodes_with_pods
from topology.services import backends, service_backends

__all__ = ["exposure_findings", "is_internal", "serving_nodes", "traffic_findings"]

_INTERNAL = (
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "cloud.google.com/load-balancer-type",
    "service.beta.kubernetes.io/aws-load-balancer-internal",
)
_IN_CLUSTER = re.compile(r"([\w-]+)\.([\w-]+)\.svc(?:\.[\w.-]+)?\.?", re.I)
_SHOWN = 3
_FAMILIES = {4: "IPv4", 6: "IPv6"}


def is_internal(service: Service) -> bool:
    """Return whether the load balancer of a Service has a private address only."""
    if any(service.annotations.get(key, "").lower() in ("true", "internal") for key in _INTERNAL):
        return True
    return bool(service.external_addresses) and all(
        not is_public(address) for address in service.external_addresses
    )


def serving_nodes(cluster: Cluster, service: Service) -> frozenset[str] | None:
    """Return the nodes with a ready backend; None where the node of some is not known."""
    found: set[str] = set()
    by_address = {one.address: one.node for one in service.endpoints or ()}
    for route in service_backends(cluster, service):
        for backend in route.backends:
            if not backend.ready:
                continue
            node = backend.pod.node if backend.pod else ""
            node = node or (by_address.get(backend.address, "") if backend.address else "")
            if not node:
                return None
            found.add(node)
    return frozenset(found)


def _finding(
    code: str, severity: FindingSeverity, service: Service, why: str, fix: str = ""
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        object=f"Service/{service.full_name}",
        location=service.location,
        why=why,
        fix=fix,
    )


def traffic_findings(cluster: Cluster, service: Service) -> Iterator[Finding]:
    """Yield how a Service spreads traffic in ways that surprise, and what does not fit."""
    if service.type == "ExternalName":
        yield from _external_name(cluster, service)
        return
    pods = backends(cluster, service)
    yield from _local_only(cluster, service)
    if service.session_affinity == "ClientIP":
        why = "Session affinity ClientIP keeps each caller's address at one pod"
        if service.type in ("LoadBalancer", "NodePort") and (
            service.external_traffic_policy != "Local"
        ):
            why += ", and with externalTrafficPolicy Cluster callers from outside may share the "
            why += "address of a node"
        yield _finding(
            "session-affinity", "info", service, f"{why}; load may be uneven.",
            "Remove `sessionAffinity` if sessions are not kept in memory.",
        )  # fmt: skip
    yield from _families(service, pods)
    on_host = [pod for pod in pods if pod.host_network]
    if on_host:
        yield _finding(
            "host-network-backend", "info", service,
            f"{names_of(on_host)} uses the network of its node: policies that select pods do not "
            "guard it, and callers see the address of the node.",
            "Guard its port on the nodes, or give the pod a network of its own.",
        )  # fmt: skip


def _local_only(cluster: Cluster, service: Service) -> Iterator[Finding]:
    """Find nodes on which a policy of `Local` drops traffic."""
    outside = service.external_traffic_policy == "Local" and service.type != "ClusterIP"
    inside = service.internal_traffic_policy == "Local"
    serving = serving_nodes(cluster, service) if outside or inside else None
    if serving is None:
        return
    if outside and cluster.nodes:
        others = sorted({node.name for node in cluster.nodes} - serving)
        if not serving:
            yield _finding(
                "external-local-no-endpoint", "error", service,
                "externalTrafficPolicy is Local, and no node has a ready endpoint, so every node "
                "fails the load balancer's health probe.",
                "Make a pod ready, or set `externalTrafficPolicy: Cluster`.",
            )  # fmt: skip
        elif others:
            yield _finding(
                "external-local-some-nodes", "info" if service.type == "LoadBalancer" else
                "warning", service,
                f"externalTrafficPolicy is Local and {len(others)} of {len(cluster.nodes)} nodes "
                f"have no ready endpoint: {_some(others)} drop what is sent to their node port"
                + (", and the load balancer's probe keeps it away from them."
                   if service.type == "LoadBalancer" else "."),
                "Spread the pods over the nodes, or set `externalTrafficPolicy: Cluster` if the "
                "caller's address is not needed.",
            )  # fmt: skip
    if inside:
        others = sorted(nodes_with_pods(cluster) - serving)
        if others:
            yield _finding(
                "internal-local-no-endpoint", "error" if not serving else "warning", service,
                f"internalTrafficPolicy is Local, and pods on {_some(others)} have no ready "
                "endpoint on their node, so their connections are dropped.",
                "Run a pod of it on every node (DaemonSet), or set "
                "`internalTrafficPolicy: Cluster`.",
            )  # fmt: skip


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _families(service: Service, pods: tuple[Pod, ...]) -> Iterator[Finding]:
    """Compare the families of a Service with those of its pods."""
    wanted = service.ip_families or tuple(
        dict.fromkeys(_FAMILIES[one.version] for one in service.cluster_ips)
    )
    known = [pod for pod in pods if pod.addresses]
    for family in wanted if known else ():
        without = [
            pod for pod in known
            if family not in {_FAMILIES[address.version] for address in pod.addresses}
        ]  # fmt: skip
        if without and len(without) == len(known):
            yield _finding(
                "family-mismatch", "error" if len(wanted) == 1 else "warning", service,
                f"It has the family {family}, and no pod behind it has an {family} address, so "
                f"it has no {family} endpoint.",
                "Set `ipFamilies` to what the pods have, or make the cluster dual stack.",
            )  # fmt: skip
    if service.ip_family_policy == "RequireDualStack" and len(service.cluster_ips) == 1:
        yield _finding(
            "family-single", "warning", service,
            "It requires dual stack, and it has only the address "
            f"`{service.cluster_ips[0]}`.",
            "Use a dual-stack cluster, or `ipFamilyPolicy: PreferDualStack`.",
        )  # fmt: skip


def _external_name(cluster: Cluster, service: Service) -> Iterator[Finding]:
    name = service.external_name
    if not name:
        yield _finding(
            "external-name-missing", "error", service,
            "Its type is ExternalName, and it names none.", "Set `externalName`.",
        )  # fmt: skip
        return
    if _is_address(name):
        yield _finding(
            "external-name-address", "error", service,
            f"`externalName: {name}` is an address; DNS answers with an alias, so it must be a "
            "name, and nothing resolves it.",
            "Use a Service without selector and an EndpointSlice with that address.",
        )  # fmt: skip
        return
    found = _IN_CLUSTER.fullmatch(name)
    if found:
        full = f"{found[2]}/{found[1]}"
        if full not in {one.full_name for one in cluster.services}:
            yield _finding(
                "external-name-unknown", "error", service,
                f"`externalName: {name}` is a name of the cluster, and there is no Service "
                f"`{full}`.",
                "Correct the name.",
            )  # fmt: skip
    elif service.ports:
        yield _finding(
            "external-name-alias", "info", service,
            f"It is only another name for `{name}`: its ports map nothing, and HTTP and TLS "
            "servers there see the caller's own host name.",
        )  # fmt: skip


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def exposure_findings(cluster: Cluster, service: Service) -> Iterator[Finding]:
    """Yield how a Service can be reached from outside the cluster."""
    ports = ", ".join(f"{port.port}/{port.protocol}" for port in service.ports)
    if service.type == "LoadBalancer":
        yield from _balancer(service, ports)
    elif service.source_ranges:
        yield _finding(
            "source-ranges-ignored", "warning", service,
            f"loadBalancerSourceRanges restricts nothing, as its type is {service.type}.",
            "Restrict callers by a network policy.",
        )  # fmt: skip
    if service.type == "NodePort":
        listed = ", ".join(
            f"{port.node_port or 'a free port'}/{port.protocol}" for port in service.ports
        )
        yield _finding(
            "open-node-port", "info", service,
            f"It is open on {listed} of every node, to whoever reaches the nodes.",
            "Use ClusterIP if nothing outside the cluster calls it.",
        )  # fmt: skip


def _balancer(service: Service, ports: str) -> Iterator[Finding]:
    internal = is_internal(service)
    # Only the API server gives a cluster address, so a manifest from a repository has none.
    if not service.external_addresses and service.cluster_ips:
        yield _finding(
            "load-balancer-pending", "warning", service,
            "Its type is LoadBalancer, and its status holds no address.",
            "`kubectl describe service` tells why: quota, missing rights on the subnet, or an "
            "address that is in use.",
        )  # fmt: skip
    wide = [one for one in service.source_ranges if not one.prefixlen]
    at = ", ".join(f"`{one}`" for one in service.external_addresses) or "an address yet to come"
    if internal:
        return
    if wide or not service.source_ranges:
        yield _finding(
            "open-to-internet", "info", service,
            f"Its load balancer at {at} opens {ports or 'no port'} to the whole Internet"
            + (f", as its loadBalancerSourceRanges hold `{wide[0]}`." if wide else
               ": it has no loadBalancerSourceRanges."),
            "Name the callers in `loadBalancerSourceRanges`, or make it internal with "
            '`service.beta.kubernetes.io/azure-load-balancer-internal: "true"`.',
        )  # fmt: skip
        return
    private = [one for one in service.source_ranges if not is_public(one)]
    if len(private) == len(service.source_ranges):
        yield _finding(
            "source-ranges-private", "warning", service,
            f"Its public load balancer admits {private[0]} only, and callers from the Internet "
            "never have such an address.",
            "Name the public addresses of the callers, or make the load balancer internal.",
        )  # fmt: skip
