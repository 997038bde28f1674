"""How long whole questions take, through Services and every layer, as the tools ask them."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from evals.bench.measures import Measure, spread_of
from topology.load import load
from topology.overview import Overview
from topology.paths import Network
from topology.targets import ServiceTarget, WorkloadTarget

__all__ = ["measure_questions"]

_SOURCES = 50


def measure_questions(folder: Path) -> Iterator[Measure]:
    """Measure questions about the Service with the most backends, and its one workload."""
    cluster = load([folder])
    networks: list[Network] = []
    built = spread_of([lambda: networks.append(Network.build(cluster))])
    yield Measure(name="network", value=built.p50, unit="s", note="all engines, first build")
    network = networks[0]
    largest = max(cluster.workloads, key=lambda workload: len(workload.pods))
    service = next(
        one
        for one in cluster.services
        if (one.namespace, one.name) == (largest.namespace, largest.name)
    )
    step = max(1, len(cluster.workloads) // _SOURCES)
    sources = [WorkloadTarget(one) for one in cluster.workloads[::step]]
    taken = spread_of(partial(network.reach, one, ServiceTarget(service)) for one in sources)
    note = f"a workload to the Service with {len(largest.pods)} backends, every port"
    yield Measure(name="reach_service_p50", value=taken.p50 * 1e3, unit="ms", note=note)
    yield Measure(name="reach_service_p99", value=taken.p99 * 1e3, unit="ms", note=note)
    everyone = spread_of([partial(network.who_can_reach, ServiceTarget(service))])
    note = "everyone who can reach that Service"
    yield Measure(name="who_can_reach", value=everyone.p50, unit="s", note=note)
    pairs: list[int] = []
    whole = spread_of([lambda: pairs.append(len(Overview(network).pairs))])
    note = f"{pairs[0]:,} pairs of workloads and the world through every layer, as cells with ports"
    yield Measure(name="workload_map", value=whole.p50, unit="s", note=note)
