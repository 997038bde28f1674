"""What stops a connection that no policy can mend: Services, ports, tokens, missing sidecars."""

from collections.abc import Iterator
from dataclasses import dataclass

from topology.authoring.corrections import is_slip
from topology.calls import calls
from topology.model import Cluster, Location, Pod, Service, Workload
from topology.paths import Network, PortQuery
from topology.paths.parties import resolved
from topology.paths.routing import Ask, asks_of
from topology.policy.verdict import Layer
from topology.services import backends, service_backends, services_of
from topology.targets import PodTarget, ServiceTarget, Target, WorkloadTarget

__all__ = ["Obstacle", "behind_service", "called_port", "of_layer", "of_port", "of_services",
           "selector_slip"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that stands in the way and is no policy."""

    what: str
    """One sentence of fact."""
    advice: str
    """One sentence: what to change."""
    location: Location | None = None
    port: PortQuery | None = None
    """The port to ask about instead, where the question named a wrong one."""


def behind_service(network: Network, dst: Target, ask: Ask) -> Iterator[Obstacle]:
    """Yield what is wrong with a Service on the way: it leads nowhere, or to a port unserved."""
    target = resolved(network.cluster, dst)
    if not isinstance(target, ServiceTarget):
        return
    service = target.service
    if ask.service is not None and ask.service.verdict == "deny":
        yield Obstacle(
            what=ask.service.reason,
            advice=_service_advice(network.cluster, service, ask),
            location=service.location,
        )
        return
    for party, number in ask.ends:
        offered = sorted({port.number for pod in party.pods for port in pod.ports})
        if offered and number is not None and number not in offered:
            shown = ", ".join(f"`{one}`" for one in offered)
            yield Obstacle(
                what=(
                    f"Service `{service.full_name}` sends {ask.service_port} to port {number} of "
                    f"`{party.name}`, which declares only {shown}."
                ),
                advice=(
                    f"Set `targetPort: {offered[0]}` in the Service, unless something in the pod "
                    f"listens on {number} without saying so."
                ),
                location=service.location,
            )


def of_services(network: Network, src: Target, dst: Target) -> Iterator[Obstacle]:
    """Yield what is wrong with the Services by which a workload is called."""
    source, target = resolved(network.cluster, src), resolved(network.cluster, dst)
    if not isinstance(target, WorkloadTarget):
        return
    workload = target.workload
    called = {
        call.service.full_name
        for call in calls(network.cluster)
        if call.service is not None
        and isinstance(source, WorkloadTarget)
        and call.caller.full_name == source.workload.full_name
    }
    for service in network.cluster.services:
        mine = service.full_name == workload.full_name
        mine = mine or (
            service.full_name in called and selector_slip(service, workload) is not None
        )
        if mine and service.type != "ExternalName":
            asks = asks_of(network.cluster, ServiceTarget(service), None, lambda pod: pod.full_name)
            for ask in asks:
                yield from behind_service(network, ServiceTarget(service), ask)


def _service_advice(cluster: Cluster, service: Service, ask: Ask) -> str:
    if not ask.ends and not service_backends(cluster, service, port=ask.service_port):
        ports = ", ".join(f"{one.port}/{one.protocol}" for one in service.ports)
        return f"Call one of its ports ({ports or 'it has none'}), or add the port to the Service."
    pods = backends(cluster, service)
    if pods and not any(pod.ready for pod in pods):
        return "Make its pods ready: look at their readiness probes and logs."
    if pods:
        names = sorted({port.name or str(port.number) for pod in pods for port in pod.ports})
        return f"Set its `targetPort` to one of the pods' ports: {', '.join(names) or 'none'}."
    for workload in cluster.workloads:
        slip = selector_slip(service, workload)
        if slip:
            key, wrong, right = slip
            return (
                f"Its selector says `{key}: {wrong}` where the pods of `{workload.full_name}` say "
                f"`{key}: {right}`: correct the selector."
            )
    return "Make its selector match the labels of the pods that shall answer."


def selector_slip(service: Service, workload: Workload) -> tuple[str, str, str] | None:
    """Return the one label by which a selector misses a workload of its namespace."""
    if workload.namespace != service.namespace:
        return None
    wrong = {
        key: value for key, value in service.selector.items() if workload.labels.get(key) != value
    }
    if len(wrong) != 1:
        return None
    ((key, value),) = wrong.items()
    right = workload.labels.get(key)
    if right is None:
        return None
    named = service.name in (workload.name, right) or len(service.selector) > 1
    return (key, value, right) if named or is_slip(value, right, ()) else None


def of_port(network: Network, dst: Target, port: PortQuery | None) -> Obstacle | None:
    """Return what is wrong with the port of a question: the pods do not offer it."""
    target = resolved(network.cluster, dst)
    if port is None or port.number is None or port.protocol.startswith("ICMP"):
        return None
    pods: tuple[Pod, ...] = ()
    if isinstance(target, WorkloadTarget):
        pods = target.workload.pods
    elif isinstance(target, PodTarget):
        pods = (target.pod,)
    offered = {(one.number, one.protocol) for pod in pods for one in pod.ports}
    if not offered or (port.number, port.protocol) in offered:
        return None
    shown = ", ".join(f"`{number}/{protocol}`" for number, protocol in sorted(offered))
    found = [
        (backend.port not in {number for number, _ in offered}, service, backend.port)
        for service in services_of(network.cluster, pods)
        for route in service_backends(
            network.cluster, service, port=port.number, protocol=port.protocol
        )
        for backend in route.backends
        if backend.pod in pods and backend.port
    ]
    if found:
        _, service, number = min(found, key=lambda one: (one[0], one[1].name))
        return Obstacle(
            what=(
                f"{port} is a port of the Service `{service.full_name}`; the pods of `{target}` "
                f"get it on {number}, and policies see that port."
            ),
            advice=f"Ask about {number}, or about `service:{service.full_name}`.",
            location=service.location,
            port=PortQuery(number=number, protocol=port.protocol),
        )
    return Obstacle(
        what=f"`{target}` declares {shown}, not {port}.",
        advice="If that is a slip, ask about a declared port; declarations bind nobody, though.",
    )


def called_port(network: Network, src: Target, dst: Target) -> PortQuery | None:
    """Return the one port on which a workload's environment says that it calls another.

    None where it says nothing of the destination, or names several ports.
    """
    source, target = resolved(network.cluster, src), resolved(network.cluster, dst)
    if not isinstance(source, WorkloadTarget) or not isinstance(target, WorkloadTarget):
        return None
    names = {pod.full_name for pod in target.workload.pods}
    found = {
        (backend.port, route.port.protocol)
        for call in calls(network.cluster)
        if call.service is not None and call.caller.full_name == source.workload.full_name
        for route in service_backends(network.cluster, call.service, port=call.port)
        for backend in route.backends
        if backend.pod is not None and backend.pod.full_name in names and backend.port
    }
    if len(found) != 1:
        return None
    ((number, protocol),) = found
    return PortQuery(number=number, protocol=protocol)


def of_layer(network: Network, layer: Layer, source: Target) -> Obstacle | None:
    """Return why a layer is not for an edit of policies to mend; None where one may help."""
    if layer.layer == "azure":
        return Obstacle(
            what=layer.reason,
            advice="Change it in Azure (`netassist azure check` tells what else it breaks): no "
            "policy of the cluster opens it.",
            location=layer.location,
        )
    if layer.layer == "mtls":
        return Obstacle(
            what=layer.reason,
            advice=(
                f"Give `{source}` a sidecar (label its namespace for injection and restart it); "
                "accepting plaintext is the last resort."
            ),
            location=layer.location,
        )
    if layer.layer == "authorization" and layer.policy and "RequestAuthentication" in layer.policy:
        return Obstacle(
            what=layer.reason,
            advice="Send a valid token of an issuer that the RequestAuthentication names.",
            location=layer.location,
        )
    return None
