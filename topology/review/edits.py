"""Changed copies of policies, by the path of the field that changes."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from topology.model import Document, Source

__all__ = [
    "dropped",
    "edited",
    "field_at",
    "moved",
    "new_policy",
    "removed_rule",
    "steps_to",
    "without_direction",
]

_DENY_OF = {"ingress": "ingressDeny", "egress": "egressDeny"}


def steps_to(body: Any, path: str) -> tuple[str | int, ...]:
    """Return the keys and positions that lead to a field; keys may hold dots themselves.

    Raises:
        KeyError: There is no such field.
    """
    steps: list[str | int] = []
    here, rest = body, path
    while rest:
        if rest.startswith("["):
            number, _, rest = rest[1:].partition("]")
            step: str | int = int(number)
        else:
            rest = rest.removeprefix(".")
            step = _key(here, rest)
            rest = rest[len(step) :]
        here = _inside(here, step, path)
        steps.append(step)
    return tuple(steps)


def field_at(body: Any, path: str) -> Any:
    """Return what stands at a path; None where nothing does."""
    try:
        steps = steps_to(body, path)
    except KeyError:
        return None
    for step in steps:
        body = body[step]
    return body


def edited(document: Document, path: str, value: Any) -> Document:
    """Return a policy in which a field has another value; its parents must be there."""
    parent, step, body = _opened(document, path)
    parent[step] = copy.deepcopy(value)
    return replace(document, body=body)


def dropped(document: Document, path: str) -> Document:
    """Return a policy without a field or an item of a list."""
    parent, step, body = _opened(document, path)
    del parent[step]
    return replace(document, body=body)


def removed_rule(document: Document, path: str) -> Document | None:
    """Return a policy without one of its rules, denying by default what it denied before.

    Args:
        document: A network policy.
        path: Of an item of ingress, egress, ...; or of an item of its toPorts.

    Returns:
        None where nothing would be left of the policy.
    """
    steps = steps_to(document.body, path)
    depth = next(place for place, step in enumerate(steps) if isinstance(step, int))
    if steps[0] == "specs":
        depth += 2
    body = copy.deepcopy(dict(document.body))
    spec = _walk(body, steps[: depth - 1])
    name, number = str(steps[depth - 1]), int(steps[depth])
    ports = spec[name][number].get(steps[depth + 1]) if len(steps) > depth + 2 else None
    if isinstance(ports, list) and len(ports) > 1:
        del ports[int(steps[depth + 2])]
    else:
        del spec[name][number]
    if not spec[name]:
        _emptied(document, spec, name)
    left = [spec.get(each) for way in _DENY_OF.items() for each in way]
    if document.kind != "NetworkPolicy" and not any(left):
        return None
    return replace(document, body=body)


def without_direction(document: Document, path: str) -> Document | None:
    """Return a policy that says nothing of the direction of one of its rules any more.

    Returns:
        None where nothing would be left of the policy.
    """
    body = copy.deepcopy(dict(document.body))
    steps = steps_to(body, path)
    spec = _walk(body, steps[: 2 if steps[0] == "specs" else 1])
    name = str(steps[2 if steps[0] == "specs" else 1])
    way = "ingress" if name.startswith("ingress") else "egress"
    for field in (way, _DENY_OF[way]):
        spec.pop(field, None)
    if document.kind == "NetworkPolicy":
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if "egress" in spec else [])
        spec["policyTypes"] = [one for one in types if one != way.title()]
        return replace(document, body=body) if spec["policyTypes"] else None
    other = "egress" if way == "ingress" else "ingress"
    left = spec.get(other) or spec.get(_DENY_OF[other])
    return replace(document, body=body) if left else None


def moved(document: Document, namespace: str) -> Document:
    """Return a policy as it would stand in another namespace."""
    body = copy.deepcopy(dict(document.body))
    body["metadata"] = {**(body.get("metadata") or {}), "namespace": namespace}
    return replace(document, namespace=namespace, body=body)


def new_policy(
    kind: str, namespace: str, name: str, spec: Mapping[str, Any], *, like: Document | None = None
) -> Document:
    """Return a policy that is not in the input; its place is that of another, if given."""
    versions = {"NetworkPolicy": "networking.k8s.io/v1"}
    istio = kind in ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")
    version = versions.get(kind, "security.istio.io/v1" if istio else "cilium.io/v2")
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    body = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": dict(spec)}
    source = like.source if like else Source(file="proposed")
    return Document(
        kind=kind, api_version=version, namespace=namespace, name=name, body=body, source=source
    )


def _emptied(document: Document, spec: dict[str, Any], name: str) -> None:
    """Keep the default deny of a direction that lost its last rule."""
    way = "ingress" if name.startswith("ingress") else "egress"
    if document.kind == "NetworkPolicy":
        types = spec.get("policyTypes")
        if not types:
            implied = ["Ingress", *(["Egress"] if "egress" in spec else [])]
            spec["policyTypes"] = implied
        return
    del spec[name]
    chosen = spec.get("enableDefaultDeny")
    denies = not (isinstance(chosen, Mapping) and chosen.get(way) is False)
    if denies and not spec.get(way) and not spec.get(_DENY_OF[way]):
        spec[way] = [{}]


def _opened(document: Document, path: str) -> tuple[Any, str | int, dict[str, Any]]:
    """Return what holds a field, its key there, and the copy of the whole that both are of."""
    body = copy.deepcopy(dict(document.body))
    parent_path, key = _split(path)
    return _walk(body, steps_to(body, parent_path)), key, body


def _split(path: str) -> tuple[str, str | int]:
    if path.endswith("]"):
        parent, _, number = path[:-1].rpartition("[")
        return parent, int(number)
    # A label key holds dots and slashes; whoever edits one edits the mapping that holds it.
    parent, _, key = path.rpartition(".")
    return parent, key


def _walk(body: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        body = body[step]
    return body


def _key(here: Any, rest: str) -> str:
    """Return the key of a mapping with which a path goes on; the longest that fits."""
    known = here if isinstance(here, Mapping) else ()
    fitting = [
        key
        for key in map(str, known)
        if rest.startswith(key) and rest[len(key) : len(key) + 1] in ("", ".", "[")
    ]
    if not fitting:
        raise KeyError(rest)
    return max(fitting, key=len)


def _inside(here: Any, step: str | int, path: str) -> Any:
    try:
        return here[step]
    except (IndexError, TypeError):
        raise KeyError(path) from None
