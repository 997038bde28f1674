import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.names.spelling import core, fold, slips, split

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


@given(NAMES)
def test_case_and_separators_do_not_change_a_folded_name(name: str) -> None:
    assert fold(name.upper()) == fold(name.replace("-", "_")) == fold(name.replace("-", " "))


@given(NAMES, NAMES)
def test_a_slip_is_never_seen_between_equal_or_distant_names(one: str, other: str) -> None:
    distance = slips(one, other)
    assert distance is None or 0 < distance <= 2
    assert slips(one, one) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("checkoutservice", "checkout"),
        ("payment-service", "payment"),
        ("reviews-v2", "reviewv2"),
        ("service", "service"),
        ("web-server", "web"),
    ],
)
def test_the_core_of_a_name_leaves_out_what_says_nothing(name: str, expected: str) -> None:
    assert core(split(name)) == expected


def test_a_version_can_be_left_out_of_the_core() -> None:
    assert core(split("reviews-v2"), version=False) == "review"


@pytest.mark.parametrize(
    ("typed", "name", "expected"),
    [
        ("fronted", "frontend", 1),
        ("checkotu", "checkout", 1),
        ("recomendatoin", "recommendation", 2),
        ("frintend", "frontend", 1),
        ("mango", "mongo", None),
        ("worker1", "worker2", None),
        ("shopping", "shipping", None),
        ("crat", "cart", None),
        ("previews", "reviews", None),
        ("paymentdb", "payment", None),
    ],
)
def test_only_a_slip_of_the_finger_counts(typed: str, name: str, expected: int | None) -> None:
    assert slips(typed, name) == expected
