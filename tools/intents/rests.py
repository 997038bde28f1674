"""What `nothing else` and `no other ports` close, of what was said before."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tools.intents.clauses import combine
from tools.intents.frames import Statement
from tools.intents.limits import is_pair, limited_pairs
from tools.intents.parties import End, is_outside
from tools.intents.shapes import Shape
from tools.intents.traffic import Passing

if TYPE_CHECKING:
    from tools.intents.meanings import Meaning

__all__ = ["close_rest", "close_traffic", "is_outer"]


def close_traffic(meaning: "Meaning", shape: Shape, text: str) -> None:
    """Say that other ports or requests than those may not pass: `requests on other ports`."""
    ports = tuple(one for one in shape.found(text, "T") if isinstance(one, Passing))
    allowed = [one for one in meaning.statements if one.effect == "allow"]
    if not ports and allowed and not any(one.only for one in allowed):
        pairs = limited_pairs(allowed) if all(map(is_pair, allowed)) else ()
        if pairs:
            others = [one for one in meaning.statements if one not in allowed]
            meaning.statements = [*others, *pairs]
            return
    for place, one in enumerate(meaning.statements):
        if one.effect != "allow":
            continue
        has_ports = any(traffic.ports for part in one.passing for traffic in part.options)
        if ports and not has_ports:
            one = replace(one, passing=combine(one.passing, ports))
        meaning.statements[place] = (
            one if one.only else one.restricted(*(_closed_by_rest(one) or ("source",)))
        )


def close_rest(meaning: "Meaning", *, persons: bool = False) -> None:
    """Say of what was said so far that nothing else may.

    Behind `a may reach b`, `nobody else` may be about a or about b.
    """
    meaning.rest = True
    allowed = [one for one in meaning.statements if one.effect == "allow"]
    if not allowed or any(one.only for one in allowed):
        return
    for place, one in enumerate(meaning.statements):
        if one.effect == "allow":
            ends = _closed_by_rest(one)
            unsure = persons and ends == ("destination",) and is_pair(one) and not one.side
            if ends and not (unsure and not all(map(is_outer, one.destinations))):
                meaning.statements[place] = one.restricted(*ends)
            else:
                meaning.rest_unclear = True


def _closed_by_rest(one: Statement) -> tuple[str, ...]:
    """Return on which end `nothing else` closes, nothing where it is not clear."""
    if one.side:
        return ("source",) if one.side == "ingress" else ("destination",)
    selectable = [
        name
        for name, ends in (("destination", one.sources), ("source", one.destinations))
        if ends and not all(is_outer(end) for end in ends)
    ]
    if len(selectable) == 1:
        return (selectable[0],)
    if one.topic:
        return ("source",) if one.topic == "destination" else ("destination",)
    return ()


def is_outer(end: End) -> bool:
    """Say whether no policy can select an end."""
    return end.everyone or all(is_outside(party) for option in end.options for party in option)
