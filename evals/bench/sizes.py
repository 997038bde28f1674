"""The loads: how many of each object a generated cluster holds."""

from dataclasses import dataclass

__all__ = ["SIZES", "Size"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One load; the pods are exactly the backends of its services."""

    nodes: int
    namespaces: int
    backends: int
    """Pods behind the one large Service."""
    services: int
    """Services beside the large one."""
    replicas: int
    """Pods behind each of them."""
    policies: int

    @property
    def pods(self) -> int:
        """Return how many pods there are."""
        return self.backends + self.services * self.replicas


SIZES: dict[int, Size] = {
    size.pods: size
    for size in (
        Size(nodes=3, namespaces=5, backends=20, services=16, replicas=5, policies=20),
        Size(nodes=50, namespaces=10, backends=200, services=40, replicas=20, policies=100),
        Size(nodes=250, namespaces=25, backends=1000, services=200, replicas=20, policies=500),
        # Source: the reference load of docs/adr/0007.
        Size(nodes=1000, namespaces=100, backends=4000, services=800, replicas=20, policies=1000),
        Size(nodes=1000, namespaces=100, backends=4000, services=4800, replicas=20, policies=5000),
    )
}
"""By number of pods; 20,000 is the reference load."""
