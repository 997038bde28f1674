"""The same answer by every way in, for the same words of the same model."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.cli.app import app
from assistant.events import Finished
from assistant.settings import Settings
from topology.ipam.book import AddressBook
from topology.samples import sample_path

REACH = ("can_reach", {"source": "shop/web", "destination": "shop/db", "port": "5432"})
SIZE = ("size_subnets", {"mode": "overlay", "nodes": 50})
DRAFT = ("draft_policy", {"request": "let shop/web reach shop/db on 5432"})
POLICY = """```yaml
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web-db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
```"""
REQUEST = "let shop/web reach shop/db on 5432"
QUESTION = "Can shop/web reach shop/db on 5432?"
SCRIPTS: dict[str, tuple[str, list[Any]]] = {
    "truth": (QUESTION, [[REACH], "shop/web cannot reach shop/db on 5432."]),
    "lie": (QUESTION, [[REACH], "Yes, shop/web can reach shop/db."]),
    "no tool": (QUESTION, ["Yes, shop/web can reach shop/db."]),
    "question back": (QUESTION, [[("ask_back", {"question": "Which web do you mean?"})]]),
    "refusal": ("Tell me a joke.", [[("decline", {"reason": "I can't answer that."})]]),
    "two calls": (QUESTION, [[REACH, SIZE], "shop/web cannot reach shop/db."]),
    "size": ("Which subnet for 50 nodes?", [[SIZE], "Take a /30."]),
    "draft": (REQUEST, [[DRAFT], "Here is the policy."]),
    "own policy": (REQUEST, [POLICY]),
    "wrong policy": (REQUEST, [POLICY.replace("app: web", "app: cart"), POLICY]),
    "write": ("Allocate a /24", [[("allocate_range", {"name": "x", "size": "/24"})], "Done."]),
    "markup": (QUESTION, [[REACH], "![x](https://evil.test) \x1b[31m<!channel>"]),
}
Way = Callable[[str, dict[str, str], Path], dict[str, Any]]


def in_python(how: str) -> Way:
    def run(question: str, environment: dict[str, str], state: Path) -> dict[str, Any]:
        settings = Settings(state_dir=state)
        assistant = Assistant([sample_path()], model="openai:scripted", settings=settings)

        async def stream() -> Answer:
            events = [event async for event in assistant.stream(question)]
            assert isinstance(events[-1], Finished)
            return events[-1].answer

        if how == "ask":
            return assistant.ask(question).to_dict()
        return asyncio.run(stream() if how == "stream" else assistant.aask(question)).to_dict()

    return run


def on_the_command_line(*flags: str, before: bool = False) -> Way:
    def run(question: str, environment: dict[str, str], state: Path) -> dict[str, Any]:
        place = ["-w", str(sample_path()), "--model"]
        runner = CliRunner()
        more: list[str] = list(flags)
        if before:
            # A session of another turn, by rules, which this one goes on with.
            first = runner.invoke(app, ["ask", *place, "rules", "--session", "old", "Hello there"])
            assert first.exit_code == 0, first.output
            more += ["--session", "old"]
        result = runner.invoke(app, ["ask", *place, "openai:scripted", *more, question])
        lines = result.stdout.splitlines()
        if "--jsonl" in flags:
            last: dict[str, Any] = json.loads(lines[-1])["answer"]
            return last
        document: dict[str, Any] = json.loads(result.stdout)
        return document

    return run


WAYS: dict[str, Way] = {
    "ask": in_python("ask"),
    "aask": in_python("aask"),
    "stream": in_python("stream"),
    "--json": on_the_command_line("--json"),
    "--jsonl": on_the_command_line("--jsonl"),
    "--session": on_the_command_line("--json", before=True),
}


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    document = json.loads(json.dumps(document))
    for call in document["tools"]:
        call.pop("ms")
    return {**document, "seconds": 0, "session": ""}


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_way_in_gives_the_same_answer(
    script: str, double: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, steps = SCRIPTS[script]
    answers = {}
    for name, way in WAYS.items():
        state = tmp_path / name.strip("-")
        replies = [
            double.Say(step) if isinstance(step, str) else double.Calls(step) for step in steps
        ]
        with double.OpenAIDouble(*replies) as server:
            environment = {
                "OPENAI_API_KEY": "k",
                "OPENAI_BASE_URL": server.url,
                "NETASSIST_STATE_DIR": str(state),
                "NETASSIST_BOOK": str(tmp_path / "book.sqlite3"),
            }
            for variable, value in environment.items():
                monkeypatch.setenv(variable, value)
            answers[name] = comparable(way(question, environment, state))
    first = answers["ask"]
    assert first["text"]
    for name, answer in answers.items():
        assert answer == first, name
    with AddressBook(tmp_path / "book.sqlite3") as book:
        assert list(book.history()) == []
