"""Gateways: routes that are not attached, listeners that do not fit, proxies without pods."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from topology.findings import Finding, FindingSeverity
from topology.model import Cluster, Document
from topology.policy.istio.bodies import listing, mapping, spec_of
from topology.service_path.entries import Entry, GatewayRef, entries_of, host_matches
from topology.service_path.gateways import AGC_CLASSES, gateway_named, is_gateway_api

__all__ = ["gateway_findings"]

_ALB_NAME = "alb.networking.azure.io/alb-name"
_ALB_NAMESPACE = "alb.networking.azure.io/alb-namespace"
_ALB_ID = "alb.networking.azure.io/alb-id"


def gateway_findings(cluster: Cluster) -> Iterator[tuple[Finding, str]]:
    """Yield what is wrong with gateways, each with the Service that its route is about."""
    seen: set[tuple[str, str]] = set()
    for entry in entries_of(cluster):
        for ref in entry.gateways:
            key = (entry.key, str(ref))
            if key not in seen:
                seen.add(key)
                for finding in _attached(cluster, entry, ref):
                    yield finding, entry.full_name
    for document in cluster.documents:
        if document.kind.endswith("Route"):
            yield from ((finding, "") for finding in _route_status(document))
        elif document.kind == "Gateway":
            yield from ((finding, "") for finding in _of_gateway(cluster, document))


def _finding(
    code: str, severity: FindingSeverity, document: Document, path: str, why: str, fix: str
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        object=document.key,
        location=document.source.at(path),
        why=why,
        fix=fix,
    )


def _attached(cluster: Cluster, entry: Entry, ref: GatewayRef) -> Iterator[Finding]:
    """A route must name a gateway that is there and takes its hosts and its namespace."""
    api = entry.document.kind != "VirtualService"
    document = gateway_named(cluster, ref, api=api)
    path = "spec.parentRefs" if api else "spec.gateways"
    if document is None:
        known = [
            f"`{one.namespace}/{one.name}`" for one in cluster.documents
            if one.kind == "Gateway" and is_gateway_api(one) == api
        ]  # fmt: skip
        has = f"; there is {', '.join(known[:3])}" if known else ""
        yield _finding(
            "route-no-gateway", "error" if known else "warning", entry.document, path,
            f"It names the gateway `{ref.namespace}/{ref.name}`, which is not in the input{has}, "
            "so nothing outside reaches it.",
            "Correct the name with its namespace, or export Gateways too.",
        )  # fmt: skip
        return
    if api:
        yield from _listeners(cluster, entry, ref, document)
    else:
        yield from _servers(entry, document)


def _listeners(
    cluster: Cluster, entry: Entry, ref: GatewayRef, gateway: Document
) -> Iterator[Finding]:
    listeners = [mapping(one) for one in listing(spec_of(gateway.body).get("listeners"))]
    chosen = [
        one for one in listeners
        if (not ref.section or one.get("name") == ref.section)
        and (ref.port is None or one.get("port") == ref.port)
    ]  # fmt: skip
    if not chosen:
        names = ", ".join(f"`{one.get('name')}`" for one in listeners[:3])
        yield _finding(
            "route-no-listener", "error", entry.document, "spec.parentRefs",
            f"It names listener `{ref.section or ref.port}` of `{gateway.key}`, which has "
            f"{names or 'none'}.",
            "Correct sectionName and port, or leave them out for every listener.",
        )  # fmt: skip
        return
    allowing = [one for one in chosen if _admits(cluster, one, entry.document, gateway)]
    if not allowing:
        yield _finding(
            "route-not-allowed", "error", entry.document, "spec.parentRefs",
            f"The listeners of `{gateway.key}` take no routes of namespace "
            f"`{entry.document.namespace}` (allowedRoutes; by default the gateway's own only).",
            "Set `allowedRoutes.namespaces.from: All` or a selector on the listener.",
        )  # fmt: skip
        return
    yield from _hosts(
        entry, gateway, [str(one.get("hostname") or "*") for one in allowing], "spec.hostnames"
    )


def _hosts(entry: Entry, gateway: Document, offered: list[str], path: str) -> Iterator[Finding]:
    """A route's hosts must meet a host of the gateway."""
    if not entry.hosts or any(_meet(one, other) for one in entry.hosts for other in offered):
        return
    shown = ", ".join(f"`{one}`" for one in offered[:3])
    yield _finding(
        "route-host-mismatch", "error", entry.document, path,
        f"Its host `{entry.hosts[0]}` is none that `{gateway.key}` takes ({shown}), so requests "
        "for it get 404 there.",
        "Add the host to the gateway, or correct it.",
    )  # fmt: skip


def _meet(one: str, other: str) -> bool:
    return host_matches(one, other.removeprefix("*.")) or host_matches(other, one) or one == other


def _admits(
    cluster: Cluster, listener: Mapping[str, Any], route: Document, gateway: Document
) -> bool:
    """Return whether a listener takes routes of a namespace and a kind."""
    allowed = mapping(listener.get("allowedRoutes"))
    kinds = [mapping(one).get("kind") for one in listing(allowed.get("kinds"))]
    if kinds and route.kind not in kinds:
        return False
    namespaces = mapping(allowed.get("namespaces"))
    scope = namespaces.get("from", "Same")
    if scope == "All":
        return True
    if scope == "Selector":
        wanted = mapping(mapping(namespaces.get("selector")).get("matchLabels"))
        space = cluster.namespaces.get(route.namespace)
        labels = space.labels if space else {}
        return all(labels.get(str(key)) == str(value) for key, value in wanted.items())
    return scope == "Same" and route.namespace == gateway.namespace


def _servers(entry: Entry, gateway: Document) -> Iterator[Finding]:
    """Compare the hosts of a VirtualService with those of an Istio Gateway."""
    offered: list[str] = []
    for server in listing(spec_of(gateway.body).get("servers")):
        for host in listing(mapping(server).get("hosts")):
            space, slash, name = str(host).partition("/")
            if not slash:
                offered.append(space)
            elif space in ("*", entry.document.namespace) or (
                space == "." and entry.document.namespace == gateway.namespace
            ):
                offered.append(name)
    yield from _hosts(entry, gateway, offered or ["(none for this namespace)"], "spec.hosts")


def _route_status(document: Document) -> Iterator[Finding]:
    """Say what the controller itself says of a route."""
    for parent in listing(mapping(document.body.get("status")).get("parents")):
        for condition in _false(mapping(parent).get("conditions"), ("Accepted", "ResolvedRefs")):
            name = mapping(mapping(parent).get("parentRef")).get("name")
            yield _finding(
                "route-not-accepted", "error", document, "status",
                f"Its status says of gateway `{name}`: {condition}",
                "Mend what the controller names.",
            )  # fmt: skip


def _false(conditions: Any, types: Iterable[str]) -> Iterator[str]:
    for each in listing(conditions):
        one = mapping(each)
        kind, message = str(one.get("type")), str(one.get("message") or "")
        if kind in types and str(one.get("status")) == "False":
            yield f"{kind} is False, `{one.get('reason')}`. {message}".strip()


def _of_gateway(cluster: Cluster, document: Document) -> Iterator[Finding]:
    if not is_gateway_api(document):
        yield from _istio_selector(cluster, document)
        return
    status = mapping(document.body.get("status"))
    for condition in _false(status.get("conditions"), ("Accepted", "Programmed")):
        yield _finding(
            "gateway-not-programmed", "error", document, "status",
            f"Its status says: {condition}", "Mend what the controller names.",
        )  # fmt: skip
    name = str(spec_of(document.body).get("gatewayClassName") or "")
    classes = [one.name for one in cluster.documents if one.kind == "GatewayClass"]
    if classes and name not in classes:
        shown = ", ".join(f"`{one}`" for one in classes[:3])
        yield _finding(
            "gateway-no-class", "error", document, "spec.gatewayClassName",
            f"It names the class `{name}`, and there is only {shown}, so no controller serves it.",
            f"Set `gatewayClassName: {classes[0]}`.",
        )  # fmt: skip
    if name in AGC_CLASSES:
        yield from _application_gateway(cluster, document)


def _istio_selector(cluster: Cluster, document: Document) -> Iterator[Finding]:
    selector = {str(k): str(v) for k, v in mapping(spec_of(document.body).get("selector")).items()}
    if not selector or not cluster.workloads:
        return
    if any(selector.items() <= pod.labels.items() for pod in cluster.pods):
        return
    shown = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    gateways = sorted(
        {pod.labels["istio"] for pod in cluster.pods if "gateway" in pod.labels.get("istio", "")}
    )
    fix = "Export the namespace of the ingress gateway too, such as `aks-istio-ingress`."
    if gateways:
        fix = f"Set the selector to `istio: {gateways[0]}`."
    yield _finding(
        "gateway-no-pods", "error" if gateways else "warning", document, "spec.selector",
        f"Its selector `{shown}` matches no pod of the input, so no proxy takes its configuration.",
        fix,
    )  # fmt: skip


def _application_gateway(cluster: Cluster, document: Document) -> Iterator[Finding]:
    """A gateway of the Application Gateway for Containers names its load balancer.

    Source: Application Gateway for Containers, "Managed by ALB Controller" and "Bring your own".
    """
    annotations = mapping(mapping(document.body.get("metadata")).get("annotations"))
    if annotations.get(_ALB_ID):
        return
    name, space = annotations.get(_ALB_NAME), annotations.get(_ALB_NAMESPACE)
    if not name or not space:
        yield _finding(
            "agc-no-load-balancer", "error", document, "metadata.annotations",
            f"Its class is the Application Gateway for Containers, and it names neither "
            f"`{_ALB_NAME}` with `{_ALB_NAMESPACE}` nor `{_ALB_ID}`, so nothing serves it.",
            "Add the annotations of the ApplicationLoadBalancer that shall serve it.",
        )  # fmt: skip
        return
    known = [one for one in cluster.documents if one.kind == "ApplicationLoadBalancer"]
    if known and not any((one.namespace, one.name) == (space, name) for one in known):
        yield _finding(
            "agc-no-load-balancer", "error", document, "metadata.annotations",
            f"It names the ApplicationLoadBalancer `{space}/{name}`, and there is only "
            f"`{known[0].namespace}/{known[0].name}`.",
            "Correct the annotations.",
        )  # fmt: skip
