"""From what was said to intents: one for each way in which the doubts can be settled."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Literal

from tools.intents.frames import Statement
from tools.intents.meanings import Choice, Meaning
from tools.intents.parties import End
from topology.authoring import (
    Anyone,
    Clause,
    Entities,
    Intent,
    LabelTest,
    Nodes,
    Party,
    Pods,
    Traffic,
)
from topology.authoring.stable_labels import labels_of

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Reading", "build", "options_of"]

Side = Literal["ingress", "egress"]
_SIDES: dict[str, Side] = {"source": "ingress", "destination": "egress"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A meaning with every doubt settled in one way."""

    meaning: Meaning
    statements: tuple[Statement, ...]
    picks: tuple[tuple[str, str], ...] = ()
    """What each ambiguous name was taken for: as said, and the name of the option."""
    taken: tuple[str, ...] = ()
    """Which choices were settled against the first reading."""
    chosen: dict[str, int] = field(default_factory=dict)


def options_of(network: "Network", meaning: Meaning) -> list[Reading]:
    """Return every way to settle the doubts of a meaning, the likeliest first."""
    variants = list(_variants(meaning))
    names = _ambiguous(network, meaning)
    readings = []
    for statements, taken in variants:
        for picks in product(*(range(len(end.options)) for end in names)):
            chosen = {end.said: pick for end, pick in zip(names, picks, strict=True)}
            said = tuple(
                (end.said, _label(end, pick)) for end, pick in zip(names, picks, strict=True)
            )
            readings.append(
                Reading(
                    meaning=meaning, statements=statements, picks=said, taken=taken, chosen=chosen
                )
            )
    return readings


def _label(end: End, pick: int) -> str:
    return end.labels[pick] if pick < len(end.labels) else end.said


def _variants(meaning: Meaning) -> Iterator[tuple[tuple[Statement, ...], tuple[str, ...]]]:
    """Yield the statements for each way to settle the choices."""
    statements = tuple(meaning.statements)
    if meaning.rest_unclear:
        for name, ends in (
            ("ingress", ("source",)),
            ("egress", ("destination",)),
            ("both", ("source", "destination")),
        ):
            yield (
                tuple(
                    one.restricted(*ends) if one.effect == "allow" and not one.only else one
                    for one in statements
                ),
                (f"rest:{name}",),
            )
        return
    yield statements, ()
    for choice in meaning.choices:
        yield _swapped(statements, choice), (choice.question,)


def _swapped(statements: tuple[Statement, ...], choice: Choice) -> tuple[Statement, ...]:
    kept = tuple(one for one in statements if one not in choice.instead_of)
    return (*kept, *choice.other)


def _ambiguous(network: "Network", meaning: Meaning) -> list[End]:
    """Return the names that may mean several things, each once."""
    found: dict[str, End] = {}
    for end in _ends(meaning):
        end = narrowed(network, end, meaning)
        if len(end.options) > 1:
            found.setdefault(end.said, end)
    return list(found.values())


def _ends(meaning: Meaning) -> Iterator[End]:
    statements = [*meaning.statements]
    for choice in meaning.choices:
        statements += choice.other
    for one in statements:
        yield from (*one.sources, *one.destinations)
    yield from (one.end for one in meaning.isolations)
    for wish in meaning.wishes:
        yield from wish.ends


def narrowed(network: "Network", end: End, meaning: Meaning) -> End:
    """Return an end with the options in the namespace that the request is about, if any are.

    Pods that are only given by label, with no namespace, are those of each namespace that has some.
    """
    options, labels = end.options, end.labels
    home = meaning.heading.namespace
    if home and len(options) > 1:
        kept = [n for n, one in enumerate(options) if all(home in _spaces(party) for party in one)]
        if kept:
            options = tuple(options[n] for n in kept)
            labels = tuple(labels[n] for n in kept)
    if len(options) == 1 and not home and not meaning.heading.wide:
        spread = _spread(network, options[0])
        if spread:
            options, labels = spread
    return replace(end, options=options, labels=labels)


def _spaces(party: Party) -> tuple[str, ...]:
    return (party.namespaces or ()) if isinstance(party, Pods) else ()


def _spread(
    network: "Network", option: tuple[Party, ...]
) -> tuple[tuple[tuple[Party, ...], ...], tuple[str, ...]] | None:
    """Return pods by label in each namespace that has such pods."""
    bare = [one for one in option if isinstance(one, Pods) and _is_bare(one)]
    if not bare or len(bare) != len(option):
        return None
    from topology.authoring.membership import members

    places = sorted(
        {
            pod.namespace
            for one in bare
            for pod in members(network.cluster, replace(one, namespaces=None))
        }
    )
    if not places:
        return None
    options = tuple(tuple(replace(one, namespaces=(place,)) for one in bare) for place in places)
    return options, tuple(f"namespace:{place}" for place in places)


def _is_bare(party: Pods) -> bool:
    return (
        bool(party.labels) and party.namespaces == () and not party.workload and not party.cluster
    )


def _with_only(
    clauses: list[Clause], isolate: tuple[tuple[Pods, str], ...]
) -> tuple[list[Clause], tuple[tuple[Pods, str], ...]]:
    """Say `only` of the clauses that are all that opens a closed end."""
    kept = []
    for subject, side in isolate:
        mine = [
            one
            for one in clauses
            if one.effect == "allow"
            and one.side == side
            and (one.destinations if side == "ingress" else one.sources) == (subject,)
        ]
        clauses = [replace(one, only=True) if one in mine else one for one in clauses]
        if not mine:
            kept.append((subject, side))
    return clauses, tuple(kept)


def _label_of(test: LabelTest) -> tuple[str, str]:
    return test.key, test.values[0] if test.values else ""


def build(network: "Network", reading: Reading) -> Intent:
    """Return the intent of one reading."""
    builder = _Builder(network, reading)
    return builder.intent()


class _Builder:
    def __init__(self, network: "Network", reading: Reading) -> None:
        self.network = network
        self.reading = reading
        self.meaning = reading.meaning
        self.heading = reading.meaning.heading

    def intent(self) -> Intent:
        """Put the intent together."""
        clauses = [clause for one in self.reading.statements for clause in self._clauses(one)]
        isolate = tuple(
            dict.fromkeys(
                (pods, side)
                for one in self.meaning.isolations
                for pods in self._pods((one.end,))
                for side in one.sides
            )
        )
        clauses = [self._sided(one, isolate) for one in dict.fromkeys(clauses)]
        if not self.heading.exact:
            clauses, isolate = _with_only(clauses, isolate)
        return Intent(
            clauses=tuple(clauses),
            isolate=isolate,  # type: ignore[arg-type]
            mutual_tls=tuple(self._modes(clauses, isolate)),
            issuers=tuple(dict.fromkeys((*self._issuers(), *self._trust_needed(clauses)))),
            kinds=self.heading.kinds,
            layered=self.meaning.layered,
            keep=tuple(sorted(self.meaning.keep)),  # type: ignore[arg-type]
            name=self.heading.name,
            namespace=self.heading.namespace,
            exact=self.heading.exact,
            additive=self.heading.additive or any(one.beside for one in self.reading.statements),
            dry_run=self.heading.dry_run,
        )

    def _issuers(self) -> Iterator[tuple[Pods, tuple[str, ...]]]:
        for wish in self.meaning.wishes:
            if wish.issuers and not wish.statements:
                for pods in self._pods(wish.ends):
                    yield pods, wish.issuers

    def _trust_needed(self, clauses: Iterable[Clause]) -> Iterator[tuple[Pods, tuple[str, ...]]]:
        """Yield the issuers without whose RequestAuthentication no token would count."""
        if self.heading.exact or (
            self.heading.kinds and "RequestAuthentication" not in self.heading.kinds
        ):
            return
        known = {
            str(rule.get("issuer"))
            for policy in self.network.cluster.policies
            if policy.kind == "RequestAuthentication"
            for rule in (policy.body.get("spec") or {}).get("jwtRules") or ()
        }
        for clause in clauses:
            wanted = {name for token in clause.traffic.tokens for name in token.issuers} - known
            for party in clause.destinations:
                if wanted and isinstance(party, Pods):
                    yield party, tuple(sorted(wanted))

    def _clauses(self, one: Statement) -> Iterator[Clause]:
        sources = self._without(self._parties(one.sources), one.but_sources) or (Anyone(),)
        destinations = self._without(self._parties(one.destinations), one.but_destinations)
        destinations = destinations or (Anyone(),)
        options = [traffic for part in one.passing for traffic in part.options] or [Traffic()]
        sides: list[Side | None] = [_SIDES[end] for end in one.only] or [one.side]
        for side in sides:
            for traffic in options:
                yield Clause(
                    effect=one.effect,
                    sources=sources,
                    destinations=destinations,
                    traffic=traffic,
                    only=bool(one.only) and one.effect == "allow",
                    side=side,
                )

    def _sided(self, clause: Clause, isolate: Iterable[tuple[Pods, str]]) -> Clause:
        """Return a clause with the side at which the request closes something, if it is one."""
        if clause.side or clause.effect == "deny":
            return clause
        isolate = tuple(isolate)
        inward = any((one, "ingress") in isolate for one in clause.destinations)
        outward = any((one, "egress") in isolate for one in clause.sources)
        if inward == outward:
            return clause
        return replace(clause, side="ingress" if inward else "egress")

    def _parties(self, ends: Sequence[End]) -> tuple[Party, ...]:
        found: list[Party] = []
        for end in ends:
            end = narrowed(self.network, end, self.meaning)
            if not end.options:
                continue
            option = end.options[self.reading.chosen.get(end.said, 0) % len(end.options)]
            found += [self._settled(party, end) for party in option]
        return tuple(dict.fromkeys(found))

    def _without(self, parties: tuple[Party, ...], left_out: Sequence[End]) -> tuple[Party, ...]:
        """Return ends without others, told apart by their labels."""
        for excluded in self._parties(left_out):
            parties = tuple(self._less(party, excluded) for party in parties)
        return parties

    def _less(self, party: Party, excluded: Party) -> Party:
        if not isinstance(party, Pods) or not isinstance(excluded, Pods):
            return party
        labels = dict(_label_of(test) for test in excluded.labels)
        for workload in self.network.cluster.workloads:
            if workload.full_name == excluded.workload:
                labels = labels_of(self.network.cluster, workload)
        if not labels:
            return party
        key, value = min(labels.items(), key=self._bearers)
        return replace(party, labels=(*party.labels, LabelTest(key, "NotIn", (value,))))

    def _bearers(self, label: tuple[str, str]) -> int:
        """Return how many workloads have a label: the fewer, the better it tells them apart."""
        key, value = label
        return sum(one.labels.get(key) == value for one in self.network.cluster.workloads)

    def _settled(self, party: Party, end: End) -> Party:
        is_bare = isinstance(party, Pods) and party.namespaces == () and not party.workload
        if is_bare and (self.heading.wide or (end.everyone and not self._home())):
            return replace(party, namespaces=None)  # type: ignore[arg-type]
        return party

    def _home(self) -> str:
        return self.heading.namespace

    def _pods(self, ends: Sequence[End]) -> tuple[Pods, ...]:
        """Return ends as pods that can be selected."""
        found: list[Pods] = []
        for party in self._parties(ends):
            if isinstance(party, Pods):
                found.append(party)
            elif isinstance(party, Anyone):
                found.append(Pods(namespaces=() if self._home() else None))
            elif isinstance(party, Entities) and {"cluster", "all"} & set(party.names):
                found.append(Pods(namespaces=None))
            elif isinstance(party, Nodes):
                found.append(party)  # type: ignore[arg-type]
        return tuple(dict.fromkeys(found))

    def _modes(
        self, clauses: Iterable[Clause], isolate: Iterable[tuple[Pods, str]]
    ) -> Iterator[tuple[Pods, str, tuple[tuple[int, str], ...]]]:
        for wish in self.meaning.wishes:
            if not wish.mode:
                continue
            subjects = self._pods(wish.ends)
            if not subjects:
                ends = (one for clause in clauses for one in clause.destinations)
                subjects = tuple(dict.fromkeys(one for one in ends if isinstance(one, Pods)))
                subjects = subjects or tuple(one for one, _ in isolate)
            if not subjects and self._home():
                subjects = (Pods(),)
            ports = tuple(sorted(wish.ports))
            owners = self._pods(wish.owners)
            for subject in subjects:
                yield subject, wish.mode, () if owners else ports
            for owner in owners:
                yield owner, wish.mode, ports
