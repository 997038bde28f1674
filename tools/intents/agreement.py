"""Whether two readings of a request ask for the same: by their words, or else by what they do."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from topology.authoring import Clause, Intent, PortSpan

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["agree", "coarsens", "overlooks"]


def agree(network: "Network", one: Intent, other: Intent) -> bool:
    """Say whether two intents ask for the same.

    Where they are put in different words, what is drafted of each is compared by the engines.
    """
    if _bare(one) == _bare(other):
        return True
    if (one.mutual_tls, one.issuers) != (other.mutual_tls, other.issuers):
        return False
    return _do_the_same(network, one, other)


def overlooks(whole: Intent, part: Intent) -> bool:
    """Say whether an intent asks for the same as another but for something that it leaves open.

    The reader of whole sentences gave each word a place. Where the other one opens and denies just
    that, and closes less, it has overlooked what closes the rest.
    """
    fixed = [
        replace(one, clauses=(), isolate=(), request="", additive=False) for one in (whole, part)
    ]
    if fixed[0] != fixed[1] or not set(part.isolate) <= set(whole.isolate):
        return False
    mine, theirs = ({p for c in one.clauses for p in _parts(c)} for one in (whole, part))
    closes = {one for one in mine if one.only or one.effect == "deny"}
    theirs_close = {one for one in theirs if one.only or one.effect == "deny"}
    if not theirs_close <= closes:
        return False
    open_, theirs_open = ({replace(p, only=False, side=None) for p in x} for x in (mine, theirs))
    return theirs_open <= open_ and (
        len(whole.isolate) > len(part.isolate) or len(closes) > len(theirs_close)
    )


def coarsens(fine: Intent, rough: Intent) -> bool:
    """Say whether an intent lets each of several ends have what another one tells apart.

    `a on 1 and b on 2` is finer than `a and b on 1 and 2`; both close the same.
    """
    plain = [replace(one, clauses=(), request="", additive=False) for one in (fine, rough)]
    mine, theirs = ({p for c in one.clauses for p in _parts(c)} for one in (fine, rough))
    return (
        plain[0] == plain[1]
        and mine < theirs
        and all(one.effect == "allow" for one in theirs)
        and {(p.sources, p.side, p.only) for p in mine}
        == {(p.sources, p.side, p.only) for p in theirs}
        and {p.destinations for p in mine} == {p.destinations for p in theirs}
        and {p.traffic for p in mine} == {p.traffic for p in theirs}
    )


def _bare(intent: Intent) -> tuple[object, ...]:
    clauses = frozenset(part for one in intent.clauses for part in _parts(one))
    fixed = replace(intent, clauses=(), isolate=(), request="", mutual_tls=(), issuers=())
    sets = (frozenset(intent.isolate), frozenset(intent.mutual_tls), frozenset(intent.issuers))
    return (clauses, *sets, fixed)


def _parts(clause: Clause) -> Iterable[Clause]:
    """Yield a clause pair by pair, so that lists and single clauses compare as equal."""
    ports: tuple[tuple[PortSpan, ...], ...] = tuple((one,) for one in clause.traffic.ports) or ((),)
    for source in clause.sources:
        for destination in clause.destinations:
            for span in ports:
                traffic = replace(clause.traffic, ports=span)
                yield replace(
                    clause, sources=(source,), destinations=(destination,), traffic=traffic
                )


def _do_the_same(network: "Network", one: Intent, other: Intent) -> bool:
    from topology.authoring.drafting import draft
    from topology.authoring.equality import compare

    first, second = draft(network, one), draft(network, other)
    if not (first.documents and second.documents):
        return False
    mine, theirs = ([found.document for found in each.documents] for each in (first, second))
    if [found.body for found in mine] == [found.body for found in theirs]:
        return True
    found = compare(mine, theirs)
    return found.equal and not found.vacuous
