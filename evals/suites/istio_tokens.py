"""The tokens of the Istio cases, which name what they carried and the keys they were made with.

A case gives keys by name (`jwks: J1`), and most tokens by a description of what is particular about
them (`<expired-iss1>`, `<aud-list-ab>`); what a description does not say is as usual: issued by
`iss1`, for a subject, signed by that issuer's key, without limits in time. `k1` is a key of `J1`.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from topology.policy.istio.json_tokens import Token
from topology.policy.istio.signatures import check_signature
from topology.policy.istio.token_rules import TokenRule
from topology.policy.istio.truth import Truth

__all__ = ["NOW", "bearer_of", "check_by_name"]

NOW = 1_800_000_000
"""The time of every request, seconds since 1970; the tokens of a case are relative to it."""
_FAR = 3600
_FORGED = re.compile(
    r"\b(wrong-key|bad-key|other-key|forged|tampered|bad(?!-(?:aud|iss))|(?:bad|wrong|invalid)-sig\w*)\b"
)
_WORDS = frozenset({
    "a", "ab", "abc", "ac", "alg", "an", "and", "at", "aud", "audience", "authorization", "b",
    "bad", "basic", "bc", "bearer", "beyond", "body", "both", "by", "c", "configured", "cookie",
    "d", "default", "empty", "exp", "expired", "expiry", "first", "for", "forged", "from",
    "future", "garbage", "genuine", "good", "header", "in", "invalid", "is", "iss", "issuer",
    "jwt", "k", "key", "kid", "list", "location", "long", "malformed", "matching", "missing",
    "nbf", "no", "none", "not", "of", "ok", "on", "one", "other", "outside", "param", "past",
    "payload", "prefix", "query", "raw", "s", "same", "second", "sig", "signature", "signed",
    "skew", "sub", "subject", "tampered", "test", "the", "to", "tok", "token", "two",
    "unconfigured", "unknown", "unsigned", "valid", "with", "within", "without", "wrong", "x",
})  # fmt: skip
"""What descriptions are made of; with any other word a description is passed over."""
_TOLD = re.compile(
    r"\b([A-Za-z_]\w*)(?:\s*[=:]\s*(?=\S)|\s+(?=[\[\"']))"
    r"(\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[^\s;,]+)"
)
"""A claim with its value: `roles=admin`, `scope: "read write"`, `groups ["a", "b"]`."""
_NAMED_KEYS = re.compile(r"J(\w+)")
_SIGNED = re.compile(rb"k[-\w]+")
"""The signature of the tokens that are made here: the name of a key."""
_NAMED_KEY = re.compile(r"k(\w+)")


def check_by_name(token: Token, rule: TokenRule) -> Truth:
    """Return whether a token is signed by a key of a rule, by the names that the case gives."""
    keys = _NAMED_KEYS.fullmatch(rule.jwks)
    if not keys:
        return check_signature(token, rule)
    made_by = _SIGNED.fullmatch(token.signature)
    key = _NAMED_KEY.fullmatch(made_by[0].decode() if made_by else token.key)
    return Truth.YES if key and key[1] == keys[1] else Truth.NO


def bearer_of(request: Mapping[str, Any]) -> str | None:
    """Return the bearer token of a request, made by its description where it has only that.

    Raises:
        ValueError: The description says something that is not understood here.
    """
    raw = request.get("raw_token")
    if raw is None:
        return None
    described = re.fullmatch(r"<(.*)>", str(raw), re.DOTALL)
    return _made(described[1]) if described else str(raw)


def _made(description: str) -> str:
    """Return a token as a description has it; its signature is the name of the key."""
    claims, told = _claims(description)
    text = told.lower()
    foreign_words = set(re.findall(r"[a-z]+", text)) - _WORDS
    if foreign_words:
        message = f"the token `{description}` is not understood: {', '.join(sorted(foreign_words))}"
        raise ValueError(message)
    issuer = re.search(r"\biss(?:uer)?-?(\d+)", text)
    number = issuer[1] if issuer else "1"
    payload: dict[str, Any] = {"iss": f"iss{number}", "sub": "alice"}
    if re.search(r"\b(unknown|other|wrong|bad)-iss", text):
        payload["iss"] = "unknown"
    payload |= _audience(text) | _times(text) | claims
    for name in ("iss", "sub", "aud", "exp", "nbf"):
        if re.search(rf"\bno-{name}\b", text):
            payload.pop(name, None)
    header: dict[str, Any] = {"alg": "RS256", "kid": f"k{number}", "typ": "JWT"}
    signed = re.search(r"\bsigned-by-(?:iss|k)?-?(\d+)", text)
    key = f"k{signed[1]}" if signed else f"k{number}"
    if _FORGED.search(text):
        key = "k-of-nobody"
    if re.search(r"\bno-kid\b", text):
        del header["kid"]
    if re.search(r"\b(alg-none|none-alg|unsigned)\b", text):
        header["alg"] = "none"
    signature = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    return ".".join([_encoded(header), _encoded(payload), signature])


def _claims(description: str) -> tuple[dict[str, Any], str]:
    """Return the claims that a description spells out, and the rest of it."""
    found: dict[str, Any] = {}
    if written := re.search(r"\{.*\}", description, re.DOTALL):
        found |= json.loads(written[0])
        description = description.replace(written[0], " ")
    for told in list(_TOLD.finditer(description)):
        text = told[2].strip("'")
        try:
            found[told[1]] = json.loads(text)
        except ValueError:
            found[told[1]] = text
        description = description.replace(told[0], " ")
    return found, description


def _audience(description: str) -> dict[str, Any]:
    if re.search(r"\b(wrong|other|bad|unknown)-aud", description):
        return {"aud": "of-nobody"}
    many = re.search(r"\baud-list-(\w+)", description)
    if many:
        return {"aud": list(many[1])}
    one = re.search(r"\baud-(\w+)", description)
    return {"aud": one[1]} if one else {}


def _times(description: str) -> dict[str, int]:
    given = re.search(r"(\d+)s\b", description)
    distance = int(given[1]) if given else _FAR
    if "nbf" in description:
        return {"nbf": NOW - distance if "past" in description else NOW + distance}
    if "exp-future" in description or "not-expired" in description:
        return {"exp": NOW + distance}
    return {"exp": NOW - distance} if re.search("expired|exp-past", description) else {}


def _encoded(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
