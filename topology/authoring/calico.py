"""NetworkPolicy and GlobalNetworkPolicy of Calico (projectcalico.org/v3) as policies of Cilium.

Calico reads rules in order and stops at the first that matches; Cilium lets any deny win. So deny
rules can be written only where they come before every allow, or at the very end, where they are
the default deny. What cannot be said is refused with the field.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from topology.authoring.calico_selectors import Unsupported, label_selector
from topology.authoring.rewriting import Refusal
from topology.model import Cluster
from topology.policy.labels import NAMESPACE, NAMESPACE_LABELS, NAMESPACE_NAME, SERVICE_ACCOUNT

__all__ = ["API", "cilium_policy_of", "covered_nets"]

API = "projectcalico.org/v3"
_KINDS = ("NetworkPolicy", "GlobalNetworkPolicy")
_REFUSED = {
    "applyOnForward": "it is about traffic that a host forwards.",
    "doNotTrack": "it is about connection tracking of hosts.",
    "preDNAT": "it is about host endpoints before address translation.",
    "serviceAccountSelector": "selecting subjects by service account labels has no equal.",
    "tier": "Cilium has no tiers.",
    "performanceHints": "it is about Calico's dataplane.",
}
_ENTITY_REFUSED = {
    "notNets": "networks that are excluded need a positive network to be excluded from.",
    "notSelector": "a selector that is negated has no equal.",
    "notPorts": "ports that are excluded have no equal.",
    "services": "a Service as a peer is not converted.",
    "domains": "domains are of Calico Enterprise.",
}
Body = dict[str, Any]


class _Lost(Exception):
    def __init__(self, *, at: str, why: str) -> None:
        super().__init__(at)
        self.path = at
        self.why = why


def cilium_policy_of(body: Mapping[str, Any]) -> tuple[Body | None, Refusal | None]:
    """Return the policy of Cilium that means what one of Calico means, or why there is none.

    Args:
        body: The object as read, of the API `projectcalico.org/v3`.
    """
    metadata = body.get("metadata") or {}
    name, namespace = str(metadata.get("name")), str(metadata.get("namespace") or "default")
    key = f"{body.get('kind')}/{namespace}/{name}"
    try:
        return _policy(body, name, namespace), None
    except _Lost as lost:
        return None, Refusal(policy=key, path=lost.path, why=lost.why)


def _policy(body: Mapping[str, Any], name: str, namespace: str) -> Body:
    spec = body.get("spec") or {}
    kind = body.get("kind")
    if kind not in _KINDS:
        raise _Lost(at="kind", why=f"a {kind} is no policy that can be converted.")
    for field, why in _REFUSED.items():
        value = spec.get(field)
        if value and not (field == "tier" and value == "default"):
            raise _Lost(at=f"spec.{field}", why=why)
    is_global = kind == "GlobalNetworkPolicy"
    subject = _selector(spec.get("selector") or "all()", "spec.selector")
    if is_global:
        spaces = _spaces(spec.get("namespaceSelector"), "spec.namespaceSelector")
        subject = _joined(subject, spaces)
    written: Body = {"endpointSelector": subject}
    types = [str(one).lower() for one in spec.get("types") or _types(spec)]
    for way, side, entity in (("ingress", "from", "source"), ("egress", "to", "destination")):
        if way in types:
            written.update(_section(spec.get(way) or (), way, side, entity, is_global=is_global))
    clean = name.removeprefix("default.")
    return {
        "apiVersion": "cilium.io/v2",
        "kind": f"Cilium{'Clusterwide' if is_global else ''}NetworkPolicy",
        "metadata": {"name": clean} if is_global else {"name": clean, "namespace": namespace},
        "spec": written,
    }


def _types(spec: Mapping[str, Any]) -> list[str]:
    """Return the types that Calico assumes: egress alone only where just that has rules."""
    if "egress" in spec and "ingress" in spec:
        return ["ingress", "egress"]
    return ["egress"] if "egress" in spec else ["ingress"]


def _section(rules: Any, way: str, side: str, entity: str, *, is_global: bool) -> Body:
    """Return the rules of one direction, allowed and denied."""
    allows: list[Body] = []
    denies: list[Body] = []
    for number, rule in enumerate(rules):
        path = f"spec.{way}[{number}]"
        action = rule.get("action")
        if action == "Log":
            continue
        if action not in ("Allow", "Deny"):
            raise _Lost(at=f"{path}.action", why=f"`{action}` has no equal in Cilium.")
        if action == "Deny" and allows:
            if number == len(rules) - 1 and not (set(rule) - {"action", "metadata"}):
                break
            why = "a deny after an allow depends on the order of rules, which Cilium does not know."
            raise _Lost(at=f"{path}.action", why=why)
        found = _rules(rule, path, side, entity, way=way, is_global=is_global)
        (allows if action == "Allow" else denies).extend(found)
    section: Body = {way: allows or [{}]}
    if denies:
        section[f"{way}Deny"] = denies
    return section


def _rules(
    rule: Mapping[str, Any], path: str, side: str, entity: str, *, way: str, is_global: bool
) -> Iterator[Body]:
    for field in ("http", "icmp", "notICMP", "notProtocol", "ipVersion"):
        if rule.get(field) is not None:
            raise _Lost(at=f"{path}.{field}", why=f"`{field}` is not converted.")
    source, destination = rule.get("source") or {}, rule.get("destination") or {}
    far, near = (source, destination) if way == "ingress" else (destination, source)
    near_name = "destination" if way == "ingress" else "source"
    for one, where in ((source, "source"), (destination, "destination")):
        for field, why in _ENTITY_REFUSED.items():
            if one.get(field) and not (field == "notNets" and one is far and one.get("nets")):
                raise _Lost(at=f"{path}.{where}.{field}", why=why)
    if source.get("ports"):
        raise _Lost(
            at=f"{path}.source.ports", why="policies of Cilium do not look at source ports."
        )
    extra = set(near) - {"ports"}
    if extra:
        field = sorted(extra)[0]
        why = "a rule that narrows its own subject has no equal; make it a policy of its own."
        raise _Lost(at=f"{path}.{near_name}.{field}", why=why)
    ports = _ports(rule.get("protocol"), destination.get("ports"), path)
    peers = list(_peers(far, f"{path}.{entity}", side, is_global=is_global))
    to_ports = {"toPorts": [{"ports": ports}]} if ports else {}
    if not peers:
        yield to_ports or {f"{side}Entities": ["all"]}
    for peer in peers:
        yield {**peer, **to_ports}


def _peers(far: Mapping[str, Any], path: str, side: str, *, is_global: bool) -> Iterator[Body]:
    nets = far.get("nets")
    selectors = [
        one for one in ("selector", "namespaceSelector", "serviceAccounts") if far.get(one)
    ]
    if nets and selectors:
        raise _Lost(
            at=f"{path}.nets",
            why="networks and selectors together must both hold, which has no equal.",
        )
    if nets:
        holes = far.get("notNets") or ()
        excepts = {"except": list(holes)} if holes else {}
        yield {f"{side}CIDRSet": [{"cidr": one, **excepts} for one in nets]}
        return
    if not selectors:
        return
    accounts = far.get("serviceAccounts") or {}
    if accounts.get("selector"):
        raise _Lost(
            at=f"{path}.serviceAccounts.selector", why="labels of service accounts have no equal."
        )
    text = far.get("selector") or "all()"
    if "global()" in (far.get("namespaceSelector") or ""):
        raise _Lost(at=f"{path}.namespaceSelector", why="`global()` means host endpoints.")
    wanted = _selector(text, f"{path}.selector")
    # Without a word on namespaces a global policy means those of the whole cluster.
    spaces = _spaces(far.get("namespaceSelector"), f"{path}.namespaceSelector")
    if not far.get("namespaceSelector") and not is_global:
        spaces = {}
    if is_global and not far.get("namespaceSelector"):
        spaces = {"matchExpressions": [{"key": f"k8s:{NAMESPACE}", "operator": "Exists"}]}
    names = accounts.get("names") or ()
    joined = _joined(wanted, spaces)
    if names:
        condition = {"key": f"k8s:{SERVICE_ACCOUNT}", "operator": "In", "values": list(names)}
        joined = _joined(joined, {"matchExpressions": [condition]})
    yield {f"{side}Endpoints": [joined]}


def _ports(protocol: Any, ports: Any, path: str) -> list[Body]:
    if not ports and protocol is None:
        return []
    name = str(protocol or "").upper()
    if name not in ("TCP", "UDP", "SCTP"):
        why = f"the protocol `{protocol}` is not converted."
        raise _Lost(at=f"{path}.protocol", why=why)
    if not ports:
        return [{"port": "0", "protocol": name}]
    found = []
    for port in ports:
        first, colon, last = str(port).partition(":")
        end = {"endPort": int(last)} if colon and last.isdecimal() else {}
        found.append({"port": first, **end, "protocol": name})
    return found


def _selector(text: str, path: str) -> Body:
    try:
        found = label_selector(text)
    except Unsupported as fault:
        raise _Lost(at=path, why=f"{fault}.") from fault
    return _renamed(found)


def _renamed(selector: Body) -> Body:
    """Return a selector in which Calico's own labels have the names that Cilium gives them."""
    labels: Body = {}
    for key, value in (selector.get("matchLabels") or {}).items():
        labels[_OWN.get(key, key)] = value
    expressions = [
        {**one, "key": _OWN.get(one["key"], one["key"])}
        for one in selector.get("matchExpressions") or ()
        # Every pod has it; it only leaves host endpoints out.
        if (one["key"], one.get("values")) != ("projectcalico.org/orchestrator", ["k8s"])
    ]
    labels = {
        key: value
        for key, value in labels.items()
        if (key, value) != ("projectcalico.org/orchestrator", "k8s")
    }
    return {
        **({"matchLabels": labels} if labels else {}),
        **({"matchExpressions": expressions} if expressions else {}),
    }


_OWN = {
    "projectcalico.org/namespace": f"k8s:{NAMESPACE}",
    "projectcalico.org/serviceaccount": f"k8s:{SERVICE_ACCOUNT}",
}


def _spaces(text: Any, path: str) -> Body:
    """Return the conditions on the namespace; none for a selector that is not there."""
    if not text:
        return {}
    try:
        found = label_selector(str(text))
    except Unsupported as fault:
        raise _Lost(at=path, why=f"{fault}.") from fault
    if not found:
        return {"matchExpressions": [{"key": f"k8s:{NAMESPACE}", "operator": "Exists"}]}
    labels = {_space_key(key): value for key, value in (found.get("matchLabels") or {}).items()}
    expressions = [
        {**one, "key": _space_key(one["key"])} for one in found.get("matchExpressions") or ()
    ]
    return {
        **({"matchLabels": labels} if labels else {}),
        **({"matchExpressions": expressions} if expressions else {}),
    }


def _space_key(key: str) -> str:
    if key in (NAMESPACE_NAME, "projectcalico.org/name"):
        return f"k8s:{NAMESPACE}"
    return f"k8s:{NAMESPACE_LABELS}{key}"


def _joined(one: Body, other: Body) -> Body:
    labels = {**(other.get("matchLabels") or {}), **(one.get("matchLabels") or {})}
    expressions = [*(other.get("matchExpressions") or ()), *(one.get("matchExpressions") or ())]
    return {
        **({"matchLabels": labels} if labels else {}),
        **({"matchExpressions": expressions} if expressions else {}),
    }


def covered_nets(body: Mapping[str, Any], cluster: Cluster) -> Iterator[str]:
    """Yield the networks of a policy of Calico that hold pods or nodes, which Cilium's never mean.

    Args:
        body: The object as read.
        cluster: Whose pods and nodes have addresses.
    """
    addresses = {address for pod in cluster.pods for address in pod.addresses}
    addresses |= {address for node in cluster.nodes for address in node.addresses}
    spec = body.get("spec") or {}
    for way in ("ingress", "egress"):
        for rule in spec.get(way) or ():
            for entity in ("source", "destination"):
                for text in (rule.get(entity) or {}).get("nets") or ():
                    try:
                        network = ip_network(str(text), strict=False)
                    except ValueError:
                        continue
                    if any(address in network for address in addresses):
                        yield str(text)
