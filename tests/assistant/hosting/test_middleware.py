"""What a real client sends over loopback, and what the assistant makes of what comes back."""

import json
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest

from assistant.agent import Assistant
from assistant.errors import ModelUnavailable, TurnLimitReached
from assistant.events import Event, Finished, Notice, TextDelta, ToolStarted
from assistant.settings import Settings
from tools import registry
from tools.spec import ToolSpec
from tools.workspace import Workspace

QUESTION = "Can frontend reach redis?"
REACH = ("can_reach", {"source": "frontend", "destination": "redis"})
RIGHT = "Yes, frontend can reach redis on port 6379 (net.yaml:12)."
KEY = "sk-very-secret-key-0123456789"

Open = Callable[..., Assistant]


@pytest.fixture
def open_at(workspace: Workspace, specs: Sequence[ToolSpec], settings: Settings) -> Open:
    def build(url: str, **options: Any) -> Assistant:
        merged = settings.model_dump() | {
            "openai_api_key": KEY,
            "openai_base_url": url,
            "request_timeout": 5.0,
            "max_retries": 0,
            **options,
        }
        tools = merged.pop("specs", specs)
        there = merged.pop("there", workspace)
        return Assistant(there, model="openai:some", settings=Settings(**merged), specs=tools)

    return build


async def collect(assistant: Assistant, question: str = QUESTION) -> list[Event]:
    return [event async for event in assistant.stream(question)]


def finished(events: Sequence[Event]) -> Any:
    assert isinstance(events[-1], Finished)
    return events[-1].answer


def notices(events: Sequence[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


TOO_LONG = {"message": "maximum context length is 8192", "reason": "context_length_exceeded"}


async def test_a_conversation_that_is_too_long_is_shortened_and_asked_again(
    double: ModuleType, open_at: Open
) -> None:
    script = (
        double.Calls([REACH]), double.Say(RIGHT),
        double.Status(400, **TOO_LONG), double.Calls([REACH]), double.Say(RIGHT),
    )  # fmt: skip
    with double.OpenAIDouble(*script) as server:
        assistant = open_at(server.url)
        first = await assistant.aask("Is redis open to frontend?")
        events = [event async for event in assistant.stream(QUESTION, session=first.session)]
    answer = finished(events)
    assert answer.verdict == "allow"
    assert any("longer than `openai:some` reads" in text for text in notices(events))
    refused, again = server.requests[2]["messages"], server.requests[3]["messages"]
    assert len(again) < len(refused)
    assert "Is redis open to frontend?" in again[1]["content"]
    assert "verdict allow" in again[1]["content"]
    assert again[-1]["content"] == QUESTION


async def test_an_open_question_survives_the_shortening(double: ModuleType, open_at: Open) -> None:
    script = (
        double.Calls([("ask_back", {"question": "Which redis is meant?"})]),
        double.Status(400, **TOO_LONG),
        double.Say("The question is open."),
    )
    with double.OpenAIDouble(*script) as server:
        assistant = open_at(server.url)
        first = await assistant.aask(QUESTION)
        await assistant.aask("the one of the shop", session=first.session)
    assert "open question: Which redis is meant?" in server.requests[-1]["messages"][1]["content"]


async def test_a_known_length_is_kept_without_a_refusal(double: ModuleType, open_at: Open) -> None:
    with double.OpenAIDouble(
        double.Calls([REACH]), double.Say(RIGHT), double.Calls([REACH]), double.Say(RIGHT)
    ) as server:
        assistant = open_at(server.url, context_tokens=1)
        first = await assistant.aask(QUESTION)
        await assistant.aask(QUESTION, session=first.session)
    assert server.requests[2]["messages"][1]["content"].startswith("Earlier in this conversation")


async def test_what_cannot_be_shortened_any_more_is_given_up(
    double: ModuleType, open_at: Open
) -> None:
    with (
        double.OpenAIDouble(*[double.Status(400, **TOO_LONG)] * 3) as server,
        pytest.raises(ModelUnavailable, match="too long for it"),
    ):
        await open_at(server.url).aask(QUESTION)
    assert len(server.requests) == 3


async def test_another_refusal_is_not_repeated(double: ModuleType, open_at: Open) -> None:
    with (
        double.OpenAIDouble(double.Status(400, message="no such parameter")) as server,
        pytest.raises(ModelUnavailable, match="refused the request"),
    ):
        await open_at(server.url).aask(QUESTION)
    assert len(server.requests) == 1


async def test_only_the_nearest_tools_are_offered(double: ModuleType, open_at: Open) -> None:
    said = "This is outside my field."
    with double.OpenAIDouble(*[double.Calls([("decline", {"reason": said})])] * 2) as server:
        assistant = open_at(server.url, specs=registry(), max_tools=12)
        await assistant.aask("Which subnet do I need for 50 nodes with overlay?")
        await assistant.aask("Which packets were dropped today?")
    sizing, drops = ({tool["function"]["name"] for tool in one["tools"]} for one in server.requests)
    assert len(sizing) == len(drops) == 12 + 2
    assert "size_subnets" in sizing
    assert "flow_drops" in drops
    assert {"ask_back", "decline", "can_reach"} <= sizing & drops
    assert sizing != drops


async def test_every_tool_is_offered_where_that_is_set(double: ModuleType, open_at: Open) -> None:
    with double.OpenAIDouble(double.Calls([("decline", {"reason": "No."})])) as server:
        await open_at(server.url, specs=registry(), max_tools=0).aask(QUESTION)
    assert len(server.requests[0]["tools"]) == len(registry()) + 2


async def test_a_budget_of_tokens_ends_a_turn_with_what_was_computed(
    double: ModuleType, open_at: Open
) -> None:
    with double.OpenAIDouble(*[double.Calls([REACH])] * 4) as server:
        events = await collect(open_at(server.url, turn_tokens=200))
    assert len(server.requests) == 2
    assert any("came to no end within 200 tokens" in text for text in notices(events))
    assert finished(events).verdict == "allow"


async def test_a_budget_of_money_needs_a_price(double: ModuleType, open_at: Open) -> None:
    prices = {"some": (100.0, 100.0)}
    script = [double.Calls([("search_docs", {"query": ""})])] * 9
    with (
        double.OpenAIDouble(*script) as server,
        pytest.raises(TurnLimitReached, match=r"within \$0.02") as caught,
    ):
        await open_at(server.url, prices=prices, turn_cost=0.02, specs=()).aask(QUESTION)
    assert len(server.requests) == 2
    assert "raise" in caught.value.hint


async def test_the_cost_is_told_where_the_price_is_known(double: ModuleType, open_at: Open) -> None:
    with double.OpenAIDouble(double.Calls([REACH]), double.Say(RIGHT)) as server:
        answer = await open_at(server.url, prices={"some": (1.0, 10.0)}).aask(QUESTION)
    assert answer.usage == {"input": 200, "output": 40, "total": 240, "cost": 0.0006}


async def test_no_name_leaves_where_names_are_pseudonymised(
    double: ModuleType, open_at: Open
) -> None:
    call = ("can_reach", {"source": "nsx1", "destination": "nsx2"})
    script = double.Calls([call]), double.Say("Yes, nsx1 can reach nsx2 on port 6379.", size=3)
    with double.OpenAIDouble(*script) as server:
        events = await collect(open_at(server.url, pseudonymise=True), "Can Frontend reach redis?")
    answer = finished(events)
    sent = json.dumps([request["messages"][1:] for request in server.requests]).lower()
    for name in ("frontend", "redis", "shop"):
        assert name not in sent
    assert "can nsx1 reach nsx2?" in sent
    assert answer.tools[0].arguments == {"source": "frontend", "destination": "redis"}
    assert answer.text.startswith("Yes, frontend can reach redis on port 6379.")
    assert answer.verdict == "allow"
    started = next(event for event in events if isinstance(event, ToolStarted))
    assert started.arguments["source"] == "frontend"
    drafted = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert drafted == answer.text


async def test_a_secret_in_a_question_stays_here_but_reaches_the_tool(
    double: ModuleType, open_at: Open
) -> None:
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJl"
    call = ("can_reach", {"source": "frontend", "destination": "[secret-1]"})
    said = "It is not known, see [secret-1]."
    with double.OpenAIDouble(double.Calls([call]), double.Say(said)) as server:
        answer = await open_at(server.url).aask(f"Can frontend reach redis with {token} or {KEY}?")
    sent = json.dumps(server.requests)
    assert token not in sent
    assert KEY not in sent
    assert answer.tools[0].arguments["destination"] == token
    assert token not in answer.text


async def test_a_failed_model_leaves_the_question_to_the_next_one_mid_answer(
    double: ModuleType, open_at: Open, settings: Settings
) -> None:
    with double.OpenAIDouble(double.Calls([REACH]), double.CutOff("Yes, frontend can")) as server:
        assistant = open_at(server.url, there=Workspace.sample(), specs=registry())
        assistant.model = "auto"
        events = await collect(assistant, "Who can reach the database?")
    answer = finished(events)
    assert answer.tier == "rules"
    assert "answered instead" in answer.text
    assert any("Starting over with `rules`" in text for text in notices(events))
