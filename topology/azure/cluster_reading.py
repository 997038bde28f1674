"""AKS clusters, load balancers and NAT gateways."""

from topology.azure.items import Item
from topology.azure.network import (
    AksCluster,
    BalancingRule,
    Frontend,
    LoadBalancer,
    NatGateway,
    Pool,
    Probe,
)

__all__ = ["read_cluster", "read_load_balancer", "read_nat_gateway", "read_pool"]


def read_cluster(item: Item) -> AksCluster:
    """Return an AKS cluster."""
    profile = item.part("networkProfile")
    balancer = profile.part("loadBalancerProfile")
    managed = profile.part("natGatewayProfile")
    acns = profile.part("advancedNetworking")
    access = item.part("apiServerAccessProfile")
    mesh = item.part("serviceMeshProfile", "istio")
    told = [*balancer.parts("effectiveOutboundIPs"), *managed.parts("effectiveOutboundIPs")]
    # Where the addresses themselves are not told, their number is.
    wanted = [
        balancer.part("managedOutboundIPs").number("count"),
        managed.part("managedOutboundIPProfile").number("count"),
    ]
    addresses = len(told) or next((one for one in wanted if one), 0)
    return AksCluster(
        id=item.id or item.name.lower(),
        name=item.name,
        node_group=item.text("nodeResourceGroup"),
        version=item.text("currentKubernetesVersion", "kubernetesVersion"),
        plugin=profile.text("networkPlugin").lower(),
        mode=profile.text("networkPluginMode").lower(),
        dataplane=profile.text("networkDataplane").lower(),
        policy=profile.text("networkPolicy").lower(),
        observability=_state(acns, "observability"),
        security=_state(acns, "security"),
        l7_policies=acns.part("security").text("advancedNetworkPolicies"),
        encryption=acns.part("security", "transitEncryption").text("type"),
        pod_cidrs=profile.networks("podCidr", "podCidrs"),
        service_cidrs=profile.networks("serviceCidr", "serviceCidrs"),
        dns_service_ip=profile.address("dnsServiceIP"),
        outbound=profile.text("outboundType"),
        outbound_addresses=addresses or None,
        outbound_ports=balancer.number("allocatedOutboundPorts"),
        istio=tuple(text for text, _ in mesh.texts("revisions")),
        private=access.flag("enablePrivateCluster") is True,
        authorized_ranges=tuple(text for text, _ in access.texts("authorizedIPRanges")),
        pools=tuple(read_pool(one) for one in item.parts("agentPoolProfiles")),
        location=item.location,
    )


def _state(acns: Item, part: str) -> bool | None:
    """Return whether a part of ACNS is on; the switch of the whole counts for both."""
    whole, own = acns.flag("enabled"), acns.part(part).flag("enabled")
    if whole is False:
        return False
    return own if own is not None else whole


def read_pool(item: Item) -> Pool:
    """Return a node pool."""
    scales = item.flag("enableAutoScaling") is True
    return Pool(
        name=item.name,
        count=item.number("count") or 0,
        most=item.number("maxCount") if scales else None,
        max_pods=item.number("maxPods"),
        subnet=item.reference("vnetSubnetID"),
        pod_subnet=item.reference("podSubnetID"),
        static_blocks=item.text("podIPAllocationMode").lower() == "staticblock",
        surge=item.part("upgradeSettings").text("maxSurge"),
        os=item.text("osType"),
        public_addresses=item.flag("enableNodePublicIP") is True,
        location=item.location,
    )


def read_nat_gateway(item: Item) -> NatGateway:
    """Return a NAT gateway."""
    return NatGateway(
        id=item.id,
        name=item.name,
        addresses=len(item.references("publicIpAddresses")),
        prefixes=item.references("publicIpPrefixes"),
        idle_minutes=item.number("idleTimeoutInMinutes"),
        subnets=item.references("subnets"),
        location=item.location,
    )


def read_load_balancer(item: Item) -> LoadBalancer:
    """Return a load balancer with its rules and probes."""
    outbound = next(item.parts("outboundRules"), None)
    return LoadBalancer(
        id=item.id,
        name=item.name,
        resource_group=item.text("resourceGroup"),
        sku=item.part("sku").text("name"),
        frontends=tuple(
            Frontend(
                id=one.id,
                name=one.name,
                public_ip=one.reference("publicIPAddress"),
                address=one.address("privateIPAddress"),
                subnet=one.reference("subnet"),
            )
            for one in item.parts("frontendIPConfigurations")
        ),
        rules=tuple(
            BalancingRule(
                name=one.name,
                protocol=one.text("protocol").upper(),
                frontend=one.reference("frontendIPConfiguration"),
                port=one.number("frontendPort") or 0,
                backend_port=one.number("backendPort") or 0,
                probe=one.reference("probe"),
                floating=one.flag("enableFloatingIP") is True,
                location=one.location,
            )
            for one in item.parts("loadBalancingRules")
        ),
        probes=tuple(
            Probe(
                id=one.id,
                name=one.name,
                protocol=one.text("protocol").upper(),
                port=one.number("port") or 0,
                path=one.text("requestPath"),
                location=one.location,
            )
            for one in item.parts("probes")
        ),
        outbound_ports=outbound.number("allocatedOutboundPorts") if outbound else None,
        outbound_addresses=(
            len(outbound.references("frontendIPConfigurations")) if outbound else 0
        ),
        backends=_backends(item),
        location=item.location,
    )


def _backends(item: Item) -> int | None:
    """Return how many addresses stand in the largest pool."""
    sizes = [
        len(list(pool.parts("loadBalancerBackendAddresses")))
        or len(pool.references("backendIPConfigurations"))
        for pool in item.parts("backendAddressPools")
    ]
    return max(sizes, default=None)
