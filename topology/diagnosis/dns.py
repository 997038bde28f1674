"""DNS as a service: its servers, the cache on nodes, and whether policies let queries through."""

from collections.abc import Iterator
from typing import Final

from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, Wanted
from topology.diagnosis.infrastructure import (
    agent_of,
    dns_services,
    dns_workloads,
    is_down,
    node_local_dns,
)
from topology.diagnosis.layers import causes_of, stopped
from topology.diagnosis.scene import Scene
from topology.diagnosis.states import pod_facts
from topology.errors import TopologyError
from topology.model import Workload
from topology.paths import PortQuery
from topology.targets import ServiceTarget, Target, WorkloadTarget

__all__ = ["check_dns_policies", "check_dns_servers", "check_node_local_dns"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"dns", "connect", "http", "loss"})
_MISSING: Final = Gap(
    what="the DNS servers of the cluster",
    command="kubectl -n kube-system get pods,services,endpointslices,deployments,daemonsets "
    "-o yaml > kube-system.yaml",
)
_REDIRECT: Final = "CiliumLocalRedirectPolicy"
_MOST: Final = 400
_WHO: Final = {"azure": "Azure's network", "mtls": "Mutual TLS",
               "authorization": "An AuthorizationPolicy"}  # fmt: skip


def check_dns_servers(scene: Scene) -> Check:
    """Look whether the pods that answer DNS run and are ready."""
    name = "CoreDNS pods"
    servers = dns_workloads(scene.cluster)
    real = [pod for one in servers for pod in one.pods if not pod.planned and pod.running]
    causes = tuple(cause for one in servers for cause in _server_causes(scene, one))
    if causes:
        return Check(
            name=name,
            state="fault",
            result=" ".join(cause.summary for cause in causes),
            facts=tuple(fact for cause in causes for fact in cause.facts[:2]),
            causes=causes,
        )
    if not real:
        result = "The input holds no pods of CoreDNS with a status."
        return Check(name=name, state="unknown", result=result, gaps=(_MISSING,))
    facts = tuple(Fact("ready", f"Pod/{pod.full_name}", pod.location) for pod in real[:3])
    return Check(name=name, state="ok", result=f"All {len(real)} DNS pods are ready.", facts=facts)


def _server_causes(scene: Scene, workload: Workload) -> Iterator[Cause]:
    real = [pod for pod in workload.pods if not pod.planned and pod.running]
    down = [pod for pod in real if is_down(pod)]
    zero = workload.replicas == 0
    if not down and not zero:
        return
    facts = tuple(fact for pod in down[:3] for fact in pod_facts(scene, pod))
    whole = zero or len(down) == len(real)
    text = "is scaled to 0 replicas" if zero else (
        f"has {len(real) - len(down)} of {len(real)} pods ready")  # fmt: skip
    yield Cause(
        code="dns-servers-down",
        summary=f"CoreDNS is not {'running' if whole else 'fully ready'}: `{workload.full_name}` "
        f"{text}, so {'no name resolves' if whole else 'fewer servers answer all queries'}.",
        explains=_EXPLAINS,
        weight=96 if whole else 66,
        facts=facts or (Fact(text, f"{workload.kind}/{workload.full_name}", workload.location),),
        fix="Bring the pods back: the events and logs say what stops them.",
        commands=(
            f"kubectl -n {workload.namespace} scale {workload.kind.lower()} {workload.name} "
            "--replicas=2",
        ) if zero else (
            f"kubectl -n {workload.namespace} rollout restart {workload.kind.lower()} "
            f"{workload.name}",
        ),
        verify=(f"kubectl -n {workload.namespace} get pods -l k8s-app=kube-dns -o wide",),
    )  # fmt: skip


def check_node_local_dns(scene: Scene) -> Check:
    """Look whether Cilium redirects queries to the DNS cache on the nodes, if there is one."""
    name = "NodeLocal DNSCache"
    caches = node_local_dns(scene.cluster)
    if not caches:
        return Check(name=name, state="ok", result="There is none in the input.")
    cilium = any("Cilium" in agent_of(one) for one in scene.cluster.workloads) or any(
        one.startswith("Cilium") for one in scene.cluster.kinds
    )
    redirects = list(scene.reports(_REDIRECT))
    if redirects or not cilium:
        how = f"`{redirects[0].key}` redirects to it." if redirects else (
            "The dataplane is not Cilium, so iptables redirects to it.")  # fmt: skip
        return Check(name=name, state="ok", result=how)
    cache = caches[0]
    text = (
        f"NodeLocal DNSCache (`{cache.full_name}`) is deployed without a CiliumLocalRedirectPolicy"
    )
    asked = _asked_directly(scene)
    cause = Cause(
        code="node-local-dns-bypassed",
        summary=f"{text}: Cilium does not redirect queries to it, so "
        + (asked or "pods go past it or, where they are set to its address, get no answer."),
        explains=_EXPLAINS,
        weight=64,
        facts=(Fact(text, f"{cache.kind}/{cache.full_name}", cache.location),),
        fix="Add a CiliumLocalRedirectPolicy for kube-dns that points to the node-local-dns pods, "
        "or remove the DaemonSet.",
        verify=("kubectl get ciliumlocalredirectpolicies -A",),
    )
    gap = Gap(
        what="CiliumLocalRedirectPolicies (the input holds none)",
        command="kubectl get ciliumlocalredirectpolicies -A -o yaml > redirects.yaml",
    )
    return Check(name=name, state="fault", result=cause.summary, facts=cause.facts,
                 causes=(cause,), gaps=(gap,))  # fmt: skip


def _asked_directly(scene: Scene) -> str:
    """Return who is seen to ask CoreDNS itself; empty where flows show nobody."""
    servers = {one.full_name for one in dns_workloads(scene.cluster)}
    if scene.survey is None:
        return ""
    for one in scene.survey.observation.connections:
        if one.port == 53 and str(one.destination).removeprefix("service:") in servers:
            return f"`{one.source}` was seen to ask `{one.destination}` itself."
    return ""


def check_dns_policies(scene: Scene) -> Check:
    """Ask the engine whether each concerned workload may send queries to the DNS servers."""
    name = "Policies on port 53"
    servers = _dns_targets(scene)
    if not servers:
        result = "The DNS servers are not in the input, so the way to them cannot be followed."
        return Check(name=name, state="unknown", result=result, gaps=(_MISSING,))
    own = {one.full_name for one in dns_workloads(scene.cluster)}
    askers = [
        one
        for one in scene.workloads
        if one.full_name not in own and not any(pod.host_network for pod in one.pods)
    ][:_MOST]
    if scene.symptom.sources:
        named = {str(one) for one in scene.symptom.sources}
        askers = [one for one in askers if one.full_name in named] or askers
    causes = [
        cause for one in askers for server in servers for cause in _blocked(scene, one, server)
    ]
    if causes:
        merged = _merge(causes)
        return Check(
            name=name,
            state="fault",
            result=" ".join(cause.summary for cause in merged[:2]),
            facts=tuple(fact for cause in merged for fact in cause.facts[:2]),
            causes=tuple(merged),
        )
    return Check(
        name=name,
        state="ok",
        result=f"{len(askers)} concerned workloads may ask {servers[0]} on 53/UDP and 53/TCP.",
    )


def _dns_targets(scene: Scene) -> list[Target]:
    services: list[Target] = [
        ServiceTarget(one) for one in dns_services(scene.cluster) if one.selector or one.endpoints
    ]
    return services[:1] or [WorkloadTarget(one) for one in dns_workloads(scene.cluster)[:1]]


def _blocked(scene: Scene, workload: Workload, server: Target) -> Iterator[Cause]:
    source = WorkloadTarget(workload)
    for protocol in ("UDP", "TCP"):
        port = PortQuery(number=53, protocol="UDP" if protocol == "UDP" else "TCP")
        try:
            found = scene.network.reach(source, server, port=port)
        except TopologyError:
            continue
        layer = stopped(found)
        if layer is None or layer.layer == "service":
            continue
        yield from causes_of(
            found,
            layer,
            code="dns-blocked",
            what=f"{_WHO.get(layer.layer, 'A network policy')} blocks DNS (port 53/{protocol}) for "
            f"`{workload.full_name}`",
            explains=_EXPLAINS,
            about=frozenset({workload.full_name}),
            weight=93 if protocol == "UDP" else 60,
            is_path=False,
            wanted=Wanted(
                source=workload.full_name, destination=str(server), port=f"53/{protocol}"
            ),
        )


def _merge(causes: list[Cause]) -> list[Cause]:
    """Return one cause for each policy picture: the same reason for many workloads is one."""
    by_fact: dict[tuple[str, ...], list[Cause]] = {}
    for cause in causes:
        places = tuple(f"{fact.source}{fact.location}" for fact in cause.facts)
        by_fact.setdefault(places, []).append(cause)
    merged = []
    for group in by_fact.values():
        first = max(group, key=lambda one: one.weight)
        about = frozenset(name for cause in group for name in cause.about)
        summary = first.summary
        others = sorted(about - first.about)
        if others:
            shown = ", ".join(f"`{one}`" for one in others[:4])
            more = f" and {len(others) - 4} more" if len(others) > 4 else ""
            summary = f"{summary} The same holds for {shown}{more}."
        merged.append(
            Cause(
                code=first.code,
                summary=summary,
                explains=first.explains,
                about=about,
                weight=first.weight,
                facts=first.facts,
                fix=first.fix,
                verify=first.verify,
                wanted=first.wanted,
            )
        )
    return merged
