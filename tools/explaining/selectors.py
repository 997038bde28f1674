"""Label selectors of policies as ends of clauses."""

from collections.abc import Iterator
from typing import Any

from tools.selector_text import listing, mapping
from topology.authoring import LabelTest, Nodes, Pods
from topology.policy.labels import CLUSTER, NAMESPACE, NAMESPACE_LABELS, NAMESPACE_NAME

__all__ = ["cilium_pods", "kubernetes_peer", "label_tests", "nodes"]

_SOURCES = ("k8s:", "any:", "k8s.", "any.")


def label_tests(selector: Any) -> tuple[LabelTest, ...]:
    """Return the conditions of a selector, in the order in which they are written."""
    return tuple(_tests(mapping(selector)))


def _tests(selector: Any) -> Iterator[LabelTest]:
    for key, value in mapping(selector.get("matchLabels")).items():
        yield LabelTest(str(key), "In", (str(value),))
    for item in listing(selector.get("matchExpressions")):
        fields = mapping(item)
        operator = str(fields.get("operator", "Exists"))
        values = tuple(str(one) for one in listing(fields.get("values")))
        if operator in ("In", "NotIn", "Exists", "DoesNotExist"):
            yield LabelTest(str(fields.get("key", "")), operator, values)  # type: ignore[arg-type]


def nodes(selector: Any) -> Nodes:
    """Return the nodes that a selector means."""
    return Nodes(tuple(_bare(one) for one in label_tests(selector)))


def cilium_pods(selector: Any, namespace: str, *, is_subject: bool = False) -> Pods:
    """Return the pods that a selector of Cilium means.

    Args:
        selector: As written.
        namespace: That of the policy; empty for a clusterwide one.
        is_subject: Whether it is the policy's own subject, which is always in its namespace.
    """
    spaces: tuple[str, ...] | None = (namespace,) if namespace else None
    labels: list[LabelTest] = []
    namespace_labels: list[LabelTest] = []
    cluster = ""
    for test in map(_bare, label_tests(selector)):
        if test.key == NAMESPACE and test.operator == "In":
            spaces = test.values
        elif test.key == NAMESPACE and test.operator == "Exists":
            spaces = None
        elif test.key.startswith(NAMESPACE_LABELS):
            key = test.key.removeprefix(NAMESPACE_LABELS)
            namespace_labels.append(LabelTest(key, test.operator, test.values))
            spaces = None
        elif test.key == CLUSTER and test.operator == "In" and len(test.values) == 1:
            cluster = test.values[0]
        else:
            labels.append(test)
            spaces = None if test.key == NAMESPACE else spaces
    if is_subject and namespace:
        spaces = (namespace,)
    return Pods(
        labels=tuple(labels),
        namespaces=spaces,
        namespace_labels=tuple(namespace_labels),
        cluster=cluster,
    )


def kubernetes_peer(peer: Any, namespace: str) -> Pods:
    """Return the pods that a peer of a NetworkPolicy means, other than an ipBlock."""
    fields = mapping(peer)
    labels = label_tests(fields.get("podSelector"))
    if "namespaceSelector" not in fields:
        return Pods(labels=labels, namespaces=(namespace,))
    spaces = label_tests(fields["namespaceSelector"])
    named = [one for one in spaces if one.key == NAMESPACE_NAME and one.operator == "In"]
    if len(named) == len(spaces) == 1:
        return Pods(labels=labels, namespaces=named[0].values)
    return Pods(labels=labels, namespaces=None, namespace_labels=spaces)


def _bare(test: LabelTest) -> LabelTest:
    """Return a condition without the source of its label, which every pod label shares."""
    key = test.key
    for source in _SOURCES[:2]:
        key = key.removeprefix(source)
    return LabelTest(key, test.operator, test.values)
