"""Drops by cause, each explained by the engine where a policy is the cause."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from topology.flows.drop_reasons import POLICY, meaning_of, name_of
from topology.flows.judgement import Judge, Judgement
from topology.flows.observation import Connection, DropCount, Observation
from topology.model import Cluster
from topology.policy.engine import PolicyEngine

__all__ = ["Drop", "explain_drops"]

Cause = Literal["rule-missing", "rule-denies", "requests-refused", "differs", "open", "datapath"]

_POLICY_DENY = 181
_SIDES = {"egress": "source", "ingress": "destination"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Flows of one connection that were dropped for one reason on one side."""

    connection: Connection
    reason: int
    """See `topology.flows.drop_reasons`; 0 for a request that the proxy refused."""
    direction: str
    """`egress` at the source, `ingress` at the destination; empty where nothing tells."""
    flows: int
    cause: Cause
    """`rule-missing`: policies deny by default and no rule allows it; `rule-denies`: a deny rule
    matches; `requests-refused`: an L7 rule refuses what was asked; `differs`: the policies of the
    snapshot allow it, or deny it on the other side; `open`: nothing read here decides it;
    `datapath`: no policy is the cause."""
    why: str
    """One or two sentences of fact."""
    fix: str
    """One sentence that says what to do; empty where nothing is known."""
    judgement: Judgement | None = None
    """What the engine says of a policy drop."""

    @property
    def name(self) -> str:
        """Return the drop reason as Hubble writes it."""
        if not self.reason and not _has_requests(self.connection):
            return "DROP_REASON_UNKNOWN"
        return name_of(self.reason) if self.reason else "L7_REFUSED"


def _has_requests(connection: Connection) -> bool:
    """Say whether a proxy read the connection, which refuses without a drop reason."""
    return bool(connection.requests or connection.queries)


def explain_drops(observation: Observation, engine: PolicyEngine) -> tuple[Drop, ...]:
    """Return the drops of an observation, those with the most flows first.

    A drop by policy is explained by what the engine decides on the same connection. Where the
    engine says otherwise than what was seen, that is said, never hidden: the flows are then older
    or newer than the snapshot, or the identity of an end was not known yet.

    Args:
        observation: What was seen.
        engine: With the policies of the snapshot.
    """
    judge = Judge(engine)
    found = [
        drop
        for connection in observation.dropped
        for drop in _drops(connection, judge, engine.cluster)
    ]
    return tuple(
        sorted(found, key=lambda one: (-one.flows, str(one.connection), one.reason, one.direction))
    )


def _drops(connection: Connection, judge: Judge, cluster: Cluster) -> Iterator[Drop]:
    judgement: Judgement | None = None
    for count in connection.drops:
        if count.reason in POLICY or not count.reason:
            judgement = judgement or judge.judge(connection)
            found = _policy_drop(connection, count, judgement, has_policies=bool(cluster.policies))
            yield found if count.reason or _has_requests(connection) else _untold(found)
        else:
            yield Drop(
                connection=connection,
                reason=count.reason,
                direction=count.direction,
                flows=count.flows,
                cause="datapath",
                why=meaning_of(count.reason) or f"Cilium names no more than `{count.reason}`.",
                fix=_FIXES.get(count.reason, ""),
            )


_FIXES = {
    189: "Nothing to do if it stops by itself; otherwise look at the SPIRE agents of both nodes.",
    158: "Look at the Service's endpoints: its selector, and the readiness of its pods.",
    177: "Add the client's range to `loadBalancerSourceRanges`.",
    155: "Look at the node's `cilium_bpf_map_pressure` metric, and raise the table's size.",
    132: "Nothing to do for link-local IPv6; otherwise look for what forwards or spoofs packets.",
}


def _policy_drop(
    connection: Connection, count: DropCount, judgement: Judgement, *, has_policies: bool
) -> Drop:
    cause: Cause
    side = judgement.layer.direction if judgement.layer else None
    if judgement.verdict == "deny" and (count.direction in ("", side) or side is None):
        refused = judgement.refused or judgement.names
        denied = judgement.layer is not None and judgement.layer.rule and not refused
        cause = "requests-refused" if refused else "rule-denies" if denied else "rule-missing"
        why, fix = _layer_text(judgement), _missing(connection, judgement, cause)
    elif judgement.verdict == "deny":
        cause = "differs"
        why = (
            f"It was dropped at the {_SIDES[count.direction]} ({count.direction}), while the "
            f"policies of this snapshot deny it at the {_SIDES[side or 'ingress']}: "
            f"{judgement.reason}"
        )
        fix = "Export policies and flows of the same time."
    elif judgement.verdict == "allow":
        cause = "differs"
        why = (
            "The policies of this snapshot would allow it: snapshot and flows differ in time, or "
            f"an identity was not known yet. {judgement.reason}"
        )
        fix = "Export policies and flows of the same time; if it lasts, look at `cilium-dbg "
        fix += "endpoint list` for endpoints that are not ready."
    else:
        cause = "open"
        why = judgement.reason
        fix = "Add the export of the cluster to the workspace."
    if not has_policies and cause != "open":
        cause, why = "open", "The input holds no policies, so what denied it cannot be told."
        fix = "Export the policies too: `kubectl get cnp,ccnp,netpol -A -o yaml`."
    if connection.policies:
        why += f" Cilium itself puts it down to {', '.join(f'`{p}`' for p in connection.policies)}."
    return Drop(
        connection=connection,
        reason=count.reason,
        direction=count.direction or (side or "" if cause in _SETTLED else ""),
        flows=count.flows,
        cause=cause,
        why=why,
        fix=fix,
        judgement=judgement,
    )


def _untold(drop: Drop) -> Drop:
    """Return a drop whose flow gives no reason that is known: what policies say of it, no more."""
    if drop.cause in _SETTLED:
        return replace(drop, why=f"The flow tells no reason that is known here. {drop.why}")
    why = "The flow tells no reason that is known here, and no policy that was read explains it."
    return replace(drop, cause="open", why=why, fix="Look at the same drop in `hubble observe -o "
                   "jsonpb`, which names the reason.")  # fmt: skip


_SETTLED = ("rule-missing", "rule-denies", "requests-refused")


def _layer_text(judgement: Judgement) -> str:
    layer = judgement.layer
    if layer is None:
        return judgement.reason
    return f"{layer.reason} {layer.nearest}".strip()


def _missing(connection: Connection, judgement: Judgement, cause: Cause) -> str:
    """Return what to write so that the connection passes, if it is wanted."""
    layer = judgement.layer
    port = f"{connection.port}/{connection.protocol}"
    if cause == "rule-denies" and layer is not None:
        return f"If it is wanted, narrow `{layer.rule}` of {layer.policy}; an allow cannot help."
    if cause == "requests-refused":
        first = judgement.refused[0] if judgement.refused else None
        asked = f"`{first.method} {first.path}`" if first else f"`{judgement.names[0]}`"
        return f"If it is wanted, add {asked} to the rule's requests or names."
    if layer is not None and layer.direction == "egress":
        return (
            f"If it is wanted, allow egress from `{connection.source}` to "
            f"`{connection.destination}` on {port}."
        )
    return (
        f"If it is wanted, allow ingress to `{connection.destination}` from "
        f"`{connection.source}` on {port}."
    )
