"""A loopback API server that serves real list responses: paged, refused, expired, slow, broken."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "made-up-token"


@dataclass
class ApiServer:
    """Lists by path, and what is wrong with some of them."""

    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    """Refused with this status."""
    expires: set[str] = field(default_factory=set)
    """Whose second page is gone (410) once."""
    gives_token: bool = True
    """Whether the 410 says where to go on."""
    busy: dict[str, int] = field(default_factory=dict)
    """Answers 429 so many times."""
    slow: dict[str, float] = field(default_factory=dict)
    broken: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and query of every request."""
    url: str = ""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        if path in self.slow:
            time.sleep(self.slow[path])
        if path in self.broken:
            return 200, self.broken[path]
        if self.busy.get(path, 0):
            self.busy[path] -= 1
            return 429, b"{}"
        if path in self.codes:
            return self.codes[path], status(self.codes[path], f"cannot list {path}")
        if path not in self.lists:
            return 404, status(404, "the server could not find the requested resource")
        start = int(query.get("continue") or 0)
        if start and path in self.expires:
            self.expires.discard(path)
            token = {"continue": str(start)} if self.gives_token else {}
            return 410, status(410, "the provided continue parameter is too old", token)
        limit = int(query["limit"])
        items = [one for one in self.lists[path] if fits(one, query.get("fieldSelector", ""))]
        page = [{key: value for key, value in one.items() if key not in ("kind", "apiVersion")}
                for one in items[start : start + limit]]  # fmt: skip
        kind = self.lists[path][0]["kind"] if self.lists[path] else "Thing"
        version = self.lists[path][0]["apiVersion"] if self.lists[path] else "v1"
        meta = {"resourceVersion": "1"}
        if start + limit < len(items):
            meta["continue"] = str(start + limit)
        body = {"kind": f"{kind}List", "apiVersion": version, "metadata": meta, "items": page}
        return 200, json.dumps(body).encode()

    def kubeconfig(self, folder: Path, **user: Any) -> Path:
        """Write a kubeconfig with the context `test`."""
        content = {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": user or {"token": TOKEN}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        }  # fmt: skip
        path = folder / "kubeconfig.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


def fits(one: dict[str, Any], selector: str) -> bool:
    if not selector:
        return True
    name, _, value = selector.partition("=")
    return str(one["metadata"].get("name") if name == "metadata.name" else one.get(name)) == value


def status(code: int, message: str, meta: dict[str, Any] | None = None) -> bytes:
    body = {"kind": "Status", "apiVersion": "v1", "metadata": meta or {}, "status": "Failure",
            "message": message, "code": code}  # fmt: skip
    return json.dumps(body).encode()


PLURALS = {
    "Namespace": "/api/v1/namespaces", "Node": "/api/v1/nodes", "Pod": "/api/v1/pods",
    "Service": "/api/v1/services", "Event": "/api/v1/events",
    "ConfigMap": "/api/v1/namespaces/kube-system/configmaps",
    "Deployment": "/apis/apps/v1/deployments", "ReplicaSet": "/apis/apps/v1/replicasets",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "CiliumNetworkPolicy": "/apis/cilium.io/v2/ciliumnetworkpolicies",
}  # fmt: skip


def lists_of(objects: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return objects by the path of their list."""
    found: dict[str, list[dict[str, Any]]] = {path: [] for path in PLURALS.values()}
    for one in objects:
        found[PLURALS[one["kind"]]].append(one)
    return {path: items for path, items in found.items() if items}


@contextmanager
def serving(server: ApiServer) -> Iterator[ApiServer]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            server.asked.append((self.command, parts.path, query))
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            code, body = server.answer(parts.path, query) if allowed else (
                401, status(401, "Unauthorized"))  # fmt: skip
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
