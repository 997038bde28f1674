"""The address book with 100,000 prefixes in it, and plain netaddr at the same task."""

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from evals.bench.booking import rush
from evals.bench.measures import Measure, spread_of
from evals.bench.postgres import find_postgres, running_postgres
from topology.ipam.book import AddressBook, Draft, Request
from topology.ipam.book.importing import ImportRow, Reading, import_rows
from topology.ipam.book.ranges import Span
from topology.model import Location

__all__ = ["measure_book"]

_BLOCK = Span(4, 10 << 24, 24)
_SEED = 11


def measure_book(
    *,
    existing: int = 100_000,
    calls: int = 200,
    prefixes: int = 2_000,
    peer_calls: int = 3,
    postgres: bool = True,
) -> Iterator[Measure]:
    """Measure single allocations in a full book, the peer, and many processes at once.

    Args:
        existing: Prefixes in the book before anything is measured.
        calls: Allocations that are timed.
        prefixes: Allocations of all processes of a rush together.
        peer_calls: Allocations that the peer is timed for; each takes it seconds.
        postgres: Whether to let the processes loose on PostgreSQL, too.
    """
    taken = list(_draw(existing))
    with tempfile.TemporaryDirectory(prefix="book-") as name:
        folder = Path(name)
        yield from _measure_full(folder / "full.sqlite3", taken, calls)
        yield from _measure_peer(taken, peer_calls)
        rushed = str(folder / "rush.sqlite3")
        yield from _measure_rush("sqlite", rushed, folder / "s", prefixes)
        if postgres:
            yield from _measure_postgres(folder / "p", prefixes)


def _draw(count: int) -> Iterator[Span]:
    """Yield prefixes from /24 to /28 with gaps between them, as years of use leave them."""
    draw = random.Random(_SEED)
    low, found = _BLOCK.low, 0
    while found < count:
        bits = draw.choice((4, 4, 4, 5, 6, 7, 8))
        low = -(-low // (1 << bits)) << bits
        if draw.random() < 0.8:
            yield Span(4, low, bits)
            found += 1
        low += 1 << bits


def _measure_full(path: Path, taken: list[Span], calls: int) -> Iterator[Measure]:
    place = Location("generated")
    rows = [ImportRow(network=one.network, location=place, role="allocation") for one in taken]
    with AddressBook(path, actor="bench") as book:
        book.add_block(Draft(network=_BLOCK.network, name="all"))
        began = time.perf_counter()
        import_rows(book, Reading(rows=rows))
        note = f"{len(taken):,} prefixes, one change"
        yield Measure(name="book_import", value=time.perf_counter() - began, unit="s", note=note)
        sizes = random.Random(_SEED)
        requests = [Request(name=f"n{i}", prefix=sizes.randint(24, 28)) for i in range(calls + 1)]
        book.allocate([requests.pop()])
        spent = spread_of(lambda one=one: book.allocate([one]) for one in requests)  # type: ignore[misc]
        note = f"{calls} calls beside {len(taken):,}, each on disk; best {spent.best * 1000:.1f} ms"
        yield Measure(name="book_allocate_p50", value=spent.p50 * 1000, unit="ms", note=note)
        yield Measure(name="book_allocate_p99", value=spent.p99 * 1000, unit="ms")
        yield Measure(name="book_per_second", value=1 / spent.p50, unit="/s", note="one process")
        again = spread_of(lambda: book.undo() for _ in range(min(calls, 50)))
        yield Measure(name="book_undo_p50", value=again.p50 * 1000, unit="ms")


def _measure_peer(taken: list[Span], calls: int) -> Iterator[Measure]:
    """Time netaddr both as NetBox uses it, anew for each request, and with its set kept.

    Source: NetBox `ipam/models/ip.py` - free prefixes are IPSet(parent) - IPSet(children).
    """
    try:
        from netaddr import IPNetwork, IPSet  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        yield Measure(name="peer_anew", value=None, unit="ms", note="netaddr is not installed")
        return
    networks = [IPNetwork(str(one.network)) for one in taken]
    parent = IPNetwork(str(_BLOCK.network))

    def fit(free: IPSet) -> IPNetwork:
        """Return the first prefix of the smallest free range that is large enough."""
        best = max((c for c in free.iter_cidrs() if c.prefixlen <= 26), key=lambda c: c.prefixlen)
        return next(best.subnet(26))

    def anew() -> None:
        networks.append(fit(IPSet([parent]) - IPSet(networks)))

    spent = spread_of(anew for _ in range(calls))
    note = f"{calls} calls, set built each time as NetBox does; in memory, nothing is kept"
    yield Measure(name="peer_anew_p50", value=spent.p50 * 1000, unit="ms", note=note)
    kept = IPSet([parent]) - IPSet(networks)

    def incremental() -> None:
        kept.remove(fit(kept))

    spent = spread_of(incremental for _ in range(calls))
    note = f"{calls} calls, one set kept in one process; in memory, no journal, no lock"
    yield Measure(name="peer_kept_p50", value=spent.p50 * 1000, unit="ms", note=note)


def _measure_postgres(folder: Path, prefixes: int) -> Iterator[Measure]:
    programs = find_postgres()
    if programs is None:
        note = "PostgreSQL is not installed"
        yield Measure(name="rush_postgres", value=None, unit="s", note=note)
        return
    with running_postgres(programs) as url:
        yield from _measure_rush("postgres", url, folder, prefixes)


def _measure_rush(kind: str, target: str, folder: Path, prefixes: int) -> Iterator[Measure]:
    folder.mkdir()
    found = rush(target, processes=16, prefixes=prefixes, killed=6, folder=folder)
    note = (
        f"16 processes, 6 killed and replaced: {len(found.held):,} held, {found.lost} lost, "
        f"{found.doubled} doubled"
    )
    yield Measure(name=f"rush_{kind}", value=found.seconds, unit="s", note=note)
    rate = prefixes / found.seconds
    yield Measure(name=f"rush_{kind}_per_second", value=rate, unit="/s")
