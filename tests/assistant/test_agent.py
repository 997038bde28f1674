import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.claims import NOTE_REPLACED
from assistant.errors import (
    CalledInsideLoop,
    InvalidQuestion,
    ModelUnavailable,
    NotConfigured,
    TurnLimitReached,
)
from assistant.events import Event, Finished, Notice, TextDelta, ToolFinished, ToolStarted
from assistant.prompts import SYSTEM_PROMPT
from assistant.settings import Settings
from tools.errors import ToolError
from tools.spec import ToolSpec
from tools.workspace import Workspace

from .conftest import ScriptedModel

Make = Callable[..., Assistant]
Call = Callable[..., AIMessage]
QUESTION = "Can frontend reach redis?"


async def collect(assistant: Assistant, question: str = QUESTION, **more: Any) -> list[Event]:
    return [event async for event in assistant.stream(question, **more)]


def comparable(answer: Answer) -> dict[str, Any]:
    document = answer.to_dict()
    for call in document["tools"]:
        call.pop("ms")
    return {**document, "seconds": 0, "session": ""}


async def test_an_answer_carries_verdict_calls_and_evidence(make: Make, call: Call) -> None:
    script = (
        call("can_reach", source="frontend", destination="redis"),
        "Yes, frontend can reach redis on port 6379.",
    )
    answer = await make(*script).aask(QUESTION)
    said, _, rules = answer.text.partition("\n\n")
    assert said == "Yes, frontend can reach redis on port 6379."
    assert rules == "Computed from:\n- `NetworkPolicy/shop/redis-access` (net.yaml:12)"
    assert answer.verdict == "allow"
    assert answer.tier == "hosted"
    assert answer.model == "scripted"
    (made,) = answer.tools
    assert made.name == "can_reach"
    assert made.arguments == {"source": "frontend", "destination": "redis"}
    assert made.ok
    assert made.result["verdict"] == "allow"
    assert answer.evidence[0].location == "net.yaml:12"
    assert answer.session
    assert not answer.needs


async def test_events_come_in_order_and_end_with_the_answer(make: Make, call: Call) -> None:
    events = await collect(
        make(call("can_reach", source="frontend", destination="redis"), "It is allowed.")
    )
    kinds = [type(event) for event in events]
    assert list(dict.fromkeys(kinds)) == [ToolStarted, ToolFinished, TextDelta, Finished]


async def test_the_pieces_are_the_checked_text_and_nothing_else(make: Make, call: Call) -> None:
    events = await collect(
        make(call("can_reach", source="payment", destination="redis"), "It is allowed. Really!")
    )
    finished = events[-1]
    assert isinstance(finished, Finished)
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == finished.answer.text
    assert "allowed" not in finished.answer.text


def test_ask_aask_and_stream_give_the_same_answer(make: Make, call: Call) -> None:
    script = (call("can_reach", source="frontend", destination="redis"), "It is allowed.")
    asked = make(*script).ask(QUESTION)
    awaited = asyncio.run(make(*script).aask(QUESTION))
    streamed = asyncio.run(collect(make(*script)))[-1]
    assert isinstance(streamed, Finished)
    assert comparable(asked) == comparable(awaited) == comparable(streamed.answer)


async def test_ask_refuses_inside_a_running_loop(make: Make) -> None:
    with pytest.raises(CalledInsideLoop, match="aask"):
        make("Hello.").ask(QUESTION)


async def test_the_model_is_told_its_rules_and_reads_compact_json(make: Make, call: Call) -> None:
    assistant = make(call("can_reach", source="frontend", destination="redis"), "Allowed.")
    await assistant.aask(QUESTION)
    first, second = assistant.model.seen  # type: ignore[union-attr]
    assert isinstance(first[0], SystemMessage)
    assert first[0].content == SYSTEM_PROMPT
    assert isinstance(second[-1], ToolMessage)
    assert '"verdict":"allow"' in str(second[-1].content)


async def test_a_tool_error_is_read_by_the_model_which_may_correct_itself(
    make: Make, call: Call
) -> None:
    assistant = make(
        call("can_reach", source="frontent", destination="redis"),
        call("can_reach", "2", source="frontend", destination="redis"),
        "It is allowed.",
    )
    answer = await assistant.aask(QUESTION)
    assert [made.ok for made in answer.tools] == [False, True]
    assert answer.tools[0].result["candidates"] == ["shop/cart"]
    message = assistant.model.seen[1][-1]  # type: ignore[union-attr]
    assert message.status == "error"
    assert isinstance(message.artifact, ToolError)
    assert answer.verdict == "allow"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"source": "frontend"}, "`destination`"),
        ({"source": "frontend", "destination": ["redis"]}, "`destination`"),
        ({"source": "a", "destination": "b", "colour": "red"}, "`colour`"),
    ],
)
async def test_wrong_arguments_are_explained(
    make: Make, call: Call, arguments: dict[str, Any], words: str
) -> None:
    answer = await make(call("can_reach", **arguments), "I do not know.").aask(QUESTION)
    assert not answer.tools[0].ok
    assert words in answer.tools[0].result["error"]
    assert answer.verdict is None


async def test_an_unknown_tool_is_an_error_that_the_model_reads(make: Make, call: Call) -> None:
    answer = await make(call("rm_rf", path="/"), "I do not know.").aask(QUESTION)
    assert answer.tools[0].result["error"] == "There is no tool `rm_rf`."


async def test_a_bug_in_a_tool_is_logged_and_shows_nothing_of_itself(
    make: Make, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await make(call("break_down"), "I do not know.").aask(QUESTION)
    assert answer.tools[0].result["error"] == (
        "`break_down` failed on this input, so this could not be computed."
    )
    assert "secret" not in str(answer.to_dict())
    assert "ZeroDivisionError" in caplog.text


async def test_parallel_calls_are_all_answered(make: Make, call: Call) -> None:
    both = AIMessage(
        "",
        tool_calls=[
            *call("can_reach", "1", source="frontend", destination="redis").tool_calls,
            *call("can_reach", "2", source="payment", destination="redis").tool_calls,
        ],
    )
    answer = await make(both, "frontend can reach redis. payment cannot reach redis.").aask(
        "Can frontend and payment reach redis?"
    )
    assert answer.text.startswith("frontend can reach redis. payment cannot reach redis.\n\n")
    assert answer.verdict is None


async def test_a_corrected_call_for_the_same_pair_replaces_the_earlier_verdict(
    make: Make, call: Call
) -> None:
    script = (
        call("can_reach", source="payment", destination="redis"),
        call("can_reach", "2", source="payment", destination="redis", port="80"),
        "payment cannot reach redis on port 80.",
    )
    assert (await make(*script).aask("Can payment reach redis on 80?")).verdict == "deny"


async def test_a_lie_is_replaced_and_the_verdict_is_the_computed_one(
    make: Make, call: Call
) -> None:
    answer = await make(
        call("can_reach", source="payment", destination="redis"),
        "Good news! Yes, payment can reach redis.",
    ).aask("Can payment reach redis?")
    assert answer.verdict == "deny"
    assert "cannot reach" in answer.text
    assert "Good news" not in answer.text
    assert NOTE_REPLACED in answer.text


async def test_a_skipped_tool_leaves_no_verdict(make: Make) -> None:
    answer = await make("Yes, frontend can reach redis.").aask(QUESTION)
    assert answer.verdict is None
    assert "can reach" not in answer.text


async def test_documents_are_cited(make: Make, call: Call) -> None:
    said = "Azure CNI Overlay gives each node a /24 from a private range."
    answer = await make(call("search_docs", query="overlay"), said).aask("What is overlay?")
    assert answer.text == said
    (citation,) = answer.citations
    assert (citation.title, citation.source, citation.date) == ("Overlay", "AKS docs", "2026")


async def test_asking_back_ends_the_turn_and_is_told_by_structure(make: Make, call: Call) -> None:
    question = "Which one do you mean: shop/redis or staging/redis?"
    answer = await make(call("ask_back", question=question)).aask("Can web reach redis?")
    assert answer.needs == (question,)
    assert answer.text == question
    assert not answer.declined
    assert answer.tools == ()


async def test_declining_ends_the_turn_and_is_told_by_structure(make: Make, call: Call) -> None:
    answer = await make(call("decline", reason="I know nothing of the weather.")).aask(
        "How is the weather?"
    )
    assert answer.declined
    assert answer.text == "I know nothing of the weather."


async def test_an_empty_question_back_is_an_error_for_the_model(make: Make, call: Call) -> None:
    answer = await make(call("ask_back", question=" "), "Hello.").aask("Hm?")
    assert answer.needs == ()
    assert not answer.tools[0].ok


async def test_a_model_without_end_is_stopped_and_what_was_computed_is_told(
    make: Make, call: Call
) -> None:
    again = [call("can_reach", str(i), source="payment", destination="redis") for i in range(9)]
    events = await collect(make(*again), "Can payment reach redis?")
    assert any(isinstance(event, Notice) and "no end" in event.text for event in events)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.answer.verdict == "deny"
    assert "cannot reach" in finished.answer.text


async def test_a_model_without_end_or_result_reaches_the_limit(make: Make, call: Call) -> None:
    again = [call("can_reach", str(i), source="nobody", destination="redis") for i in range(9)]
    with pytest.raises(TurnLimitReached, match="6 steps") as caught:
        await make(*again).aask(QUESTION)
    assert len(caught.value.calls) == 6


async def test_calls_in_a_form_that_cannot_be_used_are_not_answered_for_ever(
    make: Make, call: Call
) -> None:
    with pytest.raises(ModelUnavailable, match="form that cannot be used"):
        await make(*[call("rm_rf", str(i)) for i in range(9)]).aask(QUESTION)


async def test_a_model_that_fails_is_named_and_the_help_is_told(make: Make) -> None:
    with pytest.raises(ModelUnavailable, match="`scripted` did not answer") as caught:
        await make(TimeoutError("slow")).aask(QUESTION)
    assert "--model rules" in caught.value.hint


async def test_an_empty_answer_is_a_failure(make: Make) -> None:
    with pytest.raises(ModelUnavailable, match="empty"):
        await make("").aask(QUESTION)


async def test_a_turn_takes_no_longer_than_it_may(
    make: Make, call: Call, settings: Settings
) -> None:
    short = settings.model_copy(update={"turn_timeout": 1e-9})
    with pytest.raises(ModelUnavailable, match="longer than"):
        await make("Hello.", settings=short).aask(QUESTION)


@pytest.mark.parametrize("question", ["", "  \n\t ", "x" * 20_001])
async def test_a_question_with_nothing_or_too_much_in_it_is_refused(
    make: Make, question: str
) -> None:
    with pytest.raises(InvalidQuestion):
        await make("Hello.").aask(question)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("gpt-4", "`gpt-4` is no model"),
        ("openai:", "`openai:` is no model"),
        ("openai:gpt-4.1", "OPENAI_API_KEY"),
        ("azure:chat", "AZURE_OPENAI_ENDPOINT"),
        ("local:/tmp/model.gguf", "netassist models list"),
        ("claude:x", "there is no `claude:`"),
    ],
)
async def test_a_model_that_cannot_be_used_says_what_to_set(
    workspace: Workspace,
    settings: Settings,
    specs: Sequence[ToolSpec],
    model: str,
    words: str,
) -> None:
    assistant = Assistant(workspace, model=model, settings=settings, specs=specs)
    with pytest.raises(NotConfigured) as caught:
        await assistant.aask(QUESTION)
    assert words in str(caught.value)


async def test_a_follow_up_knows_the_earlier_turn(make: Make, call: Call) -> None:
    first = make(call("can_reach", source="frontend", destination="redis"), "It is allowed.")
    session = (await first.aask(QUESTION)).session
    second = make(call("can_reach", source="payment", destination="redis"), "It is denied.")
    answer = await second.aask("And payment?", session=session)
    assert answer.session == session
    assert answer.verdict == "deny"
    told = second.model.seen[0]  # type: ignore[union-attr]
    assert [type(message).__name__ for message in told] == [
        "SystemMessage",
        "HumanMessage",
        "AIMessage",
        "ToolMessage",
        "AIMessage",
        "HumanMessage",
    ]
    assert told[3].artifact.source == "shop/frontend"
    assert told[4].content.startswith("It is allowed.")


async def test_an_earlier_turn_backs_no_statement_of_this_one(make: Make, call: Call) -> None:
    assistant = make(
        call("can_reach", source="frontend", destination="redis"),
        "It is allowed.",
        "frontend can reach redis.",
    )
    session = (await assistant.aask(QUESTION)).session
    answer = await assistant.aask("Sure?", session=session)
    assert "can reach" not in answer.text
    assert answer.verdict is None


async def test_a_question_back_can_be_answered_in_the_next_turn(make: Make, call: Call) -> None:
    assistant = make(call("ask_back", question="Which one?"), "Hello.")
    session = (await assistant.aask(QUESTION)).session
    await assistant.aask("The first.", session=session)
    told = assistant.model.seen[1]  # type: ignore[union-attr]
    assert isinstance(told[1], HumanMessage)
    assert isinstance(told[2], AIMessage)
    assert told[2].content == "Which one?"
    assert told[2].response_metadata["netassist"]["needs"] == ["Which one?"]
    assert not told[2].tool_calls


async def test_a_session_that_cannot_be_kept_does_not_cost_the_answer(
    make: Make, settings: Settings
) -> None:
    settings.state_dir.write_text("in the way")
    events = await collect(make("Hello."))
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, Notice) and "could not be kept" in event.text for event in events)


async def test_a_damaged_session_file_does_not_cost_the_answer(
    make: Make, settings: Settings
) -> None:
    settings.state_dir.mkdir(parents=True)
    (settings.state_dir / "sessions.sqlite3").write_bytes(b"no database at all" * 100)
    events = await collect(make("Hello."), session="old")
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, Notice) and "could not be read" in event.text for event in events)


async def test_sessions_can_be_kept_off_the_disk(make: Make, settings: Settings) -> None:
    silent = settings.model_copy(update={"keep_sessions": False})
    assistant = make("Hello.", "Hello again.", settings=silent)
    session = (await assistant.aask("Hi.")).session
    await assistant.aask("Hi again.", session=session)
    assert len(assistant.model.seen[1]) == 4  # type: ignore[union-attr]
    assert not settings.state_dir.exists()


async def test_one_line_is_logged_for_a_turn_and_no_word_of_it(
    make: Make, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    script = (call("can_reach", source="frontend", destination="redis"), "It is allowed.")
    with caplog.at_level(logging.INFO, logger="assistant"):
        await make(*script).aask(QUESTION)
    (record,) = [record for record in caplog.records if record.name.startswith("assistant")]
    assert "tools=can_reach" in record.getMessage()
    assert "frontend" not in record.getMessage()


async def test_the_state_file_can_be_read_by_its_owner_alone(
    make: Make, settings: Settings
) -> None:
    await make("Hello.").aask("Hi.")
    path: Path = settings.state_dir / "sessions.sqlite3"
    assert path.stat().st_mode & 0o077 == 0
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM session_turn").fetchone() == (1,)
    connection.close()


INVENTED = """\
Here it is:

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-all, namespace: shop}
spec: {podSelector: {}, ingress: [{}]}
```
"""


@pytest.mark.parametrize("wording", [INVENTED, "The draft is ready."])
def test_the_policy_that_was_drafted_is_shown_and_not_the_one_that_a_model_writes(
    settings: Settings, call: Call, wording: str
) -> None:
    request = "let shop/web reach shop/db on 5432"
    model = ScriptedModel(script=[call("draft_policy", request=request), AIMessage(wording)])
    answer = Assistant(Workspace.sample(), model=model, settings=settings).ask("Write a policy")
    drafted = next(one for one in answer.artifacts if one.kind != "contract")
    assert drafted.verified
    assert "allow-all" not in answer.text
    assert drafted.content.strip() in answer.text
    assert "**Verified**" in answer.text
