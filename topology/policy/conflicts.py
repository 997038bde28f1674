"""Rules that Cilium cannot merge: the policy of the end is then not computed at all."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from topology.model import Protocol
from topology.policy.evaluation import CompiledRule
from topology.policy.l7 import L7Rules
from topology.policy.named_ports import Declared, NamedPorts
from topology.policy.rules import Rule

__all__ = ["conflict", "merge_server_names"]


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


def merge_server_names(
    rules: tuple[CompiledRule, ...], named: NamedPorts
) -> tuple[CompiledRule, ...]:
    """Return the rules of one direction of one end as Cilium merges TLS server names.

    Where one rule for a peer and port asks for a server name, every rule for the very same peer
    and port does (pkg/policy/rule.go, mergePortProto). A rule that shares only some of its peers
    or ports with such a rule is kept as it is.
    """
    wanted: dict[tuple[str, object], dict[str, None]] = {}
    for one in rules:
        if one.rule.l7 and one.rule.l7.parser == "tls" and not one.rule.deny:
            for key in _merge_keys(one.rule, named, ()):
                wanted.setdefault(key, {}).update(dict.fromkeys(one.rule.l7.names))
    return tuple(_asking(one, wanted, named) for one in rules) if wanted else rules


def _asking(
    one: CompiledRule, wanted: Mapping[tuple[str, object], Mapping[str, None]], named: NamedPorts
) -> CompiledRule:
    if one.rule.deny or one.rule.l7:
        return one
    keys = list(_merge_keys(one.rule, named, ()))
    if not keys or not all(key in wanted for key in keys):
        return one
    names = tuple(dict.fromkeys(name for key in keys for name in wanted[key]))
    return replace(one, rule=replace(one.rule, l7=L7Rules(parser="tls", names=names)))


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
