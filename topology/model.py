"""The network as values: what was read from the files, frozen and free of any framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from types import MappingProxyType
from typing import Any, Literal

__all__ = [
    "Address",
    "Cluster",
    "ContainerPort",
    "Document",
    "Endpoint",
    "Location",
    "Namespace",
    "Network",
    "Node",
    "Pod",
    "Problem",
    "Protocol",
    "Service",
    "ServicePort",
    "Source",
    "Workload",
]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Protocol = Literal["TCP", "UDP", "SCTP", "ICMP", "ICMPv6"]
Severity = Literal["error", "warning"]
Labels = Mapping[str, str]

NO_LABELS: Labels = MappingProxyType({})


def _no_labels() -> Labels:
    """Return the empty mapping (a mapping proxy cannot be a dataclass default in Python 3.11)."""
    return NO_LABELS


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A file and a line in it, as a person would look for them."""

    file: str
    """As given by the user: relative if the user gave a relative path; `-` for stdin."""
    line: int = 0
    """Counted from 1; 0 means that the line is not known."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Source:
    """Where one object was read, down to the line of every field in it."""

    file: str
    lines: Mapping[str, int] = field(default_factory=dict)
    """Field path to line, such as `spec.ingress[0].toPorts[1]`; the object itself is ``""``."""

    def at(self, path: str = "") -> Location:
        """Return the location of a field, or of the nearest field around it that is known."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return Location(self.file, self.lines.get(path, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in the input that was set aside or doubted; the rest of the input still works."""

    severity: Severity
    code: str
    """Stable and short, such as `yaml-syntax` or `duplicate-object`."""
    message: str
    """One sentence of fact; quotes the offending text in backticks."""
    hint: str = ""
    """One sentence that says what to do."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One policy-like object, kept as it was written, with the line of each field.

    Used for every kind whose fields decide verdicts: the policies, and ServiceEntry, Gateway,
    CiliumCIDRGroup and the mesh ConfigMaps.
    """

    kind: str
    api_version: str
    namespace: str
    """Empty for cluster-wide kinds; `default` when a namespaced object names none."""
    name: str
    body: Mapping[str, Any]
    """The whole object as parsed; never changed."""
    source: Source

    @property
    def key(self) -> str:
        """Return `Kind/namespace/name`, or `Kind/name` for cluster-wide kinds."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace; `declared` is false when it is known only because an object names it."""

    name: str
    labels: Labels = field(default_factory=lambda: NO_LABELS)
    declared: bool = True
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A cluster node."""

    name: str
    labels: Labels = field(default_factory=lambda: NO_LABELS)
    addresses: tuple[Address, ...] = ()
    pod_cidrs: tuple[Network, ...] = ()
    max_pods: int = 0
    """How many pods it may hold, as it says itself; 0 where it does not say."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class ContainerPort:
    """A port that a container declares."""

    number: int
    protocol: Protocol = "TCP"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod, real or planned (the pod that a bare workload would make)."""

    namespace: str
    name: str
    labels: Labels = field(default_factory=lambda: NO_LABELS)
    annotations: Labels = field(default_factory=lambda: NO_LABELS)
    addresses: tuple[Address, ...] = ()
    node: str = ""
    service_account: str = "default"
    host_network: bool = False
    ports: tuple[ContainerPort, ...] = ()
    containers: tuple[str, ...] = ()
    """Names of all containers, init containers included (`istio-proxy` among them if injected)."""
    ready: bool = True
    running: bool = True
    """False once the pod has finished (phase Succeeded or Failed)."""
    workload: str = ""
    """Name of the workload that owns it, in the same namespace; its own name for a bare pod."""
    workload_kind: str = "Pod"
    planned: bool = False
    location: Location | None = None

    @property
    def full_name(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A Deployment, StatefulSet, DaemonSet, Job, CronJob, or a bare Pod, with its pods."""

    kind: str
    namespace: str
    name: str
    labels: Labels = field(default_factory=lambda: NO_LABELS)
    """Labels of its pods: of the template if known, otherwise of the first pod."""
    pods: tuple[Pod, ...] = ()
    """Never empty: a workload without real pods holds the planned ones."""
    replicas: int | None = None
    """As asked for; None when the export does not say."""
    environment: Labels = field(default_factory=lambda: NO_LABELS)
    """Literal environment variables of its containers (they often name the services it calls)."""
    location: Location | None = None

    @property
    def full_name(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePort:
    """One port of a Service."""

    port: int
    protocol: Protocol = "TCP"
    name: str = ""
    target: int | str = 0
    """Container port number or name; equals `port` when the Service does not say."""
    node_port: int = 0
    app_protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One backend address of a Service, from an EndpointSlice."""

    address: Address
    ready: bool = True
    pod: str = ""
    """Name of the pod in the Service's namespace, when the slice says."""
    node: str = ""
    """Name of the node it is on, when the slice says."""
    ports: tuple[ContainerPort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A Service with its endpoints, when EndpointSlices were in the input."""

    namespace: str
    name: str
    labels: Labels = field(default_factory=lambda: NO_LABELS)
    type: str = "ClusterIP"
    selector: Labels = field(default_factory=lambda: NO_LABELS)
    """Empty for a Service without selector."""
    ports: tuple[ServicePort, ...] = ()
    cluster_ips: tuple[Address, ...] = ()
    external_addresses: tuple[Address, ...] = ()
    """externalIPs and the load balancer's own addresses."""
    external_name: str = ""
    headless: bool = False
    external_traffic_policy: str = ""
    internal_traffic_policy: str = ""
    session_affinity: str = ""
    publish_not_ready: bool = False
    source_ranges: tuple[Network, ...] = ()
    """loadBalancerSourceRanges: who may use the load balancer; empty for everyone."""
    ip_families: tuple[str, ...] = ()
    """`IPv4` and `IPv6` in the order in which the Service has them; empty when not said."""
    ip_family_policy: str = ""
    annotations: Labels = field(default_factory=lambda: NO_LABELS)
    endpoints: tuple[Endpoint, ...] | None = None
    """None when the input holds no EndpointSlice of this Service."""
    location: Location | None = None

    @property
    def full_name(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Everything that was read about one cluster; sorted, so that results are deterministic."""

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    policies: tuple[Document, ...] = ()
    """NetworkPolicy, CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy, AuthorizationPolicy,
    PeerAuthentication and RequestAuthentication."""
    documents: tuple[Document, ...] = ()
    """ServiceEntry, Gateway (Istio and Gateway API), Ingress and routes, CiliumCIDRGroup, mesh
    ConfigMaps, ..."""
    reports: tuple[Document, ...] = ()
    """What tells of the state of things, kept as written: pods that are not ready, nodes in
    trouble, warning Events, the configuration of CoreDNS, CiliumLocalRedirectPolicy, ..."""
    azure: tuple[Document, ...] = ()
    """What the Azure CLI printed, by kinds such as `VirtualNetwork`; see `topology.azure`."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """How many objects of each kind the input held, kinds that are not used included."""
    unused_kinds: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Return every pod, real or planned, in the order of the workloads."""
        return tuple(pod for workload in self.workloads for pod in workload.pods)
