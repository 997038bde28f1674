import json
from pathlib import Path
from typing import Any

import pytest

from assistant.agent import Assistant
from assistant.settings import Settings
from evals.command import main
from evals.feedback import Told, write_cases
from evals.suites.questions import run

SESSION = "slack-T1-C1-10.1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", workspace=(), slack_workspaces={"C1": "/x/shop"})


def vote(settings: Settings, *votes: dict[str, Any]) -> None:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"session": SESSION, "user": "U1", **one}) + "\n" for one in votes)
    (settings.state_dir / "feedback.jsonl").write_text("".join(lines))


def cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_votes_become_cases_with_the_conversation_before_them(
    settings: Settings, tmp_path: Path
) -> None:
    assistant = Assistant(model="rules", settings=settings)
    first, then = "Can staging/web reach the db?", "and from shop/orders?"
    assistant.ask(first, session=SESSION)
    assistant.ask(then, session=SESSION)
    vote(
        settings,
        {"vote": "wrong", "question": then, "verdict": "allow"},
        {"vote": "right", "question": then, "verdict": "allow"},
        {"vote": "wrong", "question": first, "verdict": "deny", "user": "U2"},
    )
    out = tmp_path / "cases.jsonl"
    assert write_cases(out, settings) == Told(right=1, wrong=1)
    right, wrong = cases(out)
    assert (right["turns"], right["expected"]) == ([first, then], {"verdict": "allow"})
    assert (wrong["turns"], wrong["expected"], wrong["vote"]) == ([first], {}, "wrong")
    assert right["workspace"] == "shop"


def test_what_was_written_can_be_run(settings: Settings, tmp_path: Path) -> None:
    vote(settings, {"vote": "right", "question": "Can a reach b?", "verdict": "deny"})
    out = tmp_path / "cases.jsonl"
    write_cases(out, settings)
    folder = tmp_path / "workspaces" / "shop"
    folder.mkdir(parents=True)
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: n, labels: {app: %s}}\n"
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: none, namespace: n}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n"
    )
    (folder / "n.yaml").write_text("---\n".join((pod % ("a", "a"), pod % ("b", "b"), policy)))
    result = run(out)
    assert (result.agree, result.checks) == (1, 1)


def test_a_line_that_is_no_vote_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("NETASSIST_STATE_DIR", str(settings.state_dir))
    assert main(["feedback", "--out", str(tmp_path / "x")]) == 2
    assert "no votes yet" in capsys.readouterr().err
    vote(settings, {"vote": "right", "question": "q"}, {"vote": "right"})
    assert main(["feedback", "--out", str(tmp_path / "x")]) == 2
    assert "feedback.jsonl:2 is no vote" in capsys.readouterr().err
