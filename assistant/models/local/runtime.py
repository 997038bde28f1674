"""A GGUF file in process: short answers under a grammar, bounded in time and length."""

import ctypes
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

__all__ = ["MOST_TOKENS", "Generator", "LlamaFile", "LocalFailure", "threads"]

CONTEXT = 2048
"""Tokens of prompt and answer; prompts here have some 300."""
MOST_TOKENS = 64
"""Tokens of an answer; the grammars end much earlier."""

logger = logging.getLogger(__name__)


class LocalFailure(Exception):
    """The model in process could not answer. Its text is fit to be shown."""


class Generator(Protocol):
    """What completes a prompt under a grammar."""

    def complete(self, prompt: str, grammar: str) -> str:
        """Return the text that the grammar allows and the model finds likeliest."""
        ...

    def stop(self) -> None:
        """Cut what is being computed."""
        ...


def threads() -> int:
    """Return how many threads to compute with: one core is left to everything else.

    With as many threads as cores, a busy machine made it thirty times slower (docs/adr/0018).
    """
    return max(1, (os.cpu_count() or 2) - 1)


class LlamaFile:
    """A model of llama.cpp, loaded when it is first asked and kept.

    Args:
        path: A GGUF file.
        seconds: How long one answer may take; what takes longer is cut.
        threads: How many threads compute; 0: all cores but one.

    Raises:
        LocalFailure: From `complete`: the file cannot be loaded, the answer took too long, or
            the prompt is longer than the model reads.
    """

    def __init__(self, path: Path, *, seconds: float, threads: int = 0) -> None:
        self.path = path
        self._seconds = seconds
        self._threads = threads
        self._model: Any = None
        self._deadline = 0.0
        self._one_at_a_time = threading.Lock()

    def complete(self, prompt: str, grammar: str) -> str:
        """Return the text that the grammar allows and the model finds likeliest."""
        import llama_cpp

        with self._one_at_a_time:
            model = self._load()
            limits = llama_cpp.StoppingCriteriaList([lambda *_: self._is_late()])
            with self._bounded():
                said = model.create_completion(
                    prompt,
                    grammar=llama_cpp.LlamaGrammar.from_string(grammar, verbose=False),
                    max_tokens=MOST_TOKENS,
                    temperature=0.0,
                    stopping_criteria=limits,
                )
        return str(said["choices"][0]["text"])

    def stop(self) -> None:
        """Cut what is being computed: nobody waits for it any more."""
        self._deadline = 0.0

    def measure(self) -> tuple[float, float, float]:
        """Return seconds to load, and tokens read and written a second.

        Raises:
            LocalFailure: The file cannot be loaded.
        """
        begun = time.perf_counter()
        model = self._load()
        loaded = time.perf_counter() - begun
        tokens = model.tokenize(b"a network question about pods and policies " * 24)[:128]
        with self._bounded():
            model.reset()
            begun = time.perf_counter()
            model.eval(tokens)
            read = time.perf_counter() - begun
            begun = time.perf_counter()
            for _ in range(16):
                model.eval([model.sample(temp=0.0)])
            written = time.perf_counter() - begun
            model.reset()
        return loaded, len(tokens) / read, 16 / written

    def close(self) -> None:
        """Give the memory back; the next question loads the file again."""
        with self._one_at_a_time:
            if self._model is not None:
                self._model.close()
                self._model = None

    def _load(self) -> Any:
        if self._model is None:
            import llama_cpp

            count = self._threads or threads()
            try:
                self._model = llama_cpp.Llama(
                    str(self.path),
                    n_ctx=CONTEXT,
                    n_threads=count,
                    n_threads_batch=count,
                    # The bound on time is looked at between batches, too.
                    n_batch=64,
                    seed=1,
                    verbose=False,
                )
            # llama.cpp says in one of several classes that a file is broken.
            except Exception as error:
                logger.debug("%s could not be loaded: %s", self.path, error)
                message = f"`{self.path.name}` could not be loaded as a GGUF model"
                raise LocalFailure(message) from error
            self._guard = llama_cpp.llama_cpp.ggml_abort_callback(lambda _: self._is_late())
            llama_cpp.llama_set_abort_callback(self._model.ctx, self._guard, ctypes.c_void_p(None))
        return self._model

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        """Run what computes, and translate its failures.

        Raises:
            LocalFailure: It took longer than it may, or failed.
        """
        self._deadline = time.monotonic() + self._seconds
        try:
            yield
        # An aborted computation is a RuntimeError, too long a prompt a ValueError.
        except Exception as error:
            logger.debug("%s failed: %s", self.path, error)
            # What was half computed must not be taken for the beginning of the next prompt.
            self._model.reset()
            if not self._is_late():
                raise LocalFailure("it could not read the question") from error
        if self._is_late():
            self._model.reset()
            message = f"it took longer than {self._seconds:g} seconds and was cut"
            raise LocalFailure(message)
