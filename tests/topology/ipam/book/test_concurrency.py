"""Sixteen processes at one book, some of them killed half-way: nothing twice, nothing lost."""

from ipaddress import ip_network
from pathlib import Path

import pytest
import sqlalchemy as sa

from evals.bench.booking import Crowd, names_of, open_block, rush
from topology.ipam.book import AddressBook
from topology.ipam.book.ranges import Span, cover
from topology.ipam.book.records import span_of
from topology.ipam.book.schema import FREE

PROCESSES, PREFIXES, KILLED = 16, 320, 6
"""`python -m evals bench --book` does the same with 2,000 prefixes, which takes a minute."""


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "book.sqlite3")
    request.getfixturevalue("postgres_book")
    url: str = request.getfixturevalue("postgres")
    return url


def test_many_processes_get_each_prefix_once_though_some_are_killed(
    target: str, tmp_path: Path
) -> None:
    found = rush(target, processes=PROCESSES, prefixes=PREFIXES, killed=KILLED, folder=tmp_path)
    assert found.endings[KILLED:] == (0,) * PROCESSES
    assert set(found.held) == {name for share in names_of(PROCESSES, PREFIXES) for name in share}
    assert len(set(found.held.values())) == PREFIXES
    assert len(found.told) >= PREFIXES
    assert (found.lost, found.doubled) == (0, 0)

    with AddressBook(target) as book:
        (block,) = book.blocks()
        with book.database.read() as connection:
            stored = [span_of(row) for row in connection.execute(sa.select(FREE))]
    spans = sorted(Span.of(ip_network(network)) for network in found.held.values())
    assert sorted(stored) == list(cover(Span.of(block.network), spans))


def test_the_history_has_one_line_for_each_and_no_gap(target: str, tmp_path: Path) -> None:
    shares = names_of(4, 40)
    open_block(target)
    crowd = Crowd(target, shares, tmp_path)
    crowd.start()
    assert crowd.finish() == [0] * 4
    with AddressBook(target) as book:
        changes = book.history(limit=1_000)
    assert [change.id for change in changes] == list(range(41, 0, -1))
    assert {change.actor for change in changes[:-1]} == {share[0] for share in shares}
