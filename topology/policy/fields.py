"""Reading the fields of a policy strictly, and what to say when one is wrong."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from types import TracebackType
from typing import Any

from topology.model import Document, Network, Problem
from topology.policy.labels import split_key
from topology.policy.selectors import OPERATORS, Requirement

__all__ = [
    "Fault",
    "Faults",
    "Rejected",
    "listing",
    "mapping",
    "parse_network",
    "quoted",
    "read_requirements",
    "rejection",
    "text",
]

_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST = 63
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for which a policy is refused as a whole."""

    code: str
    message: str
    fix: str
    path: str


class Rejected(Exception):
    """The policy is refused as a whole; the others still count."""

    def __init__(self, code: str, message: str, fix: str, path: str) -> None:
        super().__init__(message)
        self.faults: tuple[Fault, ...] = (Fault(code, message, fix, path),)


class Faults:
    """Gathers why a policy is refused, so that a person can mend everything at once.

    Every step that may refuse runs under `with faults:`; `settle` then refuses for all reasons.
    """

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if isinstance(error, Rejected):
            self.found += error.faults
            return True
        return False

    def settle(self) -> None:
        """Refuse if there was any fault.

        Raises:
            Rejected: With every fault that was found.
        """
        if self.found:
            first = self.found[0]
            refusal = Rejected(first.code, first.message, first.fix, first.path)
            refusal.faults = tuple(dict.fromkeys(self.found))
            raise refusal


def rejection(document: Document, faults: Iterable[Fault]) -> Problem:
    """Return the problem that tells of a refused policy: its first fault, and how many more."""
    first, *rest = faults
    more = f" ({len(rest)} more {'fault' if len(rest) == 1 else 'faults'})" if rest else ""
    return Problem(
        severity="error",
        code=first.code,
        message=f"{document.key} is not in force: `{first.path}`: {first.message}{more}",
        hint=first.fix,
        location=document.source.at(first.path),
    )


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    """Return a mapping; an absent one is empty."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise Rejected("wrong-type", f"{quoted(value)} is no mapping.", "Write fields here.", path)


def listing(value: Any, path: str) -> list[Any] | None:
    """Return a list, or None where it is absent."""
    if value is None or isinstance(value, list):
        return value
    raise Rejected("wrong-type", f"{quoted(value)} is no list.", "Begin each item with `-`.", path)


def text(value: Any, path: str) -> str | None:
    """Return a string, or None where it is absent."""
    if value is None or isinstance(value, str):
        return value
    fix = f'Put it in quotes: "{value}".'
    raise Rejected("wrong-type", f"{quoted(value)} is no string.", fix, path)


def read_requirements(value: Any, path: str, *, source: str | None = None) -> list[Requirement]:
    """Read a label selector.

    Args:
        value: The selector as written; absent counts as empty.
        path: Where it stands.
        source: Source of every key; None where keys may carry one (`k8s:app`).
    """
    body = mapping(value, path)
    found: list[Requirement] = []
    faults = Faults()
    for key, wanted in mapping(body.get("matchLabels"), f"{path}.matchLabels").items():
        where = f"{path}.matchLabels.{key}"
        with faults:
            found.append(_requirement(key, "In", [text(wanted, where) or ""], where, source))
    expressions = listing(body.get("matchExpressions"), f"{path}.matchExpressions") or []
    for number, item in enumerate(expressions):
        where = f"{path}.matchExpressions[{number}]"
        with faults:
            found.append(_expression(mapping(item, where), where, source))
    faults.settle()
    return found


def parse_network(written: str, *, bare: bool = False) -> Network | None:
    """Return the network that a CIDR means, host bits cut off; None where it is no CIDR.

    Stricter than the standard library, as Go is: the length is a plain number, never a mask.

    Args:
        written: Such as `10.0.0.0/8`.
        bare: Whether a single address will do.
    """
    address, slash, length = written.partition("/")
    if (slash and not _LENGTH.fullmatch(length)) or not (slash or bare) or "%" in address:
        return None
    try:
        return ip_network(written, strict=False)
    except ValueError:
        return None


def _expression(fields: Mapping[str, Any], path: str, source: str | None) -> Requirement:
    values = listing(fields.get("values"), f"{path}.values") or []
    return _requirement(
        text(fields.get("key"), f"{path}.key") or "",
        text(fields.get("operator"), f"{path}.operator") or "",
        [text(value, f"{path}.values[{n}]") or "" for n, value in enumerate(values)],
        path,
        source,
    )


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
        listed = operator in ("In", "NotIn")
        need, fix = ("needs", "Add `values`") if listed else ("forbids", "Take `values` out")
        other = "Exists or DoesNotExist" if listed else "In or NotIn"
        raise Rejected(
            "label-selector", f"`{operator}` {need} values.", f"{fix}, or write {other}.", path
        )
    key_source, key = (source, written) if source else split_key(written)
    # Cilium checks a key together with its source, as `any.app`, which takes of the 63 characters.
    _check_syntax(key if source else f"{key_source}.{key}", key, values, path)
    return Requirement(key_source, key, operator, frozenset(values))  # type: ignore[arg-type]


def _check_syntax(checked: str, key: str, values: list[str], path: str) -> None:
    prefix, slash, name = checked.rpartition("/")
    good = bool(_NAME.fullmatch(name)) and len(name) <= _LONGEST
    good = good and (not slash or (len(prefix) <= 253 and bool(_PREFIX.fullmatch(prefix))))
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


def quoted(value: Any) -> str:
    """Return a value as code, cut short where it is long."""
    written = str(value)
    return f"`{written if len(written) <= 60 else written[:57] + '...'}`"
