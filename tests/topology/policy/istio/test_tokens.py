from typing import Any

import pytest

from topology.policy.istio.tokens import matches_claim, matches_request_principal, sample_claims


def token(issuer: Any, subject: Any) -> dict[str, Any]:
    return {"iss": issuer, "sub": subject}


@pytest.mark.parametrize(
    ("pattern", "claims", "expected"),
    [
        ("*", token("i", "s"), True),
        ("*", token("i", ""), False),
        ("*", {"iss": "i"}, False),
        ("https://a.example/bob", token("https://a.example", "bob"), True),
        ("https://a.example/*", token("https://a.example", "bob"), True),
        ("https://a.example/*", token("https://a.example/tenant", "bob"), False),
        ("*/bob", token("anyone", "bob"), True),
        ("*/*", token("i", "s"), False),
        ("https://*", token("https://a.example", "s"), False),
        ("testing*", token("testing@x", "s"), True),
        ("*@x", token("i", "me@x"), True),
        ("issuer", token("issuer", "s"), False),
        ("*", token(5, "s"), False),
    ],
)
def test_a_request_principal_is_split_at_its_last_slash(
    pattern: str, claims: dict[str, Any], expected: bool
) -> None:
    assert matches_request_principal(pattern, claims) is expected


@pytest.mark.parametrize(
    ("value", "path", "claims", "expected"),
    [
        ("admin", ["groups"], {"groups": "admin"}, True),
        ("admin", ["groups"], {"groups": ["dev", "admin"]}, True),
        ("admin", ["groups"], {"groups": "admin dev"}, False),
        ("read", ["scope"], {"scope": "read write"}, True),
        ("5", ["n"], {"n": 5}, False),
        ("true", ["b"], {"b": True}, False),
        ("deep", ["a", "b"], {"a": {"b": "deep"}}, True),
        ("*", ["groups"], {"groups": ""}, False),
        ("*", ["groups"], {"groups": []}, False),
        ("admin", ["groups"], {"groups": [["admin"]]}, False),
    ],
)
def test_only_strings_and_lists_of_strings_match_a_claim(
    value: str, path: list[str], claims: dict[str, Any], expected: bool
) -> None:
    assert matches_claim(value, path, claims) is expected


@pytest.mark.parametrize("pattern", ["*", "i/s", "i/*", "*/s", "pre*", "*suf"])
def test_sample_claims_fit_the_request_principal(pattern: str) -> None:
    assert matches_request_principal(pattern, sample_claims("request.auth.principal", (), pattern))


def test_sample_claims_are_nested_like_the_claim() -> None:
    claims = sample_claims("request.auth.claims", ("realm", "roles"), "admin")
    assert matches_claim("admin", ["realm", "roles"], claims)
