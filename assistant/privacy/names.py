"""What a network's things are called: the words that say whose network it is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from assistant.models.rules.lexicon import COMMON, VOCABULARY
from assistant.models.rules.words import word_set
from topology.model import Cluster

__all__ = ["PUBLIC", "Names", "names_of"]

PUBLIC = frozenset({
    "k8s.io", "kubernetes.io", "cilium.io", "istio.io", "microsoft.com", "azure.com",
    "cluster.local", "svc", "azmk8s.io", "envoyproxy.io",
})  # fmt: skip
"""Domains of the products themselves."""
_PRODUCT = word_set(
    "kube system default public node lease coredns dns cilium istio azure world host test true "
    "false yes no http https tcp udp the and for not any all api pod pods app apps service "
    "services policy policies network allow deny ingress egress cluster namespace"
)
"""Words that every cluster has, or every sentence: parts of names that say nothing."""
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Names:
    """Words that are hidden, in lower case."""

    kinds: dict[str, str]
    """Each whole name, and the kind that its stand-in shows."""
    parts: frozenset[str] = frozenset()
    """Words of longer names ("acme" of `acme-gateway`)."""
    spellings: tuple[str, ...] = field(default=())
    """What a word of a question may be a misspelling of."""


def names_of(cluster: Cluster, sources: Iterable[str] = ()) -> Names:
    """Return the names of a cluster, of its labels' values and of the files that it came from."""
    kinds: dict[str, str] = {}
    for kind, name in (*_objects(cluster), *_labels(cluster), *_files(cluster, sources)):
        low = name.lower()
        # A name that is a product's, such as `kube-system`, says nothing about anyone.
        if len(low) > 1 and not set(re.split(r"[._-]", low)) <= _PRODUCT and not low.isdigit():
            kinds.setdefault(low, kind)
    words = {part for name in kinds for part in re.split(r"[._-]", name)}
    parts = frozenset(
        word
        for word in words - _PRODUCT - COMMON - VOCABULARY
        if len(word) >= _SHORTEST and not word.isdigit() and word not in kinds
    )
    long = (word for word in {*kinds, *parts} if len(word) > _SHORTEST)
    return Names(kinds=kinds, parts=parts, spellings=tuple(sorted(long)))


def _objects(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for name in cluster.namespaces:
        yield "ns", name
    for workload in cluster.workloads:
        yield "app", workload.name
        for pod in workload.pods:
            yield "pod", pod.name
            yield "account", pod.service_account
    for service in cluster.services:
        yield "app", service.name
        if service.external_name:
            yield "host", service.external_name
    for node in cluster.nodes:
        yield "node", node.name
    for document in (*cluster.policies, *cluster.documents):
        yield "object", document.name


def _labels(cluster: Cluster) -> Iterator[tuple[str, str]]:
    groups = [space.labels for space in cluster.namespaces.values()]
    groups += [workload.labels for workload in cluster.workloads]
    groups += [service.labels for service in cluster.services]
    for labels in groups:
        for key, value in labels.items():
            yield "label", value
            domain, slash, _ = key.partition("/")
            if slash and not any(domain.endswith(known) for known in PUBLIC):
                yield "host", domain


def _files(cluster: Cluster, sources: Iterable[str]) -> Iterator[tuple[str, str]]:
    places = {document.source.file for document in (*cluster.policies, *cluster.documents)}
    places |= {workload.location.file for workload in cluster.workloads if workload.location}
    for place in sorted({*places, *cluster.sources, *sources}):
        for part in PurePath(place).parts:
            stem = part.rsplit(".", 1)[0] if "." in part.strip(".") else part
            if len(stem) >= _SHORTEST:
                yield "file", stem
