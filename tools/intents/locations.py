"""`In namespace x, a may reach b`: a namespace at the start that says where the names are."""

from collections.abc import Sequence
from dataclasses import replace

from tools.intents.frames import Sign
from tools.intents.parties import End
from topology.authoring import Pods, ServiceParty

__all__ = ["take_location"]

_VERBS = frozenset({"ALLOW", "DENY", "LIMIT", "MAY", "NEED", "REACH", "REACHED", "RECEIVE"})
_CLAUSE = frozenset({",", "ONLY", "P", "ALLOW", "DENY", "LIMIT", "NOT"})
_OWN = frozenset({"DEFAULTDENY", "EG", "ING", "ISOLATE", "LOCK", "NONE", "PELSE", "OTHERSPACES"})
"""What is said of the namespace itself, rather than of names in it."""


def take_location(signs: Sequence[Sign]) -> tuple[list[Sign], tuple[str, ...], tuple[str, ...]]:
    """Return a sentence without the namespace at its start, the namespace, and words in doubt.

    Names that several namespaces have are those of it, and everyone is everyone in it. A sentence
    that is about the namespace itself is left as it is.
    """
    spaces = _location(signs)
    if not spaces:
        return list(signs), (), ()
    place = signs[1]
    rest = [*signs[2:]]
    while rest and rest[0].symbol == ",":
        rest.pop(0)
    said = {one.symbol for one in rest}
    if said & _OWN or not said & _VERBS or "P" not in said:
        return list(signs), (), ()
    found = [_inside(one, spaces) for one in rest]
    ends = [one.value for one in found if isinstance(one.value, End)]
    near = any(set(_spaces(end)) & set(spaces) for end in ends)
    return found, spaces, () if near else (place.said,)


def _location(signs: Sequence[Sign]) -> tuple[str, ...]:
    if len(signs) < 4 or signs[0].symbol not in ("ON", "FOR") or signs[2].symbol not in _CLAUSE:
        return ()
    value = signs[1].value
    if not isinstance(value, End) or len(value.options) != 1:
        return ()
    parties = value.options[0]
    plain = all(
        isinstance(party, Pods) and party.namespaces and party == Pods(namespaces=party.namespaces)
        for party in parties
    )
    return _spaces(value) if plain else ()


def _spaces(end: End) -> tuple[str, ...]:
    found: list[str] = []
    for option in end.options:
        for party in option:
            if isinstance(party, Pods):
                found += party.namespaces or ()
            elif isinstance(party, ServiceParty):
                found.append(party.namespace)
    return tuple(found)


def _inside(sign: Sign, spaces: tuple[str, ...]) -> Sign:
    """Return an end as it is meant in some namespaces."""
    end = sign.value
    if not isinstance(end, End):
        return sign
    if all(_is_open(party) for option in end.options for party in option):
        limited = tuple(
            tuple(
                replace(party, namespaces=spaces) if isinstance(party, Pods) else party
                for party in option
            )
            for option in end.options
        )
        return replace(sign, value=replace(end, options=limited, everyone=False))
    kept = [
        number
        for number, option in enumerate(end.options)
        if set(_spaces(replace(end, options=(option,)))) & set(spaces)
    ]
    if len(end.options) < 2 or not kept:
        return sign
    narrowed = replace(
        end,
        options=tuple(end.options[number] for number in kept),
        labels=tuple(end.labels[number] for number in kept if number < len(end.labels)),
    )
    return replace(sign, value=narrowed)


def _is_open(party: object) -> bool:
    """Say whether pods are given without a namespace."""
    return isinstance(party, Pods) and party.namespaces == () and not party.namespace_labels
