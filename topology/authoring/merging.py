"""Policies put together, and taken apart, without changing what they do."""

import copy
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Literal

from topology.authoring.cilium_openings import KINDS as CILIUM_KINDS
from topology.authoring.cilium_openings import specs
from topology.authoring.edits import Edit, entry_at, new_document, removed
from topology.authoring.rewriting import Refusal, Rewriting, proven
from topology.model import Document
from topology.paths import Network

__all__ = ["SplitBy", "can_merge", "merge", "split"]

SplitBy = Literal["subject", "direction", "peer"]
_SECTIONS = ("ingress", "ingressDeny", "egress", "egressDeny")
_PLURAL = {"ingressDeny": "ingress", "egressDeny": "egress"}
Body = dict[str, Any]


def merge(network: Network, documents: Sequence[Document]) -> Rewriting:
    """Merge the policies of one kind that have the same subject, and prove that it is equal.

    The first of each group, by name, keeps its name and takes in the others.

    Args:
        network: The cluster to prove it on.
        documents: The policies that may be merged.
    """
    groups: dict[Hashable, list[Document]] = {}
    refused: list[Refusal] = []
    for document in sorted(documents, key=lambda one: one.key):
        subject = _subject(document)
        if subject is None:
            why = "only policies with one subject can be merged."
            refused.append(Refusal(policy=document.key, path="spec", why=why))
        else:
            groups.setdefault(subject, []).append(document)
    edits: list[Edit] = []
    for group in groups.values():
        if len(group) > 1:
            edits += _merged(group)
    return proven(network, edits, refusals=refused if not edits else ())


def can_merge(document: Document) -> bool:
    """Return whether a policy has one subject, so that others may join it."""
    return _subject(document) is not None


def _subject(document: Document) -> Hashable | None:
    """Return what policies must share to be merged; None for one that has several subjects."""
    body = document.body
    spec = body.get("spec")
    if body.get("specs") or (not isinstance(spec, Mapping) and spec is not None):
        return None
    spec = spec or {}
    if document.kind == "NetworkPolicy":
        own: Any = spec.get("podSelector") or {}
    elif document.kind in CILIUM_KINDS:
        own = [spec.get("endpointSelector"), spec.get("nodeSelector"), _closing(spec)]
    elif document.kind == "AuthorizationPolicy":
        action = spec.get("action") or "ALLOW"
        if action == "CUSTOM" or spec.get("targetRef") or spec.get("targetRefs"):
            return None
        own = [spec.get("selector") or {}, action]
    else:
        return None
    return document.kind, document.namespace, json.dumps(own, sort_keys=True)


def _closing(spec: Mapping[str, Any]) -> list[bool]:
    """Return whether a spec denies by default in each direction, where it says anything at all."""
    chosen = spec.get("enableDefaultDeny") or {}
    return [chosen.get(way) is not False for way in ("ingress", "egress")]


def _merged(group: Sequence[Document]) -> Iterator[Edit]:
    first, *others = group
    body = copy.deepcopy(dict(first.body))
    spec = body["spec"] = dict(body.get("spec") or {})
    if first.kind == "NetworkPolicy":
        spec["policyTypes"] = [
            way.title()
            for way in ("ingress", "egress")
            if any(way in _directions(one) for one in group)
        ]
        sections: tuple[str, ...] = ("ingress", "egress")
    elif first.kind == "AuthorizationPolicy":
        sections = ("rules",)
    else:
        sections = _SECTIONS
    for section in sections:
        rules = [
            rule
            for one in group
            if first.kind != "NetworkPolicy" or section in _directions(one)
            for rule in (one.body.get("spec") or {}).get(section) or ()
        ]
        unique = list({json.dumps(rule, sort_keys=True): rule for rule in rules}.values())
        if unique:
            spec[section] = _joined(unique, section)
    names = ", ".join(f"`{one.name}`" for one in others)
    merged = new_document(body).after
    assert merged is not None
    document = Document(
        kind=first.kind,
        api_version=first.api_version,
        namespace=first.namespace,
        name=first.name,
        body=body,
        source=first.source,
    )
    yield Edit(before=first, after=document, what=(f"take in the rules of {names}",))
    for one in others:
        yield removed(one, f"take it away, as `{first.name}` has its rules")


def _directions(document: Document) -> set[str]:
    spec = document.body.get("spec") or {}
    types = spec.get("policyTypes")
    if types:
        return {str(one).lower() for one in types}
    return {"ingress", "egress"} if spec.get("egress") else {"ingress"}


def _joined(rules: list[Any], section: str) -> list[Any]:
    """Return rules of equal traffic with their peers in one list, in the order of appearance."""
    side = "to" if section.startswith("egress") else "from"
    found: dict[str, Any] = {}
    for rule in rules:
        if not isinstance(rule, Mapping):
            return rules
        lists = [key for key in rule if str(key).startswith(side) and key != "toPorts"]
        rest = {key: value for key, value in rule.items() if key not in lists}
        alone = len(lists) != 1 or not rule[lists[0]] or section == "rules"
        key = json.dumps([lists, rest, rule if alone else None], sort_keys=True)
        if key in found:
            known = found[key][lists[0]]
            known += [copy.deepcopy(one) for one in rule[lists[0]] if one not in known]
        else:
            found[key] = copy.deepcopy(dict(rule))
    return list(found.values())


def split(network: Network, document: Document, *, by: SplitBy) -> Rewriting:
    """Split a policy into several, and prove that they do the same together.

    Args:
        network: The cluster to prove it on.
        document: The policy.
        by: `subject` (each spec, or each value of the one `In` condition, on its own), `direction`
            (ingress and egress apart), or `peer` (each peer of each rule apart).
    """
    parts = list(_PARTS[by](document))
    if len(parts) < 2:
        return Rewriting(
            outcome="nothing-to-do", notes=(f"{document.key} has only one {by} to split by.",)
        )
    edits: list[Edit] = [removed(document, f"take it away, as {len(parts)} policies replace it")]
    taken: set[str] = set()
    for suffix, spec in parts:
        name = f"{document.name}-{suffix}".lower().replace("_", "-").replace(".", "-")[:63]
        while name in taken:
            name = f"{name[:60]}-{len(taken)}"
        taken.add(name)
        metadata = {**(document.body.get("metadata") or {}), "name": name}
        kept = ("name", "namespace", "labels", "annotations")
        if document.namespace:
            metadata["namespace"] = document.namespace
        body = {
            "apiVersion": document.api_version,
            "kind": document.kind,
            "metadata": {key: metadata[key] for key in kept if key in metadata},
            "spec": spec,
        }
        edits.append(new_document(body, f"hold the part `{suffix}`"))
    return proven(network, edits)


_Part = tuple[str, Body]


def _specs_of(document: Document) -> list[Body]:
    return [copy.deepcopy(dict(entry_at(document.body, path))) for path in specs(document)]


def _by_direction(document: Document) -> Iterator[_Part]:
    if document.kind == "AuthorizationPolicy":
        return
    for spec in _specs_of(document):
        for way in ("ingress", "egress"):
            other = "egress" if way == "ingress" else "ingress"
            part = {key: value for key, value in spec.items() if not key.startswith(other)}
            if document.kind == "NetworkPolicy":
                if way not in _directions(document):
                    continue
                part["policyTypes"] = [way.title()]
            elif not any(part.get(section) for section in (way, f"{way}Deny")):
                continue
            yield way, part


def _by_subject(document: Document) -> Iterator[_Part]:
    several = _specs_of(document)
    if len(several) > 1:
        for number, spec in enumerate(several):
            yield str(number), spec
        return
    for spec in several:
        field = _subject_field(document)
        selector = spec.get(field) or {}
        lists = [
            (number, one)
            for number, one in enumerate(selector.get("matchExpressions") or ())
            if one.get("operator") == "In" and len(one.get("values") or ()) > 1
        ]
        if not lists:
            return
        number, one = lists[0]
        for value in one["values"]:
            part = copy.deepcopy(spec)
            part[field]["matchExpressions"][number]["values"] = [value]
            yield str(value), part


def _subject_field(document: Document) -> str:
    return "podSelector" if document.kind == "NetworkPolicy" else "endpointSelector"


def _by_peer(document: Document) -> Iterator[_Part]:
    """Yield a policy for each peer; what denies by default stays in each."""
    for spec in _specs_of(document):
        if document.kind == "AuthorizationPolicy":
            for number, rule in enumerate(_rules_by_source(spec.get("rules") or ())):
                yield f"rule-{number}", {**spec, "rules": [rule]}
            continue
        sections = _SECTIONS if document.kind in CILIUM_KINDS else ("ingress", "egress")
        for section in sections:
            if document.kind == "NetworkPolicy" and section not in _directions(document):
                continue
            for number, rule in enumerate(_rules_by_peer(spec, section)):
                part = {key: value for key, value in spec.items() if key not in sections}
                part[section] = [rule]
                if document.kind == "NetworkPolicy":
                    part["policyTypes"] = [section.title()]
                yield f"{section}-{number}", part
            if document.kind == "NetworkPolicy" and not spec.get(section):
                part = {key: value for key, value in spec.items() if key not in sections}
                yield section, {**part, "policyTypes": [section.title()]}


def _rules_by_source(rules: Sequence[Any]) -> Iterator[Body]:
    for rule in rules:
        sources = rule.get("from") or ()
        if len(sources) < 2:
            yield rule
        for source in sources if len(sources) > 1 else ():
            yield {**rule, "from": [source]}


def _rules_by_peer(spec: Mapping[str, Any], section: str) -> Iterator[Body]:
    side = "to" if section.startswith("egress") else "from"
    for rule in spec.get(section) or ():
        lists = [
            key
            for key in rule
            if str(key).startswith(side) and key not in ("toPorts", "toRequires")
        ]
        if not lists or not rule[lists[0]]:
            yield rule
            continue
        for key in lists:
            rest = {one: value for one, value in rule.items() if one not in lists}
            for item in rule[key]:
                yield {key: [item], **rest}


_PARTS = {"direction": _by_direction, "peer": _by_peer, "subject": _by_subject}
