"""What checks look at: the cluster with its engines, and facts that several checks share."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from topology.calls import Call, calls
from topology.gaps import GapReport, find_gaps, is_system
from topology.model import Cluster, Document, Pod, Protocol, Workload
from topology.policy.connections import Connections
from topology.policy.coverage import Idle
from topology.policy.engine import PolicyEngine
from topology.policy.evaluation import CompiledRule
from topology.policy.istio.connection import Connection, IpRange
from topology.policy.istio.engine import MeshPolicies
from topology.policy.istio.matching import Scope, holds
from topology.policy.istio.rules import AuthorizationPolicy, Test
from topology.policy.istio.situations import Situations
from topology.policy.istio.truth import Gap, Truth
from topology.policy.matrix import members
from topology.policy.networks import inner_networks
from topology.policy.ports import PortSet
from topology.policy.reading import KINDS
from topology.policy.rules import Rule
from topology.policy.validation import Finding
from topology.policy.validation.document import validate
from topology.policy.verdict import Direction
from topology.review.checks import Need
from topology.review.suppression import Suppression
from topology.targets import PodTarget

__all__ = ["Placed", "ReviewContext"]

_AKS_LABEL = "kubernetes.azure.com/"
_CERTAIN = "kube-system"
"""Every cluster has it, so an input that declares it lists the namespaces."""
_MISSING: Mapping[Need, str] = {
    "aks": "no node in the input has a label of AKS (`kubernetes.azure.com/...`)",
    "namespaces": "the input declares no Namespace",
    "pods": "the input holds no pods and no workloads",
    "services": "the input holds no Service",
    "sidecars": "no pod of the input is known to carry a sidecar",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule with the classes of pods that it surely selects."""

    compiled: CompiledRule
    numbers: tuple[int, ...]
    document: Document

    @property
    def rule(self) -> Rule:
        """Return the rule."""
        return self.compiled.rule


class ReviewContext:
    """One cluster under review; every fact is worked out when the first check asks for it."""

    def __init__(
        self,
        cluster: Cluster,
        policies: PolicyEngine,
        mesh: MeshPolicies,
    ) -> None:
        self.cluster = cluster
        self.policies = policies
        self.mesh = mesh
        self._weights: dict[str, int] = {}
        self._truths: dict[Hashable, tuple[Truth, ...]] = {}
        self.kinds_of_callers: dict[Hashable, tuple[tuple[list[str], PodTarget], ...]] = {}
        """By what policies ask of a caller: the callers that get the same answers, with one."""
        self.unsure: dict[str, None] = {}
        """What checks could not tell, in sentences."""
        self.suppressions: tuple[Suppression, ...] = ()
        """What people set aside, in policies and files."""
        self.idle_suppressions: tuple[Suppression, ...] = ()
        """Those that set nothing aside; known once every other check was made."""

    @property
    def connections(self) -> Connections:
        """Return what decides between identities."""
        return self.policies.connections

    def lack(self, needs: Iterable[Need]) -> str:
        """Return why a check that needs something cannot be made; empty where it can."""
        missing = [_MISSING[need] for need in needs if not self._has[need]]
        return missing[0] if missing else ""

    @cached_property
    def _has(self) -> Mapping[Need, bool]:
        labels = (label for node in self.cluster.nodes for label in node.labels)
        return {
            "aks": any(label.startswith(_AKS_LABEL) for label in labels),
            "namespaces": any(one.declared for one in self.cluster.namespaces.values()),
            "pods": bool(self.cluster.workloads),
            "services": bool(self.cluster.services),
            "sidecars": any(self.mesh.index.state(pod).present for pod in self.cluster.pods),
        }

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """Return the policies, by `Kind/namespace/name`."""
        return {one.key: one for one in self.cluster.policies}

    @cached_property
    def said(self) -> Mapping[str, list[tuple[Document, Finding]]]:
        """Return what validation and the mesh's own review say of the policies, by code."""
        found: dict[str, list[tuple[Document, Finding]]] = defaultdict(list)
        situations = Situations(self.cluster, self.mesh.index)
        networks = inner_networks(self.cluster)
        for document in self.cluster.policies:
            own = validate(document, self.policies.profile, networks=networks)
            for one in dict.fromkeys((*own, *situations.find(document))):
                key = "refused" if one.refuses else one.code
                found[key].append((document, one))
        return found

    @cached_property
    def accepted(self) -> tuple[Document, ...]:
        """Return the policies that nobody refuses, which are well-formed and in force."""
        refused = {document.key for document, _ in self.said.get("refused", ())}
        return tuple(one for one in self.cluster.policies if one.key not in refused)

    @cached_property
    def idle(self) -> tuple[Idle, ...]:
        """Return the policies and rules without effect."""
        return self.policies.idle()

    @cached_property
    def gaps(self) -> GapReport:
        """Return where a line of defence is missing."""
        return find_gaps(self.cluster, self.policies, self.mesh)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Return the calls to Services of the cluster that workloads announce."""
        return tuple(one for one in calls(self.cluster) if one.service)

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Return the rules that surely select pods, with the classes that they select."""
        subjects = self.connections.subjects
        return tuple(
            Placed(compiled, numbers, self.documents[policy])
            for policy in subjects.policies
            for compiled, numbers in subjects.selected_by(policy)
            if numbers and not compiled.doubt and not compiled.rule.on_host
        )

    def weight_of(self, document: Document) -> int:
        """Return how many workloads a policy selects; 1 at least, so that all of them rank."""
        if document.key not in self._weights:
            if document.kind in KINDS:
                rules = self.connections.subjects.selected_by(document.key)
                numbers = {number for _, found in rules for number in found}
                found = set().union(*(self._names[number] for number in numbers))
            else:
                found = {
                    f"{pod.namespace}/{pod.workload}"
                    for pod in self.meshed
                    if self.mesh.index.is_selected(document, pod)
                }
            self._weights[document.key] = max(1, len(found))
        return self._weights[document.key]

    def beside(self, one: Placed, number: int) -> Iterator[CompiledRule]:
        """Yield the other rules of a class of pods in the direction of a rule."""
        for other in self.connections.subjects.of(one.rule.direction, number):
            if other is not one.compiled and not other.doubt:
                yield other

    def ends(self, compiled: CompiledRule) -> int:
        """Return the ends that a rule may mean, as a bitset over the axis."""
        return self.connections.gates.ends_of(compiled)

    def ports(self, compiled: CompiledRule, number: int) -> PortSet:
        """Return the ports that a rule covers at a class of pods."""
        identity = self.connections.ground.classes.index.identities[number]
        declared = self.connections.rows.ports(identity)
        return self.connections.ground.named.resolve(compiled.rule, declared)[0]

    def covers(self, direction: Direction, number: int, protocol: Protocol, port: int) -> bool:
        """Return whether any rule of a class of pods is for a port, whoever it is for.

        For ends that the input does not hold this is all that can be told.
        """
        return any(
            not one.rule.deny
            and one.rule.peers != ()
            and self.ports(one, number).contains(protocol, port)
            for one in self.connections.subjects.of(direction, number)
        )

    def pods_at(self, bits: int) -> Iterator[Pod]:
        """Yield the pods at positions of the axis; other positions have none."""
        classes = self.connections.ground.axis.classes
        for number in members(bits & self.all_pods):
            yield from classes[number]

    @cached_property
    def all_pods(self) -> int:
        """Return the positions of the classes of pods, as a bitset."""
        return (1 << self.connections.ground.axis.pods) - 1

    def workloads_at(self, bits: int) -> list[str]:
        """Return the workloads at positions of the axis, sorted."""
        found: set[str] = set()
        for number in members(bits & self.all_pods):
            found |= self._names[number]
        return sorted(found)

    @cached_property
    def _names(self) -> list[frozenset[str]]:
        return [
            frozenset(f"{pod.namespace}/{pod.workload or pod.name}" for pod in pods)
            for pods in self.connections.ground.axis.classes
        ]

    def bits_of(self, pods: Iterable[Pod]) -> int:
        """Return the positions of some pods; those on the host network have none."""
        found = 0
        for pod in pods:
            number = self.policies.class_of(pod)
            if number >= 0:
                found |= 1 << number
        return found

    def knows(self, namespace: str) -> bool:
        """Return whether what there is in a namespace can be told from the input."""
        return self.lists_namespaces or namespace in self._populated

    def is_missing(self, namespace: str) -> bool:
        """Return whether a namespace surely does not exist."""
        known = self.cluster.namespaces.get(namespace)
        declared = known is not None and known.declared
        return (
            self.lists_namespaces
            and not declared
            and namespace not in self._populated
            and not is_system(namespace)
        )

    def pods_in(self, namespace: str) -> bool:
        """Return whether the input holds pods of a namespace."""
        return namespace in self._populated

    @cached_property
    def lists_namespaces(self) -> bool:
        """Return whether the input declares the namespaces of the cluster, not just some."""
        known = self.cluster.namespaces.get(_CERTAIN)
        return known is not None and known.declared

    @property
    def is_whole(self) -> bool:
        """Return whether the input looks like an export of every namespace with its pods."""
        return self.lists_namespaces and self.pods_in(_CERTAIN)

    @cached_property
    def _populated(self) -> frozenset[str]:
        return frozenset(one.namespace for one in self.cluster.workloads)

    @cached_property
    def applications(self) -> tuple[Workload, ...]:
        """Return the workloads outside the namespaces of the system that have a network."""
        return tuple(
            one
            for one in self.cluster.workloads
            if not is_system(one.namespace)
            and any(pod.running and not pod.host_network for pod in one.pods)
        )

    @cached_property
    def meshed(self) -> tuple[Pod, ...]:
        """Return one pod of each workload and kind that the mesh can tell apart, with a sidecar."""
        found: dict[Hashable, Pod] = {}
        for pod in self.cluster.pods:
            if self.mesh.index.state(pod).present and pod.running:
                key = (pod.namespace, pod.workload, self.mesh.class_of(pod))
                found.setdefault(key, pod)
        return tuple(found.values())

    @cached_property
    def callers(self) -> tuple[Pod, ...]:
        """Return one pod of each workload and kind that the mesh can tell apart."""
        found: dict[Hashable, Pod] = {}
        for workload in self.cluster.workloads:
            for pod in workload.pods:
                found.setdefault((workload.full_name, self.mesh.class_of(pod)), pod)
        return tuple(found.values())

    def truths(self, policy: AuthorizationPolicy, test: Test) -> tuple[Truth, ...]:
        """Return of each caller, in their order, whether a test of who it is holds for it."""
        key = (policy.namespace, test.attribute, test.values, test.negated)
        found = self._truths.get(key)
        if found is None:
            scope = Scope(policy.namespace, self.mesh.settings.trust_domains)
            found = tuple(holds(test, one, scope) for one in self.openings)
            self._truths[key] = found
        return found

    @cached_property
    def openings(self) -> tuple[Connection, ...]:
        """Return what a proxy knows of each caller, before any request."""
        return tuple(self._opening(pod) for pod in self.callers)

    def _opening(self, pod: Pod) -> Connection:
        caller = self.mesh.caller(PodTarget(pod))
        address: IpRange | Gap = caller.addresses[0] if caller.addresses else Truth.UNKNOWN
        return Connection(
            http=True,
            port=Truth.OPEN,
            principal=caller.principal,
            source_ip=address,
            remote_ip=address,
        )

    @cached_property
    def hosted(self) -> tuple[Pod, ...]:
        """Return the pods on the network of their node, which policies for pods never mean."""
        return tuple(pod for pod in self.cluster.pods if pod.host_network and pod.running)

    def doubt(self, sentence: str) -> None:
        """Keep in mind something that could not be told."""
        self.unsure[sentence] = None
