"""The questions that the engine is asked: pairs of pods, ports, and policies to add."""

import random

import orjson

from evals.bench.objects import make_objects
from evals.bench.sizes import SIZES
from topology.load import load_text
from topology.model import Cluster, Document, Protocol
from topology.policy.reading import KINDS
from topology.targets import PodTarget

__all__ = ["Question", "draw_questions", "more_policies"]

Question = tuple[PodTarget, PodTarget, int, Protocol]

_PORTS: tuple[tuple[int, Protocol], ...] = (
    (53, "UDP"),
    (443, "TCP"),
    (5432, "TCP"),
    (6379, "TCP"),
    (8000, "TCP"),
    (8080, "TCP"),
    (9102, "TCP"),
    (31000, "TCP"),
)


def draw_questions(cluster: Cluster, count: int, *, seed: int = 11) -> list[Question]:
    """Return questions about pods drawn at random, none of which shares both workloads and port.

    Returns:
        Fewer than `count` where the cluster has no more.
    """
    draw = random.Random(seed)
    workloads = cluster.workloads
    found: dict[tuple[str, str, int], Question] = {}
    for _ in range(2 * count):
        if len(found) == count:
            break
        source, destination = draw.choice(workloads), draw.choice(workloads)
        port, protocol = draw.choice(_PORTS)
        ends = PodTarget(draw.choice(source.pods)), PodTarget(draw.choice(destination.pods))
        key = (source.full_name, destination.full_name, port)
        found.setdefault(key, (*ends, port, protocol))
    return list(found.values())


def more_policies(pods: int, count: int) -> tuple[Document, ...]:
    """Return policies that the generated cluster of this size does not hold, ready to be added."""
    drawn = make_objects(SIZES[pods], seed=8, full=False)["policies"]
    chosen = [one for one in drawn if one["kind"] in KINDS][:count]
    for one in chosen:
        one["metadata"]["name"] += "-more"
    listed = {"apiVersion": "v1", "kind": "List", "items": chosen}
    return load_text(orjson.dumps(listed).decode(), name="more.json").policies
