"""A sentence cut into stretches that each make one clause."""

from collections.abc import Sequence

from tools.intents.frames import COMPLETING, EFFECTS, Sign, is_list

__all__ = ["segments"]

_JOINS = frozenset({",", "AND", "BUT"})
_FINITE = frozenset(
    {
        "MAY",
        "REACH",
        "REACHED",
        "RECEIVE",
        "NEED",
        "ALLOWED",
        "DENIED",
        "NOT",
        "ONLY",
        "STILL",
        "GETIN",
        "GETOUT",
    }
)
_VERBS = frozenset({"ALLOWED", "DENIED", "MAY", "NEED", "REACH", "REACHED", "RECEIVE"})
_ACTING = frozenset({"MAY", "REACH", "REACHED", "RECEIVE"})
_FILLERS = frozenset({"STILL", "ONLY", "NOT", "THAT", "WHEN"})


def segments(signs: Sequence[Sign]) -> list[list[Sign]]:
    """Cut the signs of a sentence where a further clause begins."""
    found: list[list[Sign]] = [[]]
    signs = _with_exceptions(signs)
    at = 0
    while at < len(signs):
        sign = signs[at]
        current = found[-1]
        closes = {one.symbol for one in current} & {"LOCK", "ISOLATE", "DEFAULTDENY"}
        if sign.symbol == "SO" or (
            sign.symbol == "THAT" and sign.said.lower().startswith("so") and closes
        ):
            found.append([])
            at += 1
            continue
        if sign.symbol in _JOINS:
            after = at
            while after < len(signs) and signs[after].symbol in _JOINS:
                after += 1
            if after >= len(signs):
                break
            joins = {one.symbol for one in signs[at:after]}
            if current and _begins(signs, after, current, joins):
                found.append([Sign("BUT", None, "but")] if "BUT" in joins else [])
                at = after
                continue
            current.append(
                Sign("AND" if "AND" in joins else "BUT" if "BUT" in joins else ",", None, sign.said)
            )
            at = after
            continue
        if (
            sign.symbol in ("NELSE", "PELSE")
            and current
            and _complete(current)
            and not _is_object(current)
        ):
            found.append([])
        found[-1].append(sign)
        at += 1
    return [one for one in found if any(sign.symbol not in _JOINS for sign in one)]


def _with_exceptions(signs: Sequence[Sign]) -> list[Sign]:
    """Return signs in which a list behind `lockdown for x:` says what stays open."""
    found = list(signs)
    for place, sign in enumerate(found[1:-1], 1):
        behind_it = [one.symbol for one in found[place + 1 : place + 3]]
        listed = behind_it[:1] == ["P"] or behind_it == ["ONLY", "P"]
        if sign.symbol == ":" and found[place - 1].symbol == "P" and listed:
            # `a: only b may` is no list of a and b.
            found[place] = Sign("W", None, ":")
    for place, sign in enumerate(found):
        before = {one.symbol for one in found[:place]}
        if sign.symbol == ":" and before & {"LOCK", "ISOLATE", "DEFAULTDENY"}:
            behind = {one.symbol for one in found[place + 1 :]}
            if behind & _ACTING and behind & {"IT", "NONE", "ONLY", "NELSE", "PELSE"}:
                # What follows is a clause of its own, and says what the lockdown is.
                return [*found[:place], Sign("SO", None, ":"), *found[place + 1 :]]
            lead = []
            if before & {"EG"} and not before & {"ING"}:
                lead = [Sign("EG", None, "egress"), Sign("TO", None, "to")]
            elif before & {"ING"}:
                lead = [Sign("ING", None, "ingress"), Sign("FROM", None, "from")]
            return [
                *found[:place],
                Sign("BUT", None, "but"),
                Sign("KEEP", None, "keep"),
                *lead,
                *found[place + 1 :],
            ]
    return [one for one in found if one.symbol != ":"]


def _is_object(current: Sequence[Sign]) -> bool:
    """Say whether what comes next belongs to a verb or preposition right before it."""
    return bool(current) and current[-1].symbol in (
        "ALLOW", "BY", "DENY", "EXCEPT", "FOR", "FROM", "MAY", "NEED", "ONLY", "REACH", "RECEIVE",
        "TO", "WITH",
    )  # fmt: skip


def _complete(current: Sequence[Sign]) -> bool:
    """Say whether a stretch is a clause already."""
    symbols = [one.symbol for one in current]
    if {"ING", "EG"} & set(symbols) and {"FROM", "TO"} & set(symbols) and "P" in symbols:
        return True
    for place, symbol in enumerate(symbols):
        behind = symbols[place + 1 :]
        if symbol in COMPLETING and any(
            one in ("P", "IT", "T", "NONE", "DNS", "NELSE", "PELSE", "BOTHWAYS") for one in behind
        ):
            return True
        if symbol in (
            "ALLOWED",
            "DENIED",
            "REACHED",
            "DEFAULTDENY",
            "ISOLATE",
            "LOCK",
            "GETIN",
            "GETOUT",
        ):
            return True
        if symbol in ("ALLOW", "DENY", "KEEP") and any(
            one in ("TO", "FROM", "BETWEEN", "BY", "FOR") for one in behind
        ):
            return "P" in behind or "IT" in behind
        if symbol in ("KEEP", "ALLOW", "DENY") and any(
            one in ("DNS", "METRICS", "PROBES", "PELSE", "NELSE", "NONE") for one in behind
        ):
            return True
    return False


def _begins(signs: Sequence[Sign], at: int, current: Sequence[Sign], joins: set[str]) -> bool:
    """Say whether a further clause begins behind a comma or conjunction."""
    symbol = signs[at].symbol
    if symbol in ("NELSE", "PELSE", "RESTT", "NONE"):
        return _complete(current)
    near = {one.symbol for one in signs[at + 1 : at + 4]}
    if symbol == "NOT" and near & {"RESTT", "PELSE"}:
        return _complete(current)
    if not _complete(current):
        return (
            symbol in EFFECTS
            and any(one.symbol in EFFECTS for one in current)
            and "P" in {one.symbol for one in current}
        )
    place = at
    while place < len(signs) and signs[place].symbol in _FILLERS:
        place += 1
    if place >= len(signs):
        return "BUT" in joins
    if "BUT" in joins and (symbol in ("NOT", "ONLY") or signs[place].symbol == "TRAFFIC"):
        return True
    return _starts(signs, place)


def _starts(signs: Sequence[Sign], place: int) -> bool:
    """Say whether a clause starts at a place: with a verb, or with an end and then a verb."""
    first = signs[place].symbol
    if first in EFFECTS or first in _VERBS:
        return True
    if first in ("ING", "EG"):
        return any(one.symbol in ("P", "FROM", "TO", "DENIED", "ALLOWED") for one in signs[place:])
    if first in ("P", "IT"):
        after = is_list(signs, place)
        goes_on = after < len(signs) and signs[after].symbol in _FINITE
        return goes_on and not _only_tail(signs, after)
    behind = signs[place + 1 : place + 4]
    return first in ("DNS", "METRICS", "PROBES") and any(
        one.symbol in ("MAY", "STILL", "ALLOWED") for one in behind
    )


def _only_tail(signs: Sequence[Sign], at: int) -> bool:
    """Say whether `only` or `not` at a place only closes a list, as in `to a and b only`."""
    if signs[at].symbol != "ONLY":
        return False
    following = signs[at + 1].symbol if at + 1 < len(signs) else ""
    return following not in ("MAY", "REACH", "REACHED", "RECEIVE", "NEED")
