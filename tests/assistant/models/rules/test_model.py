"""The model in langchain's hands: messages in, messages out."""

from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from assistant.agent import Assistant
from assistant.models.rules import RulesModel
from assistant.settings import Settings
from tools import registry
from tools.errors import ToolError
from tools.spec import ToolResult
from tools.workspace import Workspace

WORKSPACES = Path(__file__).resolve().parents[4] / "evals" / "cases" / "workspaces"


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.load([WORKSPACES / "bazaar"])


@pytest.fixture
def model(workspace: Workspace) -> RulesModel:
    return RulesModel(workspace=workspace, specs=registry())


@pytest.fixture
def assistant(workspace: Workspace, tmp_path: Path) -> Assistant:
    return Assistant(workspace, model="rules", settings=Settings(state_dir=tmp_path))


def test_a_question_gives_tool_calls_and_their_results_the_answer(model: RulesModel) -> None:
    question = HumanMessage("can prod/web reach prod/redis?")

    called = model.invoke([question])

    assert isinstance(called, AIMessage)
    assert [call["name"] for call in called.tool_calls] == ["can_reach"]
    assert called.response_metadata["netassist"]["understood"] == "prod/web -> prod/redis"

    result = ToolMessage(
        "{}", tool_call_id=called.tool_calls[0]["id"], artifact=ToolResult(summary="No: it cannot.")
    )
    final = model.invoke([question, called, result])

    assert final.text == "No: it cannot."
    assert final.response_metadata["netassist"]["needs"] == []


def test_a_stream_says_the_same_as_a_call(model: RulesModel) -> None:
    for question in ("can prod/web reach prod/redis?", "help"):
        whole = model.invoke(question)
        chunks = list(model.stream(question))
        joined = chunks[0]
        for chunk in chunks[1:]:
            joined = joined + chunk

        assert joined.text == whole.text
        assert joined.tool_calls == whole.tool_calls
        assert joined.response_metadata["netassist"] == whole.response_metadata["netassist"]


def test_candidates_of_a_tool_error_are_chosen_from_in_the_next_message(model: RulesModel) -> None:
    question = HumanMessage("who can reach prod/redis?")
    called = model.invoke([question])
    error = ToolError("`prod/redis` fits two.", candidates=("prod/web", "prod/api"), ambiguous=True)
    result = ToolMessage(
        "{}", tool_call_id=called.tool_calls[0]["id"], artifact=error, status="error"
    )
    asked = model.invoke([question, called, result])

    assert asked.response_metadata["netassist"]["needs"]

    again = model.invoke([question, called, result, asked, HumanMessage("the second")])

    assert again.tool_calls[0]["args"] == {"destination": "prod/api"}


def test_no_tool_means_no_answer(workspace: Workspace) -> None:
    final = RulesModel(workspace=workspace, specs=()).invoke("can prod/web reach prod/redis?")

    assert final.tool_calls == []
    assert final.response_metadata["netassist"]["declined"]


@pytest.mark.parametrize("text", ["?", "...", "\u00bf?!"])
def test_only_punctuation_gives_help(model: RulesModel, text: str) -> None:
    assert "plain English" in model.invoke(text).text


def test_another_language_is_declined_but_an_arrow_is_understood(model: RulesModel) -> None:
    declined = model.invoke("Kann prod/web die Datenbank erreichen und warum nicht?")

    assert declined.response_metadata["netassist"]["declined"]
    assert "English" in declined.text
    assert model.invoke("prod/web -> prod/redis, geht das?").tool_calls


def test_a_long_log_with_a_question_is_read(model: RulesModel) -> None:
    log = "2026-11-24T00:00:00Z error dial tcp 10.0.0.1:6379: i/o timeout\n" * 1500

    called = model.invoke(f"{log}\nwhy can't prod/web reach prod/redis?")

    assert called.tool_calls[0]["args"]["source"] == "prod/web"


def test_the_assistant_answers_with_policy_file_and_line(assistant: Assistant) -> None:
    answer = assistant.ask("Why can't prod/web reach prod/redis?")

    assert answer.verdict == "deny"
    assert answer.tier == "rules"
    assert "redis-from-api" in answer.text
    assert "policies.yaml:" in answer.text


def test_the_assistant_keeps_the_thread_of_a_session(assistant: Assistant) -> None:
    first = assistant.ask("Can web reach postgres?")

    assert first.needs
    assert first.verdict is None

    second = assistant.ask("both in staging", session=first.session)

    assert second.verdict == "allow"


@pytest.mark.parametrize(
    ("question", "allowed"),
    [
        ("Can the frontend talk to redis?", False),
        ("Which workloads are stopped from reaching redis, is frontend among them?", None),
        ("What blocks the frontend from redis on its tcp-redis port?", False),
        ("Isn't redis-cart reachable from frontend?", False),
        ("Does the cart service get through to redis on 6379?", True),
        ("checkout -> payment on the grpc port", True),
        ("Can the ad service's pods call the paymentservice over gRPC?", False),
        ("Is the email service open to checkoutservice?", True),
        ("Why is the load generator unable to reach the product catalog?", False),
        ("Does shipping accept calls from the fronted?", True),
        ("could recommendations query the product catalog on 3550?", True),
    ],
)
def test_online_boutique_is_answered_with_the_deciding_policy(
    shared: Path, tmp_path: Path, question: str, allowed: bool | None
) -> None:
    boutique = shared / "cases" / "external" / "clusters" / "online-boutique"
    assistant = Assistant(boutique, model="rules", settings=Settings(state_dir=tmp_path))

    answer = assistant.ask(question)

    if allowed is None:
        assert answer.verdict in (None, "deny")
        return
    assert answer.verdict == ("allow" if allowed else "deny")
    assert "NetworkPolicy/default/" in answer.text
    assert "network-policy-" in answer.text
    assert ".yaml:" in answer.text
