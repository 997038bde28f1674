"""Everything that checks look at: the network, the symptom, flows, counters, who is concerned."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from topology.calls import calls
from topology.diagnosis.evidence import Cause
from topology.diagnosis.symptom import Symptom
from topology.flows.survey import Survey
from topology.model import Cluster, Document, Pod, Service, Workload
from topology.paths import Network
from topology.services import service_workloads, services_of
from topology.targets import (
    AddressTarget,
    NamespaceTarget,
    PodTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)
from topology.telemetry import HostSample
from topology.telemetry.findings import MetricReport

__all__ = ["Scene"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What a diagnosis is made on; built once and only read after that."""

    network: Network
    symptom: Symptom
    survey: Survey | None = None
    """None where no flows were given."""
    flow_files: tuple[str, ...] = ()
    hosts: Sequence[HostSample] = ()
    metrics: MetricReport | None = None
    """None where no metrics were given."""

    @property
    def cluster(self) -> Cluster:
        """Return the cluster of the network."""
        return self.network.cluster

    @cached_property
    def named(self) -> frozenset[str]:
        """Return `namespace/name` of what the symptom names, and the nodes that its pods are on."""
        found: set[str] = set()
        for target in self.symptom.targets:
            found.update(self._names_of(target))
        words = set(self.symptom.text.replace(",", " ").replace("`", " ").split())
        found.update(node.name for node in self.cluster.nodes if node.name in words)
        return frozenset(found)

    @cached_property
    def related(self) -> frozenset[str]:
        """Return what the named call, as far as their environment or flows say."""
        if self.symptom.sources and self.symptom.destinations:
            return frozenset()
        found: set[str] = set()
        for call in calls(self.cluster):
            if call.service is not None and call.caller.full_name in self.named:
                found.update(self._of_service(call.service))
        if self.survey is not None:
            for one in self.survey.observation.connections:
                if str(one.source) in self.named:
                    found.update(self._names_of(one.destination))
        return frozenset(found) - self.named

    def concerns(self, cause: Cause) -> bool:
        """Say whether a cause lies where the symptom does."""
        for ends, names in ((cause.callers, self._callers), (cause.callees, self._callees)):
            if ends and names and not ends & names:
                return False
        if not cause.about or not self.named:
            return True
        return bool(cause.about & (self.named | self.related))

    @cached_property
    def _callers(self) -> frozenset[str]:
        return self._all_names(self.symptom.sources)

    @cached_property
    def _callees(self) -> frozenset[str]:
        return self._all_names(self.symptom.destinations)

    def _all_names(self, targets: Iterable[Target]) -> frozenset[str]:
        """Return every name of some ends, those outside of the cluster included."""
        plain = {str(one).removeprefix("service:") for one in targets}
        found = plain | {name for one in targets for name in self._names_of(one)}
        # Whose pods share a node are no one thing for that.
        return frozenset(found - {node.name for node in self.cluster.nodes})

    def explains(self, cause: Cause) -> bool:
        """Say whether a cause makes the kind of trouble that the symptom tells of."""
        aspects = self.symptom.aspects
        return not aspects or bool(cause.explains & aspects)

    def is_asked(self, *names: str) -> bool:
        """Say whether something of these names is within what the symptom names."""
        return not self.named or any(name in self.named or name in self.related for name in names)

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Return the workloads that are concerned."""
        return tuple(one for one in self.cluster.workloads if self.is_asked(one.full_name))

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Return the Services that are concerned."""
        return tuple(one for one in self.cluster.services if self.is_asked(one.full_name))

    def reports(self, *kinds: str) -> Iterator[Document]:
        """Yield what tells of the state of things, of some kinds."""
        return (one for one in self.cluster.reports if one.kind in kinds)

    @cached_property
    def pods(self) -> Mapping[tuple[str, str], Pod]:
        """Return every pod by namespace and name."""
        return {(pod.namespace, pod.name): pod for pod in self.cluster.pods}

    def events_of(self, namespace: str, name: str) -> tuple[Document, ...]:
        """Return the warnings about an object."""
        return self._events.get((namespace, name), ())

    @cached_property
    def _events(self) -> Mapping[tuple[str, str], tuple[Document, ...]]:
        found: dict[tuple[str, str], tuple[Document, ...]] = {}
        for one in self.reports("Event"):
            about = one.body.get("involvedObject") or one.body.get("regarding") or {}
            if isinstance(about, dict):
                key = (str(about.get("namespace") or ""), str(about.get("name") or ""))
                found[key] = (*found.get(key, ()), one)
        return found

    def _names_of(self, target: object) -> Iterator[str]:
        match target:
            case WorkloadTarget(workload):
                yield from self._of_workload(workload)
            case PodTarget(pod):
                yield from (f"{pod.namespace}/{pod.workload or pod.name}", pod.full_name, pod.node)
            case ServiceTarget(service):
                yield from self._of_service(service)
            case NamespaceTarget(name):
                yield f"namespace:{name}"
                yield from (
                    one.full_name for one in self.cluster.workloads if one.namespace == name
                )
                yield from (one.full_name for one in self.cluster.services if one.namespace == name)
            case AddressTarget(address):
                yield from (
                    name
                    for pod in self.cluster.pods
                    if address in pod.addresses
                    for name in (f"{pod.namespace}/{pod.workload}", pod.node)
                )

    def _of_workload(self, workload: Workload) -> Iterator[str]:
        yield workload.full_name
        yield from (pod.node for pod in workload.pods if pod.node)
        yield from (one.full_name for one in services_of(self.cluster, workload.pods))

    def _of_service(self, service: Service) -> Iterator[str]:
        yield service.full_name
        for workload in service_workloads(self.cluster, service):
            yield from self._of_workload(workload)

    def full_names(self, host: str) -> Iterator[str]:
        """Yield a Service by the name under which it is asked for, and what stands behind it."""
        parts = host.split(".")
        for service in self.cluster.services:
            if len(parts) > 1 and [service.name, service.namespace] == parts[:2]:
                yield service.full_name
                yield from (one.full_name for one in service_workloads(self.cluster, service))
