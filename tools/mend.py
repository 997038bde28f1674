"""The tool that mends: why a connection is stopped, and the smallest change that opens it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.draft_results import DraftArtifact, DraftCheck
from tools.mend_text import describe
from tools.rewritten import EditRow, artifacts_of, check_rows, edit_rows
from tools.seen_drops import Seen, SeenDrop, look
from tools.set_aside import set_aside
from tools.spec import Evidence, ToolResult, tool
from tools.understanding import understand, understood
from tools.workspace import Workspace
from topology.authoring.flow_effects import FlowEffect, flow_effect
from topology.authoring.impact import applied
from topology.authoring.mending import Alternative, Mend, mend
from topology.authoring.splices import dump
from topology.paths import blamed, describe_request, parse_port
from topology.paths.documents import layer_to_dict
from topology.policy.verdict import Layer

__all__ = ["AlternativeRow", "MendResult", "ObstacleRow", "fix_connection"]


class ObstacleRow(BaseModel):
    """Something in the way that is no policy, or that a policy should not give way to."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    what: str
    advice: str
    location: str = ""


class AlternativeRow(BaseModel):
    """Another change that lets the connection through one of its layers."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    policy: str
    is_new: bool = False
    what: tuple[str, ...]
    content: str
    """The whole policy as it would be, as YAML."""
    opens: tuple[str, ...] = ()
    """What it opens besides what was asked for."""
    closes: tuple[str, ...] = ()
    weakens: str = ""


class MendResult(ToolResult):
    """Why a connection is stopped, and what to change."""

    outcome: str
    """`open`: it is not stopped; `mended`; `not-policy`: something else must change; `no-fix`."""
    source: str
    destination: str
    ports: tuple[str, ...]
    stopped_by: tuple[dict[str, Any], ...] = ()
    """Every layer that stops it, first the one that a packet meets first."""
    at_fault: tuple[str, ...] = ()
    """The policies that must change, or else those that a new policy must make up for."""
    edits: tuple[EditRow, ...] = ()
    diff: str = ""
    """All changes as one unified diff."""
    artifacts: tuple[DraftArtifact, ...] = ()
    checks: tuple[DraftCheck, ...] = ()
    verified: bool = False
    opened: tuple[str, ...] = ()
    """What the change opens besides what was asked for; exactly, over the whole cluster."""
    closed: tuple[str, ...] = ()
    alternatives: tuple[AlternativeRow, ...] = ()
    obstacles: tuple[ObstacleRow, ...] = ()
    observed_drops: tuple[SeenDrop, ...] = ()
    """What the workspace's flows show of it."""
    flows_now_dropped: tuple[str, ...] = ()
    """Observed connections that passed and that the change would drop."""
    notes: tuple[str, ...] = ()
    instead: str = ""
    """Why another connection is mended than the one that was asked about."""


@tool(effect="propose")
def fix_connection(
    workspace: Workspace,
    source: str,
    destination: str,
    port: str = "",
    http: str = "",
    host: str = "",
    headers: Sequence[str] = (),
) -> MendResult:
    """Say why a connection is blocked, and propose the smallest policy change that allows it.

    Use it for "A cannot reach B, fix it", "what must I change so that A can talk to B", "why is
    this blocked and how do I allow only that". The change is proven: it opens what was asked and
    nothing else, or it says exactly what more. Where the workspace holds flows, they say what was
    dropped, and that the change drops nothing that passed. Nothing is written.

    Args:
        workspace: The network.
        source: Who opens the connection: `ns/workload`, `ns/pod`, a bare name, an address, a CIDR,
            a DNS name, or an entity such as `world`.
        destination: Who is called, likewise; `service:ns/name` for a Service.
        port: `8080`, `8080/TCP` or a port's name: the pod's port, for a Service its own. Empty for
            the port on which flows show it dropped, else the one that the source is known to call,
            else every port that the destination offers.
        http: An HTTP request such as `POST /charge`, where only that shall get through.
        host: The request's host.
        headers: The request's headers, each `NAME=VALUE`.

    Returns:
        The layers that stop it, the changed policies with a diff, checks, and alternatives.
    """
    network = workspace.network
    one, other = understand(network, source), understand(network, destination)
    asked = parse_port(port) if port.strip() else None
    request = describe_request(http, host, headers)
    seen = look(workspace, one.target, other.target, asked, request)
    found = mend(
        network, one.target, other.target, port=asked or seen.port, http=request or seen.http
    )
    effect = _effect(workspace, found, seen)
    if effect is not None:
        found = replace(found, checks=(*found.checks, effect.check))
    rows, manuscripts = edit_rows(found.edits)
    state = "allow" if found.outcome == "open" else "deny"
    closed = [str(each) for each in found.before.ports if each.verdict.verdict != "allow"]
    faults = set_aside(network, (one.target, other.target))
    result = MendResult(
        summary="",
        # Of a mended connection neither verdict is the answer: it is closed today, and would open.
        verdict=None if found.after else found.before.verdict,
        evidence=(*(_evidence(layer) for layer in found.stopped_by), *seen.evidence),
        not_verified=(
            *(f"{check.check}: {check.detail}" for check in found.checks if not check.ok),
            *faults,
        ),
        outcome=found.outcome,
        source=found.before.source,
        destination=found.before.destination,
        ports=tuple(str(each) for each in found.before.ports if each.verdict.verdict == state)
        or tuple(str(each) for each in found.before.ports),
        stopped_by=tuple(layer_to_dict(layer) for layer in found.stopped_by),
        at_fault=found.at_fault if found.outcome in ("mended", "no-fix") else (),
        edits=rows,
        diff="".join(row.diff for row in rows),
        artifacts=artifacts_of(manuscripts, found.checks, verified=found.verified),
        checks=check_rows(found.checks),
        verified=found.verified,
        opened=found.impact.opened if found.edits else (),
        closed=found.impact.closed if found.edits else (),
        alternatives=tuple(_alternative(each) for each in found.alternatives),
        obstacles=tuple(_obstacles(found)),
        observed_drops=seen.drops,
        flows_now_dropped=effect.dropped if effect else (),
        instead=found.instead,
        notes=(
            *seen.notes,
            *(text for text in (understood(source, one), understood(destination, other)) if text),
            *found.notes,
            *(
                [f"It cannot on {', '.join(closed)}: name the port if that is what is missing."]
                if found.outcome == "open" and closed
                else []
            ),
        ),
    )
    return result.model_copy(update={"summary": describe(result)})


def _effect(workspace: Workspace, found: Mend, seen: Seen) -> FlowEffect | None:
    """Return what a change does to observed connections; None without a change or flows."""
    if not found.edits or seen.observation is None:
        return None
    network = workspace.network
    return flow_effect(network, applied(network, found.edits), seen.observation)


def _evidence(layer: Layer) -> Evidence:
    policy, location = blamed(layer)
    source = " ".join(part for part in (policy, layer.rule) if part) or layer.layer
    return Evidence(claim=layer.reason, source=source, location=str(location) if location else "")


def _alternative(one: Alternative) -> AlternativeRow:
    return AlternativeRow(
        policy=one.edit.key,
        is_new=one.edit.before is None,
        what=one.edit.what,
        content=dump(one.edit.after.body) if one.edit.after else "",
        opens=one.impact.opened,
        closes=one.impact.closed,
        weakens=one.edit.weakens,
    )


def _obstacles(found: Mend) -> list[ObstacleRow]:
    return [
        ObstacleRow(
            what=one.what, advice=one.advice, location=str(one.location) if one.location else ""
        )
        for one in found.obstacles
    ]
