"""Peers in words, for explanations."""

from topology.policy.labels import CLUSTER, NAMESPACE, NAMESPACE_LABELS, RESERVED
from topology.policy.peers import AddressPeer, NamePeer, Peer, SelectorPeer
from topology.policy.selectors import EVERYTHING, Requirement, Selector

__all__ = ["describe_peer"]


def describe_peer(peer: Peer) -> str:
    """Say whom a peer of a rule means."""
    if isinstance(peer, SelectorPeer):
        return _describe(peer.selector)
    if isinstance(peer, NamePeer):
        return f"addresses of the DNS name `{peer.key}`"
    return f"addresses in `{peer.key}`" if isinstance(peer, AddressPeer) else f"`{peer.key}`"


def _describe(selector: Selector) -> str:
    if selector == EVERYTHING:
        return "anyone"
    own, place = [], ""
    for requirement in sorted(selector.requirements, key=str):
        if requirement.source == RESERVED and requirement.operator in ("Exists", "In"):
            return f"the entity `{requirement.key}`"
        if requirement.key == NAMESPACE:
            place = _place(requirement)
        elif requirement.key.startswith(NAMESPACE_LABELS):
            text = _plain(requirement).removeprefix(NAMESPACE_LABELS)
            place = f" in namespaces with `{text}`" if not place else f"{place} and `{text}`"
        elif requirement.key != CLUSTER:
            own.append(f"`{_plain(requirement)}`")
    return ("pods with " + " and ".join(own) if own else "pods") + place


def _place(requirement: Requirement) -> str:
    if requirement.operator == "Exists":
        return " in any namespace"
    if requirement.operator == "In":
        return " in namespace " + " or ".join(f"`{value}`" for value in sorted(requirement.values))
    return f" where `{_plain(requirement)}`"


def _plain(requirement: Requirement) -> str:
    return str(Requirement("any", requirement.key, requirement.operator, requirement.values))
