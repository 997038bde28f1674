"""`netassist ask` on a hosted model: what it prints beside the answer, and what it sends."""

import json
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.cli.app import app


@pytest.fixture
def double() -> ModuleType:
    from . import openai_double

    return openai_double


def ask(url: str, *options: str) -> Any:
    environment = {
        "OPENAI_BASE_URL": url,
        "NETASSIST_PRICES": json.dumps({"some": [1, 10]}),
        "NETASSIST_MAX_RETRIES": "0",
    }
    return CliRunner().invoke(app, ["ask", "--model", "openai:some", *options], env=environment)


def test_tokens_and_cost_are_told_beside_the_answer(double: ModuleType) -> None:
    with double.OpenAIDouble(double.Calls([("list_objects", {})]), double.Say("Done.")) as server:
        result = ask(server.url, "What is there?")
    assert result.exit_code == 0, result.output
    assert "240 tokens, $0.0006" in result.stderr
    assert "tokens" not in result.stdout


def test_names_stay_here_if_that_is_asked_for(double: ModuleType) -> None:
    calls = ("list_objects", {"kind": "workload"}), ("inspect_object", {"name": "appx1"})
    script = double.Calls(calls), double.Say("See above.")
    with double.OpenAIDouble(*script) as server:
        result = ask(server.url, "--pseudonymise", "--json", "Does web talk to cartservice?")
    answer = json.loads(result.stdout)
    names = {row["name"] for row in answer["tools"][0]["result"]["objects"]} - {"coredns"}
    assert names
    sent = json.dumps([request["messages"][1:] for request in server.requests]).lower()
    assert not {name for name in names if name in sent}
    assert answer["tools"][1]["arguments"] == {"name": "web"}
