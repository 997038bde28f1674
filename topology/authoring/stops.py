"""One layer that stops a connection: who is guarded there, who is at the other end, what passes."""

from collections.abc import Mapping
from dataclasses import dataclass

from topology.authoring.handles import End
from topology.model import Pod, Protocol
from topology.policy.verdict import HttpRequest, Layer

__all__ = ["Stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A layer that does not let a connection through."""

    layer: Layer
    subject: tuple[Pod, ...]
    """The pods whose policies decide: the source for egress, else the destination."""
    subject_labels: Mapping[str, str]
    """The fewest that mean those pods."""
    other: End
    other_pods: tuple[Pod, ...]
    """Of the other end, where it has any."""
    port: int | None
    """Of the destination's pods; None for every port."""
    protocol: Protocol
    http: HttpRequest | None = None
    proxied: bool = False
    """Whether Cilium's proxy may be asked to look at requests: not where the mesh does."""

    def is_about(self, source: tuple[Pod, ...], destination: tuple[Pod, ...]) -> bool:
        """Return whether a pair of parties is among those that are looked at."""
        egress = self.layer.direction == "egress"
        own, far = (source, destination) if egress else (destination, source)
        is_other = not self.other_pods or not far or far[0] in self.other_pods
        return bool(own) and own[0] in self.subject and is_other

    @property
    def side(self) -> str:
        """Return `from` or `to`, with which rules of this direction name the other end."""
        return "to" if self.layer.direction == "egress" else "from"

    @property
    def section(self) -> str:
        """Return `ingress` or `egress`."""
        return "egress" if self.layer.direction == "egress" else "ingress"

    @property
    def namespace(self) -> str:
        """Return the namespace of the guarded pods."""
        return self.subject[0].namespace

    @property
    def port_text(self) -> str:
        """Return the port for people."""
        return f"{self.port}/{self.protocol}" if self.port is not None else "every port"
