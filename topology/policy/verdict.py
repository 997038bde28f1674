"""What the engine says of one connection: a verdict, and every layer that led to it."""

from dataclasses import dataclass, field
from typing import Literal

from topology.model import Location

__all__ = ["Decision", "Direction", "HttpRequest", "Layer", "LayerName", "Verdict", "combine"]

Decision = Literal["allow", "deny", "unknown", "none"]
"""`none`: this side has nothing that could enforce (an address outside, a node)."""
Direction = Literal["egress", "ingress"]
LayerName = Literal[
    "azure", "egress-policy", "service", "ingress-policy", "l7", "mtls", "authorization"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request as the proxies see it."""

    method: str = "GET"
    path: str = "/"
    """With the query string, as sent."""
    host: str = ""
    """The :authority; empty when the question did not say."""
    headers: tuple[tuple[str, str], ...] = ()
    claims: str = ""
    """Claims of a genuine token that it carries, as a JSON object; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer's part in a verdict, with the rule, file and line that decided it."""

    layer: LayerName
    verdict: Decision
    reason: str
    """One plain sentence; names the rule that decided, or why none did."""
    direction: Direction | None = None
    enforced: bool = False
    """Whether anything restricts this side in this direction at all."""
    policy: str | None = None
    """`Kind/namespace/name` of the policy that decided."""
    rule: str | None = None
    """Path in that policy, such as `spec.ingress[2].toPorts[0]`."""
    location: Location | None = None
    causes: tuple[tuple[str, Location], ...] = ()
    """Further policies with a part in it, such as those that cause the default deny."""
    nearest: str = ""
    """For a denial: the rule that comes closest to allowing it, and what it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether one connection, on one port, is permitted, and why."""

    verdict: Literal["allow", "deny", "unknown"]
    layers: tuple[Layer, ...] = ()
    """In the order in which a packet meets them."""
    l7: Literal["allow", "deny", "unknown", "conditional"] | None = None
    """None where no L7 rule applies; `conditional` where one does and no request was given."""
    conditions: tuple[str, ...] = field(default_factory=tuple)
    """What must further hold, such as the HTTP requests that L7 rules let through."""

    @property
    def allowed(self) -> bool:
        """Return whether the verdict is a plain allow."""
        return self.verdict == "allow"

    @property
    def deciding(self) -> Layer | None:
        """Return the first layer that stops the request, or else the last that allows it."""
        for wanted in ("deny", "unknown"):
            for layer in self.layers:
                if layer.verdict == wanted:
                    return layer
        enforced = [layer for layer in self.layers if layer.enforced]
        return enforced[-1] if enforced else None

    @property
    def opening(self) -> Layer:
        """Return the last layer that says why nothing stops the request, where none restricts."""
        allowing = [layer for layer in self.layers if layer.verdict == "allow"]
        return (allowing or list(self.layers))[-1]


def combine(layers: tuple[Layer, ...]) -> Literal["allow", "deny", "unknown"]:
    """Fold layers to a verdict: any deny stops the request, else any unknown leaves it open."""
    decisions = {layer.verdict for layer in layers}
    if "deny" in decisions:
        return "deny"
    return "unknown" if "unknown" in decisions else "allow"
