"""CiliumNetworkPolicy as Kubernetes NetworkPolicy, where that can say the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from topology.authoring.cilium_openings import specs
from topology.authoring.edits import entry_at
from topology.authoring.rewriting import Refusal
from topology.model import Document
from topology.policy.labels import NAMESPACE, NAMESPACE_LABELS, NAMESPACE_NAME, split_key

__all__ = ["to_network_policies"]

_WHY = {
    "authentication": "NetworkPolicy knows no mutual authentication.",
    "egressDeny": "NetworkPolicy has no rules that deny.",
    "enableDefaultDeny": "a NetworkPolicy always denies what it does not allow.",
    "icmps": "NetworkPolicy knows no ICMP types.",
    "ingressDeny": "NetworkPolicy has no rules that deny.",
    "nodeSelector": "NetworkPolicy selects pods only.",
    "FQDNs": "NetworkPolicy knows no DNS names.",
    "Groups": "NetworkPolicy knows no groups of a cloud provider.",
    "Nodes": "NetworkPolicy cannot name nodes.",
    "Requires": "NetworkPolicy has no such condition.",
    "Services": "NetworkPolicy cannot name Services.",
    "CIDRGroup": "NetworkPolicy cannot name a CiliumCIDRGroup.",
}
_L7 = ("rules", "serverNames", "listener", "terminatingTLS", "originatingTLS")
_PREFIXES = ("k8s", "any")


class _Lost(Exception):
    """A part that cannot be expressed."""

    def __init__(self, *, at: str, why: str) -> None:
        super().__init__(at)
        self.path = at
        self.why = why


def to_network_policies(document: Document) -> tuple[list[dict[str, Any]], list[Refusal]]:
    """Return NetworkPolicies that mean what a policy of Cilium means, and what they cannot say."""
    bodies: list[dict[str, Any]] = []
    lost: list[Refusal] = []
    paths = list(specs(document))
    for number, path in enumerate(paths):
        try:
            name = document.name if len(paths) == 1 else f"{document.name}-{number}"
            bodies.append(_policy(document, path, name))
        except _Lost as one:
            lost.append(Refusal(policy=document.key, path=one.path, why=one.why))
    return bodies, lost


def _policy(document: Document, path: str, name: str) -> dict[str, Any]:
    spec = entry_at(document.body, path)
    _check_fields(spec, path)
    pods, spaces = _selector(spec.get("endpointSelector") or {}, f"{path}.endpointSelector")
    namespace = document.namespace or _one_namespace(spaces, path)
    if document.namespace and spaces not in (None, {"matchLabels": _named(document.namespace)}):
        why = "a policy selects pods of its own namespace only."
        raise _Lost(at=f"{path}.endpointSelector", why=why)
    written = {"podSelector": pods, **_sections(spec, path, document.namespace)}
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    own = document.body.get("metadata") or {}
    if own.get("labels"):
        metadata["labels"] = dict(own["labels"])
    notes = dict(own.get("annotations") or {})
    if spec.get("description"):
        notes["description"] = spec["description"]
    if notes:
        metadata["annotations"] = notes
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": written,
    }


def _check_fields(spec: Mapping[str, Any], path: str) -> None:
    for field in ("nodeSelector", "ingressDeny", "egressDeny"):
        if spec.get(field):
            raise _Lost(at=f"{path}.{field}", why=_WHY[field])
    for direction, wanted in (spec.get("enableDefaultDeny") or {}).items():
        if wanted is False:
            raise _Lost(at=f"{path}.enableDefaultDeny.{direction}", why=_WHY["enableDefaultDeny"])


def _sections(spec: Mapping[str, Any], path: str, namespace: str) -> dict[str, Any]:
    written: dict[str, Any] = {"policyTypes": []}
    for direction, side in (("ingress", "from"), ("egress", "to")):
        rules = spec.get(direction)
        if not rules:
            continue
        written["policyTypes"].append(direction.title())
        found = [
            one
            for number, rule in enumerate(rules)
            for one in _rules(rule or {}, side, f"{path}.{direction}[{number}]", namespace)
        ]
        if found:
            written[direction] = found
    return written


def _named(namespace: str) -> dict[str, str]:
    return {NAMESPACE_NAME: namespace}


def _one_namespace(spaces: Mapping[str, Any] | None, path: str) -> str:
    labels = (spaces or {}).get("matchLabels") or {}
    if spaces and set(spaces) == {"matchLabels"} and set(labels) == {NAMESPACE_NAME}:
        return str(labels[NAMESPACE_NAME])
    why = "a NetworkPolicy stands in one namespace, and this selects pods of others."
    raise _Lost(at=f"{path}.endpointSelector", why=why)


def _rules(
    rule: Mapping[str, Any], side: str, path: str, namespace: str
) -> Iterator[dict[str, Any]]:
    """Yield the rule that means the same; nothing for one that allows nothing."""
    for field in ("icmps", "authentication"):
        if rule.get(field):
            raise _Lost(at=f"{path}.{field}", why=_WHY[field])
    peers: list[dict[str, Any]] | None = []
    listed = False
    for key, value in rule.items():
        if not str(key).startswith(side) or key == "toPorts" or value is None:
            continue
        listed = True
        field = str(key).removeprefix(side)
        for number, item in enumerate(value):
            peer = _peer(field, item, f"{path}.{key}[{number}]", namespace)
            if peer is None:
                peers = None
            elif peers is not None:
                peers += peer
    ports = [
        port
        for number, item in enumerate(rule.get("toPorts") or ())
        for port in _ports(item, f"{path}.toPorts[{number}]")
    ]
    if peers == [] and (listed or not rule.get("toPorts")):
        # `[]` and `{}` stand for the default deny alone.
        return
    yield {
        **({side: peers} if peers else {}),
        **({"ports": ports} if ports else {}),
    }


def _peer(field: str, item: Any, path: str, namespace: str) -> list[dict[str, Any]] | None:
    """Return the peers that mean what an item means; None where it is everyone."""
    if field == "Endpoints":
        return [_endpoint(item or {}, path, namespace)]
    if field == "CIDR":
        return [{"ipBlock": {"cidr": str(item) if "/" in str(item) else f"{item}/32"}}]
    if field == "CIDRSet" and "cidr" in item:
        holes = {"except": list(item["except"])} if item.get("except") else {}
        return [{"ipBlock": {"cidr": item["cidr"], **holes}}]
    if field == "CIDRSet":
        raise _Lost(at=path, why=_WHY["CIDRGroup"])
    if field == "Entities":
        if item == "all":
            return None
        if item == "world":
            return [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
        if item == "host" and ".ingress[" in path:
            # Cilium lets a pod's own node in without being told; the proof shows whether it does.
            return []
        raise _Lost(at=path, why=f"NetworkPolicy cannot name the entity `{item}`.")
    raise _Lost(at=path, why=_WHY.get(field, "NetworkPolicy has no such field."))


def _endpoint(item: Mapping[str, Any], path: str, namespace: str) -> dict[str, Any]:
    pods, spaces = _selector(item, path)
    if spaces is None and not namespace:
        spaces = {}
    if spaces is None or spaces == {"matchLabels": _named(namespace)}:
        return {"podSelector": pods}
    return {"namespaceSelector": spaces, **({"podSelector": pods} if pods else {})}


def _ports(item: Mapping[str, Any], path: str) -> Iterator[dict[str, Any]]:
    for field in _L7:
        if item.get(field):
            raise _Lost(at=f"{path}.{field}", why="NetworkPolicy knows nothing above ports.")
    for entry in item.get("ports") or ():
        text = str(entry.get("port") or "0")
        port: int | str | None = int(text) if text.isdecimal() else text
        end = {"endPort": entry["endPort"]} if entry.get("endPort") else {}
        protocol = str(entry.get("protocol") or "ANY").upper()
        for one in ("TCP", "UDP", "SCTP") if protocol == "ANY" else (protocol,):
            yield {**({"port": port} if port else {}), **end, "protocol": one}


def _selector(
    selector: Mapping[str, Any], path: str
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return a selector of pods and one of namespaces; None for the latter where it is not told."""
    pods: dict[str, Any] = {}
    spaces: dict[str, Any] = {}
    told = False
    for written, value in (selector.get("matchLabels") or {}).items():
        key, of_space = _key(str(written), path)
        told = told or of_space
        (spaces if of_space else pods).setdefault("matchLabels", {})[key] = value
    for one in selector.get("matchExpressions") or ():
        key, of_space = _key(str(one.get("key")), path)
        told = told or of_space
        if of_space and key == NAMESPACE_NAME and one.get("operator") == "Exists":
            continue
        (spaces if of_space else pods).setdefault("matchExpressions", []).append(
            {**one, "key": key}
        )
    return pods, spaces if told else None


def _key(written: str, path: str) -> tuple[str, bool]:
    """Return a key as Kubernetes writes it, and whether it is of the namespace."""
    source, key = split_key(written)
    if source not in _PREFIXES:
        raise _Lost(at=path, why=f"NetworkPolicy cannot ask for labels of the source `{source}`.")
    if key == NAMESPACE:
        return NAMESPACE_NAME, True
    if key.startswith(NAMESPACE_LABELS):
        return key.removeprefix(NAMESPACE_LABELS), True
    if key.startswith(("io.cilium.", "io.kubernetes.pod.")):
        raise _Lost(at=path, why=f"NetworkPolicy cannot ask for `{key}`.")
    return key, False
