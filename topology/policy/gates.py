"""Gates: what one end lets through in one direction, for every other end and every port at once.

This is `evaluate` for all ends together, without explanations. The tests hold the two against
each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from topology.policy.evaluation import CompiledRule
from topology.policy.ground import Ground
from topology.policy.named_ports import Declared, Filters
from topology.policy.peers import NamePeer, SelectorPeer
from topology.policy.ports import PortSet
from topology.policy.rules import Rule
from topology.policy.verdict import Direction

__all__ = ["Gate", "Gates"]


@dataclass(frozen=True, slots=True)
class Gate:
    """For each port atom: the ends that are let through, as bitsets over the axis."""

    allowed: Sequence[int]
    possible: Sequence[int]
    """Allowed, or not known; the same object as `allowed` where all is known."""
    conditional: Sequence[int]
    """Those to or from which L7 rules let only some requests through."""

    def lets(self, number: int, atom: int) -> tuple[int, int, int]:
        """Return the bits of one end: allowed, possible, conditional."""
        return (
            self.allowed[atom] >> number & 1,
            self.possible[atom] >> number & 1,
            self.conditional[atom] >> number & 1,
        )


@dataclass(slots=True)
class _Meaning:
    """A rule with the ends that it means."""

    endpoints: int = 0
    """By label, which fromRequires limits."""
    near: int = 0
    """By labels that are not known, which fromRequires limits too."""
    others: int = 0
    names: int = 0
    """By DNS name: certain only where the end's DNS rules let Cilium see the answers."""
    perhaps: int = 0


@dataclass(slots=True)
class _Share:
    """What the rules for the same ports do together."""

    allow: int = 0
    allow_perhaps: int = 0
    deny: int = 0
    deny_perhaps: int = 0
    plain: int = 0
    """Allowed without L7 part."""
    plain_perhaps: int = 0
    proxied: int = 0
    dns: int = 0

    def add(self, rule: Rule, certain: int, perhaps: int) -> None:
        """Add a rule with the ends that it surely and perhaps means."""
        if rule.deny:
            self.deny |= certain
            self.deny_perhaps |= perhaps
            return
        self.allow |= certain
        self.allow_perhaps |= perhaps
        if rule.l7 is None:
            self.plain |= certain
            self.plain_perhaps |= perhaps
        elif rule.l7.parser == "dns":
            self.dns |= certain | perhaps
        else:
            self.proxied |= certain | perhaps

    def merge(self, other: "_Share") -> "_Share":
        """Return both together."""
        return _Share(
            self.allow | other.allow,
            self.allow_perhaps | other.allow_perhaps,
            self.deny | other.deny,
            self.deny_perhaps | other.deny_perhaps,
            self.plain | other.plain,
            self.plain_perhaps | other.plain_perhaps,
            self.proxied | other.proxied,
            self.dns | other.dns,
        )


_KEPT = 100_000
"""How many rules and gates are kept: more than any one set of policies has."""


@dataclass(slots=True)
class _Posture:
    """Which ends are let through unless denied."""

    base: int
    """Surely."""
    perhaps: int
    """At least perhaps."""


@dataclass(slots=True)
class _Parts:
    """The shares of one gate by the atoms that they are for, and the atoms named one by one."""

    shares: dict[int, _Share] = field(default_factory=dict)
    named: dict[int, int] = field(default_factory=dict)


class Gates:
    """Works out gates on a ground, and keeps them by the rules that they come from."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._everything = ground.axis.everything
        places = enumerate(ground.axis.places)
        self.hosts = sum(1 << number for number, place in places if place.identity.is_host)
        """The ends that are the node of the other end."""
        self._meanings: dict[int, tuple[Rule, _Meaning]] = {}
        self._gates: dict[tuple[object, ...], Gate] = {}
        self.open = self._uniform(self._everything, self._everything)
        """The gate of an end at which nothing is enforced."""
        self.faulty = self._uniform(0, self._everything)
        """The gate of an end whose policy Cilium cannot compute."""

    def gate(
        self,
        rules: tuple[CompiledRule, ...],
        direction: Direction,
        *,
        own_ports: Declared,
        on_host: bool = False,
    ) -> Gate:
        """Return the gate of an end; the arguments are those of `evaluate`."""
        if self._ground.profile.enforcement == "never":
            return self.open
        named = direction == "ingress" and any(one.fixed is None for one in rules)
        key = (direction, rules, own_ports if named else (), on_host)
        found = self._gates.get(key)
        if found is None:
            _make_room(self._gates)
            found = self._gates[key] = self._work_out(rules, direction, own_ports, on_host)
        return found

    def ends_of(self, one: CompiledRule) -> int:
        """Return the ends that a rule may mean, whatever the other rules of its subject."""
        meaning = self._meaning(one)
        by_label = meaning.endpoints | meaning.near
        return by_label | meaning.others | meaning.names | meaning.perhaps

    def reach_of(self, one: CompiledRule) -> Iterator[tuple[int, int]]:
        """Yield the ends that a rule may mean, with the port atoms, which may be too many."""
        ends = self.ends_of(one)
        for entry in one.rule.ports or (None,):
            if entry is None:
                yield ends, self._ground.atoms.everything
            else:
                for ports in self._ground.named.meanings(entry):
                    yield ends, self._ground.atoms.mask(ports)

    def _uniform(self, allowed: int, possible: int) -> Gate:
        count = len(self._ground.atoms)
        surely = (allowed,) * count
        return Gate(surely, surely if allowed == possible else (possible,) * count, (0,) * count)

    def _work_out(
        self,
        rules: tuple[CompiledRule, ...],
        direction: Direction,
        own_ports: Declared,
        on_host: bool,
    ) -> Gate:
        posture = self._posture(rules, direction, on_host=on_host)
        parts = self._collect(rules, own_ports)
        atoms = self._ground.atoms
        default = parts.shares.pop(atoms.everything, _Share())
        planes = self._combine(posture, default, 0)
        rows = [[one] * len(atoms) for one in planes]
        for number, masks in _by_atom(parts.shares):
            share = default
            for mask in masks:
                share = share.merge(parts.shares[mask])
            planes = self._combine(posture, share, parts.named.get(number, 0))
            for row, value in zip(rows, planes, strict=True):
                row[number] = value
        allowed, possible, conditional = rows
        return Gate(allowed, allowed if allowed == possible else possible, conditional)

    def _posture(
        self, rules: tuple[CompiledRule, ...], direction: Direction, *, on_host: bool
    ) -> _Posture:
        profile = self._ground.profile
        always = profile.denies_unruled(on_host=on_host)
        certain = [one for one in rules if not one.doubt]
        shaky = any(one.doubt and one.rule.default_deny for one in rules)
        if not certain and not always:
            return _Posture(0 if shaky else self._everything, self._everything)
        local = direction == "ingress" and not on_host and profile.allow_localhost == "always"
        hosts = self.hosts if local else 0
        if always or any(one.rule.default_deny for one in certain):
            return _Posture(hosts, hosts)
        return _Posture(hosts if shaky else self._everything, self._everything)

    def meant(self, rules: tuple[CompiledRule, ...]) -> Iterator[tuple[CompiledRule, int, int]]:
        """Yield the rules of one end with the ends that each surely and perhaps means."""
        limits = self._limits(rules)
        seen = self._seen(rules)
        for one in rules:
            meaning = self._meaning(one)
            must, may = limits.get(one.rule.deny, (-1, -1))
            certain = meaning.endpoints & must | meaning.others | meaning.names & seen
            near = (meaning.endpoints | meaning.near) & may
            perhaps = (near | meaning.perhaps | meaning.names & ~seen) & ~certain
            if one.rule.undecided or one.doubt:
                certain, perhaps = 0, certain | perhaps
            yield one, certain, perhaps

    def _collect(self, rules: tuple[CompiledRule, ...], own_ports: Declared) -> _Parts:
        parts = _Parts()
        for one, certain, perhaps in self.meant(rules):
            rule = one.rule
            for among, (ports, filters) in self._ports(one, own_ports):
                mask = self._ground.atoms.mask(ports)
                share = parts.shares.setdefault(mask, _Share())
                share.add(rule, certain & among, perhaps & among)
                if not rule.deny and rule.l7 is None:
                    for filter_ in filters:
                        number = self._ground.atoms.number(*filter_)
                        parts.named[number] = parts.named.get(number, 0) | certain & among
        return parts

    def _ports(
        self, one: CompiledRule, own_ports: Declared
    ) -> Iterable[tuple[int, tuple[PortSet, Filters]]]:
        """Return the ports that a rule covers, apart for the ends between which they differ."""
        if one.fixed:
            return ((-1, one.fixed),)
        named = self._ground.named
        if one.rule.direction == "ingress" or not named.per_pod:
            return ((-1, named.resolve(one.rule, own_ports)),)
        return [(among, named.resolve(one.rule, ports)) for ports, among in self._declaring.items()]

    @cached_property
    def _declaring(self) -> dict[Declared, int]:
        """Return the ends by the ports that they declare."""
        found: dict[Declared, int] = {}
        for number, one in enumerate(self._ground.classes.classes):
            found[one.ports] = found.get(one.ports, 0) | 1 << number
        pods = (1 << len(self._ground.classes.classes)) - 1
        found[()] = found.get((), 0) | self._everything & ~pods
        return found

    def _meaning(self, one: CompiledRule) -> _Meaning:
        # The rule is kept with its meaning, so that its id cannot become another's.
        found = self._meanings.get(id(one.rule))
        if found is None:
            _make_room(self._meanings)
            found = self._meanings[id(one.rule)] = one.rule, self._read(one.rule)
        return found[1]

    def _read(self, rule: Rule) -> _Meaning:
        found = _Meaning()
        if rule.peers is None:
            found.others = self._everything
        for peer in rule.peers or ():
            certain, perhaps = self._ground.axis.mean(peer)
            if isinstance(peer, SelectorPeer) and not peer.entity:
                found.endpoints |= certain
                found.near |= perhaps
                continue
            found.perhaps |= perhaps
            if isinstance(peer, NamePeer):
                found.names |= certain
            else:
                found.others |= certain
        return found

    def _limits(self, rules: tuple[CompiledRule, ...]) -> dict[bool, tuple[int, int]]:
        """Return the ends that fromRequires surely and perhaps leaves, for allow and deny rules.

        What a rule demands that only perhaps selects the subject is no reason to leave an end out.
        """
        found: dict[bool, tuple[int, int]] = {}
        for one in rules:
            for selector in one.rule.requires:
                surely, perhaps = found.get(one.rule.deny, (-1, -1))
                surely &= self._ground.axis.select(selector)
                perhaps &= -1 if one.doubt else self._ground.axis.may_select(selector)
                found[one.rule.deny] = surely, perhaps
        return found

    def _seen(self, rules: tuple[CompiledRule, ...]) -> int:
        """Return the ends with a DNS name of which Cilium sees the answers."""
        parsers = [one.rule.l7 for one in rules if one.rule.l7 and one.rule.l7.parser == "dns"]
        if not parsers:
            return 0
        return sum(
            1 << number
            for number, name in self._ground.axis.dns_names
            if any(l7.admits(None, name) for l7 in parsers)
        )

    def _combine(self, posture: _Posture, share: _Share, named: int) -> tuple[int, int, int]:
        """Return the ends that are allowed, possible, and conditional, on one atom."""
        undecided = (
            share.proxied & ~share.plain & share.plain_perhaps & ~share.dns & ~posture.perhaps
        )
        denied = share.deny
        allowed = (posture.base | share.allow) & ~(denied | share.deny_perhaps | undecided)
        possible = (posture.base | posture.perhaps | share.allow | share.allow_perhaps) & ~denied
        conditional = (share.proxied & ~share.plain) | (share.dns & ~named)
        return allowed, possible, conditional & ~posture.perhaps


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= _KEPT:
        kept.clear()


def _by_atom(shares: dict[int, _Share]) -> Iterator[tuple[int, list[int]]]:
    """Yield each atom that a share is for, with the masks of its shares."""
    left = 0
    for mask in shares:
        left |= mask
    while left:
        low = left & -left
        yield low.bit_length() - 1, [mask for mask in shares if mask & low]
        left ^= low
