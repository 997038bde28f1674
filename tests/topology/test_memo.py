from topology.memo import per_cluster
from topology.model import Cluster


def test_a_cluster_is_worked_on_once_and_never_mistaken_for_its_equal() -> None:
    seen: list[Cluster] = []

    @per_cluster
    def remember(cluster: Cluster) -> int:
        seen.append(cluster)
        return len(seen)

    one, other = Cluster(sources=("a",)), Cluster(sources=("a",))
    assert [remember(one), remember(one), remember(other), remember(one)] == [1, 1, 2, 1]
