import pytest

from topology.policy.selectors import EVERYTHING, Requirement, Selector, exists, one_of

LABELS = {"app": ("k8s", "web"), "host": ("reserved", "")}


@pytest.mark.parametrize(
    ("requirement", "holds"),
    [
        (Requirement("any", "app", "In", frozenset({"web", "db"})), True),
        (Requirement("k8s", "app", "In", frozenset({"web"})), True),
        (Requirement("reserved", "app", "In", frozenset({"web"})), False),
        (Requirement("any", "app", "NotIn", frozenset({"web"})), False),
        (Requirement("any", "tier", "NotIn", frozenset({"web"})), True),
        (Requirement("any", "tier", "DoesNotExist"), True),
        (Requirement("k8s", "host", "Exists"), False),
        (Requirement("any", "host", "Exists"), True),
    ],
)
def test_a_requirement_holds_as_in_kubernetes(requirement: Requirement, holds: bool) -> None:
    assert requirement.holds(LABELS) is holds


def test_a_selector_demands_all_and_an_empty_one_nothing() -> None:
    both = Selector(frozenset({one_of("any", "app", "web"), exists("any", "tier")}))
    assert not both.matches(LABELS)
    assert EVERYTHING.matches({})


def test_a_selector_reads_like_what_was_written() -> None:
    selector = EVERYTHING.with_also(
        [one_of("any", "app", "web"), Requirement("k8s", "env", "NotIn", frozenset({"b", "a"}))]
    )
    assert str(selector) == "app=web, k8s:env NotIn (a, b)"
    assert str(EVERYTHING) == "everything"
