"""Which rules select which end."""

from collections.abc import Iterable
from dataclasses import replace

from topology.model import Node
from topology.policy.evaluation import CompiledRule
from topology.policy.labels import K8S, RESERVED
from topology.policy.named_ports import NamedPorts
from topology.policy.pods import PodClasses
from topology.policy.profile import Profile
from topology.policy.rules import Rule
from topology.policy.verdict import Direction

__all__ = ["Selecting", "select_subjects"]

Selecting = dict[Direction, list[tuple[CompiledRule, ...]]]
"""For each direction and number of an identity: the rules that select it."""

_NAMESPACE_DOUBT = "it selects pods by labels of their namespace, which is not in the input"
_NODE_DOUBT = "its nodeSelector selects some nodes only"


def select_subjects(
    rules: Iterable[Rule],
    classes: PodClasses,
    named: NamedPorts,
    *,
    nodes: tuple[Node, ...],
    profile: Profile,
) -> Selecting:
    """Return the rules that select each class of pods, and the host where it has a firewall.

    Args:
        rules: All rules, in the order in which explanations shall name them.
        classes: The classes of pods.
        named: The numbers behind port names.
        nodes: The nodes of the cluster, whose labels host policies select.
        profile: Whose semantics.
    """
    index, host = classes.index, classes.entities["host-endpoint"].number
    pods = (1 << len(classes.classes)) - 1
    found: dict[Direction, list[list[CompiledRule]]] = {
        way: [[] for _ in index.identities] for way in ("egress", "ingress")
    }
    for rule in rules:
        compiled = CompiledRule.compile(rule, index, named)
        places = found[rule.direction]
        if rule.on_host:
            places[host] += _on_host(compiled, nodes) if profile.host_firewall else []
            continue
        certain = index.select(rule.subject) & pods
        for number in index.members(certain):
            places[number].append(compiled)
        perhaps = index.may_select(rule.subject) & pods & ~certain
        if perhaps:
            doubtful = replace(compiled, doubt=_NAMESPACE_DOUBT)
            for number in index.members(perhaps):
                places[number].append(doubtful)
    shared: dict[tuple[CompiledRule, ...], tuple[CompiledRule, ...]] = {}
    return {
        way: [shared.setdefault(rules, rules) for rules in map(tuple, places)]
        for way, places in found.items()
    }


def _on_host(compiled: CompiledRule, nodes: tuple[Node, ...]) -> list[CompiledRule]:
    """Return the rule if it selects the host, in doubt where it selects some nodes only."""
    labels = [{key: (K8S, value) for key, value in node.labels.items()} for node in nodes]
    selected = [
        compiled.rule.subject.matches({"host": (RESERVED, ""), **own}) for own in labels or [{}]
    ]
    if all(selected):
        return [compiled]
    return [replace(compiled, doubt=_NODE_DOUBT)] if any(selected) else []
