"""Requests for policies: told from questions, and completed over several messages."""

from collections.abc import Callable
from typing import Any

import pytest

from assistant.models.rules.drafting import answer_request
from assistant.models.rules.plan import Plan
from tools.workspace import Workspace

Reader = Callable[..., tuple[Plan, ...]]


def calls(plans: tuple[Plan, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    "request_text",
    [
        "Write a network policy that allows grafana to reach prod/postgres",
        "I need a policy for prod/web that allows only prod/api",
        "Allow prod/web to reach prod/postgres",
        "please let prod/web reach prod/postgres on 5432, and nothing else.",
        "only prod/web may call prod/api on 8080 with POST /charge",
        "lock down namespace prod but keep DNS and Prometheus",
        "nobody but prod/api should get to prod/postgres",
        "staging must not talk to prod",
        "block prod/web from the internet",
    ],
)
def test_a_request_goes_whole_to_the_one_who_writes(bazaar: Reader, request_text: str) -> None:
    assert calls(bazaar(request_text)) == [("draft_policy", {"request": request_text})]


@pytest.mark.parametrize(
    "question",
    [
        "Can prod/web reach prod/api?",
        "who may reach prod/postgres?",
        "is prod/web allowed to call prod/api",
        "I need to know if prod/web may reach prod/api",
        "everything that may hit prod/postgres",
        "should prod/web be able to reach prod/postgres?",
        "restart prod/api",
    ],
)
def test_a_question_is_no_request(bazaar: Reader, question: str) -> None:
    assert all(name != "draft_policy" for name, _ in calls(bazaar(question)))


@pytest.mark.parametrize(
    ("message", "request_text"),
    [
        ("now write the policy", "allow `prod/web` to reach `prod/postgres` on port 5432"),
        ("block it", "deny `prod/web` to reach `prod/postgres` on port 5432"),
        (
            "ok, write me a policy that forbids that",
            "deny `prod/web` to reach `prod/postgres` on port 5432",
        ),
    ],
)
def test_what_was_asked_about_becomes_the_policy(
    bazaar: Reader, message: str, request_text: str
) -> None:
    said = ("Can prod/web reach prod/postgres on 5432?", message)
    assert calls(bazaar(*said)) == [("draft_policy", {"request": request_text})]


def test_a_draft_is_written_anew_as_another_kind(bazaar: Reader) -> None:
    said = ("Allow prod/web to reach prod/postgres", "as a plain NetworkPolicy please")
    ((name, arguments),) = calls(bazaar(*said))
    assert (name, arguments["kind"]) == ("draft_policy", "networkpolicy")


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("staging/web", "staging/web"),
        ("the one in staging", "staging/web"),
        ("shop", "shop/web"),
        ("2", "staging/web"),
        ("the first one", "shop/web"),
    ],
)
def test_an_answer_chooses_the_reading_that_it_names(answer: str, chosen: str) -> None:
    workspace = Workspace.sample()
    request = answer_request(workspace, "only web may call catalog on 8080", answer)
    assert f"`{chosen}`" in request
    assert len({"shop/web", "staging/web"} & set(request.split("`"))) == 1


@pytest.mark.parametrize("answer", ["yes", "7", "both of them", "db"])
def test_an_answer_that_chooses_nothing_leaves_the_request_open(answer: str) -> None:
    assert answer_request(Workspace.sample(), "only web may call catalog on 8080", answer) == ""


def test_yes_takes_the_spelling_that_was_asked_about() -> None:
    workspace = Workspace.sample()
    wanted = "lock down shop but keep DNS"
    assert answer_request(workspace, "lock donw shop but keep DNS", "yes please") == wanted
    assert answer_request(workspace, "lock donw shop but keep DNS", "no") == ""


@pytest.mark.parametrize(
    "request_text",
    [
        "only prod/web shoud be able to call prod/api on 8080",
        "How do I block prod/web from prod/api?",
    ],
)
def test_a_request_is_known_in_spite_of_its_spelling_or_form(
    bazaar: Reader, request_text: str
) -> None:
    ((name, _),) = calls(bazaar(request_text))
    assert name == "draft_policy"


@pytest.mark.parametrize("question", ["anythng wrong with my policies?", "reviw my policies"])
def test_a_task_is_known_in_spite_of_its_spelling(bazaar: Reader, question: str) -> None:
    assert calls(bazaar(question)) == [("review_policies", {})]
