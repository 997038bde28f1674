"""Secrets taken out of texts before they are kept or shown."""

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["MASK", "mask", "mask_data"]

MASK = "[secret]"
_SHORTEST = 6
"""Characters of a known secret; a shorter one would take words out of every text."""

# Forms that are secrets whatever stands around them.
_TELLING = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|\bsk-[\w-]{16,}"
    r"|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"
    r"|\bxox[abeprs]-[\w-]{10,}|\bxapp-[\w-]{10,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bAIza[\w-]{30,}",
    re.DOTALL,
)
# A name, and what it is set to. The value needs a digit where the name is a usual word.
_NAMED = re.compile(
    r"""(?P<name>\b[\w.-]*(?:passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|account[_-]?key"""
    r"""|client[_-]?secret|connection[_-]?string)["']?\s*[:=]\s*["']?)(?P<value>[^\s"',;)}\]]{4,})"""
    r"""|(?P<weak>\b[\w.-]*(?:secret|token|credential|signature|sig)["']?\s*[:=]\s*["']?)"""
    r"""(?P<long>(?=[^\s"',;)}\]]*\d)[^\s"',;)}\]]{12,})""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(?P<scheme>Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{12,}", re.IGNORECASE)
_IN_URL = re.compile(r"(?P<start>\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE)


def mask(text: str, known: Iterable[str] = ()) -> str:
    """Return a text without what is, or looks like, a password, key or token.

    Args:
        text: As read or said.
        known: Secrets by their value.

    >>> mask("curl -H 'Authorization: Bearer abcdef0123456789' postgresql://anna:pw@db/x")
    "curl -H 'Authorization: Bearer [secret]' postgresql://anna:[secret]@db/x"
    """
    for secret in known:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    text = _TELLING.sub(MASK, text)
    text = _SCHEME.sub(lambda found: f"{found['scheme']} {MASK}", text)
    text = _IN_URL.sub(lambda found: f"{found['start']}{MASK}", text)
    return _NAMED.sub(lambda found: f"{found['name'] or found['weak']}{MASK}", text)


def mask_data(value: Any, known: Iterable[str] = ()) -> Any:
    """Return JSON data with every text in it masked; a field named as a secret, whole."""
    known = tuple(known)
    if isinstance(value, str):
        return mask(value, known)
    if isinstance(value, dict):
        return {key: _mask_field(str(key), item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_data(item, known) for item in value]
    return value


def _mask_field(name: str, value: Any, known: tuple[str, ...]) -> Any:
    if isinstance(value, str) and value and MASK in mask(f"{name}: {value}"):
        masked = mask(value, known)
        return masked if MASK in masked else MASK
    return mask_data(value, known)
