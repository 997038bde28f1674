"""Layers: the verdict of one direction, or of L7, with the rule, file and line that decided."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from topology.model import Location, Protocol
from topology.policy.evaluation import Match, Opening, Row
from topology.policy.kafka import KafkaRequest
from topology.policy.ports import PortSet
from topology.policy.rules import Rule
from topology.policy.verdict import Decision, Direction, HttpRequest, Layer, LayerName
from topology.policy.wording import describe_peer

__all__ = [
    "L7State",
    "conditional_ports",
    "explain",
    "explain_l7",
    "ports_asked",
    "unenforced",
]

L7State = Literal["allow", "deny", "unknown", "conditional"]

_LAYERS: dict[Direction, LayerName] = {"egress": "egress-policy", "ingress": "ingress-policy"}
_OPENINGS: dict[Opening, str] = {
    "unselected": "No policy selects the {end} for {direction}, so everything is allowed.",
    "never": "Policy enforcement is switched off (mode never), so everything is allowed.",
    "no-default-deny": "Policies select the {end} for {direction}, but none asks for default deny, "
    "so what no rule denies is allowed.",
    "localhost": "What the pod's own node sends is always let in (kubelet probes).",
}
_ENDS: dict[Direction, str] = {"egress": "source", "ingress": "destination"}
_SHOWN = 3


@lru_cache(maxsize=4096)
def ports_asked(protocol: Protocol, port: int | None) -> PortSet:
    """Return the ports of a question: one, or (`port=None`) every one of the protocol."""
    return PortSet.every(protocol) if port is None else PortSet.of(protocol, port)


def unenforced(direction: Direction, name: str) -> Layer:
    """Return the layer of an end that no network policy applies to."""
    reason = f"`{name}` is no pod that policies select, so no {direction} policy applies to it."
    return Layer(layer=_LAYERS[direction], direction=direction, verdict="none", reason=reason)


def explain(row: Row, protocol: Protocol, port: int | None) -> Layer:
    """Explain one direction for one port, or for all ports of a protocol (`port=None`)."""
    asked = ports_asked(protocol, port)
    if asked <= row.allowed:
        return _allowed(row, asked)
    denied = asked - row.allowed - row.unknown
    if denied == asked:
        return _denied(row, asked)
    return _undecided(row, asked, denied)


def _layer(
    row: Row,
    verdict: Decision,
    reason: str,
    rule: Rule | None = None,
    causes: tuple[tuple[str, Location], ...] = (),
    nearest: str = "",
) -> Layer:
    return Layer(
        layer=_LAYERS[row.direction],
        direction=row.direction,
        enforced=row.enforced,
        verdict=verdict,
        reason=reason,
        policy=rule.policy if rule else None,
        rule=rule.path if rule else None,
        location=rule.location if rule else None,
        causes=causes,
        nearest=nearest,
    )


def _allowed(row: Row, asked: PortSet) -> Layer:
    deciding = [
        m.rule for m in row.matches if not m.rule.deny and not m.doubt and m.ports.overlaps(asked)
    ]
    if not deciding or row.opening in ("never", "unselected"):
        reason = _OPENINGS.get(row.opening, "Several rules together allow it.")
        reason = reason.format(end=_ENDS[row.direction], direction=row.direction)
        return _layer(row, "allow", reason)
    return _layer(row, "allow", f"{deciding[0].name} allows it.", deciding[0], _others(deciding))


def _denied(row: Row, asked: PortSet) -> Layer:
    denying = [
        m.rule for m in row.matches if m.rule.deny and not m.doubt and m.ports.overlaps(asked)
    ]
    if denying:
        allowing = [m.rule for m in row.matches if not m.rule.deny and m.ports.overlaps(asked)]
        nearest = f"{allowing[0].name} would allow it, but a deny comes first." if allowing else ""
        reason = f"{denying[0].name} denies it."
        return _layer(row, "deny", reason, denying[0], _others(denying), nearest)
    causes = _causes(row)
    if not causes:
        reason = "No rule allows it, and policy enforcement is `always`."
        return _layer(row, "deny", reason)
    names = _enumerate(name for name, _ in causes)
    reason = f"No {row.direction} rule allows it; default deny comes from {names}."
    return Layer(
        layer=_LAYERS[row.direction],
        direction=row.direction,
        enforced=row.enforced,
        verdict="deny",
        reason=reason,
        policy=causes[0][0],
        location=causes[0][1],
        causes=causes,
        nearest=_nearest(row, asked),
    )


def _causes(row: Row) -> tuple[tuple[str, Location], ...]:
    """Return the policies behind a default deny; first those that allow nothing at all."""
    found: dict[tuple[str, Location], bool] = {}
    for one in row.compiled:
        if one.rule.default_deny and not one.doubt:
            key = (one.rule.policy, one.rule.section)
            found[key] = found.get(key, False) or one.rule.peers != ()
    return tuple(sorted(found, key=lambda key: (found[key], key)))


def _undecided(row: Row, asked: PortSet, denied: PortSet) -> Layer:
    for match in row.matches:
        if match.doubt and match.ports.overlaps(asked):
            reason = f"Whether {match.rule.name} applies is not known: {match.doubt}."
            return _layer(row, "unknown", reason, match.rule)
    doubtful = next((one for one in row.compiled if one.doubt), None)
    if doubtful:
        reason = f"Whether `{doubtful.rule.policy}` applies is not known: {doubtful.doubt}."
        return _layer(row, "unknown", reason, doubtful.rule)
    open_ports = asked & row.allowed
    reason = f"It depends on the port: allowed are {open_ports}, denied {denied}."
    return _layer(row, "unknown", reason)


def _nearest(row: Row, asked: PortSet) -> str:
    """Return the rule that comes closest to allowing, and what it lacks."""
    for match in row.matches:
        if not match.rule.deny and match.ports:
            return f"{match.rule.name} would allow it but for the port: it allows {match.ports}."
    for rule in row.rules:
        if rule.deny or not rule.peers or not _may_cover(rule, asked):
            continue
        meant = " or ".join(map(describe_peer, rule.peers[:_SHOWN]))
        other = "source" if row.direction == "ingress" else "destination"
        return f"{rule.name} would allow it but for the {other}: it is for {meant}."
    return ""


def _may_cover(rule: Rule, asked: PortSet) -> bool:
    if rule.ports is None:
        return True
    return any(
        entry.first <= last and first <= entry.last
        for entry in rule.ports
        if not entry.name
        for protocol in entry.protocols
        for first, last in asked.spans(protocol)
    )


def explain_l7(
    row: Row,
    protocol: Protocol,
    port: int | None,
    *,
    http: HttpRequest | None,
    dns: str | None,
    sni: str | None = None,
    kafka: KafkaRequest | None = None,
) -> tuple[L7State, Layer, tuple[str, ...]] | None:
    """Explain what the proxy of one direction does; None where no L7 rule restricts."""
    if row.opening in ("localhost", "never", "unselected"):
        return None
    asked = ports_asked(protocol, port)
    hits = [m for m in row.matches if not m.rule.deny and m.ports.overlaps(asked)]
    proxied = [m for m in hits if m.rule.l7]
    foreign = _foreign(proxied, http, dns)
    if foreign:
        reason = f"{foreign.rule.name} sends the port through a proxy of another protocol."
        return _l7(row, "deny", reason, [foreign])
    if not proxied or row.opening or not conditional_ports(row).overlaps(asked):
        return None
    if port is not None and len(proxied) < len(hits) and not _speaks_dns(proxied):
        return _l7(row, "unknown", "Whether a rule without L7 part applies is not known.", proxied)
    named = _enumerate(m.rule.policy for m in proxied)
    passes = tuple(f"{m.rule.l7} ({m.rule.name})" for m in proxied)
    if http is None and dns is None and sni is None and kafka is None:
        verb = "says" if "," not in named and " and " not in named else "say"
        reason = f"A proxy lets only some requests through, as {named} {verb}."
        return _l7(row, "conditional", reason, proxied, passes)
    results = [(m.rule.l7.admits(http, dns, sni, kafka), m) for m in proxied if m.rule.l7]
    through = [match for admits, match in results if admits and not match.doubt]
    if through:
        return _l7(row, "allow", f"{through[0].rule.name} lets the request through.", through)
    if any(admits is not False for admits, _ in results):
        reason = f"Whether {proxied[0].rule.name} lets this request through cannot be decided."
        return _l7(row, "unknown", reason, proxied)
    reason = f"No L7 rule lets the request through; allowed are {'; '.join(passes)}."
    return _l7(row, "deny", reason, proxied)


def _foreign(proxied: list[Match], http: HttpRequest | None, dns: str | None) -> Match | None:
    """Return a rule whose proxy speaks DNS where HTTP was asked for, or the other way round."""
    wanted = "http" if http is not None else "dns" if dns is not None else ""
    parsers = {match.rule.l7.parser for match in proxied if match.rule.l7 and not match.doubt}
    if not wanted or not parsers or not parsers <= {"http", "dns"} - {wanted}:
        return None
    return next(match for match in proxied if not match.doubt)


def conditional_ports(row: Row) -> PortSet:
    """Return the ports of a row on which only some requests pass.

    HTTP is opened by any matching allow without L7 rules; DNS only by one for the very same port
    (pkg/policy/l4.go, pkg/fqdn/dnsproxy/proxy.go).
    """
    allows = [match for match in row.matches if not match.rule.deny]
    proxied = [match for match in allows if match.rule.l7]
    if row.opening or not proxied:
        return PortSet.EMPTY
    plain = [match for match in allows if not match.rule.l7 and not match.doubt]
    opened = PortSet.union(match.ports for match in plain)
    named = PortSet.union(PortSet.of(*filter_) for match in plain for filter_ in match.filters)
    dns = [match for match in proxied if _speaks_dns([match])]
    others = [match for match in proxied if not _speaks_dns([match])]
    return PortSet.union(
        [
            PortSet.union(match.ports for match in others) - opened,
            PortSet.union(match.ports for match in dns) - named,
        ]
    )


def _speaks_dns(proxied: list[Match]) -> bool:
    return any(match.rule.l7 and match.rule.l7.parser == "dns" for match in proxied)


def _l7(
    row: Row, state: L7State, reason: str, matches: list[Match], conditions: tuple[str, ...] = ()
) -> tuple[L7State, Layer, tuple[str, ...]]:
    rule = matches[0].rule
    layer = Layer(
        layer="l7",
        direction=row.direction,
        enforced=True,
        verdict="allow" if state == "conditional" else state,
        reason=reason,
        policy=rule.policy,
        rule=rule.path,
        location=rule.location,
        causes=_others([match.rule for match in matches]),
    )
    return state, layer, conditions


def _others(rules: list[Rule]) -> tuple[tuple[str, Location], ...]:
    return tuple((f"{rule.policy} {rule.path}", rule.location) for rule in rules[1:])


def _enumerate(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    shown = ", ".join(f"`{name}`" for name in unique[:_SHOWN])
    return shown + (f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else "")
