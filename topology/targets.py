"""The ends of a question: what a name that a person wrote turned out to mean."""

from dataclasses import dataclass, field

from topology.model import Address, Network, Pod, Service, Workload

__all__ = [
    "AddressTarget",
    "DnsTarget",
    "EntityTarget",
    "NamespaceTarget",
    "PodTarget",
    "RangeTarget",
    "ServiceTarget",
    "Target",
    "WorkloadTarget",
]


@dataclass(frozen=True, slots=True)
class PodTarget:
    """One pod."""

    pod: Pod

    def __str__(self) -> str:
        return self.pod.full_name


@dataclass(frozen=True, slots=True)
class WorkloadTarget:
    """Every pod of a workload."""

    workload: Workload

    def __str__(self) -> str:
        return self.workload.full_name


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """A Service: its address and, behind it, its backends."""

    service: Service

    def __str__(self) -> str:
        return f"service:{self.service.full_name}"


@dataclass(frozen=True, slots=True)
class NamespaceTarget:
    """Every workload of a namespace."""

    name: str

    def __str__(self) -> str:
        return f"namespace:{self.name}"


@dataclass(frozen=True, slots=True)
class AddressTarget:
    """One address outside the cluster's pods, perhaps learned for some DNS names."""

    address: Address
    names: frozenset[str] = field(default_factory=frozenset)
    """DNS names for which the DNS proxy saw this address; lower case, no trailing dot."""

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class RangeTarget:
    """A range of addresses."""

    network: Network

    def __str__(self) -> str:
        return str(self.network)


@dataclass(frozen=True, slots=True)
class DnsTarget:
    """A DNS name outside the cluster whose addresses are not known."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class EntityTarget:
    """A Cilium entity: `world`, `host`, `remote-node`, `kube-apiserver`, `health`, ..."""

    name: str

    def __str__(self) -> str:
        return self.name


Target = (
    PodTarget
    | WorkloadTarget
    | ServiceTarget
    | NamespaceTarget
    | AddressTarget
    | RangeTarget
    | DnsTarget
    | EntityTarget
)
