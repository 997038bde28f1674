"""The peers of a rule by label, each with the field in which it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from topology.model import Document
from topology.policy.labels import K8S, NAMESPACE, NAMESPACE_LABELS, NAMESPACE_NAME
from topology.policy.peers import SelectorPeer
from topology.review.context import Placed
from topology.review.edits import edited, field_at

__all__ = ["PeerField", "peer_fields", "with_labels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerField:
    """One item of a list of peers that is a label selector."""

    path: str
    """Such as `spec.ingress[0].fromEndpoints[1]` or `spec.ingress[0].from[1]`."""
    peer: SelectorPeer
    written: Mapping[str, Any]
    is_kubernetes: bool

    @property
    def names_namespace(self) -> bool:
        """Return whether it says in which namespaces its pods are."""
        if self.is_kubernetes:
            return self.written.get("namespaceSelector") is not None
        return any(
            NAMESPACE in key or NAMESPACE_LABELS in key or key.startswith("reserved:")
            for key in _keys(self.written)
        )

    @property
    def names_pods(self) -> bool:
        """Return whether it asks for labels of pods."""
        if self.is_kubernetes:
            return bool(_keys(self.written.get("podSelector") or {}))
        return any(
            NAMESPACE not in key and NAMESPACE_LABELS not in key for key in _keys(self.written)
        )

    @property
    def namespaces(self) -> frozenset[str]:
        """Return the namespaces that it asks for by name."""
        named = (NAMESPACE, NAMESPACE_LABELS + NAMESPACE_NAME)
        return frozenset(
            value
            for one in self.peer.selector.requirements
            if one.key in named and one.operator == "In" and self.names_namespace
            for value in one.values
        )


def peer_fields(placed: Placed) -> list[PeerField]:
    """Return the peers of a rule that are written as label selectors.

    None where peers and fields cannot be told to stand for each other one by one.
    """
    rule = placed.rule
    side = "from" if rule.direction == "ingress" else "to"
    kubernetes = placed.document.kind == "NetworkPolicy"
    root = rule.path.partition(".toPorts")[0].partition(".icmps")[0]
    name = side if kubernetes else f"{side}Endpoints"
    items = field_at(placed.document.body, f"{root}.{name}")
    peers = rule.peers or ()
    if not isinstance(items, list) or len(items) != len(peers):
        return []
    return [
        PeerField(
            path=f"{root}.{name}[{number}]", peer=peer, written=item, is_kubernetes=kubernetes
        )
        for number, (item, peer) in enumerate(zip(items, peers, strict=True))
        if isinstance(peer, SelectorPeer) and isinstance(item, Mapping)
    ]


def with_labels(document: Document, field: PeerField, *, namespace: str) -> Document:
    """Return the policy in which a peer names a namespace, in place of any it names."""
    if field.is_kubernetes:
        selector = {"matchLabels": {NAMESPACE_NAME: namespace}}
        return edited(document, field.path, {**field.written, "namespaceSelector": selector})
    labels = field.written.get("matchLabels")
    own = {
        key: value
        for key, value in (labels if isinstance(labels, Mapping) else {}).items()
        if NAMESPACE not in str(key) and NAMESPACE_NAME not in str(key)
    }
    new = {**field.written, "matchLabels": {f"{K8S}:{NAMESPACE}": namespace, **own}}
    expressions = field.written.get("matchExpressions") or ()
    kept = [one for one in expressions if NAMESPACE not in str(one.get("key"))]
    if expressions:
        new["matchExpressions"] = kept
    return edited(document, field.path, new)


def _keys(selector: Mapping[str, Any]) -> list[str]:
    labels = selector.get("matchLabels")
    expressions = selector.get("matchExpressions") or ()
    named = [str(one.get("key")) for one in expressions if isinstance(one, Mapping)]
    return [*map(str, labels if isinstance(labels, Mapping) else ()), *named]
