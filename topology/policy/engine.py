"""The policy engine: one connection between two ends, decided by identity class, explained by rule.

How to use it (signatures are final):

    engine = PolicyEngine.build(cluster)                      # profile "1.18"; once per cluster
    decision = engine.decide(src, dst, port=8080)             # src, dst: PodTarget, AddressTarget, ...
    decision.verdict, decision.egress, decision.ingress, decision.l7, decision.conditions
    engine.open_ports(src, dst).allowed                       # PortSet: `80/TCP, 1000-2000/UDP`
    engine.selecting(pod)                                     # the policies that select it
    engine.problems                                           # rejected policies, doubtful parts

Asking for many pods: `engine.class_of(pod)` numbers pods so that pods of one class get equal
answers to every question, whichever end they are at (a pod towards itself excepted: always
allowed). `engine.classes()` lists them with their pods. Group by class, ask once per class.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from topology.model import Cluster, Document, Location, Pod, Problem, Protocol
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.verdict import Direction, HttpRequest, Layer
from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget, RangeTarget

__all__ = ["PeerTarget", "PolicyDecision", "PolicyEngine", "PortOutcome", "Selection"]

PeerTarget = PodTarget | AddressTarget | RangeTarget | DnsTarget | EntityTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDecision:
    """What the network policies say of one connection."""

    verdict: Literal["allow", "deny", "unknown"]
    """Of egress, ingress and, when a request was given, L7 together."""
    egress: Layer
    """`layer="egress-policy"`; verdict `none` where the source is no pod of the cluster."""
    ingress: Layer
    """`layer="ingress-policy"`; verdict `none` where the destination is no pod of the cluster."""
    l7: Layer | None = None
    """None where no L7 rule applies; verdict `allow` with conditions where no request was given."""
    l7_verdict: Literal["allow", "deny", "unknown", "conditional"] | None = None
    conditions: tuple[str, ...] = ()
    """What must further hold, such as the HTTP requests that L7 rules let through."""
    error: str = ""
    """Why Cilium itself could not compute the policy of an end; the verdict is then `unknown`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOutcome:
    """The ports between two ends; what is in neither set is denied."""

    allowed: PortSet
    unknown: PortSet
    conditional: PortSet
    """The part of `allowed` on which L7 rules decide further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A policy that selects a pod, in one direction."""

    policy: str
    """`Kind/namespace/name`."""
    direction: Direction
    default_deny: bool
    """Whether it makes this direction deny what no rule allows."""
    rules: int
    """How many rules it has for this pod in this direction."""
    location: Location


class PolicyEngine:
    """NetworkPolicy, CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy of one cluster."""

    problems: tuple[Problem, ...]
    cluster: Cluster
    profile: Profile

    @classmethod
    def build(
        cls,
        cluster: Cluster,
        *,
        profile: Profile | str = "1.18",
        policies: Iterable[Document] | None = None,
        clusters: Mapping[str, str] | None = None,
    ) -> "PolicyEngine":
        """Build the engine.

        Args:
            cluster: Pods, namespaces, nodes, and the policies unless given.
            profile: Whose semantics; `1.18`, `1.19`, `kubernetes`, or a Profile of your own.
            policies: Instead of `cluster.policies`; other kinds among them are left aside.
            clusters: Name of the mesh cluster of pods that are not local, by `namespace/name`.
        """
        raise NotImplementedError

    def decide(
        self,
        src: PeerTarget,
        dst: PeerTarget,
        *,
        port: int | None,
        protocol: Protocol = "TCP",
        http: HttpRequest | None = None,
        dns: str | None = None,
    ) -> PolicyDecision:
        """Decide one connection.

        Args:
            src: The end that opens the connection.
            dst: The other end; a Service must already have been resolved to a backend.
            port: Port of the destination pod, ICMP type for ICMP; None asks for every port of the
                protocol: allow only if all are, deny only if none is, else unknown.
            protocol: Transport protocol.
            http: The HTTP request, where L7 shall be decided.
            dns: The DNS name asked for, where the connection is a DNS query.
        """
        raise NotImplementedError

    def open_ports(self, src: PeerTarget, dst: PeerTarget) -> PortOutcome:
        """Return every port of every protocol that is open between two ends."""
        raise NotImplementedError

    def selecting(self, pod: Pod) -> tuple[Selection, ...]:
        """Return the policies that select a pod, per direction, sorted."""
        raise NotImplementedError

    def class_of(self, pod: Pod) -> int:
        """Return the number of the class of pods that get the same answers as this pod."""
        raise NotImplementedError

    def classes(self) -> tuple[tuple[Pod, ...], ...]:
        """Return the pods of each class; the position is the number of the class."""
        raise NotImplementedError
