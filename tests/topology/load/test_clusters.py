from collections import Counter
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from topology.load import load, load_text


def test_namespaces_that_are_only_named_are_known_but_not_declared() -> None:
    cluster = load_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: staging}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: y}\n",
        name="f.yaml",
    )
    assert list(cluster.namespaces) == ["default", "shop", "staging"]
    assert [one.declared for one in cluster.namespaces.values()] == [False, True, False]
    assert cluster.namespaces["shop"].labels == {"team": "a", "kubernetes.io/metadata.name": "shop"}
    assert cluster.namespaces["staging"].labels == {"kubernetes.io/metadata.name": "staging"}
    assert str(cluster.namespaces["shop"].location) == "f.yaml:1"
    assert str(cluster.namespaces["staging"].location) == "f.yaml:5"


def test_cluster_wide_objects_belong_to_no_namespace() -> None:
    cluster = load_text(
        "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\n"
        "metadata: {name: x, namespace: wrong}\nspec: {}\n"
    )
    assert cluster.policies[0].key == "CiliumClusterwideNetworkPolicy/x"
    assert cluster.namespaces == {}


def test_nodes_know_their_addresses_and_ranges() -> None:
    (node,) = load_text(
        "apiVersion: v1\nkind: Node\nmetadata: {name: n, labels: {a: b}}\n"
        "spec: {podCIDR: 10.244.0.0/24, podCIDRs: [10.244.0.0/24, 'fd00::/64']}\n"
        "status: {addresses: [{type: InternalIP, address: 10.0.0.4},"
        " {type: Hostname, address: n}, {type: ExternalIP, address: 192.0.2.4}]}\n"
    ).nodes
    assert node.labels == {"a": "b"}
    assert node.addresses == (ip_address("10.0.0.4"), ip_address("192.0.2.4"))
    assert node.pod_cidrs == (ip_network("10.244.0.0/24"), ip_network("fd00::/64"))


@pytest.mark.parametrize(
    ("application", "workloads", "services", "policies"),
    [
        ("online-boutique", {"Deployment": 12}, 12, {"NetworkPolicy": 13}),
        ("bookinfo", {"Deployment": 8}, 6, {}),
        ("star-wars", {"Deployment": 1, "Pod": 2}, 1, {"CiliumNetworkPolicy": 2}),
    ],
)
def test_applications_of_others_load_as_they_are(
    shared: Path,
    application: str,
    workloads: dict[str, int],
    services: int,
    policies: dict[str, int],
) -> None:
    cluster = load([shared / "cases" / "external" / "clusters" / application])
    assert Counter(one.kind for one in cluster.workloads) == workloads
    assert len(cluster.services) == services
    assert Counter(one.kind for one in cluster.policies) == policies
    assert not [problem for problem in cluster.problems if problem.severity == "error"]
    assert all(one.pods for one in cluster.workloads)


def test_the_gateway_of_bookinfo_and_its_routes_are_kept(shared: Path) -> None:
    cluster = load([shared / "cases" / "external" / "clusters" / "bookinfo"])
    assert [one.kind for one in cluster.documents] == ["Gateway", "VirtualService"]
    assert cluster.unused_kinds == {"ServiceAccount"}


def test_the_twice_named_policy_of_star_wars_is_pointed_out(shared: Path) -> None:
    cluster = load([shared / "cases" / "external" / "clusters" / "star-wars"])
    (problem,) = cluster.problems
    assert (problem.severity, problem.code) == ("warning", "duplicate-object")
    assert "CiliumNetworkPolicy/default/rule1" in problem.message


def test_each_field_of_online_boutique_policies_points_at_its_line(shared: Path) -> None:
    cluster = load([shared / "cases" / "external" / "clusters" / "online-boutique"])
    for policy in cluster.policies:
        text = Path(policy.source.file).read_text().split("\n")
        for path, line in policy.source.lines.items():
            key = path.rpartition(".")[2]
            if path and not key.endswith("]"):
                assert f"{key}:" in text[line - 1], (policy.key, path)
