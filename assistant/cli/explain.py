"""The command that says what policies say: `netassist policy explain`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.render import Output

__all__ = ["explain"]


def explain(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE...|NAME]",
            help="Files, folders, `-` for stdin, or the name of a policy of the workspace; "
            "by default every policy of the workspace.",
        ),
    ] = None,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Say in plain sentences what policies do, rule by rule.

    With --json there is also one sentence for each policy that says all of it: `netassist policy
    draft` makes a policy of equal verdicts of that.

    Exits with 0, or with 1 if there is no policy.

    Examples:
      netassist policy explain policies/web.yaml
      netassist policy explain shop/db-clients -w cluster.yaml
      kubectl get cnp -A -o yaml | netassist policy explain - --json
    """
    from tools.explain import ExplanationResult, explain_files, explain_named

    output: Output = context.obj
    opened = open_workspace(workspace, output)
    given = names or []
    files = [one for one in given if one == "-" or Path(one).exists() or Path(one).suffix]
    with output.working("Reading"):
        results = [explain_files(opened, files, stdin=sys.stdin)] if files else []
        named = given or [policy.key for policy in opened.cluster.policies]
        results += [explain_named(opened, one) for one in named if one not in files]
    result = ExplanationResult(
        summary="\n\n".join(one.summary for one in results) or "No policy was found.",
        evidence=tuple(row for one in results for row in one.evidence),
        not_verified=tuple(row for one in results for row in one.not_verified),
        policies=tuple(row for one in results for row in one.policies),
    )
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
        for fault in result.not_verified:
            output.note(fault)
    raise typer.Exit(exit_codes.ANSWERED if result.policies else exit_codes.NO)
