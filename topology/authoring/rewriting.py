"""Policies written in another way: what takes their place, whether it is equal, what is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from topology.authoring.checks import Check
from topology.authoring.edit_equality import Equality, compare
from topology.authoring.edits import Edit
from topology.authoring.impact import needs
from topology.paths import Network

__all__ = ["Refusal", "Rewriting", "proven"]

Outcome = Literal["done", "not-equal", "refused", "nothing-to-do"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A part of a policy whose meaning cannot be written in the other way."""

    policy: str
    path: str
    """Field, such as `spec.egress[0].toFQDNs`."""
    why: str
    """One sentence."""

    def __str__(self) -> str:
        return f"`{self.path}` of {self.policy}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """A proposal to write policies otherwise, with its proof."""

    outcome: Outcome
    edits: tuple[Edit, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Return whether every check holds."""
        return bool(self.checks) and all(check.ok for check in self.checks)


def proven(
    network: Network,
    edits: Sequence[Edit],
    *,
    refusals: Sequence[Refusal] = (),
    notes: Sequence[str] = (),
) -> Rewriting:
    """Return a rewriting with the proof that it does the same as before.

    Args:
        network: With the policies as they are.
        edits: What takes their place.
        refusals: Parts that could not be written; their policies have no edit.
        notes: What to know of it.
    """
    if not edits:
        return Rewriting(
            outcome="refused" if refusals else "nothing-to-do",
            refusals=tuple(refusals),
            notes=tuple(notes),
        )
    found: Equality = compare(network, edits)
    outcome: Outcome = "done" if found.holds and not refusals else "not-equal"
    if found.holds and refusals:
        outcome = "refused"
    return Rewriting(
        outcome=outcome,
        edits=tuple(edits),
        refusals=tuple(refusals),
        notes=(*notes, *needs(edits, network.policies.profile)),
        checks=found.checks,
        differences=found.differences,
    )
