import json
from typing import Any

import pytest

from topology.errors import UnreadableInput
from topology.ipam.audit import check_estate
from topology.ipam.estate_file import join_estates, read_estate

RESOURCE = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks"
VNETS: list[dict[str, Any]] = [
    {
        "name": "hub",
        "location": "westeurope",
        "addressSpace": {"addressPrefixes": ["10.1.0.0/24"]},
        "subnets": [{"name": "AzureBastionSubnet", "addressPrefix": "10.1.0.0/26"}],
        "virtualNetworkPeerings": [
            {
                "remoteVirtualNetwork": {"id": f"{RESOURCE}/spoke"},
                "remoteAddressSpace": {"addressPrefixes": ["10.2.0.0/16"]},
            },
            {
                "remoteVirtualNetwork": {"id": f"{RESOURCE}/foreign"},
                "remoteAddressSpace": {"addressPrefixes": ["10.244.0.0/20"]},
            },
        ],
    },
    {
        "name": "spoke",
        "addressSpace": {"addressPrefixes": ["10.2.0.0/16"]},
        "subnets": [
            {
                "name": "nodes",
                "addressPrefixes": ["10.2.0.0/24"],
                "delegations": [{"serviceName": "Microsoft.Sql/servers"}],
            }
        ],
        "virtualNetworkPeerings": None,
    },
]
CLUSTER: dict[str, Any] = {
    "name": "shop",
    "agentPoolProfiles": [
        {
            "name": "sys",
            "count": 3,
            "maxCount": 40,
            "enableAutoScaling": True,
            "maxPods": 110,
            "osType": "Linux",
            "vnetSubnetId": f"{RESOURCE}/spoke/subnets/nodes",
            "upgradeSettings": {"maxSurge": "10%"},
        },
        {"name": "win", "count": 2, "osType": "Windows", "enableAutoScaling": False},
    ],
    "networkProfile": {
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "networkDataplane": "azure",
        "podCidr": "10.244.0.0/16",
        "podCidrs": ["10.244.0.0/16"],
        "serviceCidr": "10.0.0.0/16",
        "dnsServiceIp": "10.0.0.10",
    },
}


def read(document: object, file: str = "az.json") -> Any:
    return read_estate(json.dumps(document, indent=1), file)


def test_vnets_come_with_subnets_delegations_and_peers() -> None:
    estate = read(VNETS)
    hub, spoke = estate.vnets
    assert hub.peers == ("spoke", "foreign")
    assert [str(net) for net in spoke.subnets[0].networks] == ["10.2.0.0/24"]
    assert spoke.subnets[0].delegation == "Microsoft.Sql/servers"
    assert hub.subnets[0].delegation == ""


def test_a_cluster_counts_with_the_maximum_of_its_autoscaler() -> None:
    (cluster,) = read([CLUSTER]).clusters
    assert (cluster.mode, cluster.vnet, cluster.node_subnet) == ("overlay", "spoke", "nodes")
    assert [(pool.nodes, pool.surge_nodes) for pool in cluster.pools] == [(40, 4), (2, 1)]
    assert cluster.features == {"windows"}


@pytest.mark.parametrize(
    ("profile", "pool", "mode"),
    [
        ({"networkPlugin": "kubenet"}, {}, "kubenet"),
        ({"networkPlugin": "azure"}, {}, "node_subnet"),
        ({"networkPlugin": "azure"}, {"podSubnetId": "/x/subnets/p"}, "pod_subnet_dynamic"),
        (
            {"networkPlugin": "azure"},
            {"podSubnetId": "/x/subnets/p", "podIpAllocationMode": "StaticBlock"},
            "pod_subnet_static",
        ),
    ],
)
def test_the_mode_follows_from_the_profile(
    profile: dict[str, str], pool: dict[str, str], mode: str
) -> None:
    cluster = {**CLUSTER, "networkProfile": profile, "agentPoolProfiles": [{"count": 1, **pool}]}
    assert read(cluster).clusters[0].mode == mode


def test_files_are_checked_together() -> None:
    estate = join_estates([read(VNETS, "vnets.json"), read([CLUSTER], "aks.json")])
    found = {one.code: str(one.location) for one in check_estate(estate)}
    assert set(found) == {"pod-connected", "node-delegation"}
    assert found["pod-connected"].startswith("aks.json:")
    assert found["node-delegation"].startswith("vnets.json:")


def test_one_cluster_in_two_files_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="two clusters `shop`"):
        join_estates([read([CLUSTER]), read([CLUSTER])])


def test_what_is_neither_is_refused_with_its_line() -> None:
    with pytest.raises(UnreadableInput, match="neither a VNet nor an AKS cluster") as caught:
        read([CLUSTER, {"name": "disk"}])
    assert str(caught.value.location).startswith("az.json:")
