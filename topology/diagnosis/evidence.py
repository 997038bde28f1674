"""What a check gives back: facts with their places, causes, and what it lacked."""

from dataclasses import dataclass, field
from typing import Literal

from topology.model import Document, Location

__all__ = ["Aspect", "Cause", "Check", "Fact", "Gap", "Wanted", "fact_of"]

Aspect = Literal["dns", "connect", "http", "loss", "start", "balance"]
"""Sides of trouble: names do not resolve, connections fail, requests are answered with errors,
packets are lost or late, pods do not start, load is uneven."""
State = Literal["ok", "fault", "unknown"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement and where it was read."""

    text: str
    source: str = ""
    """`Kind/namespace/name`, or a file of flows or counters."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A connection that policies stop, for whoever mends policies."""

    source: str
    destination: str
    port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that is wrong, and what it would explain."""

    code: str
    """Stable and short, such as `selector-matches-nothing`."""
    summary: str
    """One sentence of fact."""
    explains: frozenset[Aspect]
    about: frozenset[str] = frozenset()
    """`namespace/name` of workloads and Services, names of nodes; empty for all of the cluster."""
    callers: frozenset[str] = frozenset()
    """Whom it stops, where it does not stop everyone: names as in `about`."""
    callees: frozenset[str] = frozenset()
    """On the way to whom it stops them, where it does not do so to everyone."""
    weight: int = 50
    """0 to 100: how directly it stops things, and how sure it is."""
    facts: tuple[Fact, ...] = ()
    fix: str = ""
    """One sentence or two: the smallest change."""
    proof: str = ""
    """What was computed with the change made; empty where nothing was."""
    commands: tuple[str, ...] = ()
    """What would make the change; never run here."""
    verify: tuple[str, ...] = ()
    """Commands that show whether it helped."""
    wanted: Wanted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that was not given, so that a check could not be made or not be sure."""

    what: str
    command: str
    """Reads only, and prints what is missing into a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step of a diagnosis."""

    name: str
    """What was looked at, such as `CoreDNS pods`."""
    state: State
    result: str
    """One sentence."""
    facts: tuple[Fact, ...] = ()
    causes: tuple[Cause, ...] = ()
    gaps: tuple[Gap, ...] = field(default_factory=tuple)


def fact_of(document: Document, text: str, path: str = "") -> Fact:
    """Return a fact that stands at a field of an object."""
    return Fact(text, document.key, document.source.at(path))
