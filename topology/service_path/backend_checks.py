"""Services and the pods behind them: selectors, ports, readiness and EndpointSlices."""

from collections.abc import Iterable, Iterator, Sequence

from topology.findings import Finding, FindingSeverity
from topology.memo import per_cluster
from topology.model import Cluster, ContainerPort, Pod, Service, ServicePort
from topology.services import backends, selected_pods

__all__ = ["backend_findings", "labels_text", "names_of"]

_SHOWN = 3
_ALIKE = 0.5
_SIDECAR_PORTS = range(15000, 15100)


def backend_findings(cluster: Cluster, service: Service) -> Iterator[Finding]:
    """Yield what is wrong between a Service and its pods.

    Args:
        cluster: As loaded.
        service: Any of its Services; aliases of DNS names have nothing behind them.
    """
    if service.type == "ExternalName":
        return
    pods = selected_pods(cluster, service)
    if service.selector and not pods:
        yield _no_pods(cluster, service)
    if not service.selector and not service.endpoints:
        yield _no_endpoints(cluster, service)
    if pods:
        yield from _not_ready(cluster, service, pods)
        yield from _slices(cluster, service, pods)
        yield from _several_workloads(service, pods)
    for port in service.ports if pods and not service.headless else ():
        yield from _target(service, port, pods)
    if service.headless:
        yield from _headless(service, pods)


def labels_text(labels: Iterable[tuple[str, str]]) -> str:
    """Return labels as kubectl writes them."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels))


def names_of(pods: Sequence[Pod]) -> str:
    """Return a few names of pods, in words."""
    shown = ", ".join(f"`{pod.full_name}`" for pod in pods[:_SHOWN])
    return shown + (f" and {len(pods) - _SHOWN} more" if len(pods) > _SHOWN else "")


def _finding(
    code: str,
    severity: FindingSeverity,
    service: Service,
    why: str,
    fix: str,
    subjects: Iterable[str] = (),
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        object=f"Service/{service.full_name}",
        location=service.location,
        why=why,
        fix=fix,
        subjects=tuple(subjects),
    )


def _no_pods(cluster: Cluster, service: Service) -> Finding:
    """Say what comes near to a selector that matches nothing."""
    selector = labels_text(service.selector.items())
    nearest, lacking = _nearest(cluster, service)
    why = f"Selector `{selector}` matches no pod in namespace `{service.namespace}`."
    fix = "Correct the selector, or deploy the workload that it is meant for."
    if nearest is not None:
        why += f" Nearest is {nearest.workload_kind} `{nearest.namespace}/{nearest.workload}`"
        if nearest.namespace != service.namespace:
            why += ", which is in another namespace; a selector never leaves its own."
            fix = f"Create the Service in namespace `{nearest.namespace}`."
        else:
            said, fix = _compared(service, nearest, lacking)
            why += said
    if service.endpoints:
        why += " Its EndpointSlices still hold addresses, which go away once they are updated."
    return _finding("selector-no-pods", "error", service, why, fix)


def _compared(service: Service, pod: Pod, lacking: Sequence[str]) -> tuple[str, str]:
    """Return how the labels of a pod differ from a selector, and what to do about it."""
    from rapidfuzz.distance import OSA

    has = labels_text((key, pod.labels[key]) for key in lacking if key in pod.labels)
    wants = labels_text((key, service.selector[key]) for key in lacking)
    if not has:
        said = f": it has no label `{', '.join(lacking)}`, and `{wants}` is wanted."
        return said, f"Label the pods `{wants}`, or take it out of the selector."
    alike = all(
        OSA.normalized_similarity(pod.labels.get(key, ""), service.selector[key]) > _ALIKE
        for key in lacking
    )
    fix = f"Make the selector `{has}`, or label the pods `{wants}`."
    if not alike:
        fix = f"Deploy pods with `{wants}`, or make the selector `{has}` if these are meant."
    return f": it has `{has}`, not `{wants}`.", fix


def _nearest(cluster: Cluster, service: Service) -> tuple[Pod | None, list[str]]:
    """Return the pod that meets most of a selector, and the labels that it lacks."""
    from rapidfuzz.distance import OSA

    best: tuple[float, Pod | None, list[str]] = (0.0, None, [])
    for workload in cluster.workloads:
        pod = workload.pods[0]
        score, lacking = 0.0, []
        for key, value in service.selector.items():
            own = pod.labels.get(key)
            likeness = OSA.normalized_similarity(own, value) if own else 0.0
            score += likeness
            if own != value:
                lacking.append(key)
        score /= len(service.selector)
        if pod.namespace != service.namespace:
            # Only a pod that meets it all, elsewhere, explains a selector.
            score = 0.9 if not lacking else 0.0
        elif pod.workload == service.name:
            score = max(score, 0.5)
        if score > max(best[0], 0.45):
            best = (score, pod, lacking)
    return best[1], best[2]


def _no_endpoints(cluster: Cluster, service: Service) -> Finding:
    exported = bool({"EndpointSlice", "Endpoints"} & cluster.kinds.keys())
    if exported:
        why = "It has no selector, and no EndpointSlice of it holds an address."
        fix = "Give it a selector, or create an EndpointSlice with the label "
        fix += f"`kubernetes.io/service-name: {service.name}`."
        return _finding("no-selector-no-endpoints", "error", service, why, fix)
    why = "It has no selector, and the input holds no EndpointSlices, so what is behind it is not "
    why += "known."
    fix = "Export them: `kubectl get endpointslices -A -o yaml`."
    return _finding("no-selector-no-endpoints", "info", service, why, fix)


def _not_ready(cluster: Cluster, service: Service, pods: Sequence[Pod]) -> Iterator[Finding]:
    """Say which pods get nothing because they are not ready."""
    behind = backends(cluster, service) or tuple(pods)
    if service.endpoints:
        ready = sum(1 for one in service.endpoints if one.ready)
        total = len(service.endpoints)
        waiting = [pod for pod in behind if not pod.ready] or [
            pod for pod in behind if _is_waiting(service, pod)
        ]
    elif service.endpoints is not None:
        return
    else:
        ready, total = sum(1 for pod in pods if pod.ready), len(pods)
        waiting = [pod for pod in pods if not pod.ready]
    if ready == total:
        return
    if service.publish_not_ready:
        why = f"{total - ready} of {total} endpoints are not ready and get connections all the "
        why += "same, because publishNotReadyAddresses is set."
        yield _finding("not-ready-published", "info", service, why, "", _names(waiting))
        return
    who = names_of(waiting) if waiting else "pods that are not in the input"
    if ready:
        why = f"{total - ready} of {total} endpoints are not ready and get no connections: {who}."
        fix = "Look at the readiness probe of these pods: `kubectl describe pod`."
        yield _finding("endpoints-not-ready", "warning", service, why, fix, _names(waiting))
        return
    why = f"None of its {total} endpoint(s) is ready, so every connection fails: {who}."
    fix = "Look at the readiness probe and the logs of these pods: `kubectl describe pod`."
    yield _finding("no-ready-endpoints", "error", service, why, fix, _names(waiting))


def _is_waiting(service: Service, pod: Pod) -> bool:
    return any(
        not one.ready and (one.pod == pod.name or one.address in pod.addresses)
        for one in service.endpoints or ()
    )


def _names(pods: Iterable[Pod]) -> list[str]:
    return [f"Pod/{pod.full_name}" for pod in pods]


def _slices(cluster: Cluster, service: Service, pods: Sequence[Pod]) -> Iterator[Finding]:
    """Compare EndpointSlices with what the selector matches."""
    running = [pod for pod in pods if not pod.planned and pod.addresses]
    if service.endpoints is None:
        if "EndpointSlice" in cluster.kinds and running and service.selector:
            why = f"Its selector matches {len(running)} running pod(s), and the input, which holds "
            why += "EndpointSlices, has none of it."
            fix = "Export all EndpointSlices of the namespace; if there really is none, look at "
            fix += "the endpointslice controller."
            yield _finding("no-endpointslice", "warning", service, why, fix, _names(running))
        return
    known = {one.address for one in service.endpoints} | {one.pod for one in service.endpoints}
    missing = [
        pod for pod in running
        if pod.ready and pod.name not in known and not known & set(pod.addresses)
    ]  # fmt: skip
    own = {address for pod in pods for address in pod.addresses} | {pod.name for pod in pods}
    stale = [
        one for one in service.endpoints
        if service.selector and running and one.address not in own and one.pod not in own
    ]  # fmt: skip
    if missing:
        why = "Ready pods that its selector matches are in none of its EndpointSlices: "
        why += f"{names_of(missing)}."
        fix = "Export pods and EndpointSlices at one time; if it stays, look at the controller."
        yield _finding("endpoints-differ", "warning", service, why, fix, _names(missing))
    if stale:
        shown = ", ".join(f"`{one.address}`" for one in stale[:_SHOWN])
        why = f"Its EndpointSlices hold {len(stale)} address(es) of no pod that its selector "
        why += f"matches: {shown}."
        fix = "Remove what is written there by hand, or correct the selector."
        yield _finding("endpoints-differ", "warning", service, why, fix)


def _several_workloads(service: Service, pods: Sequence[Pod]) -> Iterator[Finding]:
    """Find a selector that takes pods of workloads that are not versions of one."""
    owners: dict[str, Pod] = {}
    for pod in pods:
        owners.setdefault(f"{pod.workload_kind}/{pod.namespace}/{pod.workload}", pod)
    if len(owners) < 2:
        return
    apps = {one.labels.get("app", one.labels.get("app.kubernetes.io/name")) for one in
            owners.values()}  # fmt: skip
    versions = len(apps) == 1 and None not in apps
    named = ", ".join(f"`{owner}`" for owner in sorted(owners)[:_SHOWN])
    why = f"Selector `{labels_text(service.selector.items())}` takes pods of {len(owners)} "
    why += f"workloads: {named}."
    if versions:
        why += " They carry the same app label, so they may be versions of one."
    fix = "Add a label to the selector that only one of them has, if not all shall serve it."
    yield _finding(
        "selector-several-workloads", "info" if versions else "warning", service, why, fix,
        sorted(owners),
    )  # fmt: skip


def _target(service: Service, port: ServicePort, pods: Sequence[Pod]) -> Iterator[Finding]:
    """Compare the target of a Service port with what the containers declare."""
    named = f"port {port.port}{f' (`{port.name}`)' if port.name else ''}"
    if isinstance(port.target, str):
        yield from _named_target(service, port, pods, named)
        return
    declaring = [pod for pod in pods if not all(map(_is_proxy, pod.ports))]
    without = [
        pod for pod in declaring if not any(each.number == port.target for each in pod.ports)
    ]
    if without and len(without) == len(declaring):
        offered = sorted(
            {f"{e.number}/{e.protocol}" for pod in without for e in pod.ports if not _is_proxy(e)}
        )
        why = f"Its {named} sends to targetPort {port.target}, which no container behind it "
        why += f"declares; they declare {', '.join(offered[:5])}."
        same = sorted({e.number for pod in without for e in pod.ports if not _is_proxy(e)})
        fix = f"Set targetPort to {same[0]}." if len(same) == 1 else (
            "Set targetPort to the port that the application listens on."
        )  # fmt: skip
        fix += " Declaring a port is optional, so check that nothing listens there."
        yield _finding("target-port-mismatch", "warning", service, why, fix, _names(without[:1]))
        return
    other = [
        pod for pod in declaring
        if not any((e.number, e.protocol) == (port.target, port.protocol) for e in pod.ports)
        and pod not in without
    ]  # fmt: skip
    if other and len(other) == len(declaring):
        got = next(e.protocol for e in other[0].ports if e.number == port.target)
        why = f"Its {named} is {port.protocol}, and the containers declare {port.target}/{got}."
        fix = f"Set `protocol: {got}` in the Service."
        yield _finding("target-port-protocol", "warning", service, why, fix, _names(other[:1]))


def _is_proxy(port: ContainerPort) -> bool:
    """Return whether a port belongs to the sidecar of the mesh, not to the application."""
    return port.number in _SIDECAR_PORTS


def _named_target(
    service: Service, port: ServicePort, pods: Sequence[Pod], named: str
) -> Iterator[Finding]:
    without = [
        pod
        for pod in pods
        if not any((e.name, e.protocol) == (port.target, port.protocol) for e in pod.ports)
    ]
    if not without:
        numbers = {
            e.number for pod in pods for e in pod.ports
            if (e.name, e.protocol) == (port.target, port.protocol)
        }  # fmt: skip
        if len(numbers) > 1:
            listed = ", ".join(map(str, sorted(numbers)))
            why = f"Its {named} sends to the port named `{port.target}`, which is {listed} in "
            why += "different pods."
            fix = "Make them one number: Cilium may enforce policies on named ports wrongly then."
            yield _finding("target-port-name-differs", "warning", service, why, fix)
        return
    offered = sorted(
        {f"`{e.name}`" for pod in pods for e in pod.ports if e.name and not _is_proxy(e)}
    )
    has = f"they name {', '.join(offered[:5])}" if offered else "they name no ports"
    if len(without) == len(pods):
        why = f"Its {named} sends to a {port.protocol} port named `{port.target}`, which no "
        why += f"container behind it has; {has}. No endpoint is made for that port."
        fix = f"Set targetPort to {offered[0]}." if len(offered) == 1 else (
            f"Name the container's port `{port.target}`, or set targetPort to its number."
        )  # fmt: skip
        yield _finding("target-port-name-missing", "error", service, why, fix, _names(pods[:1]))
        return
    why = f"Its {named} sends to the port named `{port.target}`, and {len(without)} of {len(pods)} "
    why += f"pods have no such port, so they get no connections: {names_of(without)}."
    fix = "Name the port in all of them, or use its number."
    yield _finding("target-port-name-missing", "warning", service, why, fix, _names(without))


def _headless(service: Service, pods: Sequence[Pod]) -> Iterator[Finding]:
    """A headless Service maps no ports: clients dial the pods themselves."""
    for port in service.ports:
        numbers = {e.number for pod in pods for e in pod.ports}
        changed = port.target not in (0, port.port)
        if changed or (numbers and port.port not in numbers):
            declared = ", ".join(map(str, sorted(numbers)[:5]))
            why = f"It is headless, so clients reach the pods on {port.port} itself"
            why += f"; its targetPort `{port.target}` does not apply" if changed else ""
            why += f", and the pods declare {declared}." if numbers else "."
            listening = port.port in numbers
            fix = f"Dial the pods' own port, or give the Service a clusterIP to map {port.port}."
            yield _finding(
                "headless-port", "info" if listening or not numbers else "warning", service, why,
                fix,
            )  # fmt: skip
    if not service.publish_not_ready and any(pod.workload_kind == "StatefulSet" for pod in pods):
        waiting = [pod for pod in pods if not pod.ready]
        if waiting:
            why = f"It names the pods of a StatefulSet, and {names_of(waiting)} has no DNS name "
            why += "until it is ready, so peers that look for each other at start may not find it."
            fix = "Set `publishNotReadyAddresses: true` if members meet through it."
            yield _finding("headless-not-ready", "info", service, why, fix, _names(waiting))


@per_cluster
def nodes_with_pods(cluster: Cluster) -> frozenset[str]:
    """Return the nodes that run pods."""
    return frozenset(pod.node for pod in cluster.pods if pod.node and pod.running)
