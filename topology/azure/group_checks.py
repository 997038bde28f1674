"""What security groups of the node subnets break, and what they leave open."""

from collections.abc import Iterator
from ipaddress import ip_network

from topology.azure.context import OWN_PRIORITIES, AzureContext
from topology.azure.judging import INTERNET, Ends, Judgement, Traffic
from topology.azure.placement import Place
from topology.azure.rules import RuleDirection, SecurityGroup
from topology.azure.wording import port_text
from topology.findings import Finding, FindingSeverity
from topology.model import Service
from topology.public import is_public
from topology.services import backends

__all__ = ["group_findings"]

_NO_FLOATING = "service.beta.kubernetes.io/azure-disable-load-balancer-floating-ip"
_WIREGUARD = 51871
_ADMIN_PORTS = (22, 3389)


def group_findings(context: AzureContext) -> Iterator[Finding]:
    """Yield what the security groups of the cluster's subnets break or leave open."""
    for place in context.node_places:
        groups, missing = context.places.security_groups(place)
        for identity in missing:
            yield Finding(
                code="nsg-not-exported",
                severity="info",
                object=f"NetworkSecurityGroup/{identity.rpartition('/')[2]}",
                why=f"Security group `{identity.rpartition('/')[2]}` guards the subnet "
                f"`{_subnet_name(place)}` and is not in the input, so what it blocks is not known.",
                fix="Export it: `az network nsg list -o json`.",
            )
        for group in groups:
            yield from _cluster_traffic(context, place, group)
            yield from _probes(context, place, group)
            yield from _services(context, place, group)
            yield from _egress(context, place, group)
            yield from _open(context, place, group)


def _subnet_name(place: Place) -> str:
    return place.subnet.rpartition("/")[2]


def _finding(
    code: str, severity: FindingSeverity, judgement: Judgement, why: str, fix: str
) -> Finding:
    rule, group = judgement.rule, judgement.group
    return Finding(
        code=code,
        severity=severity,
        object=f"NetworkSecurityGroup/{group.name}",
        location=(rule.location if rule else None) or group.location,
        why=why,
        fix=fix,
    )


def _named(judgement: Judgement) -> str:
    rule = judgement.rule
    assert rule is not None
    return f"`{judgement.group.name}` rule `{rule.name}` (priority {rule.priority})"


def _cluster_traffic(
    context: AzureContext, place: Place, group: SecurityGroup
) -> Iterator[Finding]:
    """Nodes and pods of Overlay must reach each other on every port.

    Source: AKS docs, concepts-network-azure-cni-overlay, "Network security groups".
    """
    nodes = context.node_range(place)
    pods = context.pods
    pairs: list[tuple[str, str, Ends, Ends]] = [("node", "node", nodes, nodes)]
    if pods.networks:
        pairs += [("pod", "pod", pods, pods), ("node", "pod", nodes, pods)]
    for one, other, source, destination in pairs:
        for direction in ("inbound", "outbound"):
            found = _worst(context, place, group, direction, source, destination)
            if found is None:
                continue
            part = found.verdict == "unknown"
            what = f"{one}-to-{other} traffic ({source} -> {destination})"
            yield _finding(
                f"nsg-blocks-{'pod-cidr' if other == 'pod' else 'nodes'}",
                "warning" if part else "error",
                found,
                f"{_named(found)} {'denies a part of' if part else 'denies'} {direction} {what}. "
                "AKS needs it on all ports: pods reach each other, Services and DNS that way"
                + (
                    " with addresses of the pod CIDR, which are not encapsulated."
                    if pods.networks
                    else "."
                ),
                f"Allow {source} -> {destination} on all ports and protocols with a lower number "
                f"than {found.rule.priority if found.rule else 0}, and restrict pods by network "
                "policies instead.",
            )


def _worst(
    context: AzureContext,
    place: Place,
    group: SecurityGroup,
    direction: str,
    source: Ends,
    destination: Ends,
) -> Judgement | None:
    """Return the judgement that denies TCP or UDP, wholly or in part; None where none does.

    A part counts only where a rule of one's own denies it: what tags hold is often not known.
    """
    way: RuleDirection = "inbound" if direction == "inbound" else "outbound"
    partial = None
    for protocol in ("TCP", "UDP"):
        traffic = Traffic(source=source, destination=destination, protocol=protocol, port=None)
        found = context.ask(group, way, traffic, place)
        if found.rule is None:
            continue
        if found.verdict == "deny":
            return found
        own = found.rule.priority < OWN_PRIORITIES
        if found.verdict == "unknown" and found.rule.access == "deny" and own:
            partial = partial or found
    return partial


def _probes(context: AzureContext, place: Place, group: SecurityGroup) -> Iterator[Finding]:
    """Health probes come from 168.63.129.16; without them a load balancer sends nothing."""
    balanced = [one for one in context.cluster.services if one.type == "LoadBalancer"]
    ports = {
        probe.port: probe.name
        for one in context.azure.load_balancers
        for probe in one.probes
        if probe.port
    }
    if not balanced and not ports:
        return
    nodes = context.node_range(place)
    asked: list[tuple[int | None, str]] = [*ports.items()] or [(None, "")]
    for port, name in asked:
        traffic = Traffic(source=context.host, destination=nodes, protocol="TCP", port=port)
        found = context.ask(group, "inbound", traffic, place)
        if found.verdict == "deny":
            probe = f"health probe `{name}` on port {port}" if port else "health probes"
            yield _finding(
                "nsg-blocks-probe",
                "error",
                found,
                f"{_named(found)} denies the {probe} of the load balancer, which come from "
                "168.63.129.16, so every node counts as unhealthy and nothing is sent to it.",
                "Allow the service tag `AzureLoadBalancer` inbound with a lower number than "
                f"{found.rule.priority if found.rule else 0}.",
            )


def _services(context: AzureContext, place: Place, group: SecurityGroup) -> Iterator[Finding]:
    """A Service of type LoadBalancer needs its frontend's address and port let in."""
    for service in context.cluster.services:
        if service.type != "LoadBalancer" or not service.external_addresses:
            continue
        if not backends(context.cluster, service):
            continue
        for traffic, who in _through(context, place, service):
            found = context.ask(group, "inbound", traffic, place)
            if found.verdict == "deny" and not found.exceptions:
                yield _finding(
                    "nsg-blocks-service",
                    "error",
                    found,
                    f"{_named(found)} denies {who} -> {traffic.destination} on "
                    f"{port_text(traffic)}, which is the load balancer of Service "
                    f"`{service.full_name}`.",
                    f"Allow {who} to {traffic.destination} on {port_text(traffic)} inbound "
                    f"with a lower number than {found.rule.priority if found.rule else 0}; a "
                    "subnet's own group is not kept by AKS.",
                )


def _through(
    context: AzureContext, place: Place, service: Service
) -> Iterator[tuple[Traffic, str]]:
    """Yield what callers of a load balancer send, as the security group sees it."""
    addresses = [ip_network(one) for one in service.external_addresses]
    public = all(is_public(one) for one in addresses)
    if service.source_ranges:
        source = Ends(networks=service.source_ranges)
    else:
        source = INTERNET if public else Ends(networks=context.vnet_ranges(place))
    if not source.internet and not source.networks:
        return
    floating = service.annotations.get(_NO_FLOATING, "").lower() != "true"
    for port in service.ports:
        target = Ends(networks=tuple(addresses)) if floating else context.node_range(place)
        number = port.port if floating else port.node_port or None
        yield (
            Traffic(source=source, destination=target, protocol=port.protocol, port=number),
            str(source),
        )


def _egress(context: AzureContext, place: Place, group: SecurityGroup) -> Iterator[Finding]:
    """Nodes need HTTPS outward, Azure's DNS and, where it is on, WireGuard between them."""
    nodes = context.node_range(place)
    https = Traffic(source=nodes, destination=INTERNET, protocol="TCP", port=443)
    found = context.ask(group, "outbound", https, place)
    isolated = context.aks is not None and context.aks.outbound.lower() in ("none", "block")
    if found.verdict == "deny" and not found.exceptions and not isolated:
        yield _finding(
            "nsg-blocks-egress",
            "warning",
            found,
            f"{_named(found)} denies {https.source} -> the Internet on 443/TCP: nodes fetch images "
            "and reach the API server of a public cluster that way.",
            "Allow 443/TCP outbound to `AzureCloud` and what AKS requires, or use a "
            "network-isolated cluster.",
        )
    for rule in group.rules:
        tags = {tag.lower() for tag in rule.destination.tags}
        if rule.direction == "outbound" and rule.access == "deny" and "azureplatformdns" in tags:
            yield Finding(
                code="nsg-blocks-azure-dns",
                severity="error",
                object=f"NetworkSecurityGroup/{group.name}",
                location=rule.location or group.location,
                why=f"`{group.name}` rule `{rule.name}` denies `AzurePlatformDNS`, so nodes and "
                "CoreDNS cannot ask 168.63.129.16.",
                fix="Remove the rule unless the VNet has DNS servers of its own.",
            )
    if context.aks and context.aks.encryption.lower() == "wireguard":
        wire = Traffic(source=nodes, destination=nodes, protocol="UDP", port=_WIREGUARD)
        for direction in ("inbound", "outbound"):
            way: RuleDirection = "inbound" if direction == "inbound" else "outbound"
            found = context.ask(group, way, wire, place)
            if found.verdict == "deny":
                yield _finding(
                    "nsg-blocks-wireguard", "error", found,
                    f"{_named(found)} denies {direction} 51871/UDP between nodes, which carries "
                    "the encrypted pod traffic.",
                    "Allow 51871/UDP from the node subnet to itself.",
                )  # fmt: skip


def _open(context: AzureContext, place: Place, group: SecurityGroup) -> Iterator[Finding]:
    """Nodes should not be open to the Internet as such; a load balancer names its frontend."""
    nodes = context.node_range(place)
    if not nodes.networks:
        return
    every = Traffic(source=INTERNET, destination=nodes, protocol="TCP", port=None)
    found = context.ask(group, "inbound", every, place)
    what = "on every port"
    if found.verdict != "allow":
        for port in _ADMIN_PORTS:
            admin = Traffic(source=INTERNET, destination=nodes, protocol="TCP", port=port)
            found = context.ask(group, "inbound", admin, place)
            what = f"on {port}/TCP"
            if found.verdict == "allow":
                break
    if found.verdict == "allow":
        public = context.aks and any(pool.public_addresses for pool in context.aks.pools)
        tail = (
            "The nodes have public addresses." if public
            else "Nodes without a public address cannot be dialled from there, but nothing else "
            "stops it."
        )  # fmt: skip
        yield _finding(
            "nsg-open-to-internet",
            "error" if public else "warning",
            found,
            f"{_named(found)} lets the whole Internet in to {nodes} {what}. {tail}",
            "Name the load balancer's frontend address and its ports as destination, and for "
            "administration the networks it comes from.",
        )
