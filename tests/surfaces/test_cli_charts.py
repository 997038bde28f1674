"""Charts on the command line: printed in a format, or opened by what the system opens them with."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest

PROGRAM = "from assistant.cli.app import main; main()"
FLOWS = Path(__file__).resolve().parents[2] / "docs" / "examples" / "flows.jsonl"


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False,
        env={**os.environ, **settings},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "title"),
    [
        ("drops", "Drops over time"),
        ("dns", "DNS lookups that failed"),
        ("top", "Verdicts by connection"),
    ],
)
def test_a_chart_is_printed_alone_and_what_is_not_sure_goes_to_stderr(
    command: str, title: str
) -> None:
    done = run("flows", command, "-w", str(FLOWS), "--format", "svg")
    assert done.returncode == 0
    assert f">{title}</text>" in done.stdout
    ElementTree.fromstring(done.stdout)
    assert "Not in the cluster that was read" in done.stderr


def test_filters_stand_beside_the_format() -> None:
    done = run("flows", "drops", "-w", str(FLOWS), "--format", "mermaid", "--to-pod", "shop/db")
    assert "\nxychart-beta\n" in done.stdout
    assert "3 flows of " in done.stdout


def test_an_unknown_format_is_a_mistake_of_use() -> None:
    done = run("flows", "drops", "-w", str(FLOWS), "--format", "png")
    assert done.returncode == 2
    assert "'svg'" in done.stderr


def opened(done: subprocess.CompletedProcess[str]) -> Path:
    """Return the file that the browser was given, which prints its address."""
    [address] = [line for line in done.stdout.splitlines() if line.startswith("file://")]
    return Path(unquote(urlsplit(address).path))


def test_what_is_opened_is_a_page_that_stays(tmp_path: Path) -> None:
    done = run(
        "flows", "drops", "-w", str(FLOWS), "--open", BROWSER="echo %s", TMPDIR=str(tmp_path)
    )
    text = opened(done).read_text()
    assert text.startswith("<!doctype html>")
    assert "<td>10:40:30</td>" in text


def test_the_address_space_is_opened_as_a_picture(tmp_path: Path) -> None:
    book = {"NETASSIST_BOOK": str(tmp_path / "book.db")}
    run("ipam", "add-block", "10.60.0.0/20", "--name", "vnet-prod", **book)
    run("ipam", "allocate", "nodes", "/24", "--in", "vnet-prod", **book)
    done = run("ipam", "show", "--open", BROWSER="echo %s", TMPDIR=str(tmp_path), **book)
    text = opened(done).read_text()
    ElementTree.fromstring(text)
    assert "10.60.0.0/24 nodes" in text
