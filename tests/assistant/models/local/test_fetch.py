"""Downloads over loopback: resumed, verified, and none where the file is there."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import ModelUnavailable, NotConfigured
from assistant.models.local.fetch import hash_file, pull

BYTES = b"GGUF" + bytes(range(256)) * 12_000
SHA256 = hashlib.sha256(BYTES).hexdigest()


class Hub:
    """Serves one file.

    Args:
        breaks_at: After so many bytes the first answer ends too early.
        ranges: Whether it understands ranges.
    """

    def __init__(self, *, breaks_at: int = 0, ranges: bool = True, status: int = 200) -> None:
        self.asked: list[str] = []
        owner = self
        self.breaks_at = breaks_at

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

            def do_GET(self) -> None:
                wanted = self.headers.get("range", "")
                owner.asked.append(wanted)
                start = int(wanted[6:-1]) if wanted and ranges else 0
                if status != 200 or start > len(BYTES):
                    self.send_error(status if status != 200 else 416)
                    return
                self.send_response(206 if wanted and ranges else 200)
                body = BYTES[start:]
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                end, owner.breaks_at = owner.breaks_at or len(body), 0
                self.wfile.write(body[:end])

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/some.gguf"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    made = Hub(**getattr(request, "param", {}))
    made.thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


def test_a_file_is_fetched_once_and_then_there(hub: Hub, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    target = tmp_path / "models" / "some.gguf"
    assert pull(hub.url, target, sha256=SHA256, progress=lambda *row: heard.append(row))
    assert target.read_bytes() == BYTES
    assert heard[-1] == (len(BYTES), len(BYTES))
    assert [one for one, _ in heard] == sorted(one for one, _ in heard)
    assert not pull(hub.url, target, sha256=SHA256)
    assert hub.asked == [""]


def test_a_file_that_is_there_needs_no_network(tmp_path: Path) -> None:
    target = tmp_path / "some.gguf"
    target.write_bytes(BYTES)
    assert not pull("http://127.0.0.1:9/some.gguf", target, sha256=SHA256)


@pytest.mark.parametrize("hub", [{"breaks_at": 1_500_000}], indirect=True)
def test_what_broke_off_is_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    target = tmp_path / "some.gguf"
    with pytest.raises(ModelUnavailable) as caught:
        pull(hub.url, target, sha256=SHA256)
    assert "run the command again to go on" in caught.value.hint
    assert not target.exists()
    kept = (tmp_path / "some.gguf.part").stat().st_size
    assert kept > 0
    assert pull(hub.url, target, sha256=SHA256)
    assert hub.asked == ["", f"bytes={kept}-"]
    assert hash_file(target) == SHA256
    assert not (tmp_path / "some.gguf.part").exists()


@pytest.mark.parametrize("hub", [{"ranges": False}], indirect=True)
def test_a_server_without_ranges_sends_all_of_it_again(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "some.gguf.part").write_bytes(b"GGUF")
    assert pull(hub.url, tmp_path / "some.gguf", sha256=SHA256)
    assert hash_file(tmp_path / "some.gguf") == SHA256


def test_a_part_that_is_whole_is_only_verified(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "some.gguf.part").write_bytes(BYTES)
    assert pull(hub.url, tmp_path / "some.gguf", sha256=SHA256)
    assert hash_file(tmp_path / "some.gguf") == SHA256


def test_another_file_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="is not the file that is pinned"):
        pull(hub.url, tmp_path / "some.gguf", sha256="0" * 64)
    assert not list(tmp_path.glob("some*"))


@pytest.mark.parametrize("hub", [{"status": 404}], indirect=True)
def test_an_answer_of_the_server_is_told(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="answered 404"):
        pull(hub.url, tmp_path / "some.gguf", sha256=SHA256)


def test_a_file_of_that_name_is_not_overwritten(hub: Hub, tmp_path: Path) -> None:
    target = tmp_path / "some.gguf"
    target.write_text("mine")
    with pytest.raises(NotConfigured, match="is another file"):
        pull(hub.url, target, sha256=SHA256)
    assert target.read_text() == "mine"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "some.gguf", "ftp://host/x"])
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="no address to pull from"):
        pull(url, tmp_path / "some.gguf", sha256=SHA256)
