"""One direction at one end: which ports the rules open to one identity on the other side."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from topology.model import Network
from topology.policy.identities import Identity, IdentityIndex
from topology.policy.labels import NAMESPACE
from topology.policy.named_ports import Declared, Filters, NamedPorts
from topology.policy.peers import AddressPeer, NamePeer, Peer, SelectorPeer
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.rules import Rule
from topology.policy.selectors import Selector
from topology.policy.verdict import Direction

__all__ = ["CompiledRule", "Match", "Opening", "Row", "evaluate", "named_networks"]

Opening = Literal["", "unselected", "never", "no-default-deny", "localhost"]
"""Why everything that is not denied is allowed; empty where only rules allow."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule with what can be worked out once: the identities and the ports that it means."""

    rule: Rule
    selected: int
    """Identities of the index that its label selectors surely mean, as a bitset."""
    perhaps: int
    """Those that they perhaps mean, labels of namespaces being unknown."""
    others: tuple[Peer, ...]
    """Its peers that are no label selectors."""
    fixed: tuple[PortSet, Filters] | None
    """Its ports, unless some have names."""
    doubt: str = ""
    """Why it is not certain that it selects its subject; empty where it is."""

    @classmethod
    def compile(cls, rule: Rule, index: IdentityIndex, named: NamedPorts) -> "CompiledRule":
        """Compile a rule against the identities of a cluster."""
        selected = possible = 0
        others = []
        for peer in rule.peers or ():
            if isinstance(peer, SelectorPeer):
                selected |= index.select(peer.selector)
                possible |= index.may_select(peer.selector)
            else:
                others.append(peer)
        has_names = any(entry.name for entry in rule.ports or ())
        fixed = None if has_names else named.resolve(rule, ())
        return cls(rule, selected, possible & ~selected, tuple(others), fixed)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that means the identity on the other side, with the ports that it covers."""

    rule: Rule
    ports: PortSet
    filters: Filters
    doubt: str = ""
    """Why it is not certain that the rule matches; empty where it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one end allows in one direction to one identity."""

    direction: Direction
    enforced: bool
    opening: Opening
    compiled: tuple[CompiledRule, ...]
    matches: tuple[Match, ...]
    allowed: PortSet
    unknown: PortSet
    told: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What has been said of it, by port atom."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return every rule that selects the end in this direction."""
        return tuple(compiled.rule for compiled in self.compiled)


def evaluate(
    rules: tuple[CompiledRule, ...],
    direction: Direction,
    peer: Identity,
    *,
    own_ports: Declared,
    peer_ports: Declared,
    named: NamedPorts,
    profile: Profile,
    on_host: bool = False,
) -> Row:
    """Evaluate the rules that select one end against one identity on the other side.

    Args:
        rules: Every rule that selects the end in this direction.
        direction: Which way.
        peer: The identity on the other side.
        own_ports: Ports that the end declares.
        peer_ports: Ports that the other side declares.
        named: The numbers behind port names.
        profile: Whose semantics.
        on_host: Whether the end is the host itself (host firewall).
    """
    local = peer.is_host and not on_host and profile.allow_localhost == "always"
    always = profile.denies_unruled(on_host=on_host)
    enforced, opening = _posture(rules, direction, profile, local=local, always=always)
    if opening == "never":
        return Row(direction, enforced, opening, rules, (), PortSet.ALL, PortSet.EMPTY)
    destination = own_ports if direction == "ingress" else peer_ports
    matches = []
    required = _required(rules)
    for one in rules:
        doubt = _matches(one, peer, rules, required.get(one.rule.deny, ()))
        if doubt is not None:
            doubt = doubt or one.doubt
            ports, filters = one.fixed or named.resolve(one.rule, destination)
            matches.append(Match(one.rule, ports, filters, doubt))
    # A policy that perhaps selects the end would close it: only what rules allow is then certain.
    shaky = opening in ("unselected", "no-default-deny") and _perhaps_closed(rules)
    allowed, unknown = _outcome(opening, matches, shaky=shaky)
    return Row(direction, enforced, opening, rules, tuple(matches), allowed, unknown)


def named_networks(rows: Iterable[Row]) -> set[Network]:
    """Return every network that a rule of the rows names, exceptions included."""
    return {
        network
        for row in rows
        for one in row.compiled
        for peer in one.others
        if isinstance(peer, AddressPeer)
        for network in (*peer.networks, *peer.excepts)
    }


def _perhaps_closed(rules: tuple[CompiledRule, ...]) -> bool:
    return any(one.doubt and one.rule.default_deny for one in rules)


def _outcome(opening: Opening, matches: list[Match], *, shaky: bool) -> tuple[PortSet, PortSet]:
    """Return the ports that are allowed, and those of which it is not known."""

    def covered(*, deny: bool, certain: bool) -> PortSet:
        return PortSet.union(
            match.ports
            for match in matches
            if match.rule.deny == deny and (not match.doubt) == certain
        )

    ruled = covered(deny=False, certain=True)
    base = PortSet.ALL if opening and not shaky else ruled
    denied = covered(deny=True, certain=True)
    if not shaky and not any(match.doubt for match in matches):
        return base - denied, PortSet.EMPTY
    allowed = base - denied - covered(deny=True, certain=False)
    perhaps = PortSet.ALL if opening else covered(deny=False, certain=False)
    return allowed, (base | perhaps) - denied - allowed


def _posture(
    rules: tuple[CompiledRule, ...],
    direction: Direction,
    profile: Profile,
    *,
    local: bool,
    always: bool,
) -> tuple[bool, Opening]:
    """Return whether anything is enforced, and why what no rule allows is allowed, if it is."""
    if profile.enforcement == "never":
        return False, "never"
    certain = [one for one in rules if not one.doubt]
    if not certain and not always:
        return bool(rules), "unselected"
    if direction == "ingress" and local:
        return True, "localhost"
    if always or any(one.rule.default_deny for one in certain):
        return True, ""
    return True, "no-default-deny"


_Required = tuple[tuple[Selector, bool], ...]
"""What endpoints must match, and whether it is certain that they must."""


def _required(rules: tuple[CompiledRule, ...]) -> dict[bool, _Required]:
    """Return what fromRequires demands of the endpoints in allow rules, and in deny rules."""
    found: dict[bool, _Required] = {}
    for one in rules:
        demands = tuple((selector, not one.doubt) for selector in one.rule.requires)
        if demands:
            found[one.rule.deny] = found.get(one.rule.deny, ()) + demands
    return found


def _meets(peer: Identity, required: _Required) -> bool | None:
    """Return whether an endpoint is all that is demanded; None where that is not known."""
    missed = [one for one in required if not peer.selected_by(one[0])]
    if any(certain and not peer.may_be_selected_by(selector) for selector, certain in missed):
        return False
    return None if missed else True


def _matches(
    one: CompiledRule,
    peer: Identity,
    rules: tuple[CompiledRule, ...],
    required: _Required,
) -> str | None:
    """Return None where the rule does not mean the peer, else the doubt about it (or "")."""
    rule = one.rule
    if rule.peers is None:
        return rule.undecided
    meets = _meets(peer, required)
    if meets and peer.index is not None and one.selected >> peer.number & 1:
        return rule.undecided
    alternatives, doubt = _left(one, rule.peers, peer, meets=meets)
    for alternative in alternatives:
        matched = alternative.matches(peer)
        if matched is False:
            continue
        if matched is None:
            doubt = _hidden(alternative, peer)
            continue
        unseen = _unseen(alternative, peer, rules) if isinstance(alternative, NamePeer) else ""
        if not unseen:
            return rule.undecided
        doubt = unseen
    return doubt


def _left(
    one: CompiledRule, peers: tuple[Peer, ...], peer: Identity, *, meets: bool | None
) -> tuple[Iterable[Peer], str | None]:
    """Return the peers that are still to be tried, and the doubt about those by label."""
    if not meets:
        endpoints = [a for a in peers if isinstance(a, SelectorPeer) and not a.entity]
        doubt = None
        if meets is None and any(peer.may_be_selected_by(a.selector) for a in endpoints):
            doubt = "whether the peer is all that is required of it is not in the input"
        return [a for a in peers if a not in endpoints], doubt
    if peer.index is None:
        return peers, None
    if not one.perhaps >> peer.number & 1:
        return one.others, None
    space = peer.labels[NAMESPACE][1]
    return one.others, f"it asks for labels of the namespace `{space}`, which is not in the input"


def _hidden(alternative: Peer, peer: Identity) -> str:
    if isinstance(alternative, AddressPeer) and alternative.missing:
        return f"`{alternative.key}` is not in the input"
    return f"`{peer.name}` has no known address, and the rule is for `{alternative.key}`"


def _unseen(pattern: NamePeer, peer: Identity, rules: tuple[CompiledRule, ...]) -> str:
    """Return why a toFQDNs rule may not know the addresses of a name, or "" if it does."""
    if not peer.hidden_address:
        return ""
    for one in rules:
        l7 = one.rule.l7
        if l7 and l7.parser == "dns" and any(l7.admits(None, name) for name in peer.names):
            return ""
    return (
        f"`{pattern.key}` covers the name, but no DNS rule of the pod lets Cilium see its answers"
    )
