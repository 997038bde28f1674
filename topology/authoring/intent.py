"""What a request for a policy asks for, as values: understood, and not yet written as a policy.

A reader of language makes an `Intent`; drafting makes documents and a `Contract` of it. Nothing
here knows a kind of policy beyond its name, so that one intent can be written in several.
"""

from dataclasses import dataclass
from typing import Literal

from topology.model import Network

__all__ = [
    "Accounts",
    "Anyone",
    "Clause",
    "DnsNames",
    "Effect",
    "Entities",
    "Intent",
    "KafkaTest",
    "Kind",
    "LabelTest",
    "Networks",
    "Nodes",
    "Party",
    "Pods",
    "PortSpan",
    "RequestTest",
    "ServiceParty",
    "TokenTest",
    "Traffic",
]

Kind = Literal[
    "AuthorizationPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "NetworkPolicy",
    "PeerAuthentication",
    "RequestAuthentication",
]
Effect = Literal["allow", "deny"]
Side = Literal["ingress", "egress"]


@dataclass(frozen=True, slots=True)
class LabelTest:
    """One condition on one label, of pods, namespaces, nodes or Services."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = "Exists"
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """Pods by label and namespace; without any test, every pod of the namespaces."""

    labels: tuple[LabelTest, ...] = ()
    """All must hold."""
    namespaces: tuple[str, ...] | None = ()
    """By name; empty means the policy's own namespace, None means every namespace."""
    namespace_labels: tuple[LabelTest, ...] = ()
    """Conditions on the labels of the namespace, in addition; then `namespaces` is None."""
    cluster: str = ""
    """Name of the mesh cluster that they must be in; empty for any."""
    workload: str = ""
    """`namespace/name` of the workload that the words meant, where they named one."""


@dataclass(frozen=True, slots=True)
class ServiceParty:
    """The backends of one Service, or of the Services with some labels."""

    namespace: str
    name: str = ""
    labels: tuple[LabelTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Accounts:
    """Callers by identity, which only mutual TLS or the cluster's own identities can prove."""

    principals: tuple[str, ...] = ()
    """As AuthorizationPolicy writes them, such as `cluster.local/ns/shop/sa/web` or `*`."""
    accounts: tuple[str, ...] = ()
    """Service accounts as `namespace/name`."""
    namespaces: tuple[str, ...] = ()
    """Any identity of these namespaces."""


@dataclass(frozen=True, slots=True)
class Entities:
    """Cilium's entities: `world`, `cluster`, `host`, `remote-node`, `kube-apiserver`, ..."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Networks:
    """Addresses outside the cluster's pods."""

    network: Network
    exceptions: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsNames:
    """Names outside the cluster, whole (`api.example.com`) or patterns (`*.example.com`)."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of the cluster by label; without any test, every node."""

    labels: tuple[LabelTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Anyone:
    """No limit at all: every pod, node and address."""


Party = Pods | ServiceParty | Accounts | Entities | Networks | DnsNames | Nodes | Anyone


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSpan:
    """A range of ports, a named port, an ICMP type, or a whole protocol (first 0)."""

    first: int = 0
    last: int = 0
    name: str = ""
    protocol: str = "ANY"
    """`ANY`, `TCP`, `UDP`, `SCTP`, `ICMP`, `ICMPv6`, or one without ports, such as `GRE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTest:
    """HTTP requests: each field that is set must match."""

    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Exact, or with one `*` at an end for a prefix or suffix, as AuthorizationPolicy writes them;
    a segment `{*}` is one of any value, `{**}` any rest; a regular expression when `regex` is set.
    """
    regex: bool = False
    queries: bool = False
    """Whether a query string may follow an exact path: for Cilium it is part of the path, while
    Istio looks at the path without it."""
    hosts: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Names with the value that is asked for; an empty value asks for presence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTest:
    """A valid token that the request must carry."""

    issuers: tuple[str, ...] = ()
    """Empty for any issuer that a RequestAuthentication knows."""
    subjects: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    claims: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Path of each claim, with the values of which one is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaTest:
    """Requests to a Kafka broker: each field that is set must match."""

    role: str = ""
    """`produce` or `consume`: what a client needs for it; then `key` is empty."""
    key: str = ""
    """A single kind of request, such as `metadata`, as Cilium names them."""
    topic: str = ""
    version: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What may pass; nothing set means everything."""

    ports: tuple[PortSpan, ...] = ()
    requests: tuple[RequestTest, ...] = ()
    """Any of them."""
    kafka: tuple[KafkaTest, ...] = ()
    """Any of them."""
    dns: tuple[str, ...] = ()
    """Names or patterns that DNS queries may ask for."""
    server_names: tuple[str, ...] = ()
    """SNI of the TLS handshake."""
    tokens: tuple[TokenTest, ...] = ()
    """Any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sentence of a request: who may, or may not, open what to whom."""

    effect: Effect
    sources: tuple[Party, ...] = (Anyone(),)
    """Any of them."""
    destinations: tuple[Party, ...] = (Anyone(),)
    traffic: Traffic = Traffic()
    only: bool = False
    """Nothing else may, on the side that `side` names."""
    side: Side | None = None
    """Where it is enforced: at the destination (ingress) or the source (egress); None leaves it to
    drafting, which takes the side whose party can be selected, and both where both must be open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Everything that one request asks for."""

    clauses: tuple[Clause, ...] = ()
    isolate: tuple[tuple[Pods | Nodes, Side], ...] = ()
    """Subjects that get default deny in a direction, apart from what clauses allow."""
    mutual_tls: tuple[tuple[Pods, str, tuple[tuple[int, str], ...]], ...] = ()
    """Subjects with their mode (`STRICT`, `PERMISSIVE`, `DISABLE`), and modes of single ports."""
    issuers: tuple[tuple[Pods, tuple[str, ...]], ...] = ()
    """Subjects with the token issuers that their RequestAuthentication accepts."""
    kinds: tuple[Kind, ...] = ()
    """Kinds that the request names; empty leaves the choice to drafting."""
    layered: bool = False
    """Defence in depth was asked for: network policy and mesh policy together."""
    keep: tuple[Literal["dns", "probes", "metrics"], ...] = ()
    """What must go on working although no clause names it."""
    name: str = ""
    namespace: str = ""
    """Where the policy goes; empty where the subjects say."""
    exact: bool = False
    """Nothing is added that the request does not name, not even DNS."""
    additive: bool = False
    """The policies add to what is allowed, and close nothing."""
    dry_run: bool = False
    """The mesh shall only log what its policies would decide."""
    request: str = ""
    """The words, as a person wrote them."""
