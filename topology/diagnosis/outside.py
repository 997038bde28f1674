"""Names outside the cluster that are asked for, and whether policies let anyone go there."""

from collections.abc import Iterator
from typing import Final

from topology.calls import calls
from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, Wanted
from topology.diagnosis.layers import causes_of, stopped, unsure
from topology.diagnosis.names_used import is_inside_name
from topology.diagnosis.scene import Scene
from topology.errors import TopologyError
from topology.model import Workload
from topology.paths import PortQuery
from topology.policy.verdict import Layer
from topology.targets import DnsTarget, WorkloadTarget

__all__ = ["check_outside_names"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"dns", "connect", "http", "loss"})
_TLS: Final = PortQuery(number=443)
_INSIDE: Final = (".cluster.local", ".svc", ".local", ".internal.cloudapp.net")
_NO_FLOWS: Final = Gap(
    what="which names are asked for (flows with DNS visibility)",
    command="hubble observe -o jsonpb --type l7 --protocol dns --last 20000 > dns.jsonl",
)
_MOST: Final = 400


def check_outside_names(scene: Scene) -> Check:
    """Ask the engine whether the names outside that are used are covered by egress rules."""
    name = "Names outside (toFQDNs)"
    unique = {(one.full_name, host, port): (one, host, port) for one, host, port in _asked(scene)}
    asked = list(unique.values())[:_MOST]
    causes: list[Cause] = []
    doubts: list[Fact] = []
    for workload, host, port in asked:
        try:
            found = scene.network.reach(WorkloadTarget(workload), DnsTarget(host), port=port)
        except TopologyError:
            continue
        layer = stopped(found)
        doubt = unsure(found)
        if layer is not None:
            by_name = _has_names(scene, workload, layer)
            what = (
                f"The toFQDNs rules of `{workload.full_name}` do not cover `{host}`"
                if by_name
                else f"A network policy blocks egress from `{workload.full_name}` to `{host}`"
            )
            causes += causes_of(
                found,
                layer,
                code="fqdn-not-covered" if by_name else "policy-blocks-egress",
                what=f"{what} ({port})",
                explains=_EXPLAINS,
                about=frozenset({workload.full_name, host}),
                weight=90 if host in scene.symptom.names else 85,
                wanted=Wanted(source=workload.full_name, destination=host, port=str(port)),
            )
        elif doubt is not None:
            doubts.append(Fact(doubt.reason, doubt.policy or "", doubt.location))
    if causes:
        return Check(
            name=name, state="fault",
            result=" ".join(cause.summary for cause in causes[:2]),
            facts=tuple(fact for cause in causes[:4] for fact in cause.facts[:2]),
            causes=tuple(causes),
        )  # fmt: skip
    gaps = () if scene.survey is not None else (_NO_FLOWS,)
    if not asked:
        result = "No name outside the cluster is known to be used here."
        return Check(name=name, state="unknown" if gaps else "ok", result=result, gaps=gaps)
    if doubts:
        return Check(name=name, state="unknown", result=doubts[0].text, facts=tuple(doubts[:4]),
                     gaps=gaps)  # fmt: skip
    names = ", ".join(f"`{host}`" for host in dict.fromkeys(host for _, host, _ in asked[:4]))
    return Check(name=name, state="ok", result=f"Policies let {names} through.", gaps=gaps)


def _asked(scene: Scene) -> Iterator[tuple[Workload, str, PortQuery]]:
    """Yield who uses which name outside: by the symptom, by environment, by DNS queries."""
    yield from _by_symptom(scene)
    for call in calls(scene.cluster):
        if call.outside and scene.is_asked(call.caller.full_name) and _is_outside(scene, call.host):
            port = PortQuery(number=call.port) if call.port else _TLS
            yield call.caller, call.host.lower().rstrip("."), port
    yield from _by_queries(scene)


def _by_symptom(scene: Scene) -> Iterator[tuple[Workload, str, PortQuery]]:
    workloads = {one.full_name: one for one in scene.cluster.workloads}
    users = [
        workloads[str(one)]
        for one in (*scene.symptom.sources, *scene.symptom.subjects)
        if str(one) in workloads
    ]
    for host in (one for one in scene.symptom.names if _is_outside(scene, one)):
        for one in users or [one for one in scene.workloads if _restricts(scene, one)]:
            yield one, host, scene.symptom.port or _TLS


def _by_queries(scene: Scene) -> Iterator[tuple[Workload, str, PortQuery]]:
    if scene.survey is None:
        return
    workloads = {one.full_name: one for one in scene.workloads}
    for client in scene.survey.dns.clients:
        workload = workloads.get(client.client)
        missing = {one.name for one in client.failures if one.outcome == "NXDOMAIN"}
        for host, _ in client.names if workload is not None else ():
            if workload is not None and _is_outside(scene, host) and host not in missing:
                yield workload, host, _seen_port(scene, workload, host)


def _is_outside(scene: Scene, host: str) -> bool:
    if host.count(".") == 1 and is_inside_name(scene.cluster, host):
        return False
    return "." in host and not host.endswith(_INSIDE) and "*" not in host


def _seen_port(scene: Scene, workload: Workload, host: str) -> PortQuery:
    """Return the port on which a name was seen to be called, else that of TLS."""
    if scene.survey is not None:
        for one in scene.survey.observation.connections:
            if str(one.source) == workload.full_name and (
                str(one.destination) == host or host in one.names
            ):
                return PortQuery(number=one.port, protocol=one.protocol)
    return _TLS


def _restricts(scene: Scene, workload: Workload) -> bool:
    """Say whether a policy of the workload names hosts outside at all."""
    return any("toFQDNs" in str(one.body) for one in scene.cluster.policies
               if one.namespace in ("", workload.namespace))  # fmt: skip


def _has_names(scene: Scene, workload: Workload, layer: Layer) -> bool:
    """Say whether a policy with a part in a denial lets names through."""
    keys = {layer.policy, *(key for key, _ in layer.causes)}
    return any("toFQDNs" in str(one.body) for one in scene.cluster.policies if one.key in keys)
