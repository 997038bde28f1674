"""A server on loopback that speaks the chat completions protocol of OpenAI, driven by a script.

It answers both plain and streamed requests, refuses what the real one refuses (a tool result
without its call, a malformed tool schema), and can fail in the ways that real servers fail.
"""

import json
import re
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Calls", "CutOff", "Garbage", "Hang", "OpenAIDouble", "Reply", "Say", "Stall", "Status"]

PATIENCE = 30.0
"""Seconds after which a reply that hangs gives up, should a test forget to end it."""


@dataclass(frozen=True)
class Say:
    """A text, streamed in pieces of `size` characters."""

    text: str
    size: int = 7


@dataclass(frozen=True)
class Calls:
    """Tool calls, at once; arguments as text, so that they may be no JSON."""

    calls: Sequence[tuple[str, Mapping[str, Any] | str]]
    text: str = ""
    size: int = 5
    reason: str = "tool_calls"


@dataclass(frozen=True)
class Status:
    """An error of HTTP."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "scripted"
    reason: str | None = None
    """The `code` in the body, such as `context_length_exceeded`."""


@dataclass(frozen=True)
class Hang:
    """Takes the request and says nothing."""


@dataclass(frozen=True)
class Stall:
    """Streams a text and then nothing more, until the client leaves."""

    text: str


@dataclass(frozen=True)
class CutOff:
    """Streams a text and closes the connection in the middle of the stream."""

    text: str


@dataclass(frozen=True)
class Garbage:
    """Answers 200 with something that is no completion."""

    body: str
    kind: str = "application/json"


Reply = Say | Calls | Status | Hang | Stall | CutOff | Garbage


class OpenAIDouble:
    """The server; a context manager.

    Args:
        script: One reply for each request, in order.
    """

    def __init__(self, *script: Reply) -> None:
        self._script = list(script)
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str] = []
        self.stalled = threading.Event()
        """Set once a reply that hangs has begun."""
        self.left = threading.Event()
        """Set once a client left a stalled stream."""
        self.stopped = threading.Event()
        double = self

        class Handler(_Handler):
            owner = double

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Return the base address, as OPENAI_BASE_URL wants it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> "OpenAIDouble":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, request: dict[str, Any]) -> Reply:
        """Return the next reply of the script."""
        with self._lock:
            self.requests.append(request)
            if fault := _find_fault(request):
                return Status(400, message=fault)
            return self._script.pop(0) if self._script else Status(500, message="script is over")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: OpenAIDouble

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        request = json.loads(self.rfile.read(length))
        self.owner.paths.append(self.path)
        key = self.headers.get("api-key") or self.headers.get("authorization", "")
        self.owner.keys.append(key.removeprefix("Bearer "))
        if not self.path.split("?")[0].endswith("/chat/completions"):
            self._fail(Status(404, message="no such path"))
            return
        reply = self.owner.take(request)
        try:
            self._answer(reply, request)
        except (BrokenPipeError, ConnectionResetError):
            self.owner.left.set()
            self.close_connection = True

    def _answer(self, reply: Reply, request: dict[str, Any]) -> None:
        match reply:
            case Status():
                self._fail(reply)
            case Garbage(body, kind):
                self._send(200, body.encode(), kind)
            case Hang():
                self._wait()
            case Say() | Calls() if not request.get("stream"):
                self._complete(reply, request)
            case _:
                self._stream(reply, request)

    def _fail(self, status: Status) -> None:
        error: dict[str, Any] = {"message": status.message, "type": "scripted", "param": None}
        error["code"] = status.reason
        self._send(
            status.code, json.dumps({"error": error}).encode(), "application/json", status.headers
        )

    def _send(
        self, code: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(code)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _complete(self, reply: Say | Calls, request: dict[str, Any]) -> None:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if isinstance(reply, Calls):
            message["tool_calls"] = [
                {
                    "id": f"call_{len(self.owner.requests)}_{position}",
                    "type": "function",
                    "function": {"name": name, "arguments": _write(arguments)},
                }
                for position, (name, arguments) in enumerate(reply.calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": _reason(reply), "logprobs": None}
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": request.get("model", "deployment"),
            "choices": [choice],
            "usage": USAGE,
        }
        self._send(200, json.dumps(body).encode(), "application/json")

    def _stream(self, reply: Say | Calls | Stall | CutOff, request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._event(request, {"role": "assistant", "content": ""})
        for piece in _cut(reply.text, getattr(reply, "size", 7)):
            self._event(request, {"content": piece})
        if isinstance(reply, CutOff):
            self.close_connection = True
            return
        if isinstance(reply, Stall):
            self._wait()
            return
        if isinstance(reply, Calls):
            self._stream_calls(reply, request)
        self._event(request, {}, reason=_reason(reply))
        if (request.get("stream_options") or {}).get("include_usage"):
            self._event(request, None, usage=USAGE)
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _stream_calls(self, reply: Calls, request: dict[str, Any]) -> None:
        """Stream every call's head, and then the arguments of all, a fragment of each in turn."""
        fragments = []
        for position, (name, arguments) in enumerate(reply.calls):
            head = {
                "index": position,
                "id": f"call_{len(self.owner.requests)}_{position}",
                "type": "function",
                "function": {"name": name, "arguments": ""},
            }
            self._event(request, {"tool_calls": [head]})
            fragments.append(_cut(_write(arguments), reply.size))
        for turn in range(max((len(pieces) for pieces in fragments), default=0)):
            for position, pieces in enumerate(fragments):
                if turn < len(pieces):
                    part = {"index": position, "function": {"arguments": pieces[turn]}}
                    self._event(request, {"tool_calls": [part]})

    def _event(
        self,
        request: dict[str, Any],
        delta: dict[str, Any] | None,
        *,
        reason: str | None = None,
        usage: dict[str, int] | None = None,
    ) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": request.get("model", "deployment"),
            "choices": [] if delta is None else [choice],
            "usage": usage,
        }
        self._chunk(f"data: {json.dumps(body)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _wait(self) -> None:
        """Say nothing until the client leaves or the test ends."""
        self.owner.stalled.set()
        self.close_connection = True
        self.connection.settimeout(0.05)
        for _ in range(int(PATIENCE / 0.05)):
            try:
                if self.connection.recv(1, socket.MSG_PEEK) == b"":
                    self.owner.left.set()
                    return
            except TimeoutError:
                pass
            if self.owner.stopped.is_set():
                return


USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def _reason(reply: object) -> str:
    return reply.reason if isinstance(reply, Calls) else "stop"


def _write(arguments: Mapping[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _find_fault(request: dict[str, Any]) -> str:
    """Return why the real interface would refuse the request, or nothing."""
    open_calls: set[str] = set()
    for message in request["messages"]:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                return "messages with role 'tool' must be a response to a preceding message"
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            return "an assistant message with 'tool_calls' must be followed by tool messages"
        if message["role"] == "assistant":
            open_calls = {call["id"] for call in message.get("tool_calls") or ()}
            if not open_calls and message.get("content") is None:
                return "an assistant message needs content or tool_calls"
    for tool in request.get("tools") or ():
        function = tool.get("function", {})
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", function.get("name", "")):
            return "invalid name of a function"
        if function.get("parameters", {}).get("type") != "object":
            return "schema must be of type object"
    return ""
