"""A Cluster put together from the objects that were read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from topology.load.azure import azure_documents
from topology.load.fields import Fields
from topology.load.kinds import DOCUMENTS, GROUPS, POLICIES, RULES_NOT_EVALUATED, is_mesh_config
from topology.load.objects import Manifest, keep_last, read_manifests
from topology.load.problems import Report
from topology.load.reports import choose_reports
from topology.load.services import build_services
from topology.load.workloads import build_workloads
from topology.model import Cluster, Document, Namespace, Node, Source

__all__ = ["assemble", "build_cluster"]

_NAME_LABEL: Final = "kubernetes.io/metadata.name"


def build_cluster(objects: Iterable[tuple[Mapping[str, Any], Source]]) -> Cluster:
    """Return the cluster that parsed objects make; faults in them become its problems.

    Args:
        objects: Kubernetes objects as YAML or JSON parsers return them, each with its source.
    """
    return assemble(objects, Report(), sources=())


def assemble(
    objects: Iterable[tuple[Any, Source]], report: Report, *, sources: Sequence[str]
) -> Cluster:
    """Return the cluster that parsed objects make.

    Args:
        objects: Parsed objects with their sources; of one name the last counts.
        report: Problems found so far; what is wrong with the objects is added.
        sources: What was read.
    """
    objects = list(objects)
    azure = azure_documents(objects)
    by_kind: dict[str, list[Manifest]] = {}
    for manifest in keep_last(read_manifests(objects, report), report):
        by_kind.setdefault(manifest.kind, []).append(manifest)
    for kind in sorted(by_kind):
        _check_kind(kind, by_kind[kind], report)
    nodes = _build_nodes(by_kind.get("Node", ()), report)
    documents = [manifest for kind in DOCUMENTS for manifest in by_kind.get(kind, ())]
    documents += [one for one in by_kind.get("ConfigMap", ()) if is_mesh_config(one.name)]
    reports = choose_reports(by_kind)
    kinds = Counter({kind: len(found) for kind, found in by_kind.items()})
    kinds.update(document.kind for document in azure)
    return Cluster(
        namespaces=_build_namespaces(by_kind, report),
        nodes=nodes,
        workloads=build_workloads(by_kind, nodes, report),
        services=build_services(by_kind, report),
        policies=_build_documents(one for kind in POLICIES for one in by_kind.get(kind, ())),
        documents=_build_documents(documents),
        reports=_build_documents(reports),
        azure=azure,
        kinds=MappingProxyType(dict(sorted(kinds.items()))),
        unused_kinds=_unused_kinds(by_kind, (*documents, *reports)),
        problems=report.finish(),
        sources=tuple(sources),
    )


def _check_kind(kind: str, manifests: Sequence[Manifest], report: Report) -> None:
    """Report what can be said of a kind before its objects are read."""
    plain = kind.partition(".")[0]
    if kind in RULES_NOT_EVALUATED or (kind not in GROUPS and plain in POLICIES):
        first = manifests[0]
        report.add(
            "warning",
            "rules-not-evaluated",
            f"`{plain}` objects of `{first.api_version}` ({len(manifests)}) are not evaluated, "
            "although they may change who reaches whom.",
            hint=_advise_version(plain),
            location=first.source.at(),
        )


def _advise_version(kind: str) -> str:
    """Return which API a policy kind belongs to here."""
    if kind in GROUPS:
        return f"If it is meant to be a `{kind}` of `{GROUPS[kind][0]}`, correct `apiVersion`."
    return "Read verdicts with that in mind."


def _unused_kinds(kinds: Iterable[str], documents: Sequence[Manifest]) -> frozenset[str]:
    """Return the kinds that were counted and not looked at."""
    unused = {kind for kind in kinds if kind not in GROUPS}
    if "ConfigMap" in kinds and all(one.kind != "ConfigMap" for one in documents):
        unused.add("ConfigMap")
    return frozenset(unused)


def _build_documents(manifests: Iterable[Manifest]) -> tuple[Document, ...]:
    """Return objects that are kept as written, by kind, namespace and name."""
    documents = [
        Document(
            kind=manifest.kind,
            api_version=manifest.api_version,
            namespace=manifest.namespace,
            name=manifest.name,
            body=manifest.body,
            source=manifest.source,
        )
        for manifest in manifests
    ]
    return tuple(
        sorted(documents, key=lambda one: (one.kind, one.namespace, one.name, one.api_version))
    )


def _build_namespaces(
    by_kind: Mapping[str, Sequence[Manifest]], report: Report
) -> Mapping[str, Namespace]:
    """Return the namespaces that are declared or that a namespaced object names."""
    found: dict[str, Namespace] = {}
    for manifest in by_kind.get("Namespace", ()):
        fields = Fields(manifest.source, report)
        labels = dict(fields.labels(manifest.body["metadata"], "labels", "metadata."))
        # Source: the API server sets this label on every namespace.
        labels.setdefault(_NAME_LABEL, manifest.name)
        found[manifest.name] = Namespace(
            name=manifest.name, labels=MappingProxyType(labels), location=manifest.source.at()
        )
    named = {one.namespace: one for ones in by_kind.values() for one in reversed(ones)}
    for name in named.keys() - found.keys() - {""}:
        found[name] = Namespace(
            name=name,
            labels=MappingProxyType({_NAME_LABEL: name}),
            declared=False,
            location=named[name].source.at(),
        )
    return MappingProxyType(dict(sorted(found.items())))


def _build_nodes(manifests: Sequence[Manifest], report: Report) -> tuple[Node, ...]:
    """Return the nodes by name."""
    nodes = []
    for manifest in manifests:
        fields = Fields(manifest.source, report)
        spec = fields.mapping(manifest.body, "spec", "")
        status = fields.mapping(manifest.body, "status", "")
        addresses = [
            fields.address(entry.get("address"), f"status.addresses[{index}].address")
            for index, entry in enumerate(fields.mappings(status, "addresses", "status."))
            if str(entry.get("type", "")).endswith("IP")
        ]
        ranges = [fields.text(spec, "podCIDR", "spec."), *fields.texts(spec, "podCIDRs", "spec.")]
        room = fields.mapping(status, "allocatable", "status.")
        networks = [fields.network(text, "spec.podCIDRs") for text in dict.fromkeys(ranges) if text]
        nodes.append(
            Node(
                name=manifest.name,
                labels=fields.labels(manifest.body["metadata"], "labels", "metadata."),
                addresses=tuple(one for one in addresses if one is not None),
                pod_cidrs=tuple(one for one in networks if one is not None),
                max_pods=_read_max_pods(room),
                location=manifest.source.at(),
            )
        )
    return tuple(sorted(nodes, key=lambda node: node.name))


def _read_max_pods(room: Mapping[str, Any]) -> int:
    """Return the number of pods in `status.allocatable`, a quantity such as `"110"`."""
    text = str(room.get("pods", ""))
    return int(text) if text.isascii() and text.isdecimal() else 0
