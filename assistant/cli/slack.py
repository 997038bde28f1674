"""The command `slack`: the assistant as a bot."""

import importlib.util
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.opening import WorkspacePaths
from assistant.cli.render import Output
from assistant.errors import NotConfigured

if TYPE_CHECKING:
    from assistant.settings import Settings

__all__ = ["slack"]


def slack(
    context: typer.Context,
    workspace: WorkspacePaths = None,
    model: Annotated[str, typer.Option(help="Which model understands the questions.")] = "",
    host: Annotated[
        str, typer.Option(help="Where /healthz is, and events without an app token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where, too; 0: any.")] = 3000,
) -> None:
    """Answer in Slack, over a socket (NETASSIST_SLACK_APP_TOKEN) or over HTTP.

    NETASSIST_SLACK_BOT_TOKEN is always needed, NETASSIST_SLACK_SIGNING_SECRET for HTTP. The
    manifest of the app is assistant/slack/manifest.json.

    Examples:
      netassist slack -w cluster.yaml
      netassist slack -w cluster.yaml --host 0.0.0.0 --port 8080
    """
    if not all(map(importlib.util.find_spec, ("slack_bolt", "aiohttp"))):
        message = "The Slack bot needs packages that are not installed."
        raise NotConfigured(message, hint="Install them with `pip install 'netassist[slack]'`.")
    import asyncio

    from assistant.settings import Settings
    from assistant.slack import Workspaces, make_bot, serve

    output: Output = context.obj
    settings = Settings()
    _check(settings)
    source = workspace or list(settings.workspace) or None
    workspaces = Workspaces(settings, source, model or settings.model)

    async def run() -> None:
        bot = make_bot(settings, workspaces.assistant_of)
        token = settings.slack_app_token
        await serve(
            bot,
            app_token=token.get_secret_value() if token else "",
            host=host,
            port=port,
            ready=lambda number: output.note(f"Listening at http://{host}:{number}/healthz."),
        )

    asyncio.run(run())


def _check(settings: "Settings") -> None:
    """Say which token is missing before anything is opened."""
    if settings.slack_bot_token is None:
        message = "The Slack bot has no token."
        raise NotConfigured(
            message, hint="Set NETASSIST_SLACK_BOT_TOKEN to one that begins `xoxb-`."
        )
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        message = "The Slack bot can be reached neither over a socket nor over HTTP."
        hint = "Set NETASSIST_SLACK_APP_TOKEN, or NETASSIST_SLACK_SIGNING_SECRET."
        raise NotConfigured(message, hint=hint)
