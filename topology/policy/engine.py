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
from typing import Literal

from topology.model import Cluster, Document, Pod, Problem, Protocol
from topology.policy.connections import Connections, check_port
from topology.policy.coverage import Idle, find_idle
from topology.policy.decision import (
    PolicyDecision,
    PortOutcome,
    Selection,
    except_for,
    merge,
)
from topology.policy.difference import Difference, difference
from topology.policy.ends import End, PeerTarget
from topology.policy.evaluation import CompiledRule, named_networks
from topology.policy.ground import Ground
from topology.policy.kafka import KafkaRequest
from topology.policy.loosening import Loosening, loosenings
from topology.policy.matrix import Matrix
from topology.policy.networks import named_parts
from topology.policy.ports import PortSet
from topology.policy.profile import Profile, profile_named
from topology.policy.readings import Readings
from topology.policy.rules import Rule
from topology.policy.subjects import Subjects
from topology.policy.verdict import Direction, HttpRequest, combine
from topology.targets import AddressTarget, EntityTarget, PodTarget

__all__ = ["PeerTarget", "PolicyDecision", "PolicyEngine", "PortOutcome", "Selection"]


_WORLD = EntityTarget("world")


class PolicyEngine:
    """NetworkPolicy, CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy of one cluster."""

    def __init__(self, connections: Connections, readings: Readings) -> None:
        self.cluster = connections.ground.cluster
        self.profile = connections.ground.profile
        self._ground = connections.ground
        self._classes = connections.ground.classes
        self._connections = connections
        self._readings = readings

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
        readings = Readings.read(cluster, documents, chosen)
        ground = Ground(cluster, readings.rules, profile=chosen, clusters=clusters or {})
        return cls(Connections(ground, Subjects.of_rules(ground, readings.rules)), readings)

    @property
    def connections(self) -> Connections:
        """Return what decides between identities, for those who look at every rule."""
        return self._connections

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return the rules of all policies, in the order of policy and field."""
        return self._readings.rules

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return the policies that are rejected, and the parts of others that are doubtful."""
        return self._readings.problems

    @property
    def documents(self) -> tuple[Document, ...]:
        """Return the policies that the engine decides by, sorted."""
        return self._readings.documents

    def with_(self, documents: Iterable[Document]) -> "PolicyEngine":
        """Return the engine with further policies; one of a known name replaces that one."""
        return self.changed(add=documents)

    def without(self, policies: Iterable[str]) -> "PolicyEngine":
        """Return the engine without some policies, given by `Kind/namespace/name`.

        Raises:
            UnknownName: There is no such policy.
        """
        return self.changed(remove=policies)

    def changed(
        self, *, add: Iterable[Document] = (), remove: Iterable[str] = ()
    ) -> "PolicyEngine":
        """Return the engine with and without some policies; only what they select is redone.

        Raises:
            UnknownName: A policy that is to be removed does not exist.
        """
        readings, added, removed = self._readings.changed(add, remove, self.cluster, self.profile)
        if not self._ground.covers(added):
            return PolicyEngine(_rooted(self._ground, readings.rules, self.rules), readings)
        subjects, _ = self._connections.subjects.changed(added, removed)
        return PolicyEngine(self._connections.changed(subjects), readings)

    def what_if(self, *, add: Iterable[Document] = (), remove: Iterable[str] = ()) -> Difference:
        """Return exactly what policies that are added or taken away open and close.

        Raises:
            UnknownName: A policy that is to be removed does not exist.
        """
        readings, added, removed = self._readings.changed(add, remove, self.cluster, self.profile)
        before = self._connections
        if not self._ground.covers(added):
            before = _rooted(self._ground, self.rules, readings.rules)
        subjects, touched = before.subjects.changed(added, removed)
        return difference(before, before.changed(subjects), touched)

    def covering(self, documents: Iterable[Document]) -> "PolicyEngine":
        """Return the same policies on ground that tells apart what further ones could.

        Trying many policies out, one after the other, then redoes only what each selects.
        """
        further = Readings.read(self.cluster, documents, self.profile).rules
        if self._ground.covers(further):
            return self
        return PolicyEngine(_rooted(self._ground, self.rules, further), self._readings)

    def loosened(
        self, *, add: Iterable[Document] = (), remove: Iterable[str] = ()
    ) -> tuple[Loosening, ...]:
        """Return what single ends would newly let through, even where the other end does not.

        Raises:
            UnknownName: A policy that is to be removed does not exist.
        """
        readings, added, removed = self._readings.changed(add, remove, self.cluster, self.profile)
        before = self._connections
        if not self._ground.covers(added):
            before = _rooted(self._ground, self.rules, readings.rules)
        subjects, touched = before.subjects.changed(added, removed)
        return tuple(loosenings(before, before.changed(subjects), touched))

    def matrix(self) -> Matrix:
        """Return what every end may open to every other, over all ports."""
        return self._connections.matrix

    def idle(self) -> tuple[Idle, ...]:
        """Return the policies and rules that have no effect on this cluster."""
        return find_idle(self._connections)

    def verdict(
        self, src: PeerTarget, dst: PeerTarget, *, port: int, protocol: Protocol = "TCP"
    ) -> Literal["allow", "deny", "unknown"]:
        """Return the verdict that `decide` gives on a port, without its explanation.

        Raises:
            InvalidQuery: As for `decide`.
        """
        numbers = self._classes.by_id
        try:
            source, destination = numbers[id(src.pod)], numbers[id(dst.pod)]  # type: ignore[union-attr]
        except (AttributeError, KeyError):  # No pod, or one that is not as this cluster holds it.
            return self.decide(src, dst, port=port, protocol=protocol).verdict
        return self._connections.verdict(source, destination, port, protocol)

    def allows(self, source: int, destination: int, port: int, protocol: Protocol = "TCP") -> bool:
        """Return whether pods of one class may open a connection to pods of another.

        Args:
            source: Number of a class, as `class_of` gives it.
            destination: Likewise.
            port: Of the destination pod; the type for ICMP.
            protocol: Transport protocol.
        """
        return self._connections.verdict(source, destination, port, protocol) == "allow"

    def decide(
        self,
        src: PeerTarget,
        dst: PeerTarget,
        *,
        port: int | None,
        protocol: Protocol = "TCP",
        http: HttpRequest | None = None,
        dns: str | None = None,
        sni: str | None = None,
        kafka: KafkaRequest | None = None,
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
            sni: The server name of the TLS handshake, where the connection is TLS.
            kafka: The request to a Kafka broker, where L7 shall be decided.

        Raises:
            InvalidQuery: An end cannot be an end of a connection, or there is no such port.
        """
        check_port(protocol, port)
        numbers = self._classes.by_id
        if isinstance(src, PodTarget) and isinstance(dst, PodTarget):
            source, destination = numbers.get(id(src.pod)), numbers.get(id(dst.pod))
            if source is not None and destination is not None:
                identities = self._classes.index.identities
                return self._connections.decide(
                    identities[source],
                    identities[destination],
                    protocol,
                    port,
                    http,
                    dns,
                    sni,
                    kafka,
                )
        return self._decide_parts(
            src, dst, port=port, protocol=protocol, http=http, dns=dns, sni=sni, kafka=kafka
        )

    def _decide_parts(
        self,
        src: PeerTarget,
        dst: PeerTarget,
        *,
        port: int | None,
        protocol: Protocol,
        http: HttpRequest | None,
        dns: str | None,
        sni: str | None,
        kafka: KafkaRequest | None,
    ) -> PolicyDecision:
        """Decide between ends that may have several identities."""
        parts = []
        for source, destination in self._pairs(src, dst):
            decision = self._connections.decide(
                source.identity, destination.identity, protocol, port, http, dns, sni, kafka
            )
            text = ", ".join(part for part in (source.part, destination.part) if part)
            parts.append((text, decision))
        decision = merge(parts)
        if _WORLD in (src, dst):
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
                ends = (outside, dst) if src == _WORLD else (src, outside)
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
        return list(product(self._ground.ends.of(src, dst), self._ground.ends.of(dst, src)))


def _rooted(ground: Ground, rules: Iterable[Rule], others: Iterable[Rule]) -> Connections:
    """Return the connections under some rules, on ground that tells others apart as well."""
    rules = tuple(rules)
    wider = Ground(
        ground.cluster, [*rules, *others], profile=ground.profile, clusters=ground.clusters
    )
    return Connections(wider, Subjects.of_rules(wider, rules))
