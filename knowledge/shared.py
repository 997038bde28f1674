"""Vectors in a collection that is kept in step with passages: in a folder or on a server."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.config import Settings

from knowledge.embeddings import Embedder
from knowledge.errors import KnowledgeError
from knowledge.index import PackagedMiniLM, connect_folder
from knowledge.split import Passage
from knowledge.vectors import embed_once, name_text

__all__ = ["SharedIndex", "close_client", "connect_server", "name_collection", "open_folder"]

BATCH = 200
"""Vectors that are sent at once; a server takes some thousands."""
PATIENCE = 10
"""Seconds that a server may take for one answer."""

Told = Callable[[int, int], None]


class SharedIndex:
    """Similarity of a question to passages whose vectors several processes share.

    A vector is held under a name made from its text, so that an unchanged passage is never
    embedded twice and two processes that add the same one do not disturb each other. Only
    names and vectors are stored: the text of a runbook does not go to a server.

    Args:
        client: A chromadb client, of a folder or of a server.
        name: Name of the collection.
        embedder: What turns text into vectors.

    Raises:
        KnowledgeError: The collection cannot be read.
    """

    def __init__(self, client: Any, name: str, embedder: Embedder) -> None:
        self._embedder = embedder
        self._complete: Sequence[Passage] = ()
        self._keys: dict[str, list[str]] = {}
        with _translated(name):
            self._collection = client.get_or_create_collection(
                name, embedding_function=PackagedMiniLM(embedder)
            )

    def add(self, passages: Sequence[Passage], told: Told | None = None) -> int:
        """Add the vectors that are missing; return how many.

        Raises:
            KnowledgeError: The collection cannot be read or written.
        """
        if passages is self._complete:
            return 0
        texts = {name_text(item.searchable): item.searchable for item in passages}
        with _translated(self._collection.name):
            held = set(self._collection.get(include=[])["ids"])
            missing = [name for name in texts if name not in held]
            done = 0

            def tell(now: int, _all: int) -> None:
                if told is not None:
                    told(done + now, len(missing))

            while done < len(missing):
                names = missing[done : done + BATCH]
                vectors = embed_once([texts[name] for name in names], self._embedder, tell)
                self._collection.upsert(ids=names, embeddings=vectors)
                done += len(names)
        self._complete = passages
        self._keys = _gather_keys(passages)
        return len(missing)

    def remove_others(self, passages: Sequence[Passage]) -> None:
        """Remove the vectors of everything but these passages.

        Raises:
            KnowledgeError: The collection cannot be read or written.
        """
        wanted = {name_text(item.searchable) for item in passages}
        with _translated(self._collection.name):
            extra = [name for name in self._collection.get(include=[])["ids"] if name not in wanted]
            for start in range(0, len(extra), BATCH):
                self._collection.delete(ids=extra[start : start + BATCH])

    def find_similar(self, query: str, *, count: int) -> dict[str, float]:
        """Return the cosine similarity of the nearest of the passages added last, by key.

        Raises:
            KnowledgeError: The collection cannot be read.
        """
        keys = self._keys
        if not keys:
            return {}
        vector = self._embedder.embed([query])[0]
        with _translated(self._collection.name):
            # What another process removed or added meanwhile is held, too, and not ours to show.
            strangers = max(0, self._collection.count() - len(keys))
            found = self._collection.query(
                query_embeddings=[vector],
                n_results=min(count, len(keys)) + strangers,
                include=["distances"],
            )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return {
            key: 1.0 - float(distance) for name, distance in pairs for key in keys.get(name, ())
        }


def _gather_keys(passages: Sequence[Passage]) -> dict[str, list[str]]:
    """Return the keys of the passages under the name of their text, which several may share."""
    keys: dict[str, list[str]] = {}
    for item in passages:
        keys.setdefault(name_text(item.searchable), []).append(item.key)
    return keys


def connect_server(url: str, token: str = "") -> Any:
    """Return a client of a Chroma server.

    Args:
        url: `http://host:8000` or `https://host`; the port may be left out.
        token: Sent as `X-Chroma-Token`; empty for none.

    Raises:
        KnowledgeError: The address is none, or nothing answers there.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = f"`{url}` is no address of a Chroma server."
        raise KnowledgeError(message, hint="Write it as `http://host:8000`.")
    secure = parts.scheme == "https"
    port = port or (443 if secure else 8000)
    headers = {"X-Chroma-Token": token} if token else {}
    with _translated(url):
        # chromadb waits for ever for a server that takes the call and says nothing.
        probe = f"{parts.scheme}://{parts.hostname}:{port}/api/v2/heartbeat"
        httpx.get(probe, headers=headers, timeout=PATIENCE).raise_for_status()
        client = chromadb.HttpClient(
            host=parts.hostname,
            port=port,
            ssl=secure,
            headers=headers or None,
            settings=Settings(_env_file=None, anonymized_telemetry=False),
        )
        for session in _find_sessions(client):
            session.timeout = httpx.Timeout(PATIENCE)
        return client


def close_client(client: Any) -> None:
    """Give back the files or the connections of a client."""
    sessions = list(_find_sessions(client))
    client.close()
    for session in sessions:
        session.close()


def _find_sessions(client: Any) -> Iterator[httpx.Client]:
    """Yield the connections of a client and of its administrator, which chromadb leaves open."""
    for part in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if isinstance(session, httpx.Client):
            yield session


def open_folder(folder: Path) -> Any:
    """Return a client of the vectors that are kept in a folder, which is made when missing.

    Raises:
        KnowledgeError: The folder cannot be written or read.
    """
    with _translated(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        return connect_folder(folder)


def name_collection(purpose: str, *parts: str) -> str:
    """Return the name of a collection that is another one whenever a part or the model changes."""
    digest = hashlib.sha256("\0".join((Embedder.fingerprint, *parts)).encode()).hexdigest()
    return f"netassist-{purpose}-{digest[:24]}"


@contextmanager
def _translated(place: str) -> Iterator[None]:
    """Turn what chromadb and its transport raise into an error that names the place.

    chromadb raises its own errors, those of httpx and ValueError, and its native part panics
    with what is no `Exception`; so only what a person or the interpreter raised is passed on.
    """
    try:
        yield
    except (KnowledgeError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        first = (str(error).splitlines() or [type(error).__name__])[0][:200]
        message = f"The vectors in `{place}` cannot be used: {first.rstrip('. ')}."
        hint = "Check the setting `knowledge_server`, or the folder."
        raise KnowledgeError(message, hint=hint) from error
