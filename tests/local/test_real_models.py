"""The local tier with real weights: loaded, bounded, and never in the position to lie."""

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.agent import Assistant
from assistant.cli.app import app
from assistant.events import Finished, Notice
from assistant.models.local.runtime import LlamaFile, LocalFailure
from assistant.settings import Settings
from evals.suites.readings import CASES, run

pytestmark = [
    pytest.mark.local,
    # llama-cpp-python leaves what it opened to the end of the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
BAZAAR = Path(__file__).resolve().parents[2] / "evals" / "cases" / "workspaces" / "bazaar"
GRAMMAR = 'root ::= " " ("yes" | "no") "\\n"'


def test_only_what_the_grammar_allows_is_said(small: Path) -> None:
    model = LlamaFile(small, seconds=60)
    said = {model.complete(f"Question: {text}\nAnswer:", GRAMMAR) for text in ("a?", "why?", "")}
    model.close()
    assert said <= {" yes\n", " no\n"}


def test_what_takes_too_long_is_cut_and_the_model_lives_on(small: Path) -> None:
    model = LlamaFile(small, seconds=60)
    model.complete("Warm", GRAMMAR)
    model._seconds = 0.05
    begun = time.monotonic()
    with pytest.raises(LocalFailure, match=r"took longer than 0\.05 seconds and was cut"):
        model.complete("word " * 1500, GRAMMAR)
    cut_after = time.monotonic() - begun
    model._seconds = 120
    begun = time.monotonic()
    assert model.complete("word " * 1500, GRAMMAR) in (" yes\n", " no\n")
    assert cut_after < time.monotonic() - begun
    model.close()


def test_a_prompt_that_is_too_long_is_a_failure_of_the_model(small: Path) -> None:
    model = LlamaFile(small, seconds=60)
    with pytest.raises(LocalFailure, match="could not read the question"):
        model.complete("word " * 5000, GRAMMAR)
    model.close()


def test_a_broken_file_is_told_from_one_that_is_missing(tmp_path: Path, small: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(small.read_bytes()[:100_000])
    model = LlamaFile(broken, seconds=60)
    with pytest.raises(LocalFailure, match=r"`broken\.gguf` could not be loaded"):
        model.complete("x", GRAMMAR)


def test_check_verifies_loads_and_times(small: Path) -> None:
    result = CliRunner().invoke(app, ["models", "check", str(small), "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["verified"] is False
    assert document["read_tokens_per_second"] > 0
    other = CliRunner().invoke(app, ["models", "check", str(small), "--sha256", "0" * 64])
    assert other.exit_code == 1


def test_a_pulled_model_is_used_by_its_name(
    coder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / coder.name).symlink_to(coder)
    monkeypatch.setenv("NETASSIST_MODELS_DIR", str(tmp_path))
    pulled = CliRunner().invoke(app, ["models", "pull", "qwen2.5-coder-0.5b", "--json"])
    assert json.loads(pulled.stdout)["fetched"] is False
    settings = Settings(local_model="qwen2.5-coder-0.5b", keep_sessions=False)
    answer = Assistant(BAZAAR, settings=settings).ask("Give me the lowdown on orders.")
    assert answer.tier == "local"
    assert answer.tools[0].arguments == {"name": "prod/orders"}
    assert "Read by `local:qwen2.5-coder-0.5b-instruct-q4_k_m`" in answer.text


async def test_a_stuck_generation_falls_to_the_rules_which_say_so(coder: Path) -> None:
    settings = Settings(keep_sessions=False, local_timeout=0.01)
    assistant = Assistant(BAZAAR, model=f"local:{coder}", settings=settings)
    events = [event async for event in assistant.stream("Give me the lowdown on orders.")]
    assert isinstance(events[-1], Finished)
    answer = events[-1].answer
    assert answer.tier == "rules"
    assert "was cut; `rules` answered instead" in answer.text
    assert any(isinstance(event, Notice) for event in events)


@pytest.mark.parametrize("size", ["small", "coder"])
def test_no_model_makes_the_tier_state_what_is_wrong(
    size: str, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(size)
    rules = run(CASES, model="rules", split="dev")
    local = run(CASES, model=f"local:{path}", split="dev")
    assert local.right >= rules.right
    assert local.wrong <= rules.wrong
