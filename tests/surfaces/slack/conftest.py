"""Slack on loopback: it records what is called, answers from a script, and counts messages."""

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

PATIENCE = 60.0
Reply = tuple[int, dict[str, Any], dict[str, str]]


@dataclass
class SlackDouble:
    """What the bot did, and what it is told."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    times: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    scripts: dict[str, deque[Reply]] = field(default_factory=lambda: defaultdict(deque))
    changed: threading.Condition = field(default_factory=threading.Condition)
    stamp: int = 1000

    def script(self, method: str, *replies: Reply) -> None:
        """Let the next calls of a method be answered like this, and those after as usual."""
        self.scripts[method].extend(replies)

    def of(self, method: str) -> list[dict[str, Any]]:
        return [body for name, body in list(self.calls) if name == method]

    def wait_for(self, method: str, count: int = 1) -> list[dict[str, Any]]:
        with self.changed:
            done = self.changed.wait_for(lambda: len(self.of(method)) >= count, PATIENCE)
        assert done, (method, count, [name for name, _ in self.calls])
        return self.of(method)

    def answer(self, method: str, body: dict[str, Any]) -> Reply:
        with self.changed:
            self.calls.append((method, body))
            self.times.append((method, time.monotonic(), body))
            self.stamp += 1
            scripted = self.scripts[method].popleft() if self.scripts[method] else None
            self.changed.notify_all()
        if scripted is not None:
            return scripted
        reply = {
            "ok": True, "ts": f"{self.stamp}.1", "channel": body.get("channel", "C1"),
            "user_id": "UBOT", "bot_id": "B1", "team_id": "T1", "user": "bot", "url": "x",
            "upload_url": f"{self.url}upload", "file_id": "F1", "files": [{"id": "F1"}],
            "messages": [],
        }  # fmt: skip
        return 200, reply, {}


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    double = SlackDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None: ...

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            body: dict[str, Any] = (
                json.loads(raw)
                if raw.startswith("{")
                else {k: v[0] for k, v in parse_qs(raw).items()}
            )
            status, reply, headers = double.answer(self.path.strip("/"), body)
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

    server = Server(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield double
    server.shutdown()
    thread.join()
    server.server_close()
