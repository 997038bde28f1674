"""Services with their endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from topology.load.fields import Fields
from topology.load.objects import Manifest
from topology.load.problems import Report
from topology.model import Address, ContainerPort, Endpoint, Network, Service, ServicePort

__all__ = ["build_services"]

_RANGE_ANNOTATIONS: Final = (
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "service.beta.kubernetes.io/azure-allowed-ip-ranges",
)
_SERVICE_LABEL: Final = "kubernetes.io/service-name"

_Endpoints = dict[tuple[str, str], list[Endpoint]]


def build_services(
    manifests: Mapping[str, Sequence[Manifest]], report: Report
) -> tuple[Service, ...]:
    """Return every Service by namespace and name; EndpointSlices count before Endpoints."""
    endpoints: _Endpoints = {}
    for manifest in manifests.get("Endpoints", ()):
        endpoints[manifest.namespace, manifest.name] = _read_endpoints(manifest, report)
    slices: _Endpoints = {}
    for manifest in manifests.get("EndpointSlice", ()):
        labels = manifest.body["metadata"].get("labels")
        name = labels.get(_SERVICE_LABEL) if isinstance(labels, dict) else None
        if isinstance(name, str):
            found = slices.setdefault((manifest.namespace, name), [])
            found.extend(_read_slice(manifest, report))
    endpoints.update(slices)
    services = [
        _read_service(manifest, endpoints, report) for manifest in manifests.get("Service", ())
    ]
    return tuple(sorted(services, key=lambda service: (service.namespace, service.name)))


def _read_service(manifest: Manifest, endpoints: _Endpoints, report: Report) -> Service:
    """Return one Service."""
    fields = Fields(manifest.source, report)
    metadata = manifest.body["metadata"]
    spec = fields.mapping(manifest.body, "spec", "")
    status = fields.mapping(manifest.body, "status", "")
    backends = endpoints.get((manifest.namespace, manifest.name))
    return Service(
        namespace=manifest.namespace,
        name=manifest.name,
        labels=fields.labels(metadata, "labels", "metadata."),
        type=fields.text(spec, "type", "spec.", "ClusterIP"),
        selector=fields.labels(spec, "selector", "spec."),
        ports=_read_ports(spec, fields),
        cluster_ips=_read_cluster_ips(spec, fields),
        external_addresses=_read_external(spec, status, fields),
        external_name=fields.text(spec, "externalName", "spec."),
        headless=spec.get("clusterIP") == "None",
        external_traffic_policy=fields.text(spec, "externalTrafficPolicy", "spec."),
        internal_traffic_policy=fields.text(spec, "internalTrafficPolicy", "spec."),
        session_affinity=fields.text(spec, "sessionAffinity", "spec."),
        publish_not_ready=spec.get("publishNotReadyAddresses") is True,
        source_ranges=_read_source_ranges(spec, metadata, fields),
        ip_families=tuple(fields.texts(spec, "ipFamilies", "spec.")),
        ip_family_policy=fields.text(spec, "ipFamilyPolicy", "spec."),
        annotations=fields.labels(metadata, "annotations", "metadata."),
        endpoints=None if backends is None else tuple(sorted(set(backends), key=_backend_order)),
        location=manifest.source.at(),
    )


def _backend_order(endpoint: Endpoint) -> tuple[int, int, bool, tuple[ContainerPort, ...]]:
    """Order endpoints by address; IPv4 before IPv6."""
    ports = tuple(sorted(endpoint.ports, key=lambda port: (port.number, port.protocol, port.name)))
    return endpoint.address.version, int(endpoint.address), not endpoint.ready, ports


def _read_ports(spec: Mapping[str, Any], fields: Fields) -> tuple[ServicePort, ...]:
    """Return the ports of a Service."""
    ports = []
    for index, port in enumerate(fields.mappings(spec, "ports", "spec.")):
        path = f"spec.ports[{index}]."
        number = fields.number(port, "port", path, most=65535)
        protocol = fields.protocol(port, "protocol", path)
        if not number or protocol is None:
            continue
        ports.append(
            ServicePort(
                port=number,
                protocol=protocol,
                name=fields.text(port, "name", path),
                target=_read_target(port, path, fields) or number,
                node_port=fields.number(port, "nodePort", path, most=65535) or 0,
                app_protocol=fields.text(port, "appProtocol", path),
            )
        )
    return tuple(ports)


def _read_target(port: Mapping[str, Any], path: str, fields: Fields) -> int | str | None:
    """Return the port number or name on the pods, or None when the Service does not say."""
    target = port.get("targetPort")
    if isinstance(target, str) and not target.isdigit():
        return target or None
    return fields.number(port, "targetPort", path, most=65535)


def _read_source_ranges(
    spec: Mapping[str, Any], metadata: Mapping[str, Any], fields: Fields
) -> tuple[Network, ...]:
    """Return who may use the load balancer; the annotation is the older form of the field.

    Source: cloud-provider-azure "LoadBalancer", `azure-allowed-ip-ranges` and the annotation of
    Kubernetes itself, which count where the field is empty.
    """
    written = fields.texts(spec, "loadBalancerSourceRanges", "spec.")
    path = "spec.loadBalancerSourceRanges"
    annotations = metadata.get("annotations")
    if not written and isinstance(annotations, dict):
        for key in _RANGE_ANNOTATIONS:
            text = annotations.get(key)
            if isinstance(text, str) and text.strip():
                written, path = [one.strip() for one in text.split(",")], "metadata.annotations"
                break
    found = [fields.network(text, path) for text in written if text]
    return tuple(network for network in found if network is not None)


def _read_cluster_ips(spec: Mapping[str, Any], fields: Fields) -> tuple[Address, ...]:
    """Return the Service's own addresses, the primary one first."""
    written = [fields.text(spec, "clusterIP", "spec.")]
    written += fields.texts(spec, "clusterIPs", "spec.")
    unique = [text for text in dict.fromkeys(written) if text not in ("", "None")]
    found = [fields.address(text, "spec.clusterIPs") for text in unique]
    return tuple(address for address in found if address is not None)


def _read_external(
    spec: Mapping[str, Any], status: Mapping[str, Any], fields: Fields
) -> tuple[Address, ...]:
    """Return the addresses at which the Service is open to the outside."""
    balancer = fields.mapping(status, "loadBalancer", "status.")
    written = [(text, "spec.externalIPs") for text in fields.texts(spec, "externalIPs", "spec.")]
    for index, entry in enumerate(fields.mappings(balancer, "ingress", "status.loadBalancer.")):
        if entry.get("ip"):
            written.append((entry["ip"], f"status.loadBalancer.ingress[{index}].ip"))
    found = [fields.address(text, path) for text, path in written]
    return tuple(dict.fromkeys(address for address in found if address is not None))


def _read_slice(manifest: Manifest, report: Report) -> list[Endpoint]:
    """Return the backends of an EndpointSlice."""
    if manifest.body.get("addressType") == "FQDN":
        return []
    fields = Fields(manifest.source, report)
    ports = _read_backend_ports(manifest.body, "", fields)
    found: list[Endpoint] = []
    for index, entry in enumerate(fields.mappings(manifest.body, "endpoints", "")):
        path = f"endpoints[{index}]."
        conditions = fields.mapping(entry, "conditions", path)
        # Source: EndpointConditions.ready: nil is to be read as true.
        ready = conditions.get("ready") is not False
        for text in fields.texts(entry, "addresses", path):
            address = fields.address(text, f"{path}addresses")
            if address is not None:
                pod = _pod_name(fields.mapping(entry, "targetRef", path))
                node = fields.text(entry, "nodeName", path)
                found.append(
                    Endpoint(address=address, ready=ready, pod=pod, node=node, ports=ports)
                )
    return found


def _read_endpoints(manifest: Manifest, report: Report) -> list[Endpoint]:
    """Return the backends of an Endpoints object, the older form of EndpointSlices."""
    fields = Fields(manifest.source, report)
    found: list[Endpoint] = []
    for index, subset in enumerate(fields.mappings(manifest.body, "subsets", "")):
        path = f"subsets[{index}]."
        ports = _read_backend_ports(subset, path, fields)
        for key, ready in (("addresses", True), ("notReadyAddresses", False)):
            for entry in fields.mappings(subset, key, path):
                address = fields.address(entry.get("ip"), f"{path}{key}")
                if address is not None:
                    pod = _pod_name(fields.mapping(entry, "targetRef", path))
                    node = fields.text(entry, "nodeName", path)
                    found.append(
                        Endpoint(address=address, ready=ready, pod=pod, node=node, ports=ports)
                    )
    return found


def _read_backend_ports(
    owner: Mapping[str, Any], path: str, fields: Fields
) -> tuple[ContainerPort, ...]:
    """Return the ports that all backends of a slice or subset share."""
    ports = []
    for index, port in enumerate(fields.mappings(owner, "ports", path)):
        place = f"{path}ports[{index}]."
        number = fields.number(port, "port", place, most=65535)
        protocol = fields.protocol(port, "protocol", place)
        if number and protocol:
            ports.append(ContainerPort(number, protocol, fields.text(port, "name", place)))
    return tuple(ports)


def _pod_name(reference: Mapping[str, Any]) -> str:
    """Return the name of the pod that a backend is, if it is one."""
    return str(reference.get("name", "")) if reference.get("kind") == "Pod" else ""
