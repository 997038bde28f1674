"""Edits of Cilium's policies that may let one connection through; see `openings`."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from topology.authoring.corrections import corrections, known_values
from topology.authoring.edits import (
    Edit,
    appending,
    edited,
    entry_at,
    new_document,
    putting,
)
from topology.authoring.handles import cilium_peer
from topology.authoring.stops import Stop
from topology.model import Cluster, Document
from topology.policy.labels import NAMESPACE, NAMESPACE_LABELS, NAMESPACE_NAME

__all__ = ["KINDS", "http_rule", "new", "policy_name", "rule_of", "rules", "specs", "subject"]

KINDS = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
_LONGEST_NAME = 63
_SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()])")


def specs(document: Document) -> Iterator[str]:
    """Yield the path of each spec of a policy that is a mapping."""
    if isinstance(document.body.get("spec"), Mapping):
        yield "spec"
    several = document.body.get("specs")
    for number, one in enumerate(several if isinstance(several, list) else ()):
        if isinstance(one, Mapping):
            yield f"specs[{number}]"


def rules(cluster: Cluster, document: Document, stop: Stop) -> Iterator[Edit]:
    """Yield edits of the rules of a policy."""
    peer = cilium_peer(stop.other, document.namespace)
    for spec in specs(document):
        body = entry_at(document.body, spec)
        section = body.get(stop.section)
        for number, rule in enumerate(section if isinstance(section, list) else ()):
            if isinstance(rule, Mapping):
                path = f"{spec}.{stop.section}[{number}]"
                yield from _ports(document, stop, path, rule)
                yield from _peers(cluster, document, stop, path, rule)
        if peer is None:
            continue
        if stop.other.dns:
            yield edited(
                document,
                f"let its DNS queries for `{stop.other.dns}` pass the DNS proxy, by which Cilium "
                f"learns the addresses, in `{spec}.{stop.section}`",
                _appending_all(f"{spec}.{stop.section}", _named_rules(stop, peer)[:1]),
                corrects=True,
            )
            yield edited(
                document,
                f"add rules for `{stop.other.dns}` on {stop.port_text} and for its DNS queries to "
                f"`{spec}.{stop.section}`",
                _appending_all(f"{spec}.{stop.section}", _named_rules(stop, peer)),
            )
        for with_requests in _variants(stop):
            rule = rule_of(stop, peer, with_requests=with_requests)
            yield edited(
                document,
                f"add a rule for `{stop.other.name}` on {_traffic(stop, with_requests)} to "
                f"`{spec}.{stop.section}`",
                appending(f"{spec}.{stop.section}", rule),
            )


def _ports(document: Document, stop: Stop, path: str, rule: Mapping[str, Any]) -> Iterator[Edit]:
    """Yield edits of the ports of a rule."""
    port = _port(stop)
    items = rule.get("toPorts")
    if port is None or not isinstance(items, list) or not items:
        return
    for number, item in enumerate(items):
        written = item.get("ports") if isinstance(item, Mapping) else None
        if not isinstance(written, list):
            continue
        where = f"{path}.toPorts[{number}].ports"
        if not item.get("rules"):
            yield edited(
                document,
                f"add port {stop.port_text} to `{where}`",
                appending(where, port),
            )
        for place, one in enumerate(written):
            if isinstance(one, Mapping) and "endPort" not in one:
                shown = f"{one.get('port')}/{one.get('protocol') or 'ANY'}"
                swap = putting(f"{where}[{place}]", {**one, **port})
                yield edited(
                    document,
                    f"change {shown} to {stop.port_text} in `{where}`",
                    swap,
                    corrects=True,
                )
    for with_requests in _variants(stop):
        item = _port_item(stop, with_requests=with_requests)
        yield edited(
            document,
            f"add {_traffic(stop, with_requests)} to `{path}.toPorts`",
            appending(f"{path}.toPorts", item),
        )


def _peers(
    cluster: Cluster, document: Document, stop: Stop, path: str, rule: Mapping[str, Any]
) -> Iterator[Edit]:
    """Yield edits of the other ends of a rule: one more, or one with a slip corrected."""
    peer = cilium_peer(stop.other, document.namespace)
    if peer is not None:
        field, item = f"{stop.side}{peer[0]}", peer[1]
        if peer[0] == "CIDRSet" and isinstance(rule.get(f"{stop.side}CIDR"), list):
            field, item = f"{stop.side}CIDR", item["cidr"]
        if isinstance(rule.get(field), list) and rule[field]:
            yield edited(
                document,
                f"add `{stop.other.name}` to `{path}.{field}`",
                appending(f"{path}.{field}", item),
            )
    field = f"{stop.side}Endpoints"
    written = rule.get(field)
    if not isinstance(written, list) or not stop.other_pods:
        return
    wanted = _wanted(cluster, stop)
    for place, selector in enumerate(written):
        if not isinstance(selector, Mapping):
            continue
        for what, changed in corrections(selector, wanted, known_values(cluster)):
            put = putting(f"{path}.{field}[{place}]", changed)
            yield edited(document, f"{what} in `{path}.{field}[{place}]`", put, corrects=True)


def _wanted(cluster: Cluster, stop: Stop) -> dict[str, str]:
    """Return every label by which a selector of Cilium can mean the other end."""
    pod = stop.other_pods[0]
    namespace = cluster.namespaces.get(pod.namespace)
    spaces = {**(namespace.labels if namespace else {}), NAMESPACE_NAME: pod.namespace}
    return {
        **pod.labels,
        NAMESPACE: pod.namespace,
        **{NAMESPACE_LABELS + key: value for key, value in spaces.items()},
    }


def subject(cluster: Cluster, document: Document, stop: Stop) -> Iterator[Edit]:
    """Yield a policy that does not select the guarded pods with a slip in its selector mended."""
    wanted = {**stop.subject[0].labels, NAMESPACE: stop.namespace}
    for spec in specs(document):
        selector = entry_at(document.body, f"{spec}.endpointSelector")
        if not isinstance(selector, Mapping):
            continue
        for what, changed in corrections(selector, wanted, known_values(cluster)):
            put = putting(f"{spec}.endpointSelector", changed)
            yield edited(document, f"{what} in `{spec}.endpointSelector`", put, corrects=True)


def new(stop: Stop) -> Iterator[Edit]:
    """Yield a new CiliumNetworkPolicy for the connection."""
    peer = cilium_peer(stop.other, stop.namespace)
    if peer is None:
        return
    for with_requests in _variants(stop):
        rules = [rule_of(stop, peer, with_requests=with_requests)]
        if stop.other.dns:
            rules = _named_rules(stop, peer)
        yield new_document(
            {
                "apiVersion": "cilium.io/v2",
                "kind": "CiliumNetworkPolicy",
                "metadata": {"name": policy_name(stop), "namespace": stop.namespace},
                "spec": {
                    "endpointSelector": {"matchLabels": dict(stop.subject_labels)},
                    stop.section: rules,
                },
            },
            f"add a CiliumNetworkPolicy that lets `{stop.other.name}` through on "
            f"{_traffic(stop, with_requests)}",
        )


def _named_rules(stop: Stop, peer: tuple[str, Any]) -> list[dict[str, Any]]:
    """Return a rule for a DNS name, and the one by which Cilium learns its addresses."""
    servers = {"matchLabels": {f"k8s:{NAMESPACE}": "kube-system", "k8s-app": "kube-dns"}}
    queries = {
        "ports": [{"port": "53", "protocol": "ANY"}],
        "rules": {"dns": [{"matchName": stop.other.dns}]},
    }
    return [
        {"toEndpoints": [servers], "toPorts": [queries]},
        rule_of(stop, peer, with_requests=False),
    ]


def _appending_all(path: str, rules: list[dict[str, Any]]) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        for rule in rules:
            appending(path, rule)(body)

    return change


def policy_name(stop: Stop) -> str:
    """Return a name for a policy that opens one connection."""
    own = stop.subject[0].workload or stop.subject[0].name
    other = re.sub(r"[^a-z0-9-]+", "-", stop.other.name.rpartition("/")[2].lower()).strip("-")
    text = f"{own}-{stop.side}-{other}" + (f"-{stop.port}" if stop.port is not None else "")
    return text[:_LONGEST_NAME].strip("-")


def rule_of(stop: Stop, peer: tuple[str, Any], *, with_requests: bool) -> dict[str, Any]:
    """Return the rule that lets one end through on the port, or only its request."""
    rule: dict[str, Any] = {f"{stop.side}{peer[0]}": [peer[1]]}
    if stop.port is None:
        return rule
    if stop.protocol.startswith("ICMP"):
        family = "IPv6" if stop.protocol == "ICMPv6" else "IPv4"
        return {**rule, "icmps": [{"fields": [{"type": stop.port, "family": family}]}]}
    return {**rule, "toPorts": [_port_item(stop, with_requests=with_requests)]}


def _port_item(stop: Stop, *, with_requests: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"ports": [_port(stop)]}
    if with_requests:
        item["rules"] = {"http": [http_rule(stop)]}
    return item


def http_rule(stop: Stop) -> dict[str, Any]:
    """Return the HTTP rule that lets one request through: method and path are expressions."""
    assert stop.http is not None
    path = stop.http.path
    return {"method": stop.http.method, "path": _SPECIAL.sub(r"\\\1", path)}


def _port(stop: Stop) -> dict[str, Any] | None:
    if stop.port is None or stop.protocol.startswith("ICMP"):
        return None
    return {"port": str(stop.port), "protocol": stop.protocol}


def _variants(stop: Stop) -> tuple[bool, ...]:
    """Return whether to write the request, the port, or each."""
    if stop.http is not None and stop.proxied and _port(stop) is not None:
        return (True, False)
    return (False,)


def _traffic(stop: Stop, with_requests: bool) -> str:
    if with_requests and stop.http is not None:
        return f"{stop.port_text} `{stop.http.method} {stop.http.path}`"
    return stop.port_text
