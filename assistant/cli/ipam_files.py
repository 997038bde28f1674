"""The commands that bring ranges into the address book from files, and out of it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.book_opening import Database, DryRun, SpaceName, opened_book
from assistant.cli.opening import JsonFlag
from assistant.cli.render import Output

__all__ = ["export", "import_"]


def import_(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, folders of JSON, or `-`.")
    ],
    space: SpaceName = "default",
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Import ranges; each bad row is told with its line, and the others go in.

    Reads `az network vnet list`, `az network vnet subnet list`, `az aks list` and `show` as JSON,
    NetBox prefixes as JSON or CSV, and CSV with a column `prefix` and any of name, kind, type
    (block, allocation, reservation), space, tags (a=b; c=d), notes, expires. Doing it again with
    the same files changes nothing.

    Exits with 0, with 1 if rows were refused, or with 5 if nothing could be read.

    Examples:
      az network vnet list -o json > vnets.json; az aks list -o json > clusters.json
      netassist ipam import vnets.json clusters.json --dry-run
      netassist ipam import netbox-prefixes.csv --space on-prem
    """
    from tools.book_rows import change_row, entry_row
    from tools.book_text import describe_import, describe_problem
    from topology.ipam.book.importing import import_rows, read_files

    output: Output = context.obj
    with output.working("Reading " + ", ".join(files)):
        reading = read_files(files, sys.stdin)
        with opened_book(db) as book:
            result = import_rows(book, reading, space, dry_run=dry_run)
    if as_json:
        change = result.change if result.applied else None
        output.write_json(
            {
                "applied": result.applied,
                "files": result.forms,
                "added": [entry_row(one).model_dump() for one in result.added],
                "updated": [entry_row(one).model_dump() for one in result.updated],
                "unchanged": result.unchanged,
                "problems": [
                    {
                        "severity": one.severity,
                        "code": one.code,
                        "message": one.message,
                        "hint": one.hint,
                        "location": str(one.location) if one.location else None,
                    }
                    for one in result.problems
                ],
                "change": change_row(change).model_dump(exclude={"rows"}) if change else None,
            }
        )
    else:
        for problem in result.problems:
            style = "red" if problem.severity == "error" else "yellow"
            output.note(describe_problem(problem), style=style)
        output.write_text(describe_import(result))
    refused = any(problem.severity == "error" for problem in result.problems)
    if refused and not (result.added or result.updated or result.unchanged):
        raise typer.Exit(exit_codes.BAD_INPUT)
    raise typer.Exit(exit_codes.NO if refused else exit_codes.ANSWERED)


def export(
    context: typer.Context,
    form: Annotated[
        str, typer.Option("--format", "-f", metavar="az|bicep|terraform|csv|markdown|svg")
    ] = "csv",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Default: stdout.")
    ] = None,
    space: SpaceName = "default",
    db: Database = "",
) -> None:
    """Write a space as az commands, Bicep, Terraform (azurerm), CSV, Markdown or a picture.

    VNets are blocks of the kind `vnet`; subnets are what lies in them.

    Examples:
      netassist ipam export --format bicep > network.bicep
      netassist ipam export --format svg --out space.svg
    """
    from topology.ipam.book.exporting import write

    output: Output = context.obj
    with opened_book(db) as book:
        text = write(form, space, book.usage("", space), book.entries(space))
    if out is None:
        output.write_text(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"`{out}` cannot be written: {error.strerror}"
        raise typer.BadParameter(message) from None
    output.note(f"Wrote {out}.")
