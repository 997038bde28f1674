from collections.abc import Callable
from typing import Any

import pytest

from evals.bench.flow_objects import make_end, make_flow
from topology.flows.connections import observed
from topology.flows.drops import Drop, explain_drops
from topology.flows.parsing import parse_flow
from topology.flows.replay import Replay, replay
from topology.load import load_text
from topology.model import Cluster
from topology.paths import Network
from topology.policy.engine import PolicyEngine

Make = Callable[..., Cluster]

DENY_DB = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
"""
ALLOW_WEB = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 50051}]}]
"""
ONLY_ITEMS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: only-items, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts:
    - ports: [{port: "50051", protocol: TCP}]
      rules: {http: [{method: GET, path: "/items"}]}
"""
DENY_EGRESS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: deny-egress, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egressDeny: [{toEndpoints: [{matchLabels: {app: db}}]}]
"""
NAMES = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: names, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toFQDNs: [{matchName: cdn.example.net}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""
DROPPED = {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED", "is_reply": None,
           "flags": ["SYN"], "ports": (40000, 50051)}  # fmt: skip


def passed(**fields: Any) -> dict[str, Any]:
    return make_flow(**{"ports": (40000, 50051)} | fields)


def tried(cluster: Cluster, *flows: dict[str, Any], add: str = "") -> Replay:
    observation = observed(map(parse_flow, flows), cluster)
    documents = load_text(add).policies if add else ()
    network = Network.build(cluster)
    return replay(network, network.changed(add=documents), observation)


def explained(cluster: Cluster, *flows: dict[str, Any]) -> tuple[Drop, ...]:
    observation = observed(map(parse_flow, flows), cluster)
    return explain_drops(observation, PolicyEngine.build(cluster))


def test_what_passed_and_would_be_denied_is_named_with_the_rule(cluster: Cluster) -> None:
    found = tried(cluster, passed(), add=DENY_DB)
    [one] = found.now_dropped
    assert str(one.connection) == "shop/web -> shop/db 50051/TCP"
    assert "NetworkPolicy/shop/deny-db" in one.after.reason
    assert found.unchanged == 0


def test_what_stays_allowed_is_not_named(cluster: Cluster) -> None:
    found = tried(cluster, passed(), add=ALLOW_WEB)
    assert (found.now_dropped, found.now_doubtful, found.unchanged) == ((), (), 1)


def test_what_was_denied_and_would_be_allowed_is_admitted(cluster_with: Make) -> None:
    found = tried(cluster_with(DENY_DB), make_flow(**DROPPED), add=ALLOW_WEB)
    [one] = found.now_admitted
    assert one.after.verdict == "allow"
    assert found.now_dropped == ()


def test_a_drop_for_another_reason_is_not_admitted_by_a_policy(cluster_with: Make) -> None:
    flow = make_flow(**DROPPED | {"drop_reason_desc": "SERVICE_BACKEND_NOT_FOUND"})
    assert tried(cluster_with(DENY_DB), flow, add=ALLOW_WEB).now_admitted == ()


def test_of_an_open_port_the_requests_that_would_be_refused_are_named(cluster: Cluster) -> None:
    def request(path: str) -> dict[str, Any]:
        return passed(l7={"type": "REQUEST", "http": {"method": "GET", "url": f"http://db{path}"}})

    assert tried(cluster, request("/items"), add=ONLY_ITEMS).now_dropped == ()
    [one] = tried(cluster, request("/items"), request("/admin"), add=ONLY_ITEMS).now_dropped
    assert [seen.path for seen in one.after.refused] == ["/admin"]


def test_what_passed_against_the_snapshot_is_a_contradiction_not_a_new_drop(
    cluster_with: Make,
) -> None:
    found = tried(cluster_with(DENY_DB), passed())
    assert len(found.contradicted) == 1
    assert found.now_dropped == ()


def test_what_no_export_holds_is_unknown(cluster: Cluster) -> None:
    found = tried(cluster, passed(source=make_end("shop/stranger")), add=DENY_DB)
    assert (found.now_dropped, found.unknown) == ((), 1)


def test_a_destination_of_several_names_is_allowed_under_any_of_them(cluster: Cluster) -> None:
    world = make_end("", "reserved:world", identity=2)
    names = {"destination_names": ["cdn.example.net", "api.example.com"]}
    flow = make_flow(destination=world, addresses=("10.2.0.7", "8.8.8.8"), ports=(40000, 443),
                     **names)  # fmt: skip
    assert tried(cluster, flow, add=NAMES).now_dropped == ()
    other = flow | {"destination_names": ["other.example.org"]}
    assert len(tried(cluster, other, add=NAMES).now_dropped) == 1


def test_a_service_is_judged_at_its_backends(cluster: Cluster) -> None:
    flow = make_flow(destination=make_end("", "reserved:world"), addresses=("10.2.0.7", "10.0.0.9"))
    [one] = tried(cluster, flow, add=DENY_DB).now_dropped
    assert str(one.connection.destination) == "service:shop/db"


def test_a_missing_rule_is_named_on_its_side(cluster_with: Make) -> None:
    [drop] = explained(cluster_with(DENY_DB), make_flow(**DROPPED, traffic_direction="INGRESS"))
    assert (drop.cause, drop.direction, drop.name) == ("rule-missing", "ingress", "POLICY_DENIED")
    assert "NetworkPolicy/shop/deny-db" in drop.why
    assert "ingress to `shop/db` from `shop/web`" in drop.fix


def test_the_side_follows_from_the_policies_where_the_flow_does_not_say(
    cluster_with: Make,
) -> None:
    [drop] = explained(cluster_with(DENY_DB), make_flow(**DROPPED, traffic_direction=None))
    assert drop.direction == "ingress"


def test_a_deny_rule_is_named(cluster_with: Make) -> None:
    flow = make_flow(**DROPPED | {"drop_reason_desc": "POLICY_DENY"})
    [drop] = explained(cluster_with(DENY_EGRESS), flow)
    assert drop.cause == "rule-denies"
    assert "spec.egressDeny[0]" in drop.fix


@pytest.mark.parametrize(
    ("policies", "direction", "words"),
    [
        ((ALLOW_WEB,), "INGRESS", "would allow it"),
        ((DENY_DB,), "EGRESS", "deny it at the destination"),
    ],
)
def test_what_the_snapshot_does_not_explain_is_said_to_differ(
    cluster_with: Make, policies: tuple[str, ...], direction: str, words: str
) -> None:
    flow = make_flow(**DROPPED, traffic_direction=direction)
    [drop] = explained(cluster_with(*policies), flow)
    assert drop.cause == "differs"
    assert words in drop.why


def test_without_policies_or_workload_a_drop_is_left_open(
    cluster: Cluster, cluster_with: Make
) -> None:
    [drop] = explained(cluster, make_flow(**DROPPED))
    assert drop.cause == "open"
    assert "holds no policies" in drop.why
    [drop] = explained(cluster_with(DENY_DB), make_flow(make_end("shop/stranger"), **DROPPED))
    assert drop.cause == "open"
    assert "`shop/stranger` is not in the cluster" in drop.why


def test_a_drop_of_the_datapath_says_what_its_reason_means(cluster: Cluster) -> None:
    flow = make_flow(**DROPPED | {"drop_reason_desc": "SERVICE_BACKEND_NOT_FOUND"})
    [drop] = explained(cluster, flow)
    assert drop.cause == "datapath"
    assert "no ready backend" in drop.why
    [drop] = explained(cluster, make_flow(**DROPPED | {"drop_reason_desc": None,
                                                        "drop_reason": 250}))  # fmt: skip
    assert (drop.name, drop.cause) == ("250", "datapath")


def test_waiting_for_mutual_authentication_is_no_policy_drop(cluster_with: Make) -> None:
    flow = make_flow(**DROPPED | {"drop_reason_desc": "AUTH_REQUIRED"})
    [drop] = explained(cluster_with(ALLOW_WEB), flow)
    assert (drop.cause, drop.name) == ("datapath", "AUTH_REQUIRED")
    assert "expected to drop" in drop.why


def test_a_request_that_the_proxy_refused_is_explained_by_the_l7_rule(cluster_with: Make) -> None:
    flow = passed(
        verdict="DROPPED",
        l7={"type": "REQUEST", "http": {"method": "PUT", "url": "/items"}},
        traffic_direction="INGRESS",
    )
    [drop] = explained(cluster_with(ONLY_ITEMS), flow)
    assert (drop.cause, drop.name) == ("requests-refused", "L7_REFUSED")
    assert "`PUT /items`" in drop.fix


def test_policies_that_cilium_names_are_repeated(cluster_with: Make) -> None:
    named = [{"kind": "CiliumNetworkPolicy", "namespace": "shop", "name": "deny-egress"}]
    [drop] = explained(cluster_with(DENY_EGRESS), make_flow(**DROPPED, egress_denied_by=named))
    assert "Cilium itself puts it down to `CiliumNetworkPolicy/shop/deny-egress`" in drop.why
