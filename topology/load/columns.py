"""Many values of one class as columns of plain JSON, and back.

Each slot of all objects is set by one `map` over the slot's descriptor, which for pods takes a
third of the time of as many calls of `__init__`.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from itertools import chain, islice, repeat
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from topology.model import NO_LABELS, Address, ContainerPort, Labels, Location, ServicePort

__all__ = ["Column", "fill", "read_rows", "write_rows"]


@dataclass(frozen=True, slots=True)
class Column:
    """How the values of one field are written as JSON, and read again."""

    write: Callable[[Sequence[Any]], Any]
    read: Callable[[Any], Sequence[Any]]


def write_rows(rows: Sequence[Any], columns: Mapping[str, Column]) -> dict[str, Any]:
    """Return objects of one class as columns, with their number.

    Args:
        rows: The objects.
        columns: How each field is written; fields that are not named are left out.
    """
    written = {
        name: column.write(list(map(attrgetter(name), rows))) for name, column in columns.items()
    }
    return {"count": len(rows), "columns": written}


def read_rows(
    made_of: type, written: Mapping[str, Any], columns: Mapping[str, Column], **more: Sequence[Any]
) -> list[Any]:
    """Return the objects that columns were written from.

    Args:
        made_of: Their class, a dataclass with slots.
        written: What `write_rows` returned.
        columns: How it was written.
        more: Values of the fields that were left out.

    Raises:
        ValueError: The columns are not those of the class, or not of one length.
    """
    values = {name: column.read(written["columns"][name]) for name, column in columns.items()}
    return fill(made_of, written["count"], **values, **more)


def fill(made_of: type, count: int, **values: Sequence[Any]) -> list[Any]:
    """Return new objects of a dataclass with slots, given all values of each field.

    Raises:
        ValueError: A field is missing, or has too few or too many values.
    """
    if values.keys() != _names(made_of) or any(len(one) != count for one in values.values()):
        message = f"the columns do not make {count} of `{made_of.__name__}`"
        raise ValueError(message)
    made: list[Any] = list(map(object.__new__, repeat(made_of, count)))
    for name, column in values.items():
        deque(map(getattr(made_of, name).__set__, made, column), maxlen=0)
    return made


@cache
def _names(made_of: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(made_of))


def _itself(value: Any) -> Any:
    return value


def shared(
    write: Callable[[Any], Any] = _itself,
    read: Callable[[Any], Any] = _itself,
    key: Callable[[Any], Hashable] = _itself,
) -> Column:
    """Return a column of which equal values are written, and made, once.

    Args:
        write: Turns a value into JSON.
        read: Turns it back.
        key: What equal values have in common; never equal for a number and a Boolean.
    """

    def write_column(values: Sequence[Any]) -> Any:
        places: dict[Hashable, int] = {}
        distinct: list[Any] = []
        indexes = []
        for value in values:
            mark = key(value)
            place = places.setdefault(mark, len(places))
            if place == len(distinct):
                distinct.append(write(value))
            indexes.append(place)
        return [distinct, indexes]

    def read_column(written: Any) -> list[Any]:
        distinct, indexes = written
        return list(map(list(map(read, distinct)).__getitem__, indexes))

    return Column(write_column, read_column)


def _read_labels(written: dict[str, str]) -> Labels:
    return MappingProxyType(written) if written else NO_LABELS


def _items_of(labels: Labels) -> Hashable:
    return tuple(labels.items())


def _write_ports(ports: Iterable[ContainerPort]) -> list[Any]:
    return [[port.number, port.protocol, port.name] for port in ports]


def _read_ports(written: Iterable[Any]) -> tuple[ContainerPort, ...]:
    return tuple(ContainerPort(number, protocol, name) for number, protocol, name in written)


_SERVICE_PORT: Final = attrgetter(*(field.name for field in fields(ServicePort)))


def _write_service_ports(ports: Iterable[ServicePort]) -> list[Any]:
    return [_SERVICE_PORT(port) for port in ports]


def _read_service_ports(written: Iterable[Any]) -> tuple[ServicePort, ...]:
    names = [field.name for field in fields(ServicePort)]
    return tuple(ServicePort(**dict(zip(names, one, strict=True))) for one in written)


def _write_address(address: Address) -> int | str:
    return int(address) if address.version == 4 else str(address)


class _Addresses(dict[int | str, Address]):
    """Addresses by what was written, each made once."""

    def __missing__(self, written: int | str) -> Address:
        made = IPv4Address(written) if type(written) is int else IPv6Address(written)
        self[written] = made
        return made


def _read_addresses(written: Sequence[Any]) -> list[Address]:
    return list(map(_Addresses().__getitem__, written))


def _write_addresses(values: Sequence[Address]) -> list[int | str]:
    return list(map(_write_address, values))


def _write_groups(values: Sequence[Sequence[Address]]) -> Any:
    return [list(map(len, values)), _write_addresses(list(chain.from_iterable(values)))]


def _read_groups(written: Any) -> list[tuple[Address, ...]]:
    counts, flat = written
    return split(_read_addresses(flat), counts)


def split(values: Sequence[Any], counts: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return values as tuples of the lengths given.

    Raises:
        ValueError: There are more or fewer values than that.
    """
    if sum(counts) != len(values):
        message = f"{len(values)} values cannot be split into {sum(counts)}"
        raise ValueError(message)
    rest = iter(values)
    return [tuple(islice(rest, count)) for count in counts]


def _write_locations(values: Sequence[Location | None]) -> Any:
    files = [None if one is None else one.file for one in values]
    return [PLAIN_SHARED.write(files), [0 if one is None else one.line for one in values]]


def _read_locations(written: Any) -> list[Location | None]:
    files, lines = PLAIN_SHARED.read(written[0]), written[1]
    made: list[Location | None] = fill(Location, len(files), file=files, line=lines)
    if None in written[0][0]:
        return [None if file is None else one for file, one in zip(files, made, strict=True)]
    return made


PLAIN: Final = Column(_itself, _itself)
"""Text, numbers, Booleans and nested JSON as they are."""
PLAIN_SHARED: Final = shared()
"""Text of which few differ."""
LABELS: Final = shared(dict, _read_labels, _items_of)
TEXTS: Final = shared(list, tuple)
PORTS: Final = shared(_write_ports, _read_ports)
SERVICE_PORTS: Final = shared(_write_service_ports, _read_service_ports)
NETWORKS: Final = shared(
    lambda networks: [str(network) for network in networks],
    lambda written: tuple(ip_network(text) for text in written),
)
ADDRESS: Final = Column(_write_addresses, _read_addresses)
ADDRESSES: Final = Column(_write_groups, _read_groups)
LOCATIONS: Final = Column(_write_locations, _read_locations)
