"""Who is concerned calls whom, and what stops each of these connections on the way."""

import re
from collections.abc import Iterator
from typing import Final

from topology.authoring.obstacles import called_port
from topology.calls import calls
from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, Wanted
from topology.diagnosis.layers import causes_of, layer_code, stopped, unsure
from topology.diagnosis.scene import Scene
from topology.errors import TopologyError
from topology.model import Service
from topology.paths import PortQuery, Reach
from topology.targets import (
    DnsTarget,
    EntityTarget,
    NamespaceTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

__all__ = ["Pair", "check_paths", "pairs_of"]

Pair = tuple[Target, Target, PortQuery | None, int]
"""Source, destination, port, and how sure it is that the connection is meant: 0 to 100."""

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"connect", "http", "loss"})
_NO_POLICIES: Final = Gap(
    what="the policies",
    command="kubectl get networkpolicies,ciliumnetworkpolicies,ciliumclusterwidenetworkpolicies,"
    "authorizationpolicies,peerauthentications -A -o yaml > policies.yaml",
)
_NO_CALLS: Final = Gap(
    what="who calls whom (flows, or the environment variables of workloads)",
    command="hubble observe -o jsonpb --last 20000 > flows.jsonl",
)
_REFUSALS: Final = re.compile(r"(?<![\d.:/])40[13](?![\d.])|forbidden|unauthori[sz]ed|denied", re.I)
_MOST: Final = 300
_POLICY_KINDS: Final = ("NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy",
                        "AuthorizationPolicy", "PeerAuthentication")  # fmt: skip
_WORDS: Final = {
    "egress-policy": "A network policy blocks egress from {source} to {destination}",
    "ingress-policy": "A network policy blocks ingress to {destination} from {source}",
    "l7": "An L7 rule refuses what {source} asks of {destination}",
    "mtls": "Mutual TLS refuses {source} at {destination}",
    "authorization": "An AuthorizationPolicy denies {source} at {destination}",
    "service": "The Service on the way from {source} to {destination} leads nowhere",
    "azure": "Azure's network blocks {source} to {destination}",
}


def check_paths(scene: Scene) -> Check:
    """Follow each connection that is meant through every layer, on both sides."""
    name = "Policies on both sides"
    pairs = list(pairs_of(scene))[:_MOST]
    gaps = () if any(kind in scene.cluster.kinds for kind in _POLICY_KINDS) else (_NO_POLICIES,)
    causes: list[Cause] = []
    doubts: list[Fact] = []
    allowed = 0
    for source, destination, port, weight in pairs:
        try:
            found = _reach(scene, source, destination, port)
        except TopologyError as error:
            doubts.append(Fact(f"`{source}` to `{destination}`: {error.message}"))
            continue
        layer = stopped(found)
        doubt = unsure(found)
        if layer is not None and layer.layer != "service":
            causes += _stopped(found, source, destination, port, weight)
        elif doubt is not None:
            doubts.append(Fact(doubt.reason, doubt.policy or "", doubt.location))
        else:
            allowed += 1
            causes += _limits(scene, found, source, destination)
    causes = list({(one.wanted, one.code): one for one in causes}.values())
    if causes:
        return Check(
            name=name, state="fault",
            result=" ".join(cause.summary for cause in causes[:2]),
            facts=tuple(fact for cause in causes[:5] for fact in cause.facts[:2]),
            causes=tuple(causes), gaps=gaps,
        )  # fmt: skip
    if not pairs:
        result = "Nothing says who calls whom here, so no connection could be followed."
        return Check(name=name, state="unknown", result=result, gaps=(*gaps, _NO_CALLS))
    if doubts:
        return Check(name=name, state="unknown", result=doubts[0].text, facts=tuple(doubts[:5]),
                     gaps=gaps)  # fmt: skip
    shown = ", ".join(f"`{one[0]}` to `{one[1]}`" for one in pairs[:3])
    more = f" and {allowed - 3} more" if allowed > 3 else ""
    return Check(name=name, state="ok", result=f"Nothing stops {shown}{more}.", gaps=gaps)


def _reach(scene: Scene, source: Target, destination: Target, port: PortQuery | None) -> Reach:
    """Ask the engine; a port that names the Service's is asked of the Service."""
    if port is None:
        port = called_port(scene.network, source, destination)
    return scene.network.reach(source, destination, port=port, http=scene.symptom.http)


def _limits(scene: Scene, found: Reach, source: Target, destination: Target) -> Iterator[Cause]:
    """Yield the rules that let only some requests pass, where refusals are complained of."""
    if not _REFUSALS.search(scene.symptom.text):
        return
    for one in found.ports:
        layer = next((x for x in one.verdict.layers if x.layer in ("l7", "authorization")), None)
        if one.verdict.l7 != "conditional" or layer is None:
            continue
        only = "; ".join(one.verdict.conditions)
        yield Cause(
            code="l7-rule-limits",
            summary=f"Only some requests of `{source}` to `{destination}` on {one} pass, the "
            f"others are refused: {only}.",
            explains=frozenset({"http"}),
            about=frozenset({_plain(source), _plain(destination)}),
            callers=frozenset({_plain(source)}),
            callees=frozenset({_plain(destination)}),
            weight=72,
            facts=(Fact(layer.reason, layer.policy or "", layer.location),),
            fix="If the refused request is wanted, add its method and path to the rule.",
            verify=(f'netassist reach {source} {destination} --http "METHOD /PATH"',),
        )


def _stopped(
    found: Reach, source: Target, destination: Target, port: PortQuery | None, weight: int
) -> Iterator[Cause]:
    layer = stopped(found)
    if layer is None:
        return
    first = found.deciding
    number = first.service_port if isinstance(destination, ServiceTarget) else first.port
    asked = str(port) if port else (f"{number}/{first.protocol}" if number else "")
    words = _WORDS[layer.layer].format(source=f"`{source}`", destination=f"`{destination}`")
    yield from causes_of(
        found,
        layer,
        code=layer_code(layer),
        what=words + (f" on {asked}" if asked else ""),
        explains=_EXPLAINS,
        about=frozenset({_plain(source), _plain(destination)}),
        weight=weight,
        wanted=Wanted(source=str(source), destination=str(destination), port=asked),
    )


def _plain(target: Target) -> str:
    return str(target).removeprefix("service:")


def pairs_of(scene: Scene) -> Iterator[Pair]:
    """Yield the connections that are meant: those named, else those that workloads announce."""
    symptom = scene.symptom
    if symptom.sources and symptom.destinations:
        for source in symptom.sources:
            for destination in symptom.destinations:
                yield from _named_pairs(scene, source, destination)
        return
    outside = [one for one in symptom.destinations if isinstance(one, EntityTarget)]
    for one in scene.workloads if outside else ():
        yield WorkloadTarget(one), outside[0], symptom.port, 80
    for call in calls(scene.cluster):
        if call.service is None or not scene.is_asked(
            call.caller.full_name, call.service.full_name
        ):
            continue
        port = PortQuery(number=call.port) if call.port else None
        if port is not None and not _has_port(call.service, port):
            port = None
        yield WorkloadTarget(call.caller), ServiceTarget(call.service), port, 84


def _named_pairs(scene: Scene, source: Target, destination: Target) -> Iterator[Pair]:
    if isinstance(source, NamespaceTarget) and isinstance(destination, NamespaceTarget):
        return
    port = scene.symptom.port
    if isinstance(destination, DnsTarget):
        return  # The check of names outside follows those.
    if isinstance(destination, WorkloadTarget):
        for service in _services_called(scene, source, destination):
            asked = port if port and _has_port(service, port) else None
            yield source, ServiceTarget(service), asked, 91
            if asked is not None:
                return
    yield source, destination, port, 90


def _services_called(
    scene: Scene, source: Target, destination: WorkloadTarget
) -> Iterator[Service]:
    """Yield the Services by which a workload is called: of its name, or that the caller names."""
    named = {
        call.service.full_name
        for call in calls(scene.cluster)
        if call.service is not None and call.caller.full_name == str(source)
    }
    for service in scene.cluster.services:
        if service.full_name == destination.workload.full_name or (
            service.full_name in named and service.full_name in scene.named
        ):
            yield service


def _has_port(service: Service, port: PortQuery) -> bool:
    return any(port.number == one.port and port.protocol == one.protocol for one in service.ports)
