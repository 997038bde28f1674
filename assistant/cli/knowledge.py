"""The commands about what the assistant may quote: `netassist knowledge ...`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag
from assistant.cli.render import Output

if TYPE_CHECKING:
    from knowledge.adding import Outcome
    from knowledge.library import Entry, Library
    from tools.workspace import Knowledge

__all__ = ["knowledge"]

knowledge = typer.Typer(
    help="Add your own runbooks to what `ask` may quote, list, search and remove them.",
    no_args_is_help=True,
)

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="Files, or folders with all that is below them."),
]


@knowledge.command(
    "add",
    help="""Read runbooks (Markdown, text, PDF, HTML) so that `ask` finds and cites them by path.

A file with the same content is not read again; one that was changed replaces what was read before.
What stands in a runbook is quoted, never obeyed.

\b
Examples:
  netassist knowledge add docs/runbooks
  netassist knowledge add failover.pdf dns.md --json
""",
)
def add(context: typer.Context, paths: Paths, as_json: JsonFlag = False) -> None:
    """Read runbooks into the library."""
    from knowledge.adding import add_paths

    output: Output = context.obj
    library, places = _open()
    with output.working("Reading"):
        outcomes = list(add_paths(library, paths))
    note = _index(library, places, output)
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if as_json:
        rows = [_outcome_row(outcome) for outcome in outcomes]
        output.write_json({"documents": rows, "note": note})
    else:
        output.write_text("\n".join(map(_tell_outcome, outcomes)))
        if note:
            output.note(note)
    raise typer.Exit(exit_codes.BAD_INPUT if failed else exit_codes.ANSWERED)


@knowledge.command(
    "list",
    help="""List the runbooks of the library, and whether their files are still what was read.

\b
Examples:
  netassist knowledge list
  netassist knowledge list --json
""",
)
def list_documents(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the runbooks of the library."""
    output: Output = context.obj
    library, _ = _open()
    entries = library.list_entries()
    if as_json:
        rows = [_entry_row(entry) for entry in entries]
        output.write_json({"library": str(library.path), "documents": rows})
    elif entries:
        output.write_text("\n".join(map(_tell_entry, entries)))
    else:
        output.write_text("No runbooks yet. Add some with `netassist knowledge add PATH`.")


@knowledge.command(
    "remove",
    help="""Take runbooks out of the library; the files themselves stay.

\b
Examples:
  netassist knowledge remove dns.md
  netassist knowledge remove docs/runbooks
""",
)
def remove(context: typer.Context, paths: Paths, as_json: JsonFlag = False) -> None:
    """Take runbooks out of the library."""
    from knowledge.adding import remove_paths

    output: Output = context.obj
    library, places = _open()
    entries = remove_paths(library, paths)
    note = _index(library, places, output)
    if as_json:
        output.write_json({"removed": [str(entry.path) for entry in entries], "note": note})
        return
    output.write_text("\n".join(f"removed {_shorten(entry.path)}" for entry in entries))
    if note:
        output.note(note)


@knowledge.command(
    "search",
    help="""Search the articles and your runbooks without asking a question of the network.

Exits with 1 if nothing fits.

\b
Examples:
  netassist knowledge search "when does kubenet retire"
  netassist knowledge search "payments failover" --count 5 --json
""",
)
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for, in plain words.")],
    count: Annotated[int, typer.Option(help="How many passages, 1 to 10.")] = 3,
    as_json: JsonFlag = False,
) -> None:
    """Search the articles and runbooks."""
    from tools.docs import DocsResult, search_docs
    from tools.workspace import Workspace
    from topology.model import Cluster

    output: Output = context.obj
    _, places = _open()
    workspace = Workspace(cluster=Cluster(), knowledge=places)
    result = search_docs.call(workspace, {"query": query, "count": count})
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
        for note in result.not_verified:
            output.note(note)
    found = isinstance(result, DocsResult) and bool(result.passages)
    raise typer.Exit(exit_codes.ANSWERED if found else exit_codes.NO)


def _open() -> "tuple[Library, Knowledge]":
    """Return the library and the places that the settings name."""
    from assistant.equipping import find_knowledge
    from assistant.settings import Settings
    from knowledge.library import Library

    settings = Settings()
    return Library(settings.library), find_knowledge(settings)


def _index(library: "Library", places: "Knowledge", output: Output) -> str:
    """Bring the vectors in step, so that no question waits; return why that failed, if it did."""
    from knowledge.errors import KnowledgeError
    from knowledge.library import Stand
    from knowledge.meaning import Vectors, index_library

    stand = library.read() or Stand(library.read_name(), {}, ())
    vectors = Vectors(folder=places.index, server=places.server, token=places.token)
    if not stand.name:
        return ""
    try:
        with output.working("Indexing"):
            index_library(vectors, stand)
    except (KnowledgeError, ImportError) as error:
        return f"Runbooks are found by their words alone. {error}"
    return ""


def _outcome_row(outcome: "Outcome") -> dict[str, Any]:
    return {
        "path": str(outcome.path),
        "state": outcome.state,
        "passages": outcome.passages,
        "error": outcome.error,
        "hint": outcome.hint,
    }


def _tell_outcome(outcome: "Outcome") -> str:
    if outcome.state == "failed":
        return f"failed {_shorten(outcome.path)}: {outcome.error} {outcome.hint}".rstrip()
    return f"{outcome.state} {_shorten(outcome.path)} ({_count(outcome.passages)})"


def _entry_row(entry: "Entry") -> dict[str, Any]:
    return {
        "path": str(entry.path),
        "title": entry.title,
        "kind": entry.kind,
        "sha256": entry.digest,
        "bytes": entry.size,
        "passages": entry.passages,
        "added": entry.added,
        "changed": entry.date,
        "file": entry.compare_with_file(),
    }


def _tell_entry(entry: "Entry") -> str:
    state = {
        "same": "",
        "changed": ", changed since it was read: add it again",
        "missing": ", the file is gone",
    }[entry.compare_with_file()]
    where = _shorten(entry.path)
    return f"{where}: {entry.title} ({entry.kind}, {_count(entry.passages)}{state})"


def _count(passages: int) -> str:
    return f"{passages} passage{'' if passages == 1 else 's'}"


def _shorten(path: Path) -> str:
    """Return a path as a person would open it from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
