"""From words to intents: every reading that a request has, and what is to be asked about them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tools.intents.agreement import agree, coarsens, overlooks
from tools.intents.asides import explains, names_nothing, only_tells
from tools.intents.building import build, options_of
from tools.intents.conflicts import find_conflict
from tools.intents.doubts import ask_about, describe_unread, trouble_of
from tools.intents.meanings import Meaning, prepare, read_meaning
from tools.intents.missing import (
    ask_for_issuer,
    ask_for_more,
    ask_for_subject,
    both_ways,
    requirement,
)
from tools.intents.misspellings import correct
from tools.intents.outsiders import close_outside
from tools.intents.prose import read_description
from tools.intents.sentences import write_intent
from tools.intents.strict import read_strictly
from topology.authoring import Accounts, Intent, Networks, Nodes, Party, Pods, ServiceParty

if TYPE_CHECKING:
    from tools.workspace import Workspace
    from topology.paths import Network

__all__ = ["Understood", "read_intent"]

MOST_READINGS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """How a request was understood."""

    intents: tuple[Intent, ...] = ()
    """More than one where two readings differ; the likeliest first."""
    question: str = ""
    """What to ask back; empty where nothing is unclear."""
    declined: str = ""
    """Why nothing can be drafted."""
    asides: tuple[str, ...] = ()
    """Sentences that were taken as explanation, and not as part of the request."""
    heard: str = ""
    """The request in the plain words that it was understood as."""
    corrected: str = ""
    """The request as it may have been meant, where only the spelling of a word is in the way."""

    @property
    def to_confirm(self) -> bool:
        """Return whether there is one reading, which is asked about as words were left over."""
        return len(self.intents) == 1 and bool(self.heard) and self.corrected == self.heard

    @property
    def is_clear(self) -> bool:
        """Return whether there is one reading, without a doubt."""
        return len(self.intents) == 1 and not self.question and not self.declined


def read_intent(where: "Workspace | Network", request: str) -> Understood:
    """Read a request for a policy.

    Args:
        where: The network whose names are meant.
        request: In English, one or more sentences.
    """
    network = _network(where)
    understood, unread = _read(network, request)
    if understood.is_clear:
        return _doubted(request, understood)
    described = _described(network, request)
    if described and (described.is_clear or not understood.to_confirm):
        return _doubted(request, described) if described.is_clear else described
    if not understood.declined:
        more = ask_for_more(request, named=_names_something(network, request))
        if more:
            understood = replace(understood, question=more, corrected="")
    if not (understood.question and unread):
        return understood
    corrected = correct(request, unread)
    if corrected == request:
        return understood
    meant, left = _read(network, corrected)
    if left or not meant.intents:
        return understood
    heard = f" That is: {meant.heard}" if meant.is_clear else ""
    question = f"Is this meant: `{corrected}`?{heard}"
    return replace(understood, question=question, corrected=corrected)


def _read(network: "Network", request: str) -> tuple[Understood, list[str]]:
    """Return how a request is understood, and the words of it that are not."""
    loose = read_meaning(network.names, request)
    understood = _understand(network, request, loose)
    strict = read_strictly(network.names, request)
    if strict is None:
        return _confirmed(understood, request), loose.words
    meant = _understand(network, request, strict)
    return _settled(network, meant, understood), strict.words


def _doubted(request: str, understood: Understood) -> Understood:
    """Return a clear reading with the question that its words leave all the same."""
    question = requirement(request, understood.heard)
    if question:
        return replace(understood, question=question, corrected=understood.heard)
    readings = (*understood.intents, *both_ways(request, understood.intents[0]))
    if len(readings) == 1:
        return understood
    shown = " ".join(f"({number}) {write_intent(one)}" for number, one in enumerate(readings, 1))
    question = f"It can be read in 2 ways: {shown} Which is meant?"
    return replace(understood, intents=readings, question=question)


def _names_something(network: "Network", request: str) -> bool:
    shape, _ = prepare(network.names, request)
    ends = [one for one in shape.found(shape.text, "P") if not one.everyone]
    parties = [party for end in ends for each in end.options for party in each]
    return any(map(_is_someone, parties))


def _is_someone(party: Party) -> bool:
    """Say whether a party is more than a label that is spoken of."""
    if isinstance(party, Pods):
        return bool(party.workload or party.namespaces or any(one.values for one in party.labels))
    return isinstance(party, Accounts | Networks | Nodes | ServiceParty)


def _described(network: "Network", request: str) -> Understood | None:
    """Return what a description of a policy asks for, where it announces one that can be read."""
    names = network.names

    def reads(text: str) -> bool:
        meaning = read_strictly(names, text)
        return meaning is not None and not (meaning.words or meaning.asides)

    def tells(text: str) -> bool:
        shape, _ = prepare(names, text)
        explained = explains(shape, shape.text) and names_nothing(shape, shape.text)
        return explained or only_tells(shape, shape.text)

    found = read_description(request, reads=reads, tells=tells)
    if found is None or not found.text:
        return None
    understood, _ = _read(network, found.text)
    left_out = (*found.doubtful, *found.unread)
    understood = replace(understood, asides=(*found.asides, *left_out))
    if not understood.is_clear or not left_out:
        return understood
    aside = " ".join(f"`{one}`" for one in left_out)
    question = f"Taken as explanation, and left out: {aside} Is this meant: {understood.heard}"
    return replace(understood, question=question, corrected=understood.heard)


def _confirmed(loose: Understood, request: str) -> Understood:
    """Return what only one reader made of a request, to be confirmed before it is drafted.

    A sentence that comes back in the same words is the reader's own, and needs no question.
    """
    if not loose.is_clear or _same_words(loose.heard, request):
        return loose
    question = f"Not every word found its place. Is this meant: {loose.heard}"
    return replace(loose, question=question, corrected=loose.heard)


def _same_words(one: str, other: str) -> bool:
    first, second = (text.rpartition("exactly:")[2].strip(" .").lower() for text in (one, other))
    return first == second


def _settled(network: "Network", strict: Understood, loose: Understood) -> Understood:
    """Return what two readers make of a request; where they differ, it is asked which is meant.

    The strict one goes first: it gave a place to every word.
    """
    if strict.question or strict.declined or not loose.is_clear:
        return strict
    one, other = strict.intents[0], loose.intents[0]
    if agree(network, one, other) or overlooks(one, other) or coarsens(one, other):
        return strict
    question = f"It can be read in 2 ways: (1) {strict.heard} (2) {loose.heard} Which is meant?"
    return replace(strict, intents=(one, other), question=question)


def _understand(network: "Network", request: str, meaning: Meaning) -> Understood:
    close_outside(network.names, meaning)
    meaning.words += _half_closed(meaning)
    meaning.words += _not_left_out(meaning)
    trouble = trouble_of(network, meaning)
    if trouble:
        return Understood(question=trouble)
    if not _says_something(meaning):
        question = describe_unread(meaning, request, nothing=True)
        return Understood(question=question, asides=tuple(meaning.asides))
    readings = options_of(network, meaning)[:MOST_READINGS]
    intents = tuple(dict.fromkeys(_finish(build(network, one), request) for one in readings))
    for intent in intents:
        conflict = find_conflict(intent, meaning)
        if conflict:
            return Understood(declined=conflict, heard=write_intent(intents[0]))
    question = describe_unread(meaning, request) if meaning.words else ""
    if not question and len(intents) > 1:
        question = ask_about(network, meaning, readings, intents)
    question = question or ask_for_issuer(network, intents[0]) or ask_for_subject(intents[0])
    return Understood(
        intents=intents,
        question=question,
        heard=write_intent(intents[0]),
        asides=tuple(meaning.asides),
    )


def _network(where: "Workspace | Network") -> "Network":
    from topology.paths import Network

    return where if isinstance(where, Network) else where.network


def _half_closed(meaning: Meaning) -> Iterator[str]:
    """Yield what leaves others alone beside something that closes: one draft can not do both."""
    closes = meaning.isolations or any(one.only for one in meaning.statements)
    for one in meaning.statements if closes else ():
        if one.beside:
            yield one.said or "only"


def _not_left_out(meaning: Meaning) -> Iterator[str]:
    """Yield what is to be left out of ends that labels cannot tell it from."""
    for one in meaning.statements:
        for ends, left_out in (
            (one.sources, one.but_sources),
            (one.destinations, one.but_destinations),
        ):
            parties = [p for end in (*ends, *left_out) for option in end.options for p in option]
            if left_out and not all(isinstance(party, Pods) for party in parties):
                yield from (end.said for end in left_out)


def _says_something(meaning: Meaning) -> bool:
    wishes = any(one.mode or one.issuers or one.statements for one in meaning.wishes)
    return bool(meaning.statements or meaning.isolations or wishes or meaning.keep)


def _finish(intent: Intent, request: str) -> Intent:
    return replace(intent, request=" ".join(request.split()))
