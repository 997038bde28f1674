"""The page about the architecture shows what the imports are, and names what there is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PICTURE = re.search(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
PACKAGES = ("assistant", "evals", "knowledge", "tools", "topology")


def imports() -> set[tuple[str, str]]:
    """Return which package imports which."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                found |= {(package, name.partition(".")[0]) for name in names}
    return {(one, other) for one, other in found if other in PACKAGES and one != other}


def test_the_arrows_are_the_imports() -> None:
    assert PICTURE is not None
    drawn = re.findall(r"^  (\w+) --> (\w+)$", PICTURE[1], re.MULTILINE)
    assert set(drawn) == imports()


@pytest.mark.parametrize("package", ["assistant", "topology"])
def test_every_room_stands_in_its_package(package: str) -> None:
    assert PICTURE is not None
    box = re.search(rf"  subgraph {package}\[.*?\n  end\n", PICTURE[1], re.DOTALL)
    assert box is not None
    rooms = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert rooms
    missing = {room for room in rooms if not re.search(rf"\b{room}\b", box[0])}
    assert not missing


def test_every_place_that_is_named_exists() -> None:
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:/[\w.]+)*)`", PAGE)
    assert len(named) > 20
    assert [place for place in named if not (ROOT / place).exists()] == []
