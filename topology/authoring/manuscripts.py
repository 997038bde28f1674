"""The files that policies stand in, with changes written into them and nothing else touched."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

import yaml

from topology.authoring.edits import Edit
from topology.authoring.splices import dump, splice
from topology.errors import TopologyError
from topology.load import load_text
from topology.model import Document

__all__ = ["Manuscript", "file_name", "manuscripts_of"]

_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_LARGEST = 2_000_000
"""Characters of a part of a file above which it is not taken apart; the policy is written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """One policy as it will stand in its file."""

    edit: Edit
    file: str
    """Where it stands; a new name for a policy that is new."""
    content: str
    """The policy alone, as YAML; empty for one that is taken away."""
    diff: str
    """Unified diff of the file, with the comments around what changed."""


def manuscripts_of(edits: Iterable[Edit]) -> tuple[Manuscript, ...]:
    """Write changes into the files that the policies were read from.

    A file that is no longer there, or that cannot be taken apart (JSON, standard input), gives way
    to the policy written anew.

    Args:
        edits: One for each policy, the last word on it.
    """
    texts: dict[str, str] = {}
    return tuple(_written(edit, texts) for edit in edits)


def _written(edit: Edit, texts: dict[str, str]) -> Manuscript:
    before, after = edit.before, edit.after
    if before is None:
        content = dump(after.body) if after else ""
        return _manuscript(edit, file_name(after), "", content, content)
    file = before.source.file
    if file not in texts:
        texts[file] = _read(file)
    found = _place(texts[file], before)
    if found is not None:
        old = texts[file]
        new, content = _changed(old, found, before, after)
        if new is not None:
            texts[file] = new
            return _manuscript(edit, file, old, new, content)
    content = dump(after.body) if after else ""
    return _manuscript(edit, file, dump(before.body), content, content)


def _manuscript(edit: Edit, file: str, old: str, new: str, content: str) -> Manuscript:
    origin = file if old else "/dev/null"
    lines = unified_diff(
        old.splitlines(), new.splitlines(), fromfile=origin, tofile=file, lineterm="", n=3
    )
    return Manuscript(edit=edit, file=file, content=content, diff="\n".join(lines) + "\n")


def file_name(document: Document | None) -> str:
    """Return the name of a file for a policy that is new."""
    if document is None:
        return ""
    return "-".join(part for part in (document.namespace, document.name) if part) + ".yaml"


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a policy stands in a text."""

    start: int
    end: int
    node: yaml.Node
    """In the part of the text between them."""
    alone: bool
    """Whether the part holds nothing else."""


def _place(text: str, document: Document) -> _Place | None:
    """Find a policy in a text."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text))]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        if document.name not in part or document.kind not in part or len(part) > _LARGEST:
            continue
        if part.lstrip().startswith(("{", "[")):
            continue
        try:
            root = yaml.compose(part, Loader=yaml.SafeLoader)
        except yaml.YAMLError:
            continue
        for node, alone in _candidates(root):
            if _names(node) == (document.kind, document.namespace, document.name):
                return _Place(start, end, node, alone)
    return None


def _candidates(root: yaml.Node | None) -> Iterable[tuple[yaml.Node, bool]]:
    if not isinstance(root, yaml.MappingNode):
        return
    yield root, True
    items = _entry(root, "items")
    if isinstance(items, yaml.SequenceNode):
        for item in items.value:
            yield item, False


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _names(node: yaml.Node) -> tuple[str, str, str]:
    metadata = _entry(node, "metadata")
    kind, space, name = (
        str(found.value) if isinstance(found, yaml.ScalarNode) else ""
        for found in (_entry(node, "kind"), _entry(metadata, "namespace"), _entry(metadata, "name"))
    )
    clusterwide = kind.startswith("CiliumClusterwide")
    return kind, "" if clusterwide else space or "default", name


def _changed(
    text: str, place: _Place, before: Document, after: Document | None
) -> tuple[str | None, str]:
    """Return the whole text with one policy changed, and that policy; None where it fails."""
    part = text[place.start : place.end]
    if after is None:
        if not place.alone:
            return None, ""
        return text[: place.start] + text[place.end :], ""
    part = splice(part, place.node, before.body, after.body)
    content = part if place.alone else dump(after.body)
    if _value(part, after) != after.body:
        # Anchors, odd layouts: better written anew than written wrong.
        if not place.alone:
            return None, ""
        lead = "---\n" if _SEPARATOR.match(text[place.start : place.end]) else ""
        part = content = lead + dump(after.body)
    return text[: place.start] + part + text[place.end :], _trimmed(content)


def _trimmed(content: str) -> str:
    return _SEPARATOR.sub("", content, count=1).strip("\n") + "\n" if content else content


def _value(part: str, document: Document) -> Mapping[str, Any] | None:
    """Return what a changed part says of a policy, None if it cannot be read."""
    try:
        found = load_text(part, name=document.source.file)
    except TopologyError:
        return None
    return next((one.body for one in found.policies if one.key == document.key), None)
