from typing import Any

import pytest

from topology.policy.cilium.selectors import entity_selectors, read_peer, read_subject
from topology.policy.profile import PROFILES
from topology.policy.selectors import EVERYTHING

NAMESPACE = "io.kubernetes.pod.namespace"


def peer(value: Any, *, namespace: str = "a", profile: str = "1.18") -> str:
    return str(
        read_peer(value, "x", namespace=namespace, subject=EVERYTHING, profile=PROFILES[profile])
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, f"k8s:{NAMESPACE}=a"),
        ({"matchLabels": {NAMESPACE: "b"}}, f"{NAMESPACE}=b"),
        ({"matchLabels": {f"k8s:{NAMESPACE}": "b"}}, f"k8s:{NAMESPACE}=b"),
        (
            {"matchLabels": {"io.cilium.k8s.namespace.labels.team": "x"}},
            "io.cilium.k8s.namespace.labels.team=x",
        ),
        ({"matchLabels": {"reserved:host": ""}}, "reserved:host="),
        (
            {"matchExpressions": [{"key": NAMESPACE, "operator": "Exists"}]},
            f"{NAMESPACE} Exists",
        ),
    ],
)
def test_a_peer_is_of_the_own_namespace_unless_it_says_otherwise(
    value: dict[str, Any], expected: str
) -> None:
    assert peer(value) == expected


def test_a_clusterwide_peer_is_a_pod_of_any_namespace() -> None:
    assert peer({}, namespace="") == f"k8s:{NAMESPACE} Exists"


def test_a_peer_is_of_the_local_cluster_from_1_19_on() -> None:
    assert "k8s:io.cilium.k8s.policy.cluster=default" in peer({}, profile="1.19")


def test_a_subject_cannot_leave_its_namespace() -> None:
    foreign = {"matchLabels": {f"k8s:{NAMESPACE}": "b"}}
    assert str(read_subject(foreign, "x", namespace="a")) == f"k8s:{NAMESPACE}=a"
    kept = {"matchLabels": {NAMESPACE: "b"}}
    assert str(read_subject(kept, "x", namespace="a")) == f"{NAMESPACE}=b, k8s:{NAMESPACE}=a"


def test_entities_are_selectors_on_reserved_labels() -> None:
    def names(*entities: str) -> list[str]:
        profile = PROFILES["1.18"]
        return [str(s) for name in entities for s in entity_selectors(name, "x", profile)]

    assert names("all") == ["everything"]
    assert names("host", "health") == ["reserved:host Exists", "reserved:health Exists"]
    assert "k8s:io.cilium.k8s.policy.cluster=default" in names("cluster")
    assert len(names("world")) == 3
