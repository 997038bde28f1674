"""How an answer ended, and by which calls."""

import pytest

from assistant.answer import Answer, ToolCall
from evals.suites.question_cases import Expected, ExpectedCall
from evals.suites.question_scores import OUTCOMES, describes, score


def call(name: str = "can_reach", **arguments: str) -> ToolCall:
    return ToolCall(name=name, arguments=arguments, ok=True, result={}, milliseconds=1.0)


def answer(text: str = "No.", *calls: ToolCall, **fields: object) -> Answer:
    given: dict[str, object] = {"verdict": "deny", **fields}
    return Answer(question="?", text=text, tier="rules", model="rules", tools=calls, **given)  # type: ignore[arg-type]


WANTED = ExpectedCall(
    name="can_reach", arguments={"source": "a/web", "destination": "b/db", "port": "80"}
)


@pytest.mark.parametrize(
    "given",
    [
        call(source="a/web", destination="b/db", port="80"),
        call(source="a/web", destination="service:b/db", port="80/tcp", http="GET /"),
    ],
)
def test_the_same_call_is_known_however_it_is_written(given: ToolCall) -> None:
    assert describes(given, WANTED)


@pytest.mark.parametrize(
    "given",
    [
        call(source="b/db", destination="a/web", port="80"),
        call(source="a/web", destination="b/db"),
        call(source="a/web", destination="b/db", port="80/UDP"),
        call("who_can_reach", destination="b/db"),
    ],
)
def test_swapped_ends_a_lost_port_or_another_tool_are_another_call(given: ToolCall) -> None:
    assert not describes(given, WANTED)


def test_a_right_verdict_from_a_wrong_call_is_confidently_wrong() -> None:
    expected = Expected(verdict="deny", tools=(WANTED,))

    found = score(expected, answer("No.", call(source="b/db", destination="a/web", port="80")))

    assert found.outcome == "confidently wrong"


def test_a_fact_left_out_of_a_right_answer_is_a_gap_and_no_falsehood() -> None:
    found = score(Expected(verdict="deny", must_mention=("deny-all",)), answer("No."))

    assert (found.outcome, found.agrees, found.wrong) == ("incomplete", False, False)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (answer("Which?", verdict=None, needs=("Which?",)), "asked back"),
        (answer("I cannot.", verdict=None, declined=True), "declined"),
        (answer("Yes.", verdict="allow"), "confidently wrong"),
        (answer("No."), "right"),
    ],
)
def test_every_way_to_end_is_told_apart(given: Answer, outcome: str) -> None:
    found = score(Expected(verdict="deny"), given)

    assert found.outcome == outcome
    assert outcome in OUTCOMES
