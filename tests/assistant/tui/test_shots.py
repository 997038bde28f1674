"""The pictures in the documents are the app: each is taken anew and held against its file."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import textual

ROOT = Path(__file__).resolve().parents[3]
PINNED = next(
    line.partition("==")[2]
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line.startswith("textual==")
)


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shots", ROOT / "docs" / "shots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["shots"] = module
    spec.loader.exec_module(module)
    return module


shots = load()


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.skipif(textual.__version__ != PINNED, reason=f"the pictures need textual=={PINNED}")
@pytest.mark.parametrize("name", shots.SHOTS)
async def test_a_picture_is_what_the_chat_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Evidence names its files as they are seen from the root of the checkout.
    monkeypatch.chdir(ROOT)
    shown = await shots.take(shots.SHOTS[name], tmp_path)
    kept = (shots.IMAGES / f"{name}.svg").read_text()
    assert words(shown) == words(kept), "meant? Then run `make shots`"
