"""Rules of the house that a reviewer would otherwise repeat."""

import ast
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("assistant", "tools", "topology", "knowledge", "evals")
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
HARD_CAP = 400


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", list(modules()), ids=named)
def test_a_module_fits_a_screenful_of_ideas(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= HARD_CAP


@pytest.mark.parametrize("path", list(modules()), ids=named)
def test_a_module_is_named_by_what_it_is(path: Path) -> None:
    assert path.stem.strip("_") not in VAGUE


@pytest.mark.parametrize("path", list(modules()), ids=named)
def test_a_module_says_what_it_is(path: Path) -> None:
    documentation = ast.get_docstring(ast.parse(path.read_text()))
    assert documentation
    assert "TODO" not in documentation


@pytest.mark.parametrize("path", list(modules()), ids=named)
def test_exports_are_listed_and_sorted(path: Path) -> None:
    tree = ast.parse(path.read_text())
    lists = [
        [ast.literal_eval(element) for element in node.value.elts]
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.List)
        and ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        == "__all__"
    ]
    if path.name == "__main__.py":
        return
    assert lists, "no __all__"
    # Constants come before classes, classes before functions: the order of ruff's RUF022.
    assert len(lists[0]) == len(set(lists[0]))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_claims_our_package_names(package: str) -> None:
    owners = set(packages_distributions().get(package, ()))
    assert owners <= {"netassist"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()
