"""Faults that are no slips of the pen: what is written is sound, and meant for something else."""

from collections.abc import Iterator, Mapping
from typing import Any

from evals.faults import Body, Fault, changed
from topology.authoring.edits import new_document
from topology.model import Cluster, Document, Workload

__all__ = ["misplaced"]

_ELSEWHERE = "kube-public"
_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_CILIUM = "CiliumNetworkPolicy"
_PORTS = ("ports", "toPorts")


def misplaced(cluster: Cluster, document: Document) -> Iterator[Fault]:
    """Yield faults of a policy: other workloads, namespaces, sides, protocols, requests, denials.

    Args:
        cluster: Whose workloads are taken for one another.
        document: A NetworkPolicy, a CiliumNetworkPolicy or an AuthorizationPolicy.
    """
    if document.kind == "AuthorizationPolicy":
        yield from _of_mesh(cluster, document)
        return
    if document.kind not in ("NetworkPolicy", _CILIUM):
        return
    yield from _other_workload(cluster, document)
    yield from _other_namespace(document)
    yield from _shut_way_out(document)
    yield from _other_protocol(document)
    if document.kind == _CILIUM:
        yield from _narrowed_requests(document)
    yield from _denied(cluster, document)


def _selected(cluster: Cluster, document: Document) -> list[Workload]:
    spec = document.body.get("spec") or {}
    selector = spec.get("podSelector") or spec.get("endpointSelector") or spec.get("selector") or {}
    labels = selector.get("matchLabels") or {}
    return [
        one
        for one in cluster.workloads
        if one.namespace == document.namespace and labels.items() <= one.labels.items()
    ]


def _peers(document: Document) -> Iterator[tuple[tuple[Any, ...], Body]]:
    """Yield the selectors of peers with their paths."""
    spec = document.body.get("spec") or {}
    for way, sides in (("ingress", ("from", "fromEndpoints")), ("egress", ("to", "toEndpoints"))):
        for number, rule in enumerate(spec.get(way) or ()):
            for side in sides:
                for place, peer in enumerate((rule or {}).get(side) or ()):
                    selector = peer.get("podSelector") if side in ("from", "to") else peer
                    path: tuple[Any, ...] = ("spec", way, number, side, place)
                    if side in ("from", "to"):
                        path = (*path, "podSelector")
                    if isinstance(selector, Mapping):
                        yield path, dict(selector)


def _other_workload(cluster: Cluster, document: Document) -> Iterator[Fault]:
    """Yield peers by the label of another workload that exists."""
    for path, selector in _peers(document):
        for key, value in (selector.get("matchLabels") or {}).items():
            others = sorted(
                {one.labels[key] for one in cluster.workloads if key in one.labels} - {value}
            )
            if others and key != _NAMESPACE:

                def put(
                    body: Body, path: Any = path, key: Any = key, other: Any = others[0]
                ) -> None:
                    _at(body, path)["matchLabels"][key] = other

                yield changed(document, f"{_shown(path)} means `{others[0]}`", put)


def _other_namespace(document: Document) -> Iterator[Fault]:
    """Yield peers of a namespace that they are not in."""
    for path, _ in _peers(document):

        def put(body: Body, path: Any = path) -> None:
            if path[-1] == "podSelector":
                labels = {"kubernetes.io/metadata.name": _ELSEWHERE}
                _at(body, path[:-1])["namespaceSelector"] = {"matchLabels": labels}
            else:
                _at(body, path).setdefault("matchLabels", {})[_NAMESPACE] = _ELSEWHERE

        yield changed(document, f"{_shown(path)} in another namespace", put)


def _shut_way_out(document: Document) -> Iterator[Fault]:
    """Yield the policy with nothing let out, or only to another port."""
    is_cilium = document.kind == _CILIUM

    def shut(body: Body) -> None:
        body["spec"]["egress"] = [{}] if is_cilium else []
        if not is_cilium:
            body["spec"]["policyTypes"] = ["Ingress", "Egress"]

    yield changed(document, "lets nothing out", shut)

    def one_port(body: Body) -> None:
        shut(body)
        port = {"port": "4444" if is_cilium else 4444, "protocol": "TCP"}
        rule = {"toPorts": [{"ports": [port]}]} if is_cilium else {"ports": [port]}
        body["spec"]["egress"] = [rule]

    yield changed(document, "lets out to one port", one_port)


def _other_protocol(document: Document) -> Iterator[Fault]:
    spec = document.body.get("spec") or {}
    for number, rule in enumerate(spec.get("ingress") or ()):
        for field in _PORTS:
            for place, entry in enumerate((rule or {}).get(field) or ()):
                path: tuple[Any, ...] = ("spec", "ingress", number, field, place)
                if field == "toPorts":
                    if not entry.get("ports"):
                        continue
                    path = (*path, "ports", 0)

                def put(body: Body, path: Any = path) -> None:
                    _at(body, path)["protocol"] = "SCTP"

                yield changed(document, f"{_shown(path)} as SCTP", put)


def _narrowed_requests(document: Document) -> Iterator[Fault]:
    spec = document.body.get("spec") or {}
    for number, rule in enumerate(spec.get("ingress") or ()):
        for place, entry in enumerate((rule or {}).get("toPorts") or ()):
            ports = entry.get("ports") or ()
            if not ports or any(one.get("protocol", "ANY") != "TCP" for one in ports):
                continue
            path: tuple[Any, ...] = ("spec", "ingress", number, "toPorts", place)

            def put(body: Body, path: Any = path) -> None:
                http = [{"method": "GET", "path": "/only/this"}]
                _at(body, path)["rules"] = {"http": http}

            yield changed(document, f"{_shown(path)} for one request", put)


def _denied(cluster: Cluster, document: Document) -> Iterator[Fault]:
    """Yield a policy beside it that denies what one of its peers opens."""
    subject = next(iter(_selected(cluster, document)), None)
    spec = document.body.get("spec") or {}
    if subject is None or not spec.get("ingress"):
        return
    own = spec.get("podSelector") or spec.get("endpointSelector") or {}
    for name, denied in (
        ("a caller", [{"matchLabels": {"app": value}} for value in _apps(document)[:1]]),
        ("everyone of the namespace", [{}]),
    ):
        if not denied:
            continue
        body = {
            "apiVersion": "cilium.io/v2",
            "kind": _CILIUM,
            "metadata": {"name": f"no-{document.name}"[:60], "namespace": document.namespace},
            "spec": {
                "endpointSelector": own,
                "enableDefaultDeny": {"ingress": False, "egress": False},
                "ingressDeny": [{"fromEndpoints": denied}],
            },
        }
        after = new_document(body).after
        yield Fault(name=f"{document.key}: denied to {name}", before=None, after=after)


def _apps(document: Document) -> list[str]:
    return [
        selector["matchLabels"]["app"]
        for path, selector in _peers(document)
        if path[1] == "ingress" and "app" in (selector.get("matchLabels") or {})
    ]


def _of_mesh(cluster: Cluster, document: Document) -> Iterator[Fault]:
    spec = document.body.get("spec") or {}
    accounts = sorted({(pod.namespace, pod.service_account) for pod in cluster.pods})
    for number, rule in enumerate(spec.get("rules") or ()):
        for place, item in enumerate(rule.get("from") or ()):
            for value in (item.get("source") or {}).get("principals") or ():
                domain = value.split("/")[0]
                others = [
                    f"{domain}/ns/{space}/sa/{account}"
                    for space, account in accounts
                    if f"{domain}/ns/{space}/sa/{account}" != value
                ]
                path = ("spec", "rules", number, "from", place, "source")
                for other in others[:1]:

                    def put(body: Body, path: Any = path, other: Any = other) -> None:
                        _at(body, path)["principals"] = [other]

                    yield changed(document, f"{_shown(path)} is `{other}`", put)
        operation = {"methods": ["GET"], "paths": ["/only/this"]}

        def narrow(body: Body, number: int = number, operation: Any = operation) -> None:
            body["spec"]["rules"][number]["to"] = [{"operation": operation}]

        yield changed(document, f"spec.rules[{number}] for one request", narrow)
    body = {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": f"no-{document.name}"[:60], "namespace": document.namespace},
        "spec": {
            **({"selector": spec["selector"]} if spec.get("selector") else {}),
            "action": "DENY",
            "rules": [{"from": [{"source": {"principals": ["*"]}}]}],
        },
    }
    after = new_document(body).after
    yield Fault(name=f"{document.key}: denied to everyone", before=None, after=after)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _shown(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))
