import pytest

from topology.errors import InvalidQuery
from topology.ipam import parse_mode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("overlay", "overlay"),
        ("Azure CNI Overlay", "overlay"),
        ("pod_subnet_static", "pod_subnet_static"),
        ("static block", "pod_subnet_static"),
        ("Pod Subnet", "pod_subnet_dynamic"),
        ("classic Azure CNI", "node_subnet"),
        ("azure cni", "node_subnet"),
        ("the overlay mode", "overlay"),
        ("KUBENET", "kubenet"),
    ],
)
def test_modes_go_by_their_usual_names(text: str, mode: str) -> None:
    assert parse_mode(text) == mode


def test_an_unknown_mode_names_the_nearest() -> None:
    with pytest.raises(InvalidQuery, match="`overlai`") as caught:
        parse_mode("overlai")
    assert "Did you mean `overlay`?" in caught.value.hint


def test_a_mode_like_no_other_lists_them_all() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_mode("xyzzy")
    assert "Did you mean" not in caught.value.hint
    assert "`node_subnet`" in caught.value.hint
