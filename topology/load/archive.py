"""A Cluster as bytes that can be turned back into it much faster than its files can be parsed.

The bytes are JSON: whatever stands in them, reading them runs no code of theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

import orjson

from topology.load.columns import (
    ADDRESS,
    ADDRESSES,
    LABELS,
    LOCATIONS,
    NETWORKS,
    PLAIN,
    PLAIN_SHARED,
    PORTS,
    SERVICE_PORTS,
    TEXTS,
    Column,
    read_rows,
    split,
    write_rows,
)
from topology.load.json_documents import find_lines
from topology.load.lines import FieldLines
from topology.model import (
    Cluster,
    Document,
    Endpoint,
    Namespace,
    Node,
    Pod,
    Problem,
    Service,
    Source,
    Workload,
)

__all__ = ["pack", "unpack"]

_LABELLED: Final = {"labels": LABELS, "annotations": LABELS, "location": LOCATIONS}
_COLUMNS: Final[dict[type, dict[str, Column]]] = {
    Namespace: _LABELLED,
    Node: _LABELLED | {"addresses": ADDRESSES, "pod_cidrs": NETWORKS},
    Pod: _LABELLED
    | dict.fromkeys(("namespace", "node", "workload", "workload_kind"), PLAIN_SHARED)
    | {"service_account": PLAIN_SHARED, "addresses": ADDRESSES, "ports": PORTS}
    | {"containers": TEXTS},
    Workload: _LABELLED | {"kind": PLAIN_SHARED, "namespace": PLAIN_SHARED, "environment": LABELS},
    Service: _LABELLED
    | {"namespace": PLAIN_SHARED, "selector": LABELS, "ports": SERVICE_PORTS}
    | {"cluster_ips": ADDRESSES, "external_addresses": ADDRESSES}
    | {"source_ranges": NETWORKS, "ip_families": TEXTS},
    Endpoint: {"address": ADDRESS, "node": PLAIN_SHARED, "ports": PORTS},
    Document: dict.fromkeys(("kind", "api_version", "namespace"), PLAIN_SHARED),
    Problem: {"location": LOCATIONS},
}
"""How fields are written that are not as they are in JSON, or of which few values differ."""
_APART: Final = {Workload: "pods", Service: "endpoints", Document: "source"}
"""Fields whose values are written by themselves."""


def _columns_of(made_of: type) -> dict[str, Column]:
    special = _COLUMNS[made_of]
    apart = _APART.get(made_of)
    names = [field.name for field in fields(made_of) if field.name != apart]
    return {name: special.get(name, PLAIN) for name in names}


def pack(cluster: Cluster) -> bytes:
    """Return a cluster as bytes.

    Raises:
        ValueError: It holds what JSON cannot hold, such as a number that is none (`.nan`).
    """
    documents = (*cluster.policies, *cluster.documents, *cluster.reports, *cluster.azure)
    endpoints = [one.endpoints for one in cluster.services]
    content = {
        "namespaces": _write(Namespace, list(cluster.namespaces.values())),
        "nodes": _write(Node, cluster.nodes),
        "workloads": _write(Workload, cluster.workloads),
        "pods": _write(Pod, cluster.pods),
        "pods_of": [len(one.pods) for one in cluster.workloads],
        "services": _write(Service, cluster.services),
        "endpoints": _write(Endpoint, list(chain.from_iterable(one or () for one in endpoints))),
        "endpoints_of": [None if one is None else len(one) for one in endpoints],
        "documents": _write(Document, documents),
        "recipes": [_write_source(one.source) for one in documents],
        "policies": len(cluster.policies),
        "reports": len(cluster.reports),
        "azure": len(cluster.azure),
        "kinds": dict(cluster.kinds),
        "unused_kinds": sorted(cluster.unused_kinds),
        "problems": _write(Problem, cluster.problems),
        "sources": cluster.sources,
    }
    try:
        written = orjson.dumps(content)
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from None
    bodies = [one.body for one in documents]
    if orjson.loads(orjson.dumps(bodies)) != bodies:
        message = "a document holds a number that JSON does not know"
        raise ValueError(message)
    return written


def unpack(data: bytes | memoryview) -> Cluster:
    """Return the cluster that bytes were made from.

    Raises:
        ValueError: They were not made by `pack`.
    """
    content = orjson.loads(data)
    try:
        return _assemble(content)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        message = f"the columns are not those of a cluster: {error}"
        raise ValueError(message) from error


def _assemble(content: Mapping[str, Any]) -> Cluster:
    pods = split(_read(Pod, content["pods"]), content["pods_of"])
    counts = content["endpoints_of"]
    groups = split(_read(Endpoint, content["endpoints"]), [count or 0 for count in counts])
    endpoints = [
        None if count is None else group for count, group in zip(counts, groups, strict=True)
    ]
    recipes = list(map(_read_source, content["recipes"]))
    documents = tuple(_read(Document, content["documents"], source=recipes))
    azure = len(documents) - content["azure"]
    reports = azure - content["reports"]
    namespaces = _read(Namespace, content["namespaces"])
    return Cluster(
        namespaces=MappingProxyType({one.name: one for one in namespaces}),
        nodes=tuple(_read(Node, content["nodes"])),
        workloads=tuple(_read(Workload, content["workloads"], pods=pods)),
        services=tuple(_read(Service, content["services"], endpoints=endpoints)),
        policies=documents[: content["policies"]],
        documents=documents[content["policies"] : reports],
        reports=documents[reports:azure],
        azure=documents[azure:],
        kinds=MappingProxyType(content["kinds"]),
        unused_kinds=frozenset(content["unused_kinds"]),
        problems=tuple(_read(Problem, content["problems"])),
        sources=tuple(content["sources"]),
    )


def _write(made_of: type, rows: Sequence[Any]) -> dict[str, Any]:
    return write_rows(rows, _columns_of(made_of))


def _read(made_of: type, written: Mapping[str, Any], **apart: Sequence[Any]) -> list[Any]:
    return read_rows(made_of, written, _columns_of(made_of), **apart)


def _write_source(source: Source) -> list[Any]:
    """Return a source with what its lines are found from: the object's own text, or the lines.

    The text rather than its place in the file: the file may be another when a line is asked for.
    """
    lines = source.lines
    if isinstance(lines, FieldLines) and lines.text is not None:
        return [source.file, lines[""], lines.text.decode()]
    return [source.file, lines.get("", 0), dict(lines)]


def _read_source(written: Sequence[Any]) -> Source:
    file, first, rest = written
    if isinstance(rest, str):
        return Source(file, FieldLines(partial(_find_lines, rest, first), first))
    return Source(file, rest)


def _find_lines(text: str, first: int) -> dict[str, int]:
    return find_lines(text.encode(), first)
