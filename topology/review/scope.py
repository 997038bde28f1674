"""Whom policies and their peers mean: pods of another namespace, of the host, of no hash."""

from collections.abc import Iterator
from difflib import get_close_matches

from topology.model import Document, Pod
from topology.policy.labels import K8S, NAMESPACE, RESERVED
from topology.policy.peers import SelectorPeer
from topology.policy.selectors import Selector
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at
from topology.review.finding import Effect, Found, Repair
from topology.review.lifting import found_in
from topology.review.peer_fields import PeerField, peer_fields, with_labels
from topology.review.wording import counted, listed, quoted

__all__ = [
    "find_host_peers",
    "find_host_subjects",
    "find_missing_spaces",
    "find_other_spaces",
    "find_split_peers",
    "find_worldly",
]

_NAMESPACE = f"{K8S}:{NAMESPACE}"


@check(
    "other-namespace",
    "warning",
    "A peer exists in other namespaces only",
    matters="A peer without a namespace means pods of the policy's own namespace, so the rule "
    "that was written for another one does nothing.",
    source="cilium pkg/k8s/apis/cilium.io/utils (getEndpointSelector); Kubernetes, "
    "NetworkPolicyPeer.podSelector",
    needs=("pods",),
    yields_to=("split-peer",),
)
def find_other_spaces(context: ReviewContext) -> Iterator[Found]:
    """Yield the peers that mean nobody in their namespace, and somebody in others."""
    for placed in context.placed:
        for field in peer_fields(placed):
            if field.names_namespace or _is_meant(context, field.peer):
                continue
            spaces = _elsewhere(context, field.peer, placed.document.namespace)
            if not spaces:
                continue
            names = sorted(spaces)
            why = (
                f"No pod of namespace {quoted(placed.document.namespace)} is meant, but "
                f"{counted(spaces[names[0]], 'workload')} in namespace {listed(names)} would be."
            )
            repair = Repair(text=f"Name the namespace {listed(names)} in the peer.")
            if len(names) == 1:
                changed = with_labels(placed.document, field, namespace=names[0])
                repair = Repair(text=repair.text, add=(changed,))
            yield found_in(context, placed.document, field.path, why, repair)


@check(
    "split-peer",
    "warning",
    "A namespace and its pods are two peers instead of one",
    matters="Two items of `from` or `to` are alternatives: every pod of that namespace is meant, "
    "and pods of the policy's own namespace.",
    source="Kubernetes, NetworkPolicy, behavior of to and from selectors",
    needs=("pods",),
)
def find_split_peers(context: ReviewContext) -> Iterator[Found]:
    """Yield items that select nothing by themselves, but pods in the namespace of the next."""
    for placed in context.placed:
        fields = peer_fields(placed) if placed.document.kind == "NetworkPolicy" else []
        spaces = [one for one in fields if one.names_namespace and not one.names_pods]
        pods = [one for one in fields if not one.names_namespace and one.names_pods]
        for space in spaces:
            for pod in pods:
                merged = _merged(placed.document, space, pod)
                both = _intersection(context, space.peer, pod.peer, placed.document.namespace)
                if _is_meant(context, pod.peer) or not both:
                    continue
                why = (
                    f"{quoted(pod.path)} means no pod of its own namespace; together with "
                    f"{quoted(space.path)} it would mean {counted(both, 'workload')}. As two "
                    "items they mean every pod of that namespace."
                )
                repair = Repair(
                    text="Put both selectors into one item.", add=(merged,), promise="closes"
                )
                yield found_in(context, placed.document, pod.path, why, repair)


@check(
    "no-such-namespace",
    "warning",
    "A peer names a namespace that does not exist",
    matters="The rule means nobody; mostly the name is misspelt.",
    source="Kubernetes, names of namespaces; cilium pkg/k8s/apis/cilium.io/utils",
    needs=("pods",),
)
def find_missing_spaces(context: ReviewContext) -> Iterator[Found]:
    """Yield the namespaces of peers that are not in the input, where it lists them or one near."""
    known = sorted(context.cluster.namespaces)
    populated = [name for name in known if context.pods_in(name)]
    for placed in context.placed:
        for field in peer_fields(placed):
            for name in sorted(field.namespaces):
                if context.pods_in(name):
                    continue
                near = get_close_matches(name, [n for n in populated if n != name], 1, cutoff=0.8)
                if not (context.is_missing(name) or near):
                    continue
                space = context.cluster.namespaces.get(name)
                if space and space.declared:
                    continue
                why = f"There is no namespace {quoted(name)} in the input, so nobody is meant."
                repair = Repair(text="Check the spelling, or create the namespace first.")
                if near:
                    changed = with_labels(placed.document, field, namespace=near[0])
                    repair = Repair(text=f"Write {quoted(near[0])}.", add=(changed,))
                yield found_in(context, placed.document, field.path, why, repair)


@check(
    "host-network-subject",
    "error",
    "A policy is meant for pods on the network of their node",
    matters="Such pods have the identity of their node: policies for pods do not select them, so "
    "they stay as open as they were.",
    source="Cilium, layer 3 policies; AKS, Azure CNI powered by Cilium (hostNetwork pods)",
    needs=("pods",),
)
def find_host_subjects(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies whose selector fits pods on the host network, and no others."""
    subjects = context.connections.subjects
    for key in subjects.policies:
        selections = subjects.selected_by(key)
        rule = selections[0][0].rule if selections else None
        if rule is None or rule.on_host or any(numbers for _, numbers in selections):
            continue
        hosted = _hosted(context, rule.subject)
        if not hosted:
            continue
        why = f"It fits {counted(hosted, 'workload')}, which use the network of their node."
        repair = Repair(
            text="Restrict those nodes with network security groups, or move the pods off the "
            "host network.",
            obstacle="neither is a change of a policy for pods",
        )
        document = context.documents[key]
        yield found_in(context, document, _subject_path(document), why, repair)


@check(
    "host-network-peer",
    "warning",
    "A peer means pods on the network of their node",
    matters="To policies such pods are `host` or `remote-node`; their labels are not seen, so the "
    "rule does not hold for them.",
    source="Cilium, layer 3 policies (hostNetwork pods); pkg/policy/api/entity.go",
    needs=("pods",),
)
def find_host_peers(context: ReviewContext) -> Iterator[Found]:
    """Yield the peers that fit pods on the host network, and no others."""
    for placed in context.placed:
        for field in peer_fields(placed):
            hosted = _hosted(context, field.peer.selector)
            if not hosted or _is_meant(context, field.peer):
                continue
            why = f"It fits {counted(hosted, 'workload')}, which use the network of their node."
            side = "from" if placed.rule.direction == "ingress" else "to"
            text = f"Write `{side}Entities: [host, remote-node]`."
            repair = Repair(text=text)
            rule_path = field.path.partition(f".{side}Endpoints")[0]
            if rule_path != field.path and len(placed.rule.peers or ()) == 1:
                rule = dict(field_at(placed.document.body, rule_path))
                del rule[f"{side}Endpoints"]
                new = {f"{side}Entities": ["host", "remote-node"], **rule}
                changed = edited(placed.document, rule_path, new)
                repair = Repair(text=text, add=(changed,), promise="opens")
            yield found_in(context, placed.document, field.path, why, repair)


@check(
    "world-by-negation",
    "error",
    "A selector by what it is not means the world as well",
    matters="Up to Cilium 1.18 a `NotIn` or `DoesNotExist` on the namespace of a peer is also true "
    "of addresses outside, of nodes and of the API server, which have no namespace.",
    source="cilium pkg/k8s/apis/cilium.io/utils (getEndpointSelector); observed on its own engine",
    needs=("pods",),
)
def find_worldly(context: ReviewContext) -> Iterator[Found]:
    """Yield the peers by label that mean the world, although they name no reserved label."""
    axis = context.connections.ground.axis
    world = sum(1 << number for number in axis.world)
    for placed in context.placed:
        for field in peer_fields(placed):
            written = [one for one in field.peer.selector.requirements if one.source == RESERVED]
            bits = axis.select(field.peer.selector)
            if written or not field.peer.selector.requirements or not bits & world:
                continue
            why = (
                f"Besides {counted(context.workloads_at(bits), 'workload')} it means every "
                "address outside the cluster, which has no such label either."
            )
            selector = field_at(placed.document.body, field.path)
            exists = {"key": _NAMESPACE, "operator": "Exists"}
            expressions = [*(selector.get("matchExpressions") or ()), exists]
            new = {**selector, "matchExpressions": expressions}
            changed = edited(placed.document, field.path, new)
            text = f"Ask for the label as well: `{{key: {_NAMESPACE}, operator: Exists}}`."
            promise: Effect = "opens" if placed.rule.deny else "closes"
            repair = Repair(text=text, add=(changed,), promise=promise)
            yield found_in(context, placed.document, field.path, why, repair)


def _is_meant(context: ReviewContext, peer: SelectorPeer) -> bool:
    return any(context.connections.ground.axis.mean(peer))


def _elsewhere(context: ReviewContext, peer: SelectorPeer, own: str) -> dict[str, list[str]]:
    """Return the workloads that a peer would mean in other namespaces, by namespace."""
    asked = frozenset(one for one in peer.selector.requirements if one.key != NAMESPACE)
    if not any(one.operator in ("In", "Exists") for one in asked):
        return {}
    found: dict[str, list[str]] = {}
    for name in context.workloads_at(context.connections.ground.axis.select(Selector(asked))):
        space = name.partition("/")[0]
        if space != own:
            found.setdefault(space, []).append(name)
    return found


def _intersection(
    context: ReviewContext, space: SelectorPeer, pods: SelectorPeer, own: str
) -> list[str]:
    asked = frozenset(one for one in pods.selector.requirements if one.key != NAMESPACE)
    both = Selector(space.selector.requirements | asked)
    return context.workloads_at(context.connections.ground.axis.select(both))


def _merged(document: Document, space: PeerField, pod: PeerField) -> Document:
    """Return a NetworkPolicy in which two items of a list of peers are one."""
    list_path, _, number = pod.path.rpartition("[")
    items = list(field_at(document.body, list_path))
    own = items[int(number[:-1])]
    other = int(space.path.rpartition("[")[2][:-1])
    items[other] = {**items[other], **own}
    del items[int(number[:-1])]
    return edited(document, list_path, items)


def _hosted(context: ReviewContext, selector: Selector) -> list[str]:
    """Return the workloads on the host network that a selector would fit."""
    asks = [one for one in selector.requirements if one.key != NAMESPACE]
    if not any(one.operator in ("In", "Exists") and one.source != RESERVED for one in asks):
        return []
    fitting = (pod for pod in context.hosted if selector.matches(_labels(pod)))
    return sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in fitting})


def _labels(pod: Pod) -> dict[str, tuple[str, str]]:
    own = {key: (K8S, value) for key, value in pod.labels.items()}
    return {**own, NAMESPACE: (K8S, pod.namespace)}


def _subject_path(document: Document) -> str:
    name = "podSelector" if document.kind == "NetworkPolicy" else "endpointSelector"
    return f"spec.{name}"
