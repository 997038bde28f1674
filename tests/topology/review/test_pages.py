"""The pages of docs/review say what the checks do today."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_pages_are_those_that_the_command_writes() -> None:
    spec = importlib.util.spec_from_file_location("refresh_review", ROOT / "docs/refresh_review.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fresh = module.pages()
    written = {one.name: one.read_text(encoding="utf-8") for one in module.PAGES.glob("*.md")}
    assert sorted(written) == sorted(fresh)
    stale = [name for name in fresh if fresh[name] != written[name]]
    assert not stale, "run `make review-pages`"
