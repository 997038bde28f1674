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
_NAMED_KEYS = re.compile(r"J(\w+)")
_NAMED_KEY = re.compile(r"k(\w+)")


def check_by_name(token: Token, rule: TokenRule) -> Truth:
    """Return whether a token is signed by a key of a rule, by the names that the case gives."""
    keys, key = _NAMED_KEYS.fullmatch(rule.jwks), _NAMED_KEY.fullmatch(token.key)
    if not keys:
        return check_signature(token, rule)
    return Truth.YES if key and key[1] == keys[1] else Truth.NO


def bearer_of(request: Mapping[str, Any]) -> str | None:
    """Return the bearer token of a request, made by its description where it has only that."""
    raw: str | None = request.get("raw_token")
    if raw is None:
        return None
    described = re.fullmatch(r"<(.*)>", raw)
    return _made(described[1].lower()) if described else raw


def _made(description: str) -> str:
    """Return a token as a description has it; its signature is told by the key's name alone."""
    issuer = re.search(r"\biss(?:uer)?-?(\d+)", description)
    number = issuer[1] if issuer else "1"
    payload: dict[str, Any] = {"iss": f"iss{number}", "sub": "alice"}
    if re.search(r"\b(unknown|other|wrong)-iss", description):
        payload["iss"] = "unknown"
    payload |= _audience(description) | _times(description)
    for name in ("iss", "sub", "aud", "exp", "nbf"):
        if re.search(rf"\bno-{name}\b", description):
            payload.pop(name, None)
    foreign = re.search(r"\b(wrong-key|bad|forged|tampered|bad-sig\w*|wrong-sig\w*)\b", description)
    key = f"k{number}" if not foreign else "k-of-nobody"
    header = {"alg": "RS256", "kid": key, "typ": "JWT"}
    if re.search(r"\b(alg-none|none-alg|unsigned)\b", description):
        header["alg"] = "none"
    return ".".join([_encoded(header), _encoded(payload), "c2lnbmF0dXJl"])


def _audience(description: str) -> dict[str, Any]:
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
    return {"exp": NOW - distance} if "expired" in description else {}


def _encoded(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
