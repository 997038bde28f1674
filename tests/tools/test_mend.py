"""Mending, as a tool."""

from dataclasses import replace

import pytest
import yaml

from tools.errors import ToolError
from tools.mend import MendResult, fix_connection
from tools.reach import can_reach
from tools.workspace import Workspace
from topology.load import load_text


def fix(workspace: Workspace, source: str, destination: str, **more: str) -> MendResult:
    arguments = {"source": source, "destination": destination, **more}
    result = fix_connection.call(workspace, arguments)
    assert isinstance(result, MendResult)
    return result


def test_a_proposal_is_never_a_write() -> None:
    assert fix_connection.effect == "propose"


def test_the_policy_that_is_shown_does_what_is_said(sample: Workspace) -> None:
    result = fix(sample, "shop/web", "shop/payments", port="8443")
    assert result.verified
    assert result.verdict is None
    assert result.at_fault == ("CiliumNetworkPolicy/shop/payments",)
    (artifact,) = result.artifacts
    assert artifact.kind == "CiliumNetworkPolicy"
    assert all(check.ok for check in artifact.checks)
    (added,) = load_text(artifact.content).policies
    kept = [one for one in sample.cluster.policies if one.key != added.key]
    changed = Workspace(cluster=replace(sample.cluster, policies=(*kept, added)))
    asked = {"source": "shop/web", "destination": "shop/payments", "port": "8443"}
    assert can_reach.call(sample, asked).verdict == "deny"
    assert can_reach.call(changed, asked).verdict == "allow"


def test_the_diff_is_of_the_file_and_keeps_what_surrounds_the_change(sample: Workspace) -> None:
    result = fix(sample, "shop/web", "shop/payments", port="8443")
    assert result.diff.startswith("--- shop/policies/shop-cilium.yaml\n")
    changes = [
        line
        for line in result.diff.splitlines()
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert changes == ["+    - matchLabels:", "+        app: web"]


def test_each_layer_that_stops_it_is_named_with_its_place(sample: Workspace) -> None:
    result = fix(sample, "staging/web", "shop/db", port="5432")
    assert [layer["rule"] for layer in result.stopped_by] == ["spec.ingressDeny[0]", None]
    assert result.stopped_by[0]["location"].startswith("shop/policies/shop-cilium.yaml:")
    assert "no-staging-in-data" in result.summary
    assert result.outcome == "mended"


TWINS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec: {{containers: [{{name: c, image: x, ports: [{{containerPort: 80}}]}}]}}
---
"""
DENY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress]}
"""


def test_what_more_it_opens_is_said_and_then_it_is_not_verified() -> None:
    ends = (("one", "twin"), ("two", "twin"), ("api", "api"))
    text = "".join(TWINS.format(name=name, app=app) for name, app in ends) + DENY
    result = fix(Workspace(cluster=load_text(text, name="twins.yaml")), "shop/one", "shop/api")
    assert result.outcome == "mended"
    assert not result.verified
    assert result.opened == ("opens `shop/two` -> `shop/api` on 80/TCP",)
    assert any("nothing-else-opened" in text for text in result.not_verified)
    assert "does more than that" in result.summary


def test_a_door_to_the_whole_world_is_not_opened_without_a_word(sample: Workspace) -> None:
    result = fix(sample, "world", "shop/db", port="5432")
    assert any(note.startswith("It lets every address outside") for note in result.notes)


def test_mutual_tls_is_offered_as_a_last_resort_only(sample: Workspace) -> None:
    result = fix(sample, "shop/web", "billing/invoices", http="GET /invoices")
    assert result.outcome == "not-policy"
    assert not result.artifacts
    assert result.verdict == "deny"
    lax = next(one for one in result.alternatives if one.weakens)
    assert yaml.safe_load(lax.content)["kind"] == "PeerAuthentication"
    assert "sidecar" in result.summary


def test_a_name_that_nothing_has_is_an_error_with_a_hint(sample: Workspace) -> None:
    with pytest.raises(ToolError, match="`nobody`"):
        fix(sample, "shop/nobody", "shop/db")


def test_a_range_of_ports_is_refused(sample: Workspace) -> None:
    with pytest.raises(ToolError, match="range"):
        fix(sample, "shop/web", "shop/db", port="1-2")


def test_the_port_that_is_called_is_mended_where_none_is_named(boutique: Workspace) -> None:
    result = fix(boutique, "frontend", "redis-cart")
    assert result.verified
    assert result.ports == ("6379/TCP",)
    assert result.at_fault == ("NetworkPolicy/default/redis-cart",)
