"""Labels that selectors ask for: two values at once, made up by controllers, of namespaces."""

from collections.abc import Iterator, Mapping
from typing import Any

from topology.model import Document
from topology.policy.istio.bodies import mapping
from topology.policy.labels import K8S, NAMESPACE, split_key
from topology.policy.peers import SelectorPeer
from topology.policy.selectors import Requirement, Selector
from topology.policy.validation import Finding
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at, moved
from topology.review.finding import Found, Repair
from topology.review.lifting import found_in, lift
from topology.review.wording import listed, quoted

__all__ = ["find_impossible", "find_volatile"]

_NAMESPACE = f"{K8S}:{NAMESPACE}"
_VOLATILE = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "controller-revision-hash",
        "controller-uid",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Labels that controllers set anew for each revision or pod."""


@check(
    "impossible-selector",
    "error",
    "A selector asks for two values of one label",
    matters="All conditions of one selector must hold; a label has one value, so nobody is meant.",
    source="Kubernetes, LabelSelector (requirements are ANDed)",
)
def find_impossible(context: ReviewContext) -> Iterator[Found]:
    """Yield the rules of which the subject or a peer can match nothing at all."""
    seen = set()
    for rule in context.policies.rules:
        peers = [one for one in rule.peers or () if isinstance(one, SelectorPeer)]
        for selector, what in [(rule.subject, "subject"), *((p.selector, "peer") for p in peers)]:
            clash = _clash(selector)
            key = (rule.policy, what, str(selector))
            if not clash or key in seen or rule.policy not in context.documents:
                continue
            seen.add(key)
            document = context.documents[rule.policy]
            path = _subject_path(document) if what == "subject" else rule.path
            why = f"The {what} asks for {clash}, and no label has two values."
            repair = Repair(text="Write one `In` with both values to mean either.")
            if what == "subject":
                repair = _either(document, path, selector)
            yield found_in(context, document, path, why, repair)


@check(
    "volatile-label",
    "warning",
    "A selector names a label that changes with every rollout",
    matters="Controllers set it anew for each revision or pod, so the policy stops to fit; Cilium "
    "leaves such labels out of identities, where they match nothing at all.",
    source="Kubernetes, well-known labels; Cilium, identity-relevant labels (default filter)",
)
def find_volatile(context: ReviewContext) -> Iterator[Found]:
    """Yield the selectors with a label that a controller makes up."""
    for document in context.accepted:
        for path, selector in _selectors(document.body.get("spec"), "spec"):
            labels = mapping(selector.get("matchLabels"))
            hit = sorted(key for key in map(str, labels) if split_key(key)[1] in _VOLATILE)
            if not hit:
                continue
            why = (
                f"{listed(hit)} is set by a controller, with another value after the next rollout."
            )
            left = {key: value for key, value in labels.items() if key not in hit}
            repair = Repair(text="Select by labels that the workload itself sets.")
            if left:
                changed = edited(document, f"{path}.matchLabels", left)
                repair = Repair(text=f"Leave {listed(hit)} out.", add=(changed,))
            yield found_in(context, document, path, why, repair)


def _either(document: Document, path: str, selector: Selector) -> Repair:
    """Return the repair that means pods with any of the values of a label."""
    text = "Write one `In` with all the values, to mean either."
    wanted: dict[str, set[str]] = {}
    for one in selector.requirements:
        if one.operator == "In" and one.key != NAMESPACE:
            wanted.setdefault(one.key, set()).update(one.values)
    if any(one.operator != "In" for one in selector.requirements):
        return Repair(text=text)
    expressions = [
        {"key": key, "operator": "In", "values": sorted(values)}
        for key, values in sorted(wanted.items())
    ]
    changed = edited(document, path, {"matchExpressions": expressions})
    return Repair(text=text, add=(changed,))


def _clash(selector: Selector) -> str:
    """Return two conditions that cannot hold together, in words."""
    by_key: dict[str, list[Requirement]] = {}
    for one in selector.requirements:
        if one.operator in ("In", "NotIn"):
            by_key.setdefault(one.key, []).append(one)
    for found in by_key.values():
        wanted = [one for one in found if one.operator == "In"]
        left = frozenset.intersection(*(one.values for one in wanted)) if wanted else None
        excluded = frozenset().union(*(one.values for one in found if one.operator == "NotIn"))
        if left is not None and not left - excluded:
            return " and ".join(quoted(one) for one in sorted(found, key=str))
    return ""


def _subject_path(document: Document) -> str:
    name = "podSelector" if document.kind == "NetworkPolicy" else "endpointSelector"
    return f"spec.{name}"


def _selectors(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every label selector in a policy with its path."""
    if isinstance(value, Mapping):
        if isinstance(value.get("matchLabels"), Mapping):
            yield path, value
        for key, inner in value.items():
            yield from _selectors(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _selectors(inner, f"{path}[{number}]")


def _moved(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Move the policy to the namespace that its subject names."""
    label = finding.path.partition(".matchLabels.")[2]
    holder = finding.path.removesuffix(f".{label}") if label else ""
    labels = field_at(document.body, holder) if holder else None
    if not isinstance(labels, Mapping) or label not in labels:
        return Repair(text=finding.fix)
    left = {key: value for key, value in labels.items() if key != label}
    changed = moved(edited(document, holder, left), str(labels[label]))
    return Repair(text=finding.fix, add=(changed,), remove=(document.key,))


def _in_kube_system(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    selector = field_at(document.body, finding.path)
    labels = {_NAMESPACE: "kube-system", **(selector.get("matchLabels") or {})}
    changed = edited(document, finding.path, {**selector, "matchLabels": labels})
    return Repair(text=finding.fix, add=(changed,))


def _pod_label(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    holder, _, label = finding.path.partition(".matchLabels.")
    labels = mapping(field_at(document.body, f"{holder}.matchLabels")) if label else {}
    if label not in labels:
        return Repair(text=finding.fix)
    rest = {key: value for key, value in labels.items() if key != label}
    changed = edited(document, f"{holder}.matchLabels", {_NAMESPACE: labels[label], **rest})
    return Repair(text=finding.fix, add=(changed,))


def _has_no_own_dns(context: ReviewContext, document: Document, finding: Finding) -> bool:
    """Return whether the policy's own namespace has no such pods."""
    return not any(
        pod.labels.get("k8s-app") == "kube-dns" and pod.namespace == document.namespace
        for pod in context.cluster.pods
    )


lift(
    "subject-namespace",
    "error",
    "A policy names another namespace in its own selector",
    matters="A policy cannot leave its namespace: it selects pods of its own one, or nobody.",
    source="cilium pkg/k8s/apis/cilium.io/utils (ParseToCiliumRule)",
    theme="labels",
    mend=_moved,
)
lift(
    "namespace-label",
    "error",
    "A label of namespaces in a selector of pods",
    matters="Pods do not carry it, so the rule means nobody.",
    source="cilium pkg/k8s/apis/cilium.io/utils; identity labels",
    mend=_pod_label,
    theme="labels",
)
lift(
    "dns-namespace",
    "error",
    "kube-dns is looked for in the wrong namespace",
    matters="Without a namespace the peer means pods of the policy's own one: DNS stays closed.",
    source="cilium pkg/k8s/apis/cilium.io/utils (getEndpointSelector)",
    theme="labels",
    mend=_in_kube_system,
    keep=_has_no_own_dns,
)
