from typing import Any

import pytest

from assistant.answer import Answer, ToolCall
from evals.suites.readings import CASES, Case, judge, run


def answer(*calls: tuple[str, dict[str, Any]], **more: Any) -> Answer:
    made = tuple(
        ToolCall(name=name, arguments=arguments, ok=True, result={}, milliseconds=0)
        for name, arguments in calls
    )
    return Answer(question="?", text="", tier="rules", model="rules", tools=made, **more)


def case(*calls: tuple[str, dict[str, Any]]) -> Case:
    rows = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return Case.model_validate(
        {"id": "x", "split": "dev", "workspace": "w", "question": "?", "calls": rows}
    )


REACH = ("can_reach", {"source": "a/x", "destination": "a/y"})
BACK = ("can_reach", {"source": "a/y", "destination": "a/x"})


@pytest.mark.parametrize(
    ("expected", "given", "outcome"),
    [
        (case(REACH), answer(REACH), "right"),
        (case(REACH), answer(REACH, BACK), "right"),
        (case(REACH), answer(BACK), "wrong"),
        (case(REACH), answer(REACH, ("list_objects", {})), "wrong"),
        (case(REACH), answer(), "wrong"),
        (case(REACH), answer(REACH, BACK, needs=("Which way?",)), "refrained"),
        (case(REACH), answer(declined=True), "refrained"),
        (case(), answer(declined=True), "right"),
        (case(), answer(REACH), "wrong"),
        (
            case(("explain_policy", {"policy": "p"})),
            answer(("inspect_object", {"name": "a/p", "kind": "policy"})),
            "right",
        ),
        (
            case(("can_reach", {"source": "a/x", "destination": "a/y", "port": "22"})),
            answer(REACH),
            "wrong",
        ),
    ],
)
def test_an_answer_is_judged_by_what_it_called(expected: Case, given: Answer, outcome: str) -> None:
    assert judge(expected, given) == outcome


def test_the_rules_leave_most_of_what_they_cannot_read_alone() -> None:
    found = run(CASES, split="dev")
    assert found.cases == 34
    assert found.right + found.refrained + found.wrong == 34
    assert found.wrong <= 3
