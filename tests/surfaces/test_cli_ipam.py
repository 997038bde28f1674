"""`netassist ipam` as a person or a script runs it."""

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.cli.app import app, main
from assistant.cli.render import Output

EXPORTS = Path(__file__).parents[1] / "topology" / "ipam" / "book" / "exports"
PROGRAM = "from assistant.cli.app import main; main()"


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def run_main(*arguments: str, stdin: str = "") -> Done:
    out, err = io.StringIO(), io.StringIO()
    kept = sys.argv, sys.stdin
    sys.argv, sys.stdin = ["netassist", *arguments], io.TextIOWrapper(io.BytesIO(stdin.encode()))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.argv, sys.stdin = kept
    return Done(code, out.getvalue(), err.getvalue())


class Shell:
    """Runs commands on one address book."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __call__(self, *arguments: str, stdin: str = "") -> Done:
        """Run the whole command line in this process, as starting others takes its time."""
        return run_main("ipam", *arguments, stdin=stdin)

    def quickly(self, *arguments: str) -> Any:
        """Run a command in this process, and return what it printed as JSON."""
        result = CliRunner().invoke(
            app, ["ipam", *arguments, "--db", str(self.place), "--json"], obj=Output(plain=True)
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return {"rc": result.exit_code, **json.loads(result.stdout)}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("NETASSIST_BOOK", str(tmp_path / "book.sqlite3"))
    return Shell(tmp_path / "book.sqlite3")


@pytest.fixture
def azure(shell: Shell) -> Shell:
    assert shell.quickly("import", str(EXPORTS / "vnets.json"))["rc"] == 0
    return shell


def test_an_empty_book_says_how_to_begin(shell: Shell) -> None:
    done = shell("show")
    assert done.returncode == 2
    assert "The address book is empty. Begin with `netassist ipam import FILE`" in done.stderr
    assert not shell.place.exists()


def test_a_day_with_the_book(shell: Shell) -> None:
    done = shell("import", str(EXPORTS / "vnets.json"), str(EXPORTS / "clusters.json"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "18 ranges added, 0 updated, 0 unchanged." in done.stdout
    done = shell("allocate", "aks-new", "/24", "--in", "vnet-prod", "--headroom", "1")
    assert done.stdout == (
        "Allocated: 10.20.26.0/24 aks-new (10.20.26.0/23 is kept for its growth).\n"
    )
    done = shell("show", "vnet-prod")
    assert "F  10.20.26.0/24  aks-new  subnet, keeps 10.20.26.0/23" in done.stdout
    assert "\x1b" not in done.stdout
    assert shell("undo", "--yes").stdout == (
        "Change 2 undone: aks-new (10.20.26.0/24) allocated.\n"
    )
    assert "aks-new" not in shell("show", "vnet-prod").stdout
    assert "(undone by 3)" in shell("history").stdout
    assert "Not enough history" in shell("forecast").stdout


def test_a_script_reads_what_was_done(azure: Shell) -> None:
    found = azure.quickly("allocate", "nodes=/24", "pods=/25", "--in", "vnet-dev")
    assert found["schema_version"] == 1
    assert found["applied"] is True
    assert [one["range"] for one in found["entries"]] == ["10.20.33.0/24", "10.20.34.128/25"]
    assert found["change"]["action"] == "allocate"
    assert len(azure.quickly("history")["changes"][0]["rows"]) == 2


def test_no_room_is_an_answer_with_the_code_of_no(azure: Shell) -> None:
    found = azure.quickly("allocate", "huge", "/16")
    assert found["rc"] == 1
    assert found["applied"] is False
    assert "There is no room for a /16" in found["shortage"]
    assert azure.quickly("free", "/16")["rc"] == 1
    assert azure.quickly("free", "/22")["next"] == "10.20.4.0/22"
    assert azure.quickly("free", "300")["next"].endswith("/23")
    assert azure("resize", "snet-aks-nodes", "/22").returncode == 1
    assert azure("reserve", "taken", "10.20.16.0/24").returncode == 1


def test_a_dry_run_tells_and_changes_nothing(azure: Shell) -> None:
    before = azure.quickly("show")
    for arguments in (
        ("allocate", "x", "/24", "--dry-run"),
        ("release", "vnet-dev", "--with-children", "--dry-run"),
        ("undo", "--dry-run"),
        ("add-block", "10.0.0.0/8", "--dry-run"),
        ("edit", "vnet-dev", "--name", "y", "--dry-run"),
        ("resize", "snet-db", "/25", "--dry-run"),
    ):
        found = azure.quickly(*arguments)
        assert (found["rc"], found["applied"]) == (0, False)
    assert azure.quickly("show") == before


@pytest.mark.parametrize("arguments", [("release", "snet-db"), ("undo",)])
def test_where_nobody_can_be_asked_nothing_is_taken_away(
    azure: Shell, arguments: tuple[str, ...]
) -> None:
    done = azure(*arguments)
    assert done.returncode == 2
    assert "add --yes" in done.stderr
    assert azure.quickly("history")["changes"][0]["action"] == "import"


@pytest.mark.parametrize(("said", "released"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_at_a_terminal_is_asked(azure: Shell, said: str, released: bool) -> None:
    ours, theirs = pty.openpty()
    try:
        os.write(ours, said.encode())
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "ipam", "release", "snet-db"],
            stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "NETASSIST_BOOK": str(azure.place), "TERM": "dumb"}, timeout=60,
        )  # fmt: skip
        asked = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Would be released" in asked
    names = {one["name"] for one in azure.quickly("show", "vnet-prod")["entries"]}
    assert ("snet-db" not in names) is released
    assert done.returncode == (0 if released else 1)


def test_bad_rows_are_told_with_their_line_and_the_code_says_so(shell: Shell) -> None:
    rows = "prefix,name\n10.0.0.0/24,a\n10.0.0.7/24,b\nx,c\n"
    done = shell("import", "-", stdin=rows)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("-:3: error: `10.0.0.7/24` has bits set beyond")
    assert done.stderr.splitlines()[1].startswith("-:4: error: `x` is no address range")
    assert "1 range added, 0 updated, 0 unchanged, 2 refused." in done.stdout
    assert shell("import", "-", stdin="nothing here").returncode == 5
    assert shell("import", "missing.json").returncode == 5


def test_a_corrupt_or_newer_book_is_bad_input(shell: Shell) -> None:
    shell.place.write_text("this is no database, whatever its name says" * 30)
    done = shell("show")
    assert done.returncode == 5
    assert "cannot be read as an address book" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_cannot_be_reached_is_not_configured() -> None:
    done = Shell(Path("unused"))("show", "--db", "postgresql://anna:pw@127.0.0.1:1/x")
    assert done.returncode == 3
    assert "anna:***@" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("allocate", "x", "/129"),
        ("allocate", "x", "-5"),
        ("allocate", "x", "1000000000"),
        ("allocate", "x"),
        ("allocate", "x", "10.0.0.1/8"),
        ("allocate", "x", "/24", "--in", "nowhere"),
        ("allocate", "x", "/24", "--fit", "worst"),
        ("allocate", "x", "/24", "--tag", "novalue"),
        ("reserve", "x", "/24", "--until", "yesterday"),
        ("reserve", "x", "/24", "--until", "2001-01-01"),
        ("release", "nothing", "--yes"),
        ("undo", "--change", "999", "--yes"),
        ("export", "--format", "docx"),
        ("show", "--space", "nowhere"),
        ("renumber",),
        ("add-block", "10.20.0.0"),
        ("edit", "snet-db", "--headroom", "12"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage_in_a_sentence(
    azure: Shell, arguments: tuple[str, ...]
) -> None:
    done = azure(*arguments)
    assert done.returncode in (1, 2), done
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert azure.quickly("history")["changes"][0]["action"] == "import"


def test_a_block_that_is_too_full_has_the_code_of_no(azure: Shell) -> None:
    assert azure.quickly("show", "--warn-at", "60")["rc"] == 0
    assert azure.quickly("show", "--warn-at", "50")["rc"] == 1


@pytest.mark.parametrize("form", ["az", "bicep", "terraform", "csv", "markdown", "svg"])
def test_a_space_is_exported_to_stdout_or_a_file(azure: Shell, tmp_path: Path, form: str) -> None:
    if form == "svg":
        done = azure("export", "--format", form, "--out", str(tmp_path / "x"))
        assert done.returncode == 0
        assert (tmp_path / "x").read_text().startswith("<svg")
        return
    result = CliRunner().invoke(
        app, ["ipam", "export", "-f", form, "--db", str(azure.place)], obj=Output(plain=True)
    )
    assert result.exit_code == 0
    assert "10.20.16.0/23" in result.stdout


def test_colour_is_for_terminals_that_want_it(
    azure: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(**more: str) -> str:
        ours, theirs = pty.openpty()
        done = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "ipam", "show", "vnet-dev"],
            stdout=theirs,
            env={
                **os.environ,
                "NETASSIST_BOOK": str(azure.place),
                "TERM": "xterm-256color",
                **more,
            },
        )
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 65_536):
                seen += chunk
        except OSError:
            pass
        finally:
            os.close(ours)
        assert done.wait(timeout=60) == 0
        return seen.decode()

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in run()
    assert "\x1b[" not in run(NO_COLOR="1").replace("\x1b[0m", "")


def test_a_tool_that_writes_needs_a_yes_from_the_command_line(azure: Shell) -> None:
    program = [sys.executable, "-c", PROGRAM, "tools", "allocate-range", "x", "/24"]
    environment = {**os.environ, "NETASSIST_BOOK": str(azure.place)}
    for more, code, said in (
        ([], 1, "Nothing was changed, as nobody approved it."),
        (["--yes"], 0, "Allocated: `10.20.3.0/24`"),
    ):
        done = subprocess.run(
            [*program, *more], input="", capture_output=True, text=True, check=False,
            env=environment,
        )  # fmt: skip
        assert done.returncode == code
        assert said in done.stdout
