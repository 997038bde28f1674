"""`Only` said of ports: between two ends nothing else may pass, and others are left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tools.intents.clauses import Parsed
from tools.intents.frames import Statement
from tools.intents.grouping import Sorted
from tools.intents.parties import End, is_outside
from tools.intents.traffic import Passing
from topology.authoring import Pods, PortSpan, Traffic

__all__ = ["except_ends", "except_traffic", "is_pair", "limit_traffic", "limited_pairs"]

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
    if not all(is_pair(one) for one in statements):
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
    found = [replace(one, beside=True) for one in statements]
    for one in statements:
        rest = _other_ports(one.passing)
        if one.effect != "allow" or not rest:
            return ()
        found.append(replace(one, effect="deny", passing=(Passing(options=rest),)))
    return tuple(found)


def except_traffic(found: Sorted, statements: tuple[Statement, ...]) -> Parsed:
    """Return what `a may reach b except on 22` and `block a from b except on 80` say."""
    but = tuple(found.but_traffic)
    plain = not any(one.only or one.passing for one in statements)
    if plain and all(one.effect == "allow" for one in statements):
        denied = (replace(one, effect="deny", passing=but) for one in statements)
        allowed = (replace(one, beside=True) for one in statements)
        return Parsed(statements=(*allowed, *denied))
    rest = _other_ports(but)
    if plain and rest:
        passing = (Passing(options=rest, said=but[0].said),)
        return Parsed(statements=tuple(replace(one, passing=passing) for one in statements))
    return Parsed(statements=statements, words=tuple(f"except {one.said}" for one in but))


def except_ends(statements: tuple[Statement, ...]) -> Parsed:
    """Return what `everyone but a may reach b` says: a may not."""
    found: list[Statement] = []
    words: list[str] = []
    for one in statements:
        for said, others in (("sources", "but_sources"), ("destinations", "but_destinations")):
            left_out: tuple[End, ...] = getattr(one, others)
            if not left_out or all(map(_has_pods, (*getattr(one, said), *left_out))):
                continue
            if one.effect == "allow" and not one.only:
                one = replace(one, beside=True, **{others: ()})  # type: ignore[arg-type]
                denied = {said: left_out, "effect": "deny"}
                found.append(replace(one, **denied))  # type: ignore[arg-type]
            else:
                words += [f"except {end.said}" for end in left_out]
        found.append(one)
    return Parsed(statements=tuple(found), words=tuple(words))


def _has_pods(end: End) -> bool:
    """Say whether an end can be told apart from others by labels."""
    return all(isinstance(party, Pods) for option in end.options for party in option)


def _other_ports(passing: Iterable[Passing]) -> tuple[Traffic, ...]:
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


def is_pair(one: Statement) -> bool:
    """Say whether both ends are named, and neither is everyone."""
    ends = (one.sources, one.destinations)
    return all(each and not all(end.everyone for end in each) for each in ends)


def _selectable(statements: Iterable[Statement]) -> bool:
    """Say whether some destination can be selected, so that it can be closed."""
    return any(not _outside(end) for one in statements for end in one.destinations)


def _outside(end: End) -> bool:
    return all(is_outside(party) for option in end.options for party in option)
