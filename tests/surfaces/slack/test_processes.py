"""Several processes of one bot, events out of order, and processes that end: nothing is lost."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from assistant.settings import Settings
from assistant.slack.inbox import Inbox, Message
from assistant.slack.reply import ANSWERED
from tests.surfaces.slack.party import DENIED, Gated, party, text_of
from topology.ipam.book import AddressBook, Draft
from topology.samples import sample_path

MESSAGE = Message(team="T1", channel="C1", user="U1", ts="10.1", thread="10.1", text=DENIED)
FORMS: dict[str, Any] = {
    "event_callback": {
        "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": "Ev1",
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "event": {"type": "app_mention", "user": "U1", "text": f"<@UBOT> {DENIED}", "ts": "10.1",
                  "channel": "C1", "event_ts": "10.1", "team": "T1"},
    },
}  # fmt: skip


@pytest.fixture
def left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """Return the inbox of a process that died over a question."""
    monkeypatch.setattr("assistant.slack.desk.SILENT", 0.0)
    monkeypatch.setattr("assistant.slack.desk.BEAT", 0.1)
    dead = Inbox(settings.state_dir / "slack.sqlite3", owner="dead")
    assert dead.claim(MESSAGE)
    return dead


async def test_what_a_dead_process_left_behind_is_answered_by_another(
    slack: Any, settings: Settings, left: Inbox
) -> None:
    async with party(slack, settings) as talk, talk.watching():
        await talk.mention(DENIED)
        (stop,) = await talk.wait("chat.stopStream")
        assert "No: `staging/web`" in text_of(stop)
        await talk.idle()
        assert len(slack.of("chat.stopStream")) == 1
        assert left.take_over(silent=0.0) == ()


async def test_an_answer_that_was_begun_is_ended_in_the_same_message(
    slack: Any, settings: Settings, left: Inbox
) -> None:
    left.note_reply(MESSAGE.key, "900.1")
    async with party(slack, settings) as talk, talk.watching():
        (update,) = await talk.wait("chat.update")
        assert update["ts"] == "900.1"
        assert "No: `staging/web`" in json.dumps(update, ensure_ascii=False)
        await talk.idle()
        assert {one["ts"] for one in slack.of("chat.stopStream")} == {"900.1"}
        assert not any(text_of(one) for one in slack.of("chat.stopStream"))
        assert not slack.of("chat.startStream")


async def test_an_answer_that_stands_in_the_thread_is_not_sent_again(
    slack: Any, settings: Settings, left: Inbox
) -> None:
    mark = {"event_type": ANSWERED, "event_payload": {"key": MESSAGE.key}}
    slack.thread = [{"user": "U1", "ts": "10.1"}, {"user": "UBOT", "ts": "900.1", "metadata": mark}]
    async with party(slack, settings) as talk, talk.watching():
        await talk.wait("conversations.replies")
        await talk.idle()
        assert left.take_over(silent=0.0) == ()
        assert not slack.of("chat.startStream")
        assert not slack.of("chat.update")


async def test_an_answer_that_slack_did_not_take_is_tried_until_it_does(
    slack: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.slack.desk.SILENT", 0.0)
    monkeypatch.setattr("assistant.slack.desk.BEAT", 0.1)
    refused = (200, {"ok": False, "error": "internal_error"}, {})
    slack.script("chat.stopStream", *[refused] * 2)
    slack.script("chat.update", *[refused] * 2)
    async with party(slack, settings) as talk:
        await talk.mention(DENIED)
        await talk.wait("chat.update", 2)
        async with talk.watching():
            update = (await talk.wait("chat.update", 3))[-1]
            assert "No: `staging/web`" in json.dumps(update, ensure_ascii=False)
            await talk.idle()


async def test_a_follow_up_that_comes_before_its_question_is_answered_after_it(
    slack: Any, settings: Settings
) -> None:
    slack.thread = [
        {"user": "U1", "ts": "10.1", "text": f"<@UBOT> {DENIED}"},
        {"user": "U1", "ts": "10.2", "text": "and from shop/orders?"},
    ]
    async with party(slack, settings) as talk:
        await talk.say("and from shop/orders?", ts="10.2", thread_ts="10.1")
        await talk.mention(DENIED)
        first, second = await talk.wait("chat.stopStream", 2)
        assert "No: `staging/web`" in text_of(first)
        assert "Yes: `shop/orders` can reach `shop/db`" in text_of(second)
        await talk.idle()
        assert len(slack.of("chat.stopStream")) == 2


async def test_a_button_that_reaches_another_process_works(slack: Any, settings: Settings) -> None:
    with AddressBook(settings.book, actor="me") as book:
        book.add_block(Draft(name="corp", network=ip_network("10.60.0.0/16"), role="block"))
    async with party(slack, settings) as talk, party(slack, settings) as other:
        await talk.mention("allocate a /26 for aks-new in corp")
        (post,) = await talk.wait("chat.postMessage")
        token = post["blocks"][-1]["elements"][0]["value"]
        await other.click("netassist_approve", token)
        await talk.wait("chat.stopStream")
        await other.click("netassist_reject", token)
        await other.wait("chat.postEphemeral")
    with AddressBook(settings.book, actor="me") as book:
        assert "aks-new" in {entry.name for entry in book.entries()}


async def test_a_stop_that_reaches_another_process_works(slack: Any, settings: Settings) -> None:
    async with (
        party(slack, settings, Gated(gate=asyncio.Event())) as talk,
        party(slack, settings) as other,
        talk.watching(),
    ):
        await talk.mention("hello")
        await talk.wait("agents.sessions.setStatus")
        await other.event({"type": "agent_session_stopped", "channel": "C1", "thread_ts": "10.1",
                           "user": "U1", "event_ts": "11.1"})  # fmt: skip
        (stop,) = await talk.wait("chat.stopStream")
        assert "_Stopped._" in text_of(stop)


async def test_a_question_that_waits_is_seen_and_can_be_stopped(
    slack: Any, settings: Settings
) -> None:
    gate = asyncio.Event()
    async with party(slack, settings, Gated(gate=gate)) as talk:
        await talk.mention("hello")
        await talk.mention("and you?", ts="10.2", thread_ts="10.1")
        await talk.wait("agents.sessions.setStatus", 2)
        await talk.event({"type": "agent_session_stopped", "channel": "C1", "thread_ts": "10.1",
                          "user": "U1", "event_ts": "11.1"})  # fmt: skip
        stops = await talk.wait("chat.stopStream", 2)
        assert all("_Stopped._" in text_of(stop) for stop in stops)
        await talk.idle()
    inbox = Inbox(settings.state_dir / "slack.sqlite3", owner="x")
    assert inbox.take_over(silent=-1.0) == ()


async def test_what_does_not_end_in_time_is_left_to_the_next_process_at_once(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings, Gated(gate=asyncio.Event())) as talk:
        await talk.mention("hello")
        await talk.wait("agents.sessions.setStatus")
        await talk.bot.desk.close(patience=0.2)
    assert not slack.of("chat.stopStream")
    (message,) = Inbox(settings.state_dir / "slack.sqlite3", owner="x").take_over(silent=45.0)
    assert message.text == "hello"


@contextmanager
def process(slack: Any, settings: Settings, **more: str) -> Iterator[tuple[Any, str]]:
    """Start the command in a process of its own; yield it and its address."""
    program = (
        "import assistant.slack.desk as desk; desk.SILENT, desk.BEAT = 1.0, 0.2; "
        "from assistant.cli.app import main; main()"
    )
    environment = {
        **os.environ, "NETASSIST_SLACK_BOT_TOKEN": "xoxb-test", "NETASSIST_SLACK_URL": slack.url,
        "NETASSIST_SLACK_SIGNING_SECRET": "secret", "NETASSIST_STATE_DIR": str(settings.state_dir),
        **more,
    }  # fmt: skip
    words = ["slack", "--port", "0", "--model", "rules", "-w", str(sample_path())]
    command = [sys.executable, "-c", program, *words]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert running.stderr is not None
        for line in running.stderr:
            if "Listening at " in line:
                yield running, line.partition("Listening at ")[2].partition("/healthz")[0]
                break
        else:
            pytest.fail("the bot did not listen")
    finally:
        running.kill()
        running.communicate()


def send(address: str, body: dict[str, Any]) -> int:
    text, stamp = json.dumps(body), str(int(time.time()))
    signature = SignatureVerifier("secret").generate_signature(timestamp=stamp, body=text) or ""
    headers = {
        "content-type": "application/json", "x-slack-signature": signature,
        "x-slack-request-timestamp": stamp,
    }  # fmt: skip
    return httpx.post(f"{address}/slack/events", content=text, headers=headers).status_code


def test_a_process_that_is_told_to_end_finishes_what_runs(slack: Any, settings: Settings) -> None:
    slack.gates["chat.startStream"] = threading.Event()
    with process(slack, settings) as (running, address):
        assert httpx.get(f"{address}/healthz").json() == {"ok": True, "running": 0}
        assert httpx.post(f"{address}/slack/events", content="{}").status_code == 401
        assert send(address, FORMS["event_callback"]) == 200
        slack.wait_for("chat.startStream")
        assert httpx.get(f"{address}/healthz").json()["running"] == 1
        running.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.poll() is None
        slack.gates["chat.startStream"].set()
        assert running.wait(60) == 0
        (stop,) = slack.of("chat.stopStream")
        assert "No: `staging/web`" in text_of(stop)


def test_a_process_that_is_killed_over_an_answer_leaves_it_to_the_next(
    slack: Any, settings: Settings
) -> None:
    gate = slack.gates["chat.stopStream"] = threading.Event()
    with process(slack, settings) as (running, address):
        assert send(address, FORMS["event_callback"]) == 200
        slack.wait_for("chat.stopStream")
        running.kill()
    del slack.gates["chat.stopStream"]
    gate.set()
    before = slack.of("chat.startStream")
    with process(slack, settings) as (_, address):
        assert send(address, FORMS["event_callback"]) == 200
        (update,) = slack.wait_for("chat.update")
        assert "No: `staging/web`" in json.dumps(update, ensure_ascii=False)
        assert slack.of("chat.startStream") == before


def test_each_channel_asks_about_its_own_network(
    slack: Any, settings: Settings, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(
        "apiVersion: v1\nkind: Pod\n"
        "metadata: {name: lamp, namespace: hall, labels: {app: lamp}}\n"
        "spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}\n"
    )
    asked = {**FORMS["event_callback"]["event"], "text": "<@UBOT> who can reach hall/lamp?"}
    elsewhere = {**FORMS["event_callback"], "event_id": "Ev2",
                 "event": {**asked, "channel": "C2", "ts": "11.1"}}  # fmt: skip
    workspaces = json.dumps({"C2": str(other)})
    with process(slack, settings, NETASSIST_SLACK_WORKSPACES=workspaces) as (_, address):
        send(address, {**FORMS["event_callback"], "event": asked})
        slack.wait_for("chat.stopStream")
        send(address, elsewhere)
        first, second = slack.wait_for("chat.stopStream", 2)
        assert "`hall/lamp`" in text_of(second)
        assert "other.yaml" in text_of(second) or "No policy" in text_of(second)
        assert text_of(first) != text_of(second)
