"""The rules of a RequestAuthentication as the admission webhook reads them.

Source: istio pkg/config/validation/validation.go (validateJwtRule).
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from topology.policy.istio.bodies import mapping
from topology.policy.istio.complaints import Complaints

__all__ = ["check_token_rules"]

_FIELDS = (
    "issuer",
    "audiences",
    "jwksUri",
    "jwks_uri",
    "jwks",
    "fromHeaders",
    "fromParams",
    "fromCookies",
    "outputPayloadToHeader",
    "outputClaimToHeaders",
    "forwardOriginalToken",
    "timeout",
    "spaceDelimitedClaims",
)


def check_token_rules(complaints: Complaints, given: Any) -> None:
    """Check every entry of `spec.jwtRules`."""
    for path, item in complaints.items(given, "spec.jwtRules"):
        rule = complaints.fields(item, path, _FIELDS)
        _check_keys(complaints, rule, path)
        _check_places(complaints, rule, path)


def _check_keys(complaints: Complaints, rule: Mapping[str, Any], path: str) -> None:
    """Check whose tokens a rule takes, and where their keys come from."""
    address = rule.get("jwksUri") or rule.get("jwks_uri")
    if not rule.get("issuer") and not address:
        complaints.refuse(
            "issuer",
            path,
            "The rule names neither an issuer nor where its keys are.",
            "Write `issuer` as the tokens' claim `iss` has it.",
        )
    if address and urlsplit(str(address)).scheme not in ("http", "https"):
        complaints.refuse(
            "jwks-uri",
            f"{path}.jwksUri",
            f"`{address}` is no address of keys.",
            "Write one that starts with `https://`.",
        )
    if address and rule.get("jwks"):
        complaints.refuse(
            "two-key-sources",
            f"{path}.jwks",
            "The rule gives both `jwks` and `jwksUri`.",
            "Keep one of them.",
        )
    if rule.get("jwks") and not _is_key_set(str(rule["jwks"])):
        complaints.refuse(
            "jwks",
            f"{path}.jwks",
            "`jwks` holds no set of keys that can be read.",
            'Write JSON such as `{"keys": [...]}`.',
        )


def _check_places(complaints: Complaints, rule: Mapping[str, Any], path: str) -> None:
    """Check that no name in a rule is empty."""
    for name in ("audiences", "fromParams", "fromCookies", "spaceDelimitedClaims"):
        for _ in complaints.texts(rule.get(name), f"{path}.{name}"):
            continue
    for name, wanted in (("fromHeaders", ("name",)), ("outputClaimToHeaders", ("header", "claim"))):
        for place, item in complaints.items(rule.get(name), f"{path}.{name}"):
            for field in wanted:
                if not mapping(item).get(field):
                    complaints.refuse(
                        "empty-value",
                        f"{place}.{field}",
                        f"`{place}` has no `{field}`.",
                        f"Write `{field}` there.",
                    )


def _is_key_set(text: str) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and (isinstance(found.get("keys"), list) or "kty" in found)
