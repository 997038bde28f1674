"""One API server, asked for lists page by page, with time-outs and patience of known length.

Credentials of every kind (tokens, certificates, exec plugins) are left to the official client; all
that is sent is GET.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import orjson

__all__ = ["Connection", "ListFailed"]

PAGE: Final = 500
_TRIES: Final = 3
_RESTARTS: Final = 3
_BUSY: Final = (429, 500, 502, 503, 504)
_LONGEST_WAIT: Final = 5.0
_LARGEST: Final = 256 * 2**20


class ListFailed(Exception):
    """A list that could not be read, or not to its end."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        """Of HTTP; 0 where there was no answer."""
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A way to one API server.

    Args:
        client: An `ApiClient` of the package `kubernetes`, as its kubeconfig makes it.
        timeout: Seconds for one answer.
        page: Objects asked for at once.
        wait: How to wait for some seconds.
    """

    client: Any
    timeout: float = 30.0
    page: int = PAGE
    wait: Callable[[float], None] = time.sleep

    @property
    def host(self) -> str:
        """Return the address of the server."""
        return str(self.client.configuration.host)

    def items(self, path: str, fields: str = "") -> Iterator[dict[str, Any]]:
        """Yield the objects of a list, whatever number of pages it has.

        A page that expired (410) is gone on from where the server says, or else the list is begun
        anew; objects that had come by then come again.

        Raises:
            ListFailed: The server refuses, does not answer, or answers what is no list.
        """
        token, restarts = "", 0
        while True:
            query = {"limit": str(self.page)}
            query |= {"fieldSelector": fields} if fields else {}
            query |= {"continue": token} if token else {}
            try:
                found = self._get(path, query)
            except ListFailed as error:
                if error.code != 410 or restarts == _RESTARTS:
                    raise
                restarts += 1
                token = str(getattr(error, "token", ""))
                continue
            items, meta = found.get("items"), found.get("metadata")
            if not isinstance(items, list | None) or not str(found.get("kind", "")).endswith(
                "List"
            ):
                raise ListFailed(200, "the answer is no list")
            yield from (_complete(one, found) for one in items or () if isinstance(one, dict))
            token = str(meta.get("continue") or "") if isinstance(meta, dict) else ""
            if not token:
                return

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return an answer as JSON, asking again while the server is busy."""
        url = f"{self.host.rstrip('/')}{path}?{urlencode(query)}"
        for attempt in range(1, _TRIES + 1):
            status, headers, body = self._send(url, last=attempt == _TRIES)
            if status not in _BUSY or attempt == _TRIES:
                break
            self.wait(_pause(headers.get("Retry-After"), attempt))
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise ListFailed(status, f"the answer is no JSON (HTTP {status})") from None
        if status == 200 and isinstance(found, dict):
            return found
        said = found if isinstance(found, dict) else {}
        error = ListFailed(status, str(said.get("message") or f"HTTP {status}"))
        if status == 410:
            meta = said.get("metadata")
            error.token = meta.get("continue", "") if isinstance(meta, dict) else ""  # type: ignore[attr-defined]
        raise error

    def _send(self, url: str, *, last: bool) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request; where nothing comes back, 503 stands for that until the last try."""
        import urllib3

        timeout = urllib3.Timeout(connect=min(self.timeout, 10.0), read=self.timeout)
        pool = self.client.rest_client.pool_manager
        try:
            answer = pool.request("GET", url, headers=self._headers(), timeout=timeout,
                                  retries=False, redirect=False, preload_content=False)  # fmt: skip
            body = answer.read(_LARGEST + 1)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            if last:
                raise ListFailed(0, _why(error, self.timeout)) from None
            return 503, {}, b"{}"
        if len(body) > _LARGEST:
            raise ListFailed(answer.status, "the answer is larger than 256 MiB")
        return answer.status, answer.headers, body

    def _headers(self) -> dict[str, str]:
        """Return the headers with which the client shows who asks."""
        headers = {"Accept": "application/json", "User-Agent": "netassist"}
        for setting in self.client.configuration.auth_settings().values():
            if setting.get("in") == "header" and setting.get("value"):
                headers[setting["key"]] = setting["value"]
        return headers


def _pause(said: str | None, attempt: int) -> float:
    """Return the seconds to wait: what the server asks for, within reason."""
    if said and said.isdecimal():
        return min(float(said), _LONGEST_WAIT)
    return min(0.2 * 2.0 * attempt, _LONGEST_WAIT)


def _why(error: Exception, timeout: float) -> str:
    name = type(error).__name__
    if "Timeout" in name:
        return f"no answer within {timeout:g} s"
    return f"the server cannot be reached ({name})"


def _complete(one: dict[str, Any], parent: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with the kind and version that its list implies, without bookkeeping."""
    one.setdefault("kind", str(parent.get("kind", "")).removesuffix("List"))
    one.setdefault("apiVersion", parent.get("apiVersion", ""))
    meta = one.get("metadata")
    if isinstance(meta, dict):
        meta.pop("managedFields", None)
    return one
