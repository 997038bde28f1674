"""The tools, the policies and the articles for clients of the Model Context Protocol."""

from assistant.mcp.server import make_server
from assistant.mcp.transports import serve_http, serve_stdio

__all__ = ["make_server", "serve_http", "serve_stdio"]
