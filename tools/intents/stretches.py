"""What one stretch of a sentence says, with what was said before it."""

from collections.abc import Sequence
from dataclasses import replace

from tools.intents.clauses import Parsed
from tools.intents.frames import Sign, Statement
from tools.intents.grouping import sort_signs
from tools.intents.parties import End
from tools.intents.roles import assign
from tools.intents.traffic import Passing
from topology.authoring import Pods, Traffic

__all__ = ["parse_stretch"]


def parse_stretch(signs: Sequence[Sign], before: Sequence[Statement]) -> Parsed:
    """Return what a stretch says, with the statements before it as its context."""
    found = sort_signs(signs)
    words = tuple(found.words)
    several = len(before) > 1 and before[-1].said == before[-2].said
    if several and any(
        one.symbol == "IT" and one.said.lower() in ("them", "they") for one in signs
    ):
        # Whom of several it stands for is not told by the last of them.
        words += tuple(one.said for one in signs if one.symbol == "IT")
    if found.topics and not any(group.ends for group in found.groups):
        return Parsed(keep=tuple(sorted(found.topics)), words=words)
    says = (
        found.groups
        or found.loose
        or found.side
        or found.verbs
        or found.rest
        or found.rest_traffic
        or found.pronoun
    )
    if not says:
        return Parsed(words=words, keep=tuple(sorted(found.topics)))
    parsed = assign(found, before, signs)
    parsed = replace(parsed, narrowed=tuple(found.narrowed))
    words += _unused(signs, parsed)
    said = " ".join(sign.said for sign in signs if sign.said)
    return replace(
        parsed,
        words=(*words, *parsed.words),
        keep=tuple(sorted({*parsed.keep, *found.topics})),
        statements=tuple(replace(one, said=said) for one in parsed.statements),
        alternatives=tuple(
            tuple(replace(one, said=said) for one in each) for each in parsed.alternatives
        ),
    )


def _unused(signs: Sequence[Sign], parsed: Parsed) -> tuple[str, ...]:
    """Return what was said of ends, traffic and direction that plays no part in what was read."""
    if parsed.rest or parsed.rest_traffic:
        return ()
    statements = [*parsed.statements, *(one for each in parsed.alternatives for one in each)]
    ends = [end for one in statements for end in (*one.sources, *one.destinations)]
    ends += [end for one in statements for end in (*one.but_sources, *one.but_destinations)]
    ends += [end for end, _ in parsed.isolate]
    ends += [*parsed.about, *parsed.narrowed]
    said = {end.said for end in ends}
    traffic = [option for one in statements for part in one.passing for option in part.options]
    traffic += [option for part in parsed.refines for option in part.options]
    heeded = {part.said for one in statements for part in one.passing}
    left: list[str] = []
    for sign in signs:
        if isinstance(sign.value, End):
            if sign.value.said not in said and not _is_anyone(sign.value):
                left.append(sign.said)
        elif isinstance(sign.value, Passing) and not (
            _covers(traffic, sign.value) or sign.value.said in heeded
        ):
            left.append(sign.said)
    left += _unheeded(signs, parsed, statements)
    left += _misplaced(statements)
    left += _late_negation(signs)
    if signs[-1].symbol in _LEADING:
        # What it leads to was made of words that name nothing: `from the same namespace`.
        left.append(f"{signs[-1].said} ...")
    if any(_is_about_nobody(one) for one in statements):
        left += [sign.said for sign in signs if sign.symbol in ("P", "ALLOW", "DENY", "REACH")][:2]
    closes = any(one.only or one.only_traffic or one.side for one in statements) or parsed.isolate
    told = closes or parsed.narrowed or parsed.refines or parsed.restricts or parsed.keep
    if any(sign.symbol in _LIMITING for sign in signs) and not told:
        left += [sign.said for sign in signs if sign.symbol in _LIMITING]
    return tuple(left)


def _misplaced(statements: Sequence[Statement]) -> list[str]:
    """Return what is left out of ends that it is no part of: it belongs to something else."""
    return [
        f"except {one.said}"
        for each in statements
        for ends, left_out in (
            (each.sources, each.but_sources),
            (each.destinations, each.but_destinations),
        )
        for one in left_out
        if not _may_hold(ends, one)
    ]


def _may_hold(ends: Sequence[End], part: End) -> bool:
    if not ends or any(end.everyone for end in ends):
        return True
    parties = [party for end in ends for option in end.options for party in option]
    if any(isinstance(one, Pods) and one.workload for one in parties):
        return False
    spaces = {space for one in parties if isinstance(one, Pods) for space in one.namespaces or ()}
    inner = {
        space
        for option in part.options
        for party in option
        if isinstance(party, Pods)
        for space in party.namespaces or ()
    }
    return not spaces or not inner or inner <= spaces


def _is_anyone(end: End) -> bool:
    """Say whether an end limits nothing, so that it may go without saying."""
    return end.everyone and "namespace" not in end.said.lower()


def _is_about_nobody(one: Statement) -> bool:
    """Say whether a statement names no end at all."""
    return all(end.everyone for end in (*one.sources, *one.destinations))


def _late_negation(signs: Sequence[Sign]) -> list[str]:
    """Return a `not` that stands behind the ends of a clause: it is not about the verb."""
    verbs = {"MAY", "REACH", "REACHED", "RECEIVE", "NEED", "ALLOWED", "DENIED", "GETIN", "GETOUT"}
    for place, sign in enumerate(signs):
        ends = [one for one in signs[:place] if one.symbol in ("P", "T")]
        verb = any(one.symbol in verbs | {"ALLOW"} for one in signs[:place])
        if sign.symbol == "NOT" and ends and verb:
            behind = {one.symbol for one in signs[place + 1 :]}
            elliptic = signs[place - 1].symbol == "MAY" and not behind
            acts = any(one.symbol in ("REACH", "REACHED", "RECEIVE") for one in signs[:place])
            if (acts or not behind & verbs) and not elliptic:
                return [sign.said]
    return []


_LEADING = ("BETWEEN", "BY", "FROM", "TO")
_LIMITING = ("ONLY", "ONLYONE", "ING", "EG", "OTHERSPACES")
_NEGATIVE = frozenset({"NONE", "NELSE", "NOT", "DENY", "DENIED", "EXCEPT", "PELSE", "NOTONE"})


def _unheeded(signs: Sequence[Sign], parsed: Parsed, statements: Sequence[Statement]) -> list[str]:
    """Return the words that deny something, where nothing is denied or closed in what was read."""
    closes = (
        parsed.isolate
        or parsed.restricts
        or parsed.excludes
        or any(
            one.effect == "deny" or one.only or one.but_sources or one.but_destinations
            for one in statements
        )
    )
    said = [sign.said for sign in signs if sign.symbol in _NEGATIVE]
    effects = {sign.symbol for sign in signs} & {"ALLOW", "DENY"}
    mixed = len(effects) == 2 and len({one.effect for one in statements}) == 1
    if mixed and not (parsed.isolate or any(one.only for one in statements)):
        return [sign.said for sign in signs if sign.symbol in effects]
    return [] if closes or parsed.keep else said


def _covers(traffic: Sequence[Traffic], passing: Passing) -> bool:
    """Say whether everything of some traffic is in the traffic of statements."""
    ports = {span for one in traffic for span in one.ports}
    requests = {test for one in traffic for test in one.requests}
    return all(set(one.ports) <= ports and set(one.requests) <= requests for one in passing.options)
