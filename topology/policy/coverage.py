"""Policies and rules that do nothing: they select nobody, mean nobody, or change nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from topology.model import Location
from topology.policy.connections import Connections
from topology.policy.evaluation import CompiledRule
from topology.policy.matrix import members
from topology.policy.peers import AddressPeer, NamePeer, SelectorPeer
from topology.policy.ports import PortSet
from topology.policy.rules import Rule
from topology.policy.wording import describe_peer

__all__ = ["Idle", "IdleKind", "find_idle"]

IdleKind = Literal[
    "selects-nothing",
    "peer-matches-nothing",
    "never-matches",
    "covered",
    "denied",
    "changes-nothing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """A policy, a rule, or one peer of a rule that has no effect on this cluster."""

    kind: IdleKind
    policy: str
    """`Kind/namespace/name`."""
    rule: str
    """Path in the policy; empty for the policy as a whole."""
    location: Location
    reason: str
    """One plain sentence."""
    by: str = ""
    """For `covered` and `denied`: the rule that does it, policy and path."""
    by_location: Location | None = None


def find_idle(connections: Connections) -> tuple[Idle, ...]:
    """Return what has no effect with the pods and policies that there are, sorted by policy.

    A rule without peers is not idle: it stands for the default deny of its policy. Those that are
    covered, denied or change nothing may be taken away all at once: of two that cover each other
    one is named. A rule that never matches may still cause the default deny of its subject.
    """
    found: list[Idle] = []
    gone: set[int] = set()
    for policy in connections.subjects.policies:
        selections = connections.subjects.selected_by(policy)
        if not any(numbers for _, numbers in selections):
            found += _selects_nothing(policy, [one.rule for one, _ in selections])
            continue
        for compiled, numbers in selections:
            if numbers and not compiled.doubt:
                found += _Candidate(connections, compiled, numbers, gone).idle()
    return tuple(dict.fromkeys(found))


def _selects_nothing(policy: str, rules: list[Rule]) -> Iterator[Idle]:
    if rules and not any(rule.on_host for rule in rules):
        yield Idle(
            kind="selects-nothing",
            policy=policy,
            rule="",
            location=rules[0].section,
            reason=f"It selects no pod: none is {describe_peer(SelectorPeer(rules[0].subject))}.",
        )


class _Candidate:
    """One rule that may be idle, with the ends that it selects."""

    def __init__(
        self,
        connections: Connections,
        compiled: CompiledRule,
        numbers: tuple[int, ...],
        gone: set[int],
    ) -> None:
        self._connections = connections
        self._compiled = compiled
        self._rule = compiled.rule
        self._numbers = numbers
        self._gone = gone
        """Rules found idle so far, by id: what only they cover does not count as covered."""

    def idle(self) -> Iterator[Idle]:
        """Yield why the rule, or part of it, has no effect."""
        rule = self._rule
        if (not rule.peers and rule.peers is not None) or rule.undecided or rule.requires:
            return
        axis = self._connections.ground.axis
        dead = [
            peer
            for peer in rule.peers or ()
            if isinstance(peer, SelectorPeer) and not any(axis.mean(peer))
        ]
        meant = " or ".join(dict.fromkeys(map(describe_peer, dead)))
        if dead and len(dead) == len(rule.peers or ()):
            yield self._because("never-matches", f"It is for {meant}, and there is no such end.")
            return
        if dead:
            reason = f"One of its peers is {meant}, and there is no such end."
            yield self._because("peer-matches-nothing", reason)
        if not any(self._ports(number) for number in self._numbers):
            names = sorted({entry.name for entry in rule.ports or () if entry.name})
            named = " or ".join(f"`{name}`" for name in names)
            yield self._because("never-matches", f"No port of a pod is named {named}.")
            return
        yield from self._without_effect()

    def _without_effect(self) -> Iterator[Idle]:
        others = [
            one
            for one in self._beside(self._numbers[0])
            if all(one in self._beside(number) for number in self._numbers[1:])
        ]
        cover = next((one for one in others if self._is_covered_by(one)), None)
        if self._rule.l7 and cover is None:
            return  # That the same ports stay open says nothing about the requests on them.
        if not all(map(self._same_without, self._numbers)):
            return
        self._gone.add(id(self._rule))
        if cover is not None:
            done = "denies" if self._rule.deny else "allows"
            reason = f"{cover.rule.name} {done} all of it already."
            yield self._because("covered", reason, cover.rule)
            return
        denial = next((one for one in others if self._is_denied_by(one)), None)
        if denial is not None:
            yield self._because("denied", f"{denial.rule.name} denies all of it.", denial.rule)
            return
        yield self._because("changes-nothing", self._together())

    def _together(self) -> str:
        if self._rule.deny:
            return "All that it denies is denied without it, too."
        return "All that it allows is allowed without it, too, or denied by another rule."

    def _beside(self, number: int) -> tuple[CompiledRule, ...]:
        """Return the other rules of an end in the same direction."""
        rules = self._connections.subjects.of(self._rule.direction, number)
        return tuple(
            one for one in rules if one is not self._compiled and id(one.rule) not in self._gone
        )

    def _same_without(self, number: int) -> bool:
        """Return whether an end surely lets through the same without the rule."""
        way = self._rule.direction
        kept = self._beside(number)
        rules = tuple(
            one
            for one in self._connections.subjects.of(way, number)
            if one is self._compiled or one in kept
        )
        gate = self._connections.gate_under(rules, way, number)
        if gate != self._connections.gate_under(kept, way, number):
            return False
        certain, perhaps = self._meant(self._compiled, number)
        if perhaps and self._is_unlike_addresses(rules):
            return False
        # Where the state is not known, that it is the same says nothing.
        mask = self._connections.ground.atoms.mask(self._ports(number))
        return not any(
            gate.possible[atom] & ~gate.allowed[atom] & certain for atom in members(mask)
        )

    def _is_unlike_addresses(self, rules: tuple[CompiledRule, ...]) -> bool:
        """Return whether ends of which the address is not known could still be told apart.

        An allow by CIDR is no more than what it does to each address. A deny by CIDR may hit an
        address that is allowed by its name only.
        """
        if not _names_addresses_only(self._rule):
            return True
        return self._rule.deny and any(
            isinstance(peer, NamePeer) for one in rules for peer in one.rule.peers or ()
        )

    def _meant(self, one: CompiledRule, number: int) -> tuple[int, int]:
        """Return the ends that a rule surely and perhaps means, among the rules of its subject."""
        rules = self._connections.subjects.of(self._rule.direction, number)
        return next(
            (certain, perhaps)
            for each, certain, perhaps in self._connections.gates.meant(rules)
            if each is one
        )

    def _is_covered_by(self, other: CompiledRule) -> bool:
        mine, its = self._rule, other.rule
        return (
            mine.deny == its.deny
            and mine.auth == its.auth
            and (its.l7 == mine.l7 or (its.l7 is None and mine.l7.parser != "dns"))  # type: ignore[union-attr]
            and self._lies_in(other)
        )

    def _is_denied_by(self, other: CompiledRule) -> bool:
        return not self._rule.deny and other.rule.deny and self._lies_in(other)

    def _lies_in(self, other: CompiledRule) -> bool:
        """Return whether another rule means all ends and ports that this one means."""
        if other.doubt or other.rule.undecided:
            return False
        for number in self._numbers:
            certain, perhaps = self._meant(self._compiled, number)
            its_certain, its_perhaps = self._meant(other, number)
            if _names_addresses_only(other.rule):
                its_certain |= its_perhaps
            if (certain | perhaps) & ~its_certain:
                return False
            if not self._ports(number) <= self._ports(number, other):
                return False
        return True

    def _ports(self, number: int, of: CompiledRule | None = None) -> PortSet:
        ports = self._connections.rows.ports(
            self._connections.ground.classes.index.identities[number]
        )
        return self._connections.ground.named.resolve((of or self._compiled).rule, ports)[0]

    def _because(self, kind: IdleKind, reason: str, by: Rule | None = None) -> Idle:
        return Idle(
            kind=kind,
            policy=self._rule.policy,
            rule=self._rule.path,
            location=self._rule.location,
            reason=reason,
            by=f"{by.policy} {by.path}" if by else "",
            by_location=by.location if by else None,
        )


def _names_addresses_only(rule: Rule) -> bool:
    return all(isinstance(peer, AddressPeer) for peer in rule.peers or ())
