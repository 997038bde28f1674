import dataclasses

import pytest

from topology.model import Cluster, Document, Location, Pod, Service, Source, Workload


def test_a_location_reads_as_people_write_it() -> None:
    assert str(Location("policies/web.yaml", 14)) == "policies/web.yaml:14"
    assert str(Location("-")) == "-"


def test_a_source_knows_the_line_of_a_field_or_of_the_nearest_around_it() -> None:
    source = Source("f.yaml", {"": 1, "spec": 5, "spec.ingress[0]": 7, "spec.ingress[0].from": 8})
    for path, line in (
        ("", 1),
        ("spec", 5),
        ("spec.ingress[0].from[2].podSelector", 8),
        ("spec.ingress[0].ports", 7),
        ("spec.ingress[1]", 5),
        ("status", 1),
    ):
        assert source.at(path) == Location("f.yaml", line)


def test_a_source_without_lines_names_the_file_alone() -> None:
    assert str(Source("f.yaml").at("spec.ingress[0]")) == "f.yaml"


@pytest.mark.parametrize(
    ("kind", "namespace", "key"),
    [
        ("NetworkPolicy", "shop", "NetworkPolicy/shop/p"),
        ("CiliumClusterwideNetworkPolicy", "", "CiliumClusterwideNetworkPolicy/p"),
    ],
)
def test_a_document_has_a_key_that_names_it(kind: str, namespace: str, key: str) -> None:
    document = Document(
        kind=kind, api_version="v1", namespace=namespace, name="p", body={}, source=Source("f")
    )
    assert document.key == key


def test_values_are_frozen() -> None:
    for value in (Pod(namespace="a", name="b"), Service(namespace="a", name="b"), Cluster()):
        name = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, "other")


def test_the_pods_of_a_cluster_are_those_of_its_workloads_in_order() -> None:
    pods = [Pod(namespace="a", name=name) for name in ("x", "y", "z")]
    cluster = Cluster(
        workloads=(
            Workload(kind="Deployment", namespace="a", name="one", pods=(pods[0], pods[1])),
            Workload(kind="Pod", namespace="a", name="z", pods=(pods[2],)),
        )
    )
    assert cluster.pods == tuple(pods)
    assert [pod.full_name for pod in cluster.pods] == ["a/x", "a/y", "a/z"]
