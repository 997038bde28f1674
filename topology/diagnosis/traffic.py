"""What flows show of the connections that are concerned: drops, resets, silence, errors, load."""

from collections.abc import Iterator
from typing import Final

from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, Wanted
from topology.diagnosis.scene import Scene
from topology.flows.drops import Drop, explain_drops
from topology.flows.survey import Survey
from topology.flows.times import time_text
from topology.flows.traffic import Edge, HttpEdge

__all__ = ["check_balance", "check_drops", "check_traffic"]

_DROPPED: Final[frozenset[Aspect]] = frozenset({"connect", "http", "loss"})
_NO_FLOWS: Final = Gap(
    what="Hubble's flows", command="hubble observe -o jsonpb --last 20000 > flows.jsonl"
)
_BAD_RATE: Final = 0.05
_FEW: Final = 3
_CODES: Final = {
    "rule-missing": "policy-blocks-{}",
    "rule-denies": "policy-blocks-{}",
    "requests-refused": "l7-rule-refuses",
    "differs": "snapshot-differs",
    "open": "drop-unexplained",
    "datapath": "datapath-drops",
}
_WEIGHTS: Final = {"rule-missing": 91, "rule-denies": 91, "requests-refused": 86, "differs": 46,
                   "open": 44, "datapath": 76}  # fmt: skip
_TOLD: Final = 99
_NORMAL: Final = frozenset({132, 139, 166})
"""Drops that happen on healthy clusters: link-local and non-IP noise."""


def check_drops(scene: Scene) -> Check:
    """Look at what was dropped between those concerned, and explain each drop by the policies."""
    name = "Drops in flows"
    survey = scene.survey
    if survey is None:
        return Check(name=name, state="unknown", result="No flows were given.", gaps=(_NO_FLOWS,))
    drops = [
        one
        for one in explain_drops(survey.observation, scene.network.policies)
        if one.reason not in _NORMAL
        and scene.is_asked(_plain(one.connection.source), _plain(one.connection.destination))
    ]
    causes = tuple(_of_drop(scene, one) for one in drops[:40])
    if not causes:
        return Check(name=name, state="ok", result=f"None of {_window(survey)} was dropped here.")
    return Check(
        name=name, state="fault",
        result=" ".join(cause.summary for cause in causes[:2]),
        facts=tuple(fact for cause in causes[:4] for fact in cause.facts[:2]), causes=causes,
    )  # fmt: skip


def _plain(target: object) -> str:
    return str(target).removeprefix("service:")


def _window(survey: Survey) -> str:
    seen = survey.observation
    span = f" from {time_text(seen.first)} to {time_text(seen.last)}" if seen.first else ""
    return f"{seen.flows:,} flows{span}"


def _source(scene: Scene) -> str:
    return scene.flow_files[0] if scene.flow_files else "flows"


def _of_drop(scene: Scene, drop: Drop) -> Cause:
    one = drop.connection
    is_dns = one.port == 53
    kind = "A network policy drops" if drop.cause in ("rule-missing", "rule-denies") else (
        "An L7 rule refuses" if drop.cause == "requests-refused" else "Dropped:")  # fmt: skip
    side = f" ({drop.direction})" if drop.direction else ""
    what = "DNS queries (port 53) of" if is_dns else "traffic of"
    summary = (
        f"{kind} {what} `{one.source}` to `{one.destination}` on {one.port}/{one.protocol}{side}, "
        f"{drop.flows:,} flows, {drop.name}: {drop.why}"
    )
    facts = [Fact(f"{one}: {drop.flows:,} flows dropped, {drop.name}{side}", _source(scene))]
    layer = drop.judgement.layer if drop.judgement else None
    if layer is not None:
        facts.append(Fact(layer.reason, layer.policy or "", layer.location))
        facts += [
            Fact(f"`{key}` has a part in the default deny", key, place)
            for key, place in layer.causes
        ]
    is_policy = drop.cause in ("rule-missing", "rule-denies")
    weight = _WEIGHTS[drop.cause] + (3 if is_dns else 0)
    if scene.symptom.flow is not None and drop.cause == "datapath":
        # A flow that was pasted tells itself why it was dropped, whatever policies would do.
        weight = _TOLD
    return Cause(
        code="dns-blocked" if is_dns and is_policy else (
            _CODES[drop.cause].format(drop.direction or "ingress")),
        summary=summary,
        explains=_DROPPED | {"dns"} if is_dns or drop.cause == "datapath" else _DROPPED,
        about=frozenset({_plain(one.source), _plain(one.destination)}),
        callers=frozenset() if is_dns else frozenset({_plain(one.source)}),
        callees=frozenset() if is_dns else frozenset({_plain(one.destination), *one.names}),
        weight=weight,
        facts=tuple(facts),
        fix=drop.fix,
        verify=(f"hubble observe --verdict DROPPED --from-pod {one.source} --last 20",),
        wanted=Wanted(source=_plain(one.source), destination=str(one.destination),
                      port=f"{one.port}/{one.protocol}") if is_policy else None,
    )  # fmt: skip


def check_traffic(scene: Scene) -> Check:
    """Look for resets, connections without answer, and HTTP errors between those concerned."""
    name = "Resets and errors in flows"
    if scene.survey is None:
        return Check(name=name, state="unknown", result="No flows were given.", gaps=(_NO_FLOWS,))
    report = scene.survey.traffic
    causes = [
        cause
        for edge in report.edges
        if scene.is_asked(_plain(edge.source), _plain(edge.destination))
        for cause in _of_edge(scene, edge)
    ]
    causes += [
        cause
        for edge in report.http
        if scene.is_asked(_plain(edge.source), _plain(edge.destination))
        for cause in _of_http(scene, edge)
    ]
    if not causes:
        result = f"No resets, no silence and few errors in {_window(scene.survey)}."
        return Check(name=name, state="ok", result=result)
    return Check(
        name=name, state="fault",
        result=" ".join(cause.summary for cause in causes[:2]),
        facts=tuple(fact for cause in causes[:4] for fact in cause.facts[:1]),
        causes=tuple(causes),
    )  # fmt: skip


def _of_edge(scene: Scene, edge: Edge) -> Iterator[Cause]:
    callers, callees = frozenset({_plain(edge.source)}), frozenset({_plain(edge.destination)})
    about = callers | callees
    ends = f"`{edge.source}` to `{edge.destination}`"
    share = edge.resets / max(edge.flows, 1)
    if edge.resets >= _FEW and share >= _BAD_RATE:
        text = f"{edge.resets:,} TCP resets among {edge.flows:,} flows of {ends}"
        yield Cause(
            code="resets", summary=f"{text}: nothing listens on the port, or a proxy or firewall "
            "ends connections.", explains=frozenset({"connect", "http", "loss"}), about=about,
            callers=callers,
            callees=callees,
            weight=52, facts=(Fact(text, _source(scene)),),
            fix="Look at what listens behind the port, and at idle time-outs on the way.",
            verify=("hubble observe --tcp-flags RST --last 20",),
        )  # fmt: skip
    if edge.unanswered:
        text = f"{edge.unanswered:,} connections of {ends} got no answer to their SYN"
        yield Cause(
            code="syn-unanswered", summary=f"{text} within 3 s.",
            explains=frozenset({"connect", "loss"}), about=about,
            callers=callers,
            callees=callees, weight=54,
            facts=(Fact(text, _source(scene)),),
            fix="Something on the way drops them in silence: a policy, an NSG or route, or SNAT "
            "ports that are used up.",
            verify=("hubble observe --tcp-flags SYN --last 20",),
        )  # fmt: skip


def _of_http(scene: Scene, edge: HttpEdge) -> Iterator[Cause]:
    callers, callees = frozenset({_plain(edge.source)}), frozenset({_plain(edge.destination)})
    about = callers | callees
    ends = f"`{edge.source}` to `{edge.destination}`"
    for first, last, what in ((500, 599, "server errors"), (403, 403, "refusals (403)"),
                              (401, 401, "requests without valid token (401)")):  # fmt: skip
        number = sum(count for code, count in edge.codes if first <= code <= last)
        if number < _FEW or number / max(edge.responses, 1) < _BAD_RATE:
            continue
        codes = ", ".join(
            f"{code}: {count:,}" for code, count in edge.codes if first <= code <= last
        )
        text = f"{number:,} of {edge.responses:,} responses of {ends} are {what} ({codes})"
        yield Cause(
            code=f"http-{first}", summary=f"{text}.", explains=frozenset({"http", "connect"}),
            about=about,
            callers=callers,
            callees=callees, weight=50, facts=(Fact(text, _source(scene)),),
            fix="Look at the log of the destination: it answered itself." if first >= 500 else
            "An AuthorizationPolicy, an L7 rule or the application refuses the caller.",
            verify=(f"hubble observe --http-status {first // 100}+ --last 20",),
        )  # fmt: skip


def check_balance(scene: Scene) -> Check:
    """Look whether the pods of the concerned workloads get even shares."""
    name = "Balance between pods"
    if scene.survey is None:
        return Check(name=name, state="unknown", result="No flows were given.", gaps=(_NO_FLOWS,))
    asked = [one for one in scene.survey.balances if scene.is_asked(one.workload)]
    uneven = [one for one in asked if one.is_uneven]
    causes = []
    for one in uneven:
        first = one.pods[0]
        number = first.requests if one.measure == "requests" else first.connections
        text = (
            f"`{first.pod}` gets {number / one.total:.0%} of the {one.total:,} {one.measure} of "
            f"`{one.workload}`, {one.largest:.1f} times its even share among {len(one.pods)} pods"
        )
        why = " ".join(one.causes) or "Nothing in the input says why."
        causes.append(
            Cause(
                code="imbalance",
                summary=f"{text} (chi-square p = {one.p:.2g}). {why}",
                explains=frozenset({"balance", "loss", "http"}),
                about=frozenset({one.workload}),
                weight=80 if one.causes else 60,
                facts=(Fact(text, _source(scene)), *(Fact(cause) for cause in one.causes)),
                fix="Take away what holds clients to one pod, as named; for HTTP/2 and gRPC, let a "
                "proxy (Istio) or the client spread requests.",
                verify=("netassist flows imbalance -w flows.jsonl",),
            )
        )
    if causes:
        return Check(name=name, state="fault", result=causes[0].summary,
                     facts=causes[0].facts, causes=tuple(causes))  # fmt: skip
    if not asked:
        result = "The flows show no workload of several pods that gets traffic here."
        return Check(name=name, state="unknown", result=result)
    return Check(name=name, state="ok", result=f"{len(asked)} workloads get even shares.")
