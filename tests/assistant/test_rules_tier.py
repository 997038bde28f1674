import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assistant import Assistant, Finished, Notice, ask
from assistant.answer import Answer
from assistant.compose import check_turn
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "topology" / "samples" / "shop"
QUESTION = "Can shop/cart reach shop/db on 5432?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    settings = Settings(state_dir=tmp_path_factory.mktemp("state"))
    return Assistant(SHOP, model="rules", settings=settings)


def comparable(answer: Answer) -> dict[str, Any]:
    document = answer.to_dict()
    for call in document["tools"]:
        call.pop("ms")
    return {**document, "seconds": 0, "session": ""}


def test_a_real_question_is_answered_with_rule_file_and_line(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    assert answer.tier == answer.model == "rules"
    assert answer.verdict in {"allow", "deny"}
    assert [call.name for call in answer.tools] == ["can_reach"]
    assert answer.tools[0].result["verdict"] == answer.verdict
    assert any(item.location.rpartition(":")[2].isdigit() for item in answer.evidence)
    assert answer.usage == {}


def test_every_way_of_asking_gives_the_same_answer(assistant: Assistant) -> None:
    async def stream() -> Answer:
        events = [event async for event in assistant.stream(QUESTION)]
        assert isinstance(events[-1], Finished)
        return events[-1].answer

    answers = [
        assistant.ask(QUESTION),
        asyncio.run(assistant.aask(QUESTION)),
        asyncio.run(stream()),
    ]
    first, *others = [comparable(answer) for answer in answers]
    assert others == [first, first]


def test_the_module_level_function_reads_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NETASSIST_WORKSPACE", str(SHOP))
    monkeypatch.setenv("NETASSIST_MODEL", "openai:never-asked")
    assert ask(QUESTION, model="rules").verdict == ask(QUESTION, workspace=SHOP).verdict


def test_a_follow_up_works_in_another_process(assistant: Assistant) -> None:
    session = assistant.ask("Can shop/cart reach shop/db?").session
    other = Assistant(assistant.workspace, model="rules", settings=assistant.settings)
    answer = other.ask("And shop/checkout?", session=session)
    (call,) = answer.tools
    assert call.result["source"] == "shop/checkout"
    assert call.result["destination"] == "shop/db"


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        "Who can reach shop/db?",
        "What can shop/cart reach?",
        "Which policies select shop/db?",
        "Which subnet for 50 nodes with Azure CNI Overlay?",
        "List the services in shop.",
        "What is the meaning of life?",
        "Can shop/crat reach shop/db?",
        "hello",
    ],
)
def test_the_claim_check_leaves_texts_of_the_rules_as_they_are(
    assistant: Assistant, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    def spy(turn: Any, *arguments: Any) -> Any:
        checked.append((turn.text, check_turn(turn, *arguments)))
        return checked[-1][1]

    monkeypatch.setattr("assistant.compose.check_turn", spy)
    answer = assistant.ask(question)
    ((text, result),) = checked
    assert answer.text == text == result.text


async def test_auto_falls_to_the_real_rules(double: ModuleType, tmp_path: Path) -> None:
    with double.OpenAIDouble(double.CutOff("Yes, cart can")) as server:
        settings = Settings(
            state_dir=tmp_path, openai_base_url=server.url, max_retries=0, openai_model="m"
        )
        assistant = Assistant(SHOP, settings=settings)
        events = [event async for event in assistant.stream(QUESTION)]
    assert [event for event in events if isinstance(event, Notice)]
    finished = events[-1]
    assert isinstance(finished, Finished)
    direct = Assistant(SHOP, model="rules", settings=settings).aask(QUESTION)
    assert finished.answer.text.startswith((await direct).text)
    assert "`openai:m` did not answer" in finished.answer.text


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).parent / "netassist"
    return subprocess.run(
        [str(command), *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_asks_the_endpoint_of_the_environment(double: ModuleType) -> None:
    call = ("can_reach", {"source": "shop/cart", "destination": "shop/db", "port": "5432"})
    lie = "No and yes: all is open."
    with double.OpenAIDouble(double.Calls([call]), double.Say(lie)) as server:
        done = run_command(
            *("ask", QUESTION, "-w", str(SHOP), "--json"),
            OPENAI_BASE_URL=server.url,
            OPENAI_API_KEY="sk-not-shown",
        )
    answer = json.loads(done.stdout)
    assert answer["tier"] == "hosted"
    assert answer["tools"][0]["result"]["verdict"] == answer["verdict"]
    assert "all is open" not in answer["text"]
    assert answer["usage"]["total"] == 240
    assert "sk-not-shown" not in done.stdout + done.stderr


@pytest.mark.parametrize(("model", "code"), [("openai:m", 4), ("auto", 0), ("local:x.gguf", 3)])
def test_the_command_says_what_became_of_a_failing_model(
    double: ModuleType, model: str, code: int
) -> None:
    with double.OpenAIDouble(double.Status(401)) as server:
        done = run_command(
            *("ask", "Which policies select shop/db?", "-w", str(SHOP), "--model", model),
            OPENAI_BASE_URL=server.url,
            OPENAI_API_KEY="sk-not-shown",
        )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if model != "local:x.gguf":
        assert "refused the key (401)" in done.stderr


def test_importing_the_package_loads_no_framework() -> None:
    code = "import assistant, sys; print(*(m for m in sys.modules if 'lang' in m or m == 'openai'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
