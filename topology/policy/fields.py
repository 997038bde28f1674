"""Reading the fields of a policy strictly, and what to say when one is wrong."""

import re
from collections.abc import Mapping
from typing import Any

from topology.model import Document, Problem
from topology.policy.labels import split_key
from topology.policy.selectors import OPERATORS, Requirement

__all__ = ["Rejected", "listing", "mapping", "read_requirements", "rejection", "text"]

_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST = 63


class Rejected(Exception):
    """The policy is refused as a whole; the others still count."""

    def __init__(self, code: str, message: str, fix: str, path: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.path = path


def rejection(document: Document, fault: Rejected) -> Problem:
    """Return the problem that tells of a refused policy."""
    return Problem(
        severity="error",
        code=fault.code,
        message=f"{document.key} is not in force: `{fault.path}`: {fault.message}",
        hint=fault.fix,
        location=document.source.at(fault.path),
    )


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    """Return a mapping; an absent one is empty."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise Rejected("wrong-type", f"{_quote(value)} is no mapping.", "Write fields here.", path)


def listing(value: Any, path: str) -> list[Any] | None:
    """Return a list, or None where it is absent."""
    if value is None or isinstance(value, list):
        return value
    raise Rejected("wrong-type", f"{_quote(value)} is no list.", "Begin each item with `-`.", path)


def text(value: Any, path: str) -> str | None:
    """Return a string, or None where it is absent."""
    if value is None or isinstance(value, str):
        return value
    fix = f'Put it in quotes: "{value}".'
    raise Rejected("wrong-type", f"{_quote(value)} is no string.", fix, path)


def read_requirements(value: Any, path: str, *, source: str | None = None) -> list[Requirement]:
    """Read a label selector.

    Args:
        value: The selector as written; absent counts as empty.
        path: Where it stands.
        source: Source of every key; None where keys may carry one (`k8s:app`).
    """
    body = mapping(value, path)
    found = []
    for key, wanted in mapping(body.get("matchLabels"), f"{path}.matchLabels").items():
        where = f"{path}.matchLabels"
        written = text(wanted, f"{where}.{key}") or ""
        found.append(_requirement(key, "In", [written], where, source))
    expressions = listing(body.get("matchExpressions"), f"{path}.matchExpressions") or []
    for number, item in enumerate(expressions):
        where = f"{path}.matchExpressions[{number}]"
        fields = mapping(item, where)
        values = listing(fields.get("values"), f"{where}.values") or []
        found.append(
            _requirement(
                text(fields.get("key"), where) or "",
                text(fields.get("operator"), where) or "",
                [text(value, f"{where}.values") or "" for value in values],
                where,
                source,
            )
        )
    return found


def _requirement(
    written: str, operator: str, values: list[str], path: str, source: str | None
) -> Requirement:
    if operator not in OPERATORS:
        raise Rejected(
            "label-selector",
            f"`{operator}` is not a valid selector operator.",
            "Write In, NotIn, Exists or DoesNotExist.",
            path,
        )
    if (operator in ("In", "NotIn")) != bool(values):
        need = "needs" if operator in ("In", "NotIn") else "forbids"
        raise Rejected(
            "label-selector", f"`{operator}` {need} values.", "Correct the expression.", path
        )
    key_source, key = (source, written) if source else split_key(written)
    _check_syntax(key_source, key, values, path)
    return Requirement(key_source, key, operator, frozenset(values))  # type: ignore[arg-type]


def _check_syntax(source: str, key: str, values: list[str], path: str) -> None:
    prefix, slash, name = key.rpartition("/")
    good = bool(_NAME.fullmatch(name)) and len(name) <= _LONGEST
    good = good and (not slash or bool(_PREFIX.fullmatch(prefix)))
    if not good:
        raise Rejected(
            "label-selector",
            f"Invalid label selector: `{key}` is no label key.",
            "A key is letters, digits, `-`, `_` and `.`, perhaps after `domain/`.",
            path,
        )
    for value in values:
        if value and not (_NAME.fullmatch(value) and len(value) <= _LONGEST):
            raise Rejected(
                "label-selector",
                f"Invalid label selector: `{value}` is no label value.",
                "A value is at most 63 letters, digits, `-`, `_` and `.`.",
                path,
            )


def _quote(value: Any) -> str:
    written = str(value)
    return f"`{written if len(written) <= 60 else written[:57] + '...'}`"
