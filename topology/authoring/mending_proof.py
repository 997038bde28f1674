"""What a change that mends a connection is held to."""

from collections.abc import Iterator, Sequence

from topology.authoring.checks import Check
from topology.authoring.edits import Edit
from topology.authoring.impact import Impact, refusals
from topology.paths import Network, Reach

__all__ = ["proofs"]


def proofs(
    network: Network, edits: Sequence[Edit], after: Reach | None, impact: Impact
) -> Iterator[Check]:
    """Yield what is proven of a change: it is valid, opens what was asked, and nothing else."""
    documents = [edit.after for edit in edits if edit.after is not None]
    faults = [*refusals(documents, network.policies.profile), *impact.refused]
    yield Check(
        check="validation",
        ok=not faults,
        detail=" ".join(faults)
        or "Nothing in them would be refused by the API server, Cilium or Istio.",
    )
    allowed = after is not None and after.allowed
    ports = after.ports if after else ()
    shut = [str(one) for one in ports if one.verdict.verdict != "allow"]
    yield Check(
        check="asked-connection",
        ok=allowed and not shut,
        detail=f"It is still stopped on {', '.join(shut)}."
        if shut
        else "Every layer lets the connection through.",
    )
    yield Check(
        check="nothing-else-opened",
        ok=not impact.opened and not impact.incomplete,
        detail=impact.incomplete
        or (
            f"It opens {len(impact.opened)} more: {'; '.join(impact.opened[:5])}."
            if impact.opened
            else "Nothing else opens, compared over the whole cluster."
        ),
    )
    yield Check(
        check="nothing-closed",
        ok=not impact.closed,
        detail=f"It closes {'; '.join(impact.closed[:5])}."
        if impact.closed
        else "Nothing that was allowed is stopped.",
    )
