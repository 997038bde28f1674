from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from topology.policy.istio.truth import Truth, all_of, any_of, negate

truths = st.lists(st.sampled_from(Truth), max_size=5)


def test_a_missing_fact_outweighs_a_free_choice() -> None:
    assert all_of([Truth.OPEN, Truth.UNKNOWN]) is Truth.UNKNOWN
    assert any_of([Truth.OPEN, Truth.UNKNOWN]) is Truth.UNKNOWN


def test_a_plain_answer_outweighs_both() -> None:
    assert all_of([Truth.UNKNOWN, Truth.NO]) is Truth.NO
    assert any_of([Truth.OPEN, Truth.YES]) is Truth.YES


@given(truths)
def test_and_is_or_of_opposites(parts: list[Truth]) -> None:
    assert all_of(parts) is negate(any_of(negate(part) for part in parts))


@given(st.lists(st.sampled_from(Truth), max_size=4))
def test_order_changes_nothing(parts: list[Truth]) -> None:
    assert len({all_of(order) for order in permutations(parts)}) == 1
    assert len({any_of(order) for order in permutations(parts)}) == 1
