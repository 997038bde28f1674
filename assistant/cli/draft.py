"""The commands that write policies and test contracts: `netassist policy draft|test`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.render import Output

if TYPE_CHECKING:
    from tools.draft_results import DraftResult

__all__ = ["draft", "hold"]


def draft(
    context: typer.Context,
    intent: Annotated[
        str, typer.Argument(metavar="INTENT", help="What shall be allowed or denied, in words.")
    ] = "",
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="Kind of the policy; by default what fits.")
    ] = "",
    from_services: Annotated[
        bool,
        typer.Option("--from-services", help="Least privilege from the Services that are named."),
    ] = False,
    from_flows: Annotated[
        bool,
        typer.Option("--from-flows", help="Least privilege from the workspace's flows as well."),
    ] = False,
    namespace: Annotated[
        str, typer.Option(metavar="NS", help="With --from-...: only this namespace.")
    ] = "",
    requests: Annotated[
        str,
        typer.Option(
            metavar="as-seen|ids|off",
            help="With --from-flows: let HTTP requests through as they were seen, with numbers, "
            "UUIDs and hashes in paths as any value (ids), or all of them (off).",
        ),
    ] = "as-seen",
    layered: Annotated[
        bool, typer.Option("--layered", help="Network policy, mesh policy and mutual TLS together.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the policies and their contract into a folder."),
    ] = None,
    show_attempts: Annotated[
        bool, typer.Option("--show-attempts", help="Show the drafts that did not hold, and why.")
    ] = False,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the policies that a request asks for, and prove them before they are shown.

    Every draft is validated and simulated on the workspace: what must be allowed is, what must be
    denied is, nothing else opens. What does not hold is amended, or shown as not verified.

    Exits with 0 if the draft is verified, 1 if it is not, or if the request cannot be met or has
    to be asked back.

    Examples:
      netassist policy draft "only checkout may call payments on 8443"
      netassist policy draft "allow egress from web to *.example.com only" --out policies/
      netassist policy draft --from-services --namespace shop --out policies/
      netassist policy draft --from-flows -w cluster.yaml -w flows.jsonl
      netassist policy draft --from-flows --kind AuthorizationPolicy -w cluster.yaml -w flows.jsonl
    """
    from tools.author import draft_request, least_privilege_result

    output: Output = context.obj
    learns = from_services or from_flows
    if bool(intent) == learns:
        message = "Say what you want, or give --from-services or --from-flows, and not both."
        raise typer.BadParameter(message)
    opened = open_workspace(workspace, output)
    with output.working("Drafting"):
        if learns:
            result = least_privilege_result(
                opened,
                namespace=namespace,
                kind=kind,
                from_flows=from_flows,
                requests=requests,
            )
        else:
            result = draft_request(opened, intent, kind=kind, layered=layered)
    if out is not None and result.artifacts:
        _write(result, out, output)
    _print(result, output, show_attempts=show_attempts, as_json=as_json)
    raise typer.Exit(exit_codes.ANSWERED if result.verified else exit_codes.NO)


def hold(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Contracts: files, folders, or `-` for stdin."),
    ],
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Hold contracts against the network: what must be allowed, and what must be denied.

    A contract is what `netassist policy draft --out` writes beside the policies: `must_allow` and
    `must_deny`, each a list of `{src, dst, port, proto, http}`.

    Exits with 0 if every demand is met, 1 if one is not, 5 if a file is no contract.

    Examples:
      netassist policy test contract.yaml
      netassist policy test policies/ -w cluster.yaml -w policies/ --json
    """
    from tools.author import test_contracts
    from topology.authoring.contract_file import read_contracts

    output: Output = context.obj
    found = read_contracts(files, stdin=sys.stdin)
    opened = open_workspace(workspace, output)
    with output.working("Testing"):
        result = test_contracts(opened, [one.contract for one in found])
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
    raise typer.Exit(exit_codes.ANSWERED if result.met else exit_codes.NO)


def _write(result: "DraftResult", folder: Path, output: Output) -> None:
    """Write the files; what is not verified says so in its first line."""
    folder.mkdir(parents=True, exist_ok=True)
    for artifact in result.artifacts:
        mark = "" if artifact.verified else "# NOT VERIFIED: see `netassist policy draft`.\n"
        path = folder / artifact.name
        path.write_text(mark + artifact.content, encoding="utf-8")
        output.note(f"wrote {path}")


def _print(result: "DraftResult", output: Output, *, show_attempts: bool, as_json: bool) -> None:
    if as_json:
        document = result.model_dump(mode="json")
        if not show_attempts:
            document.pop("attempts")
        output.write_json(document)
        return
    if show_attempts:
        for number, attempt in enumerate(result.attempts[:-1], 1):
            failing = "; ".join(f"{one.check}: {one.detail}" for one in attempt.failing)
            output.write_markdown(
                f"Attempt {number}:\n\n```yaml\n{attempt.yaml}```\n\nFails: {failing}\n\n"
                f"So: {attempt.amended}"
            )
    output.write_markdown(result.summary)
