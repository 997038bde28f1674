import asyncio
import logging
import socket
import traceback
from collections.abc import Callable, Sequence
from contextlib import aclosing
from types import ModuleType
from typing import Any

import pytest

from assistant.agent import Assistant
from assistant.errors import ModelUnavailable
from assistant.events import Event, Finished, Notice, TextDelta, ToolFinished
from assistant.settings import Settings
from tools.spec import ToolSpec
from tools.workspace import Workspace

KEY = "sk-very-secret-key-0123456789"
QUESTION = "Can frontend reach redis?"
REACH = ("can_reach", {"source": "frontend", "destination": "redis"})
RIGHT = "Yes, frontend can reach redis on port 6379 (net.yaml:12)."

Open = Callable[..., Assistant]


@pytest.fixture
def open_at(workspace: Workspace, specs: Sequence[ToolSpec], settings: Settings) -> Open:
    """Return a function that makes an assistant whose endpoint is at an address."""

    def build(url: str, model: str = "openai:gpt-4.1-mini", **options: Any) -> Assistant:
        merged = settings.model_dump() | {
            "openai_api_key": KEY,
            "openai_base_url": url,
            "request_timeout": 5.0,
            "max_retries": 0,
            **options,
        }
        return Assistant(workspace, model=model, settings=Settings(**merged), specs=specs)

    return build


async def collect(assistant: Assistant, question: str = QUESTION) -> list[Event]:
    return [event async for event in assistant.stream(question)]


def drafted(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_streamed_turn_with_a_tool_call_is_answered(
    double: ModuleType, open_at: Open
) -> None:
    with double.OpenAIDouble(double.Calls([REACH]), double.Say(RIGHT)) as server:
        events = await collect(open_at(server.url))
    assert drafted(events) == RIGHT
    assert sum(isinstance(event, TextDelta) for event in events) > 3
    finished = events[-1]
    assert isinstance(finished, Finished)
    answer = finished.answer
    assert answer.text == RIGHT
    assert answer.verdict == "allow"
    assert (answer.tier, answer.model) == ("hosted", "openai:gpt-4.1-mini")
    assert answer.usage == {"input": 200, "output": 40, "total": 240}
    assert answer.tools[0].arguments == REACH[1]
    assert server.keys == [KEY, KEY]


async def test_the_endpoint_is_told_the_tools_and_what_they_computed(
    double: ModuleType, open_at: Open
) -> None:
    with double.OpenAIDouble(double.Calls([REACH]), double.Say(RIGHT)) as server:
        await open_at(server.url).aask(QUESTION)
    first, second = server.requests
    offered = {tool["function"]["name"]: tool["function"] for tool in first["tools"]}
    assert set(offered) == {"ask_back", "break_down", "can_reach", "decline", "search_docs"}
    properties = offered["can_reach"]["parameters"]["properties"]
    assert properties["source"]["description"] == "A workload of the shop."
    assert offered["can_reach"]["parameters"]["required"] == ["source", "destination"]
    assert first["messages"][0]["role"] == "system"
    assert second["messages"][-1]["role"] == "tool"
    assert '"verdict":"allow"' in second["messages"][-1]["content"]


async def test_parallel_calls_whose_arguments_come_in_mixed_fragments(
    double: ModuleType, open_at: Open
) -> None:
    other = ("can_reach", {"source": "payment", "destination": "redis", "port": "80"})
    said = "frontend can reach redis. payment cannot reach redis on port 80 (net.yaml:40)."
    with double.OpenAIDouble(double.Calls([REACH, other], size=3), double.Say(said)) as server:
        answer = await open_at(server.url).aask("Can frontend and payment reach redis?")
    assert [call.arguments for call in answer.tools] == [REACH[1], other[1]]
    assert answer.text == said


async def test_arguments_that_are_no_json_are_explained_to_the_model(
    double: ModuleType, open_at: Open
) -> None:
    broken = double.Calls([("can_reach", "{{source: frontend")])
    with double.OpenAIDouble(broken, double.Calls([REACH]), double.Say(RIGHT)) as server:
        answer = await open_at(server.url).aask(QUESTION)
    assert [call.ok for call in answer.tools] == [False, True]
    assert "no JSON" in answer.tools[0].result["error"]
    assert answer.verdict == "allow"


async def test_a_good_call_beside_a_broken_one_is_run(double: ModuleType, open_at: Open) -> None:
    both = double.Calls([REACH, ("can_reach", "{{")])
    with double.OpenAIDouble(both, double.Say(RIGHT)) as server:
        answer = await open_at(server.url).aask(QUESTION)
    assert sorted(call.ok for call in answer.tools) == [False, True]
    assert answer.verdict == "allow"


async def test_arguments_cut_off_by_the_length_limit_are_not_completed(
    double: ModuleType, open_at: Open
) -> None:
    cut = '{"source": "frontend", "destination": "redis", "port": "80'
    reply = double.Calls([("can_reach", cut)], reason="length")
    with (
        double.OpenAIDouble(reply) as server,
        pytest.raises(ModelUnavailable, match="length limit"),
    ):
        await open_at(server.url).aask(QUESTION)


@pytest.mark.parametrize(
    "name_and_arguments",
    [
        ("drop_tables", {}),
        ("can_reach", {"source": 7, "destination": None}),
        ("can_reach", {"source": {"a": 1}, "destination": "redis"}),
        ("can_reach", "[1, 2]"),
        ("can_reach", '"frontend"'),
        ("can_reach", ""),
    ],
)
async def test_a_wrong_call_can_be_corrected(
    double: ModuleType, open_at: Open, name_and_arguments: tuple[str, Any]
) -> None:
    script = (double.Calls([name_and_arguments]), double.Calls([REACH]), double.Say(RIGHT))
    with double.OpenAIDouble(*script) as server:
        answer = await open_at(server.url).aask(QUESTION)
    assert answer.tools[-1].ok
    assert not any(call.ok for call in answer.tools[:-1])
    assert answer.text == RIGHT


async def test_a_full_house_is_waited_for_as_told(double: ModuleType, open_at: Open) -> None:
    busy = double.Status(429, {"retry-after-ms": "20"})
    with double.OpenAIDouble(busy, double.Calls([REACH]), double.Say(RIGHT)) as server:
        answer = await open_at(server.url, max_retries=1).aask(QUESTION)
    assert answer.text == RIGHT
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("Status(500)", "failed by itself (500)"),
        ("Status(503)", "failed by itself (503)"),
        ("Status(429)", "limit is reached (429)"),
        ("Status(401, message='Incorrect API key: sk-very***6789')", "refused the key (401)"),
        ("Status(403)", "refused access (403)"),
        ("Status(404)", "no such model"),
        ("Status(400)", "refused the request (400)"),
        ("Garbage('<html>busy</html>', 'text/html')", "form of the interface"),
        ("Garbage('not json')", "form of the interface"),
        ("Garbage('data: {broken\\n\\n', 'text/event-stream')", "form of the interface"),
        ("CutOff('Yes, frontend can')", "connection to it failed"),
        ("Say('')", "its answer was empty"),
    ],
)
async def test_a_model_asked_for_by_name_that_fails_is_unavailable(
    double: ModuleType, open_at: Open, reply: str, words: str
) -> None:
    with (
        double.OpenAIDouble(eval(reply, vars(double))) as server,
        pytest.raises(ModelUnavailable) as caught,
    ):
        await open_at(server.url).aask(QUESTION)
    assert words in caught.value.message
    assert "sk-very" not in str(caught.value)


async def test_a_server_that_says_nothing_is_left_in_time(
    double: ModuleType, open_at: Open
) -> None:
    with (
        double.OpenAIDouble(double.Hang()) as server,
        pytest.raises(ModelUnavailable, match="in time"),
    ):
        await open_at(server.url, request_timeout=0.2).aask(QUESTION)


async def test_a_stream_that_stalls_is_left_in_time(double: ModuleType, open_at: Open) -> None:
    with (
        double.OpenAIDouble(double.Stall("Yes, front")) as server,
        pytest.raises(ModelUnavailable, match="in time"),
    ):
        await open_at(server.url, request_timeout=0.2).aask(QUESTION)


async def test_no_server_at_all_is_said(open_at: Open) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelUnavailable, match="connection to it failed"):
        await open_at(url).aask(QUESTION)


async def test_closing_the_stream_ends_the_request(double: ModuleType, open_at: Open) -> None:
    with double.OpenAIDouble(double.Stall("Yes, frontend can")) as server:
        async with aclosing(open_at(server.url).stream(QUESTION)) as events:
            first = asyncio.ensure_future(anext(events))
            assert await asyncio.to_thread(server.stalled.wait, 10)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
        left = await asyncio.to_thread(server.left.wait, 10)
    assert left
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_cancelling_the_caller_ends_the_request(double: ModuleType, open_at: Open) -> None:
    with double.OpenAIDouble(double.Stall("Yes")) as server:
        task = asyncio.create_task(open_at(server.url).aask(QUESTION))
        assert await asyncio.to_thread(server.stalled.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.left.wait, 10)


async def test_azure_is_asked_by_deployment_and_key(double: ModuleType, open_at: Open) -> None:
    with double.OpenAIDouble(double.Calls([REACH]), double.Say(RIGHT)) as server:
        assistant = open_at(
            "",
            "azure:chat",
            openai_api_key=None,
            azure_openai_api_key=KEY,
            azure_openai_endpoint=server.url.removesuffix("/v1"),
        )
        answer = await assistant.aask(QUESTION)
    assert answer.model == "azure:chat"
    assert answer.text == RIGHT
    assert server.paths[0].startswith("/openai/deployments/chat/chat/completions?api-version=")
    assert server.keys[0] == KEY


async def test_a_server_of_ones_own_needs_no_key(double: ModuleType, open_at: Open) -> None:
    with double.OpenAIDouble(double.Calls([REACH]), double.Say(RIGHT)) as server:
        answer = await open_at(server.url, openai_api_key=None).aask(QUESTION)
    assert answer.text == RIGHT


def test_each_ask_has_an_event_loop_of_its_own(double: ModuleType, open_at: Open) -> None:
    script = [double.Calls([REACH]), double.Say(RIGHT)] * 2
    with double.OpenAIDouble(*script) as server:
        assistant = open_at(server.url)
        assert [assistant.ask(QUESTION).text for _ in range(2)] == [RIGHT, RIGHT]


async def test_a_lie_over_the_wire_is_replaced(double: ModuleType, open_at: Open) -> None:
    lie = double.Say("No, frontend cannot reach redis.")
    with double.OpenAIDouble(double.Calls([REACH]), lie) as server:
        events = await collect(open_at(server.url))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert drafted(events) == finished.answer.text
    assert "cannot" not in finished.answer.text
    assert finished.answer.verdict == "allow"


async def test_a_question_back_over_the_wire(double: ModuleType, open_at: Open) -> None:
    question = "Which redis: shop/redis or staging/redis?"
    with double.OpenAIDouble(double.Calls([("ask_back", {"question": question})])) as server:
        answer = await open_at(server.url).aask(QUESTION)
    assert answer.needs == (question,)


async def test_a_resumed_session_is_one_that_the_real_interface_accepts(
    double: ModuleType, open_at: Open
) -> None:
    script = (
        double.Calls([REACH, ("can_reach", "{")]),
        double.Say(RIGHT),
        double.Calls([("ask_back", {"question": "Which one?"})]),
        double.Say("Hello."),
    )
    with double.OpenAIDouble(*script) as server:
        assistant = open_at(server.url)
        session = (await assistant.aask(QUESTION)).session
        for question in ("And the other?", "The first."):
            await open_at(server.url).aask(question, session=session)
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles[1:] == [
        *("user", "assistant", "tool", "tool", "assistant"),
        *("user", "assistant"),
        "user",
    ]


async def test_no_key_is_in_answers_errors_events_or_logs(
    double: ModuleType, open_at: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        double.OpenAIDouble(
            double.Calls([REACH]), double.Say(RIGHT), double.Status(401, message=KEY)
        ) as server,
    ):
        assistant = open_at(server.url)
        events = await collect(assistant)
        with pytest.raises(ModelUnavailable) as caught:
            await assistant.aask(QUESTION)
    assert KEY not in repr(events)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in caplog.text
    assert KEY not in repr(assistant.settings)
    assert not any(isinstance(event, Notice) for event in events)
    assert any(isinstance(event, ToolFinished) for event in events)
