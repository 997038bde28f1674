"""The commands `sessions`: what was asked before, and what became of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag
from assistant.cli.render import Output

if TYPE_CHECKING:
    from assistant.sessions import SessionStore

__all__ = ["sessions"]

sessions = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show, export or delete the conversations that were kept; every surface shares them.",
)
_Id = Annotated[str, typer.Argument(metavar="ID", help="Of the session, or how it begins.")]
_SHOWN = 20


@contextmanager
def _opened() -> Iterator["SessionStore"]:
    from assistant.sessions import open_sessions
    from assistant.settings import Settings

    store = open_sessions(Settings())
    try:
        yield store
    finally:
        store.close()


@sessions.command("list")
def list_sessions(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option(min=0, help="How many, the last ones first; 0 for all.")
    ] = _SHOWN,
    as_json: JsonFlag = False,
) -> None:
    """List the sessions, the one that was last used first."""
    output: Output = context.obj
    with _opened() as store:
        found = store.sessions(limit=limit or None)
    if as_json:
        output.write_json({"sessions": [asdict(one) for one in found]})
        return
    if not found:
        output.note("There is no session yet; ask a question to begin one.")
        return
    width = max(len(one.id) for one in found)
    lines = [
        f"{one.id:<{width}}  {one.updated[:16].replace('T', ' ')}  {one.turns:>4}  {one.title}"
        for one in found
    ]
    output.write_text("\n".join(lines))


@sessions.command("show")
def show_session(context: typer.Context, session: _Id, as_json: JsonFlag = False) -> None:
    """Show what was asked and answered in a session."""
    _write(context.obj, session, as_json=as_json)


@sessions.command("export")
def export_session(
    context: typer.Context,
    session: _Id,
    form: Annotated[
        str, typer.Option("--format", metavar="markdown|json", help="Of the document.")
    ] = "markdown",
    place: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write it there, not to stdout."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
) -> None:
    """Write a session as Markdown or JSON, to stdout or into a file that only you may read."""
    if form not in ("markdown", "json"):
        message = f"`{form}` is no form of a session; write markdown or json"
        raise typer.BadParameter(message)
    _write(context.obj, session, as_json=form == "json", place=place, force=force)


@sessions.command("delete")
def delete_session(
    context: typer.Context,
    session: Annotated[list[str], typer.Argument(metavar="ID...", help="Of the sessions.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Delete sessions with everything said in them; asks first."""
    output: Output = context.obj
    with _opened() as store:
        found = list(dict.fromkeys(store.find(name) for name in session))
        if not yes and not _agreed(output, [f"{one.id}  {one.title}" for one in found]):
            raise typer.Exit(exit_codes.NO)
        gone = [one.id for one in found if store.delete(one.id)]
    if as_json:
        output.write_json({"deleted": gone})
    else:
        output.write_text("\n".join(f"Deleted {one}." for one in gone))


def _agreed(output: Output, lines: list[str]) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise typer.BadParameter("this would delete sessions, and nobody can be asked; add --yes")
    output.note("\n".join(lines), style="")
    return typer.confirm("Delete?", err=True)


def _write(
    output: Output, session: str, *, as_json: bool, place: Path | None = None, force: bool = False
) -> None:
    from assistant.transcripts import as_data, as_markdown

    with _opened() as store:
        found = store.find(session)
        turns = store.transcript(found.id)
    if place is not None:
        _save(place, as_data(found, turns) if as_json else as_markdown(found, turns), force=force)
    elif as_json:
        output.write_json(as_data(found, turns))
    else:
        output.write_markdown(as_markdown(found, turns))


def _save(place: Path, document: dict[str, Any] | str, *, force: bool) -> None:
    import orjson

    data = (
        document.encode()
        if isinstance(document, str)
        else orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"
    )
    try:
        with place.open("wb" if force else "xb") as file:
            place.chmod(0o600)
            file.write(data)
    except FileExistsError:
        message = f"`{place}` exists already; add --force to replace it"
        raise typer.BadParameter(message) from None
    except OSError as error:
        message = f"`{place}` cannot be written: {error.strerror}"
        raise typer.BadParameter(message) from None
