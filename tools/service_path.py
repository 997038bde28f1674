"""Tools about Services: the way of a request to its pods, and what is wrong with Services."""

import re
from typing import TYPE_CHECKING

from tools.service_rows import CheckResult, ServicePathResult, finding_row, way_row
from tools.service_text import describe_findings, describe_ways
from tools.set_aside import set_aside
from tools.spec import Evidence, tool
from tools.topics import SERVICE_TOPICS, pick
from tools.understanding import understand, understood
from tools.wording import count
from tools.workspace import Workspace
from topology.errors import InvalidQuery, UnknownName
from topology.model import Cluster, Service
from topology.names import Match
from topology.paths import parse_port
from topology.targets import (
    AddressTarget,
    EntityTarget,
    NamespaceTarget,
    PodTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

if TYPE_CHECKING:
    from topology.findings import Finding
    from topology.paths import Network

__all__ = ["check_services", "trace_service_path"]

_EVIDENCE = 12
_URL = re.compile(
    r"^(?:(?P<scheme>https?|grpcs?)://)?(?P<host>[^/:\s]+)(?::\d+)?(?P<path>/\S*)?$", re.I
)
_HOST = re.compile(r"(?:\*\.)?[\w-]+(?:\.[\w-]+)+\.?")


@tool()
def trace_service_path(
    workspace: Workspace, target: str, port: str = "", source: str = "world", path: str = ""
) -> ServicePathResult:
    """Follow a request to the pods that serve it, hop by hop, with what stops it.

    Use it for "why does the ingress for shop.example.com give 503", "which pods serve
    api.example.com/v1", "is the load balancer of web open to the internet", "how does traffic get
    to service web". Ingress, Gateway API, Istio gateways, load balancers, node ports, Services,
    endpoints and policies are followed.

    Args:
        workspace: The network.
        target: A host name with or without a path (`api.example.com/v1`), or a Service
            (`shop/web`, `service:shop/web`, or a name that only one Service has).
        port: The Service's port, such as `80` or `443/TCP`; empty for all.
        source: Who calls: `world`, or `ns/workload` for a caller inside.
        path: The path of the request; that in `target` counts where it is empty, and every path
            that some entry names where neither has one.

    Returns:
        Each way with the verdict of each hop, the pods at its end, and findings on it.
    """
    # Takes both engines along, which other commands need not wait for.
    from topology.service_path.ways import (
        hosts_of,
        relevant_findings,
        ways_to_host,
        ways_to_service,
    )

    network = workspace.network
    text = target.strip().strip("`'\"")
    caller = understand(network, source or "world")
    query = parse_port(port) if port.strip() else None
    found = _URL.match(text)
    wanted = path.strip() or (found["path"] if found else "") or ""
    if wanted and not wanted.startswith("/"):
        wanted = f"/{wanted}"
    if found and _is_host(network.cluster, text, found["host"], hosts_of(network.cluster)):
        host = found["host"].lower().rstrip(".")
        ways = ways_to_host(
            network, host, path=wanted.partition("?")[0] or None, source=caller.target
        )
        shown, guess = f"{host}{wanted}", ""
        ends: tuple[Target, ...] = ()
    else:
        service, guess = _service(network, text)
        ways = ways_to_service(network, service, port=query, source=caller.target)
        shown, ends = f"service:{service.full_name}", (ServiceTarget(service),)
    rows = tuple(way_row(way) for way in ways)
    findings = tuple(finding_row(one) for one in relevant_findings(network.cluster, ways))
    guess = " ".join(part for part in (guess, understood(source, caller)) if part)
    verdicts = {way.verdict for way in ways}
    verdict = next(one for one in ("allow", "unknown", "deny") if one in verdicts)
    return ServicePathResult(
        summary=describe_ways(shown, rows, findings, guess),
        verdict=verdict,
        evidence=tuple(
            Evidence(claim=hop.reason, source=hop.object, location=hop.location)
            for row in rows
            for hop in row.hops
        ),
        not_verified=tuple(
            dict.fromkeys(
                hop.reason for row in rows for hop in row.hops if hop.verdict == "unknown"
            )
        )
        + set_aside(network, ends),
        target=shown,
        ways=rows,
        findings=findings,
    )


@tool()
def check_services(
    workspace: Workspace, service: str = "", namespace: str = "", about: str = ""
) -> CheckResult:
    """Find what is wrong with Services: selectors, ports, readiness, entries, exposure.

    Use it for "is anything wrong with service web", "which services have no endpoints", "does the
    targetPort of cart fit", "what is open to the internet", "are there broken ingresses".

    Args:
        workspace: The network.
        service: One Service, with or without its namespace; empty for all.
        namespace: Only findings about objects of this namespace; empty for all.
        about: Only `endpoints`, `ports`, `entries` (ingresses, gateways, routes) or `exposure`;
            empty for all.

    Returns:
        Findings with file, line and fix, the worst first.
    """
    from topology.service_path import service_findings
    from topology.service_path.entries import entries_of

    network = workspace.network
    cluster = network.cluster
    place = namespace.strip()
    if place and place not in cluster.namespaces:
        message = f"There is no namespace `{place}`."
        raise UnknownName(message, nearest=tuple(sorted(cluster.namespaces))[:5])
    only, guess = _service(network, service) if service.strip() else (None, "")
    found = service_findings(cluster, namespace=place, service=only)
    findings, others = pick(found, about, SERVICE_TOPICS)
    if only:
        checked = f"Service `{only.full_name}`"
    else:
        services = [one for one in cluster.services if not place or one.namespace == place]
        entries = [one for one in entries_of(cluster) if not place or one.namespace == place]
        checked = count(len(services), "service")
        checked += f" and {count(len(entries), 'rule')} of entries" if entries else ""
        checked += f" in namespace `{place}`" if place else ""
    return check_result(topical(checked, about), findings, missing_kinds(cluster), guess,
                        others=others)  # fmt: skip


def check_result(
    checked: str,
    findings: "tuple[Finding, ...]",
    not_verified: tuple[str, ...] = (),
    guess: str = "",
    facts: tuple[str, ...] = (),
    others: int = 0,
) -> CheckResult:
    """Return findings as the result of a tool.

    Args:
        checked: What was looked at, in words.
        findings: The worst first.
        not_verified: What could not be looked at.
        guess: What a name was understood as.
        facts: What is so, where nothing is wrong with it.
        others: How many findings were left out, being about something else.
    """
    rows = tuple(finding_row(one) for one in findings)
    names = ("error", "warning", "info")
    text = describe_findings(checked, rows, facts, lacking=bool(not_verified))
    if others:
        text += f"\n\nBesides, {count(others, 'finding')} about something else."
    return CheckResult(
        summary=f"{text}\n\n{guess}".strip(),
        evidence=tuple(
            Evidence(claim=row.why, source=row.object, location=row.location)
            for row in rows[:_EVIDENCE]
        ),
        not_verified=not_verified,
        checked=checked,
        counts={name: sum(row.severity == name for row in rows) for name in names},
        findings=rows,
        facts=facts,
    )


def topical(checked: str, about: str) -> str:
    """Return what was looked at with the topic that was asked about."""
    return f"{checked}, {about.strip().lower()}" if about.strip() else checked


def missing_kinds(cluster: Cluster) -> tuple[str, ...]:
    """Return what of Services could not be looked at, for want of an export."""
    found = []
    if cluster.services and not {"EndpointSlice", "Endpoints"} & cluster.kinds.keys():
        found.append(
            "No EndpointSlices are in the input, so backends are taken from selectors and pods: "
            "`kubectl get endpointslices -A -o yaml` tells them."
        )
    if cluster.services and not cluster.pods:
        found.append("No pods and no workloads are in the input, so selectors match nothing.")
    return tuple(found)


def _is_host(cluster: Cluster, text: str, host: str, known: tuple[str, ...]) -> bool:
    """Return whether a text names a host, rather than a Service by `name.namespace`."""
    from topology.service_path.entries import host_matches

    if "://" in text or any(host_matches(one, host) for one in known):
        return True
    if not _HOST.fullmatch(host) or text.startswith("service:"):
        return False
    name, _, rest = host.partition(".")
    space = rest.partition(".")[0]
    names = {one.full_name for one in cluster.services}
    return f"{space}/{name}" not in names and not rest.endswith("svc") and ".svc." not in host


def _service(network: "Network", text: str) -> tuple[Service, str]:
    """Return the Service that a name means; of a workload, the only one that leads to it.

    Raises:
        TopologyError: Nothing or several things are called that.
    """
    name = text.strip()
    try:
        match = network.names.match(name if name.startswith("service:") else f"service:{name}")
    except UnknownName as error:
        match = _other(network, name, error)
    if isinstance(match.target, ServiceTarget):
        return match.target.service, understood(name, match)
    return _of_workload(network, name, match)


def _other(network: "Network", name: str, error: UnknownName) -> Match:
    try:
        return network.names.match(name)
    except UnknownName:
        raise error from None


def _of_workload(network: "Network", name: str, match: Match) -> tuple[Service, str]:
    from topology.services import services_of

    target = match.target
    pods = target.workload.pods if isinstance(target, WorkloadTarget) else ()
    if isinstance(target, PodTarget):
        pods = (target.pod,)
    services = services_of(network.cluster, pods)
    if len(services) == 1:
        return services[0], f"`{name}` is served by Service `{services[0].full_name}`."
    if isinstance(target, NamespaceTarget | EntityTarget | AddressTarget) or not services:
        message = f"`{name}` is no Service and no host name of the input."
        raise InvalidQuery(message, hint="Name a Service, such as `shop/web`, or a host name.")
    listed = ", ".join(f"`{one.full_name}`" for one in services)
    message = f"`{name}` is behind several Services: {listed}."
    raise InvalidQuery(message, hint="Name one of them.")
