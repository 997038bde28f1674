import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.policy.ports import PROTOCOLS, PortSet

SMALL = st.integers(0, 12)
SPANS = st.lists(st.tuples(SMALL, SMALL).map(lambda pair: (min(pair), max(pair))), max_size=4)
SETS = st.dictionaries(st.sampled_from(("TCP", "UDP", "ICMP")), SPANS, max_size=3).map(PortSet)


def members(ports: PortSet) -> set[tuple[str, int]]:
    return {(p, n) for p in PROTOCOLS for n in range(40) if ports.contains(p, n)}


@given(SETS, SETS)
def test_the_operators_are_those_of_sets(left: PortSet, right: PortSet) -> None:
    assert members(left | right) == members(left) | members(right)
    assert members(left & right) == members(left) & members(right)
    assert members(left - right) == members(left) - members(right)
    assert (left <= right) == (members(left) <= members(right))
    assert left.overlaps(right) == bool(members(left) & members(right))
    assert PortSet.union([left, right, left]) == left | right


@given(SETS, SETS)
def test_equal_sets_are_equal_however_they_were_built(left: PortSet, right: PortSet) -> None:
    assert (left | right) - right == left - right
    assert hash(~~left) == hash(left)
    assert ~~left == left
    assert ~(left | right) == ~left & ~right


@given(SETS)
def test_a_set_and_its_complement_make_everything(ports: PortSet) -> None:
    assert ports | ~ports == PortSet.ALL
    assert not ports & ~ports


def test_neighbouring_spans_become_one() -> None:
    assert PortSet({"TCP": [(5, 9), (1, 4)]}).spans("TCP") == ((1, 9),)


@pytest.mark.parametrize("span", [(5, 4), (-1, 3), (1, 65536)])
def test_an_impossible_span_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no span of TCP ports"):
        PortSet({"TCP": [span]})


def test_the_text_is_what_a_person_would_write() -> None:
    ports = PortSet({"TCP": [(80, 80)], "UDP": [(1000, 2000)], "ICMP": [(8, 8)]})
    assert str(ports) == "80/TCP, 1000-2000/UDP, type 8/ICMP"
    assert str(PortSet.EMPTY) == "no port"
    assert str(PortSet.ALL) == "every port"
    assert str(PortSet.every("UDP")) == "every UDP port"
    assert str(ports.only("TCP")) == "80/TCP"
