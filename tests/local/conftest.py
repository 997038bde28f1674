"""Real weights and the real llama.cpp; without them these tests are skipped with the reason."""

import importlib.util
import os
from pathlib import Path

import pytest

from .weights import CODER, SMALL, Weights

FOLDER = os.environ.get("NETASSIST_TEST_WEIGHTS", "")


def _find(weights: Weights) -> Path:
    if importlib.util.find_spec("llama_cpp") is None:
        pytest.skip("llama-cpp-python is not installed; `make test-local` builds it")
    path = Path(FOLDER) / weights.file if FOLDER else None
    if path is None or not path.is_file():
        pytest.skip(f"the weights {weights.file} are not here; `make test-local` fetches them")
    return path


@pytest.fixture
def small() -> Path:
    """Return SmolLM2-135M-Instruct: quick, and wrong most of the time."""
    return _find(SMALL)


@pytest.fixture
def coder() -> Path:
    """Return Qwen2.5-Coder-0.5B-Instruct."""
    return _find(CODER)
