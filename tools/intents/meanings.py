"""Everything that a request says, sentence by sentence, before its doubts are weighed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tools.intents.asides import explains, is_question, only_tells, tells_of
from tools.intents.clauses import Parsed
from tools.intents.frames import Sign, Statement, signs_of, take_symbols
from tools.intents.headings import Heading, read_heading, take_kinds
from tools.intents.identities import take_accounts, take_dns, take_entities
from tools.intents.kafka import take_kafka
from tools.intents.listings import unfold
from tools.intents.literals import take_labels, take_networks
from tools.intents.locations import take_location
from tools.intents.mesh import MeshWish, has_mesh, read_mesh
from tools.intents.named import (
    take_addressed,
    take_described,
    take_literal_places,
    take_names,
    take_namespaces,
)
from tools.intents.parties import End, take_parties
from tools.intents.ports import take_ports
from tools.intents.rests import close_rest, close_traffic, is_outer
from tools.intents.rewordings import reword
from tools.intents.segments import segments
from tools.intents.shapes import Shape
from tools.intents.stretches import parse_stretch
from tools.intents.traffic import take_traffic
from tools.intents.web import take_headers, take_hosts, take_requests, take_tokens
from tools.intents.wording import normalise
from topology.names import NameIndex

__all__ = [
    "Choice",
    "Isolation",
    "Meaning",
    "is_watcher",
    "prepare",
    "read_meaning",
    "sentences_of",
    "set_aside",
    "told_apart",
]

_PERSONS = re.compile(r"\b(?:nobody|no[\s-]?one)\b", re.I)
_SENTENCE = re.compile(r"(?<=[^\s.])\s*(?:[.!?]+(?=\s|$)|;|\n+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """An end that gets default deny."""

    end: End
    sides: tuple[str, ...]
    absolute: bool = False
    """Whether the words leave no room for exceptions, as `no one may reach x` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Two readings of one stretch."""

    question: str
    """`direction`, `isolate`, `rest` or `port-mode`."""
    instead_of: tuple[Statement, ...]
    other: tuple[Statement, ...]
    said: str = ""


@dataclass(slots=True)
class Meaning:
    """What a request says."""

    heading: Heading = field(default_factory=Heading)
    statements: list[Statement] = field(default_factory=list)
    isolations: list[Isolation] = field(default_factory=list)
    wishes: list[MeshWish] = field(default_factory=list)
    keep: set[str] = field(default_factory=set)
    choices: list[Choice] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """What was not understood."""
    asides: list[str] = field(default_factory=list)
    """Sentences that explain, and ask for nothing."""
    about: list[End] = field(default_factory=list)
    """What a sentence says that the policy applies to."""
    scope: tuple[str, ...] = ()
    """Namespaces in which a sentence says that it holds."""
    layered: bool = False
    rest: bool = False
    rest_unclear: bool = False

    def copy(self) -> "Meaning":
        """Return a copy that can be added to without a change of this one."""
        lists = ("statements", "isolations", "wishes", "choices", "words", "asides", "about")
        own = {name: list(getattr(self, name)) for name in lists}
        return replace(self, keep=set(self.keep), **own)  # type: ignore[arg-type]


def read_meaning(index: NameIndex, request: str) -> Meaning:
    """Read a request.

    Args:
        index: The names of the cluster.
        request: As a person wrote it.
    """
    shape, meaning = prepare(index, request)
    for sentence in sentences_of(shape.text):
        if set_aside(shape, sentence, meaning):
            continue
        trial = meaning.copy()
        _whole_sentence(shape, sentence, trial)
        said = shape.plain(sentence)
        if _is_unclear(trial, meaning) and (
            explains(shape, sentence) or only_tells(shape, sentence)
        ):
            meaning.asides.append(" ".join(said.split()))
        else:
            meaning = trial
    return meaning


def prepare(index: NameIndex, request: str) -> tuple[Shape, Meaning]:
    """Return a request with its literals, names, ends and traffic read, and what heads it."""
    shape = _shape(index, request)
    meaning = Meaning(heading=read_heading(shape))
    take_entities(shape)
    take_names(shape, index)
    take_parties(shape)
    take_traffic(shape)
    reword(shape)
    unfold(shape, index)
    return shape, meaning


def set_aside(shape: Shape, sentence: str, meaning: Meaning) -> bool:
    """Take a sentence that asks, or only tells what something is, and say whether it did."""
    if is_question(shape.plain(sentence)):
        meaning.asides.append(" ".join(shape.plain(sentence).split()))
        return True
    if told := tells_of(shape, sentence):
        meaning.about = told
        meaning.asides.append(" ".join(shape.plain(sentence).split()))
        return True
    return False


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a text that say something; a question keeps its mark."""
    start = 0
    for found in _SENTENCE.finditer(text):
        mark = "?" if "?" in found[0] else ""
        if text[start : found.start()].strip():
            yield text[start : found.start()] + mark
        start = found.end()
    if text[start:].strip():
        yield text[start:]


def _whole_sentence(shape: Shape, sentence: str, meaning: Meaning) -> None:
    wish, rest = read_mesh(shape, sentence)
    if wish:
        meaning.wishes.append(wish)
        meaning.statements += wish.statements
        meaning.words += wish.words
    if wish and rest != sentence and has_mesh(rest):
        _whole_sentence(shape, rest, meaning)
    elif rest.strip(" ,.:"):
        _sentence(shape, rest, meaning)


def _is_unclear(trial: Meaning, before: Meaning) -> bool:
    """Say whether a sentence left something open that was not open before."""
    new = trial.statements[len(before.statements) :]
    ends = [end for one in new for end in (*one.sources, *one.destinations)]
    ends += [one.end for one in trial.isolations[len(before.isolations) :]]
    ends += [end for one in trial.wishes[len(before.wishes) :] for end in one.ends]
    told = (
        trial.about != before.about
        or trial.statements != before.statements
        or trial.keep != before.keep
    )
    vague = all(end.everyone for end in ends) and not (told and not new)
    return len(trial.words) > len(before.words) or vague or any(end.trouble for end in ends)


def _shape(index: NameIndex, request: str) -> Shape:
    """Return a request with its literals and namespaces read."""
    shape = Shape(normalise(request))
    take_headers(shape)
    take_labels(shape)
    take_described(shape, index)
    take_kinds(shape)
    take_literal_places(shape)
    take_accounts(shape, _accounts(index))
    take_networks(shape)
    take_kafka(shape)
    take_addressed(shape, index)
    take_dns(shape)
    take_hosts(shape)
    take_tokens(shape)
    take_requests(shape)
    take_ports(shape, _port_names(index))
    take_namespaces(shape, index)
    return shape


def _port_names(index: NameIndex) -> frozenset[str]:
    return frozenset(port.name for one in index.cluster.pods for port in one.ports if port.name)


def _accounts(index: NameIndex) -> dict[str, tuple[str, ...]]:
    """Return the namespaces of each service account that some pod uses."""
    homes: dict[str, set[str]] = {}
    for pod in index.cluster.pods:
        homes.setdefault(pod.service_account, set()).add(pod.namespace)
    return {name: tuple(sorted(places)) for name, places in homes.items()}


def _sentence(shape: Shape, sentence: str, meaning: Meaning) -> None:
    """Read one sentence into what is known so far."""
    part = Shape(sentence, shape.values, shape.words)
    take_symbols(part)
    signs = signs_of(part, part.text)
    if any(sign.symbol == "LAYERED" for sign in signs):
        meaning.layered = True
    signs, spaces, doubtful = take_location(signs)
    meaning.scope = spaces or meaning.scope
    meaning.words += doubtful
    for stretch in segments([sign for sign in signs if sign.symbol != "LAYERED"]):
        _stretch(part, stretch, meaning)


def _stretch(shape: Shape, stretch: list[Sign], meaning: Meaning) -> None:
    """Read one stretch into what is known so far."""
    context = []
    about = meaning.about or [one.end for one in meaning.isolations[-1:]]
    if about:
        context = [Statement(destinations=tuple(about), topic="destination")]
    parsed = parse_stretch(stretch, meaning.statements or context)
    symbols = {one.symbol for one in stretch}
    if {"KEEP", "PELSE"} <= symbols:
        # `leave the rest alone`: nothing is asked for.
        return
    excepting = stretch[0].symbol == "BUT" or bool({"STILL", "KEEP"} & symbols)
    statements = list(parsed.statements)
    if excepting and meaning.isolations and statements and all(map(_is_one_sided, statements)):
        statements, parsed = _kept(parsed, meaning)
    elif statements and meaning.isolations and (excepting or any(one.side for one in statements)):
        statements = [_completed(one, meaning) for one in statements]
    meaning.statements += statements
    if not excepting:
        meaning.isolations = told_apart(meaning.isolations, statements)
    if excepting:
        meaning.isolations = [replace(one, absolute=False) for one in meaning.isolations]
    absolute = bool(parsed.isolate) and _is_absolute(stretch)
    for end, sides in parsed.isolate:
        meaning.isolations.append(Isolation(end=end, sides=sides, absolute=absolute))
    meaning.keep |= set(parsed.keep)
    meaning.words += parsed.words
    meaning.about = list(parsed.about) or meaning.about
    persons = any(
        one.symbol == "NELSE" and (_PERSONS.search(one.said) or behind.symbol == "MAY")
        for one, behind in zip(stretch, (*stretch[1:], stretch[-1]), strict=True)
    )
    _look_back(shape, parsed, meaning, persons=persons)
    said = " ".join(sign.said for sign in stretch)
    meaning.choices += [
        Choice(question=parsed.question, instead_of=tuple(statements), other=other, said=said)
        for other in parsed.alternatives
    ]


def told_apart(isolations: list[Isolation], statements: list[Statement]) -> list[Isolation]:
    """Return what is locked down, at the end that `only a may reach it` goes on to speak of."""
    said = {
        (end.said, side)
        for one in statements
        for side, where, ends in (
            ("ingress", "source", one.destinations), ("egress", "destination", one.sources)
        )
        if where in one.only
        for end in ends
    }  # fmt: skip
    found = []
    for one in isolations:
        sides = tuple(side for side in one.sides if (one.end.said, side) in said)
        found.append(replace(one, sides=sides) if sides and not one.absolute else one)
    return found


def _look_back(shape: Shape, parsed: Parsed, meaning: Meaning, *, persons: bool) -> None:
    """Change what was said before by what is said of it now."""
    if parsed.rest:
        close_rest(meaning, persons=persons)
    if meaning.statements:
        last = meaning.statements[-1]
        last = replace(last, but_sources=(*last.but_sources, *parsed.excludes))
        last = replace(last, passing=parsed.refines or last.passing)
        meaning.statements[-1] = last.restricted(*parsed.restricts)
    if parsed.rest_traffic:
        close_traffic(meaning, shape, " ".join(parsed.rest_traffic))


def _is_absolute(stretch: list[Sign]) -> bool:
    return any(one.symbol == "NONE" for one in stretch) and not any(
        one.symbol in ("NELSE", "PELSE", "EXCEPT", "BUT") for one in stretch
    )


def _kept(parsed: Parsed, meaning: Meaning) -> tuple[list[Statement], Parsed]:
    """Return what `keep x` means where something is locked down: x and it go on talking."""
    ends = [end for one in parsed.statements for end in (*one.sources, *one.destinations)]
    ends = [end for end in ends if not end.everyone]
    locked = tuple(one.end for one in meaning.isolations)
    watches = [end for end in ends if is_watcher(end)]
    if watches and len(watches) == len(ends):
        kept = replace(parsed, question="", alternatives=())
        return [Statement(sources=tuple(ends), destinations=locked, topic="destination")], kept
    if parsed.statements[0].topic or parsed.statements[0].side:
        return [_completed(one, meaning) for one in parsed.statements], parsed
    inward = [
        Statement(sources=tuple(ends), destinations=locked, passing=parsed.statements[0].passing)
    ]
    outward = (
        Statement(sources=locked, destinations=tuple(ends), passing=parsed.statements[0].passing),
    )
    if all(map(is_outer, ends)):
        return list(outward), replace(parsed, question="", alternatives=())
    return inward, replace(parsed, question="direction", alternatives=(outward,))


def _is_one_sided(one: Statement) -> bool:
    return not (one.sources and one.destinations)


def is_watcher(end: End) -> bool:
    """Say whether an end is one that comes to fetch metrics, as Prometheus does."""
    text = f"{end.said} {' '.join(end.labels)}".lower()
    return bool(
        re.search(r"prometheus|scrap|monitor|metrics|victoria|grafana-agent|otel|datadog", text)
    )


def _completed(one: Statement, meaning: Meaning) -> Statement:
    """Return an exception with the locked subject at the end that was not said."""
    locked = tuple(each.end for each in meaning.isolations)
    if one.effect == "allow" and not one.destinations:
        return (
            replace(one, destinations=locked)
            if one.side == "ingress" or one.topic != "source"
            else one
        )
    if one.effect == "allow" and not one.sources and (one.side == "egress" or _reaches_out(one)):
        return replace(one, sources=locked)
    return one


def _reaches_out(one: Statement) -> bool:
    from tools.intents.parties import is_outside

    return all(
        is_outside(party) for end in one.destinations for option in end.options for party in option
    )
