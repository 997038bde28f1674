"""From a name and perhaps a kind to one object, policies and nodes included."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.kinds import POLICY_KINDS
from tools.understanding import understood
from topology.errors import AmbiguousName, InvalidQuery, UnknownName
from topology.model import Cluster, Document, Location, Namespace, Node, Pod, Service, Workload
from topology.names import Match
from topology.targets import NamespaceTarget, PodTarget, ServiceTarget, WorkloadTarget

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Found", "Subject", "find_object"]

Subject = Pod | Workload | Service | Namespace | Node | Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The object that a name means."""

    subject: Subject
    kind: str
    namespace: str
    name: str
    location: Location | None
    note: str = ""
    """What the name was understood as, where that was a guess."""

    @property
    def key(self) -> str:
        """Return `Kind/namespace/name`, or `Kind/name` outside namespaces."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


def find_object(network: "Network", name: str, kind: str) -> Found:
    """Return the object that a name means.

    Args:
        network: Where to look.
        name: With or without namespace and kind.
        kind: As `tools.kinds.parse_kind` returns it; empty for any.

    Raises:
        UnknownName: Nothing is called that.
        AmbiguousName: Several things are.
    """
    cluster = network.cluster
    text = name.strip().strip("`'\"")
    if kind == "Node" or (not kind and _node(cluster, text)):
        return _find_node(cluster, text)
    if kind == "Policy" or kind in POLICY_KINDS or _names_policy_kind(text):
        return _only_policy(cluster, text, kind, _policies(cluster, text, kind))
    try:
        match = network.names.match(f"{kind}:{text}" if kind else text)
    except UnknownName as error:
        policies = () if kind else _policies(cluster, text, "")
        if not policies:
            raise error from None
        return _only_policy(cluster, text, "", policies)
    policies = () if kind or match.how == "exact" else _policies(cluster, text, "")
    if policies:
        return _only_policy(cluster, text, "", policies)
    return _from_match(cluster, text, match)


def _from_match(cluster: Cluster, text: str, match: Match) -> Found:
    note = understood(text, match)
    target = match.target
    if isinstance(target, PodTarget):
        return _found(target.pod, "Pod", note)
    if isinstance(target, WorkloadTarget):
        return _found(target.workload, target.workload.kind, note)
    if isinstance(target, ServiceTarget):
        return _found(target.service, "Service", note)
    if isinstance(target, NamespaceTarget):
        space = cluster.namespaces.get(target.name) or Namespace(name=target.name, declared=False)
        return Found(
            subject=space,
            kind="Namespace",
            namespace="",
            name=space.name,
            location=space.location,
            note=note,
        )
    message = f"`{target}` is no object of the cluster."
    raise InvalidQuery(message, hint="Name a pod, workload, Service, namespace, node or policy.")


def _found(subject: Pod | Workload | Service, kind: str, note: str) -> Found:
    return Found(
        subject=subject,
        kind=kind,
        namespace=subject.namespace,
        name=subject.name,
        location=subject.location,
        note=note,
    )


def _node(cluster: Cluster, text: str) -> Node | None:
    name = text.removeprefix("node/").removeprefix("node:")
    return next((node for node in cluster.nodes if node.name == name), None)


def _find_node(cluster: Cluster, text: str) -> Found:
    node = _node(cluster, text)
    if node is None:
        names = tuple(node.name for node in cluster.nodes[:5])
        hint = "" if names else "The input holds no nodes."
        message = f"There is no node `{text}`."
        raise UnknownName(message, nearest=names, hint=hint)
    return Found(subject=node, kind="Node", namespace="", name=node.name, location=node.location)


def _names_policy_kind(text: str) -> bool:
    return text.split("/", 1)[0].lower() in {kind.lower() for kind in POLICY_KINDS}


def _policies(cluster: Cluster, text: str, kind: str) -> tuple[Document, ...]:
    """Return the policies whose key ends in what was written, letter case aside."""
    wanted = [part.lower() for part in text.split("/") if part]
    return tuple(
        policy
        for policy in cluster.policies
        if (kind in ("", "Policy") or policy.kind == kind)
        and [part.lower() for part in policy.key.split("/")][-len(wanted) :] == wanted
    )


def _only_policy(cluster: Cluster, text: str, kind: str, policies: tuple[Document, ...]) -> Found:
    if not policies:
        known = [
            policy.key
            for policy in cluster.policies
            if kind in ("", "Policy") or policy.kind == kind
        ]
        message = f"There is no policy `{text}`."
        if not known:
            raise UnknownName(message, hint="The input holds no policies of that kind.")
        raise UnknownName(message, nearest=_nearest(text, known))
    if len(policies) > 1:
        message = f"`{text}` may mean {len(policies)} policies."
        raise AmbiguousName(message, candidates=tuple(policy.key for policy in policies))
    (policy,) = policies
    return Found(
        subject=policy,
        kind=policy.kind,
        namespace=policy.namespace,
        name=policy.name,
        location=policy.source.at(),
    )


def _nearest(text: str, known: list[str]) -> tuple[str, ...]:
    from rapidfuzz import fuzz, process

    best = process.extract(text, known, scorer=fuzz.WRatio, limit=3)
    return tuple(key for key, _, _ in best)
