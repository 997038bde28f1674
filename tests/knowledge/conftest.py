"""One index of the whole corpus for the run: embedding it takes some seconds."""

from pathlib import Path

import pytest

from knowledge import search


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the corpus is indexed."""
    folder = tmp_path_factory.mktemp("knowledge") / "index"
    hits = search("default deny", index=folder)
    assert hits
    assert hits[0].mode == "hybrid", hits[0].note
    return folder
