"""Plain YAML words as the API server's own YAML reader understands them."""

import re
from functools import lru_cache

__all__ = ["Scalar", "resolve_scalar"]

Scalar = str | int | float | bool | None

# Source: YAML 1.1 as read by sigs.k8s.io/yaml, which kubectl uses: octal with a leading zero or
# `0o`, `yes` and `on` as Booleans, but no base-60 numbers (`22:22` is text) and no dates.
_WORDS: dict[str, bool | None] = {
    spelling: meaning
    for words, meaning in (
        (("true", "yes", "on"), True),
        (("false", "no", "off"), False),
        (("null", "~", ""), None),
    )
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|"
    r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_MEANINGFUL_STARTS = frozenset("0123456789+-.~nNtTfFyYoO")
_OLD_OCTAL = re.compile(r"[-+]?0[0-7_]+")


def resolve_scalar(text: str) -> Scalar:
    """Return what a plain (unquoted) YAML word means."""
    if text and text[0] not in _MEANINGFUL_STARTS:
        return text
    return _resolve(text)


@lru_cache(maxsize=8192)
def _resolve(text: str) -> Scalar:
    """Return the number, Boolean, null or text that a word stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 64:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    return text


def _integer(text: str) -> Scalar:
    """Return a whole number in any of YAML's bases, or the text if it only looks like one."""
    digits = text.replace("_", "")
    try:
        return int(digits, 8) if _OLD_OCTAL.fullmatch(text) else int(digits, 0)
    except ValueError:
        return _float(text)


def _float(text: str) -> Scalar:
    """Return a decimal number, or the text if it only looks like one."""
    try:
        return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
