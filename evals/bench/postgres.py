"""A PostgreSQL of one's own: started from the installed programs on a free loopback port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

__all__ = ["find_postgres", "running_postgres"]

_DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs, off the path."""
_USER = "nobody"
"""Whom it runs as when we are root, which PostgreSQL refuses."""
_PATIENCE = 60.0


def find_postgres() -> Path | None:
    """Return the folder of PostgreSQL's programs; None if it is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(_DEBIAN.glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Start a server with an empty database, and yield the URL; stop it and remove all after.

    Raises:
        RuntimeError: It does not start; the message holds the end of its log.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    become = _become(folder)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}  # noqa: TID251
    data, log = folder / "data", folder / "log"
    initialise: list[str | Path] = [
        programs / "initdb", "-D", data, "-U", "book", "-A", "trust", "-E", "UTF8", "-N",
    ]  # fmt: skip
    try:
        subprocess.run(
            initialise, check=True, capture_output=True, env=environment, preexec_fn=become,
            cwd=folder,
        )  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command: list[str | Path] = [
            programs / "postgres", "-D", data, "-p", str(port), "-k", folder,
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60",
        ]  # fmt: skip
        with log.open("wb") as out:
            server = subprocess.Popen(
                command, stdout=out, stderr=out, env=environment, preexec_fn=become, cwd=folder
            )
            try:
                _wait_for(port, server, log)
                yield f"postgresql://book@127.0.0.1:{port}/postgres"
            finally:
                _stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _become(folder: Path) -> Callable[[], None] | None:
    """Return what makes a child process run as somebody else, who owns the folder then."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam(_USER)
    os.chown(folder, user.pw_uid, user.pw_gid)

    def become() -> None:
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    url = f"postgresql+psycopg://book@127.0.0.1:{port}/postgres"
    while True:
        if server.poll() is not None:
            message = f"PostgreSQL ended: {log.read_text(errors='replace')[-2000:]}"
            raise RuntimeError(message)
        try:
            with sa.create_engine(url, poolclass=sa.NullPool).connect():
                return
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    # A fast shutdown; SIGTERM would wait for whoever is still connected.
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
