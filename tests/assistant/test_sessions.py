import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant import sessions
from assistant.sessions import SessionStore


def turn(text: str) -> list[dict[str, str]]:
    return [{"role": "human", "text": text}, {"role": "ai", "text": text.upper()}]


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "deep" / "s.sqlite3" if request.param == "file" else None)


def test_an_unknown_session_is_empty(store: SessionStore) -> None:
    assert store.read("nobody") == []


def test_turns_come_back_in_order_and_apart(store: SessionStore) -> None:
    for text in ("one", "two"):
        store.append("a", turn(text))
    store.append("b", turn("other \u00e9\U0001f600"))
    assert store.read("a") == [turn("one"), turn("two")]
    assert store.read("b") == [turn("other \u00e9\U0001f600")]


def test_only_the_last_turns_are_told(store: SessionStore) -> None:
    for number in range(5):
        store.append("a", turn(str(number)))
    assert store.read("a", turns=2) == [turn("3"), turn("4")]


def test_another_process_reads_what_was_written(tmp_path: Path) -> None:
    SessionStore(tmp_path / "s.sqlite3").append("a", turn("one"))
    assert SessionStore(tmp_path / "s.sqlite3").read("a") == [turn("one")]


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    stores = [SessionStore(tmp_path / "s.sqlite3") for _ in range(4)]
    barrier = threading.Barrier(4)

    def write(number: int) -> None:
        barrier.wait()
        for step in range(10):
            stores[number].append("a", turn(f"{number}-{step}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    texts = [item[0]["text"] for item in stores[0].read("a", turns=100)]
    assert len(texts) == 40
    for number in range(4):
        own = [text for text in texts if text.startswith(f"{number}-")]
        assert own == [f"{number}-{step}" for step in range(10)]


def test_a_file_that_stays_locked_is_an_error_and_not_a_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_BUSY_SECONDS", 0.05)
    store = SessionStore(tmp_path / "s.sqlite3")
    store.append("a", turn("one"))
    holder = sqlite3.connect(tmp_path / "s.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.append("a", turn("two"))
    assert store.read("a") == [turn("one")]
    holder.execute("ROLLBACK")
    holder.close()
    store.append("a", turn("three"))
    assert len(store.read("a")) == 2
