"""What the flows of a workspace show of the connection that shall be mended."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from tools.spec import Evidence
from tools.wording import count, quote, shorten
from topology.flows.times import time_text
from topology.paths import PortQuery
from topology.policy.verdict import HttpRequest
from topology.targets import ServiceTarget, Target

if TYPE_CHECKING:
    from tools.workspace import Workspace
    from topology.flows.drops import Drop
    from topology.flows.observation import Observation

__all__ = ["Seen", "SeenDrop", "look"]

_FEW = 3


class SeenDrop(BaseModel):
    """Flows of the connection that were dropped, for one reason on one side."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    connection: str
    reason: str
    """As Hubble writes it; `L7_REFUSED` for a request that a proxy refused."""
    direction: str
    flows: int
    first: str
    last: str
    requests: tuple[str, ...] = ()
    why: str

    @property
    def said(self) -> str:
        """Return it as a sentence."""
        when = ""
        if self.first:
            when = f" at {self.first}"
            if self.first != self.last:
                when = f" from {self.first} to {self.last}"
        asked = f" ({shorten([quote(one) for one in self.requests], _FEW)})"
        side = f" at the {'source' if self.direction == 'egress' else 'destination'}"
        return (
            f"Flows show {quote(self.connection)}{asked if self.requests else ''} dropped"
            f"{side if self.direction else ''}, {count(self.flows, 'flow')}{when}: {self.reason}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What flows show, and what they make of a question that leaves port or request open."""

    observation: "Observation | None" = None
    """Everything that was seen; None where the workspace holds no flows."""
    drops: tuple[SeenDrop, ...] = ()
    port: PortQuery | None = None
    """The one port on which it was dropped, where none was asked about."""
    http: HttpRequest | None = None
    """The one request that was refused, where none was asked about."""
    notes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def look(
    workspace: "Workspace",
    source: Target,
    destination: Target,
    port: PortQuery | None,
    http: HttpRequest | None,
) -> Seen:
    """Return what flows show from one end to another; nothing of a workspace without any.

    Args:
        workspace: With its flows.
        source: Who opens the connection.
        destination: Who accepts it.
        port: As asked about; of a Service its own, which flows do not show.
        http: As asked about.
    """
    observation = workspace.observation
    if observation is None:
        return Seen()
    from topology.authoring.flow_effects import connections_between, drops_between

    between = connections_between(workspace.network, observation, source, destination)
    number = None if port is None or isinstance(destination, ServiceTarget) else port.number
    found = drops_between(workspace.network, between, number)
    ports = {(one.connection.port, one.connection.protocol) for one in found}
    chosen = None
    if port is None and len(ports) == 1:
        ((only, protocol),) = ports
        chosen = PortQuery(number=only, protocol=protocol)
    asked = http or _refused(found)
    drops = tuple(map(_row, found))
    passed = sum(one.count for one in between.forwarded if number in (None, one.port))
    return Seen(
        observation=observation,
        drops=drops,
        port=chosen,
        http=asked,
        notes=(*_notes(found, passed, chosen, None if http else asked), *workspace.unread_flows),
        evidence=tuple(
            Evidence(claim=one.said, source="flows", location=shorten(workspace.flow_files, 2))
            for one in drops
        ),
    )


def _refused(found: "tuple[Drop, ...]") -> HttpRequest | None:
    """Return the request that was refused, where it is the only one."""
    kinds = {
        (one.method, one.target, one.host)
        for drop in found
        if not drop.reason
        for one in drop.connection.requests
    }
    if len(kinds) != 1 or any(drop.reason for drop in found):
        return None
    ((method, path, host),) = kinds
    return HttpRequest(method=method or "GET", path=path, host=host)


def _row(drop: "Drop") -> SeenDrop:
    one = drop.connection
    return SeenDrop(
        connection=str(one),
        reason=drop.name,
        direction=drop.direction,
        flows=drop.flows,
        first=time_text(one.first) if one.first else "",
        last=time_text(one.last) if one.last else "",
        requests=tuple(dict.fromkeys(f"{seen.method} {seen.path}" for seen in one.requests)),
        why=drop.why,
    )


def _notes(
    found: "tuple[Drop, ...]", passed: int, port: PortQuery | None, http: HttpRequest | None
) -> Iterator[str]:
    if port is not None:
        yield f"No port was named; {port} is the one on which flows show it dropped."
    if http is not None:
        yield f"No request was named; `{http.method} {http.path}` is the one that was refused."
    for drop in found:
        if drop.cause == "datapath":
            yield f"The drop {drop.name} is no policy's doing: {drop.why} {drop.fix}".strip()
        elif drop.cause == "differs":
            yield f"Flows and policies do not agree: {drop.why}"
    if passed and found:
        yield f"Flows show it let through as well, from {count(passed, 'socket')}."
    elif passed:
        yield f"Flows show it let through, from {count(passed, 'socket')}, and never dropped."
