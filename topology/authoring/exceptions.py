"""Exceptions from deny rules, and requests added to rules that let only some through."""

import copy
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from topology.authoring.cilium_openings import http_rule, rule_of
from topology.authoring.edits import Edit, appending, edited, entry_at, putting, steps_of
from topology.authoring.handles import cilium_peer
from topology.authoring.stops import Stop
from topology.model import Cluster, Document
from topology.policy.labels import NAMESPACE

__all__ = ["exceptions", "request_openings"]

_LAST_PORT = 65535
_NODES_AND_WORLD = ("host", "remote-node", "world", "health", "ingress", "init", "unmanaged")


def exceptions(cluster: Cluster, document: Document, stop: Stop) -> Iterator[Edit]:
    """Yield edits that take one connection out of what a deny rule of Cilium denies.

    Args:
        cluster: With its policies.
        document: The policy of the deny rule.
        stop: Whose layer names the rule.
    """
    path = _rule_path(stop.layer.rule or "")
    rule = entry_at(document.body, path)
    if not isinstance(rule, Mapping):
        return
    yield from _from_selectors(document, stop, path, rule)
    yield from _from_networks(document, stop, path, rule)
    yield from _from_ports(document, stop, path, rule)
    yield from _from_subject(document, stop, path)


def _rule_path(path: str) -> str:
    """Return the path of the rule around a part of it, such as `spec.ingressDeny[0]`."""
    head = []
    for step in steps_of(path):
        head.append(f"[{step}]" if isinstance(step, int) else f".{step}")
        if isinstance(step, int) and "Deny" in "".join(head):
            break
        if isinstance(step, int) and head[0] == ".spec":
            break
    return "".join(head).lstrip(".")


def _excepted(selector: Mapping[str, Any], stop: Stop) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a selector that no longer means the other end, one for each label that tells it."""
    pairs = dict(stop.other.labels or {})
    if stop.other.namespace and not pairs:
        pairs = {f"k8s:{NAMESPACE}": stop.other.namespace}
    for key, value in pairs.items():
        changed = copy.deepcopy(dict(selector))
        expressions = changed.setdefault("matchExpressions", [])
        for one in expressions:
            if one.get("key") == key and one.get("operator") == "NotIn":
                one["values"].append(value)
                break
        else:
            expressions.append({"key": key, "operator": "NotIn", "values": [value]})
        yield f"`{key}: {value}`", changed


def _from_selectors(
    document: Document, stop: Stop, path: str, rule: Mapping[str, Any]
) -> Iterator[Edit]:
    field = f"{stop.side}Endpoints"
    written = rule.get(field)
    for place, selector in enumerate(written if isinstance(written, list) else ()):
        for what, changed in _excepted(selector or {}, stop):
            put = putting(f"{path}.{field}[{place}]", changed)
            yield edited(document, f"except {what} from `{path}.{field}[{place}]`", put)
    has_peers = any(str(key).startswith(stop.side) and value for key, value in rule.items())
    if has_peers or stop.other.labels is None:
        return
    everyone = {"matchExpressions": [{"key": f"k8s:{NAMESPACE}", "operator": "Exists"}]}
    for what, changed in _excepted(everyone, stop):

        def widen(body: dict[str, Any], changed: Any = changed) -> None:
            *head, _ = path.rpartition("[")
            section = entry_at(body, head[0])
            own = entry_at(body, path)
            others = copy.deepcopy(own)
            own[field] = [changed]
            others[f"{stop.side}Entities"] = list(_NODES_AND_WORLD)
            section.append(others)

        yield edited(document, f"except {what} from `{path}`, which denies everyone", widen)


def _from_networks(
    document: Document, stop: Stop, path: str, rule: Mapping[str, Any]
) -> Iterator[Edit]:
    if stop.other.network is None:
        return
    hole = stop.other.network
    for field in (f"{stop.side}CIDR", f"{stop.side}CIDRSet"):
        written = rule.get(field)
        for place, item in enumerate(written if isinstance(written, list) else ()):
            text = item if isinstance(item, str) else item.get("cidr", "")
            if not _holds(text, hole):
                continue

            def put(
                body: dict[str, Any], field: str = field, place: int = place, text: str = text
            ) -> None:
                entry = entry_at(body, path)
                if field.endswith("CIDR"):
                    entry[field].pop(place)
                    if not entry[field]:
                        del entry[field]
                    kept = entry.setdefault(f"{field}Set", [])
                    kept.append({"cidr": text, "except": [str(hole)]})
                else:
                    entry[field][place].setdefault("except", []).append(str(hole))

            yield edited(document, f"except `{hole}` from `{path}.{field}[{place}]`", put)


def _holds(text: str, hole: Any) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return bool(network.version == hole.version and hole.subnet_of(network) and network != hole)


def _from_ports(
    document: Document, stop: Stop, path: str, rule: Mapping[str, Any]
) -> Iterator[Edit]:
    items = rule.get("toPorts")
    if stop.port is None:
        return
    for number, item in enumerate(items if isinstance(items, list) else ()):
        where = f"{path}.toPorts[{number}].ports"
        for place, entry in enumerate(item.get("ports") or ()):
            parts = list(_without(entry, stop.port, stop.protocol))
            if parts == [entry] or (not parts and len(item["ports"]) == 1):
                continue

            def put(
                body: dict[str, Any], where: str = where, place: int = place, parts: Any = parts
            ) -> None:
                entry_at(body, where)[place : place + 1] = parts

            yield edited(document, f"leave {stop.port_text} out of `{where}`", put)


def _without(entry: Mapping[str, Any], port: int, protocol: str) -> Iterator[dict[str, Any]]:
    """Yield what is left of an entry of ports without one port."""
    text = str(entry.get("port", ""))
    first = int(text) if text.isdecimal() else -1
    last = int(entry.get("endPort") or first)
    if first == 0:
        first, last = 1, _LAST_PORT
    written = str(entry.get("protocol") or "ANY").upper()
    if not first <= port <= last or written not in ("ANY", protocol):
        yield dict(entry)
        return
    for low, high in ((first, port - 1), (port + 1, last)):
        if low <= high:
            end = {"endPort": high} if high > low else {}
            yield {**entry, "port": str(low), **end}
    if written == "ANY":
        for other in ("TCP", "UDP", "SCTP"):
            if other != protocol:
                yield {"port": str(port), "protocol": other}


def _from_subject(document: Document, stop: Stop, path: str) -> Iterator[Edit]:
    """Yield the policy without the guarded pods, and without the rule, which both open more."""
    spec = path.rpartition(".")[0]
    selector = entry_at(document.body, f"{spec}.endpointSelector")
    if isinstance(selector, Mapping):
        for key, value in stop.subject_labels.items():
            changed = copy.deepcopy(dict(selector))
            one = {"key": key, "operator": "NotIn", "values": [value]}
            changed.setdefault("matchExpressions", []).append(one)
            put = putting(f"{spec}.endpointSelector", changed)
            yield edited(
                document,
                f"except `{key}: {value}` from `{spec}.endpointSelector`",
                put,
                weakens=f"`{document.key}` then no longer guards `{key}: {value}` at all.",
            )


def request_openings(document: Document, stop: Stop) -> Iterator[Edit]:
    """Yield edits that let one more HTTP request through a rule that names requests.

    Args:
        document: The policy of the rule.
        stop: Whose layer names the rule.
    """
    if stop.http is None:
        return
    path = stop.layer.rule or ""
    item = entry_at(document.body, path)
    entry = http_rule(stop)
    request = f"`{stop.http.method} {stop.http.path}`"
    if isinstance(item, Mapping) and isinstance((item.get("rules") or {}).get("http"), list):
        yield edited(
            document,
            f"add {request} to `{path}.rules.http`",
            appending(f"{path}.rules.http", entry),
        )
    peer = cilium_peer(stop.other, document.namespace)
    section = _rule_path(path).rpartition("[")[0]
    if peer is not None and isinstance(entry_at(document.body, section), list):
        rule = rule_of(stop, peer, with_requests=True)
        yield edited(
            document,
            f"add a rule for `{stop.other.name}` on {stop.port_text} {request} to `{section}`",
            appending(section, rule),
        )
