"""The engine against the verdicts of Cilium's own engine, profiles 1.19 and 1.18.

Each query is compared on the L3/L4 verdict, on the verdict and enforcement of each direction, and,
where a request was asked about, on the verdict with L7.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, cast

from evals.suites.result import UNREADABLE, SuiteResult, Tally
from evals.suites.snapshots import build_snapshot
from topology.model import Protocol
from topology.policy import PROFILES, HttpRequest, PolicyDecision, PolicyEngine, Profile, combine
from topology.policy.ends import PeerTarget
from topology.targets import AddressTarget, EntityTarget, PodTarget

__all__ = ["run"]

_DEFAULT = Path("../shared/cases/cilium/verdicts.jsonl")
_ENTITIES = {"kube-apiserver": "reserved:kube-apiserver-node", "world": "reserved:world"}
_CONTROL_PLANE = "203.0.113.7"
"""Of `kube-apiserver-external`: the cases do not name its address; no CIDR but /0 means it."""
_PROTOCOLS = {"ICMPV6": "ICMPv6", "ICMPv6": "ICMPv6"}

Check = tuple[str, Any, Any]


def run(cases: Path | None = None) -> SuiteResult:
    """Run the suite.

    Args:
        cases: A file in the form of `verdicts.jsonl`; default: the shared cases.

    Raises:
        FileNotFoundError: There is no such file.
    """
    started = perf_counter()
    tally = Tally("cilium")
    for line in (cases or _DEFAULT).read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        case = json.loads(line)
        tally.cases += 1
        for profile in ("1.19", "1.18"):
            _compare(tally, case, profile)
    return tally.result(perf_counter() - started)


def _compare(tally: Tally, case: Mapping[str, Any], profile: str) -> None:
    name = f"{case.get('id')} [{profile}]"
    try:
        queries = case["input"]["queries"]
        results = _results(case, profile)
        engine = _engine(case["input"], profile)
    except UNREADABLE as error:
        tally.pass_over(name, error)
        return
    for position, query in enumerate(queries):
        try:
            expected = results[position]
            checks = list(_checks(_ask(engine, query), expected))
        except UNREADABLE as error:
            tally.pass_over(f"{name} {query}", error)
            continue
        for field, wanted, got in checks:
            tally.check(name, f"{query.get('id')} {_describe(query)} {field}", wanted, got)


def _results(case: Mapping[str, Any], profile: str) -> list[Mapping[str, Any]]:
    results = list(case["expected"]["results"])
    if profile == "1.18":
        for change in case.get("differs_1_18_10") or ():
            results[change["i"]] = change["v1_18_10"]
    return results


def _engine(given: Mapping[str, Any], name: str) -> PolicyEngine:
    endpoints = given.get("endpoints") or []
    cluster = build_snapshot(
        namespaces=given.get("namespaces") or {},
        pods=endpoints,
        policies=given.get("policies") or [],
        cidr_groups=given.get("cidrGroups"),
        api_server=_CONTROL_PLANE,
    )
    foreign = {f"{e['namespace']}/{e['name']}": e["cluster"] for e in endpoints if e.get("cluster")}
    profile = _profile(PROFILES[name], given.get("config") or {})
    return PolicyEngine.build(cluster, profile=profile, clusters=foreign)


def _profile(profile: Profile, config: Mapping[str, Any]) -> Profile:
    local = config.get("policyDefaultLocalCluster")
    return replace(
        profile,
        cluster_name=config.get("clusterName") or profile.cluster_name,
        ipv6=bool(config.get("ipv6")),
        host_firewall=bool(config.get("enableHostFirewall")),
        allow_localhost=config.get("allowLocalhost") or profile.allow_localhost,
        enforcement=config.get("policyEnforcement") or profile.enforcement,
        local_cluster_only=profile.local_cluster_only if local is None else bool(local),
        l7_proxy=not config.get("disableL7Proxy"),
    )


def _ask(engine: PolicyEngine, query: Mapping[str, Any]) -> PolicyDecision:
    http, dns = query.get("http"), query.get("dns")
    protocol = str(query.get("proto") or "TCP").upper()
    return engine.decide(
        _target(engine, query["src"]),
        _target(engine, query["dst"]),
        port=int(query.get("port") or 0),
        protocol=cast("Protocol", _PROTOCOLS.get(protocol, protocol)),
        http=_request(http) if http is not None else None,
        dns=dns.get("name") if isinstance(dns, Mapping) else dns,
        sni=query.get("sni"),
    )


def _request(http: Mapping[str, Any]) -> HttpRequest:
    given = http.get("headers") or {}
    pairs = given.items() if isinstance(given, Mapping) else [tuple(pair) for pair in given]
    headers = [
        (str(name), str(value))
        for name, values in pairs
        for value in (values if isinstance(values, list) else [values])
    ]
    return HttpRequest(
        method=http.get("method") or "GET",
        path=http.get("path") or "/",
        host=http.get("host") or "",
        headers=tuple(sorted(headers)),
    )


def _target(engine: PolicyEngine, end: Mapping[str, Any]) -> PeerTarget:
    if "endpoint" in end:
        found = [pod for pod in engine.cluster.pods if pod.full_name == end["endpoint"]]
        return PodTarget(found[0])
    if "entity" in end:
        name = str(end["entity"]).removeprefix("reserved:")
        return EntityTarget(_ENTITIES.get(name, name))
    names = frozenset({end["fqdn"].lower().removesuffix(".")}) if end.get("fqdn") else frozenset()
    return AddressTarget(ip_address(end["ip"]), names)


def _checks(decision: PolicyDecision, expected: Mapping[str, Any]) -> Iterator[Check]:
    """Yield field, expected and got; `error` is what Cilium gives where it cannot compute."""
    for way in cast("tuple[Literal['egress', 'ingress'], ...]", ("egress", "ingress")):
        layer, wanted = getattr(decision, way), expected[way]
        failed = decision.error and layer.verdict == "unknown"
        yield f"{way}.verdict", wanted["verdict"], "error" if failed else layer.verdict
        if not failed:
            yield f"{way}.enforced", wanted["enforced"], layer.enforced
    verdict = combine((decision.egress, decision.ingress))
    yield "verdict", expected["verdict"], "error" if decision.error else verdict
    if "l7Verdict" in expected:
        yield "l7Verdict", expected["l7Verdict"], "error" if decision.error else decision.verdict


def _describe(query: Mapping[str, Any]) -> str:
    ends = [
        end.get("endpoint") or end.get("entity") or end.get("fqdn") or end["ip"]
        for end in (query["src"], query["dst"])
    ]
    return f"{ends[0]} -> {ends[1]} {query.get('port', 0)}/{query.get('proto', 'TCP')}"
