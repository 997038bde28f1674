"""The reference in docs/reference is what the code says now."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (
    "adr/README.md",
    "reference/commands.md",
    "reference/findings.md",
    "reference/settings.md",
    "reference/tools.md",
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    hidden = ("NETASSIST_", "OPENAI_", "AZURE_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    program = str(DOCS / "refresh_reference.py")
    subprocess.run([sys.executable, program, str(folder)], check=True, cwd=ROOT, env=kept)
    return folder / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(fresh: Path, name: str) -> None:
    kept = (DOCS / name).read_text(encoding="utf-8")
    assert kept == (fresh.parent / name).read_text(encoding="utf-8"), "run `make reference`"


def test_every_command_has_its_help(fresh: Path) -> None:
    text = (fresh / "commands.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^##+ netassist (.*)$", text, re.MULTILINE))
    assert headings >= {"ask", "chat", "slack", "mcp", "ipam allocate", "policy draft", "flows dns"}
    assert text.count("```text") == len(headings) + 1


def test_codes_are_found_however_they_are_written(fresh: Path) -> None:
    text = (fresh / "findings.md").read_text(encoding="utf-8")
    for code, severity in (
        ("nsg-blocks-probe", "error"),
        ("selector-no-pods", "error"),
        ("subnet-overlap", "error"),
        ("deny-only", "warning"),
        ("template", "error"),
    ):
        assert f"| `{code}` | {severity} |" in text
    assert "| `wrong-service-name` |" in text
    assert "| 133 | `POLICY_DENIED` |" in text
    assert "_texts" not in text


def test_every_setting_says_what_it_is_and_no_secret_is_shown(fresh: Path) -> None:
    from assistant.settings import Settings

    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) ?\| (.*) \|$",
        (fresh / "settings.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [name for name, *_ in rows] == list(Settings.model_fields)
    assert all(variables and meaning for _, variables, _, meaning in rows)
