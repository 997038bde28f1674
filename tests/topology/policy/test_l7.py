import pytest

from topology.policy.fqdn import NamePattern
from topology.policy.l7 import HttpRule, L7Rules
from topology.policy.verdict import HttpRequest


@pytest.mark.parametrize(
    ("rule", "request_", "expected"),
    [
        (HttpRule(path="/api"), HttpRequest(path="/api"), True),
        (HttpRule(path="/api"), HttpRequest(path="/api/x"), False),
        (HttpRule(path="/api"), HttpRequest(path="/api?a=b"), False),
        (HttpRule(method="GET|HEAD", path="/v[0-9]+/.*"), HttpRequest(path="/v1/x"), True),
        (HttpRule(method="get"), HttpRequest(method="GET"), False),
        (HttpRule(host="api.example.com"), HttpRequest(host="api.example.com:80"), False),
        (HttpRule(host="api.example.com"), HttpRequest(host=""), None),
        (HttpRule(headers=(("X-Token", "abc"),)), HttpRequest(headers=(("x-token", "abc"),)), True),
        (HttpRule(headers=(("X-Token", "abc"),)), HttpRequest(headers=(("x-token", "b"),)), False),
        (HttpRule(headers=(("X-Token", None),)), HttpRequest(headers=(("x-token", "b"),)), True),
        (HttpRule(secret=True), HttpRequest(), None),
        (HttpRule(path=r"\pL+"), HttpRequest(path="abc"), None),
        (HttpRule(path="[[:digit:]]+"), HttpRequest(path="12"), True),
        (HttpRule(), HttpRequest(method="BREW"), True),
    ],
)
def test_every_condition_of_a_rule_must_match_the_whole_value(
    rule: HttpRule, request_: HttpRequest, expected: bool | None
) -> None:
    assert rule.matches(request_) is expected


def test_any_item_lets_a_request_through_and_doubt_stays_doubt() -> None:
    rules = L7Rules(parser="http", http=(HttpRule(method="PUT"), HttpRule(secret=True)))
    assert rules.admits(HttpRequest(method="PUT"), None) is True
    assert rules.admits(HttpRequest(method="GET"), None) is None
    assert (
        L7Rules(parser="http", http=(HttpRule(method="PUT"),)).admits(HttpRequest(), None) is False
    )


def test_dns_rules_look_at_the_name_and_other_parsers_are_not_decided() -> None:
    dns = L7Rules(parser="dns", dns=(NamePattern.pattern("*.example.com", deep=False),))
    assert dns.admits(None, "www.example.com") is True
    assert dns.admits(None, "evil.io") is False
    assert L7Rules(parser="kafka").admits(HttpRequest(), None) is None
