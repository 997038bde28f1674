"""Which rules select which end, and how that changes with policies that come and go."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from operator import attrgetter

from topology.policy.conflicts import merge_server_names
from topology.policy.evaluation import CompiledRule
from topology.policy.ground import Ground
from topology.policy.labels import K8S, RESERVED
from topology.policy.rules import Rule
from topology.policy.verdict import Direction

__all__ = ["DIRECTIONS", "Selecting", "Subjects"]

DIRECTIONS: tuple[Direction, ...] = ("egress", "ingress")
Selecting = dict[Direction, list[tuple[CompiledRule, ...]]]
"""For each direction and number of an identity: the rules that select it."""

_NAMESPACE_DOUBT = "it selects pods by labels of their namespace, which is not in the input"
_NODE_DOUBT = "its nodeSelector selects some nodes only"
_policy_of = attrgetter("rule.policy")


@dataclass(frozen=True, slots=True)
class _Selection:
    """One rule with the ends that it selects."""

    compiled: CompiledRule
    numbers: tuple[int, ...]


class Subjects:
    """The rules that select each end, in the order in which explanations name them."""

    def __init__(
        self, ground: Ground, selections: dict[str, list[_Selection]], selecting: Selecting
    ) -> None:
        self._ground = ground
        self._selections = selections
        self._selecting = selecting
        self._asks_names = any(
            one.compiled.rule.l7 and one.compiled.rule.l7.parser == "tls"
            for found in selections.values()
            for one in found
        )
        self._merged: dict[tuple[CompiledRule, ...], tuple[CompiledRule, ...]] = {}

    @classmethod
    def of_rules(cls, ground: Ground, rules: Iterable[Rule]) -> "Subjects":
        """Find the ends that each rule selects."""
        selections: dict[str, list[_Selection]] = {}
        places: dict[Direction, list[list[CompiledRule]]] = {
            way: [[] for _ in ground.classes.index.identities] for way in DIRECTIONS
        }
        for rule in rules:
            for one in _select(ground, rule):
                selections.setdefault(rule.policy, []).append(one)
                for number in one.numbers:
                    places[rule.direction][number].append(one.compiled)
        shared: dict[tuple[CompiledRule, ...], tuple[CompiledRule, ...]] = {}
        selecting: Selecting = {
            way: [shared.setdefault(rules, rules) for rules in map(tuple, found)]
            for way, found in places.items()
        }
        return cls(ground, selections, selecting)

    def of(self, direction: Direction, number: int) -> tuple[CompiledRule, ...]:
        """Return the rules that select an end in one direction."""
        rules = self._selecting[direction][number]
        if not self._asks_names:
            return rules
        found = self._merged.get(rules)
        if found is None:
            found = self._merged[rules] = merge_server_names(rules, self._ground.named)
        return found

    @property
    def policies(self) -> tuple[str, ...]:
        """Return the policies that have rules, by `Kind/namespace/name`, sorted."""
        return tuple(sorted(self._selections))

    def selected_by(self, policy: str) -> tuple[tuple[CompiledRule, tuple[int, ...]], ...]:
        """Return the rules of a policy with the ends that each selects."""
        return tuple((one.compiled, one.numbers) for one in self._selections.get(policy, ()))

    def changed(
        self, added: Iterable[Rule], removed: Set[str]
    ) -> tuple["Subjects", dict[Direction, set[int]]]:
        """Return what holds with further rules and without some policies, and the ends concerned.

        Args:
            added: Rules that the ground covers.
            removed: Policies, by `Kind/namespace/name`.
        """
        touched: dict[Direction, set[int]] = {way: set() for way in DIRECTIONS}
        more: dict[tuple[Direction, int], list[CompiledRule]] = {}
        selections = {
            policy: found for policy, found in self._selections.items() if policy not in removed
        }
        for policy in removed:
            for one in self._selections.get(policy, ()):
                touched[one.compiled.rule.direction].update(one.numbers)
        for rule in added:
            for one in _select(self._ground, rule):
                selections[rule.policy] = [*selections.get(rule.policy, ()), one]
                touched[rule.direction].update(one.numbers)
                for number in one.numbers:
                    more.setdefault((rule.direction, number), []).append(one.compiled)
        selecting = {way: list(found) for way, found in self._selecting.items()}
        for way, numbers in touched.items():
            for number in numbers:
                kept = [
                    one for one in self._selecting[way][number] if one.rule.policy not in removed
                ]
                rules = sorted([*kept, *more.get((way, number), ())], key=_policy_of)
                selecting[way][number] = tuple(rules)
        return Subjects(self._ground, selections, selecting), touched


def _select(ground: Ground, rule: Rule) -> list[_Selection]:
    compiled = CompiledRule.compile(rule, ground.classes.index, ground.named)
    if rule.on_host:
        host = ground.classes.entities["host-endpoint"].number
        selecting = _on_host(ground, compiled) if ground.profile.host_firewall else None
        return [_Selection(selecting, (host,))] if selecting else []
    index = ground.classes.index
    certain = index.select(rule.subject) & ground.classes.everything
    found = [_Selection(compiled, tuple(index.members(certain)))]
    perhaps = index.may_select(rule.subject) & ground.classes.everything & ~certain
    if perhaps:
        doubtful = replace(compiled, doubt=_NAMESPACE_DOUBT)
        found.append(_Selection(doubtful, tuple(index.members(perhaps))))
    return found


def _on_host(ground: Ground, compiled: CompiledRule) -> CompiledRule | None:
    """Return the rule if it selects the host, in doubt where it selects some nodes only."""
    nodes = ground.cluster.nodes
    labels = [{key: (K8S, value) for key, value in node.labels.items()} for node in nodes]
    selected = [
        compiled.rule.subject.matches({"host": (RESERVED, ""), **own}) for own in labels or [{}]
    ]
    if all(selected):
        return compiled
    return replace(compiled, doubt=_NODE_DOUBT) if any(selected) else None
