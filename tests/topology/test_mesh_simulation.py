"""What Istio policies open and close, against questions asked before and after them."""

from dataclasses import replace
from pathlib import Path

import pytest

from topology.load import load, load_text
from topology.model import Cluster
from topology.paths import Network
from topology.paths.queries import PortQuery
from topology.simulation import simulate_network
from topology.targets import EntityTarget, WorkloadTarget

NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {istio-injection: enabled}}
"""
CHANGES = {
    "allow nothing": "kind: AuthorizationPolicy\nmetadata: {name: p}\nspec: {}",
    "only one caller": (
        "kind: AuthorizationPolicy\nmetadata: {name: p}\nspec:\n  selector: {matchLabels: "
        "{app: reviews}}\n  rules: [{from: [{source: {principals: "
        "[cluster.local/ns/default/sa/bookinfo-productpage]}}]}]"
    ),
    "strict": "kind: PeerAuthentication\nmetadata: {name: p}\nspec: {mtls: {mode: STRICT}}",
    "one method": (
        "kind: AuthorizationPolicy\nmetadata: {name: p}\nspec:\n  selector: {matchLabels: "
        "{app: ratings}}\n  rules: [{to: [{operation: {methods: [GET]}}]}]"
    ),
}


def states(cluster: Cluster) -> dict[tuple[str, str], str]:
    network = Network.build(cluster)
    found = {}
    for destination in cluster.workloads:
        for port in destination.pods[0].ports:
            sources = [(one.full_name, WorkloadTarget(one)) for one in cluster.workloads]
            for name, source in (*sources, ("world", EntityTarget("world"))):
                reach = network.reach(
                    source, WorkloadTarget(destination), port=PortQuery(number=port.number)
                )
                state = (
                    f"{reach.verdict} {reach.l7}" if reach.l7 == "conditional" else reach.verdict
                )
                found[name, destination.full_name] = state
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_a_mesh_policy_changes_what_the_same_questions_say(
    change: str, shared: Path, tmp_path: Path
) -> None:
    space = tmp_path / "namespace.yaml"
    space.write_text(NAMESPACE, encoding="utf-8")
    cluster = load([shared / "cases" / "external" / "clusters" / "bookinfo", space])
    text = f"apiVersion: security.istio.io/v1\n{CHANGES[change]}"
    added = load_text(text, name="p.yaml").policies
    found = simulate_network(Network.build(cluster), add=added)
    before = states(cluster)
    after = states(replace(cluster, policies=(*cluster.policies, *added)))
    differing = {pair for pair in before if before[pair] != after[pair]}
    # The questions are about declared ports, and curl declares none.
    closed = {
        (one.source, one.destination) for one in found.closed if "curl" not in one.destination
    }
    assert differing
    assert closed == differing
    assert not found.opened
    # And back again.
    again = simulate_network(
        Network.build(replace(cluster, policies=(*cluster.policies, *added))),
        remove=[added[0].key],
    )
    opened = {(one.source, one.destination) for one in again.opened}
    assert {pair for pair in opened if "curl" not in pair[1]} == differing


def test_what_network_policies_stop_anyway_is_not_opened_by_the_mesh() -> None:
    text = (
        NAMESPACE
        + """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec: {template: {metadata: {labels: {app: b}}, spec: {containers: [{name: c}]}}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: none}
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
    )
    network = Network.build(load_text(text))
    found = simulate_network(network, remove=["AuthorizationPolicy/default/none"])
    assert found.opened == ()
    both = simulate_network(
        network, remove=["AuthorizationPolicy/default/none", "NetworkPolicy/default/none"]
    )
    assert {one.layer for one in both.opened} == {"mesh", "network"}
