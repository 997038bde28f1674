"""Over-broad AuthorizationPolicies cut down to the callers, ports and requests that are used."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topology.authoring.contract import Demand
from topology.authoring.contract_check import check_demand
from topology.authoring.impact import applied
from topology.authoring.rewriting import Rewriting
from topology.authoring.tightening import tighten
from topology.paths import Network
from topology.policy.verdict import HttpRequest

Maker = Callable[..., Network]
EXTRA = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: side, namespace: mesh}
spec:
  selector: {matchLabels: {app: side}}
  template:
    metadata: {labels: {app: side}}
    spec:
      serviceAccountName: side
      containers: [{name: c, image: i, ports: [{containerPort: 80}]}]
---
"""


def policy(rules: str, more: str = "") -> str:
    return f"""{EXTRA}
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: back, namespace: mesh}}
spec:
  selector: {{matchLabels: {{app: back}}}}
{more}  rules:
{rules}"""


def use(source: str = "mesh/front", request: str = "", port: int = 8080) -> Demand:
    http = HttpRequest(method=request.split()[0], path=request.split()[1]) if request else None
    return Demand(source=source, destination="mesh/back", port=port, http=http)


def cut(network: Network, *used: Demand, likely: tuple[Demand, ...] = ()) -> Rewriting:
    return tighten(network, network.cluster.policies, used, likely=likely)


def rules_of(found: Rewriting) -> list[Mapping[str, Any]]:
    (edit,) = found.edits
    assert edit.after is not None
    return list(edit.after.body["spec"]["rules"])


FRONT = "cluster.local/ns/mesh/sa/front"
SIDE = "cluster.local/ns/mesh/sa/side"


def test_a_rule_for_anyone_becomes_one_for_the_caller_its_port_and_its_requests(
    network: Maker,
) -> None:
    before = network(policy("  - {}\n"))
    used = (use(request="GET /items?page=1"), use(request="POST /items"))
    found = cut(before, *used)
    assert found.outcome == "done"
    assert found.verified, found.checks
    operation = {"ports": ["8080"], "methods": ["GET", "POST"], "paths": ["/items"]}
    assert rules_of(found) == [
        {"from": [{"source": {"principals": [FRONT]}}], "to": [{"operation": operation}]}
    ]
    assert any("`mesh/side` -> `mesh/back`" in row for row in found.closed)
    after = applied(before, found.edits)
    assert all(check_demand(after, one, "allow").met for one in used)
    assert check_demand(after, use(request="DELETE /items"), "deny").met
    assert check_demand(after, use("mesh/side", "GET /items"), "deny").met


def test_where_only_the_connection_is_known_its_requests_stay_as_they_are(
    network: Maker,
) -> None:
    rules = """\
  - from: [{source: {namespaces: ["*"]}}]
    to: [{operation: {methods: [GET, POST], hosts: ["back*"]}}]
    when: [{key: "request.headers[x-tenant]", values: [a]}]
"""
    found = cut(network(policy(rules)), use())
    assert found.verified, found.checks
    assert rules_of(found) == [
        {
            "from": [{"source": {"principals": [FRONT]}}],
            "to": [
                {"operation": {"methods": ["GET", "POST"], "hosts": ["back*"], "ports": ["8080"]}}
            ],
            "when": [{"key": "request.headers[x-tenant]", "values": ["a"]}],
        }
    ]


def test_callers_of_the_same_requests_stay_together_and_others_apart(network: Maker) -> None:
    used = (
        use(request="GET /a"),
        use("mesh/side", "GET /a"),
        use("mesh/side", "PUT /b"),
    )
    found = cut(network(policy("  - from: [{source: {principals: ['*']}}]\n")), *used)
    assert found.verified, found.checks
    one, other = rules_of(found)
    assert one["from"] == [{"source": {"principals": [FRONT]}}]
    assert other["from"] == [{"source": {"principals": [SIDE]}}]
    assert [each["operation"]["paths"] for each in other["to"]] == [["/a"], ["/b"]]


def test_what_is_announced_keeps_its_requests_open_until_they_are_seen(network: Maker) -> None:
    before = network(policy("  - {}\n"))
    plain = cut(before, likely=(use(),))
    assert rules_of(plain)[0]["to"] == [{"operation": {"ports": ["8080"]}}]
    seen = cut(before, use(request="GET /a"), likely=(use(),))
    assert rules_of(seen)[0]["to"][0]["operation"]["paths"] == ["/a"]
    # A whole connection that is used is not narrowed by a request that is used too.
    both = cut(before, use(), use(request="GET /a"))
    assert rules_of(both)[0]["to"] == [{"operation": {"ports": ["8080"]}}]


def test_a_caller_without_identity_keeps_the_rule_open_to_callers_and_that_is_said(
    network: Maker,
) -> None:
    found = cut(network(policy("  - {}\n")), use("shop/web"), use())
    assert found.verified, found.checks
    assert rules_of(found) == [{"to": [{"operation": {"ports": ["8080"]}}]}]
    assert any("`shop/web` uses it, and proves no identity" in note for note in found.notes)


def test_rules_without_use_go_and_without_any_the_policy_still_denies(network: Maker) -> None:
    rules = f"""\
  - from: [{{source: {{principals: [{SIDE}]}}}}]
  - from: [{{source: {{principals: [{FRONT}]}}}}]
    to: [{{operation: {{ports: ["8080"]}}}}]
"""
    before = network(policy(rules))
    found = cut(before, use())
    assert found.verified, found.checks
    assert len(rules_of(found)) == 1
    none = cut(before, use("mesh/front", port=9999))
    assert none.verified, none.checks
    assert rules_of(none) == []
    after = applied(before, none.edits)
    assert check_demand(after, use(), "deny").met


def test_what_is_tight_already_is_left_alone(network: Maker) -> None:
    rules = f"""\
  - from: [{{source: {{principals: [{FRONT}]}}}}]
    to: [{{operation: {{ports: ["8080"]}}}}]
"""
    assert cut(network(policy(rules)), use()).outcome == "nothing-to-do"


@pytest.mark.parametrize("action", ["DENY", "AUDIT"])
def test_only_what_allows_can_be_tightened(network: Maker, action: str) -> None:
    found = cut(network(policy("  - {}\n", more=f"  action: {action}\n")), use())
    assert found.outcome == "refused"
    assert action in str(found.refusals[0])


def test_a_network_policy_and_a_mesh_policy_are_tightened_together(network: Maker) -> None:
    both = (
        policy("  - {}\n")
        + """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: back, namespace: mesh}
spec: {podSelector: {matchLabels: {app: back}}, ingress: [{}]}
"""
    )
    before = network(both)
    found = cut(before, use(request="GET /a"))
    assert found.verified, found.checks
    assert {edit.key.partition("/")[0] for edit in found.edits} == {
        "AuthorizationPolicy", "NetworkPolicy",
    }  # fmt: skip
    after = applied(before, found.edits)
    assert check_demand(after, use(request="GET /a"), "allow").met


values = {
    "principals": st.sampled_from(("*", FRONT, SIDE, "*/sa/front", "cluster.local/ns/mesh/*")),
    "namespaces": st.sampled_from(("mesh", "*", "shop")),
    "notPrincipals": st.sampled_from((SIDE, "*/sa/nobody")),
}
requests = {
    "methods": st.sampled_from(("*", "GET", "POST", "P*")),
    "paths": st.sampled_from(("*", "/a", "/a/*", "*/b", "/{*}", "/a/{**}")),
    "ports": st.sampled_from(("8080", "9090")),
    "notPaths": st.sampled_from(("/a/secret", "/b")),
}


def some(fields: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[dict[str, list[str]]]:
    lists = {key: st.lists(one, min_size=1, max_size=2, unique=True) for key, one in fields.items()}
    return st.fixed_dictionaries({}, optional=lists)


def listed(key: str, inner: str, one: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    items = st.lists(one.filter(bool).map(lambda each: {inner: each}), max_size=2)
    return items.map(lambda found: {key: found} if found else {})


any_rules = st.lists(
    st.builds(
        lambda source, operation: {**source, **operation},
        listed("from", "source", some(values)),
        listed("to", "operation", some(requests)),
    ),
    min_size=1,
    max_size=3,
)
any_uses = st.lists(
    st.builds(
        use,
        st.sampled_from(("mesh/front", "mesh/side", "shop/web")),
        st.sampled_from(("", "GET /a", "POST /a/b?q=1", "PUT /b", "GET /a/17", "GET /x*")),
    ),
    max_size=4,
)


@given(rules=any_rules, used=any_uses)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_rules_and_uses_nothing_used_is_closed_and_nothing_opened(
    network: Maker, rules: list[dict[str, Any]], used: list[Demand]
) -> None:
    before = network(policy("  []\n").replace("  rules:\n  []", f"  rules: {json.dumps(rules)}"))
    found = cut(before, *used)
    assert found.outcome in ("done", "nothing-to-do"), (found.outcome, found.checks)
    if found.edits:
        assert found.verified, found.checks
        after = applied(before, found.edits)
        for one in used:
            if check_demand(before, one, "allow").found in ("allow", "conditional"):
                kept = check_demand(after, one, "allow").found
                assert kept == check_demand(before, one, "allow").found, one
