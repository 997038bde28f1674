from decimal import Decimal

import pytest

from topology.errors import InvalidQuery
from topology.ipam import NodePool, Surge, parse_pool, parse_surge


@pytest.mark.parametrize(
    ("text", "surge"),
    [
        ("2", Surge(Decimal(2))),
        ("33%", Surge(Decimal(33), True)),
        (" 10 % ", Surge(Decimal(10), True)),
    ],
)
def test_a_surge_is_a_number_or_a_percentage(text: str, surge: Surge) -> None:
    assert parse_surge(text) == surge


@pytest.mark.parametrize("text", ["", "-1", "many", "101%", "1.5", "%"])
def test_other_surges_are_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match=r"surge|pool"):
        parse_surge(text)


def test_a_percentage_is_rounded_up_and_never_exceeds_the_pool() -> None:
    assert [Surge(Decimal(33), True).of(nodes) for nodes in (0, 1, 10, 12)] == [0, 1, 4, 4]
    assert Surge(Decimal(100), True).of(7) == 7


def test_a_pool_is_written_in_one_word() -> None:
    assert parse_pool("20:50:33%") == NodePool(
        nodes=20, max_pods=50, surge=Surge(Decimal(33), True)
    )
    assert parse_pool("20") == NodePool(nodes=20)
    assert parse_pool("20::2").total == 22


@pytest.mark.parametrize("text", ["", ":30", "a:30", "3:30:1:9", "3:-4"])
def test_other_pools_are_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="pool"):
        parse_pool(text)
