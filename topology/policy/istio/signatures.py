"""Whether a token is signed by a key that a policy itself carries.

Verifying needs the library PyJWT with its cryptography (the extra `tokens`); without it, and
without keys, a signature is not known to be right or wrong.
"""

import json
from typing import Any

from topology.policy.istio.json_tokens import Token
from topology.policy.istio.token_rules import TokenRule
from topology.policy.istio.truth import Truth

__all__ = ["check_signature"]


def check_signature(token: Token, rule: TokenRule) -> Truth:
    """Return whether a token is signed by a key in the rule's own `jwks`."""
    if not rule.jwks:
        return Truth.UNKNOWN
    try:
        keys = json.loads(rule.jwks)["keys"]
    except (ValueError, KeyError, TypeError):
        # Proxies get a key set without keys, which no signature fits.
        return Truth.NO
    algorithm = token.header["alg"]
    fitting = [
        key
        for key in keys
        if isinstance(key, dict)
        and (not token.key or not key.get("kid") or key["kid"] == token.key)
        and key.get("alg", algorithm) == algorithm
    ]
    if not fitting:
        return Truth.NO
    answers = {_verify(token, key, algorithm) for key in fitting}
    if Truth.YES in answers:
        return Truth.YES
    return Truth.UNKNOWN if Truth.UNKNOWN in answers else Truth.NO


def _verify(token: Token, key: dict[str, Any], algorithm: str) -> Truth:
    try:
        from jwt import PyJWK
        from jwt.exceptions import PyJWTError
    except ImportError:
        return Truth.UNKNOWN
    signed = token.text.rpartition(".")[0].encode()
    try:
        known = PyJWK(key, algorithm)
        good = known.Algorithm.verify(signed, known.key, token.signature)
    except PyJWTError:
        return Truth.NO
    return Truth.YES if good else Truth.NO
