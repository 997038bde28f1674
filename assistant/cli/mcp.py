"""The command `mcp`: this network's tools for clients of the Model Context Protocol."""

import importlib.util
from typing import Annotated

import typer

from assistant.cli.opening import WorkspacePaths, open_workspace
from assistant.cli.render import Output
from assistant.errors import NotConfigured

__all__ = ["mcp"]

_PORT = 8765


def mcp(
    context: typer.Context,
    workspace: WorkspacePaths = None,
    http: Annotated[
        bool, typer.Option("--http", help="Listen on 127.0.0.1 instead of stdin and stdout.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where, with --http.")] = _PORT,
    model: Annotated[
        str, typer.Option(help="Which model answers the tool `ask`; the client is one itself.")
    ] = "rules",
) -> None:
    """Serve the read-only tools, the policies and the articles to an MCP client.

    Examples:
      netassist mcp -w cluster.yaml
      netassist mcp -w cluster.yaml --http --port 8765
    """
    if importlib.util.find_spec("mcp") is None:
        message = "The MCP server needs a package that is not installed."
        raise NotConfigured(message, hint="Install it with `pip install 'netassist[mcp]'`.")
    import asyncio

    from assistant.agent import Assistant
    from assistant.mcp import make_server, serve_http, serve_stdio
    from assistant.settings import Settings
    from tools import registry

    output: Output = context.obj
    settings = Settings()
    assistant = Assistant(open_workspace(workspace, output), model=model, settings=settings)
    server = make_server(assistant, registry())
    if http:
        output.note(f"Listening at http://127.0.0.1:{port}/mcp; stop with Ctrl+C.")
        asyncio.run(serve_http(server, port=port))
    else:
        asyncio.run(serve_stdio(server))
