"""Mending where something besides policies, or another connection, is in the way."""

import json
from typing import Any

import pytest

from tools.mend import MendResult, fix_connection
from tools.workspace import Workspace
from topology.load import load_text

SUB = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network"
NODES = f"{SUB}/virtualNetworks/vnet/subnets/nodes"
POD = """
{{kind: Pod, apiVersion: v1, metadata: {{name: {name}, namespace: {space}, labels: {labels}}},
 spec: {{nodeName: aks-np-1-vmss00000{node}, containers: [{{name: c, ports: {ports}}}]}},
 status: {{phase: Running, podIP: 10.244.{node}.{address}}}}}
"""
NODE = """
{{kind: Node, apiVersion: v1,
 metadata: {{name: aks-np-1-vmss00000{node}, labels: {{agentpool: np}}}},
 status: {{addresses: [{{type: InternalIP, address: 10.1.0.{address}}}]}}}}
"""
AZURE = [
    {
        "id": f"{SUB}/virtualNetworks/vnet", "name": "vnet",
        "type": "Microsoft.Network/virtualNetworks",
        "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
        "subnets": [{"id": NODES, "name": "nodes", "addressPrefix": "10.1.0.0/24"}],
    },
    {
        "id": "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService"
        "/managedClusters/prod",
        "name": "prod", "kind": "Base", "type": "Microsoft.ContainerService/ManagedClusters",
        "agentPoolProfiles": [
            {"name": "np", "count": 2, "maxPods": 110, "vnetSubnetId": NODES, "osType": "Linux"}
        ],
        "networkProfile": {
            "networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "cilium",
            "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16",
            "outboundType": "loadBalancer",
        },
    },
]  # fmt: skip
LOCK = """
{kind: CiliumNetworkPolicy, apiVersion: cilium.io/v2, metadata: {name: lock, namespace: shop},
 spec: {endpointSelector: {matchLabels: {app: db}}, ingress: [{}]}}
"""


def group(direction: str, source: str, destination: str) -> dict[str, Any]:
    """Return a security group on the nodes' subnet with one rule, which denies."""
    rule = {
        "name": "shut", "priority": 200, "access": "Deny", "direction": direction,
        "protocol": "*", "sourceAddressPrefix": source, "sourcePortRange": "*",
        "destinationAddressPrefix": destination, "destinationPortRange": "*",
    }  # fmt: skip
    return {
        "id": f"{SUB}/networkSecurityGroups/nsg", "name": "nsg", "securityRules": [rule],
        "type": "Microsoft.Network/networkSecurityGroups", "subnets": [{"id": NODES}],
    }  # fmt: skip


def blackhole() -> dict[str, Any]:
    """Return a route table that drops what leaves for 198.51.100.0/24."""
    route = {"name": "hole", "addressPrefix": "198.51.100.0/24", "nextHopType": "None"}
    return {
        "id": f"{SUB}/routeTables/rt", "name": "rt", "type": "Microsoft.Network/routeTables",
        "subnets": [{"id": NODES}], "routes": [route],
    }  # fmt: skip


def pod(name: str, *, node: int, address: int, port: int = 0, space: str = "shop") -> str:
    """Return a pod, labelled by its name, with one port perhaps."""
    ports = f"[{{containerPort: {port}, protocol: {'UDP' if port == 53 else 'TCP'}}}]"
    labels = "{k8s-app: kube-dns}" if port == 53 else f"{{app: {name}}}"
    return POD.format(
        name=name, space=space, labels=labels, node=node, address=address,
        ports=ports if port else "[]",
    )  # fmt: skip


def fixed(*texts: str, azure: object = None, **asked: str) -> MendResult:
    """Return what is found of a connection in a shop of two nodes."""
    objects = [NODE.format(node=number, address=4 + number) for number in (0, 1)]
    objects += [pod("web", node=0, address=5, port=8080), pod("db", node=1, address=5, port=5432)]
    objects += texts
    if azure is not None:
        objects.append(json.dumps([*AZURE, azure]))
    workspace = Workspace(cluster=load_text("\n---\n".join(objects), name="all.yaml"))
    result = fix_connection.call(workspace, asked)
    assert isinstance(result, MendResult)
    return result


@pytest.mark.parametrize(
    ("azure", "destination", "port", "named"),
    [
        (group("Inbound", "10.244.0.0/16", "10.244.0.0/16"), "shop/db", "5432", "rule `shut`"),
        (group("Outbound", "*", "Internet"), "8.8.8.8", "443", "rule `shut`"),
        (group("Outbound", "*", "Internet"), "world", "443", "rule `shut`"),
        (blackhole(), "198.51.100.7", "443", "hole"),
    ],
)
def test_what_azure_stops_no_policy_mends(
    azure: object, destination: str, port: str, named: str
) -> None:
    found = fixed(azure=azure, source="shop/web", destination=destination, port=port)
    assert found.outcome == "not-policy"
    assert (found.edits, found.verified, found.verdict) == ((), False, "deny")
    assert "no policy of the cluster opens it" in found.obstacles[0].advice
    assert named in found.obstacles[0].what
    assert found.obstacles[0].location.startswith("all.yaml:")
    assert "no change of policies alone mends that" in found.summary


def test_what_stops_it_behind_azure_is_told_as_well() -> None:
    azure = group("Inbound", "10.244.0.0/16", "10.244.0.0/16")
    found = fixed(LOCK, azure=azure, source="shop/web", destination="shop/db", port="5432")
    assert [one["layer"] for one in found.stopped_by] == ["azure", "ingress-policy"]
    assert "`CiliumNetworkPolicy/shop/lock`" in found.summary
    assert found.edits == ()


def test_of_a_name_whose_addresses_are_not_known_nothing_is_asserted() -> None:
    azure = group("Outbound", "*", "Internet")
    found = fixed(azure=azure, source="shop/web", destination="api.example.com", port="443")
    assert found.verdict == "unknown"
    assert found.summary.startswith("It is not known whether `shop/web` can reach")


WAY_OUT = """
{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {name: web, namespace: shop},
 spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [EGRESS]}}
"""
TO_DB = "{to: [{podSelector: {matchLabels: {app: db}}}]}"
TO_DNS = "{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}"
SERVER = pod("coredns", node=1, address=9, port=53, space="kube-system")


def test_a_way_to_the_name_server_is_mended_where_the_connection_is_open() -> None:
    policy = WAY_OUT.replace("EGRESS", TO_DB)
    found = fixed(SERVER, policy, source="shop/web", destination="shop/db", port="5432")
    assert (found.outcome, found.verified) == ("mended", True)
    assert found.destination == "kube-system/coredns"
    assert found.at_fault == ("NetworkPolicy/shop/web",)
    assert found.summary.startswith("`shop/web` -> `shop/db` itself is open already")


@pytest.mark.parametrize(
    ("egress", "destination"),
    [(f"{TO_DB}, {TO_DNS}", "shop/db"), (TO_DB, "kube-system/coredns"), ("{}", "shop/db")],
)
def test_names_are_no_matter_where_they_can_be_asked_or_are_what_is_asked(
    egress: str, destination: str
) -> None:
    policy = WAY_OUT.replace("EGRESS", egress)
    found = fixed(SERVER, policy, source="shop/web", destination=destination)
    assert found.instead == ""


@pytest.mark.parametrize(
    "more",
    [
        "",
        ", {toEndpoints: [{matchLabels: {k8s-app: kube-dns, io.kubernetes.pod.namespace:"
        " kube-system}}], toPorts: [{ports: [{port: '53'}]}]}",
        ", {toEndpoints: [{matchLabels: {k8s-app: kube-dns, io.kubernetes.pod.namespace:"
        " kube-system}}], toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchName: a.b}]}}]}",
    ],
)
def test_a_name_that_no_dns_rule_shows_to_cilium_gets_one(more: str) -> None:
    policy = """
    {kind: CiliumNetworkPolicy, apiVersion: cilium.io/v2, metadata: {name: out, namespace: shop},
     spec: {endpointSelector: {matchLabels: {app: web}},
            egress: [{toFQDNs: [{matchName: api.example.com}],
                      toPorts: [{ports: [{port: '443', protocol: TCP}]}]}MORE]}}
    """.replace("MORE", more)
    found = fixed(SERVER, policy, source="shop/web", destination="api.example.com", port="443")
    assert found.outcome == "mended"
    assert found.at_fault == ("CiliumNetworkPolicy/shop/out",)
    assert "dns:\n+        - matchName: api.example.com" in found.diff
    assert "cannot be said to reach" in found.summary
