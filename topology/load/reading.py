"""The way from paths and texts to a Cluster."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from topology.errors import UnreadableInput
from topology.load.cache import ClusterCache
from topology.load.clusters import assemble
from topology.load.fingerprints import take_fingerprint
from topology.load.inputs import (
    LARGEST_YAML,
    Input,
    describe_empty,
    holds_too_many_values,
    read_inputs,
)
from topology.load.json_documents import JsonDocument, locate_items, locate_object, read_json
from topology.load.lines import FieldLines, find_marked_lines
from topology.load.objects import read_manifests, unpack
from topology.load.problems import Report
from topology.load.typography import holds_typography, report_typography
from topology.load.yaml_documents import YamlDocument, read_yaml
from topology.model import Cluster, Document, Problem, Source

__all__ = ["FileContent", "load", "load_text", "read_files", "read_text"]

_Objects = list[tuple[Any, Source]]


def load(
    paths: Sequence[str | Path], *, stdin: TextIO | None = None, cache: Path | None = None
) -> Cluster:
    """Read a cluster from files, folders and stdin.

    Objects of later paths are added to those of earlier ones; where both hold an object of the
    same kind, namespace and name the last one read counts, as with `kubectl apply`, and a warning
    names both places. A fault in one file or document becomes one of `Cluster.problems`.

    Args:
        paths: YAML or JSON files, folders (read recursively: .yaml, .yml, .json), or `-`.
        stdin: What `-` stands for; the process's own stdin if None.
        cache: Folder in which large clusters are kept; one whose files hold what they held then
            is taken from there. None to read the files in any case.

    Returns:
        The cluster, in an order that depends on the objects only.

    Raises:
        UnreadableInput: No object could be read from any of the paths.
    """
    fingerprint = take_fingerprint(paths) if cache is not None else None
    if cache is None or fingerprint is None:
        return _load(paths, stdin)
    kept = ClusterCache(cache)
    with _no_collection():
        found = kept.open(fingerprint)
    if found is not None:
        return found
    cluster = _load(paths, stdin)
    # The files may have changed while they were read.
    if take_fingerprint(paths) == fingerprint:
        kept.store(fingerprint, cluster)
    return cluster


def _load(paths: Sequence[str | Path], stdin: TextIO | None) -> Cluster:
    """Read a cluster from the files themselves."""
    report = Report()
    objects: _Objects = []
    sources: list[str] = []
    with _no_collection():
        for given in read_inputs(paths, stdin, report):
            sources.append(given.name)
            objects.extend(_read_objects(given, report))
        cluster = assemble(objects, report, sources=sources)
    if not cluster.kinds:
        _refuse_nothing(cluster.problems, paths)
    return cluster


def load_text(text: str, *, name: str = "<text>") -> Cluster:
    """Read a cluster from YAML or JSON text; every fault becomes one of its problems.

    Args:
        text: What a file would hold.
        name: The file name to use in locations.

    >>> cluster = load_text("{kind: Pod, apiVersion: v1, metadata: {name: web}}")
    >>> [pod.full_name for pod in cluster.pods]
    ['default/web']
    """
    report = Report()
    given = Input(name=name, data=text.encode("utf-8", "replace"))
    return assemble(_read_objects(given, report), report, sources=(name,))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """What one file holds, object by object, before any of them counts for a cluster."""

    path: str
    documents: tuple[Document, ...] = ()
    """Of every kind; kinds of other APIs are named `Kind.group` as kubectl does."""
    problems: tuple[Problem, ...] = ()


def read_files(
    paths: Sequence[str | Path], *, stdin: TextIO | None = None
) -> Iterator[FileContent]:
    """Yield what each file holds, also those that cannot be read, with their problems.

    Args:
        paths: YAML or JSON files, folders (read recursively), or `-`.
        stdin: What `-` stands for; the process's own stdin if None.
    """
    unread = Report()
    for given in read_inputs(paths, stdin, unread):
        yield _content(given)
    for problem in unread.finish():
        path = problem.location.file if problem.location else ""
        yield FileContent(path=path, problems=(problem,))


def read_text(text: str, *, name: str = "<text>") -> FileContent:
    """Return what a text holds, as `read_files` does of a file."""
    return _content(Input(name=name, data=text.encode("utf-8", "replace")))


def _content(given: Input) -> FileContent:
    faults = Report()
    documents = tuple(
        Document(
            kind=manifest.kind,
            api_version=manifest.api_version,
            namespace=manifest.namespace,
            name=manifest.name,
            body=manifest.body,
            source=manifest.source,
        )
        for manifest in read_manifests(_read_objects(given, faults), faults)
    )
    return FileContent(path=given.name, documents=documents, problems=faults.finish())


def _refuse_nothing(problems: Sequence[Problem], paths: Sequence[str | Path]) -> None:
    """Raise for input that yields nothing at all, unless it is an empty export."""
    if not paths:
        message = "No file or folder was given."
        raise UnreadableInput(message, hint="Name a file, a folder, or `-` for stdin.")
    if problems:
        first = min(problems, key=lambda problem: problem.severity != "error")
        more = f" ({len(problems) - 1} more problems.)" if len(problems) > 1 else ""
        raise UnreadableInput(first.message, hint=first.hint + more, location=first.location)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the garbage collector while many values are made that all stay; it halves the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Moves what was just made to the oldest generation unvisited: it is there to stay.
        gc.freeze()
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def _read_objects(given: Input, report: Report) -> _Objects:
    """Return the objects of one file with their sources."""
    objects = _read_json_objects(given, report) if given.is_json else None
    if objects is None:
        text = given.data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        objects = _read_yaml_objects(text, given.name, report)
    if not given.data.isascii() and holds_typography(given.data.decode("utf-8", "replace")):
        for body, source in objects:
            report.extend(*report_typography(body, source))
    return objects


def _read_json_objects(given: Input, report: Report) -> _Objects | None:
    """Return the objects of text that starts as JSON; None if it is a YAML flow mapping instead."""
    faults = Report()
    objects = [
        item
        for document in read_json(given.data, given.name, faults)
        for item in _items_of_json(document, given.name)
    ]
    if faults.has_errors and not objects and _may_be_yaml(given):
        fallback = Report()
        documents = read_yaml(given.data.decode(), given.name, fallback)
        if any(documents) and not fallback.has_errors:
            return None
    report.extend(*faults.finish())
    return objects


def _may_be_yaml(given: Input) -> bool:
    """Say whether text that starts as JSON is worth being read as a YAML flow mapping."""
    if given.name.lower().endswith(".json") or len(given.data) > LARGEST_YAML:
        return False
    return not holds_too_many_values(given.data)


def _read_yaml_objects(text: str, file: str, report: Report) -> _Objects:
    """Return the objects of a YAML text."""
    faults = Report()
    documents = list(read_yaml(text, file, faults))
    if not documents and not faults.has_errors:
        faults.extend(describe_empty(file))
    report.extend(*faults.finish())
    return [item for document in documents for item in _items_of_yaml(document, file)]


def _items_of_json(document: JsonDocument, file: str) -> _Objects:
    """Return the objects of a JSON document."""
    items = unpack(document.value)
    if items is not None:
        return list(zip(items, locate_items(document, file), strict=True))
    if isinstance(document.value, dict):
        return [(document.value, locate_object(document, file))]
    return [(document.value, Source(file, {"": document.line}))]


def _items_of_yaml(document: YamlDocument, file: str) -> _Objects:
    """Return the objects of a YAML document."""
    items = unpack(document.value)
    if items is None:
        return [(document.value, _source(document.value, document.line, document, file))]
    lines = document.marks.get(id(items), {})
    return [
        (item, _source(item, lines.get(index, document.line), document, file))
        for index, item in enumerate(items)
    ]


def _source(value: Any, line: int, document: YamlDocument, file: str) -> Source:
    """Return the source of one object."""
    line = document.tops.get(id(value), line)
    if id(value) not in document.marks:
        return Source(file, {"": line})
    return Source(file, FieldLines(partial(find_marked_lines, value, document.marks, line), line))
