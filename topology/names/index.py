"""Everything in a cluster that has a name, in tables that are looked up in one step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from topology.model import Address, Cluster, Pod, Service, Workload
from topology.names.spelling import canonical, core, fold, split
from topology.names.words import CONTENT_LABELS, MARK_LABELS, NAME_LABELS
from topology.targets import (
    AddressTarget,
    DnsTarget,
    NamespaceTarget,
    PodTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

__all__ = ["Entry", "Tables"]

OBJECTS = ("workload", "service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One named thing."""

    sort: str
    """`workload`, `service`, `pod`, `namespace`, `node` or `dns`."""
    kind: str
    """As Kubernetes calls it: `Deployment`, `Service`, `Pod`, `Namespace`, `Node`; or `DNS`."""
    namespace: str
    name: str
    target: Target
    words: frozenset[str] = frozenset()
    """The words of its name, each in its canonical form."""
    marks: frozenset[str] = frozenset()
    """The words of the labels that tell it apart, each in its canonical form."""
    folded: str = ""
    core: str = ""

    @property
    def full_name(self) -> str:
        """Return `namespace/name`, or the name alone outside namespaces."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


Shelf = dict[str, list[Entry]]


@dataclass(slots=True, kw_only=True)
class Tables:
    """The tables; filled once by `build` and only read after that."""

    entries: list[Entry] = field(default_factory=list)
    """Workloads, Services and external names: what partial names and misspellings may mean."""
    exact: Shelf = field(default_factory=dict)
    folded: Shelf = field(default_factory=dict)
    cores: Shelf = field(default_factory=dict)
    labels: Shelf = field(default_factory=dict)
    """By the core of a name-like label's value."""
    content: Shelf = field(default_factory=dict)
    """By the core of a describing label's value."""
    words: Shelf = field(default_factory=dict)
    forms: Shelf = field(default_factory=dict)
    """By everything that a misspelling is compared with."""
    full: Shelf = field(default_factory=dict)
    """By `namespace/name`, pods included."""
    pairs: Shelf = field(default_factory=dict)
    """Workloads by `label=value`."""
    label_keys: set[str] = field(default_factory=set)
    namespaces: dict[str, str] = field(default_factory=dict)
    """Namespaces by name, folded name and canonical name."""
    pods_by_address: dict[Address, list[Pod]] = field(default_factory=dict)
    services_by_address: dict[Address, list[Service]] = field(default_factory=dict)

    @classmethod
    def build(cls, cluster: Cluster) -> "Tables":
        """Fill the tables from a cluster."""
        tables = cls()
        for workload in cluster.workloads:
            tables._add_workload(workload)
        for service in cluster.services:
            tables._add_service(service)
        for pod in cluster.pods:
            tables._add_pod(pod)
        tables._add_places(cluster)
        for host in _external_names(cluster):
            words = _words(host.rpartition(".")[0])
            target = DnsTarget(host)
            tables._add(
                Entry(sort="dns", kind="DNS", namespace="", name=host, target=target, words=words)
            )
        return tables

    def _add(self, entry: Entry) -> None:
        """File an entry under its spellings."""
        folded = fold(entry.name)
        self.exact.setdefault(entry.name.lower(), []).append(entry)
        self.folded.setdefault(folded, []).append(entry)
        if entry.namespace:
            self.full.setdefault(entry.full_name.lower(), []).append(entry)
        if entry.sort in (*OBJECTS, "dns"):
            self.entries.append(entry)
            for word in entry.words:
                self.words.setdefault(word, []).append(entry)
        if entry.sort in OBJECTS:
            for key in {entry.core, core(split(entry.name), version=False)}:
                self.cores.setdefault(key, []).append(entry)
            for form in {entry.folded, entry.core, *entry.words}:
                self.forms.setdefault(form, []).append(entry)

    def _add_workload(self, workload: Workload) -> None:
        """File a workload, by its labels too."""
        marks = " ".join(workload.labels.get(key, "") for key in MARK_LABELS)
        entry = _entry("workload", workload.kind, workload, WorkloadTarget(workload), marks)
        self._add(entry)
        for key, value in workload.labels.items():
            self.label_keys.add(key)
            self.pairs.setdefault(f"{key}={value}", []).append(entry)
        for shelf, keys in ((self.labels, NAME_LABELS), (self.content, CONTENT_LABELS)):
            values = {workload.labels[key] for key in keys if workload.labels.get(key)}
            for value in sorted({core(split(value)) for value in values} - {""}):
                shelf.setdefault(value, []).append(entry)

    def _add_service(self, service: Service) -> None:
        """File a Service, by its addresses too."""
        self._add(_entry("service", "Service", service, ServiceTarget(service)))
        for address in dict.fromkeys((*service.cluster_ips, *service.external_addresses)):
            self.services_by_address.setdefault(address, []).append(service)

    def _add_pod(self, pod: Pod) -> None:
        """File a pod, by its addresses too; a bare pod's name means its workload first."""
        self._add(
            Entry(sort="pod", kind="Pod", namespace=pod.namespace, name=pod.name,
                  target=PodTarget(pod))
        )  # fmt: skip
        # A pod on the host's network shares the node's address, which then means the node.
        if pod.running and not pod.host_network:
            for address in pod.addresses:
                self.pods_by_address.setdefault(address, []).append(pod)

    def _add_places(self, cluster: Cluster) -> None:
        """File namespaces and nodes."""
        known = set(cluster.namespaces) | {entry.namespace for entry in self.entries}
        for name in sorted(known - {""}):
            self._add(Entry(sort="namespace", kind="Namespace", namespace="", name=name,
                            target=NamespaceTarget(name)))  # fmt: skip
        for spelling in (core_of_namespace, fold, str.lower):
            # Later spellings overwrite earlier ones: the name itself wins.
            self.namespaces |= _unambiguous((spelling(name), name) for name in sorted(known))
        self.namespaces.pop("", None)
        for node in cluster.nodes:
            if node.addresses:
                target = AddressTarget(node.addresses[0])
                self._add(
                    Entry(sort="node", kind="Node", namespace="", name=node.name, target=target)
                )


def core_of_namespace(name: str) -> str:
    """Return a namespace's name with each word in its canonical form: `production` is `prod`."""
    return "".join(canonical(word) for word in split(name))


def _words(name: str) -> frozenset[str]:
    """Return the words of a name, each in its canonical form."""
    return frozenset(canonical(word) for word in split(name))


def _entry(
    sort: str, kind: str, thing: Workload | Service, target: Target, marks: str = ""
) -> Entry:
    """Return the entry of a namespaced object."""
    words = split(thing.name)
    return Entry(
        sort=sort,
        kind=kind,
        namespace=thing.namespace,
        name=thing.name,
        target=target,
        words=frozenset(canonical(word) for word in words),
        marks=_words(marks),
        folded="".join(words),
        core=core(words),
    )


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a mapping without the keys that several values claim."""
    claims: dict[str, set[str]] = {}
    for key, value in pairs:
        claims.setdefault(key, set()).add(value)
    return {key: min(values) for key, values in claims.items() if len(values) == 1}


def _external_names(cluster: Cluster) -> list[str]:
    """Return the DNS names outside the cluster that its documents spell out, sorted."""
    found: set[str] = set()
    for document in cluster.documents:
        if document.kind == "ServiceEntry":
            spec = document.body.get("spec")
            hosts = spec.get("hosts") if isinstance(spec, Mapping) else None
            found.update(host for host in hosts or () if isinstance(host, str))
    for policy in cluster.policies:
        if policy.kind.startswith("Cilium"):
            found.update(_match_names(policy.body))
    usable = {name.lower().rstrip(".") for name in found}
    return sorted(name for name in usable if "." in name and "*" not in name)


def _match_names(body: object) -> Iterable[str]:
    """Yield the `matchName` of each toFQDNs rule in a policy, with no recursion."""
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            for rule in _rules(value.get("toFQDNs")):
                name = rule.get("matchName")
                if isinstance(name, str):
                    yield name
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)


def _rules(value: object) -> list[Mapping[str, object]]:
    """Return the mappings of a list, if it is one."""
    return [rule for rule in value if isinstance(rule, Mapping)] if isinstance(value, list) else []
