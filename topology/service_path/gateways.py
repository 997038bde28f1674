"""What stands in front of entries: gateways and ingress controllers, and the pods they run in."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from topology.model import Address, Cluster, Document, Location, Pod, Service
from topology.policy.istio.bodies import listing, mapping, spec_of
from topology.service_path.entries import Entry, GatewayRef
from topology.services import services_of

__all__ = ["AGC_CLASSES", "Front", "fronts_of", "gateway_named", "is_gateway_api"]

AGC_CLASSES = ("azure-alb-external", "azure-alb-internal")
"""Classes of the Application Gateway for Containers, which stands outside the cluster."""
_GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_CONTROLLERS = {
    "nginx": ("ingress-nginx", "nginx-ingress"),
    "webapprouting.kubernetes.azure.com": ("nginx", "app-routing"),
    "traefik": ("traefik",),
    "istio": ("ingressgateway",),
    "contour": ("envoy",),
    "haproxy": ("haproxy",),
    "kong": ("kong",),
}
"""By class: what is part of the name of the controller's workload, for want of a reference."""

FrontKind = Literal["pods", "azure", "node", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """One gateway or ingress controller that takes requests for an entry."""

    name: str
    """`Gateway/ns/name`, or `class NAME` of an Ingress."""
    kind: FrontKind
    """Where it runs: in pods, in Azure, in the agent of every node (Cilium), or not known."""
    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()
    """Those that lead to its pods."""
    addresses: tuple[str, ...] = ()
    """As its status tells them."""
    location: Location | None = None
    reason: str = ""
    """Why its pods are not known, or a word on where it runs."""


def is_gateway_api(document: Document) -> bool:
    """Return whether a Gateway is one of the Gateway API, not of Istio."""
    return document.api_version.startswith("gateway.networking.k8s.io")


def gateway_named(cluster: Cluster, ref: GatewayRef, *, api: bool) -> Document | None:
    """Return the gateway that a route names, of the Gateway API or of Istio."""
    return next(
        (
            one
            for one in cluster.documents
            if one.kind == "Gateway"
            and (one.namespace, one.name) == (ref.namespace, ref.name)
            and is_gateway_api(one) == api
        ),
        None,
    )


def fronts_of(cluster: Cluster, entry: Entry) -> tuple[Front, ...]:
    """Return what takes requests for an entry; gateways that do not exist are left out."""
    if entry.document.kind == "Ingress":
        return (_of_ingress(cluster, entry.document),)
    api = entry.document.kind != "VirtualService"
    found = []
    for ref in entry.gateways:
        document = gateway_named(cluster, ref, api=api)
        if document:
            found.append(_of_gateway(cluster, document) if api else _of_istio(cluster, document))
    return tuple(found)


def _statuses(document: Document) -> tuple[str, ...]:
    """Return the addresses that the status of a Gateway or an Ingress tells."""
    status = mapping(document.body.get("status"))
    balancer = listing(mapping(status.get("loadBalancer")).get("ingress"))
    found = [mapping(one).get("ip") or mapping(one).get("hostname") for one in balancer]
    found += [mapping(one).get("value") for one in listing(status.get("addresses"))]
    return tuple(str(one) for one in found if one)


def _of_gateway(cluster: Cluster, document: Document) -> Front:
    """Return the front of a Gateway API gateway, by its class."""
    name = str(spec_of(document.body).get("gatewayClassName") or "")
    addresses = _statuses(document)
    if name in AGC_CLASSES:
        return _azure(document.key, document, addresses)
    pods = tuple(
        pod
        for pod in cluster.pods
        if pod.namespace == document.namespace
        and pod.labels.get(_GATEWAY_LABEL) == document.name
        and pod.running
    )
    if name.startswith("cilium"):
        return _cilium(document.key, document, addresses)
    return _front(cluster, document.key, document, pods, addresses, f"class `{name}`")


def _of_istio(cluster: Cluster, document: Document) -> Front:
    """Return the front of an Istio Gateway: the pods of any namespace that its selector takes."""
    selector = {str(k): str(v) for k, v in mapping(spec_of(document.body).get("selector")).items()}
    pods = tuple(
        pod
        for pod in cluster.pods
        if pod.running and selector and selector.items() <= pod.labels.items()
    )
    return _front(cluster, document.key, document, pods, (), "its selector")


def _of_ingress(cluster: Cluster, document: Document) -> Front:
    """Return the front of an Ingress: its class's controller, found by address or by name."""
    annotations = mapping(mapping(document.body.get("metadata")).get("annotations"))
    named = spec_of(document.body).get("ingressClassName") or annotations.get(_CLASS_ANNOTATION)
    name = str(named or _default_class(cluster))
    addresses = _statuses(document)
    title = f"ingress class {name}" if name else "the ingress controller"
    if name in AGC_CLASSES:
        return _azure(title, document, addresses)
    if name == "cilium":
        return _cilium(title, document, addresses)
    if name == "azure-application-gateway" or name.startswith("azure/application-gateway"):
        return Front(
            name=title,
            kind="azure",
            addresses=addresses,
            location=document.source.at(),
            reason="An Application Gateway outside the cluster sends to the pods directly.",
        )
    known = _by_address(cluster, addresses)
    pods = tuple(pod for service in known for pod in _pods_of(cluster, service))
    pods = pods or _by_name(cluster, name)
    return _front(cluster, title, document, pods, addresses, title)


def _default_class(cluster: Cluster) -> str:
    key = "ingressclass.kubernetes.io/is-default-class"
    for one in cluster.documents:
        annotations = mapping(mapping(one.body.get("metadata")).get("annotations"))
        if one.kind == "IngressClass" and str(annotations.get(key)).lower() == "true":
            return one.name
    return ""


def _azure(title: str, document: Document, addresses: tuple[str, ...]) -> Front:
    return Front(
        name=title,
        kind="azure",
        addresses=addresses,
        location=document.source.at(),
        reason="The Application Gateway for Containers stands in a subnet of its own and sends "
        "to the pods directly.",
    )


def _cilium(title: str, document: Document, addresses: tuple[str, ...]) -> Front:
    return Front(
        name=title,
        kind="node",
        addresses=addresses,
        location=document.source.at(),
        reason="Cilium's own Envoy takes requests on every node, with the identity `ingress`.",
    )


def _front(
    cluster: Cluster,
    title: str,
    document: Document,
    pods: tuple[Pod, ...],
    addresses: tuple[str, ...],
    by: str,
) -> Front:
    reason = "" if pods else f"No pod in the input is known to be its proxy by {by}."
    return Front(
        name=title,
        kind="pods" if pods else "unknown",
        pods=pods,
        services=services_of(cluster, pods),
        addresses=addresses,
        location=document.source.at(),
        reason=reason,
    )


def _by_address(cluster: Cluster, addresses: Iterable[str]) -> tuple[Service, ...]:
    """Return the Services that have one of these addresses outside."""
    wanted: set[Address] = set()
    for text in addresses:
        try:
            wanted.add(ip_address(text))
        except ValueError:
            continue
    return tuple(one for one in cluster.services if wanted & set(one.external_addresses))


def _pods_of(cluster: Cluster, service: Service) -> tuple[Pod, ...]:
    from topology.services import backends

    return tuple(pod for pod in backends(cluster, service) if pod.running)


def _by_name(cluster: Cluster, name: str) -> tuple[Pod, ...]:
    """Return the pods of the one workload whose name says that it is the class's controller."""
    parts = _CONTROLLERS.get(name, (name,) if name else ())
    found = [
        workload
        for workload in cluster.workloads
        if any(part in f"{workload.namespace}/{workload.name}" for part in parts)
        and "admission" not in workload.name
        and any(pod.running for pod in workload.pods)
        and any(
            service.type in ("LoadBalancer", "NodePort")
            for service in services_of(cluster, workload.pods)
        )
    ]
    return tuple(pod for pod in found[0].pods if pod.running) if len(found) == 1 else ()
