"""The listeners: what Slack sends, and what becomes of it."""

import asyncio
import json
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from assistant.slack import blocks
from assistant.slack.desk import Desk
from assistant.slack.inbox import Inbox, Message
from assistant.slack.texts import clean
from assistant.suggestions import suggest

if TYPE_CHECKING:
    from assistant.agent import Assistant
    from assistant.approval import Approve
    from assistant.settings import Settings

__all__ = ["Bot", "make_bot"]

logger = logging.getLogger(__name__)

_HELLO = "Ask about this network in plain words; the answer is computed, with rule, file and line."
_RETRIES = 3
_SAID = ("", "file_share", "thread_broadcast")
"""Kinds of messages in which a person says something."""
_MOST_THREADS = 10_000


@dataclass(frozen=True, slots=True)
class Bot:
    """The app, its client, and the desk behind it."""

    app: AsyncApp
    client: AsyncWebClient
    desk: Desk


def make_bot(
    settings: "Settings",
    assistant_of: "Callable[[str, Approve], Assistant]",
) -> Bot:
    """Return the bot with every listener in place; nothing is listened to yet.

    Args:
        settings: Tokens, who may ask and where, and where state is kept.
        assistant_of: Opens the assistant of a channel's workspace; it should keep them.
    """
    client = AsyncWebClient(token=_reveal(settings.slack_bot_token), base_url=settings.slack_url)
    client.retry_handlers[:] = [
        AsyncConnectionErrorRetryHandler(max_retry_count=_RETRIES),
        AsyncRateLimitErrorRetryHandler(max_retry_count=_RETRIES),
        AsyncServerErrorRetryHandler(max_retry_count=_RETRIES),
    ]
    app = AsyncApp(client=client, signing_secret=_reveal(settings.slack_signing_secret))
    shared = settings.sessions if "://" in settings.sessions else ""
    inbox = Inbox(
        shared or settings.state_dir / "slack.sqlite3",
        owner=f"{socket.gethostname()}-{os.getpid()}",
    )
    desk = Desk(
        assistant_of,
        inbox,
        votes=settings.state_dir / "feedback.jsonl",
        per_minute=settings.slack_per_minute,
    )
    listeners = _Listeners(settings, assistant_of, desk)
    app.event("app_mention")(listeners.hear_mention)
    app.event("message")(listeners.hear_message)
    app.event("app_home_opened")(listeners.open_home)
    app.event("app_context_changed")(listeners.change_context)
    app.event("agent_session_stopped")(listeners.stop)
    app.command("/net")(listeners.run_command)
    app.action(blocks.APPROVE)(listeners.approve)
    app.action(blocks.REJECT)(listeners.reject)
    app.action(blocks.FEEDBACK)(listeners.vote)
    return Bot(app, client, desk)


class _Listeners:
    """One method for each thing that Slack sends; the manifest names them all."""

    def __init__(
        self,
        settings: "Settings",
        assistant_of: "Callable[[str, Approve], Assistant]",
        desk: Desk,
    ) -> None:
        self._settings = settings
        self._assistant_of = assistant_of
        self._desk = desk
        self._threads: dict[tuple[str, str], None] = {}

    async def hear_mention(
        self, event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, context: Any
    ) -> None:
        """Answer whoever mentions the bot, in a thread."""
        if event.get("bot_id") or not event.get("user"):
            return
        with self._desk.hearing():
            if event.get("thread_ts"):
                await self._catch_up(event, body, client, context.bot_user_id)
            await self._ask(event, body, client)

    async def hear_message(
        self, event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, context: Any
    ) -> None:
        """Answer direct messages, and what is said in threads that the bot is part of."""
        if event.get("subtype", "") not in _SAID or event.get("bot_id") or not event.get("user"):
            return
        with self._desk.hearing():
            direct = event.get("channel_type") == "im"
            called = direct or f"<@{context.bot_user_id}>" in event.get("text", "")
            ours = False
            if event.get("thread_ts"):
                ours = await self._catch_up(event, body, client, context.bot_user_id)
            if called or ours:
                await self._ask(event, body, client)

    async def open_home(self, event: dict[str, Any], client: AsyncWebClient) -> None:
        """Suggest questions of this network where the bot's messages are opened."""
        channel = event.get("channel", "")
        # The questions hold names of the network, which are for those who may ask.
        if event.get("tab") != "messages" or self._fault(event.get("user", ""), channel):
            return
        assistant = await asyncio.to_thread(self._assistant_of, channel, _refuse)
        prompts = [
            {"title": one.title, "message": one.question} for one in suggest(assistant.workspace)
        ]
        await client.assistant_threads_setSuggestedPrompts(
            channel_id=channel, title=_HELLO[:150], prompts=prompts[:4]
        )

    async def change_context(self, event: dict[str, Any]) -> None:
        """Take note of where somebody went; nothing follows from it."""

    async def stop(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Stop an answer by Slack's own button."""
        if self._fault(event.get("user", ""), event.get("channel", "")):
            return
        await self._desk.stop(
            body.get("team_id", ""), event.get("channel", ""), event.get("thread_ts", "")
        )

    async def run_command(
        self, ack: Any, command: dict[str, Any], client: AsyncWebClient, respond: Any
    ) -> None:
        """Answer `/net QUESTION` in the thread of a message that all can see."""
        await ack()
        with self._desk.hearing():
            try:
                await self._run_command(command, client)
            except SlackApiError as error:
                # Nothing else reaches the person where the bot is not a member.
                logger.warning("/net could not be answered: %s", error)
                await respond("I cannot write here; invite me to this channel and ask again.")

    async def _run_command(self, command: dict[str, Any], client: AsyncWebClient) -> None:
        user, channel = command["user_id"], command["channel_id"]
        question = clean(command.get("text", ""))
        fault = self._fault(user, channel)
        if fault or not question:
            text = fault or f"Write a question behind /net. {_HELLO}"
            await client.chat_postEphemeral(channel=channel, user=user, text=text)
            return
        posted = await client.chat_postMessage(
            channel=channel, text=f"<@{user}> asks: {blocks.safe(question)}",
            blocks=[{"type": "context", "elements": [
                {"type": "mrkdwn", "text": f"<@{user}> asks"},
                blocks.plain(question),
            ]}],
        )  # fmt: skip
        ts = str(posted["ts"])
        self._join(channel, ts)
        message = Message(
            team=command.get("team_id", ""), channel=channel, user=user, ts=ts, thread=ts,
            text=question,
        )  # fmt: skip
        await self._desk.take(client, message)

    async def approve(self, ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Let a change be made, if it is the asking person who says so."""
        await self._decide(ack, body, client, approved=True)

    async def reject(self, ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Refuse a change."""
        await self._decide(ack, body, client, approved=False)

    async def vote(self, ack: Any, body: dict[str, Any]) -> None:
        """Keep a vote."""
        await ack()
        with self._desk.hearing():
            # Written by the bot itself, and signed by Slack on its way back.
            await self._desk.vote(json.loads(body["actions"][0]["value"]), body["user"]["id"])

    async def _decide(
        self, ack: Any, body: dict[str, Any], client: AsyncWebClient, *, approved: bool
    ) -> None:
        await ack()
        user, token = body["user"]["id"], str(body["actions"][0].get("value", ""))
        if not await self._desk.decide(token, user, approved=approved):
            await client.chat_postEphemeral(
                channel=body["channel"]["id"],
                user=user,
                text="Only whoever asked can decide this, once, and while the question waits.",
            )

    async def _ask(
        self, event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient
    ) -> None:
        channel, user = event["channel"], event["user"]
        thread = event.get("thread_ts") or event["ts"]
        question = clean(event.get("text", ""))
        fault = self._fault(user, channel)
        if fault or not question:
            await client.chat_postEphemeral(
                channel=channel, user=user, thread_ts=thread, text=fault or _HELLO
            )
            return
        self._join(channel, thread)
        message = Message(
            team=body.get("team_id", ""), channel=channel, user=user, ts=event["ts"],
            thread=thread, text=question,
        )  # fmt: skip
        await self._desk.take(client, message)

    async def _catch_up(
        self, event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, me: str
    ) -> bool:
        """Return whether a thread is ours, and take what was asked in it before and not heard.

        Events come in any order: what follows a question may arrive before it.
        """
        channel, thread = event["channel"], event["thread_ts"]
        if (channel, thread) in self._threads:
            return True
        try:
            found = await client.conversations_replies(channel=channel, ts=thread, limit=50)
        except SlackApiError as error:
            logger.warning("the thread %s of %s could not be read: %s", thread, channel, error)
            return False
        said: list[dict[str, Any]] = found.get("messages", [])
        if any(one.get("user") == me for one in said):
            self._join(channel, thread)
            return True
        direct = event.get("channel_type") == "im"
        missed = [
            {**one, "channel": channel, "thread_ts": thread}
            for one in said
            if one.get("user") and not one.get("bot_id") and one.get("subtype", "") in _SAID
            and _moment(one) < _moment(event) and (direct or f"<@{me}>" in one.get("text", ""))
        ]  # fmt: skip
        for one in missed:
            if not self._fault(one["user"], channel) and clean(one["text"]):
                await self._ask(one, body, client)
        return bool(missed)

    def _join(self, channel: str, thread: str) -> None:
        """Remember a thread that the bot is part of; of very many, the latest."""
        self._threads[channel, thread] = None
        while len(self._threads) > _MOST_THREADS:
            self._threads.pop(next(iter(self._threads)))

    def _fault(self, user: str, channel: str) -> str:
        """Return why somebody may not ask here; empty if they may."""
        users, channels = self._settings.slack_users, self._settings.slack_channels
        if users and user not in users:
            return "You are not on the list of people who may ask me."
        if channels and channel not in channels and not channel.startswith("D"):
            return "I do not answer in this channel."
        return ""


def _moment(event: dict[str, Any]) -> float:
    return float(event.get("ts") or 0)


async def _refuse(_: Any) -> bool:
    return False


def _reveal(secret: Any) -> str:
    return str(secret.get_secret_value()) if secret is not None else ""
