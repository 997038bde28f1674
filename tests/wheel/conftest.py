"""The wheel in an environment of its own; `make test-wheel` makes both, else these tests skip."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

WHEEL = os.environ.get("NETASSIST_TEST_WHEEL", "")
ENVIRONMENT = os.environ.get("NETASSIST_TEST_ENV", "")


@dataclass(frozen=True)
class Installed:
    """A virtual environment that holds the wheel, and nothing of the checkout."""

    folder: Path
    home: Path

    @property
    def command(self) -> str:
        return str(self.folder / "bin" / "netassist")

    @property
    def environment(self) -> dict[str, str]:
        """Return ours, less what would lead to the checkout or to somebody's settings."""
        hidden = ("PYTHONPATH", "VIRTUAL_ENV", "NETASSIST_", "OPENAI_", "AZURE_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        return kept | {"HOME": str(self.home), "LC_ALL": "C.UTF-8"}

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.start(self.command, *arguments, **settings)

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        return self.start(str(self.folder / "bin" / "python"), "-c", code)

    def start(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.home,
            env=self.environment | settings, stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip


@pytest.fixture
def installed(private_home: Path) -> Installed:
    if not ENVIRONMENT:
        pytest.skip("needs the wheel in an empty environment: `make test-wheel`")
    return Installed(Path(ENVIRONMENT), private_home)


@pytest.fixture
def wheel() -> Path:
    if not WHEEL:
        pytest.skip("needs the wheel: `make test-wheel`")
    return Path(WHEEL)
