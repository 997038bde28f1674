"""How Slack reaches the bot: over a socket that the bot opens, or over HTTP."""

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncBoltRequest

from assistant.slack.app import Bot

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["serve"]


async def serve(
    bot: Bot,
    *,
    app_token: str = "",
    host: str = "127.0.0.1",
    port: int = 0,
    ready: "Callable[[int], None] | None" = None,
) -> None:
    """Serve until the process is told to end; then take nothing new, and finish what runs.

    Args:
        bot: The bot.
        app_token: Opens a socket to Slack; without it, events come to `/slack/events`.
        host: Where to listen for `/healthz`, and for events without a token.
        port: Where, too; 0 for any free one.
        ready: Is told the port.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    runner = web.AppRunner(_web_of(bot, events=not app_token))
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    if ready is not None:
        ready(int(runner.addresses[0][1]))
    watcher = asyncio.create_task(bot.desk.watch(bot.client))
    handler = AsyncSocketModeHandler(bot.app, app_token) if app_token else None
    try:
        if handler is not None:
            await handler.connect_async()  # type: ignore[no-untyped-call]
        await ended.wait()
    finally:
        if handler is not None:
            await handler.close_async()  # type: ignore[no-untyped-call]
        await site.stop()
        watcher.cancel()
        await bot.desk.close()
        await runner.cleanup()


def _web_of(bot: Bot, *, events: bool) -> web.Application:
    async def health(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "running": bot.desk.running})

    async def hear(request: web.Request) -> web.Response:
        headers: dict[str, Any] = {name.lower(): [text] for name, text in request.headers.items()}
        answer = await bot.app.async_dispatch(
            AsyncBoltRequest(body=await request.text(), query=request.query_string, headers=headers)
        )
        kind = str(answer.first_headers_without_set_cookie().get("content-type", "text/plain"))
        return web.Response(
            status=answer.status, text=answer.body, content_type=kind.partition(";")[0]
        )

    made = web.Application(client_max_size=1_000_000)
    made.router.add_get("/healthz", health)
    if events:
        made.router.add_post("/slack/events", hear)
    return made
