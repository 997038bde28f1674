import json
from typing import Any

import pytest

from topology.load import load_text, workloads
from topology.model import Cluster

TEMPLATE = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
    "spec": {
        "serviceAccountName": "robot",
        "containers": [
            {
                "name": "web",
                "ports": [{"containerPort": 8080, "name": "http"}],
                "env": [{"name": "DB", "value": "db:5432"}, {"name": "KEY", "valueFrom": {}}],
            }
        ],
    },
}


def controller(kind: str, name: str = "web", **spec: Any) -> dict[str, Any]:
    group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
    inner: dict[str, Any] = {"template": TEMPLATE, **spec}
    if kind == "CronJob":
        inner = {"jobTemplate": {"spec": inner}}
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": inner}


def pod(name: str, kind: str = "", owner: str = "", **labels: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": labels}
    if kind:
        metadata["ownerReferences"] = [{"kind": kind, "name": owner, "controller": True}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}}


def owned(body: dict[str, Any], kind: str, owner: str) -> dict[str, Any]:
    body["metadata"]["ownerReferences"] = [{"kind": kind, "name": owner, "controller": True}]
    return body


def read(*objects: dict[str, Any]) -> Cluster:
    return load_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))


def shape(cluster: Cluster) -> list[tuple[str, str, list[str]]]:
    return [(one.kind, one.name, [pod.name for pod in one.pods]) for one in cluster.workloads]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (controller("Deployment"), ["web-planned-0"]),
        (controller("Deployment", replicas=3), [f"web-planned-{i}" for i in range(3)]),
        (controller("Deployment", replicas=0), ["web-planned-0"]),
        (controller("StatefulSet", replicas=2), ["web-0", "web-1"]),
        (controller("DaemonSet"), ["web-planned-0"]),
        (controller("ReplicaSet", replicas=1), ["web-planned-0"]),
        (controller("Job", parallelism=2), ["web-planned-0", "web-planned-1"]),
        (controller("CronJob"), ["web-planned-0"]),
    ],
)
def test_a_bare_controller_counts_with_the_pods_it_would_make(
    body: dict[str, Any], names: list[str]
) -> None:
    cluster = read(body)
    assert shape(cluster) == [(body["kind"], "web", names)]
    (workload,) = cluster.workloads
    assert workload.labels == {"app": "web"}
    assert workload.environment == {"DB": "db:5432"}
    for planned in workload.pods:
        assert planned.planned
        assert planned.labels == {"app": "web"}
        assert planned.annotations == {"a": "b"}
        assert planned.service_account == "robot"
        assert [(port.number, port.name) for port in planned.ports] == [(8080, "http")]
        assert (planned.workload, planned.workload_kind) == ("web", body["kind"])


@pytest.mark.parametrize(
    ("body", "replicas"),
    [
        (controller("Deployment"), 1),
        (controller("Deployment", replicas=0), 0),
        (controller("DaemonSet"), None),
    ],
)
def test_replicas_are_those_asked_for(body: dict[str, Any], replicas: int | None) -> None:
    assert read(body).workloads[0].replicas == replicas


def test_a_daemon_set_is_planned_on_each_node_that_it_selects() -> None:
    nodes = [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"os": os}}}
        for name, os in (("n1", "linux"), ("n2", "windows"), ("n3", "linux"))
    ]
    body = controller("DaemonSet")
    body["spec"]["template"] = {**TEMPLATE, "spec": {"nodeSelector": {"os": "linux"}}}
    (workload,) = read(body, *nodes).workloads
    assert [pod.node for pod in workload.pods] == ["n1", "n3"]


def test_absurd_replicas_are_capped_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "MOST_PLANNED", 4)
    cluster = read(controller("Deployment", replicas=2_000_000_000))
    assert len(cluster.pods) == 4
    assert [problem.code for problem in cluster.problems] == ["many-replicas"]


def test_a_controller_with_real_pods_gets_no_planned_ones() -> None:
    cluster = read(
        controller("Deployment", replicas=3),
        owned(controller("ReplicaSet", "web-5d8f"), "Deployment", "web"),
        pod("web-5d8f-abcde", "ReplicaSet", "web-5d8f", **{"pod-template-hash": "5d8f"}),
    )
    assert shape(cluster) == [("Deployment", "web", ["web-5d8f-abcde"])]
    assert cluster.workloads[0].labels == {"app": "web"}
    assert cluster.workloads[0].replicas == 3


def test_pods_of_a_stateful_set_stand_in_the_order_of_their_numbers() -> None:
    pods = [pod(f"db-{number}", "StatefulSet", "db") for number in (10, 2, 0)]
    assert shape(read(*pods)) == [("StatefulSet", "db", ["db-0", "db-2", "db-10"])]


def test_a_bare_pod_is_a_workload_of_its_own() -> None:
    cluster = read(pod("xwing", org="alliance"))
    assert shape(cluster) == [("Pod", "xwing", ["xwing"])]
    assert cluster.workloads[0].labels == {"org": "alliance"}
    assert not cluster.pods[0].planned


def test_labels_of_a_workload_without_template_are_those_of_its_first_pod() -> None:
    cluster = read(pod("db-0", "StatefulSet", "db", app="db"))
    assert cluster.workloads[0].labels == {"app": "db"}
    assert cluster.workloads[0].replicas is None


def test_old_revisions_are_no_workloads() -> None:
    old = owned(controller("ReplicaSet", "web-1", replicas=0), "Deployment", "web")
    new = owned(controller("ReplicaSet", "web-2", replicas=2), "Deployment", "web")
    cluster = read(old, new, controller("Deployment", replicas=2))
    assert shape(cluster) == [("Deployment", "web", ["web-planned-0", "web-planned-1"])]


def test_a_replica_set_stands_for_a_deployment_that_was_not_exported() -> None:
    body = owned(controller("ReplicaSet", "web-2", replicas=1), "Deployment", "web")
    labels = {"app": "web", "pod-template-hash": "2"}
    body["spec"]["template"] = {**TEMPLATE, "metadata": {"labels": labels}}
    cluster = read(body)
    assert shape(cluster) == [("Deployment", "web", ["web-planned-0"])]
    assert cluster.workloads[0].labels == {"app": "web"}
