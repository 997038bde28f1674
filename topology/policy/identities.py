"""Security identities: what policies can tell apart, and the index that selects among them.

Pods with equal identity-relevant labels share one identity, as in Cilium. Only labels that some
selector names are relevant, so 20,000 pods make a few hundred identities; everything is decided
between identities. A set of identities is an int used as a bitset.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from topology.model import Address
from topology.policy.labels import (
    ANY,
    NAMESPACE_LABELS,
    NAMESPACE_NAME,
    RESERVED,
    IdentityLabels,
)
from topology.policy.selectors import Requirement, Selector

__all__ = ["RESERVED_LABELS", "Identity", "IdentityIndex", "reserved"]

RESERVED_LABELS: Mapping[str, tuple[str, ...]] = {
    "health": ("health",),
    "host": ("host",),
    "host-endpoint": ("host",),
    "ingress": ("ingress",),
    "init": ("init",),
    "kube-apiserver-external": ("kube-apiserver", "world"),
    "kube-apiserver-node": ("kube-apiserver", "remote-node"),
    "remote-node": ("remote-node",),
    "unmanaged": ("unmanaged",),
    "world": ("world",),
    "world-ipv4": ("world-ipv4",),
    "world-ipv6": ("world-ipv6",),
}
"""Labels of source `reserved` of each entity that can be at the end of a connection."""


@dataclass(eq=False, slots=True)
class Identity:
    """One identity; compared by identity of the object."""

    name: str
    """For people: of one of its pods, of the entity, or the address."""
    labels: IdentityLabels
    addresses: tuple[Address, ...] = ()
    names: frozenset[str] = frozenset()
    """DNS names that its address was learned for."""
    outside: bool = False
    """Out of the cluster: addresses that CIDR rules can mean."""
    hidden_address: bool = False
    """It has one certain address, but which one is not known here."""
    undeclared: bool = False
    """It is a pod of a namespace whose labels are not in the input."""
    family: int = 0
    """4 or 6 where the identity stands for one family only."""
    number: int = -1
    """Position in the index; -1 for identities made for one question."""
    index: "IdentityIndex | None" = field(default=None, repr=False)

    @property
    def is_host(self) -> bool:
        """Return whether this is the node that the other end runs on."""
        return self.labels.get("host") == (RESERVED, "")

    def selected_by(self, selector: Selector) -> bool:
        """Return whether a selector selects this identity."""
        if self.index is None:
            return selector.matches(self.labels)
        return bool(self.index.select(selector) >> self.number & 1)

    def may_be_selected_by(self, selector: Selector) -> bool:
        """Return whether a selector selects this identity, or may, its namespace being unknown."""
        if self.index is None:
            return selector.matches(self.labels)
        return bool(self.index.may_select(selector) >> self.number & 1)


class IdentityIndex:
    """Identities with an inverted index from labels to sets of them."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self.identities = tuple(identities)
        self.everything = (1 << len(self.identities)) - 1
        self._keys: dict[str, dict[str, int]] = {}
        self._values: dict[tuple[str, str], dict[str, int]] = {}
        self._selected: dict[Selector, int] = {}
        self._undeclared = 0
        for number, identity in enumerate(self.identities):
            identity.number, identity.index = number, self
            self._undeclared |= identity.undeclared << number
            bit = 1 << number
            for key, (source, value) in identity.labels.items():
                for bits in (
                    self._keys.setdefault(key, {}),
                    self._values.setdefault((key, value), {}),
                ):
                    bits[source] = bits.get(source, 0) | bit

    def select(self, selector: Selector) -> int:
        """Return the set of identities that a selector surely selects."""
        known = self._selected.get(selector)
        if known is None:
            known = self.everything
            for requirement in selector.requirements:
                found = self._holding(requirement)
                known &= found & ~self._undeclared if _on_namespace(requirement) else found
            self._selected[selector] = known
        return known

    def may_select(self, selector: Selector) -> int:
        """Return the set of identities that a selector selects or may select.

        It may select those of namespaces whose labels are not known, where it asks for such.
        """
        hidden = [one for one in selector.requirements if _on_namespace(one)]
        if not (hidden and self._undeclared):
            return self.select(selector)
        certain = Selector(selector.requirements - frozenset(hidden))
        return self.select(selector) | (self.select(certain) & self._undeclared)

    def members(self, bits: int) -> list[int]:
        """Return the numbers of the identities in a set, ascending."""
        members = []
        while bits:
            low = bits & -bits
            members.append(low.bit_length() - 1)
            bits ^= low
        return members

    def _holding(self, requirement: Requirement) -> int:
        key = requirement.key
        if requirement.operator in ("Exists", "DoesNotExist"):
            holders = [self._keys.get(key, {})]
        else:
            holders = [self._values.get((key, value), {}) for value in requirement.values]
        found = 0
        for by_source in holders:
            for source, bits in by_source.items():
                if requirement.source in (ANY, source):
                    found |= bits
        return found if requirement.operator in ("In", "Exists") else self.everything & ~found


def _on_namespace(requirement: Requirement) -> bool:
    """Return whether a requirement asks for a label that only the Namespace object tells."""
    key = requirement.key
    return key.startswith(NAMESPACE_LABELS) and key != NAMESPACE_LABELS + NAMESPACE_NAME


def reserved(entity: str, *, dual_stack: bool) -> Identity:
    """Return the identity of an entity.

    Args:
        entity: A key of RESERVED_LABELS.
        dual_stack: Whether the world is split by address family.
    """
    labels = dict.fromkeys(RESERVED_LABELS[entity], (RESERVED, ""))
    family = {"world-ipv4": 4, "world-ipv6": 6}.get(entity, 0)
    return Identity(
        name=entity,
        labels=labels,
        # CIDRs mean `world` in single stack and the worlds by family in dual stack.
        outside=entity == "kube-apiserver-external"
        or (entity.startswith("world-") if dual_stack else entity == "world"),
        hidden_address=entity == "kube-apiserver-external",
        family=family or (0 if dual_stack else 4),
    )
