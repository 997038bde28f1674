"""Rules and policies without effect: they select nobody, mean nobody, or change nothing."""

from collections.abc import Iterator
from dataclasses import replace

from topology.model import Document
from topology.policy.coverage import Idle
from topology.policy.fields import parse_network
from topology.policy.labels import NAMESPACE, NAMESPACE_LABELS, NAMESPACE_NAME
from topology.policy.peers import Peer, SelectorPeer
from topology.policy.rules import Rule
from topology.policy.validation.rules_of import rules_of
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import dropped, field_at, removed_rule, without_direction
from topology.review.finding import Found, Repair, ReviewSeverity
from topology.review.lifting import found_in
from topology.review.nearest import nearest_labels
from topology.review.peer_fields import peer_fields
from topology.review.wording import quoted

__all__ = [
    "find_covered_peers",
    "find_covered_rules",
    "find_dead_peers",
    "find_dead_rules",
    "find_denied_rules",
    "find_idle_policies",
    "find_needless_rules",
    "find_twins",
]

_SOURCE = "netassist, `topology/policy/coverage.py`: computed on the pods of the input"


@check(
    "selects-nothing",
    "warning",
    "A policy selects no pod",
    matters="It does nothing; mostly a label is misspelt or was renamed.",
    source=_SOURCE,
    needs=("pods",),
    yields_to=("host-network-subject", "impossible-selector", "subject-namespace"),
)
def find_idle_policies(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies that select no pod of the input."""
    for idle in context.idle:
        if idle.kind != "selects-nothing":
            continue
        document = context.documents[idle.policy]
        if document.namespace and not context.knows(document.namespace):
            context.doubt(
                f"Whether `{idle.policy}` selects any pod: the input holds none of namespace "
                f"`{document.namespace}`."
            )
            continue
        yield found_in(
            context,
            document,
            _selector_path(document),
            idle.reason,
            nearest_labels(context, document, _selector_path(document)),
        )


@check(
    "never-matches",
    "warning",
    "A rule means nobody",
    matters="It allows or denies nothing; mostly a label is misspelt or was renamed.",
    source=_SOURCE,
    needs=("pods",),
    yields_to=(
        "ambiguous-port-name",
        "dns-namespace",
        "host-network-peer",
        "impossible-selector",
        "namespace-label",
        "no-such-namespace",
        "other-namespace",
        "unknown-port-name",
    ),
)
def find_dead_rules(context: ReviewContext) -> Iterator[Found]:
    """Yield the rules that can match nothing."""
    for idle, document, rule in _idle(context, "never-matches"):
        if all(_can_tell(context, document, peer) for peer in rule.peers or ()):
            yield _without_rule(context, idle, document)
        else:
            context.doubt(
                f"Whether `{idle.policy}` `{idle.rule}` means anybody: the input holds no pods of "
                "the namespaces that it names."
            )


@check(
    "peer-matches-nothing",
    "warning",
    "One peer of a rule means nobody",
    matters="The rule holds for fewer ends than it says; mostly a label is misspelt.",
    source=_SOURCE,
    needs=("pods",),
    yields_to=("host-network-peer", "no-such-namespace", "other-namespace", "split-peer"),
)
def find_dead_peers(context: ReviewContext) -> Iterator[Found]:
    """Yield the peers that mean nobody, of rules that mean somebody."""
    axis = context.connections.ground.axis
    wanted = {(one.policy, one.rule) for one in context.idle if one.kind == "peer-matches-nothing"}
    for placed in context.placed:
        if (placed.rule.policy, placed.rule.path) not in wanted:
            continue
        for field in peer_fields(placed):
            if any(axis.mean(field.peer)):
                continue
            if not _can_tell(context, placed.document, field.peer):
                context.doubt(
                    f"Whether `{placed.document.key}` `{field.path}` means anybody: the input "
                    "holds no pods of the namespaces that it names."
                )
                continue
            repair = Repair(
                text="Correct the labels, or take the peer out.",
                add=(dropped(placed.document, field.path),),
                promise="no-change",
            )
            why = f"No end of the input is meant by {quoted(field.path)}."
            yield found_in(context, placed.document, field.path, why, repair)


@check(
    "covered",
    "info",
    "A rule is covered by another one",
    matters="It can go without any effect; the next reader will look for the difference in vain.",
    source=_SOURCE,
    needs=("pods",),
    yields_to=("duplicate-policy",),
)
def find_covered_rules(context: ReviewContext) -> Iterator[Found]:
    """Yield the rules that one other rule covers."""
    for idle, document, _ in _idle(context, "covered"):
        yield _without_rule(context, idle, document)


@check(
    "denied",
    "warning",
    "A rule is denied as a whole by another one",
    matters="In Cilium deny beats allow, whatever is more specific and wherever it stands: what "
    "the rule was written to allow is closed.",
    source="cilium pkg/policy/types/entry.go",
    needs=("pods",),
)
def find_denied_rules(context: ReviewContext) -> Iterator[Found]:
    """Yield the allow rules that one deny rule voids."""
    for idle, document, _ in _idle(context, "denied"):
        yield _without_rule(context, idle, document)


@check(
    "changes-nothing",
    "info",
    "A rule changes nothing beside the others",
    matters="It can go without any effect on the pods that there are.",
    source=_SOURCE,
    needs=("pods",),
    yields_to=("duplicate-policy", "peer-covered"),
)
def find_needless_rules(context: ReviewContext) -> Iterator[Found]:
    """Yield the allow rules whose removal changes nothing; a deny rule is a safeguard."""
    hosts = context.connections.gates.hosts
    for idle, document, rule in _idle(context, "changes-nothing"):
        if rule.deny:
            continue
        found = _without_rule(context, idle, document)
        if found.repair.add and context.policies.what_if(add=found.repair.add):
            # It is all that opens its direction, as no policy at all would do.
            found = replace(found, repair=_without_direction(document, found))
        ends = next((context.ends(p.compiled) for p in context.placed if p.rule is rule), 0)
        if ends and not ends & ~hosts:
            why = "What a pod's own node sends, such as probes, is let in without any rule."
            found = found_in(context, document, found.path, why, found.repair)
        yield found


@check(
    "duplicate-policy",
    "info",
    "Two policies say the same",
    matters="Whoever changes one of them will wonder why nothing changes.",
    source="cilium pkg/policy/repository.go: policies are a union",
)
def find_twins(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies of which every rule stands, as it is, in another one."""
    rules: dict[str, set[tuple[object, ...]]] = {}
    for rule in context.policies.rules:
        rules.setdefault(rule.policy, set()).add(_meaning(rule))
    seen: dict[frozenset[tuple[object, ...]], str] = {}
    for key, own in sorted(rules.items()):
        if any(rule[-1] for rule in own):
            continue
        twin = seen.setdefault(frozenset(own), key)
        if twin != key and key in context.documents:
            repair = Repair(text=f"Delete {quoted(key)}.", remove=(key,), promise="no-change")
            why = f"It has the same subject and the same rules as {quoted(twin)}."
            place = context.documents[twin].source.at()
            found = found_in(context, context.documents[key], "", f"{why[:-1]} ({place}).", repair)
            yield found


@check(
    "peer-covered",
    "info",
    "One item of a list of peers holds another",
    matters="The narrower one can go; left in place it looks as if it restricted something.",
    source="cilium pkg/policy/api/entity.go and cidr.go",
)
def find_covered_peers(context: ReviewContext) -> Iterator[Found]:
    """Yield the entities and CIDRs that lie within others of the same list, whatever the pods."""
    for document in context.accepted:
        for rule_path, side in _rule_paths(document):
            for name, holds in ((f"{side}Entities", _holds_entity), (f"{side}CIDR", _holds_cidr)):
                written = field_at(document.body, f"{rule_path}.{name}")
                if not isinstance(written, list):
                    continue
                texts = [one for one in written if isinstance(one, str)]
                if len(texts) != len(written):
                    continue
                for number, one in enumerate(texts):
                    by = [o for o in texts if o != one and holds(o, one)]
                    if not by:
                        continue
                    path = f"{rule_path}.{name}[{number}]"
                    repair = Repair(
                        text=f"Take {quoted(one)} out.",
                        add=(dropped(document, path),),
                        promise="no-change",
                    )
                    why = f"{quoted(one)} is part of {quoted(by[0])}, which stands beside it."
                    yield found_in(context, document, path, why, repair)


def _idle(context: ReviewContext, kind: str) -> Iterator[tuple[Idle, Document, Rule]]:
    rules = {(rule.policy, rule.path): rule for rule in context.policies.rules}
    for idle in context.idle:
        if idle.kind == kind and (idle.policy, idle.rule) in rules:
            yield idle, context.documents[idle.policy], rules[idle.policy, idle.rule]


def _without_rule(
    context: ReviewContext, idle: Idle, document: Document, severity: ReviewSeverity | None = None
) -> Found:
    left = removed_rule(document, idle.rule)
    repair = Repair(text="Delete the policy.", remove=(document.key,), promise="no-change")
    if left is not None:
        repair = Repair(text="Take the rule out, or correct it.", add=(left,), promise="no-change")
    why = idle.reason + (f" It stands at {idle.by_location}." if idle.by_location else "")
    return found_in(context, document, idle.rule, why, repair, severity=severity)


def _without_direction(document: Document, found: Found) -> Repair:
    left = without_direction(document, found.path)
    if left is None:
        return Repair(text="Delete the policy.", remove=(document.key,), promise="no-change")
    text = "Take the whole direction out of the policy: no policy at all says the same."
    return Repair(text=text, add=(left,), promise="no-change")


def _can_tell(context: ReviewContext, document: Document, peer: Peer) -> bool:
    """Return whether the input shows the pods that a peer could mean."""
    if not isinstance(peer, SelectorPeer):
        return True
    named = (NAMESPACE, NAMESPACE_LABELS + NAMESPACE_NAME)
    spaces = {
        value
        for one in peer.selector.requirements
        if one.key in named and one.operator == "In"
        for value in one.values
    }
    if spaces:
        return all(context.pods_in(name) or _is_settled(context, name) for name in spaces)
    anywhere = [
        one
        for one in peer.selector.requirements
        if one.key.startswith(NAMESPACE_LABELS) or one.key == NAMESPACE
    ]
    return context.is_whole if anywhere else True


def _is_settled(context: ReviewContext, name: str) -> bool:
    """Return whether it is certain that a namespace holds no pods."""
    known = context.cluster.namespaces.get(name)
    declared = known is not None and known.declared
    return (
        context.lists_namespaces
        and (declared or context.is_missing(name))
        and (not name.startswith("kube-"))
    )


def _selector_path(document: Document) -> str:
    name = "podSelector" if document.kind == "NetworkPolicy" else "endpointSelector"
    return f"spec.{name}"


def _meaning(rule: Rule) -> tuple[object, ...]:
    peers = None if rule.peers is None else frozenset(rule.peers)
    ports = None if rule.ports is None else frozenset(rule.ports)
    l7 = str(rule.l7 or "")
    return (
        rule.direction,
        rule.subject,
        rule.deny,
        rule.on_host,
        peers,
        ports,
        l7,
        rule.default_deny,
        rule.auth,
        rule.requires,
        rule.undecided,
    )


def _rule_paths(document: Document) -> Iterator[tuple[str, str]]:
    if not document.kind.startswith("Cilium"):
        return
    for item in rules_of(document):
        yield item.path, item.section.side


_INSIDE_CLUSTER = frozenset(
    {"health", "host", "ingress", "init", "kube-apiserver", "remote-node", "unmanaged"}
)


def _holds_entity(wide: str, narrow: str) -> bool:
    if wide == "all":
        return narrow != "none"
    return wide == "cluster" and narrow in _INSIDE_CLUSTER


def _holds_cidr(wide: str, narrow: str) -> bool:
    outer, inner = parse_network(wide, bare=True), parse_network(narrow, bare=True)
    if outer is None or inner is None or outer.version != inner.version:
        return False
    return outer != inner and inner.subnet_of(outer)  # type: ignore[arg-type]
