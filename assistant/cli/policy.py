"""The commands about policies themselves: `netassist policy validate`."""

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.draft import draft, hold
from assistant.cli.explain import explain
from assistant.cli.mend import convert, fix, merge, migrate, split, tighten
from assistant.cli.opening import JsonFlag, open_workspace
from assistant.cli.render import Output
from assistant.cli.simulate import simulate

if TYPE_CHECKING:
    from tools.policy_findings import FileCheck, PolicyCheck, PolicyFinding, ValidationResult

__all__ = ["policy", "validate"]

policy = typer.Typer(
    name="policy",
    help="Write, prove and check policies before they are applied.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_DEFAULT_PROFILE = "1.18"
Profile = Annotated[
    str,
    typer.Option(
        metavar="1.18|1.19|kubernetes", help="Whose strictness; AKS runs Cilium 1.18 today."
    ),
]

Cluster = Annotated[
    list[str] | None,
    typer.Option(
        "-w",
        "--workspace",
        metavar="PATH",
        help="Export of the cluster that the policies are meant for; may be given several times.",
    ),
]


def _add(command: Callable[..., None], *, name: str = "") -> None:
    """Register a command; its help keeps the line breaks of its examples."""
    text = inspect.getdoc(command) or ""
    name = name or command.__name__.replace("_", "-")
    policy.command(name, help=text.replace("Examples:\n", "\b\nExamples:\n"))(command)


def validate(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, folders, or `-` for stdin.")
    ],
    profile: Profile = _DEFAULT_PROFILE,
    workspace: Cluster = None,
    as_json: JsonFlag = False,
) -> None:
    """Check policies as Cilium, Kubernetes and Istio would, and say what to write instead.

    Every fault is told with its line. Warnings name what is dropped without an error, what AKS
    does not offer, and what is allowed but rarely meant. With -w, what only that cluster
    shows is told, too: CIDRs that cover its pods or nodes, Istio policies that select no workload
    or stand in the wrong root namespace.

    Exits with 0 if every policy is valid, 1 if one is not, 5 if nothing could be read.

    Examples:
      netassist policy validate policies/
      netassist policy validate web.yaml --profile 1.19 --json
      kubectl get cnp,netpol -A -o yaml | netassist policy validate -
    """
    from tools.policy_checks import check_files

    output: Output = context.obj
    cluster = open_workspace(workspace, output) if workspace else None
    with output.working("Checking " + ", ".join(files)):
        result = check_files(files, profile=profile, stdin=sys.stdin, workspace=cluster)
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_text("\n".join(_report(result)))
    raise typer.Exit(_code(result))


_add(validate)
_add(simulate)
_add(explain)
_add(draft)
_add(hold, name="test")
for command in (fix, tighten, convert, merge, split, migrate):
    _add(command)


def _code(result: "ValidationResult") -> int:
    if result.valid:
        return exit_codes.ANSWERED
    is_read = any(file.documents or file.others for file in result.files)
    return exit_codes.NO if is_read else exit_codes.BAD_INPUT


def _report(result: "ValidationResult") -> Iterator[str]:
    """Yield the lines that tell a person everything, the count last."""
    for file in result.files:
        for problem in file.problems:
            yield from _told(file, problem, "error", "")
        for check in file.documents:
            for severity, found in (("error", check.errors), ("warning", check.warnings)):
                for finding in found:
                    yield from _told(file, finding, severity, check.key)
    yield from _count(result)


def _told(file: "FileCheck", finding: "PolicyFinding", severity: str, key: str) -> Iterator[str]:
    from tools.policy_checks import REFUSERS

    place = f"{file.path}:{finding.line}" if finding.line else file.path
    yield f"{place}: {severity} {finding.code}: {finding.message}"
    if key:
        said = f" (refused by {REFUSERS[finding.origin]})" if severity == "error" else ""
        yield f"    where: {f'{finding.path} of ' if finding.path else ''}{key}{said}"
    if finding.fix:
        yield f"    fix:   {finding.fix}"
    yield ""


def _count(result: "ValidationResult") -> Iterator[str]:
    from tools.wording import count

    checks: list[PolicyCheck] = [check for file in result.files for check in file.documents]
    others = sum(file.others for file in result.files)
    unread = sum(len(file.problems) for file in result.files)
    if not checks:
        yield "No policy was found." + (f" {count(others, 'other object')}." if others else "")
        return
    bad = sum(not check.valid for check in checks)
    errors = unread + sum(len(check.errors) for check in checks)
    warnings = sum(len(check.warnings) for check in checks)
    files = count(len([file for file in result.files if file.documents]), "file")
    state = f"{bad} not valid" if bad else "all valid"
    if unread:
        state += f", and {count(unread, 'document')} that cannot be read"
    yield (
        f"{count(len(checks), 'policy')} in {files}: {state}; {count(errors, 'error')}, "
        f"{count(warnings, 'warning')} (profile {result.profile})."
    )
