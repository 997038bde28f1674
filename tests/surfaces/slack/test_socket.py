"""Socket Mode: Slack's envelopes over a socket that the bot opens."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from assistant.settings import Settings
from assistant.slack import serve
from tests.surfaces.slack.party import DENIED, party, text_of


async def test_what_comes_over_the_socket_is_acknowledged_and_answered(
    slack: Any, settings: Settings
) -> None:
    acknowledged: asyncio.Queue[str] = asyncio.Queue()
    event = {"type": "app_mention", "user": "U1", "text": f"<@UBOT> {DENIED}", "ts": "10.1",
             "channel": "C1", "event_ts": "10.1", "team": "T1"}  # fmt: skip
    payload = {
        "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": "Ev1",
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}], "event": event,
    }  # fmt: skip

    async def link(request: web.Request) -> web.WebSocketResponse:
        link = web.WebSocketResponse()
        await link.prepare(request)
        await link.send_json({"type": "hello", "num_connections": 1})
        for retry in range(2):
            envelope = {"type": "events_api", "envelope_id": f"E{retry}", "retry_attempt": retry,
                        "accepts_response_payload": False, "payload": payload}  # fmt: skip
            await link.send_json(envelope)
        async for message in link:
            if message.type is WSMsgType.TEXT and "envelope_id" in message.data:
                acknowledged.put_nowait(json.loads(message.data)["envelope_id"])
        return link

    made = web.Application()
    made.router.add_get("/link", link)
    runner = web.AppRunner(made)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    opened = {"ok": True, "url": f"ws://127.0.0.1:{port}/link"}
    slack.script("apps.connections.open", (200, opened, {}))
    async with party(slack, settings) as talk:
        served = asyncio.create_task(serve(talk.bot, app_token="xapp-test"))
        async with asyncio.timeout(60):
            assert {await acknowledged.get(), await acknowledged.get()} == {"E0", "E1"}
        (stop,) = await talk.wait("chat.stopStream")
        assert "No: `staging/web`" in text_of(stop)
        await talk.idle()
        assert len(slack.of("chat.stopStream")) == 1
        served.cancel()
        await asyncio.wait([served])
    await runner.cleanup()
