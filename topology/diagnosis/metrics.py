"""Prometheus' counters as a second source of what flows show."""

from collections.abc import Iterator
from typing import Final

from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap
from topology.diagnosis.scene import Scene
from topology.telemetry.findings import MetricFinding

__all__ = ["check_metrics"]

_EXPLAINS: Final[dict[str, frozenset[Aspect]]] = {
    "drops": frozenset({"connect", "loss", "http"}),
    "dns-errors": frozenset({"dns"}),
    "resets": frozenset({"connect", "loss"}),
    "http-errors": frozenset({"http", "connect"}),
    "imbalance": frozenset({"balance", "loss"}),
}
_WEIGHTS: Final = {"drops": 56, "dns-errors": 55, "resets": 45, "http-errors": 47, "imbalance": 58}
_FEW: Final = 3
_BAD_RATE: Final = 0.05
_MISSING: Final = Gap(
    what="metrics of Hubble or Retina",
    command="kubectl -n kube-system get --raw "
    "/api/v1/namespaces/kube-system/services/hubble-metrics:9965/proxy/metrics > metrics.prom",
)


def check_metrics(scene: Scene) -> Check:
    """Look at drops, DNS errors, resets, HTTP errors and load as counters have them."""
    name = "Metrics"
    report = scene.metrics
    if report is None:
        result = "No metrics were given."
        return Check(name=name, state="unknown", result=result, gaps=(_MISSING,))
    causes = tuple(_causes(scene))
    if not causes:
        result = f"Nothing stands out in {report.series:,} series."
        return Check(name=name, state="ok", result=result)
    return Check(
        name=name, state="fault",
        result=" ".join(cause.summary for cause in causes[:2]),
        facts=tuple(fact for cause in causes[:4] for fact in cause.facts), causes=causes,
    )  # fmt: skip


def _causes(scene: Scene) -> Iterator[Cause]:
    report = scene.metrics
    for one in report.findings if report is not None else ():
        if one.count < _FEW or (one.of and one.count / one.of < _BAD_RATE):
            continue
        about = frozenset({one.source, one.destination} - {""})
        if about and not scene.is_asked(*about):
            continue
        since = "since their start" if report is not None and report.is_since_start else "lately"
        text = f"{describe(one)} ({one.metric}, counted {since})."
        yield Cause(
            code=f"metric-{one.kind}", summary=text, explains=_EXPLAINS[one.kind], about=about,
            weight=_WEIGHTS[one.kind], facts=(Fact(text, one.metric, one.location),),
            fix="Metrics say how much, not why: collect the flows of the same time.",
            verify=("hubble observe --last 2000 -o jsonpb > flows.jsonl",),
        )  # fmt: skip


def describe(one: MetricFinding) -> str:
    """Return a finding in words."""
    ends = " to ".join(f"`{name}`" for name in (one.source, one.destination) if name)
    where = f" of {ends}" if ends else ""
    number = f"{one.count:,.0f}"
    share = f" of {one.of:,.0f}" if one.of else ""
    match one.kind:
        case "drops":
            return f"{number} packets{where} were dropped: {one.what}"
        case "dns-errors":
            return f"{number}{share} DNS answers{where} are {one.what}"
        case "resets":
            return f"{number} TCP resets{where}"
        case "http-errors":
            return f"{number}{share} HTTP responses{where} have the status {one.what}"
        case _:
            return f"`{one.what}` gets {number}{share} of what `{one.destination}` gets"
