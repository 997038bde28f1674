"""What metrics of Hubble, Cilium and Retina show: drops, DNS errors, resets, HTTP errors, balance.

Source: Cilium "Monitoring & Metrics" (hubble_*, cilium_drop_*), Retina "Metrics"
(networkobservability_*). Which labels name pods depends on the exporter's context options; AKS
writes `source` or `destination` as `namespace/pod`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from topology.flows.ends import Ends
from topology.flows.flow import Endpoint
from topology.flows.statistics import chi_square_p
from topology.model import Cluster, Location
from topology.targets import WorkloadTarget
from topology.telemetry.prometheus import MetricReading, Series

__all__ = ["MetricFinding", "MetricReport", "metric_report"]

_DROPS: Final = ("hubble_drop_total", "cilium_drop_count_total", "networkobservability_drop_count",
                 "networkobservability_drop_count_total",
                 "networkobservability_adv_drop_count")  # fmt: skip
_DNS: Final = ("hubble_dns_responses_total", "networkobservability_dns_response_count",
               "networkobservability_adv_dns_response_count")  # fmt: skip
_FLAGS: Final = ("hubble_tcp_flags_total", "networkobservability_tcp_flag_counters",
                 "networkobservability_tcp_flag_gauges",
                 "networkobservability_adv_tcpflags_count")  # fmt: skip
_HTTP: Final = ("hubble_http_requests_total", "hubble_http_responses_total")
_LOAD: Final = ("hubble_http_requests_total", "hubble_flows_processed_total",
                "hubble_tcp_flags_total")  # fmt: skip
"""What tells how much each pod gets, the best first; of TCP flags, SYNs."""
_CODES: Final = ("rcode", "return_code")
_FINE: Final = ("noerror", "0")
_ENDS: Final = {
    "source": (("source",), ("source_namespace", "source_pod"), ("source_namespace",
               "source_workload"), ("source_workload",), ("podname",)),
    "destination": (("destination",), ("destination_namespace", "destination_pod"),
                    ("destination_namespace", "destination_workload"), ("destination_workload",)),
}  # fmt: skip
_SIGNIFICANT: Final = 0.01
_LARGE: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFinding:
    """One thing that counters show, of one workload or pair of them."""

    kind: str
    """`drops`, `dns-errors`, `resets`, `http-errors` or `imbalance`."""
    what: str
    """Reason, response code, status, or the busiest pod."""
    source: str = ""
    """`namespace/workload`; empty where the metrics do not say."""
    destination: str = ""
    count: float = 0.0
    of: float = 0.0
    """All that was counted of that kind between the same ends; 0 where that is not known."""
    metric: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReport:
    """What the metrics of some files show, the most of each kind first."""

    findings: tuple[MetricFinding, ...] = ()
    series: int = 0
    is_since_start: bool = True
    malformed: int = 0
    others: int = 0
    kinds: frozenset[str] = field(default_factory=frozenset)
    """Kinds of finding that the metrics could show at all."""


_Sum = dict[tuple[str, str, str], float]


def metric_report(reading: MetricReading, cluster: Cluster) -> MetricReport:
    """Return what metrics show.

    Args:
        reading: The series.
        cluster: Whose pods belong to which workload; may be empty.
    """
    ends = _PodOwners(cluster)
    found: list[MetricFinding] = []
    kinds: set[str] = set()
    for kind, names, label in (
        ("drops", _DROPS, ("reason",)),
        ("dns-errors", _DNS, _CODES),
        ("resets", _FLAGS, ("flag",)),
        ("http-errors", _HTTP, ("status",)),
    ):
        series = _first(reading.series, names)
        if series:
            kinds.add(kind)
            found += _sums(kind, series, label, ends)
    loads = _loads(reading.series, ends)
    if loads:
        kinds.add("imbalance")
        found += _uneven(loads, ends)
    return MetricReport(
        findings=tuple(sorted(found, key=lambda one: (one.kind, -one.count, one.source, one.what))),
        series=len(reading.series),
        is_since_start=reading.is_since_start,
        malformed=reading.malformed,
        others=reading.others,
        kinds=frozenset(kinds),
    )


class _PodOwners:
    """Finds the workload of `namespace/pod`, also of a pod that no export holds."""

    def __init__(self, cluster: Cluster) -> None:
        self._ends = Ends(cluster)
        self._names = {one.full_name for one in cluster.workloads}
        self.cluster = cluster

    def of(self, name: str) -> str:
        """Return `namespace/workload`; what is no pod as it is."""
        space, slash, pod = name.partition("/")
        if not slash or name in self._names:
            return name
        end = self._ends.of(Endpoint(space, pod), "")
        return str(end.target) if isinstance(end.target, WorkloadTarget) else name


def _end(labels: Mapping[str, str], side: str) -> str:
    """Return what the labels call an end; empty where they do not."""
    for keys in _ENDS[side]:
        values = [labels.get(key, "") for key in keys]
        if all(values):
            return "/".join(values)
    return ""


def _first(series: Iterable[Series], names: Iterable[str]) -> list[Series]:
    """Return the series of every metric of a kind: exporters seldom have two of them."""
    wanted = set(names)
    found = [one for one in series if one.name in wanted]
    if any(one.name == "hubble_drop_total" for one in found):
        # What Hubble counts for pods, Cilium counts again for the node.
        return [one for one in found if one.name.startswith("hubble_")]
    return found


def _sums(
    kind: str, series: Iterable[Series], labels: tuple[str, ...], ends: _PodOwners
) -> list[MetricFinding]:
    sums: _Sum = {}
    totals: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str, str], Series] = {}
    for one in series:
        what = next((one.labels[key] for key in labels if key in one.labels), "")
        pair = (ends.of(_end(one.labels, "source")), ends.of(_end(one.labels, "destination")))
        totals[pair] += one.increase  # type: ignore[assignment]
        if one.increase > 0 and _is_bad(kind, what):
            key = (*pair, what)
            sums[key] = sums.get(key, 0.0) + one.increase
            places[key] = one
    return [
        MetricFinding(
            kind=kind, what=key[2] or "unnamed", source=key[0], destination=key[1], count=number,
            of=0.0 if kind == "drops" else totals[key[0], key[1]],
            metric=places[key].name, location=places[key].location,
        )
        for key, number in sums.items()
    ]  # fmt: skip


def _is_bad(kind: str, what: str) -> bool:
    match kind:
        case "dns-errors":
            return re.sub(r"\W", "", what).lower() not in (*_FINE, "")
        case "resets":
            return what.upper() == "RST"
        case "http-errors":
            return what[:1] == "5" or what in ("401", "403")
        case _:
            return True


def _loads(series: Iterable[Series], ends: _PodOwners) -> dict[str, tuple[Series, Counter[str]]]:
    """Return what each pod of a workload got, by the first metric that names pods."""
    for name in _LOAD:
        found: dict[str, tuple[Series, Counter[str]]] = {}
        for one in series:
            pod = _end(one.labels, "destination")
            if one.name != name or "/" not in pod:
                continue
            if name == "hubble_tcp_flags_total" and one.labels.get("flag") != "SYN":
                continue
            owner = ends.of(pod)
            if owner != pod:
                found.setdefault(owner, (one, Counter()))[1][pod] += one.increase  # type: ignore[assignment]
        if found:
            return found
    return {}


def _uneven(
    loads: Mapping[str, tuple[Series, Counter[str]]], ends: _PodOwners
) -> list[MetricFinding]:
    replicas = {
        one.full_name: [pod.full_name for pod in one.pods if not pod.planned and pod.running]
        for one in ends.cluster.workloads
    }
    found = []
    for owner, (series, counts) in loads.items():
        pods = sorted({*counts, *replicas.get(owner, ())})
        numbers = [round(counts[pod]) for pod in pods]
        total = sum(numbers)
        p = chi_square_p(numbers) if len(pods) > 1 and total else None
        if p is None or p >= _SIGNIFICANT or max(numbers) * len(pods) / total < _LARGE:
            continue
        busiest = max(pods, key=lambda pod: counts[pod])
        found.append(
            MetricFinding(
                kind="imbalance",
                what=busiest,
                destination=owner,
                count=counts[busiest],
                of=float(total),
                metric=series.name,
                location=series.location,
            )
        )
    return found
