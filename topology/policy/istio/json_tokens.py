"""JSON Web Tokens as the proxies read them: three parts, a header, a payload, a signature.

Source: Envoy's jwt_verify_lib (`Jwt::parseFromString`, `verifyTimeConstraint`, `CheckAudience`).
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["CLOCK_SKEW", "Token", "fits_audience", "read_token", "time_fault"]

CLOCK_SKEW = 60
"""Seconds that a proxy grants before `nbf` and after `exp`."""
_ALGORITHMS = frozenset(
    {"ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512"}
    | {"PS256", "PS384", "PS512", "EdDSA"}
)
_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that could be read; whether it is genuine is another matter."""

    text: str
    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signature: bytes

    @property
    def issuer(self) -> str:
        """Return who says to have issued it; empty where it does not say."""
        return str(self.payload.get("iss") or "")

    @property
    def key(self) -> str:
        """Return the name of the key that it says to be signed with."""
        return str(self.header.get("kid") or "")


def read_token(text: str) -> Token | None:
    """Return a token, None where no proxy can read it."""
    parts = text.split(".")
    if len(parts) != _PARTS:
        return None
    header, payload, signature = _object(parts[0]), _object(parts[1]), _decode(parts[2])
    if header is None or payload is None or signature is None:
        return None
    if header.get("alg") not in _ALGORITHMS or not isinstance(header.get("kid", ""), str):
        return None
    if not _is_well_typed(payload):
        return None
    return Token(text=text, header=header, payload=payload, signature=signature)


def time_fault(token: Token, now: float) -> str:
    """Return why a token does not hold at a time; empty where it does.

    Args:
        token: The token.
        now: Seconds since 1970.
    """
    start, end = token.payload.get("nbf", 0), token.payload.get("exp", 0)
    if start and start > now + CLOCK_SKEW:
        return f"it is not valid before {_date(start)}"
    if end and now > end + CLOCK_SKEW:
        return f"it expired at {_date(end)}"
    return ""


def fits_audience(token: Token, audiences: Sequence[str]) -> bool:
    """Return whether a token is meant for one of some audiences; none accept every token.

    >>> token = Token(text="", header={}, payload={"aud": "https://shop/"}, signature=b"")
    >>> fits_audience(token, ["shop"]), fits_audience(token, ["bank"]), fits_audience(token, [])
    (True, False, True)
    """
    if not audiences:
        return True
    given = token.payload.get("aud") or []
    own = [given] if isinstance(given, str) else given
    return not {_bare(each) for each in own}.isdisjoint(_bare(each) for each in audiences)


def _bare(audience: str) -> str:
    """Return an audience without scheme and closing slash, as it is compared."""
    for scheme in ("http://", "https://"):
        if audience.startswith(scheme):
            return audience.removeprefix(scheme).removesuffix("/")
    return audience.removesuffix("/")


def _is_well_typed(payload: Mapping[str, Any]) -> bool:
    audience = payload.get("aud", [])
    audiences = [audience] if isinstance(audience, str) else audience
    return (
        all(isinstance(payload.get(name, ""), str) for name in ("iss", "sub", "jti"))
        and all(_is_time(payload.get(name, 0)) for name in ("iat", "nbf", "exp"))
        and isinstance(audiences, list)
        and all(isinstance(each, str) for each in audiences)
    )


def _is_time(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and given >= 0


def _object(part: str) -> dict[str, Any] | None:
    raw = _decode(part)
    try:
        found = json.loads(raw) if raw is not None else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _decode(part: str) -> bytes | None:
    try:
        padded = part + "=" * (-len(part) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} seconds after 1970"
