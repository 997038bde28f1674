"""A bot and how Slack speaks to it: real Bolt, real client, signed requests."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from assistant.agent import Assistant
from assistant.approval import Approve
from assistant.settings import Settings
from assistant.slack import Bot, make_bot

DENIED = "Can staging/web reach the db?"


class Gated(BaseChatModel):
    """Says its line when it is let."""

    gate: Any = None
    line: str = "I only say hello."

    @property
    def _llm_type(self) -> str:
        return "gated"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> ChatResult:
        await self.gate.wait()
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.line))])


class Party:
    """A bot and how Slack speaks to it."""

    def __init__(self, bot: Bot, slack: Any) -> None:
        self.bot, self.slack = bot, slack
        self._number = 0

    async def post(self, body: str, *, kind: str = "application/json", **headers: str) -> int:
        stamp = headers.pop("stamp", str(int(time.time())))
        secret = headers.pop("secret", "secret")
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
        signed = {
            "content-type": [kind], "x-slack-signature": [signature or ""],
            "x-slack-request-timestamp": [stamp],
            **{name.replace("_", "-"): [value] for name, value in headers.items()},
        }  # fmt: skip
        answer = await self.bot.app.async_dispatch(AsyncBoltRequest(body=body, headers=signed))
        return int(answer.status)

    async def event(self, event: dict[str, Any], *, event_id: str = "", **headers: str) -> int:
        self._number += 1
        body = {
            "type": "event_callback", "team_id": "T1", "api_app_id": "A1",
            "event_id": event_id or f"Ev{self._number}", "event_time": 1, "event": event,
            "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        }  # fmt: skip
        return await self.post(json.dumps(body), **headers)

    async def mention(
        self, text: str, *, ts: str = "10.1", user: str = "U1", channel: str = "C1", **more: Any
    ) -> int:
        headers = {key: more.pop(key) for key in ("stamp", "secret", "event_id") if key in more}
        event = {
            "type": "app_mention", "user": user, "text": f"<@UBOT> {text}", "ts": ts,
            "channel": channel, "event_ts": ts, "team": "T1", **more,
        }  # fmt: skip
        return await self.event(event, **headers)

    async def say(self, text: str, *, ts: str, thread_ts: str = "", **more: Any) -> int:
        event = {
            "type": "message", "user": "U1", "text": text, "ts": ts, "channel": "C1",
            "channel_type": "channel", "event_ts": ts, "team": "T1", **more,
        }  # fmt: skip
        if thread_ts:
            event["thread_ts"] = thread_ts
        return await self.event(event)

    async def click(self, action: str, value: str, *, user: str = "U1") -> int:
        payload = {
            "type": "block_actions", "team": {"id": "T1"}, "user": {"id": user, "team_id": "T1"},
            "channel": {"id": "C1"}, "container": {"type": "message"}, "api_app_id": "A1",
            "actions": [{"action_id": action, "block_id": "b", "type": "button", "value": value}],
        }  # fmt: skip
        body = urlencode({"payload": json.dumps(payload)})
        return await self.post(body, kind="application/x-www-form-urlencoded")

    async def wait(self, method: str, count: int = 1) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self.slack.wait_for, method, count)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look through the inbox meanwhile, as `serve` does."""
        watcher = asyncio.create_task(self.bot.desk.watch(self.bot.client))
        try:
            yield
        finally:
            watcher.cancel()
            await asyncio.wait([watcher])

    async def idle(self) -> None:
        for _ in range(1200):
            if not self.bot.desk.running:
                return
            await asyncio.sleep(0.05)
        pytest.fail("the bot did not come to an end")


@asynccontextmanager
async def party(slack: Any, settings: Settings, model: Any = "rules") -> AsyncIterator[Party]:
    opened: list[Assistant] = []

    def assistant_of(channel: str, approve: Approve) -> Assistant:
        if not opened:
            opened.append(Assistant(model=model, settings=settings, approve=approve))
        return opened[0]

    bot = make_bot(settings.model_copy(update={"slack_url": slack.url}), assistant_of)
    try:
        yield Party(bot, slack)
    finally:
        await bot.desk.close(patience=5)


def text_of(stop: dict[str, Any]) -> str:
    chunks = stop.get("chunks") or []
    chunks = json.loads(chunks) if isinstance(chunks, str) else chunks
    return "".join(str(one.get("text", "")) for one in chunks) + str(
        stop.get("markdown_text") or ""
    )
