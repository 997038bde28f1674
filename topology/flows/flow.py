"""One flow as Hubble observed it: the fields that anything here makes use of.

Source: `flow.proto` of Cilium 1.10 to 1.19. The JSON of proto3 leaves out zero values, so what is
absent has the value that stands here as default; only `is_reply` tells absent from false.
"""

from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "ACK",
    "FIN",
    "NOBODY",
    "PSH",
    "RST",
    "SYN",
    "Dns",
    "Endpoint",
    "Flow",
    "Http",
    "Kafka",
    "PolicyName",
]

SYN, ACK, FIN, RST, PSH = 1, 2, 4, 8, 16
"""Bits of `Flow.flags`."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a flow, as far as Cilium knew it."""

    namespace: str = ""
    pod: str = ""
    identity: int = 0
    """Cilium's number; 1 host, 2 world, 4 health, 6 remote-node, 7 kube-apiserver, 8 ingress."""
    labels: tuple[str, ...] = ()
    """As written: `k8s:app=web`, `reserved:world`."""
    workloads: tuple[tuple[str, str], ...] = ()
    """Kind and name of the owners, from Cilium 1.12 on."""

    @property
    def reserved(self) -> frozenset[str]:
        """Return the names of its reserved labels, such as `world`."""
        return frozenset(one[9:] for one in self.labels if one.startswith("reserved:"))

    @property
    def name(self) -> str:
        """Return `namespace/pod`; empty for what is no pod."""
        return f"{self.namespace}/{self.pod}" if self.pod else ""


NOBODY = Endpoint()


@dataclass(frozen=True, slots=True)
class Dns:
    """A DNS message, as the DNS proxy saw it."""

    query: str
    """Lower case, without the trailing dot."""
    rcode: int = 0
    """0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED; means nothing in a query."""
    qtypes: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP request, or the response to one."""

    method: str = ""
    url: str = ""
    code: int = 0
    """0 in a request."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """A Kafka request or response."""

    api_key: str = ""
    topic: str = ""
    error_code: int = 0


@dataclass(frozen=True, slots=True)
class PolicyName:
    """A policy to which Cilium (1.15 and later) puts a verdict down."""

    kind: str
    """Empty where the export does not say, before 1.17."""
    namespace: str
    name: str
    direction: str
    """`egress` or `ingress`."""
    allows: bool

    @property
    def key(self) -> str:
        """Return `Kind/namespace/name` as far as it is known."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


class Flow(NamedTuple):
    """One flow; make it with keywords.

    A named tuple, as making a frozen dataclass of so many fields takes half of the time of
    reading a flow. Addresses are text as written: turning two million into objects takes longer
    than the rest of the reading, and only those of distinct ends are ever asked about.
    """

    time: int = 0
    """Nanoseconds since 1970, UTC; 0 where the export does not say."""
    uuid: str = ""
    verdict: str = ""
    """FORWARDED, DROPPED, ERROR, AUDIT, REDIRECTED (to the proxy), TRACED or TRANSLATED."""
    drop_reason: int = 0
    """Of a dropped flow; see `topology.flows.drop_reasons`."""
    source_address: str = ""
    destination_address: str = ""
    protocol: str = ""
    """TCP, UDP, SCTP, ICMP, ICMPv6; empty where the flow says none."""
    source_port: int = 0
    destination_port: int = 0
    """For ICMP the type."""
    flags: int = 0
    """TCP flags: a sum of `SYN`, `ACK`, `FIN`, `RST`, `PSH`."""
    source: Endpoint = NOBODY
    destination: Endpoint = NOBODY
    source_names: tuple[str, ...] = ()
    """DNS names by which the other end knew this address."""
    destination_names: tuple[str, ...] = ()
    source_service: str = ""
    """`namespace/name`."""
    destination_service: str = ""
    kind: str = ""
    """L3_L4, L7 or SOCK."""
    event: int = 0
    """1 drop, 4 trace, 5 policy verdict, 129 L7."""
    direction: str = ""
    """INGRESS or EGRESS, seen from the pod at which it was observed."""
    point: str = ""
    """Where a trace was taken: TO_ENDPOINT, TO_PROXY, TO_OVERLAY, ..."""
    is_reply: bool | None = None
    """None where Cilium did not know."""
    node: str = ""
    l7: str = ""
    """REQUEST, RESPONSE or SAMPLE."""
    latency: int = 0
    """Of an L7 response, nanoseconds."""
    dns: Dns | None = None
    http: Http | None = None
    kafka: Kafka | None = None
    policies: tuple[PolicyName, ...] = ()
    stands_for: int = 1
    """Flows that this one stands for, where the exporter aggregated them."""
