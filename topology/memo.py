"""Results that are computed once for each cluster and then looked up."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from topology.model import Cluster

__all__ = ["per_cluster"]

Result = TypeVar("Result")

CLUSTERS_KEPT = 4
"""A question seldom compares more than a cluster before and after a change."""


class _Same:
    """A cluster as a key: a cluster holds mappings, so it has no hash of its own."""

    __slots__ = ("cluster",)

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def __hash__(self) -> int:
        return id(self.cluster)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.cluster is self.cluster


def per_cluster(function: Callable[[Cluster], Result]) -> Callable[[Cluster], Result]:
    """Remember what a function returned for the last few clusters, told apart by identity."""

    # The key holds the cluster itself, so its identity cannot be given to another one meanwhile.
    @lru_cache(maxsize=CLUSTERS_KEPT)
    def remembered(key: _Same) -> Result:
        return function(key.cluster)

    @wraps(function)
    def lookup(cluster: Cluster) -> Result:
        return remembered(_Same(cluster))

    return lookup
