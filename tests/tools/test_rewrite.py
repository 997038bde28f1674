"""Writing policies otherwise, as tools."""

import pytest
import yaml

from tools.errors import ToolError
from tools.rewrite import (
    convert_policies,
    merge_policies,
    migrate_policies,
    split_policy,
    tighten_policies,
)
from tools.rewritten import RewriteResult
from tools.spec import ToolSpec
from tools.workspace import Workspace
from topology.load import load_text


def call(spec: ToolSpec, workspace: Workspace, **arguments: object) -> RewriteResult:
    result = spec.call(workspace, arguments)
    assert isinstance(result, RewriteResult)
    return result


def test_a_converted_policy_comes_with_its_proof(sample: Workspace) -> None:
    result = call(convert_policies, sample, to="cnp", policies=["NetworkPolicy/shop/db"])
    assert result.outcome == "done"
    assert result.verified
    (artifact,) = result.artifacts
    assert yaml.safe_load(artifact.content)["kind"] == "CiliumNetworkPolicy"
    assert [row.action for row in result.edits] == ["remove", "add"]


def test_what_cannot_be_converted_is_named_while_the_rest_is_converted(sample: Workspace) -> None:
    result = call(convert_policies, sample, to="networkpolicy")
    assert result.outcome == "refused"
    assert any("spec.ingressDeny" in text for text in result.refused)
    assert result.artifacts


def test_policies_of_a_text_are_converted_without_being_in_the_network(sample: Workspace) -> None:
    text = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: new, namespace: shop}
spec: {podSelector: {}}
"""
    result = call(convert_policies, sample, to="ciliumnetworkpolicy", text=text)
    assert result.verified


@pytest.mark.parametrize(
    ("spec", "arguments", "message"),
    [
        (convert_policies, {"to": "yaml"}, "`yaml`"),
        (convert_policies, {"to": "cnp", "policies": ["nosuch"]}, "`nosuch`"),
        (split_policy, {"policy": "payments", "by": "colour"}, "`colour`"),
        (tighten_policies, {"used": ["web to cart"]}, "`web to cart`"),
    ],
)
def test_what_cannot_be_understood_is_quoted(
    sample: Workspace, spec: ToolSpec, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        spec.call(sample, arguments)


def test_one_policy_is_split_and_nothing_is_left_to_merge(sample: Workspace) -> None:
    assert call(split_policy, sample, policy="payments", by="direction").verified
    assert call(merge_policies, sample).outcome == "nothing-to-do"


def test_tightening_by_the_service_graph_says_what_it_rests_on(boutique: Workspace) -> None:
    result = call(tighten_policies, boutique, policies=["cartservice"])
    assert result.verified
    assert result.closed
    assert "announce" in result.notes[0]


def test_tightening_by_what_was_observed_keeps_just_that(boutique: Workspace) -> None:
    used = ["frontend -> cartservice 7070/TCP", "cartservice -> redis-cart 6379"]
    result = call(tighten_policies, boutique, policies=["cartservice"], used=used)
    assert result.verified
    spec = yaml.safe_load(result.artifacts[0].content)["spec"]
    assert spec["ingress"][0]["from"] == [{"podSelector": {"matchLabels": {"app": "frontend"}}}]
    assert any("checkoutservice" in row for row in result.closed)


def test_nothing_is_tightened_by_a_connection_that_does_not_exist(boutique: Workspace) -> None:
    used = ["frontend -> cartservice 7070/TCP", "frontend -> nosuch 8080/TCP"]
    with pytest.raises(ToolError, match="`nosuch`"):
        tighten_policies.call(boutique, {"policies": ["cartservice"], "used": used})


def test_nothing_is_tightened_where_nothing_says_what_is_used() -> None:
    text = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {podSelector: {}, ingress: [{}]}
"""
    empty = Workspace(cluster=load_text(text))
    with pytest.raises(ToolError, match="everything would be closed"):
        tighten_policies.call(empty, {})


def test_policies_of_calico_are_converted_and_never_called_verified(sample: Workspace) -> None:
    text = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: new, namespace: shop}
spec: {selector: app == 'cart', ingress: [{action: Allow, source: {selector: app == 'web'}}]}
"""
    result = call(migrate_policies, sample, text=text)
    assert result.artifacts
    assert not result.verified
    assert "not proven" in result.summary
