"""How near passages are to a question in meaning, or why that cannot be said."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.embeddings import Embedder
    from knowledge.index import PassageIndex
    from knowledge.library import Stand
    from knowledge.shared import SharedIndex

__all__ = ["Vectors", "compare_meaning", "forget_clients", "index_library"]

CANDIDATES = 50
"""Nearest passages that the embeddings contribute to the fusion."""

_lock = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Where vectors are kept."""

    folder: Path | None = None
    """Built there on first use. None: no folder may be written."""
    server: str = ""
    """Address of a Chroma server, which is used instead of the folder."""
    token: str = ""
    """What the server asks for; empty for nothing."""


def compare_meaning(
    query: str, vectors: Vectors, stand: "Stand | None"
) -> tuple[dict[str, float] | None, str]:
    """Return the cosine of the nearest passages by key, or None and the reason.

    Args:
        query: The question in a person's words.
        vectors: Where vectors are kept.
        stand: Runbooks of one's own that are searched, too.
    """
    if vectors.folder is None and not vectors.server:
        return None, "Words alone were compared: no index folder was named."
    try:
        with _lock:
            similar = _compare_articles(query, vectors)
            if stand is not None:
                index = _open_current(vectors, stand)
                index.add(stand.passages)
                similar |= index.find_similar(query, count=CANDIDATES)
        return similar, ""
    except KnowledgeError as error:
        return None, f"Words alone were compared. {error}"
    except ImportError as error:
        return None, f"Words alone were compared: the package `{error.name}` is not installed."


def index_library(
    vectors: Vectors, stand: "Stand", told: "Callable[[int, int], None] | None" = None
) -> int:
    """Bring the vectors of a library up to date; return how many passages were embedded.

    Args:
        vectors: Where vectors are kept.
        stand: What the library holds.
        told: Called after each passage with how many are done, and how many there are.

    Raises:
        KnowledgeError: The vectors cannot be read or written, or there is nothing to embed with.
    """
    if vectors.folder is None and not vectors.server:
        return 0
    with _lock:
        index = _open_current(vectors, stand)
        added = index.add(stand.passages, told)
        index.remove_others(stand.passages)
    return added


def _compare_articles(query: str, vectors: Vectors) -> dict[str, float]:
    if vectors.folder is not None and not vectors.server:
        return _open_folder(vectors.folder.resolve()).find_similar(query, count=CANDIDATES)
    return _open_articles(vectors).find_similar(query, count=CANDIDATES)


@cache
def _embedder() -> "Embedder":
    from knowledge.embeddings import Embedder

    return Embedder()


@cache
def _open_folder(folder: Path) -> "PassageIndex":
    from knowledge.index import PassageIndex
    from knowledge.split import read_corpus

    passages = [item for article in read_corpus() for item in article.passages]
    return PassageIndex(folder, passages, _embedder())


@cache
def _open_articles(vectors: Vectors) -> "SharedIndex":
    """Return the articles' vectors on a server, which the first program that asks puts there."""
    from knowledge.shared import SharedIndex, name_collection
    from knowledge.split import read_corpus

    passages = [item for article in read_corpus() for item in article.passages]
    name = name_collection("articles", *(item.searchable for item in passages))
    index = SharedIndex(_connect(vectors), name, _embedder())
    index.add(passages)
    return index


_opened: "dict[Vectors, Stand]" = {}
"""What a library held when its vectors were last opened."""


def _open_current(vectors: Vectors, stand: "Stand") -> "SharedIndex":
    """Return the library's vectors as they are now.

    An open folder does not show what another process has added since, so it is opened anew when
    the library was written; a server always answers for all.
    """
    if not vectors.server and _opened.get(vectors, stand) is not stand:
        forget_clients()
    _opened[vectors] = stand
    return _open_library(vectors, stand.name)


def forget_clients() -> None:
    """Close every client of a library, so that the next question opens what is there by then."""
    while _clients:
        from knowledge.shared import close_client

        _, client = _clients.popitem()
        with suppress(Exception):
            close_client(client)
    _opened.clear()
    _open_articles.cache_clear()
    _open_library.cache_clear()


@cache
def _open_library(vectors: Vectors, library: str) -> "SharedIndex":
    from knowledge.shared import SharedIndex, name_collection

    return SharedIndex(_connect(vectors), name_collection("library", library), _embedder())


_clients: dict[Vectors, Any] = {}


def _connect(vectors: Vectors) -> Any:
    if vectors not in _clients:
        _clients[vectors] = _make_client(vectors)
    return _clients[vectors]


def _make_client(vectors: Vectors) -> Any:
    from knowledge.shared import connect_server, open_folder

    if vectors.server:
        return connect_server(vectors.server, vectors.token)
    if vectors.folder is None:
        message = "No folder for vectors was named."
        raise KnowledgeError(message)
    return open_folder(vectors.folder.resolve() / "library")
