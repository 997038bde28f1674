"""The bot as Slack meets it, and Slack's bad days."""

import asyncio
import json
import time
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

import pytest

from assistant.settings import Settings
from tests.surfaces.slack.party import DENIED, Gated, party, text_of
from topology.ipam.book import AddressBook, Draft


async def test_a_mention_is_answered_in_its_thread_with_tasks_and_votes(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings) as talk:
        began = time.monotonic()
        assert await talk.mention(DENIED) == 200
        assert time.monotonic() - began < 1
        (stop,) = await talk.wait("chat.stopStream")
        (start, *_) = slack.of("chat.startStream")
        assert (start["thread_ts"], start["recipient_user_id"]) == ("10.1", "U1")
        assert "No: `staging/web` cannot reach `shop/db`" in text_of(stop)
        assert "shop-cilium.yaml:135" in text_of(stop)
        assert stop["session_status"] == "active"
        assert "feedback_buttons" in json.dumps(stop["blocks"])
        statuses = [one["status"] for one in slack.of("agents.sessions.setStatus")]
        assert statuses[0] == "processing"
        tasks = json.dumps([start, *slack.of("chat.appendStream")])
        assert "in_progress" in tasks
        assert "can_reach staging/web" in tasks


async def test_yaml_comes_as_a_file_that_says_whether_it_is_verified(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings) as talk:
        await talk.mention("only shop/web may reach shop/cart on port 8080")
        files = await talk.wait("files.completeUploadExternal")
        assert "(verified)" in json.dumps(files)
        assert "kind: CiliumNetworkPolicy" not in text_of(slack.of("chat.stopStream")[0])


async def test_a_thread_is_a_conversation_and_no_other_hears_of_it(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings) as talk:
        await talk.mention(DENIED)
        await talk.wait("chat.stopStream")
        await talk.say("and from shop/orders?", ts="10.2", thread_ts="10.1")
        stops = await talk.wait("chat.stopStream", 2)
        assert "Yes: `shop/orders` can reach `shop/db`" in text_of(stops[1])
        await talk.mention("and from shop/cart?", ts="20.1", user="U2")
        stops = await talk.wait("chat.stopStream", 3)
        assert "shop/db" not in text_of(stops[2]).replace("shop/db`?", "")


async def test_what_is_said_in_other_threads_or_by_bots_is_left_alone(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings) as talk:
        await talk.say("can web reach db?", ts="30.1")
        await talk.say("can web reach db?", ts="30.2", thread_ts="29.9")
        await talk.say("<@UBOT> hi", ts="30.3", bot_id="B2")
        await talk.say("<@UBOT> hi", ts="30.4", subtype="message_changed")
        await asyncio.sleep(0.5)
        assert not slack.of("chat.startStream")
        await talk.say(DENIED, ts="31.1", channel="D1", channel_type="im")
        await talk.wait("chat.stopStream")


async def test_an_event_that_comes_again_is_answered_once(slack: Any, settings: Settings) -> None:
    async with party(slack, settings) as talk, party(slack, settings) as other:
        for _ in range(3):
            await talk.mention(DENIED, event_id="Ev1")
        await other.mention(DENIED, event_id="Ev1")
        await other.say(f"<@UBOT> {DENIED}", ts="10.1")
        await talk.wait("chat.stopStream")
        await talk.idle()
        await other.idle()
        assert len(slack.of("chat.stopStream")) == 1


async def test_a_forged_or_old_request_is_refused(slack: Any, settings: Settings) -> None:
    async with party(slack, settings) as talk:
        assert await talk.mention(DENIED, secret="other") == 401
        assert await talk.mention(DENIED, stamp=str(int(time.time()) - 3600)) == 401
        assert not slack.of("chat.startStream")


async def test_the_stop_button_stops_and_the_thread_goes_on(slack: Any, settings: Settings) -> None:
    gate = asyncio.Event()
    async with party(slack, settings, Gated(gate=gate)) as talk:
        await talk.mention("hello")
        await talk.wait("agents.sessions.setStatus")
        stop = {"type": "agent_session_stopped", "channel": "C1", "thread_ts": "10.1",
                "user": "U1", "event_ts": "11.1"}  # fmt: skip
        await asyncio.sleep(0.3)
        await talk.event(stop)
        (body,) = await talk.wait("chat.stopStream")
        assert "_Stopped._" in text_of(body)
        assert body["session_status"] == "active"
        assert len(slack.of("chat.startStream")) <= 1
        await talk.idle()
        gate.set()
        await talk.mention("hello again", ts="12.1")
        await talk.wait("chat.stopStream", 2)


async def test_too_many_requests_are_waited_for_as_slack_says(
    slack: Any, settings: Settings
) -> None:
    slack.script(
        "chat.stopStream", (429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})
    )
    async with party(slack, settings) as talk:
        await talk.mention(DENIED)
        await talk.wait("chat.stopStream", 2)
        await talk.idle()
        first, second = (at for name, at, _ in slack.times if name == "chat.stopStream")
        assert second - first >= 1.0
        assert not slack.of("chat.postMessage")


async def test_a_fault_of_slack_is_tried_again(slack: Any, settings: Settings) -> None:
    slack.script("chat.startStream", (503, {"ok": False}, {}), (500, {"ok": False}, {}))
    async with party(slack, settings) as talk:
        await talk.mention(DENIED)
        (stop,) = await talk.wait("chat.stopStream")
        assert "No: `staging/web`" in text_of(stop)


@pytest.mark.parametrize("error", ["message_not_in_streaming_state", "stream_expired"])
async def test_an_answer_whose_stream_expired_is_put_into_its_message(
    slack: Any, settings: Settings, error: str
) -> None:
    slack.script("chat.stopStream", (200, {"ok": False, "error": error}, {}))
    async with party(slack, settings) as talk:
        await talk.mention(DENIED)
        (update,) = await talk.wait("chat.update")
        assert "No: `staging/web` cannot reach" in json.dumps(update, ensure_ascii=False)
        await talk.idle()
        assert len(slack.of("chat.update")) == 1
        assert not slack.of("chat.postMessage")


async def test_an_answer_that_cannot_be_streamed_is_posted_whole(
    slack: Any, settings: Settings
) -> None:
    refused = (200, {"ok": False, "error": "not_allowed"}, {})
    slack.script("chat.startStream", *[refused] * 6)
    async with party(slack, settings) as talk:
        await talk.mention(DENIED)
        (post,) = await talk.wait("chat.postMessage")
        assert post["thread_ts"] == "10.1"
        assert "No: `staging/web` cannot reach" in json.dumps(post, ensure_ascii=False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"slack_users": ("U9",)}, "not on the list"),
        ({"slack_channels": ("C9",)}, "not answer in this channel"),
    ],
)
async def test_only_those_on_the_lists_are_answered(
    slack: Any, settings: Settings, given: dict[str, Any], said: str
) -> None:
    async with party(slack, settings.model_copy(update=given)) as talk:
        await talk.mention(DENIED)
        (note,) = await talk.wait("chat.postEphemeral")
        assert said in note["text"]
        assert not slack.of("chat.startStream")


async def test_who_asks_too_much_is_told_when_to_ask_again(slack: Any, settings: Settings) -> None:
    async with party(slack, settings.model_copy(update={"slack_per_minute": 1})) as talk:
        await talk.mention(DENIED)
        await talk.mention(DENIED, ts="11.1")
        (post,) = await talk.wait("chat.postMessage")
        assert "seconds" in post["text"]
        await talk.mention(DENIED, ts="12.1", user="U2")
        await talk.wait("chat.stopStream", 2)


@pytest.mark.parametrize(
    ("action", "made"), [("netassist_approve", True), ("netassist_reject", False)]
)
async def test_a_change_is_decided_by_whoever_asked_and_by_nobody_else(
    slack: Any, settings: Settings, action: str, made: bool
) -> None:
    with AddressBook(settings.book, actor="me") as book:
        book.add_block(Draft(name="corp", network=ip_network("10.60.0.0/16"), role="block"))
    async with party(slack, settings) as talk:
        await talk.mention("allocate a /26 for aks-new in corp")
        (post,) = await talk.wait("chat.postMessage")
        blocks = post["blocks"] if isinstance(post["blocks"], list) else json.loads(post["blocks"])
        token = blocks[-1]["elements"][0]["value"]
        await talk.click("netassist_approve", token, user="U2")
        (note,) = await talk.wait("chat.postEphemeral")
        assert "Only whoever asked" in note["text"]
        await talk.click(action, token)
        await talk.wait("chat.stopStream")
        await talk.idle()
    with AddressBook(settings.book, actor="me") as book:
        names = {entry.name for entry in book.entries()}
    assert ("aks-new" in names) is made


async def test_a_vote_is_kept_with_what_it_is_about(slack: Any, settings: Settings) -> None:
    async with party(slack, settings) as talk:
        await talk.mention(DENIED)
        (stop,) = await talk.wait("chat.stopStream")
        blocks = stop["blocks"] if isinstance(stop["blocks"], list) else json.loads(stop["blocks"])
        value = blocks[0]["elements"][0]["negative_button"]["value"]
        await talk.click("netassist_feedback", value, user="U7")
        path = settings.state_dir / "feedback.jsonl"
        for _ in range(100):
            if path.exists() and path.read_text():
                break
            await asyncio.sleep(0.05)
        line = json.loads(path.read_text())
        assert (line["vote"], line["session"], line["user"]) == ("wrong", "slack-T1-C1-10.1", "U7")
        assert (line["question"], line["verdict"], line["model"]) == (DENIED, "deny", "rules")


async def test_the_slash_command_answers_below_a_message_that_all_see(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings) as talk:
        body = urlencode({"command": "/net", "text": DENIED, "user_id": "U1", "channel_id": "C1",
                          "team_id": "T1", "api_app_id": "A1"})  # fmt: skip
        assert await talk.post(body, kind="application/x-www-form-urlencoded") == 200
        (post,) = await talk.wait("chat.postMessage")
        assert DENIED in post["text"]
        await talk.wait("chat.stopStream")
        (start,) = slack.of("chat.startStream")
        assert start["thread_ts"].endswith(".1")


async def test_the_messages_tab_suggests_questions_of_this_network(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings) as talk:
        await talk.event({"type": "app_home_opened", "user": "U1", "channel": "D1",
                          "tab": "messages", "event_ts": "1.1"})  # fmt: skip
        (call,) = await talk.wait("assistant.threads.setSuggestedPrompts")
        assert "Can shop/cart reach shop/db?" in json.dumps(call)


async def test_names_of_the_network_are_suggested_to_nobody_who_may_not_ask(
    slack: Any, settings: Settings
) -> None:
    async with party(slack, settings.model_copy(update={"slack_users": ("U9",)})) as talk:
        for user in ("U1", "U9"):
            await talk.event({"type": "app_home_opened", "user": user, "channel": f"D{user}",
                              "tab": "messages", "event_ts": "1.1"})  # fmt: skip
        await talk.wait("assistant.threads.setSuggestedPrompts")
        await asyncio.sleep(0.3)
        (call,) = slack.of("assistant.threads.setSuggestedPrompts")
        assert call["channel_id"] == "DU9"


async def test_a_mention_in_a_question_calls_upon_nobody(slack: Any, settings: Settings) -> None:
    async with party(slack, settings) as talk:
        await talk.mention("can <!channel> reach shop/db?")
        await talk.wait("chat.stopStream")
        await talk.idle()
        sent = json.dumps([body for _, body in slack.calls], ensure_ascii=False)
        assert "<!channel>" not in sent


async def test_two_hundred_threads_are_answered_each_with_its_own(
    slack: Any, settings: Settings
) -> None:
    pairs = ("staging/web", "shop/orders", "shop/cart", "shop/catalog")
    many = settings.model_copy(update={"slack_per_minute": 1000})
    async with party(slack, many) as talk:
        for number in range(200):
            await talk.mention(
                f"Can {pairs[number % 4]} reach shop/db?", ts=f"{100 + number}.1", user=f"U{number}"
            )
        await asyncio.to_thread(slack.wait_for, "chat.stopStream", 200)
        await talk.idle()
    threads = {body["thread_ts"]: body for body in slack.of("chat.startStream")}
    assert len(threads) == 200
    assert len(slack.of("chat.stopStream")) == 200
    for number in range(200):
        assert pairs[number % 4] in json.dumps(threads[f"{100 + number}.1"])
