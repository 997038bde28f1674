"""What README and the pages of docs/how-to show is what the program prints, and no link is dead."""

import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCUMENTS = (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
JOBS = ("design", "troubleshoot", "secure", "addresses", "slack", "azure-openai", "offline")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def console() -> Any:
    """Return the module that runs the commands of a page."""
    return load("console")


def load(name: str) -> Any:
    spec = spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = (README, *sorted((ROOT / "docs" / "how-to").glob("*.md")))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_shown_command_prints_what_is_shown(page: Path, console: Any, private_home: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = list(console.examples(text))
    fresh = console.outputs([command for command, _ in shown], private_home, os.environ)
    assert len(fresh) == len(shown)
    for (command, output), printed in zip(shown, fresh, strict=True):
        assert output == printed, f"`{command}` prints something else; `make readme` puts it in"


def test_a_shown_chart_is_what_is_drawn(private_home: Path) -> None:
    for name, text in load("charts").charts(private_home).items():
        kept = (ROOT / "docs" / "img" / name).read_text(encoding="utf-8")
        assert kept == text, f"`make shots` draws another {name}"


def test_every_page_is_run(console: Any) -> None:
    assert console.PAGES == PAGES
    assert len(list(console.examples(README.read_text()))) >= 2


def test_there_is_a_page_for_each_job() -> None:
    assert {page.stem for page in PAGES} >= set(JOBS)


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) < 150


@pytest.mark.parametrize(
    "block",
    [one for page in PAGES for one in re.findall(r"```python\n(.*?)```", page.read_text(), re.S)],
)
def test_a_shown_program_runs(block: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, cwd=ROOT, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_a_command_that_is_only_named_exists() -> None:
    """A block that is not run (it needs a cluster, a key, a browser) still names what there is."""
    import typer

    from assistant.cli.app import app

    top = typer.main.get_command(app)
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S):
            for line in re.findall(r"^(?:.*\| )?netassist (.*)$", block, re.M):
                at: Any = top
                for word in line.split():
                    if not hasattr(at, "commands") or word.startswith("-"):
                        break
                    assert word in at.commands, f"{named(page)}: netassist {line}"
                    at = at.commands[word]


@pytest.mark.parametrize("page", DOCUMENTS, ids=named)
def test_no_link_is_dead(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target
