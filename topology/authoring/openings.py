"""Edits of network policies that may let one connection through, from the narrowest on.

They are proposals only: which of them does what is asked, and what else it does, is for the
engine to say.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from topology.authoring import cilium_openings
from topology.authoring.corrections import corrections, known_values
from topology.authoring.edits import Edit, appending, edited, new_document, putting
from topology.authoring.handles import kubernetes_peer
from topology.authoring.stops import Stop
from topology.model import Cluster, Document
from topology.policy.labels import NAMESPACE_NAME

__all__ = ["openings"]

_LONGEST_NAME = 63


def openings(cluster: Cluster, stop: Stop, selecting: frozenset[str]) -> Iterator[Edit]:
    """Yield edits of the policies that guard an end, and new policies beside them.

    Args:
        cluster: With its policies.
        stop: What shall get through, and where.
        selecting: Policies that select the guarded pods in this direction.
    """
    kinds = set()
    for document in cluster.policies:
        chosen = document.key in selecting
        if chosen:
            kinds.add(document.kind)
        if document.kind == "NetworkPolicy":
            if chosen:
                yield from _rules(cluster, document, stop)
            elif document.namespace == stop.namespace:
                yield from _subject(cluster, document, stop)
        elif document.kind in cilium_openings.KINDS:
            if chosen:
                yield from cilium_openings.rules(cluster, document, stop)
            elif document.namespace in (stop.namespace, ""):
                yield from cilium_openings.subject(cluster, document, stop)
    plain = list(_new(stop)) if "NetworkPolicy" in kinds else []
    yield from plain
    # A cluster that has none of Cilium's policies need not get its first one for this.
    if not plain or stop.http is not None or not kinds <= {"NetworkPolicy"}:
        yield from cilium_openings.new(stop)


def _rules(cluster: Cluster, document: Document, stop: Stop) -> Iterator[Edit]:
    """Yield edits of the rules of a NetworkPolicy."""
    spec = document.body.get("spec") or {}
    section = spec.get(stop.section) or []
    peer = kubernetes_peer(stop.other, document.namespace)
    port = _port(stop)
    for number, rule in enumerate(section):
        path = f"spec.{stop.section}[{number}]"
        if not isinstance(rule, Mapping):
            continue
        if rule.get("ports") and port is not None:
            yield from _ports(document, stop, number, port)
        for place, written in enumerate(rule.get(stop.side) or ()):
            yield from _peers(cluster, document, stop, number, place, written)
        if rule.get(stop.side) and peer is not None:
            yield edited(
                document,
                f"add `{stop.other.name}` to `{path}.{stop.side}`",
                appending(f"{path}.{stop.side}", peer),
            )
    if peer is not None and (port is not None or stop.port is None):
        yield edited(
            document,
            f"add a rule for `{stop.other.name}` on {stop.port_text} to `spec.{stop.section}`",
            appending(f"spec.{stop.section}", _rule(stop, peer)),
        )


def _ports(document: Document, stop: Stop, number: int, port: dict[str, Any]) -> Iterator[Edit]:
    path = f"spec.{stop.section}[{number}].ports"

    yield edited(document, f"add port {stop.port_text} to `{path}`", appending(path, port))
    written = document.body["spec"][stop.section][number]["ports"]
    for place, one in enumerate(written):
        if isinstance(one, Mapping) and "endPort" not in one and one.get("port") is not None:
            shown = f"{one['port']}/{one.get('protocol') or 'TCP'}"
            swap = putting(f"{path}[{place}]", {**one, **port})
            yield edited(
                document, f"change {shown} to {stop.port_text} in `{path}`", swap, corrects=True
            )


def _peers(
    cluster: Cluster, document: Document, stop: Stop, number: int, place: int, written: Any
) -> Iterator[Edit]:
    """Yield a peer with a slip of its selectors corrected."""
    if not isinstance(written, Mapping) or not stop.other_pods:
        return
    known = known_values(cluster)
    pod = stop.other_pods[0]
    namespace = cluster.namespaces.get(pod.namespace)
    spaces = {**(namespace.labels if namespace else {}), NAMESPACE_NAME: pod.namespace}
    path = f"spec.{stop.section}[{number}].{stop.side}[{place}]"
    for field, wanted in (("podSelector", pod.labels), ("namespaceSelector", spaces)):
        selector = written.get(field)
        if not isinstance(selector, Mapping):
            continue
        for what, changed in corrections(selector, wanted, known):
            put = putting(f"{path}.{field}", changed)
            yield edited(document, f"{what} in `{path}.{field}`", put, corrects=True)


def _subject(cluster: Cluster, document: Document, stop: Stop) -> Iterator[Edit]:
    """Yield a policy that selects nobody with a slip in its selector corrected."""
    selector = (document.body.get("spec") or {}).get("podSelector")
    if isinstance(selector, Mapping):
        for what, changed in corrections(selector, stop.subject[0].labels, known_values(cluster)):
            put = putting("spec.podSelector", changed)
            yield edited(document, f"{what} in `spec.podSelector`", put, corrects=True)


def _new(stop: Stop) -> Iterator[Edit]:
    peer = kubernetes_peer(stop.other, stop.namespace)
    if peer is None or (_port(stop) is None and stop.port is not None):
        return
    yield new_document(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": policy_name(stop), "namespace": stop.namespace},
            "spec": {
                "podSelector": {"matchLabels": dict(stop.subject_labels)},
                "policyTypes": [stop.section.title()],
                stop.section: [_rule(stop, peer)],
            },
        },
        f"add a NetworkPolicy that lets `{stop.other.name}` through on {stop.port_text}",
    )


def policy_name(stop: Stop) -> str:
    """Return a name for a policy that opens one connection."""
    return cilium_openings.policy_name(stop)[:_LONGEST_NAME]


def _port(stop: Stop) -> dict[str, Any] | None:
    if stop.port is None or stop.protocol.startswith("ICMP"):
        return None
    return {"port": stop.port, "protocol": stop.protocol}


def _rule(stop: Stop, peer: Any) -> dict[str, Any]:
    port = _port(stop)
    return {stop.side: [peer], **({"ports": [port]} if port else {})}
