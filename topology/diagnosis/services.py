"""Services that lead nowhere: no pod behind the selector, no ready one, or a port unserved."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from topology.authoring.obstacles import behind_service, selector_slip
from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap
from topology.diagnosis.infrastructure import dns_services
from topology.diagnosis.scene import Scene
from topology.model import Cluster, Pod, Service, ServicePort
from topology.paths.routing import Ask, asks_of
from topology.services import selected_pods, service_backends, services_of
from topology.targets import ServiceTarget

__all__ = ["check_services"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"connect", "http"})
_MISSING: Final = Gap(
    what="the Services with their EndpointSlices",
    command="kubectl get services,endpointslices -A -o yaml > services.yaml",
)


def check_services(scene: Scene) -> Check:
    """Follow each concerned Service from its port to the ports of its pods."""
    name = "Services"
    services = [
        one for one in _asked(scene) if one.type != "ExternalName" and (
            one.selector or one.endpoints is not None)
    ]  # fmt: skip
    if not services:
        known = bool(scene.cluster.services)
        result = "No Service stands before what is named." if known else "No Service was given."
        return Check(name=name, state="unknown", result=result, gaps=() if known else (_MISSING,))
    causes = tuple(cause for one in services for cause in _causes(scene, one))
    if causes:
        return Check(
            name=name,
            state="fault",
            result=" ".join(cause.summary for cause in causes[:2]),
            facts=tuple(fact for cause in causes for fact in cause.facts[:1]),
            causes=causes,
        )
    shown = ", ".join(f"`{one.full_name}`" for one in services[:4])
    more = f" and {len(services) - 4} more" if len(services) > 4 else ""
    return Check(
        name=name,
        state="ok",
        result=f"{shown}{more}: selector, ports and endpoints lead to ready pods.",
        facts=tuple(Fact("leads to ready pods", f"Service/{one.full_name}", one.location)
                    for one in services[:4]),
    )  # fmt: skip


def _asked(scene: Scene) -> Sequence[Service]:
    """Return the Services that are concerned, those that miss a named workload by a label too."""
    found = {one.full_name: one for one in scene.services}
    named = [one for one in scene.workloads if scene.named]
    for service in scene.cluster.services:
        if any(
            selector_slip(service, one) is not None and not selected_pods(scene.cluster, service)
            for one in named
        ):
            found.setdefault(service.full_name, service)
    for service in services_of(scene.cluster, [pod for one in named for pod in one.pods]):
        found.setdefault(service.full_name, service)
    for service in dns_services(scene.cluster):
        found.pop(service.full_name, None)
    return list(found.values())


def _causes(scene: Scene, service: Service) -> Iterator[Cause]:
    cluster, target = scene.cluster, ServiceTarget(service)
    missed = [one for one in cluster.workloads if selector_slip(service, one)]
    about = frozenset(
        {service.full_name, *(one.full_name for one in missed),
         *(f"{pod.namespace}/{pod.workload}" for pod in selected_pods(cluster, service))}
    )  # fmt: skip
    for ask in asks_of(cluster, target, None, _name_of):
        for obstacle in behind_service(scene.network, target, ask):
            code, weight = _code(cluster, service, ask)
            mended = _mended(cluster, service, ask)
            yield Cause(
                code=code,
                summary=_SUMMARIES.get(code, "") + obstacle.what,
                explains=_EXPLAINS,
                about=about,
                callees=about,
                weight=weight,
                facts=(
                    Fact(
                        obstacle.what,
                        f"Service/{service.full_name}",
                        obstacle.location or service.location,
                    ),
                    *_declared(cluster, service),
                ),
                fix=obstacle.advice,
                proof=_proof(cluster, mended, ask) if mended else "",
                commands=(_patch(service, mended),) if mended else (),
                verify=(
                    f"kubectl -n {service.namespace} get endpointslices -l "
                    f"kubernetes.io/service-name={service.name}",
                ),
            )


_SUMMARIES: Final = {
    "port-mismatch": "The Service's targetPort is not a port of its pods: ",
    "selector-matches-nothing": "The Service's selector matches no pod: ",
}


def _name_of(pod: Pod) -> str:
    return pod.full_name


def _code(cluster: Cluster, service: Service, ask: Ask) -> tuple[str, int]:
    """Return what kind of fault it is, and its weight; unready pods are looked at by themselves."""
    if service.selector and not selected_pods(cluster, service):
        return "selector-matches-nothing", 90
    routes = service_backends(cluster, service, port=ask.service_port, protocol=ask.protocol)
    if any(route.backends and not route.backends[0].ready for route in routes):
        return "no-ready-backend", 48
    return "port-mismatch", 88


def _declared(cluster: Cluster, service: Service) -> Iterator[Fact]:
    """Yield which ports the pods behind a Service declare."""
    for pod in selected_pods(cluster, service)[:1]:
        ports = ", ".join(f"`{one.number}/{one.protocol}`" for one in pod.ports) or "no port"
        yield Fact(f"`{pod.full_name}` declares {ports}", f"Pod/{pod.full_name}", pod.location)


def _mended(cluster: Cluster, service: Service, ask: Ask) -> Service | None:
    """Return the Service with the smallest change that may help; None where none is known."""
    for workload in cluster.workloads if not selected_pods(cluster, service) else ():
        slip = selector_slip(service, workload)
        if slip:
            return replace(service, selector={**service.selector, slip[0]: slip[2]}, endpoints=None)
    pods = selected_pods(cluster, service)
    offered = sorted({port.number for pod in pods for port in pod.ports
                      if port.protocol == ask.protocol})  # fmt: skip
    if not offered or service.headless:
        return None
    meant = next((one for one in offered if one == ask.service_port), offered[0])
    ports = tuple(
        replace(one, target=meant) if one.port == ask.service_port else one for one in service.ports
    )
    return None if ports == service.ports else replace(service, ports=ports, endpoints=None)


def _proof(cluster: Cluster, mended: Service, ask: Ask) -> str:
    """Say where the changed Service leads."""
    for route in service_backends(cluster, mended, port=ask.service_port, protocol=ask.protocol):
        ready = [one for one in route.backends if one.ready]
        if ready:
            port = ready[0].port
            return (
                f"Computed with the change: `{mended.full_name}` port {ask.service_port} leads to "
                f"{len(ready)} ready pod{'s' * (len(ready) != 1)} on port {port}."
            )
    return ""


def _patch(service: Service, mended: Service) -> str:
    """Return the command that would make the change."""
    name = f"kubectl -n {service.namespace} patch service {service.name}"
    if dict(mended.selector) != dict(service.selector):
        pairs = ",".join(f'"{key}":"{value}"' for key, value in sorted(mended.selector.items()))
        return f'{name} -p \'{{"spec":{{"selector":{{{pairs}}}}}}}\''
    index = next(
        number for number, (old, new) in enumerate(zip(service.ports, mended.ports, strict=True))
        if old != new
    )  # fmt: skip
    changed: ServicePort = mended.ports[index]
    step = f'{{"op":"replace","path":"/spec/ports/{index}/targetPort","value":{changed.target}}}'
    return f"{name} --type=json -p '[{step}]'"
