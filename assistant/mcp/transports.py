"""How clients connect: over stdin and stdout, or over HTTP on this machine only."""

from typing import Any

from mcp.server.lowlevel import Server

__all__ = ["HOST", "serve_http", "serve_stdio"]

HOST = "127.0.0.1"
"""The only address that is listened on: the workspace is read without asking who asks."""


async def serve_stdio(server: Server[Any]) -> None:
    """Serve one client until it closes the stream; whatever is printed meanwhile goes elsewhere."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


async def serve_http(server: Server[Any], *, port: int) -> None:
    """Serve clients of this machine at `/mcp` until interrupted.

    Requests with a foreign `Host` or `Origin` header are refused, so that no web page that a
    person opens can ask on their behalf.

    Raises:
        OSError: The port is taken.
    """
    import uvicorn

    config = uvicorn.Config(
        server.streamable_http_app(host=HOST), host=HOST, port=port, log_level="warning"
    )
    await uvicorn.Server(config).serve()
