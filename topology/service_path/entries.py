"""Ways in from outside: which host names and paths lead to which Service, by which object.

Read from Ingress (its rules and default backend), HTTPRoute, GRPCRoute, TLSRoute and TCPRoute of
the Gateway API, and VirtualService of Istio.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from topology.memo import per_cluster
from topology.model import Cluster, Document, Location
from topology.policy.istio.bodies import listing, mapping, spec_of

__all__ = ["Entry", "GatewayRef", "PathKind", "entries_of", "host_matches", "matching_entries"]

PathKind = Literal["prefix", "exact", "regex", "any"]
_ROUTES = ("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute")
_PATHS: Mapping[str, PathKind] = {
    "Exact": "exact",
    "PathPrefix": "prefix",
    "Prefix": "prefix",
    "ImplementationSpecific": "prefix",
    "RegularExpression": "regex",
}
_EVERY_PATH: dict[tuple[str, PathKind], None] = {("/", "any"): None}
_CLUSTER_NAME = re.compile(r"(?P<name>[\w-]+)(?:\.(?P<namespace>[\w-]+)(?:\.svc(?:\.[\w.-]+)?)?)?")


@dataclass(frozen=True, slots=True)
class GatewayRef:
    """The gateway that a route names."""

    namespace: str
    name: str
    section: str = ""
    """Name of the one listener that is meant; empty for all."""
    port: int | None = None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" + (
            f" listener {self.section}" if self.section else ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule of one object that sends requests to one Service."""

    document: Document
    hosts: tuple[str, ...]
    """Lower case, perhaps with `*.` in front; empty for every host."""
    path: str = "/"
    path_kind: PathKind = "any"
    namespace: str
    """Of the Service."""
    service: str
    port: int | str | None = None
    subset: str = ""
    """Of a DestinationRule, for a VirtualService."""
    weight: int | None = None
    gateways: tuple[GatewayRef, ...] = ()
    in_mesh: bool = False
    """Whether it also holds for callers with a sidecar (a VirtualService of `mesh`)."""
    place: str
    """Path of the backend in the object."""
    other_kind: str = ""
    """Kind of the backend where it is no Service."""

    @property
    def key(self) -> str:
        """Return `Kind/namespace/name` of its object."""
        return self.document.key

    @property
    def location(self) -> Location:
        """Return the line of the backend."""
        return self.document.source.at(self.place)

    @property
    def full_name(self) -> str:
        """Return `namespace/name` of the Service."""
        return f"{self.namespace}/{self.service}"


@per_cluster
def entries_of(cluster: Cluster) -> tuple[Entry, ...]:
    """Return every entry, in the order of the objects and their rules."""
    found: list[Entry] = []
    for document in cluster.documents:
        if document.kind == "Ingress":
            found += _of_ingress(document)
        elif document.kind in _ROUTES:
            found += _of_route(document)
        elif document.kind == "VirtualService":
            found += _of_virtual_service(document)
    return tuple(found)


def host_matches(pattern: str, host: str) -> bool:
    """Return whether a host of a rule, perhaps with a wildcard in front, holds a host.

    >>> host_matches("*.example.com", "shop.example.com"), host_matches("*", "a.b")
    (True, True)
    """
    one, other = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if one in ("*", ""):
        return True
    if one.startswith("*."):
        return other.endswith(one[1:]) and other != one[2:]
    return one == other


def matching_entries(cluster: Cluster, host: str, path: str | None = None) -> tuple[Entry, ...]:
    """Return the entries that take a request, of each object the one that fits best.

    Args:
        cluster: As loaded.
        host: The host name of the request.
        path: Its path, without query; None for every path.

    Returns:
        Of each object the entries whose path is exact or the longest prefix; several where a rule
        splits its traffic, or every path is asked about.
    """
    best: dict[str, tuple[tuple[int, int, int], list[Entry]]] = {}
    for entry in entries_of(cluster):
        hosts = [one for one in entry.hosts if host_matches(one, host)]
        if (entry.hosts and not hosts) or not (path is None or _path_matches(entry, path)):
            continue
        exact = any(not one.startswith("*") for one in hosts)
        rank = (exact + bool(hosts), entry.path_kind == "exact", len(entry.path))
        if path is None:
            rank = (rank[0], False, 0)
        known = best.get(entry.key)
        if known is None or rank > known[0]:
            best[entry.key] = (rank, [entry])
        elif rank == known[0]:
            known[1].append(entry)
    # DNS sends a host that some rule names to the gateway of that rule: those for every host count
    # only where nobody names it.
    named = any(rank[0] for rank, _ in best.values())
    kept = [one for one in best.values() if one[0][0] or not named]
    ranked = sorted(kept, key=lambda one: one[0], reverse=True)
    return tuple(entry for _, group in ranked for entry in group)


def _path_matches(entry: Entry, path: str) -> bool:
    if entry.path_kind == "any":
        return True
    if entry.path_kind == "exact":
        return path == entry.path
    if entry.path_kind == "regex":
        try:
            return re.match(entry.path, path) is not None
        except re.error:
            return False
    whole = entry.path.rstrip("/")
    return path == whole or path.startswith(f"{whole}/") or not whole


def _of_ingress(document: Document) -> Iterator[Entry]:
    spec = spec_of(document.body)
    default = mapping(spec.get("defaultBackend") or spec.get("backend"))
    if default:
        where = "spec.defaultBackend" if "defaultBackend" in spec else "spec.backend"
        yield _ingress_entry(document, (), "/", "any", default, where)
    for number, rule in enumerate(listing(spec.get("rules"))):
        host = str(mapping(rule).get("host") or "").lower()
        paths = listing(mapping(mapping(rule).get("http")).get("paths"))
        for index, each in enumerate(paths):
            path = mapping(each)
            kind = _PATHS.get(str(path.get("pathType") or ""), "prefix")
            place = f"spec.rules[{number}].http.paths[{index}].backend"
            yield _ingress_entry(
                document,
                (host,) if host else (),
                str(path.get("path") or "/"),
                kind,
                mapping(path.get("backend")),
                place,
            )


def _ingress_entry(
    document: Document,
    hosts: tuple[str, ...],
    path: str,
    kind: PathKind,
    backend: Mapping[str, Any],
    place: str,
) -> Entry:
    service = mapping(backend.get("service"))
    number = mapping(service.get("port"))
    # Before networking.k8s.io/v1 these two stood on the backend itself.
    name = service.get("name") or backend.get("serviceName")
    port = number.get("number") or number.get("name") or backend.get("servicePort")
    other = mapping(backend.get("resource")).get("kind")
    return Entry(
        document=document,
        hosts=hosts,
        path=path,
        path_kind=kind,
        namespace=document.namespace,
        service=str(name or ""),
        port=_port(port),
        place=place,
        other_kind=str(other or ""),
    )


def _port(value: Any) -> int | str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    text = str(value)
    return int(text) if text.isdecimal() else text


def _of_route(document: Document) -> Iterator[Entry]:
    spec = spec_of(document.body)
    hosts = tuple(str(one).lower() for one in listing(spec.get("hostnames")))
    gateways = tuple(_parents(document, spec))
    for number, each in enumerate(listing(spec.get("rules"))):
        rule = mapping(each)
        paths = [_route_path(mapping(one)) for one in listing(rule.get("matches"))]
        for index, ref in enumerate(listing(rule.get("backendRefs"))):
            backend = mapping(ref)
            for path, kind in dict.fromkeys(paths) or _EVERY_PATH:
                yield Entry(
                    document=document,
                    hosts=hosts,
                    path=path,
                    path_kind=kind,
                    namespace=str(backend.get("namespace") or document.namespace),
                    service=str(backend.get("name") or ""),
                    port=_port(backend.get("port")),
                    weight=_weight(backend),
                    gateways=gateways,
                    place=f"spec.rules[{number}].backendRefs[{index}]",
                    other_kind="" if backend.get("kind") in (None, "Service") else
                    str(backend["kind"]),
                )  # fmt: skip


def _parents(document: Document, spec: Mapping[str, Any]) -> Iterator[GatewayRef]:
    for each in listing(spec.get("parentRefs")):
        parent = mapping(each)
        if parent.get("kind") in (None, "Gateway"):
            yield GatewayRef(
                namespace=str(parent.get("namespace") or document.namespace),
                name=str(parent.get("name") or ""),
                section=str(parent.get("sectionName") or ""),
                port=parent.get("port") if isinstance(parent.get("port"), int) else None,
            )


def _route_path(match: Mapping[str, Any]) -> tuple[str, PathKind]:
    path = mapping(match.get("path"))
    if path:
        kind = _PATHS.get(str(path.get("type") or "PathPrefix"), "prefix")
        return str(path.get("value") or "/"), kind
    method = mapping(match.get("method"))
    if method.get("service"):
        return f"/{method['service']}", "prefix"
    return "/", "any"


def _weight(owner: Mapping[str, Any]) -> int | None:
    weight = owner.get("weight")
    return weight if isinstance(weight, int) and not isinstance(weight, bool) else None


def _of_virtual_service(document: Document) -> Iterator[Entry]:
    spec = spec_of(document.body)
    hosts = tuple(str(one).lower() for one in listing(spec.get("hosts")))
    named = [str(one) for one in listing(spec.get("gateways"))]
    gateways = tuple(GatewayRef(*_split(one, document.namespace)) for one in named if one != "mesh")
    for section in ("http", "tls", "tcp"):
        for number, each in enumerate(listing(spec.get(section))):
            rule = mapping(each)
            paths = [_uri(mapping(one)) for one in listing(rule.get("match"))]
            for index, one in enumerate(listing(rule.get("route"))):
                target = mapping(mapping(one).get("destination"))
                namespace, name = _destination(str(target.get("host") or ""), document.namespace)
                for path, kind in dict.fromkeys(paths) or _EVERY_PATH:
                    yield Entry(
                        document=document,
                        hosts=hosts,
                        path=path,
                        path_kind=kind,
                        namespace=namespace,
                        service=name,
                        port=_port(mapping(target.get("port")).get("number")),
                        subset=str(target.get("subset") or ""),
                        weight=_weight(mapping(one)),
                        gateways=gateways,
                        in_mesh=not named or "mesh" in named,
                        place=f"spec.{section}[{number}].route[{index}].destination",
                    )


def _split(text: str, namespace: str) -> tuple[str, str]:
    space, slash, name = text.partition("/")
    return (space, name) if slash else (namespace, space)


def _uri(match: Mapping[str, Any]) -> tuple[str, PathKind]:
    uri = mapping(match.get("uri"))
    for key, kind in (("exact", "exact"), ("prefix", "prefix"), ("regex", "regex")):
        if uri.get(key):
            path_kind: PathKind = "exact" if kind == "exact" else (
                "prefix" if kind == "prefix" else "regex"
            )  # fmt: skip
            return str(uri[key]), path_kind
    return "/", "any"


def _destination(host: str, namespace: str) -> tuple[str, str]:
    """Return namespace and name of the Service that a host of the mesh means.

    A host outside the cluster keeps its whole name, without a namespace.
    """
    found = _CLUSTER_NAME.fullmatch(host)
    if found is None:
        return "", host
    if found["namespace"] and ".svc" not in host:
        return found["namespace"], found["name"]
    return found["namespace"] or namespace, found["name"]
