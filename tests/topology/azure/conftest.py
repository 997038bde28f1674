"""A small cluster on Overlay, and the JSON that the Azure CLI would print around it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from topology.load import load_text
from topology.model import Cluster

SUB = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network"
NODES = f"{SUB}/virtualNetworks/vnet/subnets/nodes"

OBJECTS = """
{kind: Node, apiVersion: v1, metadata: {name: aks-np-1-vmss000000, labels: {agentpool: np}},
 status: {addresses: [{type: InternalIP, address: 10.1.0.4}]}}
---
{kind: Node, apiVersion: v1, metadata: {name: aks-np-1-vmss000001, labels: {agentpool: np}},
 status: {addresses: [{type: InternalIP, address: 10.1.0.5}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: web, namespace: shop, labels: {app: web}},
 spec: {nodeName: aks-np-1-vmss000000, containers: [{name: c, ports: [{containerPort: 8080}]}]},
 status: {phase: Running, podIP: 10.244.0.5}}
---
{kind: Pod, apiVersion: v1, metadata: {name: db, namespace: shop, labels: {app: db}},
 spec: {nodeName: aks-np-1-vmss000001, containers: [{name: c, ports: [{containerPort: 5432}]}]},
 status: {phase: Running, podIP: 10.244.1.5}}
---
{kind: Pod, apiVersion: v1, metadata: {name: side, namespace: shop, labels: {app: side}},
 spec: {nodeName: aks-np-1-vmss000001, containers: [{name: c, ports: [{containerPort: 80}]}]},
 status: {phase: Running, podIP: 10.244.1.6}}
---
{kind: Service, apiVersion: v1, metadata: {name: web, namespace: shop},
 spec: {type: LoadBalancer, clusterIP: 10.0.0.20, selector: {app: web},
        ports: [{port: 80, targetPort: 8080, nodePort: 30080}]},
 status: {loadBalancer: {ingress: [{ip: 20.50.0.9}]}}}
"""


def rule(
    name: str,
    priority: int,
    access: str,
    source: str,
    destination: str,
    port: str = "*",
    *,
    direction: str = "Inbound",
    protocol: str = "*",
    **more: Any,
) -> dict[str, Any]:
    """Return a rule as `az network nsg list` prints it."""
    return {
        "name": name, "priority": priority, "access": access, "direction": direction,
        "protocol": protocol, "sourceAddressPrefix": source, "sourcePortRange": "*",
        "destinationAddressPrefix": destination, "destinationPortRange": port, **more,
    }  # fmt: skip


def nsg(*rules: dict[str, Any], name: str = "nsg", subnet: str = NODES) -> dict[str, Any]:
    """Return a security group that is bound to a subnet."""
    return {
        "id": f"{SUB}/networkSecurityGroups/{name}", "name": name, "securityRules": list(rules),
        "type": "Microsoft.Network/networkSecurityGroups", "subnets": [{"id": subnet}],
    }  # fmt: skip


def vnet(**more: Any) -> dict[str, Any]:
    """Return the VNet of the cluster."""
    subnet = {"id": NODES, "name": "nodes", "addressPrefix": "10.1.0.0/24", **more.pop("nodes", {})}
    return {
        "id": f"{SUB}/virtualNetworks/vnet", "name": "vnet",
        "type": "Microsoft.Network/virtualNetworks",
        "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
        "subnets": [subnet, *more.pop("subnets", [])],
        "virtualNetworkPeerings": more.pop("peerings", []), **more,
    }  # fmt: skip


def table(*routes: tuple[str, str, str | None], **more: Any) -> dict[str, Any]:
    """Return a route table of the node subnet; each route is prefix, hop type and hop address."""
    return {
        "id": f"{SUB}/routeTables/rt", "name": "rt", "type": "Microsoft.Network/routeTables",
        "subnets": [{"id": NODES}],
        "routes": [
            {"name": f"to-{prefix}", "addressPrefix": prefix, "nextHopType": hop,
             "nextHopIpAddress": address}
            for prefix, hop, address in routes
        ], **more,
    }  # fmt: skip


def aks(**profile: Any) -> dict[str, Any]:
    """Return the cluster; the arguments are fields of its network profile."""
    pool = {
        "name": "np", "count": 2, "maxPods": 110, "vnetSubnetId": NODES, "osType": "Linux",
        **profile.pop("pool", {}),
    }  # fmt: skip
    return {
        "id": "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService"
        "/managedClusters/prod",
        "name": "prod", "kind": "Base", "type": "Microsoft.ContainerService/ManagedClusters",
        "nodeResourceGroup": "MC", "agentPoolProfiles": [pool],
        "networkProfile": {
            "networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "cilium",
            "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16", "dnsServiceIp": "10.0.0.10",
            "outboundType": "loadBalancer", **profile,
        },
    }  # fmt: skip


@pytest.fixture
def around() -> Callable[..., Cluster]:
    """Return the cluster with these objects of Azure around it."""

    def build(*azure: object, objects: str = OBJECTS) -> Cluster:
        return load_text(f"{objects}\n---\n{json.dumps(list(azure))}", name="all.yaml")

    return build


@pytest.fixture
def az() -> Any:
    """Return what makes the JSON of each kind."""
    from types import SimpleNamespace

    return SimpleNamespace(
        rule=rule, nsg=nsg, vnet=vnet, table=table, aks=aks, sub=SUB, nodes=NODES
    )
