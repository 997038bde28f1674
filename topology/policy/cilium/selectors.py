"""Subjects and peers by label: what Cilium adds to the selectors that are written.

The rules are those of pkg/k8s/apis/cilium.io/utils/utils.go: a CiliumNetworkPolicy means its own
namespace unless the selector says otherwise, a clusterwide one any pod of any namespace.
"""

from typing import Any

from topology.policy.fields import Rejected, mapping, quoted, read_requirements
from topology.policy.labels import ANY, CLUSTER, K8S, NAMESPACE, NAMESPACE_LABELS, RESERVED
from topology.policy.profile import Profile
from topology.policy.selectors import EVERYTHING, Selector, exists, one_of

__all__ = ["entity_selectors", "read_peer", "read_subject"]

_CLUSTER_ENTITIES = (
    "host", "remote-node", "init", "ingress", "health", "unmanaged", "kube-apiserver",
)  # fmt: skip
_WORLD = ("world", "world-ipv4", "world-ipv6")
_SINGLE = frozenset({*_CLUSTER_ENTITIES, "world-ipv4", "world-ipv6"})
_KNOWN = frozenset({"all", "cluster", "none", "world", *_SINGLE})
_MEANT = {
    "any": "all", "apiserver": "kube-apiserver", "api-server": "kube-apiserver",
    "external": "world", "internet": "world", "kubeapiserver": "kube-apiserver", "node": "host",
    "nodes": "remote-node", "outside": "world", "public": "world", "remotenode": "remote-node",
    "remote-nodes": "remote-node",
}  # fmt: skip
"""What people write for an entity, and what they mean."""


def read_subject(value: Any, path: str, *, namespace: str) -> Selector:
    """Read an endpointSelector.

    In a namespaced policy a `k8s:` namespace key is overwritten, an unprefixed one is kept.
    """
    requirements = read_requirements(value, path)
    if not namespace:
        return Selector(frozenset(requirements))
    # A label `k8s:` + NAMESPACE is one entry of the map that Cilium overwrites; expressions stay.
    written = mapping(mapping(value, path).get("matchLabels"), path)
    foreign = one_of(K8S, NAMESPACE, str(written.get(f"{K8S}:{NAMESPACE}")))
    kept = [requirement for requirement in requirements if requirement != foreign]
    return Selector(frozenset([*kept, one_of(K8S, NAMESPACE, namespace)]))


def read_peer(
    value: Any,
    path: str,
    *,
    namespace: str,
    subject: Selector,
    profile: Profile,
    inject_always: bool = False,
) -> Selector:
    """Read one item of fromEndpoints or toEndpoints.

    Args:
        value: The selector as written.
        path: Where it stands.
        namespace: Of the policy; empty for a clusterwide one.
        subject: The endpointSelector of the policy.
        profile: Whose semantics.
        inject_always: Whether selectors on reserved labels get a namespace too (fromRequires).
    """
    selector = Selector(frozenset(read_requirements(value, path)))
    if selector.has_prefix("", RESERVED) and not inject_always:
        return selector
    extra = []
    if not selector.has_key(NAMESPACE, K8S, ANY):
        if not namespace:
            if not subject.has_key("init", RESERVED):
                extra.append(exists(K8S, NAMESPACE))
        elif not selector.has_prefix(NAMESPACE_LABELS, K8S, ANY):
            extra.append(one_of(K8S, NAMESPACE, namespace))
    if profile.local_cluster_only and not selector.has_key(CLUSTER, K8S, ANY):
        extra.append(one_of(K8S, CLUSTER, profile.cluster_name))
    return selector.with_also(extra)


def entity_selectors(name: str, path: str, profile: Profile) -> list[Selector]:
    """Return the selectors that an entity stands for.

    Raises:
        Rejected: There is no such entity.
    """
    if name == "all":
        return [EVERYTHING]
    if name == "none":
        return [_reserved("none")]
    if name == "world":
        return [_reserved(one) for one in _WORLD]
    if name == "cluster":
        local = Selector(frozenset({one_of(K8S, CLUSTER, profile.cluster_name)}))
        return [*(_reserved(one) for one in _CLUSTER_ENTITIES), local]
    if name in _SINGLE:
        return [_reserved(name)]
    known = ", ".join(sorted(_KNOWN))
    meant = _MEANT.get(name.lower()) or name.lower()
    fix = f"Write `{meant}`." if meant in _KNOWN else f"Write one of {known}."
    raise Rejected("entity", f"Unsupported entity: {quoted(name)}.", fix, path)


def _reserved(name: str) -> Selector:
    return Selector(frozenset({exists(RESERVED, name)}))
