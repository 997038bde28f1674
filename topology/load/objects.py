"""Kubernetes objects as they were written: which kind, whose name, from which line."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from topology.load.azure import is_azure
from topology.load.kinds import CLUSTER_WIDE, GROUPS, KEPT_WHOLE, POLICIES, canonical_kind
from topology.load.lines import MOST_LEVELS
from topology.load.problems import Report, shorten
from topology.load.typography import walk_texts
from topology.load.yaml_faults import describe_template
from topology.model import Problem, Source

__all__ = ["Manifest", "keep_last", "read_manifests", "unpack"]


_CONTRACT = frozenset({"must_allow", "must_deny"})
"""The fields of a contract of policies, which is no Kubernetes object."""


class Manifest(NamedTuple):
    """One object that has a kind and a name."""

    kind: str
    """As kubectl would name it: `Kind`, or `Kind.group` where the plain kind means another."""
    api_version: str
    namespace: str
    """Empty for cluster-wide kinds; `default` when a namespaced object names none."""
    name: str
    body: Mapping[str, Any]
    source: Source


def unpack(value: Any) -> list[Any] | None:
    """Return the items of a list object, or None when it is no list.

    `kubectl get -o yaml` prints a `List`; the API itself prints a `PodList` whose items name
    neither kind nor apiVersion. A bare YAML or JSON list is taken if it holds objects.
    """
    if isinstance(value, list):
        # `az ... list` prints an empty list where there is nothing.
        return value if not value or any(_is_object(item) for item in value) else None
    if not isinstance(value, dict) or not str(value.get("kind", "")).endswith("List"):
        return None
    items = value.get("items")
    if items is None:
        return []
    return _complete(items, value) if isinstance(items, list) else None


def _is_object(value: Any) -> bool:
    """Say whether a value looks like an object of Kubernetes or Azure."""
    return isinstance(value, dict) and ("kind" in value or is_azure(value))


def _complete(items: list[Any], parent: Mapping[str, Any]) -> list[Any]:
    """Return the items of a typed list with the kind and apiVersion that its kind implies."""
    kind = str(parent["kind"]).removesuffix("List")
    if not kind:
        return items
    implied = {"apiVersion": parent.get("apiVersion", ""), "kind": kind}
    for item in items:
        if isinstance(item, dict):
            for key, value in implied.items():
                item.setdefault(key, value)
    return items


def read_manifests(objects: Iterable[tuple[Any, Source]], report: Report) -> Iterator[Manifest]:
    """Yield what has a kind and a name; the rest becomes problems."""
    for body, source in objects:
        if isinstance(body, Mapping) and body.keys() and body.keys() <= _CONTRACT:
            continue  # What policies are held to is kept beside them.
        if is_azure(body):
            continue  # `azure_documents` reads these.
        if not isinstance(body, Mapping) or not isinstance(body.get("kind"), str):
            report.extend(_describe_stranger(body, source))
            continue
        if body["kind"] == "Kustomization":
            report.extend(_describe_kustomization(source))
            continue
        manifest = _read_manifest(body, source, report)
        if manifest is not None:
            yield manifest


def _read_manifest(body: Mapping[str, Any], source: Source, report: Report) -> Manifest | None:
    """Return an object with its names, or None when it cannot be named."""
    api_version = str(body.get("apiVersion") or "")
    written = body["kind"]
    kind = canonical_kind(written, api_version)
    if "/" not in api_version and written in GROUPS and api_version not in GROUPS[written]:
        report.extend(_describe_version(written, api_version, source))
    metadata = body.get("metadata")
    name = _name(metadata)
    if not name or metadata is None or isinstance(metadata.get("namespace"), dict | list):
        report.extend(_describe_nameless(written, metadata, source))
        return None
    if kind in KEPT_WHOLE and _is_deeper(body, MOST_LEVELS):
        report.extend(_describe_depth(written, source))
        return None
    namespace = ""
    if kind not in CLUSTER_WIDE:
        namespace = str(metadata.get("namespace") or ("default" if kind in GROUPS else ""))
    template = _find_template(kind, namespace, name, body)
    if template is not None:
        report.extend(describe_template(template[1], source.at(template[0])))
        return None
    return Manifest(kind, api_version, namespace, name, body, source)


def _find_template(
    kind: str, namespace: str, name: str, body: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Return path and text of a template expression in a name or anywhere in a policy."""
    if "{{" in name:
        return "metadata.name", name
    if "{{" in namespace:
        return "metadata.namespace", namespace
    # No two braces of a dictionary's own stand side by side; a walk with paths takes five times
    # as long.
    if kind not in POLICIES or "{{" not in repr(body):
        return None
    found = (place for place in walk_texts(body) if "{{" in place[1] and "}}" in place[1])
    return next(found, None)


def _name(metadata: Any) -> str:
    """Return the name of an object; objects that the API server would name get the prefix."""
    if not isinstance(metadata, Mapping):
        return ""
    name = metadata.get("name") or str(metadata.get("generateName") or "").rstrip("-")
    return "" if isinstance(name, dict | list) else str(name)


def _is_deeper(value: Any, levels: int) -> bool:
    """Say whether a value is nested deeper than a number of levels."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return False
    return levels <= 0 or any(
        _is_deeper(item, levels - 1) for item in value if isinstance(item, dict | list)
    )


def keep_last(manifests: Iterable[Manifest], report: Report) -> list[Manifest]:
    """Return the objects, each name once: as with `kubectl apply`, the last one read counts."""
    kept: dict[tuple[str, str, str], Manifest] = {}
    for manifest in manifests:
        # Istio's and the Gateway API's Gateway may share a name without being the same object.
        group = manifest.api_version.partition("/")[0] if manifest.kind == "Gateway" else ""
        key = (manifest.kind + group, manifest.namespace, manifest.name)
        earlier = kept.pop(key, None)
        if earlier is not None:
            report.extend(_describe_duplicate(earlier, manifest))
        kept[key] = manifest
    return list(kept.values())


def _describe_duplicate(earlier: Manifest, later: Manifest) -> Problem:
    """Say that one object replaces another."""
    name = "/".join(part for part in (later.kind, later.namespace, later.name) if part)
    return Problem(
        severity="warning",
        code="duplicate-object",
        message=f"`{name}` stands here and at {earlier.source.at()}; this one, read last, counts.",
        hint="Remove or rename one of the two, unless it is meant to replace the other.",
        location=later.source.at(),
    )


def _describe_stranger(body: Any, source: Source) -> Problem:
    """Say that a value is no Kubernetes object."""
    if body is None:
        found = "An empty value stands where a Kubernetes object is expected."
    elif isinstance(body, Mapping):
        keys = ", ".join(f"`{shorten(str(key))}`" for key in list(body)[:3]) or "no keys"
        found = f"A mapping with {keys} names no kind, so it is no Kubernetes object."
    elif isinstance(body, list):
        found = f"A list of {len(body)} values is no Kubernetes object."
    else:
        found = f"The text `{shorten(str(body))}` is no Kubernetes object."
    return Problem(
        severity="warning",
        code="not-kubernetes",
        message=found,
        hint="Give files that `kubectl get ... -o yaml` or `-o json` printed, or manifests.",
        location=source.at(),
    )


def _describe_kustomization(source: Source) -> Problem:
    """Say that a Kustomize file is not followed."""
    return Problem(
        severity="warning",
        code="kustomization",
        message="A `Kustomization` is not applied; the plain objects around it are read as is.",
        hint="Render it first: `kubectl kustomize FOLDER > rendered.yaml`.",
        location=source.at(),
    )


def _describe_version(kind: str, api_version: str, source: Source) -> Problem:
    """Say that an object does not name the API that it belongs to."""
    named = f"names `apiVersion: {api_version}`" if api_version else "names no `apiVersion`"
    group = GROUPS[kind][0]
    return Problem(
        severity="warning",
        code="wrong-api-version",
        message=f"A `{kind}` {named}; it is read as one of `{group}`, but kubectl refuses it.",
        hint="Write `apiVersion: v1`." if group == "v1" else f"Write `apiVersion: {group}/...`.",
        location=source.at("apiVersion"),
    )


def _describe_nameless(kind: str, metadata: Any, source: Source) -> Problem:
    """Say that an object has no name."""
    missing = "`metadata`"
    if isinstance(metadata, Mapping):
        missing = "text in `metadata.namespace`" if _name(metadata) else "`metadata.name`"
    return Problem(
        severity="error",
        code="no-name",
        message=f"A `{kind}` has no {missing}, so it is set aside.",
        hint="Add `metadata:` with a `name:`.",
        location=source.at("metadata"),
    )


def _describe_depth(kind: str, source: Source) -> Problem:
    """Say that an object is nested too deep."""
    return Problem(
        severity="error",
        code="too-deep",
        message=f"A `{kind}` is nested deeper than {MOST_LEVELS} levels, so it is set aside.",
        hint="Flatten it; no Kubernetes object is nested that deep.",
        location=source.at(),
    )
