"""The address book: what people and programs do with it, each change whole or not at all."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from topology.errors import InvalidQuery
from topology.ipam.book import allocation, editing, undoing
from topology.ipam.book.editing import Edits
from topology.ipam.book.entries import (
    DEFAULT_SPACE,
    Action,
    Change,
    Draft,
    Entry,
    Request,
    Shortage,
)
from topology.ipam.book.freelist import Strategy
from topology.ipam.book.ledger import Ledger
from topology.ipam.book.reader import BookReader, TakeBack, find_blocks

__all__ = ["AddressBook", "Outcome", "open_space"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a change did, or would do."""

    entries: tuple[Entry, ...] = ()
    """As they are now; of a release, as they were."""
    change: Change | None = None
    """None if nothing had to be changed, or nothing could be."""
    shortage: Shortage | None = None
    repeated: bool = False
    """Whether the same request was met before."""
    applied: bool = False
    """False for a dry run."""
    basis: int = 0
    """The newest change before this one."""


Work = Callable[[Ledger], tuple[Outcome, Action, str, str]]
"""Does the work; returns what it did with action, space and summary for the history."""


class AddressBook(BookReader):
    """One address book, with everything that changes it; see `BookReader` for the arguments."""

    def add_space(self, name: str, *, notes: str = "", dry_run: bool = False) -> Outcome:
        """Enter a space.

        Raises:
            InvalidQuery: There is one of that name.
        """

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            open_space(ledger, name, notes, fresh=True)
            return Outcome(), "add space", name, f"space `{name}` added"

        return self.transact(work, dry_run=dry_run)

    def add_block(
        self, draft: Draft, space: str = DEFAULT_SPACE, *, dry_run: bool = False
    ) -> Outcome:
        """Enter a block, from which can be allocated; the space is made if there is none.

        Raises:
            Overlap: It cuts through something.
        """

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            open_space(ledger, space)
            block = editing.add_block(ledger, draft, space)
            return Outcome(entries=(block,)), "add block", space, f"block {block.label} added"

        return self.transact(work, dry_run=dry_run)

    def allocate(
        self,
        requests: Sequence[Request],
        space: str = DEFAULT_SPACE,
        *,
        block: str = "",
        strategy: Strategy = "best",
        dry_run: bool = False,
        basis: int | None = None,
    ) -> Outcome:
        """Find and take a range for each request, or for none; `shortage` says why.

        Args:
            requests: What is wanted.
            space: Name of the space.
            block: Name or range of the block; empty for all at the top.
            strategy: Which free range to cut.
            dry_run: Whether to say only what would be done.
            basis: The newest change that the caller knows of; None if that does not matter.
        """

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            ledger.entries.space(space)
            blocks = find_blocks(ledger.entries, block, space) if block else []
            found = allocation.allocate(ledger, requests, space, blocks=blocks, strategy=strategy)
            if isinstance(found, Shortage):
                raise _NoRoom(found)
            entries, repeated = found
            action: Action = "reserve" if requests[0].role == "reservation" else "allocate"
            verb = "reserved" if action == "reserve" else "allocated"
            said = ", ".join(entry.label for entry in entries)
            return Outcome(entries=entries, repeated=repeated), action, space, f"{said} {verb}"

        return self.transact(work, dry_run=dry_run, basis=basis)

    def enter(
        self,
        draft: Draft,
        space: str = DEFAULT_SPACE,
        *,
        dry_run: bool = False,
        basis: int | None = None,
    ) -> Outcome:
        """Allocate or reserve a given range.

        Raises:
            Overlap: It is not free.
        """

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            ledger.entries.space(space)
            known = ledger.entries.by_key(space, draft.key) if draft.key else None
            if known and (known.network, known.name) == (draft.network, draft.name):
                return Outcome(entries=(known,), repeated=True), "allocate", space, ""
            if known:
                message = f"The key `{draft.key}` belongs to {known.label}."
                raise InvalidQuery(message, hint="Use a new key for each request.")
            entry = editing.enter(ledger, draft, space)
            action: Action = "reserve" if draft.role == "reservation" else "allocate"
            verb = "reserved" if action == "reserve" else "allocated"
            return Outcome(entries=(entry,)), action, space, f"{entry.label} {verb}"

        return self.transact(work, dry_run=dry_run, basis=basis)

    def resize(
        self, text: str, prefix: int, space: str = DEFAULT_SPACE, *, dry_run: bool = False
    ) -> Outcome:
        """Give an entry another prefix length; see `editing.resize`."""

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            before = ledger.entries.resolve(text, space)
            after = editing.resize(ledger, before, prefix)
            said = f"{before.label} resized to {after.network}"
            return Outcome(entries=(after,)), "extend", space, said

        return self.transact(work, dry_run=dry_run)

    def edit(
        self, text: str, edits: Edits, space: str = DEFAULT_SPACE, *, dry_run: bool = False
    ) -> Outcome:
        """Change what is said about an entry, or its head-room."""

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            before = ledger.entries.resolve(text, space)
            after = editing.edit(ledger, before, edits)
            return Outcome(entries=(after,)), "edit", space, f"{after.label} edited"

        return self.transact(work, dry_run=dry_run)

    def release(
        self,
        text: str,
        space: str = DEFAULT_SPACE,
        *,
        with_children: bool = False,
        dry_run: bool = False,
        basis: int | None = None,
    ) -> Outcome:
        """Release an entry, and with it everything inside if asked for."""

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            entry = ledger.entries.resolve(text, space)
            gone = editing.release(ledger, entry, with_children=with_children)
            more = f" with {len(gone) - 1} inside" if len(gone) > 1 else ""
            return Outcome(entries=gone), "release", space, f"{entry.label} released{more}"

        return self.transact(work, dry_run=dry_run, basis=basis)

    def undo(
        self,
        number: int | None = None,
        *,
        space: str = "",
        own: bool = False,
        dry_run: bool = False,
        basis: int | None = None,
    ) -> Outcome:
        """Take a change back exactly; see `undoing.undo`."""
        undone: list[int] = []

        def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
            change = undoing.undo(ledger, number, space=space, own=own)
            undone.append(change.id)
            said = f"change {change.id} undone: {change.summary}"
            return Outcome(), "undo", change.space, said

        return self.transact(work, dry_run=dry_run, basis=basis, undone=undone)

    def transact(
        self,
        work: Work,
        *,
        dry_run: bool = False,
        basis: int | None = None,
        undone: Sequence[int] = (),
    ) -> Outcome:
        """Run some work as one change; of a dry run or a shortage nothing stays.

        Raises:
            Outdated: The book is not at `basis` any more.
        """
        outcome = Outcome()
        with suppress(TakeBack), self.database.write() as connection:
            ledger = Ledger.open(connection, actor=self.actor, now=self.clock())
            before = ledger.last_change
            if basis is not None:
                ledger.expect(basis)
            try:
                done, action, space, summary = work(ledger)
            except _NoRoom as answer:
                outcome = Outcome(shortage=answer.shortage, basis=before)
                raise TakeBack from None
            change = ledger.finish(action, space, summary, undoes=undone[0] if undone else None)
            outcome = Outcome(
                entries=done.entries,
                change=change,
                repeated=done.repeated,
                applied=not dry_run,
                basis=before,
            )
            if dry_run:
                raise TakeBack
        return outcome


class _NoRoom(Exception):
    """Carries a shortage out of the work that met it."""

    def __init__(self, shortage: Shortage) -> None:
        super().__init__()
        self.shortage = shortage


def open_space(ledger: Ledger, name: str, notes: str = "", *, fresh: bool = False) -> None:
    """Make a space unless there is one."""
    if not name.strip() or name != name.strip() or len(name) > 100:
        message = f"`{name}` is no name for a space."
        raise InvalidQuery(message, hint="Give a short one, such as `prod`.")
    if any(space.name == name for space in ledger.entries.spaces()):
        if fresh:
            message = f"The address book has a space `{name}` already."
            raise InvalidQuery(message, hint="See: netassist ipam show --spaces")
        return
    ledger.add_space(name, notes)
