"""What lies around pods and Services: entries and gateways that lead in, and Azure's network."""

from collections.abc import Iterable, Iterator
from typing import Final

from topology.azure import azure_findings, azure_of
from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, fact_of
from topology.diagnosis.scene import Scene
from topology.findings import Finding
from topology.service_path import service_findings

__all__ = ["check_azure_network", "check_entries"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"connect", "http", "loss"})
_BACKEND: Final = ("selector-", "target-port", "endpoints-", "no-ready", "no-endpointslice")
"""Codes of what the check of Services looks at."""
_NO_AZURE: Final = (
    Gap(what="the network security groups", command="az network nsg list -o json > nsg.json"),
    Gap(what="the route tables", command="az network route-table list -o json > routes.json"),
    Gap(what="the subnets", command="az network vnet list -o json > vnets.json"),
    Gap(what="the AKS properties", command="az aks list -o json > aks.json"),
)


def check_entries(scene: Scene) -> Check:
    """Look at what leads to the concerned Services from outside, and at how it is spread."""
    name = "Ways in (Ingress, gateways, traffic policies)"
    if scene.named:
        found = [
            one
            for service in scene.services
            for one in service_findings(scene.cluster, service=service)
        ]
    else:
        found = list(service_findings(scene.cluster))
    causes = (*_causes(found), *_without_address(scene))
    if causes:
        return _fault(name, causes)
    result = "Nothing on the ways in stops what is named." if found or scene.services else (
        "No Service and no way in is concerned.")  # fmt: skip
    return Check(name=name, state="ok", result=result)


def _without_address(scene: Scene) -> Iterator[Cause]:
    """Yield the load balancers that got no address, with what the events say of them."""
    for service in scene.services:
        # A manifest that was never applied has no address in the cluster either.
        waits = service.type == "LoadBalancer" and service.cluster_ips
        if not waits or service.external_addresses:
            continue
        told = [
            one
            for one in scene.events_of(service.namespace, service.name)
            if one.body.get("type") == "Warning" and one.body.get("message")
        ]
        said = f": {str(told[-1].body['message']).strip()}" if told else ""
        text = f"The load balancer of Service `{service.full_name}` has no address yet{said}"
        yield Cause(
            code="load-balancer-pending",
            summary=f"{text.rstrip('.')}.",
            explains=_EXPLAINS | {"start"},
            about=frozenset({service.full_name}),
            callees=frozenset({service.full_name}),
            weight=82 if told else 58,
            facts=(
                Fact(text, f"Service/{service.full_name}", service.location),
                *(fact_of(one, "says so", "message") for one in told[-1:]),
            ),
            fix="Do what the event says; the identity of the cluster needs rights on the subnet "
            "and the addresses.",
            verify=(f"kubectl -n {service.namespace} describe service {service.name}",),
        )


def check_azure_network(scene: Scene) -> Check:
    """Look at security groups, routes, peerings and the properties of AKS, as far as given."""
    name = "Azure network"
    if azure_of(scene.cluster).is_empty:
        result = "Nothing of the Azure CLI was given."
        return Check(name=name, state="unknown", result=result, gaps=_NO_AZURE)
    found = azure_findings(scene.cluster)
    causes = tuple(_causes(found, weight=74))
    if causes:
        return _fault(name, causes)
    result = "Security groups, routes and peerings stop nothing that the cluster needs."
    return Check(name=name, state="ok", result=result)


def _fault(name: str, causes: tuple[Cause, ...]) -> Check:
    return Check(
        name=name,
        state="fault",
        result=" ".join(cause.summary for cause in causes[:2]),
        facts=tuple(fact for cause in causes for fact in cause.facts[:1]),
        causes=causes,
    )


def _causes(found: Iterable[Finding], weight: int = 78) -> Iterator[Cause]:
    """Yield what surely stops traffic; what only may is for the checks of their own commands."""
    for one in dict.fromkeys(found):
        if one.severity != "error" or one.code.startswith(_BACKEND):
            continue
        about = {_plain(name) for name in (one.object, *one.subjects)}
        yield Cause(
            code=one.code,
            summary=one.why,
            explains=_EXPLAINS | {"dns"} if "dns" in one.code else _EXPLAINS,
            about=frozenset(about) if one.object.count("/") == 2 else frozenset(),
            weight=weight,
            facts=(Fact(one.why, one.object, one.location),),
            fix=one.fix,
        )


def _plain(name: str) -> str:
    """Return `namespace/name` of `Kind/namespace/name`."""
    return name.partition("/")[2] if name.count("/") == 2 else name
