"""Which port of which end is meant: numbers of Services and pods, names, protocols."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.models.rules.slots import WELL_KNOWN, PortText
from tools.wording import join
from topology.model import Cluster, Service, Workload

__all__ = ["Offer", "PortChoice", "pick_port", "port_names"]

_GENERIC = frozenset({"http", "https", "grpc", "tls", "tcp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A port that a destination offers, as its pods and as its Services number it."""

    number: int
    protocol: str
    names: tuple[str, ...] = ()
    service: str = ""
    """The Service (`ns/name`) that offers it; empty for a container port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortChoice:
    """The destination and port to ask about, or the question back when none fits."""

    destination: str
    port: str = ""
    ask: str = ""


def port_names(cluster: Cluster) -> frozenset[str]:
    """Return the lower-case names, and their parts, of every port of a cluster."""
    names = {port.name.lower() for pod in cluster.pods for port in pod.ports}
    names |= {port.name.lower() for service in cluster.services for port in service.ports}
    parts = {part for name in names for part in re.split(r"[-_]", name) if len(part) > 2}
    return frozenset((names | parts) - {"", "tcp", "udp"})


def pick_port(cluster: Cluster, destination: str, port: PortText) -> PortChoice:
    """Return the port of a destination that a person means.

    A number that only the Service in front of a workload has asks about the Service, and one
    that only the pods behind a Service have asks about the pods: both are how people name them.

    Args:
        cluster: Where the destination stands.
        destination: A name as tools take it.
        port: As it was written.
    """
    if port.protocol.startswith("ICMP"):
        return PortChoice(destination=destination, port="icmp")
    offers, services = _offers(cluster, destination)
    if port.number is None and not port.name:
        return _pick_protocol(destination, port.protocol, [*offers, *services], cluster)
    if port.number is not None:
        return _pick_number(destination, port, offers, services, cluster)
    if destination.startswith("service:"):
        return _pick_name(destination, port, [*services, *offers], cluster)
    return _pick_name(destination, port, [*offers, *services], cluster)


def _offers(cluster: Cluster, destination: str) -> tuple[list[Offer], list[Offer]]:
    """Return what the pods offer, and what the Services in front of them do."""
    name = destination.removeprefix("service:")
    service = next((item for item in cluster.services if item.full_name == name), None)
    if destination.startswith("service:") and service:
        workloads = [item for item in cluster.workloads if _selects(service, item)]
        return _pod_offers(workloads), _service_offers(service)
    workloads = [item for item in cluster.workloads if item.full_name == name]
    workloads += [
        item
        for item in cluster.workloads
        if not workloads and any(pod.full_name == name for pod in item.pods)
    ]
    fronts = [item for item in cluster.services if any(_selects(item, each) for each in workloads)]
    fronts.sort(key=lambda item: (item.full_name != name, item.full_name))
    return _pod_offers(workloads), [offer for item in fronts for offer in _service_offers(item)]


def _selects(service: Service, workload: Workload) -> bool:
    return (
        service.namespace == workload.namespace
        and bool(service.selector)
        and all(workload.labels.get(key) == value for key, value in service.selector.items())
    )


def _pod_offers(workloads: Iterable[Workload]) -> list[Offer]:
    ports = {port for item in workloads for pod in item.pods for port in pod.ports}
    return [
        Offer(number=port.number, protocol=port.protocol, names=(port.name.lower(),))
        for port in sorted(ports, key=lambda port: (port.number, port.protocol, port.name))
    ]


def _service_offers(service: Service) -> list[Offer]:
    return [
        Offer(
            number=port.port,
            protocol=port.protocol,
            names=(port.name.lower(), str(port.target).lower(), port.app_protocol.lower()),
            service=service.full_name,
        )
        for port in service.ports
    ]


def _pick_number(
    destination: str, port: PortText, offers: list[Offer], services: list[Offer], cluster: Cluster
) -> PortChoice:
    number = port.number
    own = services if destination.startswith("service:") else offers
    other = offers if destination.startswith("service:") else services
    match = _with_number(own, number, port.protocol)
    if match:
        return PortChoice(destination=destination, port=_write(port, match))
    match = _with_number(other, number, port.protocol)
    if match and match.service:
        return PortChoice(destination=f"service:{match.service}", port=_write(port, match))
    if match:
        behind = _behind(cluster, destination)
        return PortChoice(destination=behind or destination, port=_write(port, match))
    return PortChoice(destination=destination, port=_write(port, None))


def _behind(cluster: Cluster, destination: str) -> str:
    """Return the one workload behind a Service, or ""."""
    name = destination.removeprefix("service:")
    service = next((item for item in cluster.services if item.full_name == name), None)
    workloads = [item for item in cluster.workloads if service and _selects(service, item)]
    return workloads[0].full_name if len(workloads) == 1 else ""


def _with_number(offers: list[Offer], number: int | None, protocol: str) -> Offer | None:
    fitting = [
        offer for offer in offers if offer.number == number and protocol in ("", offer.protocol)
    ]
    # TCP first: a port given as a bare number is TCP wherever TCP is offered.
    fitting.sort(key=lambda offer: (offer.protocol != "TCP", bool(offer.service)))
    return fitting[0] if fitting else None


def _write(port: PortText, offer: Offer | None) -> str:
    protocol = port.protocol or (offer.protocol if offer else "")
    return f"{port.number}/{protocol}" if protocol else str(port.number)


def _pick_protocol(
    destination: str, protocol: str, offers: list[Offer], cluster: Cluster
) -> PortChoice:
    """Return the one port that is offered over a protocol, or the question back."""
    own = [offer for offer in offers if not offer.service] or offers
    fitting = [offer for offer in own if offer.protocol == protocol]
    if len(fitting) == 1:
        return _choose(destination, fitting[0], cluster)
    listed = join([f"{offer.number}/{offer.protocol}" for offer in fitting or own], "or")
    fact = f"`{destination}` offers {listed}. " if fitting else (
        f"`{destination}` declares nothing over {protocol}. "
    )  # fmt: skip
    return PortChoice(destination=destination, ask=f"{fact}Which {protocol} port is meant?")


def _pick_name(
    destination: str, port: PortText, offers: list[Offer], cluster: Cluster
) -> PortChoice:
    name = port.name
    for fits in (_is_named, _is_partly_named, _is_usual):
        found = [offer for offer in offers if fits(offer, name)]
        if found:
            return _choose(destination, found[0], cluster)
    own = [offer for offer in offers if not offer.service] or offers
    if name in _GENERIC and len({offer.number for offer in own}) == 1 and name != "https":
        return _choose(destination, own[0], cluster)
    if name in WELL_KNOWN:
        return PortChoice(destination=destination, port=str(WELL_KNOWN[name]))
    if not port.explicit:
        return PortChoice(destination=destination)
    listed = ", ".join(
        dict.fromkeys(
            f"{offer.number}/{offer.protocol}" + (f" ({offer.names[0]})" if offer.names[0] else "")
            for offer in own
        )
    )
    known = f"; it offers {listed}" if listed else ""
    text = f"`{destination}` has no port called `{name}`{known}. Which port is meant?"
    return PortChoice(destination=destination, ask=text)


def _choose(destination: str, offer: Offer, cluster: Cluster) -> PortChoice:
    if offer.service:
        destination = f"service:{offer.service}"
    elif destination.startswith("service:"):
        # Only the pods behind the Service have it: it is asked of them.
        destination = _behind(cluster, destination) or destination
    return PortChoice(destination=destination, port=f"{offer.number}/{offer.protocol}")


def _is_named(offer: Offer, name: str) -> bool:
    return name in offer.names


def _is_partly_named(offer: Offer, name: str) -> bool:
    parts = {part for each in offer.names for part in re.split(r"[-_]", each)}
    return name in parts or f"{name}s" in offer.names


def _is_usual(offer: Offer, name: str) -> bool:
    return WELL_KNOWN.get(name) == offer.number
