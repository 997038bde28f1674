import pytest

from tools.matrix import MatrixResult, show_matrix
from tools.pictures import draw_matrix, draw_topology
from tools.pictures.scenes import MOST_BOXES
from tools.workspace import Workspace
from topology.load import load_text

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c, ports: [{{containerPort: 80}}], env: [{env}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {space}}}
spec: {{selector: {{app: {name}}}, type: {type}, ports: [{{port: 80}}]}}
---
"""


def workspace(*deployments: tuple[str, str, str, str]) -> Workspace:
    texts = []
    for space, name, callee, kind in deployments:
        env = f'{{name: PEER_ADDR, value: "{callee}:80"}}' if callee else ""
        texts.append(DEPLOYMENT.format(space=space, name=name, env=env, type=kind))
    return Workspace(cluster=load_text("".join(texts)))


def test_a_service_stands_for_the_workload_behind_it() -> None:
    drawn = draw_topology(
        workspace(("a", "web", "api", "LoadBalancer"), ("a", "api", "", "ClusterIP"))
    )
    arrows = {(edge.source, edge.target): edge.label for edge in drawn.edges}
    web, api = "workload:Deployment/a/web", "workload:Deployment/a/api"
    assert arrows == {("entity:world", web): "exposes", (web, api): "calls"}
    labels = {node.name: node.label for node in drawn.nodes}
    assert labels[web] == "web\nDeployment, Service"


def test_one_namespace_is_shown_with_what_it_is_connected_to() -> None:
    network = workspace(
        ("a", "web", "api.b", "ClusterIP"),
        ("b", "api", "", "ClusterIP"),
        ("c", "x", "", "ClusterIP"),
    )
    groups = {node.group for node in draw_topology(network, "a").nodes}
    assert groups == {"a", "b"}


@pytest.fixture(scope="module")
def large() -> Workspace:
    return workspace(
        *(
            (f"s{k % 6}", f"w{k}", f"w{k + 1}.s{(k + 1) % 6}", "ClusterIP")
            for k in range(MOST_BOXES + 10)
        )
    )


def test_too_many_objects_are_drawn_by_namespace_and_that_is_said(large: Workspace) -> None:
    drawn = draw_topology(large)
    assert {node.name for node in drawn.nodes} >= {f"s{k}" for k in range(6)}
    assert len(drawn.nodes) < 10
    assert "too many" in drawn.notes[0]


def test_a_large_matrix_is_drawn_by_namespace(large: Workspace) -> None:
    result = show_matrix.call(large, {})
    assert isinstance(result, MatrixResult)
    drawn = draw_matrix(result)
    assert {node.name for node in drawn.nodes} == {*(f"s{k}" for k in range(6)), "outside"}
    assert "too many" in drawn.notes[0]
    assert any("pairs can connect" in edge.label for edge in drawn.edges)
