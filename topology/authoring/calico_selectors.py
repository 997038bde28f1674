"""Selectors of Calico as label selectors of Kubernetes, where those can say the same.

Source: Calico's documentation, "NetworkPolicy", section Selectors. A Kubernetes selector is a
conjunction, so that `||`, `!( ... )`, `contains`, `starts with` and `ends with` have no place in
it.
"""

import re
from typing import Any

__all__ = ["Unsupported", "label_selector"]

_TEXT = r"""(?:'(?P<one>[^']*)'|"(?P<two>[^"]*)")"""
_KEY = r"(?P<key>[A-Za-z0-9_./-]+)"
_EQUAL = re.compile(rf"{_KEY}\s*(?P<sign>==|!=)\s*{_TEXT}")
_SET = re.compile(rf"{_KEY}\s+(?P<no>not\s+)?in\s*\{{(?P<values>[^}}]*)\}}")
_HAS = re.compile(rf"(?P<no>!\s*)?has\(\s*{_KEY}\s*\)")
_VALUE = re.compile(r"""'([^']*)'|"([^"]*)\"""")


class Unsupported(Exception):
    """A selector that a label selector cannot express."""


def label_selector(text: str) -> dict[str, Any]:
    """Return the label selector that means what a selector of Calico means.

    >>> label_selector("app == 'web' && has(tier)")["matchLabels"]
    {'app': 'web'}

    Raises:
        Unsupported: No label selector says the same; the message quotes what.
    """
    labels: dict[str, str] = {}
    expressions: list[dict[str, Any]] = []
    for term in _terms(text):
        if term in ("all()", ""):
            continue
        if found := _EQUAL.fullmatch(term):
            value = found["one"] if found["one"] is not None else found["two"]
            if found["sign"] == "==" and labels.get(found["key"], value) == value:
                labels[found["key"]] = value
            else:
                sign = "In" if found["sign"] == "==" else "NotIn"
                expressions.append({"key": found["key"], "operator": sign, "values": [value]})
        elif found := _SET.fullmatch(term):
            values = [one or other for one, other in _VALUE.findall(found["values"])]
            sign = "NotIn" if found["no"] else "In"
            expressions.append({"key": found["key"], "operator": sign, "values": values})
        elif found := _HAS.fullmatch(term):
            sign = "DoesNotExist" if found["no"] else "Exists"
            expressions.append({"key": found["key"], "operator": sign})
        else:
            message = f"`{term}` has no equal among label selectors"
            raise Unsupported(message)
    return {
        **({"matchLabels": labels} if labels else {}),
        **({"matchExpressions": expressions} if expressions else {}),
    }


def _terms(text: str) -> list[str]:
    """Return the parts of a conjunction, without brackets around the whole."""
    text = text.strip()
    while text.startswith("(") and _closes_at(text) == len(text) - 1:
        text = text[1:-1].strip()
    parts, depth, start = [], 0, 0
    quote = ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "({":
            depth += 1
        elif sign in ")}":
            depth -= 1
        elif text.startswith("||", place):
            message = f"`{text}` joins conditions by `||`, which label selectors cannot"
            raise Unsupported(message)
        elif text.startswith("&&", place) and not depth:
            parts.append(text[start:place])
            start = place + 2
    parts.append(text[start:])
    if len(parts) == 1:
        return [parts[0].strip()]
    return [term for part in parts for term in _terms(part)]


def _closes_at(text: str) -> int:
    """Return where the bracket at the start is closed."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return place
    return -1
