"""Opening the workspace that a command is about."""

import select
import stat
import sys
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.render import Output

if TYPE_CHECKING:
    from tools.workspace import Workspace

__all__ = ["JsonFlag", "WorkspacePaths", "open_workspace", "stdin_is_attached"]

WorkspacePaths = Annotated[
    list[str] | None,
    typer.Option(
        "-w",
        "--workspace",
        metavar="PATH",
        help="File or folder of exports or manifests, or `-` for stdin; may be given several "
        "times. `context:NAME`, or --context NAME, is a live cluster. Default: "
        "$NETASSIST_WORKSPACE, else the bundled sample.",
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def open_workspace(paths: list[str] | None, output: Output) -> "Workspace":
    """Load what the person named, and say on stderr what was set aside.

    Raises:
        UnreadableInput: Nothing at all could be read.
        LiveUnavailable: The live cluster that is named cannot be read.
    """
    from tools.workspace import LIVE, Workspace

    chosen = paths or ([] if output.kube_context else _configured_paths())
    if output.kube_context:
        chosen = [f"{LIVE}{output.kube_context}", *chosen]
    if not chosen:
        output.note("No workspace given: using the bundled sample. Name yours with -w PATH.")
        return Workspace.sample()
    if any(path.startswith(LIVE) for path in chosen):
        # Says itself how far it is, so that a large or slow cluster shows that it is being read.
        workspace = Workspace.load(chosen, stdin=sys.stdin, progress=output.show_progress)
    else:
        with output.working("Reading " + ", ".join(chosen)):
            workspace = Workspace.load(chosen, stdin=sys.stdin, cache=_cache_folder(chosen))
    output.note_problems(workspace.problems)
    return workspace


def _configured_paths() -> list[str]:
    # Reading the settings takes a tenth of the time of `reach`, so only where they are needed.
    from assistant.settings import Settings

    return list(Settings().workspace)


def _cache_folder(paths: list[str]) -> Path | None:
    """Return where large clusters are kept; None for small ones, which need no settings."""
    from topology.load import deserves_cache

    if not deserves_cache(paths):
        return None
    from assistant.settings import Settings

    return Settings().cache_dir / "clusters"


def stdin_is_attached() -> bool:
    """Return whether something was piped or redirected into this process.

    A pipe that stays silent (as under many process managers) must not be waited for, so a pipe
    counts only once something can be read from it. One that ends without a word is what scripts
    give to programs that are to read nothing: it is not attached either.
    """
    try:
        descriptor = sys.stdin.fileno()
        mode = Path(f"/dev/fd/{descriptor}").stat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(mode):
        return _says_something()
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False
    return bool(select.select([descriptor], [], [], 0)[0]) and _says_something()


def _says_something() -> bool:
    """Look at what stdin begins with, and leave it there to be read."""
    buffer = sys.stdin.buffer
    return not isinstance(buffer, BufferedReader) or bool(buffer.peek(1).strip())
