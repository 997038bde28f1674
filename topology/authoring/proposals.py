"""Every edit that may let a connection through the layer that stops it."""

from collections import Counter
from collections.abc import Iterator

from topology.authoring.authorizations import (
    denial_exceptions,
    permissions,
    plaintext_opening,
)
from topology.authoring.cilium_openings import KINDS as CILIUM_KINDS
from topology.authoring.edits import Edit
from topology.authoring.exceptions import exceptions, request_openings
from topology.authoring.mesh_tightening import principal_of
from topology.authoring.openings import openings
from topology.authoring.stops import Stop
from topology.memo import per_cluster
from topology.model import Cluster, Document, Pod
from topology.paths import Network
from topology.policy.labels import split_key

__all__ = ["proposals", "used_keys"]


def proposals(network: Network, stop: Stop) -> Iterator[Edit]:
    """Yield edits for a layer; which of them help is for the engines to say.

    Args:
        network: As it is.
        stop: The layer, and what shall get through.
    """
    name = stop.layer.layer
    if name in ("egress-policy", "ingress-policy"):
        yield from _of_network_policies(network, stop)
    elif name == "l7":
        document = _document(network, stop.layer.policy)
        if document is not None:
            yield from request_openings(document, stop)
        # A rule of many workloads is better left alone where another policy guards these alone.
        yield from openings(network.cluster, stop, _selecting(network, stop))
    elif name == "authorization":
        yield from _of_authorization(network, stop)
    elif name == "mtls":
        yield plaintext_opening(stop, _own_authentication(network.cluster, stop))


def _of_network_policies(network: Network, stop: Stop) -> Iterator[Edit]:
    # Where it is not known whether a rule that allows applies, nothing denies.
    denies = "Deny" in (stop.layer.rule or "") or stop.layer.verdict == "deny"
    denying = _document(network, stop.layer.policy) if stop.layer.rule and denies else None
    if denying is not None and denying.kind in CILIUM_KINDS:
        yield from exceptions(network.cluster, denying, stop)
        return
    selecting = _selecting(network, stop)
    yield from openings(network.cluster, stop, selecting | _refused(network, stop))


def _selecting(network: Network, stop: Stop) -> frozenset[str]:
    """Return the policies that select the guarded pods in the direction that is looked at."""
    return frozenset(
        one.policy
        for pod in _kinds_of(network, stop.subject)
        for one in network.policies.selecting(pod)
        if one.direction == stop.section
    )


def _refused(network: Network, stop: Stop) -> frozenset[str]:
    """Return the policies near the guarded pods that are not in force, as they have a fault."""
    in_force = {rule.policy for rule in network.policies.rules}
    return frozenset(
        one.key
        for one in network.policies.documents
        if one.key not in in_force and one.namespace in (stop.namespace, "")
    )


def _kinds_of(network: Network, pods: tuple[Pod, ...]) -> list[Pod]:
    """Return one pod of each kind that policies tell apart."""
    return list({network.policies.class_of(pod): pod for pod in pods}.values())


def _of_authorization(network: Network, stop: Stop) -> Iterator[Edit]:
    principal = principal_of(network, stop.other_pods[0]) if stop.other_pods else None
    denying = _document(network, stop.layer.policy)
    if denying is not None and (denying.body.get("spec") or {}).get("action") == "DENY":
        yield from denial_exceptions(denying, stop, principal)
        return
    documents = [
        policy.document
        for policy in network.mesh.index.authorization_policies(stop.subject[0])
        if policy.enforced and policy.action == "ALLOW" and not policy.target_refs
    ]
    yield from permissions(documents, stop, principal, _principals(network))


def _principals(network: Network) -> frozenset[str]:
    """Return every identity and namespace that a caller of this cluster can have."""
    found = {
        text
        for pod in network.cluster.pods
        for text in (pod.namespace, f"{pod.namespace}/{pod.service_account}")
    }
    domain = network.mesh.settings.trust_domain
    found |= {
        f"{domain}/ns/{pod.namespace}/sa/{pod.service_account}" for pod in network.cluster.pods
    }
    return frozenset(found)


def _document(network: Network, key: str | None) -> Document | None:
    return next((one for one in network.cluster.policies if one.key == key), None)


def _own_authentication(cluster: Cluster, stop: Stop) -> Document | None:
    """Return the PeerAuthentication that selects just the guarded pods."""
    for document in cluster.policies:
        if document.kind != "PeerAuthentication" or document.namespace != stop.namespace:
            continue
        selector = (document.body.get("spec") or {}).get("selector") or {}
        labels = selector.get("matchLabels") or {}
        if labels and labels.items() <= stop.subject[0].labels.items():
            return document
    return None


@per_cluster
def used_keys(cluster: Cluster) -> tuple[str, ...]:
    """Return the keys of labels that policies select pods by, the most usual first."""
    found: Counter[str] = Counter()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "matchLabels" and isinstance(item, dict):
                    found.update(split_key(str(one))[1] for one in item)
                else:
                    walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for document in cluster.policies:
        walk(document.body)
    return tuple(key for key, _ in found.most_common())
