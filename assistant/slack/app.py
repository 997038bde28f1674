"""The listeners: what Slack sends, and what becomes of it."""

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp
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


@dataclass(frozen=True, slots=True)
class Bot:
    """The app, its client, and the desk behind it."""

    app: AsyncApp
    client: AsyncWebClient
    desk: Desk


def make_bot(
    settings: "Settings",
    assistant_of: "Callable[[str, Approve], Assistant]",
    *,
    base_url: str = "https://slack.com/api/",
) -> Bot:
    """Return the bot with every listener in place; nothing is listened to yet.

    Args:
        settings: Tokens, who may ask and where, and where state is kept.
        assistant_of: Opens the assistant of a channel's workspace; it should keep them.
        base_url: Where Slack's interface is; another one in tests.
    """
    client = AsyncWebClient(token=_reveal(settings.slack_bot_token), base_url=base_url)
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
        self._threads: set[tuple[str, str]] = set()

    async def hear_mention(
        self, event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient
    ) -> None:
        """Answer whoever mentions the bot, in a thread."""
        await self._ask(event, body, client)

    async def hear_message(
        self, event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, context: Any
    ) -> None:
        """Answer direct messages, and what is said in threads that the bot is part of."""
        if event.get("subtype") or event.get("bot_id") or not event.get("user"):
            return
        direct = event.get("channel_type") == "im"
        mentioned = f"<@{context.bot_user_id}>" in event.get("text", "")
        thread = (event.get("channel", ""), event.get("thread_ts", ""))
        if direct or mentioned or (thread[1] and await self._is_ours(client, *thread)):
            await self._ask(event, body, client)

    async def open_home(self, event: dict[str, Any], client: AsyncWebClient) -> None:
        """Suggest questions of this network where the bot's messages are opened."""
        if event.get("tab") != "messages":
            return
        assistant = self._assistant_of(event.get("channel", ""), _refuse)
        prompts = [
            {"title": one.title, "message": one.question} for one in suggest(assistant.workspace)
        ]
        await client.assistant_threads_setSuggestedPrompts(
            channel_id=event.get("channel", ""), title=_HELLO[:150], prompts=prompts[:4]
        )

    async def change_context(self, event: dict[str, Any]) -> None:
        """Take note of where somebody went; nothing follows from it."""

    async def stop(self, event: dict[str, Any]) -> None:
        """Stop an answer by Slack's own button."""
        self._desk.stop(event.get("channel", ""), event.get("thread_ts", ""))

    async def run_command(self, ack: Any, command: dict[str, Any], client: AsyncWebClient) -> None:
        """Answer `/net QUESTION` in the thread of a message that all can see."""
        await ack()
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
        self._threads.add((channel, ts))
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
        vote, _, session = str(body["actions"][0].get("value", "")).partition(" ")
        await self._desk.vote(vote, session, body["user"]["id"])

    async def _decide(
        self, ack: Any, body: dict[str, Any], client: AsyncWebClient, *, approved: bool
    ) -> None:
        await ack()
        user, token = body["user"]["id"], str(body["actions"][0].get("value", ""))
        if not self._desk.decide(token, user, approved=approved):
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
        self._threads.add((channel, thread))
        message = Message(
            team=body.get("team_id", ""), channel=channel, user=user, ts=event["ts"],
            thread=thread, text=question,
        )  # fmt: skip
        await self._desk.take(client, message)

    async def _is_ours(self, client: AsyncWebClient, channel: str, thread: str) -> bool:
        """Return whether the bot has spoken in a thread; asked of Slack where it is not known."""
        if (channel, thread) in self._threads:
            return True
        try:
            found = await client.conversations_replies(channel=channel, ts=thread, limit=50)
            me = (await client.auth_test())["user_id"]
        except Exception:
            logger.warning("the thread %s of %s could not be read", thread, channel)
            return False
        said: list[dict[str, Any]] = found.get("messages", [])
        ours = any(one.get("user") == me for one in said)
        if ours:
            self._threads.add((channel, thread))
        return ours

    def _fault(self, user: str, channel: str) -> str:
        """Return why somebody may not ask here; empty if they may."""
        users, channels = self._settings.slack_users, self._settings.slack_channels
        if users and user not in users:
            return "You are not on the list of people who may ask me."
        if channels and channel not in channels and not channel.startswith("D"):
            return "I do not answer in this channel."
        return ""


async def _refuse(_: Any) -> bool:
    return False


def _reveal(secret: Any) -> str:
    return str(secret.get_secret_value()) if secret is not None else ""
