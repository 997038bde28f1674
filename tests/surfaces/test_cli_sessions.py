"""The commands `sessions`, and a question that goes on where the last one ended."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant.cli.app import app
from assistant.errors import AssistantError
from assistant.sessions import SessionStore
from topology.errors import StoreUnreadable

runner = CliRunner()


def netassist(*arguments: str) -> Result:
    return runner.invoke(app, list(arguments))


def ask(*arguments: str) -> dict[str, Any]:
    result = netassist("ask", "--model", "rules", "--json", *arguments)
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "sessions.sqlite3"
    monkeypatch.setenv("NETASSIST_SESSIONS", str(path))
    return path


def test_a_conversation_goes_on_by_its_name_and_by_continue(place: Path) -> None:
    first = ask("Can shop/web reach shop/db on 5432?")
    named = ask("--session", first["session"], "and from staging/web?")
    assert named["session"] == first["session"]
    assert named["tools"][0]["arguments"]["source"] == "staging/web"
    last = ask("--continue", "and from shop/web?")
    assert last["session"] == first["session"]
    assert last["verdict"] == first["verdict"]
    assert SessionStore(place).find(first["session"]).turns == 3


def test_continue_without_a_session_says_so(place: Path) -> None:
    result = netassist("ask", "--model", "rules", "-c", "and now?")
    assert isinstance(result.exception, AssistantError)
    assert "There is no session yet." in str(result.exception)
    assert netassist("ask", "-c", "--session", "x", "hm").exit_code == 2


def test_sessions_are_listed_shown_exported_and_deleted(place: Path, tmp_path: Path) -> None:
    assert "no session yet" in netassist("sessions", "list").stderr
    session = ask("Can shop/web reach shop/db on 5432?")["session"]
    listed = netassist("sessions", "list").stdout
    assert session in listed
    assert "Can shop/web reach shop/db on 5432?" in listed
    (row,) = json.loads(netassist("sessions", "list", "--json").stdout)["sessions"]
    assert (row["id"], row["turns"]) == (session, 1)
    shown = netassist("sessions", "show", session[:5]).stdout
    assert "## 1. Can shop/web reach shop/db on 5432?" in shown
    assert "`can_reach`" in shown
    target = tmp_path / "talk.json"
    export = ("sessions", "export", session, "--format", "json", "-o", str(target))
    assert netassist(*export).exit_code == 0
    assert target.stat().st_mode & 0o077 == 0
    document = json.loads(target.read_text())
    assert document["schema_version"] == 1
    assert document["turns"][0]["tools"][0]["name"] == "can_reach"
    assert netassist(*export).exit_code == 2
    assert netassist(*export, "--force").exit_code == 0
    assert netassist("sessions", "export", session, "--format", "pdf").exit_code == 2

    refused = netassist("sessions", "delete", session)
    assert refused.exit_code == 2
    assert SessionStore(place).find(session)
    assert netassist("sessions", "delete", session, "--yes").stdout == f"Deleted {session}.\n"
    assert SessionStore(place).sessions() == ()


def test_a_damaged_file_is_told_of(place: Path) -> None:
    place.write_bytes(b"nothing of ours" * 100)
    result = netassist("sessions", "list")
    assert isinstance(result.exception, StoreUnreadable)
    asked = netassist("ask", "--model", "rules", "Can shop/web reach shop/db on 5432?")
    assert "could not be kept" in asked.stderr
    assert "cannot be read as a session store" in asked.stderr
    assert "`shop/web` cannot reach" in asked.stdout
    assert place.read_bytes() == b"nothing of ours" * 100
