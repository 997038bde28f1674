"""Rules that Cilium cannot merge: the policy of the end is then not computed at all."""

from collections.abc import Iterable, Mapping

from topology.model import Protocol
from topology.policy.evaluation import CompiledRule
from topology.policy.named_ports import Declared, NamedPorts
from topology.policy.rules import Rule

__all__ = ["conflict"]


def conflict(rules: Iterable[CompiledRule], named: NamedPorts, own_ports: Declared) -> str:
    """Return why Cilium cannot compute a policy from these rules of one direction, or "".

    Rules for the same selector and port must agree on parser and authentication
    (pkg/policy/rule.go, mergePortProto).
    """
    seen: dict[tuple[str, object], tuple[str, str]] = {}
    for one in rules:
        rule = one.rule
        if rule.deny or not (rule.l7 or rule.auth):
            continue
        parser = rule.l7.parser if rule.l7 else ""
        for key in _merge_keys(rule, named, own_ports):
            other_parser, other_auth = seen.get(key, ("", ""))
            if parser and other_parser not in ("", parser):
                return f"cannot merge conflicting L7 parsers ({other_parser}/{parser})"
            if rule.auth and other_auth not in ("", rule.auth):
                return f"cannot merge conflicting authentication types ({other_auth}/{rule.auth})"
            seen[key] = (parser or other_parser, rule.auth or other_auth)
    return ""


def _merge_keys(rule: Rule, named: NamedPorts, own_ports: Declared) -> Iterable[tuple[str, object]]:
    peers = ["everything"] if rule.peers is None else [peer.key for peer in rule.peers]
    if "everything" in peers:
        peers = ["everything"]
    spans: list[object] = []
    for entry in rule.ports if rule.ports is not None else ():
        numbers: Mapping[Protocol, object] = (
            named.numbers(entry, rule.direction, own_ports)
            if entry.name
            else dict.fromkeys(entry.protocols, (entry.first, entry.last))
        )
        for protocol, span in numbers.items():
            spans.append((protocol, (span, span) if isinstance(span, int) else span))
    for peer in peers:
        for span in spans if rule.ports is not None else ["all"]:
            yield peer, span
