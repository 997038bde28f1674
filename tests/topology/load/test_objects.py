import json
from typing import Any

import pytest

from topology.load import load_text
from topology.model import Problem


def only_problem(value: Any) -> Problem:
    text = value if isinstance(value, str) else json.dumps(value, indent=1)
    cluster = load_text(text, name="f")
    (problem,) = cluster.problems
    assert problem.hint
    return problem


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a\n- b\n", "A list of 2 values"),
        ("hello world\n", "`hello world`"),
        ("42\n", "`42`"),
        ("a: 1\nb: 2\n", "`a`, `b`"),
        ("kind: [Pod]\nmetadata: {name: x}\n", "names no kind"),
        ('["a", "b"]', "A list of 2 values"),
        ('{"name": "vnet", "id": 3}', "`name`, `id`"),
        ("apiVersion: v1\nkind: List\nitems:\n- null\n", "An empty value"),
        ('{"kind": "List", "items": [null]}', "An empty value"),
    ],
)
def test_what_is_no_kubernetes_object_is_said_not_to_be_one(text: str, shown: str) -> None:
    problem = only_problem(text)
    assert problem.code == "not-kubernetes"
    assert shown in problem.message


def test_a_bare_list_of_objects_is_taken() -> None:
    objects = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}]
    for text in (json.dumps(objects), json.dumps(objects, indent=2)):
        assert [pod.name for pod in load_text(text).pods] == ["x"]


@pytest.mark.parametrize(
    "metadata", [None, [], "x", {}, {"name": ""}, {"name": ["x"]}, {"name": "x", "namespace": {}}]
)
def test_an_object_without_name_is_set_aside(metadata: Any) -> None:
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    problem = only_problem(body)
    assert (problem.severity, problem.code) == ("error", "no-name")


def test_a_null_item_is_located_at_its_own_line() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- kind: X\n  metadata: {name: x}\n- null\n"
    assert str(only_problem(text).location) == "f:6"


def test_a_generated_name_stands_for_the_name() -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: load-}\nspec: {}\n"
    assert [one.name for one in load_text(text).workloads] == ["load"]


def test_a_number_as_name_is_taken_as_text() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: 12, namespace: 7}\n"
    assert [pod.full_name for pod in load_text(text).pods] == ["7/12"]


@pytest.mark.parametrize("version", ["", "apiVersion: v1\n"])
def test_a_policy_of_no_api_is_read_and_doubted(version: str) -> None:
    cluster = load_text(f"{version}kind: NetworkPolicy\nmetadata: {{name: x}}\nspec: {{}}\n")
    assert len(cluster.policies) == 1
    assert [problem.code for problem in cluster.problems] == ["wrong-api-version"]


def test_a_kustomization_is_pointed_out_and_left_alone() -> None:
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
    problem = only_problem(text)
    assert (problem.severity, problem.code) == ("warning", "kustomization")


def test_the_two_gateways_of_one_name_are_two_objects() -> None:
    text = "".join(
        f"---\napiVersion: {group}/v1\nkind: Gateway\nmetadata: {{name: g}}\n"
        for group in ("networking.istio.io", "gateway.networking.k8s.io")
    )
    cluster = load_text(text)
    assert len(cluster.documents) == 2
    assert cluster.problems == ()


def test_an_older_version_of_a_kind_is_the_same_object() -> None:
    text = "".join(
        f"---\napiVersion: security.istio.io/{version}\nkind: PeerAuthentication\n"
        "metadata: {name: x}\n"
        for version in ("v1beta1", "v1")
    )
    cluster = load_text(text)
    assert [one.api_version for one in cluster.policies] == ["security.istio.io/v1"]
    assert [problem.code for problem in cluster.problems] == ["duplicate-object"]
