"""AKS clusters: outbound ports, and features that the objects of the cluster need."""

from collections.abc import Iterator

from topology.azure.context import AzureContext
from topology.azure.estate_checks import most_nodes
from topology.azure.network import AksCluster
from topology.findings import Finding
from topology.ipam.egress import (
    NAT_GATEWAY_PORTS,
    default_ports,
    snat_addresses,
    snat_headroom,
)
from topology.model import Document

__all__ = ["cluster_findings"]

_FEW_PORTS = 1024
"""Ports per node below which SNAT exhaustion is often met; the default of up to 50 nodes."""
_CILIUM_KINDS = ("CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy")


def cluster_findings(context: AzureContext) -> Iterator[Finding]:
    """Yield what the properties of the AKS clusters break."""
    for cluster in context.azure.clusters:
        if any(pool.count or pool.most for pool in cluster.pools):
            yield from _outbound_ports(context, cluster)
    if context.aks:
        yield from _policies(context, context.aks)


def _outbound_ports(context: AzureContext, cluster: AksCluster) -> Iterator[Finding]:
    """Compare the SNAT ports of a cluster at its largest with what its addresses give."""
    nodes, surge = most_nodes(cluster)
    outbound = cluster.outbound.lower()
    if outbound == "loadbalancer" and cluster.outbound_addresses:
        addresses = cluster.outbound_addresses
        ports = cluster.outbound_ports or default_ports(nodes + surge)
        room = snat_headroom(addresses, ports, nodes, surge) if ports % 8 == 0 else None
        formula = (
            f"{addresses} address(es) x 64,000 = {addresses * 64000:,} ports; ({nodes} + {surge} "
            f"surge) nodes x {ports} = {(nodes + surge) * ports:,}"
        )
        if room and not room.enough:
            yield _finding(
                cluster, "snat-exhausted", "error",
                f"Outbound ports do not last for cluster `{cluster.name}` at its largest: "
                f"{formula}.",
                f"Give it {snat_addresses(nodes + surge, ports)} outbound addresses, fewer ports "
                "for each node, or a NAT gateway.",
            )  # fmt: skip
        elif ports < _FEW_PORTS:
            yield _finding(
                cluster, "snat-few-ports", "warning",
                f"Each node of cluster `{cluster.name}` has {ports} outbound ports at its largest "
                f"({nodes} + {surge} nodes): so many connections to one destination at a time.",
                "Use a NAT gateway, or more addresses with `--load-balancer-outbound-ports`.",
            )  # fmt: skip
    for gateway in context.azure.nat_gateways:
        used = {pool.subnet for pool in cluster.pools} & set(gateway.subnets)
        if used and gateway.addresses and not gateway.prefixes:
            total = gateway.addresses * NAT_GATEWAY_PORTS
            each = total // max(1, nodes + surge)
            if each < _FEW_PORTS:
                yield _finding(
                    cluster, "snat-few-ports", "warning",
                    f"NAT gateway `{gateway.name}` shares {total:,} ports among {nodes + surge} "
                    f"nodes of cluster `{cluster.name}`: {each:,} each to one destination.",
                    "Add public addresses to the NAT gateway (up to 16).",
                )  # fmt: skip


def _policies(context: AzureContext, cluster: AksCluster) -> Iterator[Finding]:
    """Find policies that nothing in the cluster enforces."""
    policies = context.cluster.policies
    network = [one for one in policies if one.kind == "NetworkPolicy"]
    cilium = [one for one in policies if one.kind in _CILIUM_KINDS]
    known = cluster.plugin == "azure"
    if known and cluster.dataplane != "cilium":
        if network and cluster.policy in ("", "none"):
            yield _finding(
                cluster, "policies-not-enforced", "error",
                f"Cluster `{cluster.name}` has no network policy engine, so its "
                f"{len(network)} NetworkPolicy object(s) restrict nothing.",
                f"`az aks update -n {cluster.name} --network-dataplane cilium` enforces them.",
            )  # fmt: skip
        if cilium:
            yield _finding(
                cluster, "cilium-policies-not-enforced", "error",
                f"Cluster `{cluster.name}` does not run the Cilium dataplane, so its "
                f"{len(cilium)} Cilium policies restrict nothing.",
                f"`az aks update -n {cluster.name} --network-dataplane cilium`.",
            )  # fmt: skip
    if cluster.policy == "azure" and cluster.dataplane != "cilium":
        yield _finding(
            cluster, "npm-retires", "warning",
            f"Cluster `{cluster.name}` uses Azure Network Policy Manager, which ends on "
            "2028-09-30 for Linux and ended on 2026-09-30 for Windows.",
            "Migrate to the Cilium dataplane.",
        )  # fmt: skip
    if cluster.plugin == "kubenet":
        yield _finding(
            cluster, "kubenet-retires", "warning",
            f"Cluster `{cluster.name}` uses kubenet, whose support ends on 2028-03-31.",
            "Migrate to Azure CNI Overlay: `az aks update --network-plugin azure "
            "--network-plugin-mode overlay`.",
        )  # fmt: skip
    yield from _acns(cluster, cilium)


def _acns(cluster: AksCluster, cilium: list[Document]) -> Iterator[Finding]:
    """Find rules that ACNS must be on for."""
    names = [one.key for one in cilium if "toFQDNs" in repr(one.body)]
    if names and cluster.security is False:
        yield _finding(
            cluster, "fqdn-needs-acns", "error",
            f"`{names[0]}` filters by DNS name, and the security features of ACNS are off in "
            f"cluster `{cluster.name}`.",
            f"`az aks update -n {cluster.name} --enable-acns`.",
        )  # fmt: skip
    rules = [one.key for one in cilium if "'rules'" in repr(one.body) and _has_http(one.body)]
    if rules and cluster.security is not None and cluster.l7_policies.lower() != "l7":
        yield _finding(
            cluster, "l7-needs-acns", "error",
            f"`{rules[0]}` has L7 rules, and cluster `{cluster.name}` has "
            f"`advancedNetworkPolicies: {cluster.l7_policies or 'none'}`.",
            f"`az aks update -n {cluster.name} --enable-acns --acns-advanced-networkpolicies L7`.",
        )  # fmt: skip


def _has_http(value: object) -> bool:
    """Return whether a policy body holds L7 rules for HTTP or Kafka."""
    if isinstance(value, dict):
        rules = value.get("rules")
        if isinstance(rules, dict) and {"http", "kafka"} & rules.keys():
            return True
        return any(_has_http(item) for item in value.values())
    return isinstance(value, list) and any(_has_http(item) for item in value)


def _finding(cluster: AksCluster, code: str, severity: str, why: str, fix: str) -> Finding:
    return Finding(
        code=code,
        severity="error" if severity == "error" else "warning",
        object=f"ManagedCluster/{cluster.name}",
        location=cluster.location,
        why=why,
        fix=fix,
    )
