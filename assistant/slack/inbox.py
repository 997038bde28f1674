"""Which questions came in and whether they are answered, shared by every process of the bot.

Slack sends an event again when it hears nothing, and one mention can come as two events; whoever
enters the message first answers it. A process that dies leaves its questions behind, and another
one takes them over when their heartbeat stands still. What a person presses may reach any process,
so stops and approvals stand here as well.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from topology.database import Database, Form

__all__ = ["Inbox", "Message", "session_of"]

_KEPT: Final = 86_400.0
"""Seconds after which an answered question is forgotten; Slack resends for minutes only."""
_TRIES: Final = 3

_metadata = sa.MetaData()
_META = sa.Table(
    "slack_meta",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
)
_INBOX = sa.Table(
    "slack_inbox",
    _metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("session", sa.String(200), nullable=False, index=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("beat", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("stopped", sa.Boolean, nullable=False),
    sa.Column("reply", sa.String(64), nullable=False),
)
_LEAVE = sa.Table(
    "slack_leave",
    _metadata,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("user", sa.String(64), nullable=False),
    sa.Column("given", sa.Boolean, nullable=True),
    sa.Column("asked", sa.Float, nullable=False),
)


def _create(connection: sa.Connection) -> None:
    _metadata.create_all(connection)
    connection.execute(sa.insert(_META).values(id=1, version=1))


def _migrate(connection: sa.Connection, version: int) -> None:
    """Do nothing: there is one version only."""


_FORM: Final = Form(
    name="inbox of the Slack bot",
    named_by="NETASSIST_SESSIONS",
    meta=_META,
    version=1,
    create=_create,
    migrate=_migrate,
    lock=0x736C636B,
)


def session_of(team: str, channel: str, thread: str) -> str:
    """Return the name of the conversation of a thread."""
    return f"slack-{team}-{channel}-{thread}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A question as it came in."""

    team: str
    channel: str
    user: str
    ts: str
    thread: str
    """Time stamp of the message that the thread hangs on."""
    text: str

    @property
    def key(self) -> str:
        """What tells the message from all others, whichever event told of it."""
        return f"{self.team}/{self.channel}/{self.ts}"

    @property
    def session(self) -> str:
        """The conversation that it belongs to: one for each thread, and no other."""
        return session_of(self.team, self.channel, self.thread)


class Inbox:
    """The questions of one bot.

    Every method may raise `StoreUnavailable` or `StoreUnreadable`.

    Args:
        target: An SQLite file or a URL of PostgreSQL.
        owner: Names this process.
    """

    def __init__(self, target: str | Path, *, owner: str) -> None:
        self._database = Database(target, _FORM)
        self._owner = owner

    def claim(self, message: Message) -> bool:
        """Enter a message; False if somebody has, so that it must not be answered again."""
        row = {
            "key": message.key, "session": message.session, "message": _write(message),
            "owner": self._owner, "beat": time.time(), "tries": 1, "done": False,
            "stopped": False, "reply": "",
        }  # fmt: skip
        with self._database.write() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            entered = dialect.insert(_INBOX).values(row).on_conflict_do_nothing()
            return connection.execute(entered).rowcount == 1

    def beat(self, keys: Iterable[str]) -> None:
        """Say that these are still worked on."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(_INBOX)
                .where(_INBOX.c.key.in_(list(keys)), _INBOX.c.owner == self._owner)
                .values(beat=time.time())
            )

    def finish(self, key: str) -> None:
        """Say that a message is answered."""
        with self._database.write() as connection:
            connection.execute(sa.update(_INBOX).where(_INBOX.c.key == key).values(done=True))
            old = time.time() - _KEPT
            connection.execute(sa.delete(_INBOX).where(_INBOX.c.done, _INBOX.c.beat < old))

    def take_over(self, *, silent: float) -> tuple[Message, ...]:
        """Take the messages whose heartbeat has stood still, each by one process only.

        Args:
            silent: For how many seconds.
        """
        now = time.time()
        with self._database.write() as connection:
            rows = connection.execute(
                sa.select(_INBOX).where(
                    sa.not_(_INBOX.c.done), _INBOX.c.beat < now - silent, _INBOX.c.tries < _TRIES
                )
            ).all()
            for row in rows:
                connection.execute(
                    sa.update(_INBOX)
                    .where(_INBOX.c.key == row.key)
                    .values(owner=self._owner, beat=now, tries=row.tries + 1)
                )
        return tuple(Message(**json.loads(row.message)) for row in rows)

    def release(self, keys: Iterable[str]) -> None:
        """Leave messages to whoever looks next, as this process ends."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(_INBOX)
                .where(_INBOX.c.key.in_(list(keys)), _INBOX.c.owner == self._owner)
                .values(beat=0.0, tries=_INBOX.c.tries - 1)
            )

    def note_reply(self, key: str, ts: str) -> None:
        """Keep the time stamp of the message that the answer goes into."""
        with self._database.write() as connection:
            connection.execute(sa.update(_INBOX).where(_INBOX.c.key == key).values(reply=ts))

    def reply_of(self, key: str) -> str:
        """Return the time stamp of the message that an answer was begun in; empty if none was."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(_INBOX.c.reply).where(_INBOX.c.key == key)) or ""

    def stop(self, session: str) -> None:
        """Ask whoever works on a thread to stop."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(_INBOX)
                .where(_INBOX.c.session == session, sa.not_(_INBOX.c.done))
                .values(stopped=True)
            )

    def stopped(self, keys: Iterable[str]) -> frozenset[str]:
        """Return which of the messages somebody wants stopped."""
        chosen = sa.select(_INBOX.c.key).where(_INBOX.c.key.in_(list(keys)), _INBOX.c.stopped)
        with self._database.read() as connection:
            return frozenset(connection.scalars(chosen))

    def ask_leave(self, token: str, user: str) -> None:
        """Enter a change that one person decides about."""
        now = time.time()
        with self._database.write() as connection:
            connection.execute(sa.delete(_LEAVE).where(_LEAVE.c.asked < now - _KEPT))
            connection.execute(
                sa.insert(_LEAVE).values(token=token, user=user, given=None, asked=now)
            )

    def give_leave(self, token: str, user: str, *, given: bool) -> bool:
        """Decide about a change; False if this person may not, or it is decided or gone."""
        with self._database.write() as connection:
            decided = (
                sa.update(_LEAVE)
                .where(_LEAVE.c.token == token, _LEAVE.c.user == user, _LEAVE.c.given.is_(None))
                .values(given=given)
            )
            return connection.execute(decided).rowcount == 1

    def leave(self, token: str) -> bool | None:
        """Return what was decided; None as long as nothing was."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(_LEAVE.c.given).where(_LEAVE.c.token == token))

    def withdraw(self, token: str) -> None:
        """Take a question back, so that it cannot be decided any more."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_LEAVE).where(_LEAVE.c.token == token))

    def close(self) -> None:
        """Let go of the file or the connections."""
        self._database.close()


def _write(message: Message) -> str:
    data: dict[str, Any] = {name: getattr(message, name) for name in message.__slots__}
    return json.dumps(data, ensure_ascii=False)
