"""The policy engine: one connection between two ends, decided by identity class, explained by rule.

How to use it (signatures are final):

    engine = PolicyEngine.build(cluster)                      # profile "1.18"; once per cluster
    decision = engine.decide(src, dst, port=8080)             # PodTarget, AddressTarget
    decision.verdict, decision.egress, decision.ingress, decision.l7, decision.conditions
    engine.open_ports(src, dst).allowed                       # PortSet: `80/TCP, 1000-2000/UDP`
    engine.selecting(pod)                                     # the policies that select it
    engine.problems                                           # rejected policies, doubtful parts

Asking for many pods: `engine.class_of(pod)` numbers pods so that pods of one class get equal
answers to every question, whichever end they are at. `engine.classes()` lists them with their
pods. Group by class, ask once per class; `engine.question_key(src, dst)` does the same for pairs
in which an end is on the host network. A pod towards itself is judged like any two pods of its
class, as in Cilium's engine, although such traffic never leaves the pod.
"""

from collections.abc import Hashable, Iterable, Mapping
from itertools import product
from operator import itemgetter

from topology.errors import InvalidQuery
from topology.model import Cluster, Document, Pod, Problem, Protocol
from topology.policy.connections import Connections
from topology.policy.decision import (
    PolicyDecision,
    PortOutcome,
    Selection,
    except_for,
    merge,
)
from topology.policy.ends import End, Ends, PeerTarget
from topology.policy.evaluation import CompiledRule, named_networks
from topology.policy.explanation import ports_asked
from topology.policy.networks import named_parts
from topology.policy.pods import PodClasses
from topology.policy.ports import PortSet
from topology.policy.profile import Profile, profile_named
from topology.policy.reading import read_policies
from topology.policy.rules import Rule
from topology.policy.verdict import Direction, HttpRequest, combine
from topology.targets import AddressTarget, EntityTarget

__all__ = ["PeerTarget", "PolicyDecision", "PolicyEngine", "PortOutcome", "Selection"]


class PolicyEngine:
    """NetworkPolicy, CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy of one cluster."""

    def __init__(
        self,
        cluster: Cluster,
        rules: tuple[Rule, ...],
        problems: tuple[Problem, ...],
        profile: Profile,
        clusters: Mapping[str, str],
    ) -> None:
        self.cluster = cluster
        self.profile = profile
        self.rules = rules
        self.problems = problems
        self._classes = PodClasses(cluster, rules, profile=profile, clusters=clusters)
        self._ends = Ends(cluster, self._classes, rules, profile)
        self._connections = Connections(rules, self._classes, nodes=cluster.nodes, profile=profile)
        self._decisions: dict[Hashable, PolicyDecision] = {}

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

        Raises:
            InvalidQuery: No profile has this name.
        """
        chosen = profile_named(profile)
        documents = cluster.policies if policies is None else policies
        rules, problems = read_policies(cluster, documents, chosen)
        return cls(cluster, rules, problems, chosen, clusters or {})

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

        Raises:
            InvalidQuery: An end cannot be an end of a connection, or there is no such port.
        """
        parts = []
        for source, destination in self._pairs(src, dst):
            key = (source.identity, destination.identity, protocol, port, http, dns)
            decision = self._decisions.get(key)
            if decision is None:
                _check_port(protocol, port)
                decision = self._connections.decide(*key)
                if http is None and dns is None:
                    self._decisions[key] = decision
            text = ", ".join(part for part in (source.part, destination.part) if part)
            parts.append((text, decision))
        decision = merge(parts)
        if EntityTarget("world") in (src, dst):
            return self._but_for(decision, src, dst, port=port, protocol=protocol)
        return decision

    def _but_for(
        self,
        decision: PolicyDecision,
        src: PeerTarget,
        dst: PeerTarget,
        *,
        port: int | None,
        protocol: Protocol,
    ) -> PolicyDecision:
        """Add the addresses outside that rules treat otherwise than the world at large."""
        differing = []
        for source, destination in self._pairs(src, dst):
            sides = self._connections.sides(source.identity, destination.identity)
            for part in named_parts(named_networks(row for _, row in sides if row)):
                outside = AddressTarget(part.network_address)
                ends = (outside, dst) if src == EntityTarget("world") else (src, outside)
                found = self.decide(*ends, port=port, protocol=protocol)
                verdict = combine((found.egress, found.ingress))
                if verdict != combine((decision.egress, decision.ingress)):
                    differing.append((verdict, str(part)))
        return except_for(decision, list(dict.fromkeys(differing)))

    def open_ports(self, src: PeerTarget, dst: PeerTarget) -> PortOutcome:
        """Return every port of every protocol that is open between two ends."""
        outcomes = [
            self._connections.open(s.identity, d.identity) for s, d in self._pairs(src, dst)
        ]
        allowed, possible = outcomes[0][0], PortSet.EMPTY
        conditional = PortSet.EMPTY
        for certain, perhaps, proxied in outcomes:
            allowed &= certain
            possible |= perhaps
            conditional |= proxied
        return PortOutcome(
            allowed=allowed, unknown=possible - allowed, conditional=conditional & allowed
        )

    def selecting(self, pod: Pod) -> tuple[Selection, ...]:
        """Return the policies that select a pod, per direction, sorted."""
        number = self._classes.of.get(pod.full_name)
        if number is None:
            return ()
        found: dict[tuple[str, Direction], list[CompiledRule]] = {}
        for direction, one in self._connections.selecting(number):
            found.setdefault((one.rule.policy, direction), []).append(one)
        return tuple(
            Selection(
                policy=policy,
                direction=direction,
                default_deny=any(one.rule.default_deny for one in rules),
                rules=len(rules),
                location=rules[0].rule.section,
                doubt=rules[0].doubt,
            )
            for (policy, direction), rules in sorted(found.items(), key=itemgetter(0))
        )

    def class_of(self, pod: Pod) -> int:
        """Return the number of the class of pods that get the same answers as this pod.

        Negative for a pod on the host network: whether it counts as `host` or `remote-node`
        depends on the node of the other end, so such pairs are asked one by one.
        """
        return self._classes.of.get(pod.full_name, -1)

    def classes(self) -> tuple[tuple[Pod, ...], ...]:
        """Return the pods of each class; the position is the number of the class."""
        return tuple(tuple(one.pods) for one in self._classes.classes)

    def question_key(self, src: PeerTarget, dst: PeerTarget) -> Hashable:
        """Return a key such that pairs of ends with equal keys get equal decisions."""
        return tuple((s.identity, d.identity) for s, d in self._pairs(src, dst))

    def _pairs(self, src: PeerTarget, dst: PeerTarget) -> list[tuple[End, End]]:
        return list(product(self._ends.of(src, dst), self._ends.of(dst, src)))


def _check_port(protocol: Protocol, port: int | None) -> None:
    try:
        ports_asked(protocol, port or 0)
    except (KeyError, ValueError):
        message = f"`{port}/{protocol}` is no port."
        hint = "Give 0 to 65535 for TCP, UDP and SCTP, an ICMP type from 0 to 255."
        raise InvalidQuery(message, hint=hint) from None
