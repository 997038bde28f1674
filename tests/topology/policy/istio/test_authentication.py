"""Tokens as the proxies look for them, read them and check them."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from topology.model import Document, Source
from topology.policy.istio.authentication import Authentication, authenticate, is_preflight
from topology.policy.istio.json_tokens import read_token
from topology.policy.istio.signatures import check_signature
from topology.policy.istio.token_rules import TokenRule, read_token_rules
from topology.policy.istio.truth import Truth

NOW = 1_800_000_000


def rules(*given: dict[str, Any]) -> tuple[TokenRule, ...]:
    document = Document(
        kind="RequestAuthentication",
        api_version="security.istio.io/v1",
        namespace="shop",
        name="r",
        body={"spec": {"jwtRules": list(given)}},
        source=Source("r.yaml"),
    )
    return read_token_rules([document])


def token(**claims: Any) -> str:
    parts = [{"alg": "RS256"}, {"iss": "a", **claims}, {}]
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )


def check(
    found: tuple[TokenRule, ...],
    target: str = "/",
    *,
    signature: Truth = Truth.YES,
    **headers: tuple[str, ...],
) -> Authentication:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return authenticate(found, names, target, now=NOW, check=lambda _token, _rule: signature)


def bearer(text: str) -> tuple[str, ...]:
    return (f"Bearer {text}",)


A, B = {"issuer": "a"}, {"issuer": "b"}


def test_a_request_without_token_is_left_to_the_policies() -> None:
    assert check(rules(A)) == Authentication()
    assert check(rules(A), authorization=("Basic abc",)) == Authentication()
    assert check(rules(A), authorization=("Bearer",)) == Authentication()


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ({}, "accepted"),
        ({"exp": NOW - 59}, "accepted"),
        ({"exp": NOW - 61}, "unauthenticated"),
        ({"nbf": NOW + 59}, "accepted"),
        ({"nbf": NOW + 61}, "unauthenticated"),
        ({"iss": "c"}, "unauthenticated"),
        ({"exp": "soon"}, "unauthenticated"),
    ],
)
def test_a_token_holds_in_its_time_with_a_minute_of_grace(
    claims: dict[str, Any], outcome: str
) -> None:
    assert check(rules(A), authorization=bearer(token(**claims))).outcome == outcome


def test_a_wrong_audience_is_found_before_a_wrong_signature_and_after_a_wrong_time() -> None:
    shop = rules({**A, "audiences": ["https://shop/"]})

    def outcome(**claims: Any) -> str:
        text = bearer(token(**claims))
        return check(shop, signature=Truth.NO, authorization=text).outcome

    assert outcome(aud="bank") == "forbidden"
    assert outcome() == "forbidden"
    assert outcome(aud=["bank", "shop"]) == "unauthenticated"
    assert outcome(aud="bank", exp=1) == "unauthenticated"


def test_own_places_replace_the_usual_ones() -> None:
    own = rules(
        {**A, "fromHeaders": [{"name": "X-Jwt", "prefix": "Tok "}], "fromCookies": ["session"]}
    )
    good = token()
    assert check(own, authorization=bearer("garbage")).outcome == "none"
    assert check(own, f"/?access_token={good}").outcome == "none"
    assert check(own, x_jwt=(f"Tok {good}",)).outcome == "accepted"
    assert check(own, x_jwt=(good,)).outcome == "none"
    assert check(own, cookie=(f"a=b; session={good}",)).outcome == "accepted"
    assert check(rules(A), f"/x?b=c&access_token={good}").outcome == "accepted"


def test_every_token_that_a_rule_finds_must_be_valid() -> None:
    found = check(rules(A), "/?access_token=garbage", authorization=bearer(token()))
    assert found.outcome == "unauthenticated"
    other = rules({**A, "fromHeaders": [{"name": "x"}]}, B)
    assert check(other, x=(token(),), authorization=bearer("garbage")).outcome == "accepted"


def test_any_rule_may_accept_and_the_issuers_own_rule_words_the_refusal() -> None:
    both = rules(A, {**B, "audiences": ["bank"]})
    assert check(both, authorization=bearer(token())).outcome == "accepted"
    refused = check(both, authorization=bearer(token(iss="b")))
    assert (refused.outcome, refused.rule and refused.rule.issuer) == ("forbidden", "b")


def test_a_rule_without_issuer_takes_any() -> None:
    assert check(rules({"jwksUri": "https://x"}), authorization=bearer(token())).claims == {
        "iss": "a"
    }


def test_named_claims_are_split_at_spaces() -> None:
    found = check(
        rules({**A, "spaceDelimitedClaims": ["roles"]}),
        authorization=bearer(token(scope="r w", roles="x y", name="z z")),
    )
    assert found.claims == {"iss": "a", "scope": ["r", "w"], "roles": ["x", "y"], "name": "z z"}


def test_a_signature_that_cannot_be_checked_is_neither_good_nor_bad() -> None:
    found = check(rules(A), signature=Truth.UNKNOWN, authorization=bearer(token(sub="s")))
    assert (found.outcome, found.claims) == ("unsigned", {"iss": "a", "sub": "s"})


@pytest.mark.parametrize("text", ["", "abc", "a.b", "a.b.c", "e30.e30.e30", "....", "\x00"])
def test_what_is_no_token_is_not_read(text: str) -> None:
    assert read_token(text) is None


def test_a_preflight_names_origin_and_method() -> None:
    full = {"origin": ("http://a",), "access-control-request-method": ("GET",)}
    assert is_preflight("OPTIONS", full)
    assert not is_preflight("GET", full)
    assert not is_preflight("OPTIONS", {"origin": ("http://a",)})


def test_a_key_in_the_policy_decides_the_signature() -> None:
    key, stranger = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "k1"}
    (rule,) = rules({**A, "jwks": json.dumps({"keys": [public]})})

    def answer(private: rsa.RSAPrivateKey, kid: str = "k1") -> Truth:
        text = jwt.encode({"iss": "a"}, private, "RS256", headers={"kid": kid})
        read = read_token(text)
        assert read
        return check_signature(read, rule)

    assert answer(key) is Truth.YES
    assert answer(stranger) is Truth.NO
    assert answer(key, "k2") is Truth.NO
    (unreadable,) = rules({**A, "jwks": "no json"})
    read = read_token(token())
    assert read
    assert check_signature(read, unreadable) is Truth.NO
    assert check_signature(read, rules(A)[0]) is Truth.UNKNOWN
