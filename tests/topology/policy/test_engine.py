import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from topology.errors import InvalidQuery
from topology.policy import PolicyEngine
from topology.policy.profile import Profile
from topology.targets import AddressTarget, EntityTarget, PodTarget

World = Callable[..., Any]

DENY_ALL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
"""
WEB_TO_DB = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web-to-db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    ports:
    - {port: sql}
---
"""
EGRESS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toCIDRSet:
    - cidr: 203.0.113.0/24
      except: [203.0.113.128/25]
  - toFQDNs:
    - matchPattern: "*.example.com"
    toPorts:
    - ports: [{port: "443", protocol: TCP}]
---
"""
DNS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toEndpoints:
    - matchLabels: {io.kubernetes.pod.namespace: ops}
    toPorts:
    - ports: [{port: "53", protocol: ANY}]
      rules: {dns: [{matchPattern: "*.example.com"}]}
---
"""


def test_without_policies_everything_is_allowed_and_nothing_enforced(world: World) -> None:
    decision = world().ask("shop/web", "shop/db", 5432)
    assert decision.verdict == "allow"
    assert not decision.egress.enforced
    assert "No policy selects the destination for ingress" in decision.ingress.reason


def test_an_allow_names_policy_field_file_and_line(world: World) -> None:
    here = world(DENY_ALL + WEB_TO_DB)
    ingress = here.ask("shop/web", "shop/db", 5432).ingress
    assert ingress.verdict == "allow"
    assert ingress.policy == "NetworkPolicy/shop/web-to-db"
    assert ingress.rule == "spec.ingress[0]"
    text = here.text.splitlines()
    assert str(ingress.location).startswith("policies.yaml:")
    assert ingress.location.line == text.index("  - from:") + 1


def test_a_default_deny_names_its_causes_and_the_nearest_allow(world: World) -> None:
    here = world(DENY_ALL + WEB_TO_DB)
    wrong_port = here.ask("shop/web", "shop/db", 80).ingress
    assert wrong_port.verdict == "deny"
    assert [name for name, _ in wrong_port.causes] == [
        "NetworkPolicy/shop/deny",
        "NetworkPolicy/shop/web-to-db",
    ]
    assert wrong_port.nearest == (
        "`NetworkPolicy/shop/web-to-db` `spec.ingress[0]` would allow it but for the port: "
        "it allows 5432/TCP."
    )
    wrong_source = here.ask("ops/probe", "shop/db", 5432).ingress
    assert wrong_source.verdict == "deny"


def test_the_first_allow_that_lacks_only_the_peer_is_the_nearest(world: World) -> None:
    policy = WEB_TO_DB.replace("{port: sql}", "{port: 5432}")
    layer = world(policy).ask("ops/probe", "shop/db", 5432).ingress
    assert "would allow it but for the source: it is for" in layer.nearest
    assert "it is for pods with `app=web` in namespace `shop`" in layer.nearest


def test_a_cidr_never_means_a_pod_or_a_node_but_in_plain_kubernetes(world: World) -> None:
    policy = WEB_TO_DB.replace(
        "podSelector: {matchLabels: {app: web}}", "ipBlock: {cidr: 10.244.0.0/16}"
    )
    assert world(policy).ask("shop/web", "shop/db", 5432).verdict == "deny"
    assert world(policy, "kubernetes").ask("shop/web", "shop/db", 5432).verdict == "allow"


def test_an_address_of_a_pod_is_that_pod(world: World) -> None:
    here = world(DENY_ALL + WEB_TO_DB)
    assert here.ask("10.244.0.10", "shop/db", 5432).verdict == "allow"
    assert here.ask("10.244.0.12", "shop/db", 5432).verdict == "deny"


def test_the_own_node_is_always_let_in_and_another_node_is_not(world: World) -> None:
    here = world(DENY_ALL)
    assert here.ask("ops/agent", "shop/db").ingress.reason.startswith("What the pod's own node")
    assert here.ask("192.168.0.1", "shop/db").verdict == "allow"
    assert here.ask("192.168.0.2", "shop/db").verdict == "deny"


def test_an_end_without_pod_enforces_nothing(world: World) -> None:
    decision = world(DENY_ALL).ask("203.0.113.5", "shop/db")
    assert decision.egress.verdict == "none"
    assert decision.verdict == "deny"


def test_a_range_is_taken_apart_where_rules_differ(world: World) -> None:
    here = world(EGRESS)
    assert here.ask("shop/web", "203.0.113.0/25").verdict == "allow"
    assert here.ask("shop/web", "203.0.113.128/26").verdict == "deny"
    mixed = here.ask("shop/web", "203.0.113.0/24")
    assert mixed.verdict == "unknown"
    assert "allow for 203.0.113.0/25; deny for 203.0.113.128/25" in mixed.egress.reason


def test_a_learned_name_opens_its_address_and_nothing_else_does(world: World) -> None:
    here = world(EGRESS)
    assert here.ask("shop/web", "198.51.100.1=api.example.com", 443).verdict == "allow"
    assert here.ask("shop/web", "198.51.100.1", 443).verdict == "deny"


def test_a_name_is_unknown_unless_a_dns_rule_shows_its_answers(world: World) -> None:
    only_name = re.sub(r"  - toCIDRSet:.*?(?=  - toFQDNs)", "", EGRESS, flags=re.DOTALL)
    unseen = world(only_name).ask("shop/web", "dns:api.example.com", 443)
    assert unseen.verdict == "unknown"
    assert "no DNS rule of the pod lets Cilium see its answers" in unseen.egress.reason
    assert world(only_name + DNS).ask("shop/web", "dns:api.example.com", 443).verdict == "allow"


def test_a_name_may_have_any_address_that_a_cidr_means(world: World) -> None:
    decision = world(EGRESS).ask("shop/web", "dns:example.org", 443)
    assert decision.verdict == "unknown"
    assert "203.0.113.0/24" in decision.egress.reason


def test_l7_rules_without_a_request_are_conditions(world: World) -> None:
    decision = world(DNS).ask("shop/web", "ops/probe", 53, protocol="UDP")
    assert (decision.verdict, decision.l7_verdict) == ("allow", "conditional")
    assert decision.conditions[0].startswith("DNS queries for `*.example.com`")


def test_l7_rules_decide_a_request(world: World) -> None:
    here = world(DNS)
    good = here.ask("shop/web", "ops/probe", 53, protocol="UDP", dns="www.example.com")
    bad = here.ask("shop/web", "ops/probe", 53, protocol="UDP", dns="evil.io")
    assert (good.verdict, bad.verdict) == ("allow", "deny")
    assert bad.l7 is not None
    assert bad.l7.rule == "spec.egress[0].toPorts[0]"
    assert bad.egress.verdict == "allow"


def test_all_ports_at_once_are_unknown_where_only_some_are_open(world: World) -> None:
    decision = world(WEB_TO_DB).ask("shop/web", "shop/db", None)
    assert decision.verdict == "unknown"
    assert "allowed are 5432/TCP" in decision.ingress.reason


def test_open_ports_are_those_that_both_ends_allow(world: World) -> None:
    here = world(WEB_TO_DB + DNS)
    ends = PodTarget(here.pod("shop/web")), PodTarget(here.pod("shop/db"))
    assert not here.engine.open_ports(*ends).allowed
    outcome = here.engine.open_ports(ends[0], PodTarget(here.pod("ops/probe")))
    assert str(outcome.allowed) == "53/TCP, 53/UDP, 53/SCTP"
    assert outcome.conditional == outcome.allowed
    assert not outcome.unknown


def test_selecting_lists_policies_by_direction_with_their_line(world: World) -> None:
    here = world(DENY_ALL + WEB_TO_DB)
    found = here.engine.selecting(here.pod("shop/db"))
    assert [(one.policy, one.direction, one.default_deny) for one in found] == [
        ("NetworkPolicy/shop/deny", "ingress", True),
        ("NetworkPolicy/shop/web-to-db", "ingress", True),
    ]
    text = here.text.splitlines()
    assert text[found[1].location.line - 1 :][:3] == WEB_TO_DB.splitlines()[1:4]
    assert here.engine.selecting(here.pod("ops/agent")) == ()


def test_pods_that_no_selector_tells_apart_share_a_class(world: World) -> None:
    here = world(DENY_ALL)
    web, db, probe = (here.pod(name) for name in ("shop/web", "shop/db", "ops/probe"))
    assert here.engine.class_of(web) == here.engine.class_of(db)
    assert here.engine.class_of(web) != here.engine.class_of(probe)
    assert here.engine.class_of(here.pod("ops/agent")) < 0
    assert [len(pods) for pods in here.engine.classes()] == [1, 2]


def test_pairs_with_equal_keys_get_the_same_decision(world: World) -> None:
    engine = world(DENY_ALL).engine
    first, second = (EntityTarget("world"), EntityTarget("remote-node"))
    pods = [PodTarget(pod) for pod in engine.classes()[1]]
    assert engine.question_key(first, pods[0]) == engine.question_key(first, pods[1])
    assert engine.question_key(first, pods[0]) != engine.question_key(second, pods[0])


def test_the_api_server_is_inside_or_outside_as_far_as_is_known(world: World) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec: {endpointSelector: {}, egress: [{toEntities: [remote-node]}]}
"""
    assert world(policy).ask("shop/web", "entity:kube-apiserver", 443).verdict == "deny"
    inside = world(policy.replace("remote-node", "kube-apiserver"))
    assert inside.ask("shop/web", "entity:kube-apiserver", 443).verdict == "allow"


def test_conflicting_parsers_are_reported_as_cilium_does(world: World) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: both, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]
  - toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {kafka: [{role: produce}]}}]
"""
    decision = world(policy).ask("shop/web", "shop/db", 80)
    assert decision.verdict == "unknown"
    assert decision.error == "cannot merge conflicting L7 parsers (http/kafka)"


def test_what_cannot_be_an_end_or_a_port_is_refused(world: World) -> None:
    here = world()
    with pytest.raises(InvalidQuery, match="`cluster` cannot be an end"):
        here.ask("entity:cluster", "shop/db")
    with pytest.raises(InvalidQuery, match="`70000/TCP` is no port"):
        here.ask("shop/web", "shop/db", 70000)


def test_required_authentication_is_a_condition(world: World) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: mutual, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEndpoints: [{}], authentication: {mode: required}}]
"""
    decision = world(policy).ask("shop/web", "shop/db", 80)
    assert decision.verdict == "allow"
    assert decision.conditions[0].startswith("mutual authentication of the peers")


def test_a_removed_pod_cannot_be_asked_about(world: World) -> None:
    web = world().pod("shop/web")
    from topology.load import load_text
    from topology.policy import PolicyEngine

    empty = PolicyEngine.build(load_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"))
    with pytest.raises(InvalidQuery, match="no pod of this cluster"):
        empty.decide(PodTarget(web), AddressTarget(web.addresses[0]), port=80)


def test_the_world_at_large_is_decided_and_the_networks_that_fare_otherwise_are_named(
    world: World,
) -> None:
    decision = world(EGRESS).ask("shop/web", "entity:world", 443)
    assert decision.verdict == "deny"
    assert "For some networks it is otherwise: allow for 203.0.113.0/25." in decision.egress.reason
    wide = EGRESS.replace("cidr: 203.0.113.0/24", "cidr: 0.0.0.0/0")
    open_world = world(wide).ask("shop/web", "entity:world", 443)
    assert open_world.verdict == "allow"
    assert "deny for 203.0.113.128/25" in open_world.conditions[0]


@pytest.mark.parametrize(("firewall", "verdict"), [(False, "allow"), (True, "deny")])
def test_enforcement_always_reaches_the_host_only_with_its_firewall(
    world: Callable[..., Any], firewall: bool, verdict: str
) -> None:
    here = world()
    profile = Profile(enforcement="always", host_firewall=firewall)
    engine = PolicyEngine.build(here.cluster, profile=profile)
    host = EntityTarget("host-endpoint")
    found = engine.decide(AddressTarget(ip_address("9.9.9.9")), host, port=80)
    assert (found.ingress.verdict, found.ingress.enforced) == (verdict, firewall)
    assert engine.verdict(AddressTarget(ip_address("9.9.9.9")), host, port=80) == verdict


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [("toCIDRSet: [{cidr: '::/0'}]", "allow"), ("toCIDR: ['::/0']", "deny")],
)
def test_in_a_cluster_of_one_family_a_block_of_all_ipv6_is_the_whole_world(
    world: Callable[..., Any], rule: str, verdict: str
) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: out, namespace: shop}
spec: {endpointSelector: {}, egress: [{RULE}]}
""".replace("RULE", rule)
    here = world(policy)
    assert here.ask("shop/web", "9.9.9.9").verdict == verdict
    assert here.ask("shop/web", "2001:db8::1").verdict == "allow"
    assert here.ask("shop/web", "shop/db").verdict == "deny"
    dual = PolicyEngine.build(here.cluster, profile=Profile(ipv6=True))
    web = PodTarget(here.pod("shop/web"))
    assert dual.verdict(web, AddressTarget(ip_address("9.9.9.9")), port=80) == "deny"
