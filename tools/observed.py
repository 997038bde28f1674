"""What the flows of a workspace show to be used, for the tools that write policies."""

from dataclasses import replace
from typing import TYPE_CHECKING

from topology.errors import InvalidQuery

if TYPE_CHECKING:
    from tools.workspace import Workspace
    from topology.authoring.drafting import Draft
    from topology.authoring.observed import Seen

__all__ = ["limits_of", "seen_in"]


def seen_in(workspace: "Workspace", *, required: bool = False) -> "Seen | None":
    """Return what the flows of a workspace show to be used; None if it holds no flows.

    Raises:
        InvalidQuery: It holds none, or none that was let through, and they are required.
    """
    observation = workspace.observation
    if observation is None:
        if not required:
            return None
        message = "The workspace holds no flows."
        hint = "Add an export: `hubble observe -o jsonpb > flows.jsonl`, then `-w flows.jsonl`."
        raise InvalidQuery(message, hint=hint)
    from topology.authoring.observed import seen

    found = seen(workspace.cluster, observation)
    found = replace(found, left_out=(*found.left_out, *workspace.unread_flows))
    if required and not found.demands:
        message = "The flows show no connection that a policy of this cluster would need to allow."
        why = " ".join(found.left_out) or "Export more of them."
        raise InvalidQuery(message, hint=why)
    return found


def limits_of(workspace: "Workspace", found: "Draft", seen: "Seen") -> tuple[str, ...]:
    """Return what a draft from flows does not know, and how much more than was seen it opens."""
    from topology.authoring.intent import Pods
    from topology.authoring.observed import excess

    when = f"from {seen.window}" if seen.window else "of flows that do not say when they were"
    limits = [
        f"Observed: {when}. What happens less often than that (nightly jobs, failover, renewal of "
        "certificates) was not seen and is closed.",
        *seen.left_out,
    ]
    after = workspace.network.changed(add=[one.document for one in found.documents])
    scope = {party.workload for party, _ in found.intent.isolate if isinstance(party, Pods)}
    both_ways = any(side == "egress" for _, side in found.intent.isolate)
    beyond = excess(after, seen.demands, scope, both_ways=both_ways)
    if beyond is not None and found.documents:
        limits.append(
            f"Over-permission: connections between workloads that are open: {beyond.allowed}; that "
            f"were seen: {beyond.seen} (ratio {beyond.ratio:.2f})."
        )
    return tuple(limits)
