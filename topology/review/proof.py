"""Trying repairs out: validated as a policy that is applied, then simulated on the whole cluster.

A repair is verified only if the changed policies are taken as they stand, the engine knows exactly
what they open and close, and that is what the repair promises.
"""

from collections.abc import Iterable
from functools import cached_property

from topology.policy.engine import PolicyEngine
from topology.policy.reading import KINDS
from topology.policy.validation.document import validate
from topology.review.context import ReviewContext
from topology.review.finding import Proof, Repair
from topology.review.mesh_effect import mesh_changes
from topology.simulation import EndChange, simulate

__all__ = ["Prover"]

_SHOWN = 4
_Rows = list[tuple[str, int]]
"""Changes in words, each with the pairs of ends that it is about."""
_NO_PODS = "the input holds no pods, so a simulation would show nothing"


class Prover:
    """Tries out the repairs of one review, on ground that all of them share."""

    def __init__(self, context: ReviewContext, repairs: Iterable[Repair]) -> None:
        self._context = context
        self._repairs = tuple(repairs)

    @cached_property
    def _engine(self) -> PolicyEngine:
        added = [one for repair in self._repairs for one in repair.add if one.kind in KINDS]
        return self._context.policies.covering(added)

    def prove(self, repair: Repair) -> Proof:
        """Return what comes of a repair."""
        reason = self._obstacle(repair)
        if reason:
            return Proof(verified=False, reason=f"Not simulated: {reason}.")
        opened, closed, other = self._changes(repair)
        effect = _describe(opened, closed, other)
        broken = _broken_promise(repair, opened, closed, other)
        if broken:
            return Proof(verified=False, effect=effect, reason=broken)
        return Proof(verified=True, effect=effect)

    def _obstacle(self, repair: Repair) -> str:
        if repair.obstacle:
            return repair.obstacle
        if not repair.add and not repair.remove:
            return "it asks for a decision that the input does not tell"
        if not self._context.cluster.workloads:
            return _NO_PODS
        for document in repair.add:
            for finding in validate(document, self._context.policies.profile):
                if finding.refuses:
                    return f"the changed policy would be refused ({finding.message.rstrip('.')})"
        return ""

    def _changes(self, repair: Repair) -> tuple[_Rows, _Rows, _Rows]:
        add = [one for one in repair.add if one.kind in KINDS]
        remove = [key for key in repair.remove if key.partition("/")[0] in KINDS]
        opened, closed, other = _Rows(), _Rows(), _Rows()
        if add or remove:
            found = simulate(self._engine, add=add, remove=remove)
            opened = [(_row(one), 1) for one in found.opened]
            closed = [(_row(one), 1) for one in found.closed]
            other = [(_row(one), 1) for one in found.other_requests]
        if len(add) + len(remove) < len(repair.add) + len(repair.remove):
            for kind, text, pairs in mesh_changes(self._context, repair):
                {"opened": opened, "closed": closed, "other": other}[kind].append((text, pairs))
        return opened, closed, other


def _row(change: EndChange) -> str:
    how = "" if change.after in ("allow", "deny") else f" ({_STATES[change.after]})"
    return f"`{change.source}` -> `{change.destination}` {change.ports}{how}"


_STATES = {"conditional": "some requests only", "unknown": "as far as addresses are known"}


def _describe(opened: _Rows, closed: _Rows, other: _Rows) -> str:
    parts = []
    for rows, verb in ((opened, "Opens"), (closed, "Closes")):
        if rows:
            parts.append(f"{verb} exactly {_counted(rows)}.")
    if other:
        parts.append(f"Other L7 rules apply to {_counted(other)}.")
    if not parts:
        return "No pair of ends changes."
    if not opened and not other:
        parts.append("Opens nothing.")
    if not closed and not other:
        parts.append("Closes nothing.")
    return " ".join(parts)


def _counted(rows: _Rows) -> str:
    total = sum(pairs for _, pairs in rows)
    more = f"; and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    listed = "; ".join(text for text, _ in rows[:_SHOWN])
    return f"{total:,} {'pair' if total == 1 else 'pairs'}: {listed}{more}"


def _broken_promise(repair: Repair, opened: _Rows, closed: _Rows, other: _Rows) -> str:
    if repair.promise == "no-change" and (opened or closed or other):
        return "Not verified: it was to change nothing, and the simulation shows changes."
    if repair.promise == "opens" and (closed or not (opened or other)):
        return "Not verified: it was to open what is meant, and the simulation shows otherwise."
    if repair.promise == "closes" and (opened or not (closed or other)):
        return (
            "Not verified: it was to close what is not meant, and the simulation shows otherwise."
        )
    return ""
