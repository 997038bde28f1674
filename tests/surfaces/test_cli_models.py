import json

import pytest
from typer.testing import CliRunner

from assistant.cli.app import app


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), env=environment, catch_exceptions=True)
    return result.exit_code, result.output + str(result.exception or "")


def test_the_models_that_can_be_pulled_are_listed_with_their_pins() -> None:
    code, output = run("models", "list", "--json")
    document = json.loads(output)
    assert code == 0
    assert document["schema_version"] == 1
    for row in document["models"]:
        assert len(row["sha256"]) == 64
        assert row["url"].startswith("https://")
        assert row["here"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pull", "gpt-9"), "there is no model `gpt-9`"),
        (("pull", "https://hub.test/a.gguf"), "needs --sha256"),
        (("pull", "https://hub.test/a.gguf", "--sha256", "zz"), "64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_pulled_is_said(arguments: tuple[str, ...], words: str) -> None:
    code, output = run("models", *arguments)
    assert code == 2
    assert words in " ".join(output.replace("│", " ").split())


def test_a_mirror_can_be_set_and_a_failure_names_it() -> None:
    _, output = run(
        "models", "pull", "qwen2.5-coder-0.5b", NETASSIST_MODELS_URL="http://127.0.0.1:9/hub/"
    )
    assert "http://127.0.0.1:9/hub/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF" in output
    assert "could not be fetched" in output


def test_a_file_that_is_missing_cannot_be_checked() -> None:
    _, output = run("models", "check", "/nowhere.gguf")
    assert "there is no file `/nowhere.gguf`" in output
