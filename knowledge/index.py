"""Passages in an embedded chromadb collection on disk, rebuilt when corpus or model change."""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chromadb
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.api.types import Documents, EmbeddingFunction, Embeddings, Space
from chromadb.config import Settings
from chromadb.utils.embedding_functions import register_embedding_function

from knowledge.embeddings import Embedder
from knowledge.errors import KnowledgeError
from knowledge.split import Passage
from knowledge.vectors import embed_once

__all__ = ["PackagedMiniLM", "PassageIndex", "connect_folder"]

COLLECTION = "passages"
FORMAT = 2
"""Counts up when what is stored per passage changes, so that older folders are not read."""


@register_embedding_function
class PackagedMiniLM(EmbeddingFunction[Documents]):
    """The packaged embeddings under a name that chromadb stores, so that a collection reopens."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder or Embedder()

    def __call__(self, input: Documents) -> Embeddings:
        """Embed texts."""
        import numpy as np

        return [np.asarray(vector, np.float32) for vector in self._embedder.embed(input)]

    @staticmethod
    def name() -> str:
        """Return the name under which the collection asks for this function."""
        return "netassist-packaged-minilm"

    def get_config(self) -> dict[str, Any]:
        """Return what the collection stores about this function."""
        return {"fingerprint": Embedder.fingerprint}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> "PackagedMiniLM":
        """Make the function again from what the collection stored."""
        return PackagedMiniLM()

    def default_space(self) -> Space:
        """Return the distance that fits these vectors."""
        return "cosine"


class PassageIndex:
    """Similarity of a question to each passage, kept in a folder.

    The folder holds one subfolder per content hash (corpus, model, chromadb version). It is
    built beside its final place and moved there in one step: of two processes that build at
    once, the slower one uses what the faster one put there. A folder that cannot be read is
    moved away and built again.

    Args:
        folder: Where indexes are kept; made when missing.
        passages: What is searched.
        embedder: What turns text into vectors.

    Raises:
        KnowledgeError: The folder cannot be written, or a freshly built index cannot be read.
    """

    def __init__(self, folder: Path, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._passages = tuple(passages)
        self._embedder = embedder
        self.place = folder / _hash_content(self._passages)
        self._client: Any = None
        self._collection: Any = None
        if not self.place.is_dir():
            self._build()
        try:
            self._open()
        except BaseException as error:
            self._recover(error)

    def find_similar(self, query: str, *, count: int) -> dict[str, float]:
        """Return the cosine similarity of the nearest passages, by passage key.

        Raises:
            KnowledgeError: The index could not be read, even after it was built again.
        """
        try:
            return self._query(query, count)
        except BaseException as error:
            self._recover(error)
            return self._query(query, count)

    def close(self) -> None:
        """Give the files back; the index can no longer be asked."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            client.close()

    def _query(self, query: str, count: int) -> dict[str, float]:
        found = self._collection.query(
            query_texts=[query],
            n_results=min(count, len(self._passages)),
            include=["distances"],
        )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return {key: 1.0 - float(distance) for key, distance in pairs}

    def _open(self) -> None:
        self._client = connect_folder(self.place)
        self._collection = self._client.get_collection(
            COLLECTION, embedding_function=PackagedMiniLM(self._embedder)
        )
        held, wanted = self._collection.count(), len(self._passages)
        if held != wanted:
            message = f"`{self.place}` holds {held} passages instead of {wanted}."
            raise KnowledgeError(message)

    def _build(self) -> None:
        """Put the vector of every passage into a new folder and move it into place."""
        self._embedder.verify()
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=".building-", dir=self.place.parent))
        except OSError as error:
            raise _cannot_write(self.place.parent, error) from error
        try:
            client = connect_folder(scratch)
            try:
                collection = client.create_collection(
                    COLLECTION, embedding_function=PackagedMiniLM(self._embedder)
                )
                texts = [passage.searchable for passage in self._passages]
                collection.add(
                    ids=[passage.key for passage in self._passages],
                    embeddings=embed_once(texts, self._embedder),
                )
            finally:
                client.close()
            # Failing means that another process was faster: its index is as good.
            with contextlib.suppress(OSError):
                scratch.rename(self.place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if not self.place.is_dir():
            raise _cannot_write(self.place.parent, None)

    def _recover(self, error: BaseException) -> None:
        """Build again what cannot be read.

        chromadb reports damage by its own errors, by those of SQLite, and by panics of its
        native part, which are no `Exception`; so only what a person or the interpreter raised
        is passed on.
        """
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise error
        with contextlib.suppress(Exception):
            self.close()
        # A client that failed while it opened stays behind in chromadb's table of folders and
        # would be handed out again for the same folder.
        SharedSystemClient.clear_system_cache()
        try:
            away = Path(tempfile.mkdtemp(prefix=".damaged-", dir=self.place.parent))
            with contextlib.suppress(FileNotFoundError):
                self.place.rename(away / "index")
            shutil.rmtree(away, ignore_errors=True)
        except OSError as fault:
            raise _cannot_write(self.place.parent, fault) from error
        self._build()
        try:
            self._open()
        except Exception as fault:
            message = f"The index in `{self.place}` cannot be read although it was just built."
            raise KnowledgeError(message, hint="Name another index folder.") from fault


def connect_folder(place: Path) -> Any:
    """Open a folder with chromadb, without telemetry and without a `.env` file in the way."""
    settings = Settings(_env_file=None, anonymized_telemetry=False)
    return chromadb.PersistentClient(path=str(place), settings=settings)


def _hash_content(passages: Sequence[Passage]) -> str:
    """Return a name that changes whenever the vectors would."""
    digest = hashlib.sha256()
    for part in (str(FORMAT), Embedder.fingerprint, chromadb.__version__):
        digest.update(part.encode() + b"\0")
    for passage in passages:
        digest.update(f"{passage.key}\0{passage.searchable}\0".encode())
    return digest.hexdigest()[:24]


def _cannot_write(folder: Path, error: OSError | None) -> KnowledgeError:
    reason = f": {error.strerror}" if error and error.strerror else ""
    message = f"The index folder `{folder}` cannot be written{reason}."
    return KnowledgeError(message, hint="Name a folder that this user may write.")
