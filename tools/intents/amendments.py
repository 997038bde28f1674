"""Changes of a request that was drafted: `and from orders?`, `also on 9090`, `drop the second one`.

A change is made to what was understood, never to its words, and is written out again as sentences
that read as exactly that, so that it is drafted and proven like any other request.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tools.intents.agreement import agree
from tools.intents.clause_tokens import row_of
from tools.intents.frames import Sign
from tools.intents.meanings import prepare
from tools.intents.parties import End
from tools.intents.phrases import say_ends
from tools.intents.reading import read_intent
from tools.intents.sentences import write_intent
from tools.intents.traffic import Passing
from topology.authoring import Clause, Intent, Party, PortSpan, RequestTest, Traffic

if TYPE_CHECKING:
    from tools.workspace import Workspace

__all__ = ["Amended", "amend", "is_undo"]

_UNDO = re.compile(
    r"\s*(?:no[,\s]+)?(?:please\s+)?(?:undo|revert|take\s+back|go\s+back|cancel)(?:\s+(?:that|this|it"
    r"|the\s+last\s+(?:one|change|step)))?(?:\s+please)?[\s.!]*",
    re.I,
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_DROP = re.compile(
    r"\s*(?:please\s+)?(?:drop|remove|delete|skip|leave\s+out|forget)\s+(?:the\s+)?"
    rf"(?P<which>{'|'.join(_ORDINALS)}|last|[1-9](?:st|nd|rd|th)?)"
    r"(?:\s+(?:one|rule|clause|part|sentence|line))?[\s.!]*",
    re.I,
)
_WORDS = frozenset(
    {
        "add",
        "be",
        "change",
        "have",
        "include",
        "instead",
        "it",
        "make",
        "now",
        "should",
        "that",
        "well",
    }
)
"""Words of a change that say only that there is one."""
_LEFT_OUT = frozenset(["without", "drop", "remove", "delete", "minus"])
_PLAIN = frozenset({"P", "T", "AND", ",", "FILL", "ART", "IT", "ONLY", "NO", "NOT", "FROM", "TO",
                    "BY", "ALLOW", "BUT", "ON", "THAT", "DENY"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """A request after a change."""

    request: str = ""
    """In plain sentences; empty where it is not clear what shall change."""
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    sources: tuple[Party, ...] = ()
    destinations: tuple[Party, ...] = ()
    bare: tuple[Party, ...] = ()
    """Ends that were said without a preposition."""
    traffic: tuple[Traffic, ...] = ()
    only: bool = False
    negative: bool = False
    vague: bool = False
    """Whether something takes the place of what is not said: `make it a`."""


def is_undo(said: str) -> bool:
    """Say whether words take back the last change."""
    return bool(_UNDO.fullmatch(said))


def amend(workspace: "Workspace", request: str, said: str) -> Amended | None:
    """Return a request with a change, None where the words are no change of it.

    Args:
        workspace: The network whose names are meant.
        request: What was drafted.
        said: The change, in a person's words.
    """
    understood = read_intent(workspace, request)
    if not understood.is_clear:
        return None
    intent = understood.intents[0]
    dropped = _DROP.fullmatch(said)
    if dropped:
        return _finish(workspace, _without(intent, dropped["which"].lower()))
    change = _read(workspace, said)
    if change is None:
        return None
    changed = _changed(intent, change)
    return changed if isinstance(changed, Amended) else _finish(workspace, changed)


def _finish(workspace: "Workspace", intent: Intent | None) -> Amended:
    """Return an intent as a request, if that reads as nothing but it."""
    text = write_intent(intent) if intent else ""
    again = read_intent(workspace, text) if text else None
    network = workspace.network
    if intent and again and again.is_clear and agree(network, again.intents[0], intent):
        return Amended(request=text)
    return Amended(question="It is not clear what shall change; say the whole request again.")


def _without(intent: Intent, which: str) -> Intent | None:
    """Return an intent without one of its clauses, counted as its sentences are."""
    count = len(intent.clauses)
    if which == "last":
        place = count - 1
    else:
        digits = re.match(r"\d", which)
        place = int(digits[0]) - 1 if digits else _ORDINALS.index(which)
    if not 0 <= place < count or count < 2:
        return None
    return replace(intent, clauses=intent.clauses[:place] + intent.clauses[place + 1 :])


def _read(workspace: "Workspace", said: str) -> _Change | None:
    """Return what a change says; None where it holds anything else than that."""
    shape, _ = prepare(workspace.network.names, said.rstrip(" ?!."))
    signs = row_of(shape, shape.text)
    words = {one.said.lower() for one in signs if one.symbol == "W"}
    left = [one for one in signs if one.symbol not in _PLAIN and one.symbol != "W"]
    verbs = {one.said.lower() for one in left}
    negative = any(one.symbol in ("NOT", "DENY") for one in signs) or bool(words & _LEFT_OUT)
    if words - _WORDS - _LEFT_OUT or verbs - _WORDS - {"make", "keep"}:
        return None
    ends = [one for one in signs if one.symbol == "P"]
    orders = [one for one in signs if one.symbol in ("ALLOW", "DENY")]
    if (len(ends) > 1 and orders) or any(
        one.symbol == "DENY" and one.said.lower() not in _LEFT_OUT for one in orders
    ):
        # That is a request of its own.
        return None
    passing = [one.value for one in signs if isinstance(one.value, Passing)]
    if (not ends and not passing) or len(ends) + len(passing) > 3:
        return None
    options = [one.value.options for one in ends if isinstance(one.value, End)]
    if any(len(one) != 1 for one in options):
        return None
    return _Change(
        sources=_parties(signs, ("FROM", "BY")),
        destinations=_parties(signs, ("TO",)),
        bare=_parties(signs, ("",)),
        traffic=tuple(option for one in passing for option in one.options),
        only=any(one.symbol == "ONLY" for one in signs) or bool(words & {"instead", "change"}),
        negative=negative,
        vague=bool(verbs | words)
        and bool(_WORDS & {"make", "change", "instead"} & (verbs | words)),
    )


def _parties(signs: Sequence[Sign], leads: Sequence[str]) -> tuple[Party, ...]:
    """Return the ends behind some prepositions, or behind none."""
    found: list[Party] = []
    lead = ""
    for sign in signs:
        if sign.symbol in ("FROM", "BY", "TO"):
            lead = sign.symbol
        if isinstance(sign.value, End) and lead in leads:
            found += sign.value.options[0]
    return tuple(found)


def _changed(intent: Intent, change: _Change) -> Intent | Amended:
    """Return the intent with a change of its ends or of what passes."""
    allowed = [one for one in intent.clauses if one.effect == "allow"]
    if not allowed:
        return Amended(question="Nothing was allowed that could be changed; say the whole request.")
    if change.traffic:
        return _with_traffic(intent, allowed, change)
    sources, destinations = change.sources, change.destinations
    if change.bare:
        sides = {one.side for one in allowed if one.only}
        if change.vague:
            return Amended(question="What shall it take the place of? Say the whole request again.")
        if sides == {"ingress"}:
            sources = change.bare
        elif sides == {"egress"}:
            destinations = change.bare
        else:
            who = say_ends(change.bare).replace("`", "")
            question = f"Shall `{who}` connect, or be connected to? Say `from {who}` or `to {who}`."
            return Amended(question=question)
    if bool(sources) == bool(destinations):
        return Amended(question="It is not clear what shall change; say the whole request again.")
    name, ends = ("sources", sources) if sources else ("destinations", destinations)
    first = getattr(allowed[0], name)
    if any(getattr(one, name) != first for one in allowed):
        return Amended(question="Several things are allowed: which of them shall change?")
    kept = _ends(first, ends, change)
    if not kept:
        return Amended(question="Nothing would be left; say the whole request again.")
    clauses = tuple(
        one if one.effect == "deny" else _with_ends(one, name, kept) for one in intent.clauses
    )
    return replace(intent, clauses=clauses)


def _with_ends(one: Clause, name: str, ends: tuple[Party, ...]) -> Clause:
    return replace(one, sources=ends) if name == "sources" else replace(one, destinations=ends)


def _ends(before: tuple[Party, ...], ends: tuple[Party, ...], change: _Change) -> tuple[Party, ...]:
    if change.negative:
        return tuple(one for one in before if one not in ends)
    return ends if change.only else tuple(dict.fromkeys((*before, *ends)))


def _with_traffic(intent: Intent, allowed: Sequence[Clause], change: _Change) -> Intent | Amended:
    ends = change.sources or change.destinations or change.bare
    if len(allowed) > 1 or len(change.traffic) > 1 or ends:
        return Amended(question="Several things are asked for: say the whole request again.")
    last, said = allowed[0], change.traffic[0]
    if len(intent.clauses) > 1 or said.dns or said.server_names or said.tokens:
        return Amended(question="It is not clear what shall change; say the whole request again.")
    traffic = last.traffic
    if said.ports:
        traffic = replace(traffic, ports=_ports(traffic.ports, said.ports, change))
    if said.requests:
        traffic = replace(traffic, requests=_requests(traffic.requests, said.requests, change))
    return replace(intent, clauses=(replace(last, traffic=traffic),))


def _ports(
    before: tuple[PortSpan, ...], said: tuple[PortSpan, ...], change: _Change
) -> tuple[PortSpan, ...]:
    if change.negative:
        return tuple(one for one in before if one not in said) or before
    return said if change.only or not before else tuple(dict.fromkeys((*before, *said)))


def _requests(
    before: tuple[RequestTest, ...], said: tuple[RequestTest, ...], change: _Change
) -> tuple[RequestTest, ...]:
    """Return requests with further methods on the same paths, or only those."""
    methods = tuple(name for one in said for name in one.methods)
    if any(one.paths for one in said) or len(before) != 1:
        return said if change.only or not before else (*before, *said)
    one = before[0]
    if change.negative:
        return (replace(one, methods=tuple(m for m in one.methods if m not in methods)),)
    kept = methods if change.only else tuple(dict.fromkeys((*one.methods, *methods)))
    return (replace(one, methods=kept),)
