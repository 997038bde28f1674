"""Many processes at one address book: each allocates its share and tells what it was given."""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path

from topology.ipam.book import AddressBook, Draft, Request
from topology.ipam.book.ranges import Span

__all__ = [
    "PREFIX",
    "Crowd",
    "Rush",
    "allocate_names",
    "names_of",
    "open_block",
    "read_told",
    "rush",
]

PREFIX = 28
_BLOCK = "10.64.0.0/12"
_PRELOADED = (
    "evals.bench.booking",
    "topology.ipam.book.book",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
)
_PATIENCE = 600.0
"""Seconds for a rush to come as far as it is killed."""


def names_of(processes: int, prefixes: int) -> list[list[str]]:
    """Return the names that each process allocates for."""
    each, more = divmod(prefixes, processes)
    return [
        [f"p{number:02}-{position:05}" for position in range(each + (number < more))]
        for number in range(processes)
    ]


def open_block(target: str) -> None:
    """Give a new book the block that all processes allocate from."""
    with AddressBook(target, actor="bench") as book:
        book.add_block(Draft(network=ip_network(_BLOCK), name="shared"))


def allocate_names(target: str, names: Sequence[str], told: str) -> None:
    """Allocate a range for each name, and write down each once it is certain.

    Args:
        target: The book.
        names: Each is its own key, so that doing it again changes nothing.
        told: File to which `NAME RANGE` is added after each.
    """
    with AddressBook(target, actor=names[0]) as book, Path(told).open("a") as out:
        for name in names:
            request = Request(name=name, prefix=PREFIX, key=name)
            (entry,) = book.allocate([request]).entries
            out.write(f"{name} {entry.network}\n")
            out.flush()


def read_told(folder: Path) -> list[tuple[str, str]]:
    """Return what all processes wrote down; a line that was cut by a kill is left out."""
    found = []
    for file in sorted(folder.glob("told-*")):
        for line in file.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                name, network = line.split()
                found.append((name, network))
    return found


class Crowd:
    """Processes that allocate at the same time.

    Args:
        target: The book.
        shares: The names of each process.
        folder: Where they write down what they were given.
    """

    def __init__(self, target: str, shares: Sequence[Sequence[str]], folder: Path) -> None:
        # One server imports everything once; its children start in milliseconds.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*_PRELOADED])
        self.processes: list[BaseProcess] = [
            context.Process(
                target=allocate_names, args=(target, list(share), str(folder / f"told-{number}"))
            )
            for number, share in enumerate(shares)
        ]

    def start(self) -> None:
        """Let all of them begin."""
        for process in self.processes:
            process.start()

    def finish(self) -> list[int | None]:
        """Wait for all of them; return how each ended."""
        for process in self.processes:
            process.join()
        return [process.exitcode for process in self.processes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rush:
    """What many processes at one book came to."""

    seconds: float
    endings: tuple[int | None, ...]
    """Exit codes of all processes, those that were killed first."""
    held: dict[str, str]
    """Name to range, as the book has it in the end."""
    told: tuple[tuple[str, str], ...]
    """What processes were told, killed ones included."""

    @property
    def lost(self) -> int:
        """Return how many ranges a process was told that the book does not hold for it."""
        return sum(self.held.get(name) != network for name, network in self.told)

    @property
    def doubled(self) -> int:
        """Return how many ranges overlap the one before."""
        spans = sorted(Span.of(ip_network(network)) for network in self.held.values())
        return sum(one.overlaps(other) for one, other in pairwise(spans))


def rush(target: str, *, processes: int, prefixes: int, killed: int, folder: Path) -> Rush:
    """Let many processes allocate, kill some half-way, and let others take up their shares.

    Args:
        target: A book that is empty or not there yet.
        processes: At the same time.
        prefixes: In all.
        killed: How many of the processes are killed, once a tenth is allocated.
        folder: An empty folder for what they write down.
    """
    shares = names_of(processes, prefixes)
    open_block(target)
    first, again = folder / "first", folder / "again"
    first.mkdir()
    again.mkdir()
    began = time.perf_counter()
    crowd = Crowd(target, shares, first)
    crowd.start()
    while killed and len(read_told(first)) < prefixes // 10:
        if time.perf_counter() - began > _PATIENCE:
            message = f"the processes came no further than {len(read_told(first))} ranges"
            raise RuntimeError(message)
        time.sleep(0.02)
    for process in crowd.processes[:killed]:
        process.kill()
    # From the first of their names and with the same keys: what was done stays as it is.
    rest = Crowd(target, shares[:killed], again)
    rest.start()
    endings = (*crowd.finish(), *rest.finish())
    seconds = time.perf_counter() - began
    with AddressBook(target) as book:
        held = {one.name: str(one.network) for one in book.entries() if one.role != "block"}
    told = (*read_told(first), *read_told(again))
    return Rush(seconds=seconds, endings=endings, held=held, told=told)
