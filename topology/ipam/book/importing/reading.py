"""Files of any of the known forms, read into rows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from topology.ipam.book.importing import azure, netbox
from topology.ipam.book.importing.rows import ImportRow, Reading, complain
from topology.ipam.book.importing.tables import read_table
from topology.ipam.book.records import is_keepable
from topology.load.inputs import Input, read_inputs
from topology.load.json_documents import locate_object, read_json
from topology.load.problems import Report, shorten
from topology.model import Source

__all__ = ["read_files"]

_READERS = (
    ("Azure VNets", azure.is_vnet, azure.read_vnet),
    ("AKS clusters", azure.is_cluster, azure.read_cluster),
    ("Azure subnets", azure.is_subnet, azure.read_subnet),
    ("NetBox prefixes", netbox.is_prefix, netbox.read_prefix),
)
_LISTS = ("results", "value", "data", "items")
"""Fields under which lists stand: NetBox, Azure's REST, resource graph, others."""


def read_files(paths: Sequence[str | Path], stdin: TextIO | None = None) -> Reading:
    """Read what stands under the paths; what cannot be read is among the problems."""
    report = Report()
    reading = Reading()
    for given in read_inputs(paths, stdin, report):
        if given.is_json:
            _read_json(given, reading, report)
        else:
            reading.forms[given.name] = "table"
            read_table(given.data.decode("utf-8", "replace"), given.name, reading)
    reading.problems[:0] = report.finish()
    reading.rows = [row for row in reading.rows if _can_be_kept(row, reading)]
    return reading


def _can_be_kept(row: ImportRow, reading: Reading) -> bool:
    texts = [row.name, row.kind, row.notes, row.space, row.owner, *row.tags, *row.tags.values()]
    if all(is_keepable(text) for text in texts):
        return True
    message = f"The row of `{row.network}` holds a character that cannot be kept."
    complain(reading, "text", message, "Leave out NUL and broken letters.", row.location)
    return False


def _read_json(given: Input, reading: Reading, report: Report) -> None:
    for document in read_json(given.data, given.name, report):
        source = locate_object(document, given.name)
        for item, path in _items(document.value):
            _read_item(item, path, source, reading, given.name)


def _items(value: Any) -> Iterator[tuple[Any, str]]:
    """Yield the objects of a document with their paths."""
    prefix = ""
    if isinstance(value, Mapping):
        name = next((name for name in _LISTS if isinstance(value.get(name), list)), "")
        if not name:
            yield value, ""
            return
        value, prefix = value[name], name
    if not isinstance(value, list):
        yield value, ""
        return
    for number, item in enumerate(value):
        if isinstance(item, list):
            yield from ((one, f"{prefix}[{number}][{n}]") for n, one in enumerate(item))
        else:
            yield item, f"{prefix}[{number}]"


def _read_item(item: Any, path: str, source: Source, reading: Reading, file: str) -> None:
    place = source.at(path)
    if not isinstance(item, Mapping):
        message = f"`{shorten(str(item))}` is no object with a range."
        complain(reading, "object", message, _FORMS, place)
        return
    for form, is_one, read in _READERS:
        if is_one(item):
            reading.forms.setdefault(file, form)
            try:
                read(item, path, source, reading)
            except (AttributeError, KeyError, TypeError, ValueError):
                name = shorten(str(item.get("name", "?")))
                message = f"The object `{name}` has not the form of {form}."
                complain(reading, "object", message, "Export it anew.", place)
            return
    shown = ", ".join(f"`{name}`" for name in list(item)[:4])
    message = f"An object with the fields {shown} tells of no range." if shown else "Empty object."
    complain(reading, "object", message, _FORMS, place)


_FORMS = (
    "Known are `az network vnet list`, `az network vnet subnet list`, `az aks list`, NetBox "
    "prefixes as JSON, and CSV."
)
