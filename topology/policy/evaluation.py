"""One direction at one end: which ports the rules open to one identity on the other side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from topology.model import ContainerPort, Protocol
from topology.policy.identities import Identity
from topology.policy.peers import NamePeer
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.rules import PortEntry, Rule
from topology.policy.verdict import Direction

__all__ = ["Match", "NamedPorts", "Opening", "Row", "conflict", "evaluate"]

Opening = Literal["", "unselected", "never", "no-default-deny", "localhost"]
"""Why everything that is not denied is allowed; empty where only rules allow."""

Declared = tuple[ContainerPort, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that means the identity on the other side, with the ports that it covers."""

    rule: Rule
    ports: PortSet
    filters: frozenset[tuple[Protocol, int]]
    """Single ports that the rule names one by one: DNS rules are kept per such port."""
    doubt: str = ""
    """Why it is not certain that the rule matches; empty where it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one end allows in one direction to one identity."""

    direction: Direction
    enforced: bool
    opening: Opening
    rules: tuple[Rule, ...]
    """Every rule that selects the end in this direction."""
    matches: tuple[Match, ...]
    allowed: PortSet
    unknown: PortSet


class NamedPorts:
    """Numbers behind the names of ports.

    Ingress takes the destination's own ports; egress the ports of all pods together, where a name
    with two numbers means nothing (pkg/policy/types/portmap.go). Plain Kubernetes takes the
    destination's own ports both ways.
    """

    def __init__(self, pods: Iterable[Declared], profile: Profile) -> None:
        self._per_pod = profile.name == "kubernetes"
        everywhere: dict[tuple[str, Protocol], set[int]] = {}
        for declared in set(pods):
            for port in declared:
                if port.name:
                    key = (port.name.lower(), port.protocol)
                    everywhere.setdefault(key, set()).add(port.number)
        self._everywhere = {
            key: next(iter(numbers)) for key, numbers in everywhere.items() if len(numbers) == 1
        }

    def numbers(
        self, entry: PortEntry, direction: Direction, destination: Declared
    ) -> dict[Protocol, int]:
        """Return the number behind a named port, for each protocol that has one."""
        if direction == "egress" and not self._per_pod:
            return {
                protocol: self._everywhere[entry.name, protocol]
                for protocol in entry.protocols
                if (entry.name, protocol) in self._everywhere
            }
        named = [port for port in destination if port.name.lower() == entry.name]
        if not self._per_pod:
            named = named[:1]
        return {
            port.protocol: port.number
            for port in reversed(named)
            if port.protocol in entry.protocols
        }

    def resolve(
        self, rule: Rule, destination: Declared
    ) -> tuple[PortSet, frozenset[tuple[Protocol, int]]]:
        """Return the ports that a rule covers, and those that it names one by one."""
        if rule.ports is None:
            return PortSet.ALL, frozenset()
        spans: dict[Protocol, list[tuple[int, int]]] = {}
        filters = set()
        for entry in rule.ports:
            if entry.name:
                found = self.numbers(entry, rule.direction, destination)
                numbers = {protocol: (number, number) for protocol, number in found.items()}
            else:
                numbers = dict.fromkeys(entry.protocols, (entry.first, entry.last))
            for protocol, (first, last) in numbers.items():
                spans.setdefault(protocol, []).append((first, last))
                if first == last:
                    filters.add((protocol, first))
        return PortSet(spans), frozenset(filters)


def evaluate(
    rules: tuple[Rule, ...],
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
    enforced, opening = _posture(rules, direction, profile, local=local)
    if opening == "never":
        return Row(direction, enforced, opening, rules, (), PortSet.ALL, PortSet.EMPTY)
    destination = own_ports if direction == "ingress" else peer_ports
    matches = []
    unsettled = next((rule.unsettles for rule in rules if rule.unsettles), "")
    for rule in rules:
        doubt = _matches(rule, peer, rules)
        if doubt is not None:
            if not rule.deny:
                doubt = doubt or unsettled
            matches.append(Match(rule, *named.resolve(rule, destination), doubt))
    return _row(direction, enforced, opening, rules, tuple(matches))


def _row(
    direction: Direction,
    enforced: bool,
    opening: Opening,
    rules: tuple[Rule, ...],
    matches: tuple[Match, ...],
) -> Row:
    def covered(*, deny: bool, certain: bool) -> PortSet:
        found = PortSet.EMPTY
        for match in matches:
            if match.rule.deny == deny and (not match.doubt) == certain:
                found |= match.ports
        return found

    base = PortSet.ALL if opening else covered(deny=False, certain=True)
    denied = covered(deny=True, certain=True)
    allowed = base - denied - covered(deny=True, certain=False)
    possible = (base | covered(deny=False, certain=False)) - denied
    return Row(direction, enforced, opening, rules, matches, allowed, possible - allowed)


def _posture(
    rules: tuple[Rule, ...], direction: Direction, profile: Profile, *, local: bool
) -> tuple[bool, Opening]:
    """Return whether anything is enforced, and why what no rule allows is allowed, if it is."""
    if profile.enforcement == "never":
        return False, "never"
    always = profile.enforcement == "always"
    if not rules and not always:
        return False, "unselected"
    if direction == "ingress" and local:
        return True, "localhost"
    if always or any(rule.default_deny for rule in rules):
        return True, ""
    return True, "no-default-deny"


def _matches(rule: Rule, peer: Identity, rules: tuple[Rule, ...]) -> str | None:
    """Return None where the rule does not mean the peer, else the doubt about it (or "")."""
    if rule.peers is None:
        return rule.undecided
    doubt = None
    for alternative in rule.peers:
        matched = alternative.matches(peer)
        if matched and isinstance(alternative, NamePeer):
            found = _unseen(alternative, peer, rules)
        elif matched is None:
            found = f"`{peer.name}` has no known address, and the rule is for `{alternative.key}`"
        elif matched:
            found = ""
        else:
            continue
        if not found:
            return rule.undecided
        doubt = found
    return doubt or (rule.undecided or None)


def _unseen(pattern: NamePeer, peer: Identity, rules: tuple[Rule, ...]) -> str:
    """Return why a toFQDNs rule may not know the addresses of a name, or "" if it does."""
    if not peer.hidden_address:
        return ""
    for rule in rules:
        if rule.l7 and rule.l7.parser == "dns" and any(rule.l7.admits(None, n) for n in peer.names):
            return ""
    return (
        f"`{pattern.key}` covers the name, but no DNS rule of the pod lets Cilium see its answers"
    )


def conflict(rules: Iterable[Rule], named: NamedPorts, own_ports: Declared) -> str:
    """Return why Cilium cannot compute a policy from these rules of one direction, or "".

    Rules for the same selector and port must agree on parser and authentication
    (pkg/policy/rule.go, mergePortProto).
    """
    seen: dict[tuple[str, object], tuple[str, str]] = {}
    for rule in rules:
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
