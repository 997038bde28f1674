"""The way of a request as a value: hop by hop, each with a verdict of its own."""

from dataclasses import dataclass
from typing import Literal

from topology.model import Location

__all__ = ["HopKind", "HopVerdict", "Way", "WayHop"]

HopVerdict = Literal["allow", "deny", "unknown"]
HopKind = Literal["entry", "gateway", "azure", "policy", "service", "mesh", "pods"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayHop:
    """One step of a way."""

    kind: HopKind
    object: str
    """`Kind/namespace/name`, or what else it is about."""
    verdict: HopVerdict
    reason: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way from a caller to the pods of one Service."""

    source: str
    """Who calls: `world`, `namespace/name`, an address."""
    host: str = ""
    """The host name that was asked about; empty for a Service."""
    path: str = ""
    entry: str = ""
    """`Kind/namespace/name` of the entry; empty where the Service is dialled itself."""
    service: str = ""
    """`namespace/name`; empty where it goes elsewhere."""
    port: str = ""
    """Port of the Service, such as `80/TCP`."""
    weight: int | None = None
    hops: tuple[WayHop, ...] = ()
    ready: tuple[str, ...] = ()
    """Pods that get the requests, `namespace/name`."""
    waiting: tuple[str, ...] = ()
    """Pods that would, were they ready."""

    @property
    def verdict(self) -> HopVerdict:
        """Return deny if any hop stops the request, else unknown if any is not known."""
        found = {hop.verdict for hop in self.hops}
        return "deny" if "deny" in found else "unknown" if "unknown" in found else "allow"

    @property
    def cause(self) -> WayHop | None:
        """Return the first hop that stops the request, or else the first that is not known."""
        for wanted in ("deny", "unknown"):
            for hop in self.hops:
                if hop.verdict == wanted:
                    return hop
        return None
