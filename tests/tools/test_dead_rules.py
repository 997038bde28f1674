"""Rules without effect, as a tool."""

from tools.dead_rules import DeadRulesResult, find_dead_rules
from tools.workspace import Workspace
from topology.load import load_text
from topology.model import Cluster

TEXT = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: typo, namespace: shop}
spec: {podSelector: {matchLabels: {app: wbe}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: twice, namespace: other}
spec:
  podSelector: {}
"""


def find(workspace: Workspace, **arguments: str) -> DeadRulesResult:
    result = find_dead_rules.call(workspace, arguments)
    assert isinstance(result, DeadRulesResult)
    return result


def test_each_finding_has_its_place_and_reason() -> None:
    workspace = Workspace(cluster=load_text(TEXT, name="p.yaml"))
    result = find(workspace, namespace="shop")
    (rule,) = result.rules
    assert (rule.kind, rule.policy, rule.location) == (
        "selects-nothing",
        "NetworkPolicy/shop/typo",
        "p.yaml:7",
    )
    assert "`app=wbe`" in result.summary
    assert result.evidence[0].location == "p.yaml:7"
    assert len(find(workspace).rules) == 2


def test_where_every_rule_has_an_effect_that_is_said() -> None:
    assert "every rule has an effect" in find(Workspace(cluster=Cluster())).summary
