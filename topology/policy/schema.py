"""What the API server knows of a kind: its fields, their types, and the limits of their values."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from topology.policy.fields import (
    Fault,
    Faults,
    Rejected,
    listing,
    mapping,
    parse_network,
    quoted,
    text,
)

__all__ = [
    "Field",
    "Unknown",
    "each",
    "fits",
    "is_clean",
    "limits",
    "of",
    "texts",
    "unknown_fields",
]

Kind = Literal["any", "boolean", "integer", "list", "map", "number-or-text", "object", "string"]
_NONE: Mapping[str, "Field"] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One field: what stands in it. Null counts as absent."""

    kind: Kind
    fields: Mapping[str, "Field"] = field(default_factory=lambda: _NONE)
    """Of an object: every field that is kept; others are dropped."""
    item: "Field | None" = None
    """Of a list or map."""
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """Exactly one of these must be there."""
    some_of: tuple[str, ...] = ()
    """At least one of these must be there."""
    enum: tuple[str, ...] = ()
    pattern: str = ""
    """Regular expression, as the schema has it."""
    linear: str = ""
    """The same in a form that Python decides in linear time, where the pattern's is not."""
    form: str = ""
    """What the pattern asks for, in words."""
    shortest: int | None = None
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    """Of a number, or of the items of a list."""
    format: Literal["", "cidr"] = ""


def of(required: tuple[str, ...] = (), /, **fields: "Field") -> Field:
    """Return an object with these fields."""
    return Field(kind="object", fields=MappingProxyType(fields), required=required)


def each(item: Field, *, least: int | None = None, most: int | None = None) -> Field:
    """Return a list of such items."""
    return Field(kind="list", item=item, least=least, most=most)


def texts(**limits: Any) -> Field:
    """Return a list of strings with these limits."""
    return each(Field(kind="string", **limits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A field that the API server drops."""

    path: str
    name: str
    holder: Mapping[str, Any]
    """The object that it stands in."""
    known: Field
    """What that object may hold."""


def unknown_fields(value: Any, known: Field, path: str = "") -> Iterator[Unknown]:
    """Yield every field that is not kept."""
    if isinstance(value, list):
        if known.item is not None and known.item.kind != "string":
            for number, item in enumerate(value):
                yield from unknown_fields(item, known.item, f"{path}[{number}]")
    elif isinstance(value, Mapping) and known.kind == "object":
        for name, inner in value.items():
            place = f"{path}.{name}" if path else str(name)
            if name not in known.fields:
                yield Unknown(path=place, name=str(name), holder=value, known=known)
            elif isinstance(inner, Mapping | list):
                yield from unknown_fields(inner, known.fields[name], place)


def is_clean(value: Any, known: Field) -> bool:
    """Return whether every field is known and of its type; quicker than telling which is not."""
    if known.kind == "object":
        if type(value) is not dict:
            return False
        for name, item in value.items():
            field = known.fields.get(name)
            if field is None or not (item is None or is_clean(item, field)):
                return False
        return True
    if type(value) not in _EXACT[known.kind]:
        return known.kind == "any"
    if known.item is None or known.item.kind == "any":
        return True
    items = value if known.kind == "list" else value.values()
    return all(item is None or is_clean(item, known.item) for item in items)


def fits(value: Any, known: Field, path: str = "") -> None:
    """Check that every known field holds a value of its type.

    Raises:
        Rejected: With every value of a wrong type.
    """
    faults = Faults()
    _fit(value, known, path, faults)
    faults.settle()


def _fit(value: Any, known: Field, path: str, faults: Faults) -> None:
    if value is None:
        return
    with faults:
        _CHECKS[known.kind](value, path)
    if isinstance(value, Mapping):
        for name, item in value.items():
            inner = known.fields.get(name, known.item)
            if inner is not None:
                _fit(item, inner, f"{path}.{name}" if path else str(name), faults)
    elif isinstance(value, list) and known.item is not None:
        for number, item in enumerate(value):
            _fit(item, known.item, f"{path}[{number}]", faults)


def _boolean(value: Any, path: str) -> None:
    if not isinstance(value, bool):
        message = f"{quoted(value)} is no boolean."
        raise Rejected("wrong-type", message, "Write true or false, without quotes.", path)


def _integer(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        fix = "Write a whole number, without quotes."
        raise Rejected("wrong-type", f"{quoted(value)} is no number.", fix, path)


def _number_or_text(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        message = f"{quoted(value)} is neither a number nor a name."
        raise Rejected("wrong-type", message, "Write a number or a name.", path)


_EXACT: dict[Kind, tuple[type, ...]] = {
    "any": (),
    "boolean": (bool,),
    "integer": (int,),
    "list": (list,),
    "map": (dict,),
    "number-or-text": (int, str),
    "object": (dict,),
    "string": (str,),
}
_CHECKS: dict[Kind, Callable[[Any, str], Any]] = {
    "any": lambda *_: None,
    "boolean": _boolean,
    "integer": _integer,
    "list": listing,
    "map": mapping,
    "number-or-text": _number_or_text,
    "object": mapping,
    "string": text,
}


def limits(value: Any, known: Field, path: str = "") -> Iterator[Fault]:
    """Yield where values break the limits of the schema; types and names are checked elsewhere."""
    match value:
        case None | bool():
            return
        case str() | int():
            yield from _scalar(value, known, path)
        case list():
            yield from _count(len(value), known, path)
            if known.item is not None:
                for number, item in enumerate(value):
                    yield from limits(item, known.item, f"{path}[{number}]")
        case Mapping():
            yield from _presence(value, known, path)
            for name, item in value.items():
                inner = known.fields.get(name, known.item)
                if inner is not None:
                    yield from limits(item, inner, f"{path}.{name}" if path else str(name))


def _scalar(value: str | int, known: Field, path: str) -> Iterator[Fault]:
    shown = quoted(value)
    if known.enum and value not in known.enum:
        message = f"{shown} is not one of the values that are taken."
        yield Fault("schema-enum", message, f"Write {_one_of(known.enum)}.", path)
    if isinstance(value, int):
        if known.kind == "integer" and not _within(value, known.least, known.most):
            bounds = f"from {known.least} to {known.most}"
            message = f"{shown} is out of range."
            yield Fault("schema-range", message, f"Write a number {bounds}.", path)
        return
    if not _within(len(value), known.shortest, known.longest):
        message = f"{shown} has {len(value)} characters; {_bounds(known.shortest, known.longest)}."
        yield Fault("schema-length", message, "Write a text of that length.", path)
    elif known.pattern and not _compiled(known.linear or known.pattern).search(value):
        yield Fault("schema-pattern", f"{shown} is not {known.form}.", _example(known), path)
    if known.format == "cidr" and parse_network(value) is None:
        message = f"The schema asks for a CIDR with a length, and {shown} is none."
        fix = f"Write `{value}/{128 if ':' in value else 32}`."
        yield Fault("schema-format", message, fix, path)


def _example(known: Field) -> str:
    return f"The schema's pattern is `{known.pattern}`."


def _count(count: int, known: Field, path: str) -> Iterator[Fault]:
    if not _within(count, known.least, known.most):
        message = f"The list has {count} items; {_bounds(known.least, known.most)}."
        yield Fault("schema-items", message, "Change the number of items.", path)


def _presence(value: Mapping[str, Any], known: Field, path: str) -> Iterator[Fault]:
    there = {name for name, item in value.items() if item is not None}
    for name in known.required:
        if name not in there:
            message = f"The field `{name}` is missing."
            yield Fault("schema-required", message, f"Add `{name}`.", path)
    if known.one_of and len(there.intersection(known.one_of)) != 1:
        found = sorted(there.intersection(known.one_of))
        has = f"it has {_listed(found)}" if found else "it has none of them"
        message = f"Exactly one of {_listed(known.one_of)} must be there; {has}."
        yield Fault("schema-one-of", message, "Keep one of them, or add one.", path)
    if known.some_of and not there.intersection(known.some_of):
        message = f"At least one of {_listed(known.some_of)} must be there."
        yield Fault("schema-some-of", message, "Add one of them.", path)


def _within(number: int, least: int | None, most: int | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _bounds(least: int | None, most: int | None) -> str:
    parts = [f"at least {least}"] if least else []
    parts += [f"at most {most}"] if most is not None else []
    return " and ".join(parts)


def _one_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    # `\PC` (no control, format or unassigned character) is the one class that Python lacks.
    return re.compile(pattern.replace(r"\PC", r"[^\x00-\x1f\x7f-\x9f]"))
