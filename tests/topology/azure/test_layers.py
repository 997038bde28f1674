"""The Azure network as the first layers of a verdict."""

from collections.abc import Callable
from typing import Any

import pytest

from topology.model import Cluster
from topology.names import resolve
from topology.paths import Network, Reach, parse_port
from topology.policy.verdict import Layer

from .conftest import OBJECTS

Around = Callable[..., Cluster]


def reach(cluster: Cluster, source: str, destination: str, port: str = "") -> Reach:
    return Network.build(cluster).reach(
        resolve(cluster, source),
        resolve(cluster, destination),
        port=parse_port(port) if port else None,
    )


def layers(found: Reach) -> list[Layer]:
    return [layer for layer in found.layers if layer.layer == "azure"]


def web_rule(az: Any) -> Any:
    return az.rule("web", 300, "Allow", "Internet", "20.50.0.9", "80")


def test_without_azure_there_is_no_such_layer(around: Around) -> None:
    found = reach(around(), "shop/web", "shop/db", "5432")
    assert found.allowed
    assert layers(found) == []


def test_the_layers_stand_first_and_name_rule_file_and_line(around: Around, az: Any) -> None:
    deny = az.rule("no-db", 200, "Deny", "10.244.0.0/16", "10.244.0.0/16", "5432")
    found = reach(around(az.vnet(), az.nsg(deny), az.aks()), "shop/web", "shop/db", "5432")
    assert found.verdict == "deny"
    out, into, *rest = found.layers
    assert (out.layer, out.direction, into.direction) == ("azure", "egress", "ingress")
    assert out.verdict == "allow"
    assert (into.policy, into.rule) == ("NetworkSecurityGroup/nsg", "no-db")
    assert str(into.location).startswith("all.yaml:")
    assert "10.244.0.5 -> 10.244.1.5 on 5432/TCP" in into.reason
    assert rest[0].layer == "egress-policy"


def test_pods_on_one_node_speak_without_azure(around: Around, az: Any) -> None:
    deny = az.rule("none", 200, "Deny", "*", "*")
    found = reach(around(az.vnet(), az.nsg(deny), az.aks()), "shop/side", "shop/db", "5432")
    assert found.allowed
    assert [layer.verdict for layer in layers(found)] == ["none"]


def test_overlay_pods_leave_with_the_address_of_their_node(around: Around, az: Any) -> None:
    by_pod = az.rule("pods", 200, "Deny", "10.244.0.0/16", "Internet", direction="Outbound")
    by_node = az.rule("nodes", 210, "Deny", "10.1.0.4", "Internet", "25", direction="Outbound")
    cluster = around(az.vnet(), az.nsg(by_pod, by_node), az.aks())
    assert reach(cluster, "shop/web", "8.8.8.8", "443").allowed
    denied = reach(cluster, "shop/web", "8.8.8.8", "25")
    assert denied.verdict == "deny"
    assert layers(denied)[0].rule == "nodes"
    assert reach(cluster, "shop/db", "8.8.8.8", "25").allowed


def test_pods_of_a_pod_subnet_keep_their_address_and_pass_its_own_group(
    around: Around, az: Any
) -> None:
    pods = f"{az.sub}/virtualNetworks/vnet/subnets/pods"
    subnet = {"id": pods, "name": "pods", "addressPrefix": "10.1.8.0/22"}
    deny = az.rule("db", 200, "Deny", "*", "10.1.8.0/22", "5432")
    objects = """
{kind: Pod, apiVersion: v1, metadata: {name: web, namespace: shop},
 spec: {nodeName: aks-np-1-vmss000000}, status: {podIP: 10.1.8.7}}
---
{kind: Pod, apiVersion: v1, metadata: {name: db, namespace: shop},
 spec: {nodeName: aks-np-1-vmss000001}, status: {podIP: 10.1.8.9}}
"""
    flat = az.aks(networkPluginMode=None, podCidr=None, pool={"podSubnetId": pods})
    cluster = around(
        az.vnet(subnets=[subnet]), az.nsg(deny, name="pods", subnet=pods),
        az.nsg(az.rule("all", 100, "Deny", "*", "*")), flat, objects=objects,
    )  # fmt: skip
    assert layers(reach(cluster, "shop/web", "shop/db", "5432"))[-1].rule == "db"
    assert reach(cluster, "shop/web", "shop/db", "80").allowed


@pytest.mark.parametrize(
    ("source", "destination", "stops"),
    [
        ("10.1.0.40", "10.1.0.41", True),  # Of the pod, within the VNet.
        ("10.1.0.4", "10.1.0.41", False),
        ("10.1.0.40", "Internet", False),
        ("10.1.0.4", "Internet", True),  # Of the node, beyond it.
        ("10.1.0.40", "10.9.0.0/16", False),
        ("10.1.0.4", "10.9.0.0/16", True),
    ],
)
def test_pods_of_a_node_subnet_keep_their_address_within_the_vnet_only(
    around: Around, az: Any, source: str, destination: str, stops: bool
) -> None:
    objects = OBJECTS
    for old, new in (("10.244.0.5", "10.1.0.40"), ("10.244.1.5", "10.1.0.41")):
        objects = objects.replace(old, new)
    peering = {
        "name": "to-dc", "peeringState": "Connected", "allowVirtualNetworkAccess": True,
        "remoteVirtualNetwork": {"id": "/x/virtualNetworks/dc"},
        "remoteAddressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
    }  # fmt: skip
    cluster = around(
        az.aks(networkPluginMode=None, podCidr=None), az.vnet(peerings=[peering]),
        az.nsg(az.rule("no", 100, "Deny", source, destination, direction="Outbound")),
        objects=objects,
    )  # fmt: skip
    end = {"10.1.0.41": "shop/db", "Internet": "world"}.get(destination, "10.9.0.5")
    assert (reach(cluster, "shop/web", end, "5432").verdict == "deny") is stops


@pytest.mark.parametrize(
    ("port", "verdict", "rule"), [("80", "allow", "web"), ("8080", "deny", "DenyAllInBound")]
)
def test_the_load_balancer_keeps_frontend_and_port_for_the_group(
    around: Around, az: Any, port: str, verdict: str, rule: str
) -> None:
    open_port = az.rule("web", 300, "Allow", "Internet", "20.50.0.9", port)
    found = reach(around(az.vnet(), az.nsg(open_port), az.aks()), "world", "service:shop/web", "80")
    assert found.verdict == verdict
    assert layers(found)[0].rule == rule


def test_the_world_reaches_an_overlay_pod_through_its_load_balancer_only(
    around: Around, az: Any
) -> None:
    cluster = around(az.vnet(), az.nsg(web_rule(az)), az.aks())
    assert reach(cluster, "world", "shop/web", "8080").allowed
    found = reach(cluster, "world", "shop/db", "5432")
    assert found.verdict == "deny"
    assert "which nothing outside the cluster can route to" in layers(found)[0].reason


def routed(around: Around, az: Any, *routes: tuple[str, str, str | None], **vnet: Any) -> Cluster:
    table = az.table(*routes)
    nodes = {"routeTable": {"id": table["id"]}}
    return around(az.vnet(nodes=nodes, **vnet), table, az.aks())


def test_a_way_through_a_firewall_is_not_known_and_one_to_nowhere_is_denied(
    around: Around, az: Any
) -> None:
    cluster = routed(
        around, az, ("0.0.0.0/0", "VirtualAppliance", "10.9.0.4"), ("20.0.0.0/8", "None", None),
        ("20.1.0.0/16", "Internet", None),
    )  # fmt: skip
    through = reach(cluster, "shop/web", "8.8.8.8", "443")
    assert through.verdict == "unknown"
    assert "at `10.9.0.4`" in layers(through)[0].reason
    assert reach(cluster, "shop/web", "20.9.9.9", "443").verdict == "deny"
    assert reach(cluster, "shop/web", "20.1.2.3", "443").allowed


def test_routes_do_not_concern_pods_of_overlay_among_themselves(around: Around, az: Any) -> None:
    cluster = routed(around, az, ("10.244.0.0/16", "None", None))
    assert reach(cluster, "shop/web", "shop/db", "5432").allowed


def test_private_ranges_lead_nowhere_unless_a_gateway_may_know_them(
    around: Around, az: Any
) -> None:
    closed = around(az.vnet(), az.aks())
    assert reach(closed, "shop/web", "10.99.0.1", "443").verdict == "deny"
    gateway = {"id": "g", "name": "GatewaySubnet", "addressPrefix": "10.1.255.0/27"}
    assert reach(around(az.vnet(subnets=[gateway]), az.aks()), "shop/web", "10.99.0.1",
                 "443").verdict == "unknown"  # fmt: skip


def test_what_azure_itself_said_of_routes_counts_before_tables(around: Around, az: Any) -> None:
    told = {
        "value": [
            {"addressPrefix": ["10.1.0.0/16"], "nextHopType": "VnetLocal", "state": "Active",
             "source": "Default", "nextHopIpAddress": []},
            {"addressPrefix": ["10.99.0.0/16"], "nextHopType": "VirtualNetworkGateway",
             "state": "Active", "source": "VirtualNetworkGateway"},
            {"addressPrefix": ["0.0.0.0/0"], "nextHopType": "None", "state": "Active",
             "source": "User", "nextHopIpAddress": []},
            {"addressPrefix": ["0.0.0.0/0"], "nextHopType": "Internet", "state": "Invalid",
             "source": "Default", "nextHopIpAddress": []},
        ]
    }  # fmt: skip
    cluster = around(az.vnet(), az.aks(), told)
    assert reach(cluster, "shop/web", "10.99.0.1", "443").allowed
    assert reach(cluster, "shop/web", "8.8.8.8", "443").verdict == "deny"


def test_a_group_that_was_not_exported_blocks_nothing(around: Around, az: Any) -> None:
    bound = {"networkSecurityGroup": {"id": f"{az.sub}/networkSecurityGroups/elsewhere"}}
    found = reach(around(az.vnet(nodes=bound), az.aks()), "shop/web", "shop/db", "5432")
    assert found.allowed
    assert all("is not in the input" in layer.reason for layer in layers(found))


def test_nodes_that_no_subnet_is_known_for_block_nothing(around: Around, az: Any) -> None:
    found = reach(around(az.nsg(az.rule("x", 100, "Deny", "*", "*"), subnet="other")),
                  "shop/web", "shop/db", "5432")  # fmt: skip
    assert found.allowed
    assert {layer.verdict for layer in layers(found)} == {"none"}


def test_a_private_endpoint_is_known_by_name_and_must_be_approved(around: Around, az: Any) -> None:
    def endpoint(status: str) -> dict[str, Any]:
        link = {"privateLinkServiceConnectionState": {"status": status}}
        return {
            "id": f"{az.sub}/privateEndpoints/kv", "name": "kv",
            "type": "Microsoft.Network/privateEndpoints",
            "customDnsConfigs": [{"fqdn": "kv.vault.azure.net", "ipAddresses": ["10.1.4.5"]}],
            "privateLinkServiceConnections": [link],
        }  # fmt: skip

    good = reach(around(az.vnet(), az.aks(), endpoint("Approved")), "shop/web",
                 "kv.vault.azure.net", "443")  # fmt: skip
    assert good.allowed
    assert "`10.1.4.5` is reached within the VNet" in layers(good)[0].reason
    bad = reach(around(az.vnet(), az.aks(), endpoint("Rejected")), "shop/web", "10.1.4.5", "443")
    assert bad.verdict == "deny"


def test_effective_rules_count_with_their_tags_written_out(around: Around, az: Any) -> None:
    written = az.nsg(az.rule("sql", 100, "Deny", "*", "Sql", "1433", direction="Outbound"))
    exact = {
        "value": [
            {
                "association": {"subnet": {"id": az.nodes}},
                "networkSecurityGroup": {"id": written["id"]},
                "effectiveSecurityRules": [
                    {**az.rule("securityRules/sql", 100, "Deny", "*", "Sql", "1433-1433",
                               direction="Outbound", protocol="All"),
                     "expandedDestinationAddressPrefix": ["20.61.0.0/16"]},
                    az.rule("defaultSecurityRules/AllowInternetOutBound", 65001, "Allow", "*",
                            "*", "0-65535", direction="Outbound", protocol="All"),
                ],
            }
        ]
    }  # fmt: skip
    vague = around(az.vnet(), written, az.aks())
    assert reach(vague, "shop/web", "20.60.0.1", "1433").verdict == "unknown"
    known = around(az.vnet(), written, exact, az.aks())
    assert reach(known, "shop/web", "20.60.0.1", "1433").allowed
    assert reach(known, "shop/web", "20.61.0.1", "1433").verdict == "deny"


def test_pods_with_addresses_of_the_vnet_are_reached_through_their_load_balancer_too(
    around: Around, az: Any
) -> None:
    flat = az.aks(networkPluginMode=None, podCidr=None)
    cluster = around(az.vnet(), az.nsg(web_rule(az)), flat)
    assert reach(cluster, "world", "shop/web", "8080").allowed
    assert reach(cluster, "world", "shop/db", "5432").verdict == "deny"
