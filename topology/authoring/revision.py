"""A policy in force with one allowance taken out of it, where no policy beside it can narrow it."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from topology.authoring.intent import Traffic
from topology.authoring.membership import ports_of
from topology.authoring.writing import Written, read_back
from topology.authoring.yaml_text import to_yaml
from topology.model import Document
from topology.policy.ports import PROTOCOLS, PortSet

__all__ = ["without_allowance"]

_NETWORK_RULE = re.compile(r"spec\.(ingress|egress)\[(\d+)\](?:\.(?:toPorts|ports)\[(\d+)\])?")
_MESH_RULE = re.compile(r"spec\.rules\[(\d+)\]")
_SERVER_FIELDS = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def without_allowance(document: Document, rule: str, traffic: Traffic) -> Written | None:
    """Return a policy without some ports in one of its rules; None where that cannot be said.

    Args:
        document: The policy as it is in force.
        rule: Path of the rule that allows too much, such as `spec.ingress[0].toPorts[0]`.
        traffic: Whose ports are taken out; another rule is expected to allow what is left.
    """
    body = _own(document.body)
    if document.kind == "AuthorizationPolicy":
        found = _MESH_RULE.match(rule)
        if not found:
            return None
        place = f"spec.rules[{found[1]}]"
        body["spec"]["rules"].pop(int(found[1]))
    else:
        found = _NETWORK_RULE.match(rule)
        if not found:
            return None
        side, number = found[1], int(found[2])
        place = f"spec.{side}[{number}]"
        narrowed = _narrowed(body["spec"][side][number], ports_of(traffic.ports))
        if narrowed is None:
            return None
        items = list(body["spec"][side])
        items[number : number + 1] = [narrowed] if narrowed else []
        # An empty list would lift the default deny of a Cilium policy.
        body["spec"][side] = items or ([{}] if document.kind != "NetworkPolicy" else [])
    what = "the rule" if document.kind == "AuthorizationPolicy" else "the ports in question"
    comment = f"Takes the place of the policy of this name: {what} at {place} allowed more than "
    comment += "was asked for, and nothing that is added beside it could take that back."
    text = to_yaml(body, {(): [comment]})
    return Written(sheet=None, text=text, document=read_back(text))


def _own(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what the API server adds to it."""
    copied = {name: deepcopy(value) for name, value in body.items() if name != "status"}
    metadata = {k: v for k, v in copied["metadata"].items() if k not in _SERVER_FIELDS}
    annotations = dict(metadata.get("annotations") or {})
    annotations.pop(_APPLIED, None)
    if annotations:
        metadata["annotations"] = annotations
    else:
        metadata.pop("annotations", None)
    copied["metadata"] = metadata
    order = ("apiVersion", "kind", "metadata")
    return {name: copied[name] for name in (*order, *(k for k in copied if k not in order))}


def _narrowed(item: Mapping[str, Any], taken: PortSet) -> dict[str, Any] | None:
    """Return a rule without some ports; nothing left is an empty mapping, None if it cannot be."""
    if item.get("toPorts"):
        rules = [_entry(rule, taken) for rule in item["toPorts"]]
        if None in rules:
            return None
        kept = [rule for rule in rules if rule]
        return {**item, "toPorts": kept} if kept else {}
    if item.get("ports"):
        ports = _left(item["ports"], taken, default="TCP")
        if ports is None:
            return None
        return {**item, "ports": ports} if ports else {}
    return None


def _entry(rule: Mapping[str, Any], taken: PortSet) -> dict[str, Any] | None:
    ports = _left(rule.get("ports") or [], taken, default="ANY")
    if ports is None:
        return None
    return {**rule, "ports": ports} if ports else {}


def _left(entries: list[Any], taken: PortSet, *, default: str) -> list[Any] | None:
    """Return the entries whose ports are not taken; None if one is taken in part only."""
    left = []
    for entry in entries:
        own = _ports(entry, default)
        if own is None or (own & taken and not own <= taken):
            return None
        if not own <= taken:
            left.append(entry)
    return left


def _ports(entry: Mapping[str, Any], default: str) -> PortSet | None:
    protocol = str(entry.get("protocol") or default)
    try:
        first = int(entry.get("port") or 0)
        last = int(entry.get("endPort") or first)
    except (TypeError, ValueError):
        return None
    named = ("TCP", "UDP", "SCTP") if protocol == "ANY" else (protocol,)
    known = [one for one in PROTOCOLS if one in named]
    if not first:
        return PortSet.every(*known)
    return PortSet.union(PortSet.of(one, first, max(first, last)) for one in known)
