"""What a person wants done with policies: mended, reviewed, tried out."""

from collections.abc import Callable
from typing import Any

import pytest

from assistant.models.rules.plan import Plan
from assistant.models.rules.tasks import refers_back, split_mend

Reader = Callable[..., tuple[Plan, ...]]


def calls(plans: tuple[Plan, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("web can't reach db, fix it", "web can't reach db"),
        ("please fix it", ""),
        ("db times out from web. Can you repair that?", "db times out from web"),
        ("fix the connection from web to db", "the connection from web to db"),
        ("is it fixed?", None),
        ("can the fixer reach db?", None),
    ],
)
def test_what_shall_be_mended_is_what_is_left(text: str, rest: str | None) -> None:
    assert split_mend(text) == rest


def test_a_way_to_open_is_asked_of_what_was_asked_before_only_without_names() -> None:
    assert refers_back("and how do I allow that?")
    assert refers_back("what is the smallest change?")
    assert not refers_back("how do I allow web to reach db?")


@pytest.mark.parametrize(
    "messages",
    [
        ("prod/web can't reach prod/postgres, fix it",),
        ("can prod/web reach prod/postgres?", "fix it"),
        ("can prod/web reach prod/postgres?", "and how do I allow that?"),
        ("unblock access from prod/web to prod/postgres",),
        ("what do I have to change so that prod/web can reach prod/postgres?",),
    ],
)
def test_a_blocked_connection_is_mended(bazaar: Reader, messages: tuple[str, ...]) -> None:
    ends = {"source": "prod/web", "destination": "prod/postgres"}
    assert calls(bazaar(*messages)) == [("fix_connection", ends)]


@pytest.mark.parametrize(
    ("question", "call"),
    [
        ("review my policies", ("review_policies", {})),
        ("audit the prod namespace", ("review_policies", {"namespace": "prod"})),
        ("is anything wrong with our network policies?", ("review_policies", {})),
        ("are my policies valid?", ("validate_policy", {})),
        ("any redundant rules in staging?", ("find_dead_rules", {"namespace": "staging"})),
        ("which policies have no effect?", ("find_dead_rules", {})),
        ("show the connectivity matrix by namespace", ("show_matrix", {"by": "namespace"})),
        ("zero trust for namespace prod, please", ("draft_least_privilege", {"namespace": "prod"})),
    ],
)
def test_a_task_is_done_by_its_tool(
    bazaar: Reader, question: str, call: tuple[str, dict[str, Any]]
) -> None:
    assert calls(bazaar(question)) == [call]


def test_a_removal_is_tried_out_under_the_whole_name_of_the_policy(bazaar: Reader) -> None:
    (call,) = calls(bazaar("What would break if I delete default-deny-ingress in prod?"))
    assert call == (
        "simulate_policies",
        {"remove": ["NetworkPolicy/prod/default-deny-ingress"]},
    )


@pytest.mark.parametrize("question", ["Can prod/web reach prod/api?", "Who can reach prod/api?"])
def test_a_question_about_connections_is_no_task(bazaar: Reader, question: str) -> None:
    assert all(name.endswith("reach") for name, _ in calls(bazaar(question)))
