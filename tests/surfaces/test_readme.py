"""What the README shows is what the program prints."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent


def examples() -> list[tuple[str, str]]:
    """Return each `$ netassist ...` command of the README with the output shown below it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("netassist "):
                found.append((command, output.strip()))
    return found


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL, check=False
    )


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 150


@pytest.mark.parametrize(("command", "output"), examples())
def test_a_shown_command_prints_what_is_shown(command: str, output: str) -> None:
    done = run([str(BIN / "netassist"), *shlex.split(command)[1:]])
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout.strip() == output


def test_the_readme_shows_commands() -> None:
    assert len(examples()) >= 2


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_a_shown_program_runs(block: str) -> None:
    done = run([sys.executable, "-c", block])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
