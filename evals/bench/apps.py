"""The workloads of a generated cluster: one Deployment with its Service and pods each."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from evals.bench.sizes import Size

__all__ = ["CREATED", "App", "Backend", "backends", "is_meshed", "make_apps", "node_name"]

CREATED = "2026-11-02T08:15:00Z"
_NAMESPACES_PER_MESH = 5
_TIERS = ("api", "batch", "cache", "database", "frontend", "worker")
_PODS = int(IPv4Address("10.64.0.0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One Deployment with its Service."""

    number: int
    namespace: str
    name: str
    labels: Mapping[str, str]
    replicas: int
    account: str
    ports: tuple[tuple[str, int, str], ...]
    """Name, number, protocol."""
    meshed: bool

    @property
    def revision(self) -> str:
        """Return the hash of the pod template."""
        return f"{self.number * 2654435761 % 2**32:08x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One pod."""

    app: App
    replica: int
    """Number within its workload."""
    node: str
    address: str

    @property
    def name(self) -> str:
        """Return the name of the pod."""
        return f"{self.app.name}-{self.app.revision}-{self.replica:05x}"


def node_name(number: int) -> str:
    """Return the name of a node."""
    return f"aks-pool{number % 4}-{number:05}"


def is_meshed(number: int) -> bool:
    """Return whether the pods of a namespace are in the mesh."""
    return number % _NAMESPACES_PER_MESH == _NAMESPACES_PER_MESH - 1


def make_apps(size: Size, spaces: list[str], draw: random.Random) -> list[App]:
    """Return the workloads: the DNS server, the large one, then the others in turn."""
    apps = []
    for number in range(size.services + 1):
        place = 0 if number == 0 else 1 + number % (len(spaces) - 1)
        tier = draw.choice(_TIERS)
        name = "kube-dns" if number == 0 else f"{tier}-{number:04}"
        # Two numbers behind one name: such a name means something to ingress rules only.
        ports = [("http", draw.choice((8080, 8080, 8080, 8000)), "TCP"), ("metrics", 9102, "TCP")]
        if number == 0:
            ports = [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP")]
        elif tier in ("database", "cache"):
            ports[0] = {"database": ("sql", 5432, "TCP"), "cache": ("redis", 6379, "TCP")}[tier]
        apps.append(
            App(
                number=number,
                namespace=spaces[place],
                name=name,
                labels={"app": name, "tier": tier, "version": draw.choice(("v1", "v2"))}
                | ({"k8s-app": name} if number == 0 else {}),
                replicas=size.backends if number == 1 else size.replicas,
                account=f"{name}-account" if number % 3 == 0 else "default",
                ports=tuple(ports),
                meshed=is_meshed(place),
            )
        )
    return apps


def backends(apps: Iterable[App], nodes: int) -> Iterator[Backend]:
    """Yield every pod, spread over the nodes in turn."""
    serial = 0
    for app in apps:
        for replica in range(app.replicas):
            yield Backend(
                app=app,
                replica=replica,
                node=node_name(serial % nodes),
                address=str(IPv4Address(_PODS + 256 + serial)),
            )
            serial += 1
