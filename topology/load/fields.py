"""Fields of an object, read with forgiveness: what has the wrong type is reported and left out."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from types import MappingProxyType
from typing import Any

from topology.load.problems import Report, shorten
from topology.model import NO_LABELS, Address, Labels, Network, Protocol, Source

__all__ = ["Fields"]

_PROTOCOLS: dict[str, Protocol] = {"TCP": "TCP", "UDP": "UDP", "SCTP": "SCTP"}
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_OCTETS = {str(number): number for number in range(256)}


class Fields:
    """Reads the fields of one object; paths are those of `Source.lines`."""

    __slots__ = ("_report", "_source", "has_complained")

    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self.has_complained = False

    def mapping(self, owner: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
        """Return a field that must be a mapping; empty when absent."""
        value = owner.get(key)
        if value is None:
            return _EMPTY
        if isinstance(value, dict):
            return value
        self.complain(value, "a mapping", f"{path}{key}")
        return _EMPTY

    def mappings(self, owner: Mapping[str, Any], key: str, path: str) -> list[Mapping[str, Any]]:
        """Return a field that must be a list of mappings; empty when absent."""
        value = owner.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.complain(value, "a list", f"{path}{key}")
            return []
        for item in value:
            if type(item) is not dict:
                return self._mend_mappings(value, f"{path}{key}")
        return value

    def _mend_mappings(self, value: list[Any], path: str) -> list[Mapping[str, Any]]:
        """Return the mappings of a list that holds something else too."""
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self.complain(item, "a mapping", f"{path}[{index}]")
        return [item for item in value if isinstance(item, dict)]

    def text(self, owner: Mapping[str, Any], key: str, path: str, default: str = "") -> str:
        """Return a field that must be text; numbers and Booleans are taken as written."""
        value = owner.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, dict | list):
            self.complain(value, "text", f"{path}{key}")
            return default
        return _written(value)

    def texts(self, owner: Mapping[str, Any], key: str, path: str) -> list[str]:
        """Return a field that must be a list of texts; empty when absent."""
        value = owner.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.complain(value, "a list", f"{path}{key}")
            return []
        return [item for item in value if isinstance(item, str)]

    def labels(self, owner: Mapping[str, Any], key: str, path: str) -> Labels:
        """Return a field that maps text to text; empty when absent."""
        value = owner.get(key)
        if not value and (value is None or isinstance(value, dict)):
            return NO_LABELS
        if not isinstance(value, dict):
            self.complain(value, "a mapping", f"{path}{key}")
            return NO_LABELS
        for item in value.values():
            if type(item) is not str:
                return self._mend_labels(value, f"{path}{key}")
        return MappingProxyType(value)

    def _mend_labels(self, value: Mapping[str, Any], path: str) -> Labels:
        """Return labels of which some values are no text."""
        mended: dict[str, str] = {}
        for key, item in value.items():
            if isinstance(item, dict | list):
                self.complain(item, "text", f"{path}.{key}")
                continue
            if item is not None and not isinstance(item, str):
                self.complain(item, "text", f"{path}.{key}", consequence="read as text")
            mended[key] = _written(item)
        return MappingProxyType(mended)

    def number(
        self, owner: Mapping[str, Any], key: str, path: str, *, most: int = 2**31 - 1
    ) -> int | None:
        """Return a field that must be a whole number from 0 to `most`; None when absent."""
        value = owner.get(key)
        if value is None:
            return None
        if type(value) is int and 0 <= value <= most:
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and int(value) <= most:
            self.complain(value, "a number", f"{path}{key}", consequence="read as a number")
            return int(value)
        self.complain(value, f"a whole number from 0 to {most}", f"{path}{key}")
        return None

    def protocol(self, owner: Mapping[str, Any], key: str, path: str) -> Protocol | None:
        """Return a protocol, TCP when absent; None when it is none that Services and pods have."""
        value = owner.get(key)
        if value is None or value == "":
            return "TCP"
        found = _PROTOCOLS.get(value) if isinstance(value, str) else None
        if found is None:
            self.complain(value, "`TCP`, `UDP` or `SCTP`", f"{path}{key}")
        return found

    def address(self, value: Any, path: str) -> Address | None:
        """Return an IP address; None when it is none."""
        found = _parse_address(str(value))
        if found is None:
            self.complain(value, "an IP address", path)
        return found

    def network(self, value: Any, path: str) -> Network | None:
        """Return a range of addresses; None when it is none."""
        try:
            return ip_network(str(value), strict=False)
        except ValueError:
            self.complain(value, "a CIDR", path)
            return None

    def complain(
        self, value: Any, expected: str, path: str, *, consequence: str = "left out"
    ) -> None:
        """Report a field of the wrong type or range."""
        self.has_complained = True
        self._report.add(
            "warning",
            "wrong-type",
            f"`{path}` is {_describe(value)} where {expected} is expected; it is {consequence}.",
            hint="Correct the value; kubectl refuses it as it stands.",
            location=self._source.at(path),
        )


@lru_cache(maxsize=2**16)
def _parse_address(text: str) -> Address | None:
    """Return an IP address, each once: a pod's stands in its Service's endpoints again."""
    try:
        first, second, third, fourth = text.split(".")
        # A fifth of the time of `ip_address`, and what it does not know goes there.
        return IPv4Address(
            _OCTETS[first] << 24 | _OCTETS[second] << 16 | _OCTETS[third] << 8 | _OCTETS[fourth]
        )
    except (KeyError, ValueError):
        pass
    try:
        return ip_address(text)
    except ValueError:
        return None


def _written(value: Any) -> str:
    """Return a scalar as YAML and JSON write it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _describe(value: Any) -> str:
    """Return a value for a sentence, with its type where the type is what is wrong."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text `{shorten(value)}`"
    return f"`{_written(value)}`"
