from typing import Any

import pytest

from topology.model import Document, Source
from topology.policy.istio.describe import phrase_of
from topology.policy.istio.parse import parse_policy


def document(spec: Any) -> Document:
    return Document(
        kind="AuthorizationPolicy",
        api_version="security.istio.io/v1",
        namespace="shop",
        name="p",
        body={"spec": spec},
        source=Source("p.yaml", {"spec.rules[0]": 7, "spec.action": 4}),
    )


def test_every_test_knows_where_it_stands() -> None:
    rule = {
        "from": [{"source": {"namespaces": ["a"], "notPrincipals": ["b"]}}],
        "to": [{"operation": {"methods": ["GET"]}}],
        "when": [{"key": "request.headers[X-Tok]", "values": ["v"]}],
    }
    policy, problems = parse_policy(document({"rules": [rule]}))
    assert policy is not None
    assert [(test.path, test.negated) for test in policy.rules[0].tests] == [
        ("spec.rules[0].from[0].source.notPrincipals", True),
        ("spec.rules[0].from[0].source.namespaces", False),
        ("spec.rules[0].to[0].operation.methods", False),
        ("spec.rules[0].when[0].values", False),
    ]
    assert policy.rules[0].tests[-1].argument == ("x-tok",)
    assert problems == ()


def test_an_unknown_action_is_named_with_its_line() -> None:
    policy, problems = parse_policy(document({"action": "BLOCK"}))
    assert policy is None
    assert str(problems[0].location) == "p.yaml:4"
    assert "`BLOCK`" in problems[0].message


def test_a_misspelt_field_is_reported() -> None:
    _, problems = parse_policy(document({"rules": [{"from": [{"source": {"namespace": ["a"]}}]}]}))
    assert [problem.code for problem in problems] == ["istio-unknown-field"]


def test_a_rule_that_the_proxies_do_not_get_says_why() -> None:
    spec = {"rules": [{"when": [{"key": "destination.labels[app]", "values": ["x"]}]}]}
    policy, problems = parse_policy(document(spec))
    assert policy is not None
    assert "`destination.labels[app]`" in policy.rules[0].skipped
    assert str(problems[0].location) == "p.yaml:7"


def test_malformed_objects_do_no_harm() -> None:
    for spec in (None, [], "x", {"rules": None}, {"rules": [None, {"from": [None]}]}):
        policy, _ = parse_policy(document(spec))
        assert policy is not None


def test_nested_claims_and_metadata_keys_are_taken_apart() -> None:
    keys = ["request.auth.claims[a][b]", "experimental.envoy.filters.a.b[c]"]
    rules = [{"when": [{"key": key, "values": ["v"]} for key in keys]}]
    policy, _ = parse_policy(document({"rules": rules}))
    assert policy is not None
    assert [test.argument for test in policy.rules[0].tests] == [
        ("a", "b"),
        ("envoy.filters.a.b", "c"),
    ]


def test_headers_that_hold_several_values_have_a_key_of_their_own() -> None:
    keys = ["request.headers[X-Roles]", "request.experimental.inline.headers[X-Roles]"]
    rules = [{"when": [{"key": key, "values": ["v"]} for key in keys]}]
    policy, _ = parse_policy(document({"rules": rules}))
    assert policy is not None
    tests = policy.rules[0].tests
    assert not policy.rules[0].skipped
    assert [(test.attribute, test.argument[0]) for test in tests] == [
        ("request.headers", "x-roles"),
        ("request.headers", "x-roles"),
    ]
    assert [phrase_of(test) for test in tests] == ["with header x-roles = v"] * 2


@pytest.mark.parametrize("value", ["10.0.0.0/255.0.0.0", "10.0.0.0/0.255.255.255", "10.0.0.0/"])
def test_an_address_with_a_netmask_is_none(value: str) -> None:
    policy, _ = parse_policy(document({"rules": [{"from": [{"source": {"ipBlocks": [value]}}]}]}))
    assert policy is not None
    assert f"`{value}`" in policy.rules[0].skipped
