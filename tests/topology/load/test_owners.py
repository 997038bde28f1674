import json
from typing import Any

import pytest

from topology.load import load_text


def named(body: dict[str, Any], *owner: str) -> dict[str, Any]:
    if owner:
        kind, name = owner
        body["metadata"]["ownerReferences"] = [{"kind": kind, "name": name, "controller": True}]
    return body


def pod(*owner: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": "p", "labels": labels}
    return named({"apiVersion": "v1", "kind": "Pod", "metadata": metadata}, *owner)


def between(kind: str, name: str, *owner: str) -> dict[str, Any]:
    group = "batch/v1" if kind == "Job" else "apps/v1"
    return named({"apiVersion": group, "kind": kind, "metadata": {"name": name}}, *owner)


HASH = {"pod-template-hash": "5d8f"}


@pytest.mark.parametrize(
    ("objects", "workload"),
    [
        ([pod("ReplicaSet", "web-5d8f", **HASH)], ("Deployment", "web")),
        ([pod("ReplicaSet", "my-web-5d8f", **HASH)], ("Deployment", "my-web")),
        ([pod("ReplicaSet", "web-5d8f")], ("ReplicaSet", "web-5d8f")),
        (
            [pod("ReplicaSet", "r", **HASH), between("ReplicaSet", "r", "Rollout", "web")],
            ("Rollout", "web"),
        ),
        (
            [pod("ReplicaSet", "web-5d8f", **HASH), between("ReplicaSet", "web-5d8f")],
            ("ReplicaSet", "web-5d8f"),
        ),
        ([pod("Job", "backup-28911360")], ("CronJob", "backup")),
        ([pod("Job", "backup-2")], ("Job", "backup-2")),
        ([pod("Job", "x"), between("Job", "x", "CronJob", "backup")], ("CronJob", "backup")),
        ([pod("Job", "b-28911360"), between("Job", "b-28911360")], ("Job", "b-28911360")),
        ([pod("StatefulSet", "db")], ("StatefulSet", "db")),
        ([pod("DaemonSet", "agent")], ("DaemonSet", "agent")),
        ([pod("Node", "aks-1")], ("Pod", "p")),
        ([pod()], ("Pod", "p")),
    ],
)
def test_a_pod_belongs_to_what_a_person_would_name(
    objects: list[dict[str, Any]], workload: tuple[str, str]
) -> None:
    cluster = load_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))
    (found,) = cluster.pods
    assert (found.workload_kind, found.workload) == workload


def test_the_controller_counts_among_several_owners() -> None:
    body = pod()
    body["metadata"]["ownerReferences"] = [
        {"kind": "Widget", "name": "w"},
        {"kind": "StatefulSet", "name": "db", "controller": True},
    ]
    (found,) = load_text(json.dumps(body)).pods
    assert found.workload == "db"


def test_pods_of_equally_named_owners_in_two_namespaces_are_kept_apart() -> None:
    objects = []
    for namespace in ("a", "b"):
        body = pod("StatefulSet", "db")
        body["metadata"]["namespace"] = namespace
        objects.append(body)
    cluster = load_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))
    assert [one.full_name for one in cluster.workloads] == ["a/db", "b/db"]
