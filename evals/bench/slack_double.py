"""Slack on loopback: it records what is called, answers from a script, and counts messages."""

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

__all__ = ["Reply", "SlackDouble", "serve_double"]

PATIENCE = 300.0
"""Seconds; long, as machines that run tests are often busy."""
Reply = tuple[int, dict[str, Any], dict[str, str]]
"""Status, JSON, headers."""


@dataclass
class SlackDouble:
    """What the bot did, and what it is told."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    times: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    """When each call came, on the monotonic clock."""
    replies: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    """Each call with the time stamp that it was answered with."""
    scripts: dict[str, deque[Reply]] = field(default_factory=lambda: defaultdict(deque))
    thread: list[dict[str, Any]] = field(default_factory=list)
    """What `conversations.replies` tells of every thread."""
    gates: dict[str, threading.Event] = field(default_factory=dict)
    """A call of such a method is recorded, and answered when its gate opens."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    stamp: int = 1000

    def script(self, method: str, *replies: Reply) -> None:
        """Let the next calls of a method be answered like this, and those after as usual."""
        self.scripts[method].extend(replies)

    def of(self, method: str) -> list[dict[str, Any]]:
        """Return what a method was called with, in order."""
        return [body for name, body in list(self.calls) if name == method]

    def wait_for(self, method: str, count: int = 1) -> list[dict[str, Any]]:
        """Return what a method was called with, once it was called so many times."""
        with self.changed:
            done = self.changed.wait_for(lambda: len(self.of(method)) >= count, PATIENCE)
        assert done, (method, count, [name for name, _ in self.calls])
        return self.of(method)

    def answer(self, method: str, body: dict[str, Any]) -> Reply:
        """Record a call and return what it is answered with."""
        with self.changed:
            self.calls.append((method, body))
            self.times.append((method, time.monotonic(), body))
            self.stamp += 1
            stamp = f"{self.stamp}.1"
            self.replies.append((method, body, stamp))
            scripted = self.scripts[method].popleft() if self.scripts[method] else None
            self.changed.notify_all()
        if method in self.gates:
            self.gates[method].wait(PATIENCE)
        if scripted is not None:
            return scripted
        reply = {
            "ok": True, "ts": stamp, "channel": body.get("channel", "C1"),
            "user_id": "UBOT", "bot_id": "B1", "team_id": "T1", "user": "bot", "url": "x",
            "upload_url": f"{self.url}upload", "file_id": "F1", "files": [{"id": "F1"}],
            "messages": self.thread,
        }  # fmt: skip
        return 200, reply, {}


@contextmanager
def serve_double() -> Iterator[SlackDouble]:
    """Serve one on a free port of loopback."""
    double = SlackDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Small answers on kept connections wait for nothing.
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None: ...

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            method, _, query = self.path.strip("/").partition("?")
            status, reply, headers = double.answer(method, _read(query) | _read(raw))
            out = json.dumps(reply).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json", "Content-Length": str(len(out)), **headers,
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(out)

        do_GET = do_POST

    class Server(ThreadingHTTPServer):
        request_queue_size = 512
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Say nothing: a bot that is killed cuts its connections."""

    server = Server(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield double
    finally:
        for gate in double.gates.values():
            gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _read(raw: str) -> dict[str, Any]:
    if raw.startswith("{"):
        body: dict[str, Any] = json.loads(raw)
        return body
    return {name: texts[0] for name, texts in parse_qs(raw).items()}
