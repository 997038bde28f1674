"""The command that reviews the policies of a cluster: `netassist review`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.render import Output

if TYPE_CHECKING:
    from tools.review_rows import ReviewResult
    from topology.review import Suppression

__all__ = ["review"]


class FailOn(StrEnum):
    """From which severity on the command exits with 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class Format(StrEnum):
    """How the review is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def review(
    context: typer.Context,
    namespace: Annotated[
        str, typer.Option(help="Only findings about objects of this namespace.")
    ] = "",
    select: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Make this check only; repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Leave this check out; repeatable.")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Exit with 1 from this severity on.")
    ] = FailOn.WARNING,
    suppressions: Annotated[
        str, typer.Option(metavar="FILE", help="Findings that are set aside, with the reasons.")
    ] = "",
    show_suppressed: Annotated[
        bool, typer.Option("--show-suppressed", help="List them, too, instead of counting them.")
    ] = False,
    baseline: Annotated[
        str, typer.Option(metavar="FILE", help="An earlier `--json`; what is in it is known.")
    ] = "",
    form: Annotated[
        Format, typer.Option("--format", help="`sarif` is for code scanning.")
    ] = Format.TEXT,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Find what is broken, dangerous or needless in the policies, with fixes tried out.

    Network policies, Istio's policies and what they do together. Each fix that changes policies
    is validated and simulated on the whole cluster, and what it opens and closes is told. A
    finding is set aside by the annotation `netassist.io/ignore: "CODE: reason"` in the policy or
    by a file; docs/review has a page for each code.

    Exits with 0 if there is nothing at or above --fail-on, with 1 if there is.

    Examples:
      netassist review
      netassist review -w cluster.yaml --namespace shop --fail-on error
      netassist review -w policies/ --select service-port --select dns-blocked --json
      netassist review -w cluster.yaml --format sarif > netassist.sarif
    """
    from assistant.cli.review_files import read_baseline, read_suppressions
    from tools.review import review_network

    output: Output = context.obj
    aside: Sequence[Suppression] = read_suppressions(suppressions) if suppressions else ()
    known = read_baseline(baseline) if baseline else frozenset()
    opened = open_workspace(workspace, output)
    with output.working("Reviewing"):
        result = review_network(
            opened,
            namespace=namespace,
            select=select or (),
            ignore=ignore or (),
            suppressions=aside,
            baseline=known,
        )
    if form is Format.SARIF and not as_json:
        _write_sarif(result, output)
    elif form is Format.JSON or as_json:
        shown = [row for row in result.findings if show_suppressed or not row.suppressed]
        output.write_json(
            result.model_copy(update={"findings": tuple(shown)}).model_dump(mode="json")
        )
    else:
        _write_text(result, output, show_suppressed=show_suppressed)
    raise typer.Exit(_code(result, fail_on))


def _code(result: "ReviewResult", fail_on: FailOn) -> int:
    if fail_on is FailOn.NEVER:
        return exit_codes.ANSWERED
    severities = [FailOn.ERROR, FailOn.WARNING, FailOn.INFO]
    failing = severities[: severities.index(fail_on) + 1]
    hit = any(result.counts[one.value] for one in failing)
    return exit_codes.NO if hit else exit_codes.ANSWERED


def _write_sarif(result: "ReviewResult", output: Output) -> None:
    import json

    from tools.review_sarif import as_sarif
    from topology.review import all_checks

    output.write_text(json.dumps(as_sarif(result, all_checks()), indent=2))


def _write_text(result: "ReviewResult", output: Output, *, show_suppressed: bool) -> None:
    from tools.review_text import headline, lines_of
    from tools.wording import count, shorten

    lines: list[str] = []
    for row in result.findings:
        if show_suppressed or not (row.suppressed or row.known):
            lines += lines_of(row)
    for skipped in result.skipped:
        lines.append(f"not verified, as {skipped.reason}: {shorten(skipped.codes, 60)}")
    for sentence in result.not_verified:
        lines.append(f"not verified: {sentence.removeprefix('Not verified: ')}")
    if result.suppressed:
        hint = "" if show_suppressed else " (--show-suppressed lists them)"
        lines.append(f"{count(result.suppressed, 'finding')} set aside{hint}")
    if result.known:
        lines.append(f"{count(result.known, 'finding')} in the baseline")
    lines.append(headline(result))
    output.write_text("\n".join(lines))
