"""What the tools of reachability answer: the document of `netassist reach --json` and its kin."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.spec import ToolResult
from topology.model import Protocol

__all__ = [
    "MOST_ROWS",
    "CauseRow",
    "GroupRow",
    "HttpRow",
    "LayerRow",
    "PeerRow",
    "PeersResult",
    "PortRow",
    "ReachResult",
    "RequestRow",
    "VerdictRow",
]

Answer = Literal["allow", "deny", "unknown"]
L7 = Literal["allow", "deny", "unknown", "conditional"]
MOST_ROWS = 50
"""How many peers a result holds."""


class Row(BaseModel):
    """A part of a result; filled from the `to_dict()` of `topology.paths`."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class CauseRow(Row):
    """A policy that has a part in a default deny."""

    policy: str
    location: str


class LayerRow(Row):
    """One layer's part in a verdict."""

    layer: str
    direction: str | None
    enforced: bool
    """Whether anything restricts this side in this direction at all."""
    verdict: str
    policy: str | None
    """For a default deny, the policy that comes nearest to allowing."""
    rule: str | None
    location: str | None
    reason: str
    causes: tuple[CauseRow, ...] = ()
    nearest: str = ""
    """For a denial: the rule that comes closest to allowing it, and what it lacks."""


class VerdictRow(Row):
    """A verdict with its layers."""

    allowed: bool
    verdict: Answer
    layers: tuple[LayerRow, ...]
    """In the order in which a packet meets them."""
    l7: L7 | None
    conditions: tuple[str, ...]
    """What must further hold, such as the requests that L7 rules let through."""


class GroupRow(VerdictRow):
    """Pods that get the same answer, where the pods of one end do not agree."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]


class PortRow(VerdictRow):
    """The answer for one port."""

    port: int | None
    """Of the destination's pods."""
    service_port: int | None
    protocol: Protocol
    name: str
    open_ports: str
    groups: tuple[GroupRow, ...] = ()


class HttpRow(Row):
    """The HTTP request that was asked about."""

    method: str
    path: str
    host: str
    headers: tuple[tuple[str, str], ...]


class RequestRow(Row):
    """What was asked about besides the two ends."""

    port: int | str | None
    protocol: Protocol | None
    http: HttpRow | None
    sni: str | None = None


class ReachResult(ToolResult):
    """Whether one end can open a connection to another, and what decides at every layer."""

    source: str
    destination: str
    request: RequestRow
    allowed: bool
    layers: tuple[LayerRow, ...]
    """Of the deciding port, in the order in which a packet meets them."""
    l7: L7 | None
    conditions: tuple[str, ...]
    ports: tuple[PortRow, ...]
    groups: tuple[GroupRow, ...] = ()
    notes: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        """Return the path as a picture, which a notebook shows."""
        from tools.pictures import draw_reach, to_svg

        return to_svg(draw_reach(self))

    def to_mermaid(self) -> str:
        """Return the path as a Mermaid flowchart."""
        from tools.pictures import draw_reach, to_mermaid

        return to_mermaid(draw_reach(self))


class PeerRow(Row):
    """One workload, or one part of the outside, at the other end."""

    name: str
    kind: str
    namespace: str
    target: str
    verdict: Answer
    pods: int
    ports: tuple[str, ...]
    unknown_ports: tuple[str, ...]
    l7: L7 | None
    conditions: tuple[str, ...]
    policy: str | None
    rule: str | None
    location: str | None
    reason: str
    causes: tuple[CauseRow, ...] = ()
    mixed: bool


class PeersResult(ToolResult):
    """Everyone who can reach one end, or everything that it can reach, by workload."""

    of: str
    direction: Literal["who-can-reach", "what-can"]
    allowed: int
    """How many workloads are allowed."""
    workloads: int
    """How many were looked at."""
    peers: tuple[PeerRow, ...]
    """Allowed first, then those that are not decided, then denied; at most fifty."""
    outside: tuple[PeerRow, ...]
    """The world, the nodes and the API server."""
    left_out: int = 0
    exposure: tuple[str, ...] = ()
    """Ways in from outside that Services open."""
    notes: tuple[str, ...] = ()
