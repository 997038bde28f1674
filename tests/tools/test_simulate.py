"""Trying policies out, as a tool."""

import pytest

from tools.errors import ToolError
from tools.simulate import SimulationResult, simulate_policies
from tools.workspace import Workspace
from topology.load import load_text

SAMPLE = Workspace.sample()

GUARD = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: guard, namespace: staging}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: web}}]
      toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{path: /PATH}]}}]
"""


def simulate(add: str = "", *remove: str) -> SimulationResult:
    result = simulate_policies.call(SAMPLE, {"add": add, "remove": list(remove)})
    assert isinstance(result, SimulationResult)
    return result


def test_what_closes_is_listed_with_ports_and_states() -> None:
    result = simulate(GUARD)
    assert result.added == ("CiliumNetworkPolicy/staging/guard",)
    assert not result.opened
    closed = {
        (row.source, row.destination, row.before, row.after): row.ports for row in result.closed
    }
    assert closed["world", "staging/web", "allow", "deny"] == "every port"
    assert closed["staging/web", "staging/web", "allow", "conditional"] == "8080/TCP"
    assert ("host", "staging/web", "allow", "deny") not in closed
    assert result.flows_now_dropped == ()
    assert "`world`, " in result.summary


def test_every_pair_is_either_changed_or_counted_as_unchanged() -> None:
    result = simulate(GUARD)
    changed = {(row.source, row.destination) for row in (*result.opened, *result.closed)}
    workloads, entities = 11, 4
    assert result.unchanged + len(changed) == workloads * (workloads + 2 * entities)


def test_removing_a_policy_opens_what_it_closed() -> None:
    key = "CiliumClusterwideNetworkPolicy/no-instance-metadata"
    result = simulate("", key)
    assert result.removed == (key,)
    assert not result.closed
    assert {row.destination for row in result.opened} >= {"169.254.169.254/32"}


def test_a_policy_of_a_known_name_replaces_that_one() -> None:
    changed = Workspace.sample().network.policies.documents[0]
    text = f"""
apiVersion: cilium.io/v2
kind: {changed.kind}
metadata: {{name: {changed.name}}}
spec: {{endpointSelector: {{matchLabels: {{app: nobody}}}}, egressDeny: [{{toEntities: [world]}}]}}
"""
    result = simulate(text)
    assert (result.added, result.replaced) == ((), (changed.key,))
    assert result.opened


def test_other_requests_on_an_open_port_are_told_apart() -> None:
    pod = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: staging, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: staging, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
"""
    workspace = Workspace(cluster=load_text(pod + "---" + GUARD))
    add = GUARD.replace("/PATH", "/other")
    result = simulate_policies.call(workspace, {"add": add})
    assert isinstance(result, SimulationResult)
    assert (result.opened, result.closed) == ((), ())
    assert {row.ports for row in result.changed} == {"8080/TCP"}
    assert "Open to other requests than before" in result.summary


def test_a_policy_that_would_be_refused_is_said_not_to_be_in_force() -> None:
    result = simulate(
        GUARD.replace("fromEndpoints", "fromEndpoints: []\n      fromCIDR: [x]\n      ignored")
    )
    assert result.refused
    assert "Not in force: " in result.summary
    assert "opens nothing and closes nothing" in result.summary


OPEN_MESH = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: billing}
spec: {mtls: {mode: PERMISSIVE}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: everyone, namespace: billing}
spec: {rules: [{}]}
"""


def test_mesh_policies_are_compared_where_a_sidecar_enforces_them() -> None:
    result = simulate(OPEN_MESH)
    assert result.added == ("AuthorizationPolicy/billing/everyone",)
    assert result.replaced == ("PeerAuthentication/billing/strict",)
    assert {row.layer for row in result.opened} == {"mesh"}
    assert {row.destination for row in result.opened} == {"billing/invoices"}
    assert "by the mesh" in result.summary
    assert not simulate(OPEN_MESH.replace("billing", "staging")).opened


def test_a_mesh_policy_can_be_taken_away() -> None:
    result = simulate("", "AuthorizationPolicy/billing/allow-nothing")
    assert result.removed == ("AuthorizationPolicy/billing/allow-nothing",)
    assert "opens nothing and closes nothing" in result.summary


def test_nothing_to_do_and_unknown_policies_are_refused_with_a_hint() -> None:
    with pytest.raises(ToolError, match="no policy to add or remove"):
        simulate()
    with pytest.raises(ToolError, match="Write `CiliumNetworkPolicy/shop/metrics`"):
        simulate("", "NetworkPolicy/shop/metrics")


def test_a_change_without_effect_says_so() -> None:
    idle = GUARD.replace(
        "endpointSelector: {matchLabels: {app: web}}",
        "endpointSelector: {matchLabels: {app: none}}",
    )
    assert "It opens nothing and closes nothing." in simulate(idle).summary
