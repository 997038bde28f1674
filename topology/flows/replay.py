"""Observed connections against a changed set of policies: what would be dropped or admitted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topology.flows.drop_reasons import POLICY
from topology.flows.judgement import Judge, Judgement
from topology.flows.observation import Connection, Observation

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Replay", "Replayed", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One observed connection, judged before and after a change."""

    connection: Connection
    before: Judgement
    after: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a change would have done to the connections of an observation."""

    now_dropped: tuple[Replayed, ...] = ()
    """Passed when they were observed, and would be denied (or some of their requests would)."""
    now_doubtful: tuple[Replayed, ...] = ()
    """Passed and were allowed for certain, which they would not be any more."""
    now_admitted: tuple[Replayed, ...] = ()
    """Were dropped by policy, and would be allowed."""
    contradicted: tuple[Replayed, ...] = ()
    """Passed although the policies of the snapshot deny them: flows and snapshot differ in time."""
    unchanged: int = 0
    """Connections that the change does not touch."""
    unknown: int = 0
    """Of those, how many nothing decides, such as those of workloads that were not read."""


def replay(before: "Network", after: "Network", observation: Observation) -> Replay:
    """Judge every observed connection before and after policies were changed.

    Args:
        before: With the policies in force.
        after: The same cluster with other policies, those of the mesh included.
        observation: Of flows, put together on the same cluster.
    """
    was, will = Judge(before.policies, before.mesh), Judge(after.policies, after.mesh)
    found: dict[str, list[Replayed]] = {
        kind: [] for kind in ("now_dropped", "now_doubtful", "now_admitted", "contradicted")
    }
    unchanged = unknown = 0
    for connection in observation.connections:
        one = Replayed(
            connection=connection, before=was.judge(connection), after=will.judge(connection)
        )
        kind = _kind(one)
        if kind:
            found[kind].append(one)
        if kind in ("", "contradicted"):
            unchanged += 1
            unknown += one.before.verdict == one.after.verdict == "unknown"
    return Replay(
        **{kind: tuple(rows) for kind, rows in found.items()},
        unchanged=unchanged,
        unknown=unknown,
    )


def _kind(one: Replayed) -> str:
    """Return the list that a connection belongs to; empty where nothing changes."""
    before, after = one.before.verdict, one.after.verdict
    if one.connection.verdict == "dropped":
        by_policy = any(drop.reason in POLICY or not drop.reason for drop in one.connection.drops)
        return "now_admitted" if by_policy and before != "allow" == after else ""
    if before == "deny" and _lost(one.before) >= _lost(one.after):
        return "contradicted" if after == "deny" else ""
    if after == "deny":
        return "now_dropped"
    return "now_doubtful" if before == "allow" != after else ""


def _lost(judgement: Judgement) -> int:
    """Return how much of a connection is refused: some requests, or all of it."""
    if judgement.verdict != "deny":
        return 0
    return len(judgement.refused) + len(judgement.names) or 10**9
