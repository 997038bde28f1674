"""`Only` said of ports: between two ends nothing else may pass, and others are left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tools.intents.clauses import Parsed
from tools.intents.frames import Statement
from tools.intents.grouping import Sorted
from tools.intents.parties import End, is_outside
from tools.intents.traffic import Passing
from topology.authoring import PortSpan, Traffic

__all__ = ["limit_traffic", "other_ports"]

_LAST_PORT = 65_535


def limit_traffic(found: Sorted, statements: tuple[Statement, ...], topic: str) -> Parsed:
    """Return what `a may reach b only on 80` says, with its readings where it has several.

    Between the two, nothing passes but port 80. Whoever else reaches b is not spoken of, unless
    the clause is about b, as in `b accepts a only on 80`: then both may be meant.
    """
    if not found.only_traffic or any(one.only for one in statements):
        return Parsed(statements=statements)
    if found.side:
        where = "destination" if found.side == "egress" else "source"
        return _closing(statements, where)
    if topic == "source" and not any(one.destinations for one in statements):
        return _closing(statements, "destination")
    if not all(_is_pair(one) for one in statements):
        return _closing(statements, "source" if _selectable(statements) else "destination")
    if not _selectable(statements):
        closed = _closing(statements, "destination")
        return replace(closed, alternatives=(statements,), question="only")
    if topic == "destination" and not found.only_late:
        return _closing(statements, "source")
    pairs = limited_pairs(statements)
    if pairs and (topic != "destination" or "EXPOSE" in found.verbs):
        return Parsed(statements=pairs)
    other = pairs or _closing(statements, "destination").statements
    return replace(_closing(statements, "source"), alternatives=(other,), question="only")


def _closing(statements: Iterable[Statement], where: str) -> Parsed:
    return Parsed(statements=tuple(one.restricted(where) for one in statements))


def limited_pairs(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return statements with what else is denied between their ends; nothing if none can say it."""
    found = [*statements]
    for one in statements:
        rest = other_ports(one.passing)
        if one.effect != "allow" or not rest:
            return ()
        found.append(replace(one, effect="deny", passing=(Passing(options=rest),)))
    return tuple(found)


def other_ports(passing: Iterable[Passing]) -> tuple[Traffic, ...]:
    """Return all TCP and UDP ports but some; nothing where those are not given by number."""
    options = [option for part in passing for option in part.options]
    spans = [span for option in options for span in option.ports]
    plain = all(option == Traffic(ports=option.ports) for option in options)
    if not spans or not plain or any(span.name or not span.first for span in spans):
        return ()
    rest: list[PortSpan] = []
    for protocol in ("TCP", "UDP"):
        rest += _gaps([one for one in spans if one.protocol in (protocol, "ANY")], protocol)
    return (Traffic(ports=tuple(rest)),)


def _gaps(spans: Iterable[PortSpan], protocol: str) -> list[PortSpan]:
    free, found = 1, []
    for one in sorted(spans, key=lambda span: span.first):
        if one.first > free:
            found.append(PortSpan(first=free, last=one.first - 1, protocol=protocol))
        free = max(free, max(one.first, one.last) + 1)
    if free == 1:
        return [PortSpan(protocol=protocol)]
    if free <= _LAST_PORT:
        found.append(PortSpan(first=free, last=_LAST_PORT, protocol=protocol))
    return found


def _is_pair(one: Statement) -> bool:
    ends = (one.sources, one.destinations)
    return all(each and not all(end.everyone for end in each) for each in ends)


def _selectable(statements: Iterable[Statement]) -> bool:
    """Say whether some destination can be selected, so that it can be closed."""
    return any(not _outside(end) for one in statements for end in one.destinations)


def _outside(end: End) -> bool:
    return all(is_outside(party) for option in end.options for party in option)
