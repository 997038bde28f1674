"""Pictures on the command line: printed, or opened with what the system opens them with."""

import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.render import Output

__all__ = ["OpenIt", "write_picture"]

OpenIt = Annotated[
    bool, typer.Option("--open", help="Write the picture to a file and open it instead.")
]


def write_picture(text: str, form: str, output: Output, *, open_it: bool) -> None:
    """Print a picture, or put it into a file that stays, and open that.

    Args:
        text: The picture.
        form: `svg`, `html`, ...: the ending of the file.
        output: Where it is printed.
        open_it: Whether to open it.
    """
    if not open_it:
        output.write_text(text)
        return
    with tempfile.NamedTemporaryFile(
        "w", prefix="netassist-", suffix=f".{form}", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    path = Path(file.name)
    if webbrowser.open(path.as_uri()):
        output.note(f"Opened {path}.")
    else:
        output.note(f"Nothing here opens pictures; it lies at {path}.")
