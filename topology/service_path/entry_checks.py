"""Entries: Ingress, routes and VirtualServices that lead nowhere, or where they may not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from topology.findings import Finding, FindingSeverity
from topology.model import Cluster, Document, Service
from topology.policy.istio.bodies import listing, mapping, spec_of
from topology.policy.istio.destination_rules import is_host
from topology.service_path.entries import Entry, entries_of
from topology.service_path.gateways import AGC_CLASSES
from topology.services import selected_pods

__all__ = ["entry_findings"]

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


def entry_findings(cluster: Cluster) -> Iterator[tuple[Finding, str]]:
    """Yield what is wrong with entries, each with `namespace/name` of the Service it is about."""
    services = {one.full_name: one for one in cluster.services}
    for entry in entries_of(cluster):
        for finding in _of_entry(cluster, services, entry):
            yield finding, entry.full_name
    for document in cluster.documents:
        if document.kind == "Ingress":
            for finding in _class_of(cluster, document):
                yield finding, ""
    yield from _twice(cluster)


def _finding(code: str, severity: FindingSeverity, entry: Entry, why: str, fix: str) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        object=entry.key,
        location=entry.location,
        why=why,
        fix=fix,
        subjects=(f"Service/{entry.full_name}",) if entry.namespace else (),
    )


def _of_entry(cluster: Cluster, services: Mapping[str, Service], entry: Entry) -> Iterator[Finding]:
    if entry.other_kind or not entry.namespace:
        # Another kind of backend, or a host outside the cluster.
        return
    yield from _granted(cluster, entry)
    service = services.get(entry.full_name)
    if service is None:
        near = [one for one in services if one.rpartition("/")[2] == entry.service]
        fix = "Correct the name, or create the Service."
        if near and entry.document.kind == "Ingress":
            fix = f"`{near[0]}` exists, but an Ingress reaches Services of its own namespace only."
        elif near:
            fix = f"`{near[0]}` exists: name its namespace."
        yield _finding(
            "entry-no-service", "error", entry,
            f"It sends {_requests(entry)} to Service `{entry.full_name}`, which does not exist; "
            "callers get 503 (or 500).",
            fix,
        )  # fmt: skip
        return
    yield from _port(entry, service)
    if entry.subset:
        yield from _subset(cluster, entry, service)


def _requests(entry: Entry) -> str:
    """Return what an entry takes, in words."""
    host = ", ".join(f"`{one}`" for one in entry.hosts[:2]) or "every host"
    return f"{host} `{entry.path}`" if entry.path_kind != "any" else host


def _port(entry: Entry, service: Service) -> Iterator[Finding]:
    offered = ", ".join(
        f"{port.port}{f' (`{port.name}`)' if port.name else ''}" for port in service.ports
    )
    known = any(entry.port in (port.port, port.name) for port in service.ports)
    if entry.port is None:
        if entry.document.kind == "VirtualService" and len(service.ports) < 2:
            return
        if entry.document.kind in ("VirtualService", "TCPRoute", "TLSRoute"):
            return
        yield _finding(
            "entry-no-port", "error", entry,
            f"It names no port of Service `{service.full_name}`, which has {offered or 'none'}.",
            "Name one of its ports.",
        )  # fmt: skip
    elif not known and service.type != "ExternalName":
        targets = [port for port in service.ports if port.target == entry.port]
        fix = f"Set it to one of {offered}." if offered else "Give the Service a port."
        if targets:
            fix = f"That is its targetPort; set it to the Service's port {targets[0].port}."
        yield _finding(
            "entry-no-port", "error", entry,
            f"It sends {_requests(entry)} to port `{entry.port}` of Service "
            f"`{service.full_name}`, which has {offered or 'none'}; callers get 503 (or 500).",
            fix,
        )  # fmt: skip


def _subset(cluster: Cluster, entry: Entry, service: Service) -> Iterator[Finding]:
    """A subset must be in a DestinationRule of its host, and some pod must have its labels."""
    if "DestinationRule" not in cluster.kinds:
        yield _finding(
            "subset-missing", "warning", entry,
            f"It sends to subset `{entry.subset}` of Service `{service.full_name}`, and the input "
            "holds no DestinationRule that defines it.",
            "Export DestinationRules; if there is none, callers get 503 (NC).",
        )  # fmt: skip
        return
    for document in cluster.documents:
        if document.kind != "DestinationRule" or not is_host(document, service):
            continue
        for each in listing(spec_of(document.body).get("subsets")):
            if str(mapping(each).get("name")) == entry.subset:
                labels = {str(k): str(v) for k, v in mapping(mapping(each).get("labels")).items()}
                pods = [one for one in selected_pods(cluster, service)
                        if labels.items() <= one.labels.items()]  # fmt: skip
                if not pods:
                    shown = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
                    yield _finding(
                        "subset-no-pods", "error", entry,
                        f"Subset `{entry.subset}` of `{document.key}` wants `{shown}`, and no pod "
                        f"behind Service `{service.full_name}` has that; callers get 503 (UH).",
                        "Correct the labels of the subset, or deploy that version.",
                    )  # fmt: skip
                return
    yield _finding(
        "subset-missing", "error", entry,
        f"It sends to subset `{entry.subset}` of Service `{service.full_name}`, which no "
        "DestinationRule defines; callers get 503 (NC).",
        "Add the subset to a DestinationRule of that host.",
    )  # fmt: skip


def _granted(cluster: Cluster, entry: Entry) -> Iterator[Finding]:
    """A route may send into another namespace only where a ReferenceGrant there lets it."""
    route = entry.document
    if not route.kind.endswith("Route") or entry.namespace == route.namespace:
        return
    for grant in cluster.documents:
        if grant.kind != "ReferenceGrant" or grant.namespace != entry.namespace:
            continue
        spec = spec_of(grant.body)
        given = any(
            mapping(one).get("kind") == route.kind
            and mapping(one).get("namespace") == route.namespace
            for one in listing(spec.get("from"))
        )
        to = [mapping(one) for one in listing(spec.get("to"))]
        meant = any(
            one.get("kind") == "Service" and one.get("name") in (None, "", entry.service)
            for one in to
        )
        if given and meant:
            return
    yield _finding(
        "reference-not-granted", "error", entry,
        f"It sends to Service `{entry.full_name}` of another namespace, and no ReferenceGrant in "
        f"`{entry.namespace}` lets a {route.kind} of `{route.namespace}` do so; callers get 500.",
        f"Add a ReferenceGrant to `{entry.namespace}`: from {route.kind} of "
        f"`{route.namespace}`, to Service `{entry.service}`.",
    )  # fmt: skip


def _class_of(cluster: Cluster, document: Document) -> Iterator[Finding]:
    """An Ingress needs a class that exists, or a default one."""
    annotations = mapping(mapping(document.body.get("metadata")).get("annotations"))
    named = spec_of(document.body).get("ingressClassName") or annotations.get(_CLASS_ANNOTATION)
    classes = [one for one in cluster.documents if one.kind == "IngressClass"]
    if not classes:
        return
    names = [one.name for one in classes]
    place = document.source.at("spec.ingressClassName")
    if named and str(named) not in names and str(named) not in AGC_CLASSES:
        yield Finding(
            code="ingress-no-class",
            severity="error",
            object=document.key,
            location=place,
            why=f"It names the class `{named}`, and there is only {_quoted(names)}, so no "
            "controller serves it.",
            fix=f"Set `ingressClassName: {names[0]}`.",
        )
    elif not named and not any(_is_default(one) for one in classes):
        yield Finding(
            code="ingress-no-class",
            severity="error",
            object=document.key,
            location=place,
            why=f"It names no class, and none of {_quoted(names)} is the default, so no "
            "controller serves it.",
            fix=f"Set `ingressClassName: {names[0]}`.",
        )


def _is_default(document: Document) -> bool:
    annotations = mapping(mapping(document.body.get("metadata")).get("annotations"))
    return str(annotations.get(_DEFAULT_CLASS)).lower() == "true"


def _quoted(names: Sequence[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names[:3])


def _twice(cluster: Cluster) -> Iterator[tuple[Finding, str]]:
    """Find one host and path that two Ingresses send to different Services."""
    claims: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries_of(cluster):
        if entry.document.kind == "Ingress":
            kind = str(spec_of(entry.document.body).get("ingressClassName") or "")
            for host in entry.hosts:
                claims[kind, host, entry.path].append(entry)
    for (_, host, path), found in claims.items():
        others = [one for one in found if one.key != found[0].key
                  and one.full_name != found[0].full_name]  # fmt: skip
        annotations = [mapping(mapping(one.document.body.get("metadata")).get("annotations"))
                       for one in found]  # fmt: skip
        canary = any("canary" in str(key) for each in annotations for key in each)
        if others and not canary:
            yield _finding(
                "entry-conflict", "warning", others[0],
                f"`{host}` `{path}` goes to Service `{found[0].full_name}` by `{found[0].key}`, "
                f"and to `{others[0].full_name}` by this one; which wins depends on the "
                "controller, mostly the older.",
                "Remove one of the two rules, or mark one as canary.",
            ), others[0].full_name  # fmt: skip
