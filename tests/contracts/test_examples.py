"""Every example in a docstring or in a document says what really comes of it."""

import doctest
import importlib
from pathlib import Path

import pytest

from topology.samples import sample_path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("assistant", "evals", "knowledge", "tools", "topology")
OPTIONS = doctest.NORMALIZE_WHITESPACE


def with_examples() -> list[Path]:
    modules = [one for name in PACKAGES for one in sorted((ROOT / name).rglob("*.py"))]
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [one for one in (*modules, *documents) if ">>> " in one.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", with_examples(), ids=lambda path: str(path.relative_to(ROOT)))
def test_an_example_says_what_comes_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sample_path().parent)
    if path.suffix == ".md":
        result = doctest.testfile(str(path), module_relative=False, optionflags=OPTIONS)
    else:
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        result = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert result.attempted
    assert result.failed == 0


def test_the_programmatic_interface_has_examples() -> None:
    assert ROOT / "assistant" / "__init__.py" in with_examples()
