"""Conversations, kept so that a later process, on whatever surface, can go on with them.

A turn is one row, written whole at its end or not at all: of a process that is killed meanwhile,
the turns before stay as they were. Writers queue behind one another, in SQLite for the file, in
PostgreSQL for the session.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import InvalidQuestion, SessionUnknown
from assistant.masking import mask_data

if TYPE_CHECKING:
    from assistant.settings import Settings
    from topology.database import Database

__all__ = ["HISTORY_TURNS", "KeptTurn", "Session", "SessionStore", "admit_name", "open_sessions"]

HISTORY_TURNS = 20
"""How many turns back a model is told of."""
_LONGEST = 200
"""Characters of a session's name."""
_LISTED = 5

Messages = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One conversation, without what was said in it."""

    id: str
    title: str
    """Its first question, shortened."""
    created: str
    """ISO 8601, UTC."""
    updated: str
    turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTurn:
    """One question with everything up to its answer."""

    number: int
    """From 1 on, without gaps."""
    written: str
    messages: tuple[dict[str, Any], ...]


class SessionStore:
    """The turns of every session, as JSON messages.

    Every method may raise `StoreUnavailable` (not reached, or locked for a minute),
    `StoreUnreadable` (damaged, of a newer version, or something else) or `DriverMissing`; what is
    stored is then as it was.

    Args:
        target: Path of an SQLite file, made on first use, or a URL `postgresql://...`; None keeps
            sessions in memory.
        secrets: What is never stored, beside everything that looks like a secret.
        clock: Tells the time.
    """

    def __init__(
        self,
        target: str | Path | None = None,
        *,
        secrets: Iterable[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._target = target
        self._secrets = tuple(secrets)
        self._clock = clock
        self._memory: dict[str, tuple[Session, list[KeptTurn]]] = {}
        self._database: Database | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Return where the sessions are, without a password."""
        return "memory" if self._target is None else self._open().name

    def prepare(self) -> None:
        """Take along what the first turn would wait for."""
        if self._target is not None:
            self._open()

    def read(self, session: str, *, turns: int = HISTORY_TURNS) -> list[list[dict[str, Any]]]:
        """Return the messages of the last turns of a session, oldest first; none if unknown."""
        return [list(turn.messages) for turn in self.transcript(session, turns=turns)]

    def transcript(self, session: str, *, turns: int | None = None) -> tuple[KeptTurn, ...]:
        """Return a session's turns, oldest first, or only the last of them."""
        if self._target is None:
            kept = self._memory[session][1] if session in self._memory else []
            return tuple(kept if turns is None else kept[-turns:])
        from assistant import session_queries

        with self._open().read() as connection:
            return session_queries.read_turns(connection, session, turns)

    def append(self, session: str, messages: Messages) -> int:
        """Add a turn to a session, which begins with it if there is none; return its number."""
        kept = tuple(mask_data(list(messages), self._secrets))
        now = self._clock().astimezone(UTC).isoformat(timespec="microseconds")
        if self._target is None:
            return self._append_in_memory(session, kept, now)
        from assistant import session_queries

        database = self._open()
        with database.write() as connection:
            return session_queries.add_turn(connection, session, kept, now)

    def sessions(self, *, limit: int | None = None) -> tuple[Session, ...]:
        """Return the sessions there are, the one that was last added to first."""
        if self._target is None:
            found = sorted(self._memory.values(), key=lambda one: one[0].updated, reverse=True)
            return tuple(session for session, _ in found[:limit])
        from assistant import session_queries

        with self._open().read() as connection:
            return session_queries.read_sessions(connection, limit)

    def find(self, name: str) -> Session:
        """Return the session of this name, or the only one whose name begins so.

        Raises:
            SessionUnknown: There is none, or there are several.
        """
        known = {one.id: one for one in self.sessions()}
        if name in known:
            return known[name]
        close = [one for one in known if name and one.startswith(name)]
        if len(close) == 1:
            return known[close[0]]
        if close:
            message = f"Several sessions begin with `{name}`."
            listed = ", ".join(f"`{one}`" for one in close[:_LISTED])
            raise SessionUnknown(message, hint=f"Say which: {listed}.")
        message = f"There is no session `{name}`."
        hint = "`netassist sessions list` shows those that there are."
        raise SessionUnknown(message, hint=hint)

    def latest(self) -> Session:
        """Return the session that was last added to.

        Raises:
            SessionUnknown: There is none.
        """
        for session in self.sessions(limit=1):
            return session
        raise SessionUnknown("There is no session yet.", hint="Ask a question to begin one.")

    def delete(self, session: str) -> bool:
        """Remove a session with all its turns; return whether there was one."""
        if self._target is None:
            return self._memory.pop(session, None) is not None
        from assistant import session_queries

        with self._open().write() as connection:
            return session_queries.remove(connection, session)

    def close(self) -> None:
        """Let go of the file or the connections."""
        if self._database is not None:
            self._database.close()

    def _open(self) -> "Database":
        """Return the database; the library behind it is imported when it is first asked for."""
        with self._lock:
            if self._database is None:
                from assistant.session_queries import open_database

                assert self._target is not None
                self._database = open_database(self._target)
                if self._database.path is not None:
                    _make_private(self._database.path)
            return self._database

    def _append_in_memory(
        self, session: str, messages: tuple[dict[str, Any], ...], now: str
    ) -> int:
        from assistant.titles import title_of

        with self._lock:
            first = Session(id=session, title=title_of(messages), created=now, updated=now, turns=0)
            known, turns = self._memory.get(session, (first, []))
            number = known.turns + 1
            added = Session(
                id=session, title=known.title, created=known.created, updated=now, turns=number
            )
            turns.append(KeptTurn(number=number, written=now, messages=messages))
            self._memory[session] = (added, turns)
            return number


def open_sessions(settings: "Settings") -> SessionStore:
    """Return the sessions that the settings name, which every surface shares."""
    target: str | Path | None = settings.sessions or settings.state_dir / "sessions.sqlite3"
    return SessionStore(target if settings.keep_sessions else None, secrets=settings.secrets())


def admit_name(session: str) -> str:
    """Return the name of a session as it is kept.

    Raises:
        InvalidQuestion: It is too long, or holds signs that cannot be printed.
    """
    name = session.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        message = f"`{name[:40]!a}` cannot name a session."
        hint = f"Use up to {_LONGEST} printable characters, or leave it out for a new one."
        raise InvalidQuestion(message, hint=hint)
    return name


def _make_private(path: Path) -> None:
    """Take from others the leave to read a file that was copied here, say."""
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(OSError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)
