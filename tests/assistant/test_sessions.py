import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant import session_schema as schema
from assistant.errors import InvalidQuestion, SessionUnknown
from assistant.sessions import SessionStore, admit_name
from assistant.transcripts import as_data, as_markdown
from evals.bench.postgres import find_postgres, running_postgres
from topology import database
from topology.errors import StoreUnavailable, StoreUnreadable

WRITERS, TURNS = 8, 12


def turn(text: str) -> list[dict[str, str]]:
    return [{"role": "human", "text": text}, {"role": "ai", "text": text.upper()}]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    programs = find_postgres()
    if programs is None:
        pytest.skip(
            "no PostgreSQL server here: install one, on Debian `apt-get install postgresql`"
        )
    with running_postgres(programs) as url:
        yield url


def emptied(url: str) -> str:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "deep" / "s.sqlite3")
    return emptied(request.getfixturevalue("postgres"))


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStore]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ticks = (now + timedelta(seconds=number) for number in range(10_000))
    place: str | None = None
    if request.param == "sqlite":
        place = str(tmp_path / "s.sqlite3")
    elif request.param == "postgres":
        place = emptied(request.getfixturevalue("postgres"))
    made = SessionStore(place, clock=lambda: next(ticks))
    yield made
    made.close()


def test_an_unknown_session_is_empty(store: SessionStore) -> None:
    assert store.read("nobody") == []
    assert store.sessions() == ()
    assert not store.delete("nobody")


def test_turns_come_back_in_order_and_apart(store: SessionStore) -> None:
    assert [store.append("a", turn(text)) for text in ("one", "two")] == [1, 2]
    store.append("b", turn("other \u00e9\U0001f600\x00"))
    assert store.read("a") == [turn("one"), turn("two")]
    assert store.read("b") == [turn("other \u00e9\U0001f600\x00")]


def test_only_the_last_turns_are_told(store: SessionStore) -> None:
    for number in range(5):
        store.append("a", turn(str(number)))
    assert store.read("a", turns=2) == [turn("3"), turn("4")]


def test_sessions_are_listed_by_their_last_use_under_their_first_question(
    store: SessionStore,
) -> None:
    store.append("first", turn("Who can\n reach  redis?"))
    store.append("second", turn("x" * 200))
    store.append("first", turn("and cart?"))
    listed = store.sessions()
    assert [(one.id, one.turns) for one in listed] == [("first", 2), ("second", 1)]
    assert listed[0].title == "Who can reach redis?"
    assert len(listed[1].title) == 72
    assert listed[0].created < listed[0].updated
    assert store.latest().id == "first"
    assert store.sessions(limit=1) == listed[:1]


def test_a_session_is_found_by_its_beginning_if_that_is_certain(store: SessionStore) -> None:
    for name in ("abc1", "abc2", "ab", "xyz"):
        store.append(name, turn(name))
    assert store.find("x").id == "xyz"
    assert store.find("ab").id == "ab"
    with pytest.raises(SessionUnknown, match="Several sessions begin with `abc`"):
        store.find("abc")
    for name in ("nobody", "", "%"):
        with pytest.raises(SessionUnknown, match="There is no session"):
            store.find(name)


def test_a_deleted_session_is_gone_and_may_begin_anew(store: SessionStore) -> None:
    store.append("a", turn("one"))
    store.append("b", turn("two"))
    assert store.delete("a")
    assert store.read("a") == []
    assert [one.id for one in store.sessions()] == ["b"]
    assert store.append("a", turn("anew")) == 1


def test_another_process_reads_what_was_written(target: str) -> None:
    SessionStore(target).append("a", turn("one"))
    assert SessionStore(target).read("a") == [turn("one")]


@pytest.mark.parametrize(
    "text",
    [
        "my key is sk-abcdefghijklmnop1234",
        "Authorization: Bearer abcdefghijklmnop",
        "postgresql://anna:hunter2secret@db/x",
        "password=hunter2secret",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
        "it is topsecretvalue",
    ],
)
def test_secrets_are_not_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.sqlite3"
    store = SessionStore(path, secrets=["topsecretvalue"])
    store.append("a", [{"role": "human", "text": text}, {"role": "tool", "result": {"k": [text]}}])
    assert "[secret]" in store.sessions()[0].title
    store.close()
    stored = b"".join(one.read_bytes() for one in tmp_path.glob("s.sqlite3*"))
    secret = (
        "topsecretvalue", "hunter2secret", "abcdefghijklmnop", "c2lnbmF0dXJl", "MIIEow",
    )  # fmt: skip
    assert not [one for one in secret if one.encode() in stored]


def test_names_and_policies_are_no_secrets(tmp_path: Path) -> None:
    texts = [
        "kind: Secret\nmetadata: {name: db-token}",
        "token: payments",
        "Which pods use the secret vault-credentials?",
        "shop/web -> shop/db 5432/TCP",
        "https://example.com:8443/path",
    ]
    store = SessionStore(tmp_path / "s.sqlite3")
    for text in texts:
        store.append("a", turn(text))
    assert store.read("a") == [turn(text) for text in texts]


def test_many_threads_lose_nothing(target: str) -> None:
    stores = [SessionStore(target) for _ in range(4)]
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


WRITER = textwrap.dedent("""
    import sys
    from assistant.sessions import SessionStore
    target, name, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
    store = SessionStore(target)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(turns):
        text = f"{name}-{number}"
        answer = {"role": "ai", "text": "x" * 5000}
        store.append("shared", [{"role": "human", "text": text}, answer])
        print(text, flush=True)
""")


def start(target: str, name: str, turns: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, target, name, str(turns)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_many_processes_lose_nothing_though_some_are_killed(target: str) -> None:
    writers = [start(target, f"w{number}", TURNS) for number in range(WRITERS)]
    doomed = [start(target, f"d{number}", 100_000) for number in range(2)]
    for one in (*writers, *doomed):
        assert one.stdout is not None
        assert one.stdin is not None
        assert one.stdout.readline() == "ready\n"
    for one in (*writers, *doomed):
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    told = []
    for one in doomed:
        assert one.stdout is not None
        told += [one.stdout.readline().strip() for _ in range(3)]
        os.kill(one.pid, signal.SIGKILL)
        told += one.stdout.read().split()
        one.wait()
    for one in writers:
        out, error = one.communicate(timeout=120)
        assert (one.returncode, error) == (0, "")
        told += out.split()
    for one in doomed:
        for stream in (one.stdin, one.stdout, one.stderr):
            assert stream is not None
            stream.close()

    kept = SessionStore(target).transcript("shared")
    texts = [item.messages[0]["text"] for item in kept]
    assert [item.number for item in kept] == list(range(1, len(kept) + 1))
    assert len(texts) == len(set(texts))
    # What was told as written is there; at most the last turn of each that was killed beside it.
    assert set(told) <= set(texts)
    assert len(set(texts) - set(told)) <= len(doomed)
    for number in range(WRITERS):
        own = [text for text in texts if text.startswith(f"w{number}-")]
        assert own == [f"w{number}-{step}" for step in range(TURNS)]


def test_a_process_killed_while_it_writes_leaves_the_turns_before(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    SessionStore(path).append("a", turn("one"))
    program = textwrap.dedent("""
        import sys, time
        import sqlalchemy as sa
        from assistant.session_queries import open_database
        from assistant.session_schema import TURNS
        with open_database(sys.argv[1]).write() as connection:
            connection.execute(sa.insert(TURNS).values(
                session="a", number=2, written="", messages="[]"))
            print("written", flush=True)
            time.sleep(600)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as half:
        assert half.stdout is not None
        assert half.stdout.readline() == "written\n"
        half.kill()
    store = SessionStore(path)
    assert store.read("a") == [turn("one")]
    assert store.append("a", turn("two")) == 2


def test_a_writer_waits_for_another_and_is_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    store = SessionStore(path)
    store.append("a", turn("one"))
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: holder.execute("ROLLBACK"))
    release.start()
    assert store.append("a", turn("two")) == 2
    release.join()
    holder.close()


def test_a_file_that_stays_locked_is_an_error_and_not_a_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    store = SessionStore(tmp_path / "s.sqlite3")
    store.append("a", turn("one"))
    holder = sqlite3.connect(tmp_path / "s.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="stayed locked"):
        store.append("a", turn("two"))
    assert store.read("a") == [turn("one")]
    holder.execute("ROLLBACK")
    holder.close()
    store.append("a", turn("three"))
    assert len(store.read("a")) == 2


def test_what_sqlite_refuses_at_once_is_tried_again() -> None:
    class Refusing:
        tries = 0

        def execute(self, _: str) -> None:
            self.tries += 1
            if self.tries < 4:
                message = "database is locked"
                raise sqlite3.OperationalError(message)

    connection = Refusing()
    database._begin(connection, "BEGIN IMMEDIATE")
    assert connection.tries == 4


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" * 300])
def test_a_damaged_file_is_told_of_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.sqlite3"
    path.write_bytes(content)
    store = SessionStore(path)
    for use in (store.sessions, lambda: store.append("a", turn("x")), lambda: store.delete("a")):
        with pytest.raises(StoreUnreadable, match="cannot be read as a session store"):
            use()
    assert path.read_bytes() == content


def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE turns (session TEXT, amount INTEGER)")
    connection.close()
    with pytest.raises(StoreUnreadable, match=r"is no session store.*NETASSIST_SESSIONS"):
        SessionStore(path).append("a", turn("x"))


def test_a_newer_form_is_refused_and_left_as_it_is(target: str) -> None:
    store = SessionStore(target)
    store.append("a", turn("one"))
    with store._open().write() as connection:
        connection.execute(sa.update(schema.META).values(version=schema.VERSION + 1))
    store.close()
    with pytest.raises(StoreUnreadable, match="newer netassist: its form has version 2"):
        SessionStore(target).append("a", turn("two"))
    with pytest.raises(StoreUnreadable, match="upgrade netassist"):
        SessionStore(target).read("a")


def test_the_file_of_the_version_before_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE turns (id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, "
            "written TEXT NOT NULL, messages TEXT NOT NULL)"
        )
        connection.executemany(
            "INSERT INTO turns (session, written, messages) VALUES (?, ?, ?)",
            [
                (session, f"2026-01-0{day}T00:00:00Z", json.dumps(turn(f"{session}{day}")))
                for day in (1, 2)
                for session in "ab"
            ],
        )
    connection.close()
    path.chmod(0o644)
    store = SessionStore(path)
    assert store.append("b", turn("b3")) == 3
    assert store.read("a") == [turn("a1"), turn("a2")]
    assert {one.id: one.title for one in store.sessions()} == {"a": "a1", "b": "b1"}
    assert path.stat().st_mode & 0o077 == 0


def test_looking_into_sessions_makes_no_file(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "deep" / "s.sqlite3")
    assert store.sessions() == ()
    assert not (tmp_path / "deep").exists()


def test_a_long_session_reads_no_more_rows_than_a_short_one(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "s.sqlite3")
    with store._open().write() as connection:
        connection.execute(
            sa.insert(schema.SESSIONS).values(id="a", title="", created="", updated="", turns=500)
        )
        connection.execute(
            sa.insert(schema.TURNS),
            [
                {"session": "a", "number": number, "written": "", "messages": "[]"}
                for number in range(1, 501)
            ],
        )
    with store._open().read() as connection:
        plan = connection.execute(
            sa.text(
                "EXPLAIN QUERY PLAN SELECT * FROM session_turn WHERE session = 'a' "
                "ORDER BY number DESC LIMIT 20"
            )
        ).all()
    assert "USING INDEX" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
    assert store.append("a", turn("x")) == 501
    assert len(store.read("a")) == 20


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\x1b[31m", "a\nb"])
def test_a_name_that_cannot_be_printed_names_no_session(name: str) -> None:
    with pytest.raises(InvalidQuestion, match="cannot name a session"):
        admit_name(name)
    assert admit_name(" slack:C1:17.2 ") == "slack:C1:17.2"


def test_an_export_holds_questions_answers_and_what_was_computed(store: SessionStore) -> None:
    store.append(
        "a",
        [
            {"role": "human", "text": "Can web\nreach db?"},
            {
                "role": "ai",
                "text": "",
                "calls": [{"id": "1", "name": "can_reach", "args": {"source": "web"}}],
            },
            {"role": "tool", "id": "1", "name": "can_reach", "result": {"verdict": "deny"}},
            {
                "role": "ai",
                "text": "No.",
                "said": {"verdict": "deny", "tier": "rules", "model": "r"},
            },
        ],
    )
    store.append("a", [{"role": "human", "text": "odd"}])
    session, turns = store.find("a"), store.transcript("a")
    data = as_data(session, turns)
    assert data["turns"][0]["question"] == "Can web\nreach db?"
    assert data["turns"][0]["verdict"] == "deny"
    assert data["turns"][0]["tools"] == [
        {
            "name": "can_reach",
            "arguments": {"source": "web"},
            "ok": True,
            "result": {"verdict": "deny"},
        }
    ]
    text = as_markdown(session, turns)
    assert "## 1. Can web reach db?\n\nNo.\n\nComputed with:" in text
    assert '- `can_reach` `{"source": "web"}`: deny' in text
    assert "_No answer was kept._" in text
