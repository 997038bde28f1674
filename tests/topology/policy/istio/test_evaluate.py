"""Order, negation, TCP ports and bad configuration; and what holds for any set of policies."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.model import Document, Source
from topology.policy.istio.connection import Connection
from topology.policy.istio.evaluate import Finding, evaluate
from topology.policy.istio.parse import parse_policy
from topology.policy.istio.requests import with_request
from topology.policy.istio.rules import AuthorizationPolicy
from topology.policy.istio.truth import Truth
from topology.policy.verdict import HttpRequest

REQUEST = Connection(
    http=True,
    port=8080,
    principal="cluster.local/ns/shop/sa/web",
    source_ip=ip_network("10.0.0.1"),
    remote_ip=ip_network("10.0.0.1"),
    destination_ip=ip_address("10.0.0.2"),
    sni=None,
    method="GET",
    path="/api/x",
    host="api.shop",
    headers={},
    claims=None,
    metadata={},
)


def policy(action: str = "ALLOW", rules: Any = None, **metadata: Any) -> AuthorizationPolicy:
    spec: dict[str, Any] = {"action": action}
    if rules is not None:
        spec["rules"] = rules
    document = Document(
        kind="AuthorizationPolicy",
        api_version="security.istio.io/v1",
        namespace="shop",
        name=str(metadata.pop("name", "p")),
        body={"metadata": metadata, "spec": spec},
        source=Source("policy.yaml"),
    )
    parsed, _ = parse_policy(document)
    assert parsed is not None
    return parsed


def judge(*policies: AuthorizationPolicy, request: Connection = REQUEST) -> Finding:
    return evaluate(policies, request, trust_domains=("cluster.local",))


def to(**operation: list[str]) -> dict[str, Any]:
    return {"to": [{"operation": operation}]}


def by(**source: list[str]) -> dict[str, Any]:
    return {"from": [{"source": source}]}


def test_no_policy_allows() -> None:
    assert judge().verdict == "allow"


def test_an_empty_spec_denies_everything() -> None:
    assert judge(policy()).verdict == "deny"


def test_an_empty_rule_matches_everything() -> None:
    assert judge(policy(rules=[{}])).verdict == "allow"
    assert judge(policy("DENY", [{}])).verdict == "deny"


def test_a_deny_without_rules_matches_nothing() -> None:
    assert judge(policy("DENY")).verdict == "allow"


def test_deny_goes_before_allow() -> None:
    found = judge(policy(rules=[{}]), policy("DENY", [to(methods=["GET"])], name="d"))
    assert (found.verdict, found.by) == ("deny", "deny")


def test_audit_changes_nothing_and_causes_no_default_deny() -> None:
    assert judge(policy("AUDIT", [{}])).verdict == "allow"


@pytest.mark.parametrize("value", ["true", "1", "T", "True"])
def test_a_dry_run_policy_only_logs(value: str) -> None:
    assert judge(policy(annotations={"istio.io/dry-run": value})).verdict == "allow"


def test_a_dry_run_annotation_that_is_no_boolean_leaves_the_policy_enforced() -> None:
    assert judge(policy(annotations={"istio.io/dry-run": "yes"})).verdict == "deny"


def test_negations_hold_for_callers_without_the_attribute() -> None:
    plaintext = replace(REQUEST, principal=None)
    assert judge(policy(rules=[by(notNamespaces=["x"])]), request=plaintext).verdict == "allow"
    assert judge(policy("DENY", [by(notPrincipals=["*"])]), request=plaintext).verdict == "deny"


def test_identities_never_match_plaintext() -> None:
    plaintext = replace(REQUEST, principal=None)
    assert judge(policy(rules=[by(principals=["*"])]), request=plaintext).verdict == "deny"
    assert judge(policy("DENY", [by(namespaces=["shop"])]), request=plaintext).verdict == "allow"


def test_on_tcp_an_allow_rule_with_an_http_field_is_gone() -> None:
    tcp = replace(REQUEST, http=False)
    rule = by(namespaces=["shop"]) | to(notPaths=["/x"], ports=["8080"])
    assert judge(policy(rules=[rule]), request=tcp).verdict == "deny"


def test_on_tcp_a_deny_rule_is_judged_without_its_http_fields() -> None:
    tcp = replace(REQUEST, http=False)
    assert judge(policy("DENY", [to(paths=["/admin"])]), request=tcp).verdict == "deny"
    other = policy("DENY", [to(paths=["/admin"], ports=["9000"])])
    assert judge(other, request=tcp).verdict == "allow"


def test_an_unknown_key_takes_the_rule_out() -> None:
    when = [{"when": [{"key": "request.foo", "values": ["x"]}]}]
    assert judge(policy("DENY", when)).verdict == "allow"
    assert judge(policy("ALLOW", when)).verdict == "deny"


def test_a_bad_value_takes_an_allow_rule_out_but_widens_a_deny() -> None:
    rule = [to(ports=["8080", "http"])]
    assert judge(policy("ALLOW", rule)).verdict == "deny"
    assert judge(policy("DENY", rule)).verdict == "deny"
    assert judge(policy("DENY", [to(ports=["http"])])).verdict == "deny"


def test_a_custom_policy_leaves_the_answer_to_its_authorizer() -> None:
    custom = policy("CUSTOM", [to(paths=["/api/*"])], name="c")
    assert judge(custom).verdict == "unknown"
    assert judge(custom, request=replace(REQUEST, path="/other")).verdict == "allow"
    assert judge(custom, policy(name="a")).verdict == "deny"


def test_an_authorizer_that_the_mesh_does_not_define_denies() -> None:
    custom = policy("CUSTOM", [{}])
    found = evaluate([custom], REQUEST, trust_domains=("cluster.local",), providers=frozenset())
    assert (found.verdict, found.by) == ("deny", "custom")


def test_what_the_question_leaves_open_is_told_from_what_is_not_known() -> None:
    methods = policy(rules=[to(methods=["GET"])])
    assert judge(methods, request=replace(REQUEST, method=Truth.OPEN)).verdict == "open"
    addresses = policy(rules=[by(ipBlocks=["10.0.0.0/8"])])
    nowhere = replace(REQUEST, source_ip=Truth.UNKNOWN)
    assert judge(addresses, request=nowhere).verdict == "unknown"


def test_a_range_that_straddles_a_block_is_not_known() -> None:
    wide = replace(REQUEST, source_ip=ip_network("10.0.0.0/8"))
    assert judge(policy(rules=[by(ipBlocks=["10.1.0.0/16"])]), request=wide).verdict == "unknown"
    assert judge(policy(rules=[by(ipBlocks=["0.0.0.0/0"])]), request=wide).verdict == "allow"


RULES = st.sampled_from(
    [
        {},
        to(methods=["GET"]),
        to(methods=["POST"], paths=["/api/*"]),
        to(notPaths=["/api/x"]),
        by(namespaces=["shop"]),
        by(notPrincipals=["*"]),
        by(ipBlocks=["10.0.0.0/24"]) | to(ports=["8080"]),
        {"when": [{"key": "request.headers[x-a]", "values": ["1"]}]},
    ]
)
POLICIES = st.lists(
    st.builds(policy, st.sampled_from(["ALLOW", "DENY", "AUDIT"]), st.lists(RULES, max_size=3)),
    max_size=4,
)
REQUESTS = st.builds(
    lambda method, path, principal: replace(REQUEST, method=method, path=path, principal=principal),
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["/api/x", "/api/y", "/z"]),
    st.sampled_from([None, REQUEST.principal, "cluster.local/ns/other/sa/x"]),
)


@given(POLICIES, REQUESTS, st.randoms())
def test_the_order_of_policies_changes_nothing(
    policies: list[AuthorizationPolicy], request: Connection, random: Any
) -> None:
    shuffled = random.sample(policies, len(policies))
    assert judge(*policies, request=request).verdict == judge(*shuffled, request=request).verdict


@given(POLICIES, REQUESTS, st.lists(RULES, max_size=3))
def test_adding_a_deny_never_admits(
    policies: list[AuthorizationPolicy], request: Connection, rules: list[dict[str, Any]]
) -> None:
    before = judge(*policies, request=request).verdict
    after = judge(*policies, policy("DENY", rules), request=request).verdict
    assert not (before == "deny" and after == "allow")


@given(POLICIES, REQUESTS, st.lists(RULES, max_size=3))
def test_adding_an_allow_where_one_is_never_denies(
    policies: list[AuthorizationPolicy], request: Connection, rules: list[dict[str, Any]]
) -> None:
    guarded = [*policies, policy("ALLOW", [])]
    before = judge(*guarded, request=request).verdict
    after = judge(*guarded, policy("ALLOW", rules), request=request).verdict
    assert not (before == "allow" and after == "deny")


@given(POLICIES, REQUESTS)
def test_a_decided_verdict_holds_for_every_request_that_was_left_open(
    policies: list[AuthorizationPolicy], request: Connection
) -> None:
    opened = replace(
        request, method=Truth.OPEN, path=Truth.OPEN, host=Truth.OPEN, headers=Truth.OPEN
    )
    general = judge(*policies, request=opened).verdict
    if general in ("allow", "deny"):
        assert judge(*policies, request=request).verdict == general


LISTS = st.lists(st.sampled_from(["GET", "POST", "/api/*", "/z", "*"]), min_size=1, max_size=3)
WIDE_RULES = st.lists(
    st.one_of(
        RULES,
        st.builds(lambda methods, paths: to(methods=methods, notPaths=paths), LISTS, LISTS),
        st.builds(
            lambda one, other: {"to": [*to(methods=one)["to"], *to(paths=other)["to"]]},
            LISTS,
            LISTS,
        ),
    ),
    max_size=4,
)


@given(st.sampled_from(["ALLOW", "DENY", "CUSTOM"]), WIDE_RULES, REQUESTS, st.randoms())
def test_the_order_of_rules_and_values_changes_nothing(
    action: str, rules: list[dict[str, Any]], request: Connection, random: Any
) -> None:
    def shuffled(given: Any) -> Any:
        if isinstance(given, dict):
            names = random.sample(sorted(given), len(given))
            return {name: shuffled(given[name]) for name in names}
        if isinstance(given, list):
            return [shuffled(each) for each in random.sample(given, len(given))]
        return given

    before = judge(policy(action, rules), request=request).verdict
    assert judge(policy(action, shuffled(rules)), request=request).verdict == before


def test_the_path_is_a_header_too() -> None:
    asked = with_request(
        REQUEST,
        HttpRequest(path="/a//b?x=1#y"),
        normalization="MERGE_SLASHES",
        trusted=0,
        claims=None,
    )
    assert asked is not None
    for value, verdict in (("/a/b?x=1", "allow"), ("/a/b*", "allow"), ("/a/b", "deny")):
        rule = {"when": [{"key": "request.headers[:path]", "values": [value]}]}
        assert judge(policy(rules=[rule]), request=asked).verdict == verdict


@pytest.mark.parametrize(
    ("value", "sent", "verdict"),
    [
        ("dev", "dev", "allow"),
        ("dev", "ops,dev", "allow"),
        ("dev", "ops,devs", "deny"),
        ("dev*", "ops,devs,qa", "allow"),
        ("dev*", "a-dev", "deny"),
        ("*dev", "a-dev,ops", "allow"),
        ("*dev", "devs", "deny"),
        ("*", "", "allow"),
    ],
)
def test_a_header_of_several_values_is_read_by_each(value: str, sent: str, verdict: str) -> None:
    key = "request.experimental.inline.headers[x-roles]"
    given = policy(rules=[{"when": [{"key": key, "values": [value]}]}])
    assert judge(given, request=replace(REQUEST, headers={"x-roles": (sent,)})).verdict == verdict
