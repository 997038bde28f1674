"""What holds whatever is done to the book: tried with random sequences of changes."""

import tempfile
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from topology.errors import TopologyError
from topology.ipam.book import AddressBook, Draft, Edits, Entry, Request
from topology.ipam.book.ranges import Span, cover
from topology.ipam.book.records import span_of
from topology.ipam.book.schema import ENTRIES, FREE, SPACES

from .conftest import Clock

SPACES_USED = ("default", "lab")


class Machine(RuleBasedStateMachine):
    """Does what people do, and keeps a copy of every state to which an undo must lead back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="book-")
        self.clock = Clock()
        path = Path(self.folder.name) / "book.sqlite3"
        self.book = AddressBook(path, actor="anna", clock=self.clock)
        self.before: list[Any] = []
        """The state before each change that can still be undone, oldest first."""
        self.count = 0

    def teardown(self) -> None:
        self.book.close()
        self.folder.cleanup()

    def state(self) -> dict[str, list[Any]]:
        with self.book.database.read() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
                for table in (SPACES, ENTRIES, FREE)
            }

    def entries(self) -> list[Entry]:
        known = {space.name for space in self.book.spaces()}
        return [one for name in sorted(known) for one in self.book.entries(name)]

    def attempt(self, call: Any) -> Any:
        """Do something that may be refused; keep the state from before if it was done."""
        self.clock.advance(minutes=1)
        before = self.state()
        try:
            outcome = call()
        except TopologyError:
            assert self.state() == before
            return None
        if outcome.change is None:
            assert self.state() == before
            return None
        self.before.append(before)
        return outcome

    @initialize()
    def begin(self) -> None:
        for space in SPACES_USED:
            draft = Draft(network=ip_network("10.0.0.0/22"), name="corp")
            self.attempt(lambda space=space, draft=draft: self.book.add_block(draft, space))
        six = Draft(network=ip_network("fd00:aa::/120"), name="six")
        self.attempt(lambda: self.book.add_block(six))

    @rule(
        sizes=st.lists(st.integers(23, 30), min_size=1, max_size=3),
        headroom=st.integers(0, 2),
        space=st.sampled_from(SPACES_USED),
        strategy=st.sampled_from(("best", "first", "last")),
        as_block=st.booleans(),
    )
    def allocate(
        self, sizes: list[int], headroom: int, space: str, strategy: Any, as_block: bool
    ) -> None:
        self.count += 1
        requests = [
            Request(
                name=f"n{self.count}-{number}",
                prefix=size,
                headroom=headroom,
                role="block" if as_block else "allocation",
            )
            for number, size in enumerate(sizes)
        ]
        call = self.book.allocate
        outcome = self.attempt(lambda: call(requests, space, strategy=strategy))
        if outcome:
            assert [one.network.prefixlen for one in outcome.entries] == sizes

    @rule(data=st.data(), size=st.integers(24, 31))
    def allocate_within(self, data: st.DataObject, size: int) -> None:
        blocks = [one for one in self.entries() if one.role == "block"]
        block = data.draw(st.sampled_from(blocks)) if blocks else None
        if block is None:
            return
        self.count += 1
        family = block.network.version
        prefix = size if family == 4 else size + 96
        request = Request(name=f"w{self.count}", prefix=prefix, family=family)
        self.attempt(lambda: self.book.allocate([request], block.space, block=f"#{block.id}"))

    @rule(
        low=st.integers(0, 1023),
        size=st.integers(22, 32),
        space=st.sampled_from(SPACES_USED),
        hours=st.integers(1, 3),
    )
    def reserve(self, low: int, size: int, space: str, hours: int) -> None:
        network = ip_network((int(ip_network("10.0.0.0/22").network_address) + low, size), False)
        self.count += 1
        draft = Draft(
            network=network,
            name=f"r{self.count}",
            role="reservation",
            expires=self.clock() + timedelta(hours=hours),
        )
        self.attempt(lambda: self.book.enter(draft, space))

    @rule(low=st.integers(0, 4095), size=st.integers(20, 28), space=st.sampled_from(SPACES_USED))
    def add_block(self, low: int, size: int, space: str) -> None:
        network = ip_network((int(ip_network("10.0.0.0/20").network_address) + low, size), False)
        self.attempt(lambda: self.book.add_block(Draft(network=network), space))

    @rule(data=st.data(), size=st.integers(21, 32))
    def resize(self, data: st.DataObject, size: int) -> None:
        entry = self.draw(data)
        if entry and entry.network.version == 4:
            self.attempt(lambda: self.book.resize(f"#{entry.id}", size, entry.space))

    @rule(data=st.data(), headroom=st.integers(0, 3))
    def keep_free(self, data: st.DataObject, headroom: int) -> None:
        entry = self.draw(data)
        if entry:
            edits = Edits(headroom=headroom, tags={"touched": "yes"})
            self.attempt(lambda: self.book.edit(f"#{entry.id}", edits, entry.space))

    @rule(data=st.data(), with_children=st.booleans())
    def release(self, data: st.DataObject, with_children: bool) -> None:
        entry = self.draw(data)
        if entry:
            call = self.book.release
            self.attempt(lambda: call(f"#{entry.id}", entry.space, with_children=with_children))

    @rule(data=st.data())
    def release_and_undo(self, data: st.DataObject) -> None:
        entry = self.draw(data)
        if entry is None:
            return
        before = self.state()
        self.book.release(f"#{entry.id}", entry.space, with_children=True)
        assert entry.id not in {one.id for one in self.entries()}
        self.book.undo()
        assert self.state() == before

    @precondition(lambda self: self.before)
    @rule()
    def undo(self) -> None:
        self.book.undo()
        assert self.state() == self.before.pop()

    @precondition(lambda self: self.before)
    @rule()
    def undo_and_redo(self) -> None:
        now = self.state()
        change = self.book.undo().change
        assert change is not None
        assert self.state() == self.before[-1]
        self.book.undo(change.id)
        assert self.state() == now

    @rule()
    def let_time_pass(self) -> None:
        self.clock.advance(hours=2)
        before = self.state()
        # An expiry is a change of its own, under which older ones cannot be taken away.
        self.book.add_space(f"s{self.count}") if self.count else None
        self.count += 1
        if self.state() != before:
            self.before.clear()

    @rule(data=st.data())
    def a_dry_run_changes_nothing(self, data: st.DataObject) -> None:
        before = self.state()
        entry = self.draw(data)
        with suppress(TopologyError):
            self.book.allocate([Request(name="dry", prefix=28)], dry_run=True)
        if entry:
            self.book.release(f"#{entry.id}", entry.space, with_children=True, dry_run=True)
        assert self.state() == before

    @invariant()
    def siblings_are_disjoint_and_inside_their_block(self) -> None:
        entries = self.entries()
        known = {one.id: one for one in entries}
        for number, one in enumerate(entries):
            assert one.network.subnet_of(one.slot)
            if one.parent:
                assert known[one.parent].role == "block"
                assert one.slot.subnet_of(known[one.parent].network)
            for other in entries[number + 1 :]:
                if (one.space, one.parent) == (other.space, other.parent):
                    assert one.slot.version != other.slot.version or not one.slot.overlaps(
                        other.slot
                    )

    @invariant()
    def the_free_ranges_are_what_nothing_takes(self) -> None:
        entries = self.entries()
        with self.book.database.read() as connection:
            rows = connection.execute(sa.select(FREE)).all()
        stored = sorted((row.block, row.space, span_of(row)) for row in rows if row.space)
        stored += sorted((row.block, "", span_of(row)) for row in rows if not row.space)
        expected = []
        for block in (one for one in entries if one.role == "block"):
            taken = [Span.of(one.slot) for one in entries if one.parent == block.id]
            space = block.space if not block.parent else ""
            expected += [(block.id, space, s) for s in cover(Span.of(block.network), sorted(taken))]
        assert sorted(stored) == sorted(expected)

    def draw(self, data: st.DataObject) -> Entry | None:
        entries = self.entries()
        return data.draw(st.sampled_from(entries)) if entries else None


def test_no_sequence_of_changes_breaks_the_book() -> None:
    run_machine(
        Machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
