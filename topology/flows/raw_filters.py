"""FlowFilters as JSON, as `--allowlist` and `--denylist` take them.

Source: `flow.proto`, message FlowFilter, in the JSON form of protocol buffers: names with
underscores or in camel case, enums by name or number.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from topology.errors import InvalidQuery
from topology.flows.drop_reasons import name_of
from topology.flows.words import EITHER, ONE, TCP_FLAGS, VERDICTS

__all__ = ["read_filters"]

_FIELDS: Final = frozenset(
    (*ONE.values(), *(field for pair in EITHER.values() for field in pair), "reply", "dns_query")
)
_DIRECTIONS: Final = ("TRAFFIC_DIRECTION_UNKNOWN", "INGRESS", "EGRESS")
_VERSIONS: Final = ("IP_NOT_USED", "IPv4", "IPv6")


def read_filters(text: str) -> list[dict[str, list[Any]]]:
    """Return the filters of a text that holds one JSON object or several in a row.

    Raises:
        InvalidQuery: It holds something else, or a field that no filter has.
    """
    decoder = json.JSONDecoder()
    found, position = [], 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        try:
            value, position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError) as error:
            message = f"`{text}` is no JSON ({error})."
            raise InvalidQuery(message, hint=_HINT) from None
        found.append(_filter(value, text))
    return found


_HINT: Final = 'Write a FlowFilter such as `{"source_pod": ["shop/web"]}`.'


def _filter(value: Any, text: str) -> dict[str, list[Any]]:
    if not isinstance(value, dict):
        message = f"`{text}` is no JSON object."
        raise InvalidQuery(message, hint=_HINT)
    fields: dict[str, list[Any]] = {}
    for written, given in value.items():
        name = re.sub(r"(?<!^)([A-Z])", lambda match: "_" + match[1].lower(), written)
        if name == "experimental" and isinstance(given, dict):
            name, given = "cel_expression", given.get("cel_expression", given.get("celExpression"))
        if name not in _FIELDS or not isinstance(given, list):
            message = f"`{written}` in `{text}` is no list of values that flows are filtered by."
            raise InvalidQuery(message, hint=f"Fields are {', '.join(sorted(_FIELDS))}.")
        try:
            fields[name] = [_reader_of(name)(one) for one in given]
        except (AttributeError, IndexError, TypeError, ValueError):
            message = f"`{json.dumps(given)}` is no value for `{written}`."
            raise InvalidQuery(message, hint=_HINT) from None
    return fields


def _reader_of(name: str) -> Callable[[Any], Any]:
    return _READERS.get(name, _text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return int(value)


def _enum(names: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        return names[value] if isinstance(value, int) else names[names.index(value)]

    return read


def _drop_reason(value: Any) -> str:
    return name_of(value) if isinstance(value, int) else _text(value)


def _pair(first: str, second: str) -> Callable[[Any], tuple[str, str]]:
    def read(value: Any) -> tuple[str, str]:
        return _text(value.get(first, "")), _text(value.get(second, ""))

    return read


def _event_type(value: Any) -> tuple[int, int | None]:
    part = _number(value.get("sub_type", value.get("subType", 0)))
    is_part = value.get("match_sub_type", value.get("matchSubType", False))
    return _number(value.get("type", 0)), part if is_part else None


def _tcp_flags(value: Any) -> frozenset[str]:
    found = frozenset(name for name, is_set in value.items() if is_set)
    if not found <= TCP_FLAGS:
        raise ValueError
    return found


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "reply": _bool,
    "encrypted": _bool,
    "verdict": _enum(VERDICTS),
    "drop_reason_desc": _drop_reason,
    "traffic_direction": _enum(_DIRECTIONS),
    "ip_version": _enum(_VERSIONS),
    "event_type": _event_type,
    "tcp_flags": _tcp_flags,
    "http_header": _pair("key", "value"),
    "source_workload": _pair("kind", "name"),
    "destination_workload": _pair("kind", "name"),
    "source_identity": _number,
    "destination_identity": _number,
    "ip_trace_id": _number,
    "interface": lambda value: (_text(value.get("name", "")), _number(value.get("index", 0))),
}
