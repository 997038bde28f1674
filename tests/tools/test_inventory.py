from typing import Any

import pytest

from tools.errors import ToolError
from tools.inventory import ObjectResult, ObjectsResult, inspect_object, list_objects
from tools.workspace import Workspace


def inspect(workspace: Workspace, **arguments: Any) -> ObjectResult:
    result = inspect_object.call(workspace, arguments)
    assert isinstance(result, ObjectResult)
    assert ObjectResult.model_validate_json(result.model_dump_json()) == result
    assert inspect_object.call(workspace, arguments) == result
    return result


def listed(workspace: Workspace, **arguments: Any) -> ObjectsResult:
    result = list_objects.call(workspace, arguments)
    assert isinstance(result, ObjectsResult)
    assert ObjectsResult.model_validate_json(result.model_dump_json()) == result
    return result


def test_a_workload_is_told_with_its_services_and_policies(sample: Workspace) -> None:
    result = inspect(sample, name="shop/payments")
    assert (result.kind, result.namespace, result.name) == ("Deployment", "shop", "payments")
    assert result.location.startswith("shop/objects.yaml:")
    assert "8443/TCP (https)" in result.summary
    assert "Services: `shop/payments`" in result.summary
    assert "`CiliumNetworkPolicy/shop/payments` (shop/policies/shop-cilium.yaml:" in result.summary


def test_a_workload_without_policies_is_said_to_be_open(sample: Workspace) -> None:
    result = inspect(sample, name="staging/web")
    assert "Ingress: no network policy selects it, so everything is allowed." in result.facts


def test_a_service_tells_what_stands_behind_it(sample: Workspace) -> None:
    result = inspect(sample, name="payments", kind="svc")
    assert result.kind == "Service"
    assert "80/TCP -> " in result.summary
    assert "Behind it: `shop/payments`, 1 pod, 1 ready." in result.facts


def test_a_pod_and_a_node_are_told(sample: Workspace) -> None:
    pod = inspect(sample, name="shop/db-0")
    assert pod.kind == "Pod"
    assert any("belongs to StatefulSet `shop/db`" in fact for fact in pod.facts)
    name = sample.cluster.nodes[0].name
    node = inspect(sample, name=name)
    assert (node.kind, node.name) == ("Node", name)
    assert any("Addresses" in fact for fact in node.facts)


def test_a_namespace_tells_what_is_open_in_it(sample: Workspace) -> None:
    result = inspect(sample, name="staging", kind="namespace")
    assert "Nothing restricts ingress to: web." in result.facts
    assert "It holds no policies." in result.facts


def test_a_kubernetes_policy_is_explained_rule_by_rule(boutique: Workspace) -> None:
    result = inspect(boutique, name="cartservice", kind="netpol")
    place = "online-boutique/network-policy-cartservice.yaml"
    assert result.facts == (
        "It is about pods labelled `app=cartservice` in namespace `default`. "
        f"(`spec.podSelector`, {place}:20)",
        "Right now that is 1 workload: `default/cartservice`.",
        "Ingress to pods labelled `app=cartservice` in namespace `default` is allowed from pods "
        "labelled `app=frontend` in namespace `default` and pods labelled `app=checkoutservice` in "
        f"namespace `default` on port 7070/TCP. (`spec.ingress[0]`, {place}:27)",
        "Nothing else may reach pods labelled `app=cartservice` in namespace `default`. "
        f"(`spec.ingress`, {place}:26)",
        "Egress from pods labelled `app=cartservice` in namespace `default` is allowed to anyone. "
        f"(`spec.egress[0]`, {place}:38)",
    )


def test_a_policy_is_found_by_its_whole_key(sample: Workspace) -> None:
    result = inspect(sample, name="CiliumNetworkPolicy/shop/payments")
    assert result.kind == "CiliumNetworkPolicy"
    assert any("`api.cards.example`" in fact for fact in result.facts)


def test_a_name_that_only_a_policy_has_needs_no_kind(sample: Workspace) -> None:
    assert inspect(sample, name="no-staging-in-data").kind == "CiliumNetworkPolicy"


def test_a_guess_is_said(sample: Workspace) -> None:
    assert "Understood `paymets` as `shop/payments`." in inspect(sample, name="paymets").summary


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "no-such-thing-at-all"}, "no-such-thing-at-all"),
        ({"name": "no-such", "kind": "policy"}, "There is no policy `no-such`."),
        ({"name": "payments", "kind": "gizmo"}, "`gizmo`"),
        ({"name": "x", "kind": "node"}, "There is no node `x`."),
        ({"name": "world"}, "no object of the cluster"),
        ({"name": ""}, "empty"),
    ],
)
def test_what_is_not_there_is_refused(
    sample: Workspace, arguments: dict[str, str], said: str
) -> None:
    with pytest.raises(ToolError) as caught:
        inspect_object.call(sample, arguments)
    assert said in str(caught.value)


def test_a_misspelt_policy_offers_the_nearest(sample: Workspace) -> None:
    with pytest.raises(ToolError) as caught:
        inspect_object.call(sample, {"name": "paymants", "kind": "cnp"})
    assert "CiliumNetworkPolicy/shop/payments" in caught.value.candidates


def test_without_a_kind_the_overview_comes_first(sample: Workspace) -> None:
    result = listed(sample)
    assert result.summary.startswith("11 workloads, 12 pods, 11 services, 2 nodes in 6 namespaces")
    assert "- StatefulSet `shop/db`: 1 pod, 5432/TCP (postgres) (shop/objects.yaml:" in (
        result.summary
    )
    assert result.total == 11


@pytest.mark.parametrize(
    ("kind", "total"),
    [("pods", 12), ("svc", 11), ("namespaces", 6), ("no", 2), ("policies", 15), ("sts", 1),
     ("netpol", 4), ("problem", 0)],
)  # fmt: skip
def test_each_kind_can_be_listed(sample: Workspace, kind: str, total: int) -> None:
    result = listed(sample, kind=kind)
    assert result.total == total
    assert len(result.objects) == total
    assert list(result.objects) == list(listed(sample, kind=kind).objects)


def test_a_namespace_narrows_the_list(sample: Workspace) -> None:
    result = listed(sample, kind="policy", namespace="billing")
    assert {row.namespace for row in result.objects} == {"billing"}
    assert result.summary.startswith("3 policies in namespace `billing`:")
    assert listed(sample, kind="cnp", namespace="billing").summary.startswith("No Cilium")


def test_an_unknown_namespace_names_those_that_are(sample: Workspace) -> None:
    with pytest.raises(ToolError) as caught:
        list_objects.call(sample, {"namespace": "production"})
    assert "billing" in caught.value.candidates


def test_a_long_list_is_cut_and_says_so() -> None:
    from topology.load import load_text

    text = "---".join(
        f"\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n{number:03}}}\n"
        for number in range(60)
    )
    result = listed(Workspace(cluster=load_text(text)), kind="ns")
    assert (result.total, result.left_out, len(result.objects)) == (60, 10, 50)
    assert "... and 10 more" in result.summary
