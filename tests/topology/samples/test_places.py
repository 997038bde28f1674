from topology.load import load
from topology.samples import sample_path


def test_the_sample_loads_without_a_single_problem() -> None:
    cluster = load([sample_path()])
    assert cluster.problems == ()
    assert cluster.unused_kinds == frozenset()


def test_the_sample_is_a_whole_cluster_in_itself() -> None:
    cluster = load([sample_path()])
    workloads = {one.full_name for one in cluster.workloads}
    assert {"shop/web", "shop/db", "kube-system/coredns", "monitoring/prometheus"} <= workloads
    addresses = {address: pod for pod in cluster.pods for address in pod.addresses}
    assert len(addresses) == len(cluster.pods)
    nodes = {node.name: node for node in cluster.nodes}
    for address, pod in addresses.items():
        assert not pod.planned
        assert any(address in pod_range for pod_range in nodes[pod.node].pod_cidrs)
    for service in cluster.services:
        assert service.endpoints
        for endpoint in service.endpoints:
            pod = addresses[endpoint.address]
            assert pod.name == endpoint.pod
            assert service.selector.items() <= pod.labels.items()
            offered = {(port.number, port.protocol) for port in pod.ports}
            assert {(port.number, port.protocol) for port in endpoint.ports} <= offered


def test_every_namespace_of_the_sample_is_declared() -> None:
    assert all(one.declared for one in load([sample_path()]).namespaces.values())
