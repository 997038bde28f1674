"""From the words of a name to what they may mean: the surest reading first.

A later tier is tried only where the earlier ones found nothing, so that a name that merely
resembles something never hides one that is spelled out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from topology.names.index import Entry, Tables
from topology.names.match import How, Prefer
from topology.names.spelling import (
    allowed_slips,
    canonical,
    core,
    fold,
    singular,
    slips,
    split,
    typed_forms,
)
from topology.names.words import ENVIRONMENTS, GENERIC, SOFTWARE

__all__ = [
    "Allowed",
    "Found",
    "Tier",
    "by_content",
    "by_core",
    "by_marks",
    "by_one_slip",
    "by_prefix",
    "by_product",
    "by_slips",
    "by_use",
    "by_words",
    "exactly",
    "narrow",
    "restriction",
    "tolerantly",
]

Allowed = Callable[[Entry], bool]
Tier = Callable[[Tables, str, Allowed], "Found | None"]

_SHORTEST_PREFIX = 3
_SHORTEST_PART = 4
_SHORTEST_ENDING = 5
_PRODUCTS = frozenset().union(*SOFTWARE.values())
_USES = frozenset(SOFTWARE) | {"cluster", "instance", "store"}
_ONE_SLIP = 40
_MARGIN = 2
"""A misspelling is accepted when the next best name is this many slips further away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one tier found."""

    entries: tuple[Entry, ...]
    how: How
    score: int


def restriction(kind: str, place: str) -> Allowed:
    """Return a test for things of a kind in a namespace; empty means any."""

    def allowed(entry: Entry) -> bool:
        if place and entry.namespace != place:
            return False
        if kind == "Workload":
            return entry.sort == "workload"
        if kind == "Pod":
            return entry.sort == "pod" or entry.kind == "Pod"
        return not kind or entry.kind == kind

    return allowed


def exactly(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what has this name, but for case and separators."""
    for shelf, key, score in ((tables.exact, name.lower(), 100), (tables.folded, fold(name), 99)):
        entries = [entry for entry in shelf.get(key, ()) if allowed(entry)]
        for sorts in (("workload", "service"), ("pod",), ("namespace",), ("node",), ("dns",)):
            chosen = tuple(entry for entry in entries if entry.sort in sorts)
            if chosen:
                return Found(entries=chosen, how="exact", score=score)
    return None


def tolerantly(
    tables: Tables, name: str, allowed: Allowed, *, tiers: Sequence[Tier] = ()
) -> Found | None:
    """Return what a name means by label, by part, by use or by a misspelling, surest first."""
    for tier in tiers or _ALL_TIERS:
        found = tier(tables, name, allowed)
        if found:
            return found
    return None


def by_core(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what has this name but for generic words and number, or this as a label."""
    key = core(split(name))
    labelled = [entry for entry in tables.labels.get(key, ()) if allowed(entry)]
    named = [entry for entry in tables.cores.get(key, ()) if allowed(entry)]
    if named:
        return _found((*named, *labelled), "partial", 90)
    return _found(labelled, "label", 90)


def by_content(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what a describing label says this of."""
    return _found(filter(allowed, tables.content.get(core(split(name)), ())), "label", 85)


def by_words(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what has every one of these words in its name."""
    words = [canonical(word) for word in split(name)]
    words = [word for word in words if word not in GENERIC]
    if not words:
        return None
    shelves = sorted((tables.words.get(word, []) for word in words), key=len)
    wanted = frozenset(words)
    return _found(
        (entry for entry in shelves[0] if wanted <= entry.words and allowed(entry)), "partial", 80
    )


def by_marks(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what has some of these words in its name and the others in its labels."""
    wanted = {canonical(word) for word in split(name)} - GENERIC
    near = {id(entry): entry for word in sorted(wanted) for entry in tables.words.get(word, ())}
    return _found(
        (one for one in near.values() if wanted <= one.words | one.marks and allowed(one)),
        "label",
        75,
    )


def by_prefix(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what has words that start as these do, or a compound with this at either end."""
    words = [word for word in split(name) if singular(word) not in GENERIC]
    joined = core(tuple(words)) if words else ""
    if len(joined) < _SHORTEST_PREFIX or joined in ENVIRONMENTS:
        return None

    def fits(entry: Entry) -> bool:
        if entry.sort == "dns":
            return False
        if len(joined) >= _SHORTEST_PART and entry.core.startswith(joined):
            return True
        if len(joined) >= _SHORTEST_ENDING and entry.core.endswith(joined):
            return True
        return all(
            any(len(word) >= _SHORTEST_PREFIX and part.startswith(word) for part in entry.words)
            for word in words
        )

    return _found((entry for entry in tables.entries if fits(entry) and allowed(entry)),
                  "partial", 70)  # fmt: skip


def by_use(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what is used for this: by its name, by a label, or a product such as `postgres`.

    All of these count alike: with `orders-db` and `mysql`, `the database` is asked back.
    """
    use = core(split(name))
    if use not in SOFTWARE:
        return None
    labelled = [entry for entry in tables.content.get(use, ()) if allowed(entry)]
    found = [*labelled, *tables.words.get(use, ())]
    for product in sorted(SOFTWARE[use]):
        found += [*tables.words.get(product, ()), *tables.labels.get(product, ())]
    named = [entry for entry in found if entry.sort != "dns" and allowed(entry)]
    shown = {entry.full_name for entry in labelled}
    only_labelled = bool(shown) and all(entry.full_name in shown for entry in named)
    return _found(named, "label" if only_labelled else "partial", 85)


def by_product(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return the product that is named with its use, as in `the postgres database`."""
    words = [canonical(word) for word in split(name)]
    named = [word for word in words if word in _PRODUCTS]
    if len(named) != 1 or len(words) == 1 or not set(words) - set(named) <= _USES:
        return None
    return by_words(tables, named[0], allowed)


def by_slips(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what this is a misspelling of, if nothing else is nearly as close."""
    near = _near_forms(tables, name, allowed)
    if not near:
        return None
    best = min(near.values())
    meant: list[Found] = []
    for form, distance in sorted(near.items()):
        found = exactly(tables, form, allowed) or tolerantly(
            tables, form, allowed, tiers=(by_core, by_words)
        )
        if found and distance < best + _MARGIN:
            meant.append(found)
    meant.sort(key=lambda found: (found.how != "exact", len(found.entries)))
    # `review` and `reviews` are near in the same way: one reading then holds the other.
    first = {one.full_name for one in meant[0].entries} if meant else set()
    if not first or any(not first <= {one.full_name for one in found.entries} for found in meant):
        return None
    return Found(entries=meant[0].entries, how="typo", score=_ONE_SLIP - 10 * (best - 1))


def by_one_slip(tables: Tables, name: str, allowed: Allowed) -> Found | None:
    """Return what this is a misspelling of by a single slip."""
    found = by_slips(tables, name, allowed)
    return found if found and found.score == _ONE_SLIP else None


def _near_forms(tables: Tables, name: str, allowed: Allowed) -> dict[str, int]:
    """Return the spellings that a misspelling may stand for, with the number of slips."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near: dict[str, int] = {}
    for typed in typed_forms(name):
        limit = allowed_slips(typed)
        if not limit:
            continue
        # rapidfuzz compares with every form in C; the rules are applied to the few that are near.
        for form, _, _ in process.extract(
            typed, list(tables.forms), scorer=OSA.distance, score_cutoff=limit, limit=None
        ):
            distance = slips(typed, form)
            if distance is not None and any(allowed(entry) for entry in tables.forms[form]):
                near[form] = min(distance, near.get(form, distance))
    return near


def narrow(
    entries: Sequence[Entry],
    *,
    namespace: str | None,
    prefer: Prefer,
    behind: Callable[[Entry], frozenset[str]],
) -> tuple[Entry, ...]:
    """Drop the readings that the preferences decide against.

    Args:
        entries: What one tier found.
        namespace: Readings in this namespace win, if there are any.
        prefer: Which of a workload and its Service is meant.
        behind: Returns the full names of the workloads behind a Service.
    """
    kept = [entry for entry in entries if entry.namespace == namespace] or list(entries)
    workloads = {entry.full_name for entry in kept if entry.sort == "workload"}
    services = {entry.full_name for entry in kept if entry.sort == "service"}
    if prefer == "workload":
        kept = [one for one in kept if one.sort != "service" or one.full_name not in workloads]
    else:
        kept = [one for one in kept if one.sort != "workload" or one.full_name not in services]
    return tuple(_without_pairs(kept, prefer, behind)) if len(kept) > 1 else tuple(kept)


def _without_pairs(
    entries: list[Entry], prefer: Prefer, behind: Callable[[Entry], frozenset[str]]
) -> list[Entry]:
    """Drop a Service where its workloads are among the readings, or the other way round."""
    workloads = {entry.full_name for entry in entries if entry.sort == "workload"}
    fronted: set[str] = set()
    whole: list[Entry] = []
    fronts: list[Entry] = []
    for entry in entries:
        backs = behind(entry) if entry.sort == "service" else frozenset()
        if backs and backs <= workloads:
            fronts.append(entry)
            fronted |= backs
            if backs == workloads:
                whole.append(entry)
    if len(whole) == 1 and len(workloads) > 1:
        return whole
    if prefer == "workload":
        return [entry for entry in entries if entry not in fronts]
    return [one for one in entries if one.sort != "workload" or one.full_name not in fronted]


_ALL_TIERS: tuple[Tier, ...] = (
    by_core,
    by_use,
    by_content,
    by_words,
    by_marks,
    by_prefix,
    by_product,
    by_slips,
)


def _found(entries: Iterable[Entry], how: How, score: int) -> Found | None:
    """Return a find with each entry once, sorted, or None where there is nothing."""
    unique = {(one.namespace, one.name, one.sort, one.kind): one for one in entries}
    if not unique:
        return None
    return Found(entries=tuple(unique[key] for key in sorted(unique)), how=how, score=score)
