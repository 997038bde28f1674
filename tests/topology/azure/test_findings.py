"""What is wrong with an Azure network is found, and a sound one has no findings."""

from collections.abc import Callable
from typing import Any

import pytest

from topology.azure import azure_findings
from topology.findings import Finding
from topology.model import Cluster

Around = Callable[..., Cluster]


def codes(cluster: Cluster) -> set[str]:
    return {one.code for one in azure_findings(cluster)}


def only(cluster: Cluster, code: str) -> Finding:
    found = [one for one in azure_findings(cluster) if one.code == code]
    assert found, codes(cluster)
    return found[0]


def lets_web_in(az: Any) -> dict[str, Any]:
    rule: dict[str, Any] = az.rule("web", 300, "Allow", "Internet", "20.50.0.9", "80")
    return rule


def test_a_sound_network_has_no_findings(around: Around, az: Any) -> None:
    cluster = around(az.vnet(), az.nsg(lets_web_in(az)), az.aks())
    assert azure_findings(cluster) == ()


def test_nothing_of_azure_gives_no_findings(around: Around) -> None:
    assert azure_findings(around()) == ()


def test_a_rule_that_denies_the_pod_range_is_named_with_its_line(around: Around, az: Any) -> None:
    deny = az.rule("no-pods", 200, "Deny", "10.244.0.0/16", "10.244.0.0/16")
    found = only(around(az.vnet(), az.nsg(lets_web_in(az), deny), az.aks()), "nsg-blocks-pod-cidr")
    assert found.severity == "error"
    assert "`no-pods` (priority 200)" in found.why
    assert found.object == "NetworkSecurityGroup/nsg"
    assert found.location is not None


def test_a_rule_that_denies_a_part_of_the_pod_range_is_a_warning(around: Around, az: Any) -> None:
    deny = az.rule("no-db", 200, "Deny", "*", "10.244.0.0/16", "5432")
    found = only(around(az.vnet(), az.nsg(lets_web_in(az), deny), az.aks()), "nsg-blocks-pod-cidr")
    assert found.severity == "warning"


def test_denying_everything_not_named_blocks_probes_and_what_nodes_say(
    around: Around, az: Any
) -> None:
    lockdown = az.rule("deny-all", 4096, "Deny", "*", "*")
    found = codes(around(az.vnet(), az.nsg(lets_web_in(az), lockdown), az.aks()))
    assert {"nsg-blocks-probe", "nsg-blocks-nodes", "nsg-blocks-pod-cidr"} <= found
    assert "nsg-blocks-service" not in found
    probes = az.rule("probes", 400, "Allow", "AzureLoadBalancer", "*")
    cluster = around(az.vnet(), az.nsg(lets_web_in(az), probes, lockdown), az.aks())
    assert "nsg-blocks-probe" not in codes(cluster)


def test_a_group_without_a_rule_for_the_frontend_blocks_the_service(
    around: Around, az: Any
) -> None:
    found = only(around(az.vnet(), az.nsg(), az.aks()), "nsg-blocks-service")
    assert "20.50.0.9 on 80/TCP" in found.why
    assert "Service `shop/web`" in found.why


def test_a_rule_for_the_node_port_does_not_open_a_load_balancer_with_floating_ip(
    around: Around, az: Any
) -> None:
    by_node = az.rule("np", 300, "Allow", "Internet", "10.1.0.0/24", "30080")
    assert "nsg-blocks-service" in codes(around(az.vnet(), az.nsg(by_node), az.aks()))


def test_augmented_rules_hold_for_each_of_their_prefixes_and_ports(around: Around, az: Any) -> None:
    wide = az.rule(
        "web", 300, "Allow", None, None, None,
        sourceAddressPrefixes=["Internet"],
        destinationAddressPrefixes=["20.50.0.8", "20.50.0.9"],
        destinationPortRanges=["443", "79-81"],
    )  # fmt: skip
    assert "nsg-blocks-service" not in codes(around(az.vnet(), az.nsg(wide), az.aks()))


def test_nodes_that_are_open_to_the_internet_are_told(around: Around, az: Any) -> None:
    ssh = az.rule("ssh", 310, "Allow", "*", "*", "22", protocol="Tcp")
    found = only(around(az.vnet(), az.nsg(lets_web_in(az), ssh), az.aks()), "nsg-open-to-internet")
    assert found.severity == "warning"
    public = az.aks(pool={"enableNodePublicIp": True})
    cluster = around(az.vnet(), az.nsg(lets_web_in(az), ssh), public)
    assert only(cluster, "nsg-open-to-internet").severity == "error"


def test_answers_through_a_firewall_to_requests_from_a_public_load_balancer_are_told(
    around: Around, az: Any
) -> None:
    routes = az.table(("0.0.0.0/0", "VirtualAppliance", "10.9.0.4"))
    cluster = around(
        az.vnet(nodes={"routeTable": {"id": routes["id"]}}), routes,
        az.nsg(lets_web_in(az)), az.aks(outboundType="userDefinedRouting"),
    )  # fmt: skip
    assert "`10.9.0.4`" in only(cluster, "udr-asymmetric-ingress").why


def test_user_defined_routing_without_a_default_route_has_no_way_out(
    around: Around, az: Any
) -> None:
    cluster = around(az.vnet(), az.aks(outboundType="userDefinedRouting"))
    assert only(cluster, "udr-no-default-route").severity == "error"


def test_a_route_that_drops_a_part_of_the_vnet_is_an_error(around: Around, az: Any) -> None:
    routes = az.table(("10.1.0.0/17", "None", None))
    cluster = around(az.vnet(nodes={"routeTable": {"id": routes["id"]}}), routes, az.aks())
    assert "`10.1.0.0/17`" in only(cluster, "udr-drops-vnet").why


@pytest.mark.parametrize("state", ["Initiated", "Disconnected"])
def test_a_peering_that_is_not_connected_is_an_error(around: Around, az: Any, state: str) -> None:
    peering = {
        "name": "hub", "peeringState": state, "remoteVirtualNetwork": {"id": f"{az.sub}/x/hub"},
        "remoteAddressSpace": {"addressPrefixes": ["10.7.0.0/16"]},
    }  # fmt: skip
    assert state in only(around(az.vnet(peerings=[peering])), "peering-not-connected").why


def test_a_pod_range_over_a_peer_and_a_service_range_over_a_subnet_are_errors(
    around: Around, az: Any
) -> None:
    peering = {
        "name": "hub", "peeringState": "Connected",
        "remoteVirtualNetwork": {"id": f"{az.sub}/virtualNetworks/hub"},
        "remoteAddressSpace": {"addressPrefixes": ["10.244.8.0/22"]},
    }  # fmt: skip
    cluster = around(az.vnet(peerings=[peering]), az.aks(serviceCidr="10.1.0.0/20"))
    assert {"range-pod-connected", "range-service-subnet"} <= codes(cluster)


def test_a_pod_range_over_what_a_route_sends_on_premises_is_an_error(
    around: Around, az: Any
) -> None:
    routes = az.table(("10.244.0.0/20", "VirtualNetworkGateway", None))
    cluster = around(az.vnet(nodes={"routeTable": {"id": routes["id"]}}), routes, az.aks())
    assert "10.244.0.0/20" in only(cluster, "range-pod-connected").why


def test_a_node_subnet_that_is_too_small_or_delegated_is_an_error(around: Around, az: Any) -> None:
    small = {
        "addressPrefix": "10.1.0.0/29",
        "delegations": [{"serviceName": "Microsoft.ContainerService/managedClusters"}],
    }
    pool = {"count": 3, "enableAutoScaling": True, "minCount": 3, "maxCount": 20}
    found = codes(around(az.vnet(nodes=small), az.aks(pool=pool)))
    assert {"range-subnet-size", "range-node-delegation"} <= found


def test_outbound_ports_that_do_not_last_are_told_with_the_sum(around: Around, az: Any) -> None:
    profile = {"allocatedOutboundPorts": 4000, "effectiveOutboundIPs": [{"id": "a"}]}
    pool = {"enableAutoScaling": True, "minCount": 1, "maxCount": 16}
    cluster = around(az.vnet(), az.aks(pool=pool, loadBalancerProfile=profile))
    why = only(cluster, "snat-exhausted").why
    assert "(16 + 1 surge) nodes x 4000 = 68,000" in why
    assert "1 address(es) x 64,000 = 64,000" in why


def test_policies_without_an_engine_are_told(around: Around, az: Any) -> None:
    policies = """
{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {name: p, namespace: shop},
 spec: {podSelector: {}}}
---
{kind: CiliumNetworkPolicy, apiVersion: cilium.io/v2, metadata: {name: c, namespace: shop},
 spec: {endpointSelector: {}, ingress: [{}]}}
"""
    bare = az.aks(networkDataplane="azure", networkPolicy="none")
    cluster = around(bare, objects=policies)
    assert {"policies-not-enforced", "cilium-policies-not-enforced"} <= codes(cluster)


def test_a_private_endpoint_that_waits_for_approval_is_an_error(around: Around, az: Any) -> None:
    endpoint = {
        "id": f"{az.sub}/privateEndpoints/pe", "name": "pe",
        "type": "Microsoft.Network/privateEndpoints",
        "manualPrivateLinkServiceConnections": [
            {"privateLinkServiceConnectionState": {"status": "Pending"}}
        ],
    }  # fmt: skip
    assert "`Pending`" in only(around(endpoint), "private-endpoint-not-approved").why
