"""Kubernetes NetworkPolicy as CiliumNetworkPolicy: the same meaning in the other form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from topology.authoring.back_conversion import to_network_policies
from topology.authoring.edits import Edit, new_document, removed
from topology.authoring.rewriting import Refusal, Rewriting, proven
from topology.model import Document
from topology.paths import Network
from topology.policy.labels import NAMESPACE, NAMESPACE_LABELS, NAMESPACE_NAME

__all__ = ["convert", "to_cilium_policy"]

_MOST_PORTS = 40
"""Of one item of `toPorts`."""


def convert(network: Network, documents: Sequence[Document], *, to: str) -> Rewriting:
    """Convert network policies, and prove that they do the same.

    A policy with a part that the other kind cannot express is left out, and the part is named.

    Args:
        network: The cluster to prove it on.
        documents: Policies; those that are of the wanted kind already are left aside.
        to: `CiliumNetworkPolicy` or `NetworkPolicy`.
    """
    edits: list[Edit] = []
    refused: list[Refusal] = []
    notes: list[str] = []
    for document in documents:
        if to == "CiliumNetworkPolicy" and document.kind == "NetworkPolicy":
            edits += [removed(document), new_document(to_cilium_policy(document))]
        elif to == "NetworkPolicy" and document.kind.startswith("Cilium"):
            bodies, lost = to_network_policies(document)
            refused += lost
            if not lost:
                edits += [removed(document), *(new_document(body) for body in bodies)]
                if (document.body.get("spec") or {}).get("description"):
                    notes.append(f"The description of {document.key} goes to an annotation.")
        elif document.kind.startswith("Cilium") and to.startswith("Cilium"):
            notes.append(f"{document.key} is one of Cilium's policies already.")
        elif document.kind != to:
            why = "only network policies can be converted into each other."
            refused.append(Refusal(policy=document.key, path="kind", why=why))
    if to == "NetworkPolicy" and any(_has_blocks(edit) for edit in edits):
        notes.append(
            "Under Cilium an ipBlock never means pods or nodes; other network plugins let it mean "
            "whatever has the address, so the equality holds under Cilium only."
        )
    return proven(network, edits, refusals=refused, notes=notes)


def _has_blocks(edit: Edit) -> bool:
    return edit.after is not None and "ipBlock" in str(edit.after.body)


def to_cilium_policy(document: Document) -> dict[str, Any]:
    """Return the body of a CiliumNetworkPolicy that means what a NetworkPolicy means."""
    spec = document.body.get("spec") or {}
    metadata = dict(document.body.get("metadata") or {})
    written: dict[str, Any] = {"endpointSelector": dict(spec.get("podSelector") or {})}
    for direction, side in (("ingress", "from"), ("egress", "to")):
        if direction in _directions(spec):
            rules = [one for rule in spec.get(direction) or () for one in _rules(rule or {}, side)]
            written[direction] = rules or [{}]
    kept = {key: metadata[key] for key in ("name", "labels", "annotations") if key in metadata}
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {**kept, "namespace": document.namespace},
        "spec": written,
    }


def _directions(spec: Mapping[str, Any]) -> set[str]:
    types = spec.get("policyTypes")
    if types:
        return {str(one).lower() for one in types}
    return {"ingress", "egress"} if spec.get("egress") else {"ingress"}


def _rules(rule: Mapping[str, Any], side: str) -> Iterator[dict[str, Any]]:
    """Yield rules that together allow what one rule does: endpoints and addresses stand apart."""
    items = [_port(one or {}) for one in rule.get("ports") or ()]
    ports = [
        {"ports": items[start : start + _MOST_PORTS]} for start in range(0, len(items), _MOST_PORTS)
    ]
    to_ports = {"toPorts": ports} if ports else {}
    peers = rule.get(side) or ()
    if not peers:
        yield to_ports if ports else {f"{side}Entities": ["all"]}
        return
    endpoints = [_endpoints(one) for one in peers if "ipBlock" not in one]
    blocks = [_block(one["ipBlock"]) for one in peers if "ipBlock" in one]
    if endpoints:
        yield {f"{side}Endpoints": endpoints, **to_ports}
    if blocks:
        yield {f"{side}CIDRSet": blocks, **to_ports}


def _port(item: Mapping[str, Any]) -> dict[str, Any]:
    port = item.get("port")
    end = {"endPort": item["endPort"]} if "endPort" in item else {}
    text = "0" if port is None else str(port)
    return {"port": text, **end, "protocol": item.get("protocol") or "TCP"}


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    holes = block.get("except")
    return {"cidr": block["cidr"], **({"except": list(holes)} if holes else {})}


def _endpoints(peer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the selector of Cilium that means the pods of a peer."""
    pods = peer.get("podSelector") or {}
    labels = dict(pods.get("matchLabels") or {})
    expressions = [dict(one) for one in pods.get("matchExpressions") or ()]
    spaces = peer.get("namespaceSelector")
    if spaces is not None:
        own = spaces.get("matchLabels") or {}
        labels = {**{_space_key(key): value for key, value in own.items()}, **labels}
        conditions = [
            {**one, "key": _space_key(one["key"])} for one in spaces.get("matchExpressions") or ()
        ]
        if not own and not conditions:
            # Without a word on namespaces Cilium takes the policy's own.
            conditions = [{"key": f"k8s:{NAMESPACE}", "operator": "Exists"}]
        expressions = [*conditions, *expressions]
    return {
        **({"matchLabels": labels} if labels else {}),
        **({"matchExpressions": expressions} if expressions else {}),
    }


def _space_key(key: str) -> str:
    if key == NAMESPACE_NAME:
        return f"k8s:{NAMESPACE}"
    return f"k8s:{NAMESPACE_LABELS}{key}"
