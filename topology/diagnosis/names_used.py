"""Names of Services that workloads use and that nothing here has."""

import re
from collections.abc import Iterator
from typing import Final

from topology.calls import calls
from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap
from topology.diagnosis.scene import Scene
from topology.model import Cluster, Location

__all__ = ["check_names_used", "is_inside_name"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"dns", "connect", "http"})
_ZONE: Final = re.compile(r"\.svc(?:\.[\w.-]+)?$|\.cluster\.local$")
_HOST: Final = re.compile(
    r"^(?:\w+://)?([a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*){0,1})(?::\d+)(?:/.*)?$"
)
_SAYS_HOST: Final = re.compile(
    r"(?:^|_)(?:ADDR(?:ESS)?|BROKERS?|ENDPOINT|HOST|SERVER|SERVICE|UPSTREAM|URI|URL)S?$", re.I
)
_NO_FLOWS: Final = Gap(
    what="which names are asked for (flows with DNS visibility)",
    command="hubble observe -o jsonpb --type l7 --protocol dns --last 20000 > dns.jsonl",
)
_LOST: Final = ("NXDOMAIN", "EMPTY")


def check_names_used(scene: Scene) -> Check:
    """Hold the names that are asked for, or configured, against the Services that there are."""
    name = "Names asked for"
    if not scene.cluster.services:
        return Check(name=name, state="unknown", result="No Service was given.")
    causes = list({cause.summary: cause for cause in _causes(scene)}.values())
    gaps = () if scene.survey is not None else (_NO_FLOWS,)
    if causes:
        return Check(
            name=name, state="fault",
            result=" ".join(cause.summary for cause in causes[:2]),
            facts=tuple(fact for cause in causes[:4] for fact in cause.facts),
            causes=tuple(causes),
        )  # fmt: skip
    outcomes = scene.survey.dns.outcomes if scene.survey is not None else {}
    seen = f" {sum(outcomes.values())} answers of DNS were looked at." if outcomes else ""
    result = f"Every Service that is named by workloads exists.{seen}"
    return Check(name=name, state="ok", result=result, gaps=gaps)


def _causes(scene: Scene) -> Iterator[Cause]:
    yield from _by_symptom(scene)
    yield from _by_environment(scene)
    yield from _by_answers(scene)
    yield from _by_search_path(scene)


def _by_symptom(scene: Scene) -> Iterator[Cause]:
    for host in scene.symptom.names:
        if not _ZONE.sub("", f".{host}").strip("."):
            continue  # The zone itself is no name of anything.
        short = host.count(".") <= 1 and is_inside_name(scene.cluster, host)
        if (_ZONE.search(host) or short) and not _exists(scene.cluster, host):
            yield _missing(scene, host, "", Fact(f"`{host}` stands in the symptom"), 93)


def is_inside_name(cluster: Cluster, host: str) -> bool:
    """Say whether a short name is one of the cluster: without dots, or ending in a namespace."""
    return "." not in host or host.rpartition(".")[2] in cluster.namespaces


def _by_environment(scene: Scene) -> Iterator[Cause]:
    known = {
        (call.caller.full_name, call.variable)
        for call in calls(scene.cluster)
        if call.service or (call.outside and not is_inside_name(scene.cluster, call.host))
    }
    for call in calls(scene.cluster):
        if call.service is None and not call.outside and scene.is_asked(call.caller.full_name):
            yield _configured(scene, call.caller.full_name, call.variable, call.host, call.location)
    for workload in scene.workloads:
        for variable, value in workload.environment.items():
            found = _HOST.match(value)
            if not found or not _SAYS_HOST.search(variable) or (
                workload.full_name, variable) in known:  # fmt: skip
                continue
            host = found[1]
            # A single word may be anything, unless it is nearly the name of a Service.
            near = _near(scene, host, workload.namespace)
            if near and not _exists(scene.cluster, host, workload.namespace):
                yield _configured(scene, workload.full_name, variable, host, workload.location)


def _configured(
    scene: Scene, workload: str, variable: str, host: str, place: Location | None
) -> Cause:
    fact = Fact(f"`{variable}` of `{workload}` names `{host}`", workload, place)
    return _missing(scene, host, workload, fact, 87, variable)


def _by_answers(scene: Scene) -> Iterator[Cause]:
    """Yield the names that DNS itself said do not exist; those of the search path are left out."""
    if scene.survey is None:
        return
    source = scene.flow_files[0] if scene.flow_files else "flows"
    for client in scene.survey.dns.clients:
        if not scene.is_asked(client.client):
            continue
        for lost in client.failures:
            if lost.outcome not in _LOST or _exists(scene.cluster, lost.name):
                continue
            fact = Fact(f"{lost.count} answers {lost.outcome} for `{lost.name}`", source)
            inside = _ZONE.search(lost.name) or "." not in lost.name
            if inside or is_inside_name(scene.cluster, lost.name):
                yield _missing(scene, lost.name, client.client, fact, 89)
            elif lost.outcome == "NXDOMAIN":
                yield _no_such_host(client.client, lost.name, fact)


def _by_search_path(scene: Scene) -> Iterator[Cause]:
    """Yield who asks mostly for names that only its search path makes."""
    if scene.survey is None:
        return
    source = scene.flow_files[0] if scene.flow_files else "flows"
    for client in scene.survey.dns.clients:
        if not client.is_storm or not scene.is_asked(client.client):
            continue
        names = ", ".join(f"`{name}` ({count})" for name, count in client.wasted[:3])
        text = (
            f"{client.expansions:,} of the {client.queries or client.responses:,} DNS queries of "
            f"`{client.client}` ask for names that only the search path makes, and get NXDOMAIN"
        )
        yield Cause(
            code="search-path-storm",
            summary=f"{text}{f'; most for {names}' if names else ''}.",
            explains=frozenset({"dns", "loss"}),
            about=frozenset({client.client}),
            weight=48,
            facts=(Fact(text, source),),
            fix="Write such names with a dot at the end, or set `ndots: 2` in the pods' "
            "`dnsConfig`.",
            verify=("netassist flows dns -w flows.jsonl",),
        )


def _missing(
    scene: Scene, host: str, client: str, fact: Fact, weight: int, variable: str = ""
) -> Cause:
    near = _near(scene, host, client.partition("/")[0])
    who = f"`{client}`" if client else "The application"
    where = f" (`{variable}`)" if variable else ""
    meant = f"; nearest is `{near}`" if near else ""
    return Cause(
        code="wrong-service-name",
        summary=f"{who} uses a wrong Service name{where}: no Service is called `{host}`{meant}.",
        explains=_EXPLAINS,
        about=frozenset({client} if client else ()),
        callees=frozenset({host, *scene.full_names(near)} if client else ()),
        weight=weight,
        facts=(fact,),
        fix=f"Use `{near}` instead, if that is what is meant." if near
        else "Correct the name, or create the Service.",
        verify=(f"kubectl run -it --rm dns --image=busybox --restart=Never -- nslookup "
                f"{near or host}",),
    )  # fmt: skip


def _no_such_host(client: str, host: str, fact: Fact) -> Cause:
    return Cause(
        code="no-such-host",
        summary=f"`{client}` asks for `{host}`, which does not exist (NXDOMAIN).",
        explains=frozenset({"dns", "connect"}),
        about=frozenset({client}),
        callees=frozenset({host}),
        weight=70,
        facts=(fact,),
        fix="Correct the name, or create its record; link a private zone to the VNet.",
        verify=(f"nslookup {host}",),
    )


def _exists(cluster: Cluster, host: str, namespace: str = "") -> bool:
    """Say whether a name is that of a Service, of a pod of a headless one, or of a namespace."""
    parts = _ZONE.sub("", host.rstrip(".")).split(".")
    services = {(one.name, one.namespace) for one in cluster.services}
    if len(parts) == 1:
        return any(name == parts[0] and namespace in ("", space) for name, space in services)
    return any((parts[at], parts[at + 1]) in services for at in range(len(parts) - 1))


def _near(scene: Scene, host: str, namespace: str) -> str:
    """Return the Service whose name comes closest, as it would be asked for."""
    from rapidfuzz import fuzz, process

    first, _, rest = _ZONE.sub("", host.rstrip(".")).partition(".")
    space = rest if rest in scene.cluster.namespaces else namespace
    choices = {
        one.full_name: f"{one.name}.{one.namespace}"
        for one in scene.cluster.services
        if one.namespace == space or not space
    }
    found = process.extract(f"{first}.{space}" if space else first, choices, scorer=fuzz.ratio,
                            score_cutoff=72, limit=1)  # fmt: skip
    if not found and rest:
        every = {one.full_name: f"{one.name}.{one.namespace}" for one in scene.cluster.services}
        found = process.extract(
            f"{first}.{rest}", every, scorer=fuzz.ratio, score_cutoff=72, limit=1
        )
    if not found:
        return ""
    name, _, inside = str(found[0][0]).partition(".")
    return f"{name}.{inside}.svc.cluster.local" if _ZONE.search(host) else f"{name}.{inside}"
