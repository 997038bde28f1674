"""What a JSON Web Token says of a request: request principals, audiences and claims.

Source: istio pilot/pkg/security/authz/model/generator.go and matcher/metadata.go. Only strings
and lists of strings are compared; numbers, booleans and objects never match.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from topology.policy.istio.strings import matches, sample

__all__ = ["matches_claim", "matches_request_principal", "sample_claims"]

_SPACE_DELIMITED = frozenset({"scope", "permission"})
"""Claims whose text Istio splits at spaces by default; other ones arrive here split already."""


def matches_request_principal(pattern: str, claims: Mapping[str, Any]) -> bool:
    """Return whether a token's issuer and subject fit a value of `requestPrincipals`.

    >>> matches_request_principal("https://a.example/*", {"iss": "https://a.example", "sub": "x"})
    True
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not isinstance(issuer, str) or not isinstance(subject, str):
        return False
    for_issuer, for_subject = _split(pattern)
    return _fits(for_issuer, issuer) and _fits(for_subject, subject)


def matches_claim(value: str, path: Sequence[str], claims: Mapping[str, Any]) -> bool:
    """Return whether a claim, or any element of a list, fits a value.

    Args:
        value: As the policy has it.
        path: Names from the outermost claim inwards.
        claims: Of the token.
    """
    found: Any = claims
    for name in path:
        if not isinstance(found, Mapping):
            return False
        found = found.get(name)
    if isinstance(found, str):
        texts = found.split(" ") if len(path) == 1 and path[0] in _SPACE_DELIMITED else [found]
    else:
        texts = found if isinstance(found, list) else []
    return any(isinstance(text, str) and matches(value, text) for text in texts)


def sample_claims(attribute: str, path: Sequence[str], value: str) -> dict[str, Any]:
    """Return claims of a token that a value accepts."""
    if attribute == "request.auth.principal":
        issuer, subject = _split(value)
        return {"iss": _sample_of(issuer), "sub": _sample_of(subject)}
    names = {"request.auth.audiences": ["aud"], "request.auth.presenter": ["azp"]}.get(
        attribute, list(path)
    )
    claim: Any = sample(value)
    for name in reversed(names):
        claim = {name: claim}
    return {"iss": "netassist-any", "sub": "netassist-any", **claim}


_Form = tuple[str, str]
"""`exact`, `prefix`, `suffix` or `any`, and the text."""


def _split(pattern: str) -> tuple[_Form, _Form]:
    """Return what a value of `requestPrincipals` asks of the issuer and of the subject."""
    if pattern == "*":
        return ("any", ""), ("any", "")
    issuer, slash, subject = pattern.rpartition("/")
    if not slash:
        issuer, subject = pattern, ""
    if pattern.startswith("*"):
        if not slash:
            return ("any", ""), ("suffix", pattern[1:])
        return ("any", "") if issuer == "*" else ("suffix", issuer[1:]), ("exact", subject)
    if pattern.endswith("*"):
        if not slash:
            return ("prefix", pattern[:-1]), ("any", "")
        return ("exact", issuer), ("any", "") if subject == "*" else ("prefix", subject[:-1])
    return ("exact", issuer), ("exact", subject)


def _fits(form: _Form, text: str) -> bool:
    kind, wanted = form
    if kind == "any":
        return bool(text)
    if kind == "prefix":
        return text.startswith(wanted)
    return text.endswith(wanted) if kind == "suffix" else text == wanted


def _sample_of(form: _Form) -> str:
    kind, wanted = form
    return {
        "any": "netassist-any",
        "prefix": f"{wanted}netassist-any",
        "suffix": f"netassist-any{wanted}",
        "exact": wanted,
    }[kind]
