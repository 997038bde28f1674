import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assistant.slack
from assistant.cli.app import main
from assistant.slack import blocks
from assistant.slack.inbox import Inbox, Message
from assistant.slack.texts import clean, divide

FOLDER = Path(assistant.slack.__file__).parent


def message(ts: str = "1.1") -> Message:
    return Message(team="T", channel="C", user="U", ts=ts, thread="1.1", text="q")


def test_every_listener_is_in_the_manifest_and_the_other_way_round() -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    source = (FOLDER / "app.py").read_text()
    heard = set(re.findall(r'app\.event\("([a-z_]+)"\)', source))
    declared = {
        one.partition(".")[0] for one in manifest["settings"]["event_subscriptions"]["bot_events"]
    }
    assert heard == declared
    commands = {one["command"] for one in manifest["features"]["slash_commands"]}
    assert set(re.findall(r'app\.command\("(/[a-z]+)"\)', source)) == commands
    assert "agent_view" in manifest["features"]
    assert "assistant_view" not in manifest["features"]
    assert len(manifest["features"]["agent_view"]["agent_description"]) <= 300


def test_a_message_is_claimed_once_and_taken_over_once(tmp_path: Path) -> None:
    first, second = (Inbox(tmp_path / "inbox", owner=name) for name in ("a", "b"))
    assert first.claim(message())
    assert not second.claim(message())
    assert second.take_over(silent=60) == ()
    assert second.take_over(silent=0.0) == (message(),)
    second.beat([message().key])
    assert first.take_over(silent=60) == ()
    second.finish(message().key)
    assert first.take_over(silent=0.0) == ()
    assert not first.claim(message())


def test_a_message_that_kills_whoever_takes_it_is_given_up(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox", owner="a")
    inbox.claim(message())
    assert [len(inbox.take_over(silent=-1.0)) for _ in range(4)] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@U1> can web reach db?", "can web reach db?"),
        ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("see <https://x.example/a|x.example>", "see x.example"),
        ("see <https://x.example/a>", "see https://x.example/a"),
    ],
)
def test_what_a_person_typed_is_read(text: str, meant: str) -> None:
    assert clean(text) == meant


@given(st.text(max_size=400), st.integers(5, 60))
def test_pieces_joined_are_the_text_and_none_is_too_long(text: str, size: int) -> None:
    pieces = list(divide(text, size))
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= size for piece in pieces)


@given(st.text(alphabet="<!@#>abc ", max_size=40))
def test_no_text_calls_upon_people(text: str) -> None:
    assert not re.search(r"<[!@#]", blocks.safe(text))


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "NETASSIST_SLACK_BOT_TOKEN"),
        ({"NETASSIST_SLACK_BOT_TOKEN": "xoxb-1"}, "NETASSIST_SLACK_SIGNING_SECRET"),
    ],
)
def test_a_missing_token_is_named(
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["netassist", "slack"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 3
    assert said in capsys.readouterr().err
