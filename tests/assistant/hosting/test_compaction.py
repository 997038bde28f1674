import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from assistant.hosting.compaction import compact, estimate_tokens
from assistant.hosting.spending import Budget, Price


def turn(number: int, verdict: str = "deny", **said: Any) -> list[BaseMessage]:
    call = {"name": "can_reach", "args": {"source": f"w{number}"}, "id": "1", "type": "tool_call"}
    result = json.dumps({"summary": "long " * 500, "verdict": verdict})
    return [
        HumanMessage(f"question {number}"),
        AIMessage("", tool_calls=[call]),
        ToolMessage(result, name="can_reach", tool_call_id="1"),
        AIMessage("answer", response_metadata={"netassist": said}),
    ]


def text_of(messages: list[BaseMessage]) -> str:
    return "\n".join(str(message.text) for message in messages)


def test_level_nought_changes_nothing() -> None:
    messages = [*turn(1), HumanMessage("now")]
    assert compact(messages, 0) == messages


def test_earlier_turns_keep_question_call_verdict_and_what_is_open() -> None:
    messages = [*turn(1), *turn(2, "allow", needs=["Which port?"]), HumanMessage("now")]
    first, now = compact(messages, 1)
    lines = str(first.text).splitlines()
    assert lines[1].startswith('- asked: "question 1"; can_reach{"source": "w1"} -> verdict deny:')
    assert "verdict allow" in lines[2]
    assert "open question: Which port?" in lines[2]
    assert now.text == "now"
    assert len(str(first.text)) < 1000


def test_the_current_turn_keeps_its_calls_and_their_results() -> None:
    current = turn(2)[:3]
    shortened = compact([*turn(1), *current], 1)
    assert shortened[1:] == current
    result = compact([*turn(1), *current], 2)[-1]
    assert isinstance(result, ToolMessage)
    assert result.tool_call_id == "1"
    data = json.loads(str(result.text))
    assert data["verdict"] == "deny"
    assert data["shortened"]
    assert len(str(result.text)) < 1000


def test_of_many_turns_the_newest_are_kept_and_the_rest_counted() -> None:
    messages = [item for number in range(60) for item in turn(number)]
    text = text_of(compact([*messages, HumanMessage("now")], 1))
    assert "(20 turns before these are left out.)" in text
    assert '"question 59"' in text
    assert '"question 19"' not in text


def test_what_was_shortened_can_be_shortened_again() -> None:
    once = compact([*turn(1), HumanMessage("now")], 1)
    again = compact([*once, AIMessage("answer"), HumanMessage("later")], 1)
    assert text_of(again).count("question 1") == 1
    assert '- asked: "now"' in text_of(again)


def test_an_estimate_counts_texts_calls_and_schemas() -> None:
    assert estimate_tokens([HumanMessage("x" * 350)]) == 100
    assert estimate_tokens([HumanMessage("x" * 350)], schemas=350) == 200
    assert estimate_tokens(turn(1)) > estimate_tokens(turn(1)[2:3])


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(), ""),
        (Budget(tokens=1001), ""),
        (Budget(tokens=1000), "within 1,000 tokens"),
        (Budget(cost=0.01), ""),
        (Budget(cost=0.01, price=Price(input=10, output=10)), "within $0.01"),
        (Budget(cost=0.02, price=Price(input=10, output=10)), ""),
    ],
)
def test_a_bound_is_told_once_it_is_reached(budget: Budget, words: str) -> None:
    usage = {"input": 900, "output": 100, "total": 1000}
    assert budget.describe_excess(usage) == words
