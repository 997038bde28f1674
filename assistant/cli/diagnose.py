"""The commands `diagnose` and `collect`: a symptom followed to its cause, and what is missing."""

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.render import Output
from topology.errors import InvalidQuery

if TYPE_CHECKING:
    from tools.diagnosis_results import MissingRow

__all__ = ["collect", "diagnose", "plain_read"]

_READS = {
    "kubectl": ("get", "describe", "version", "api-resources"),
    "hubble": ("observe", "status", "list"),
    "az": ("list", "show"),
}
"""Programs that `collect` may run, with the verbs that only read."""
_TIMEOUT = 120.0


def diagnose(
    context: typer.Context,
    symptom: Annotated[
        str, typer.Argument(metavar="SYMPTOM", help="In words, or pasted; `-` reads stdin.")
    ],
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Follow a symptom to its cause: which checks were made, what each found, and what to change.

    SYMPTOM is what a person would say ("checkout times out calling payments since 10:40"), an
    error message, a log line, or one Hubble flow (JSON, or the line that `hubble observe` prints).

    Exits with 1 if a cause is found, 0 if nothing is wrong in what was given.

    Examples:
      netassist diagnose "checkout times out calling payments since 10:40" -w export/
      netassist diagnose "DNS is slow in prod" -w export/ --json
      kubectl -n shop logs deploy/checkout | tail -1 | netassist diagnose - -w export/
    """
    from tools.diagnosis import diagnose as spec
    from tools.diagnosis_results import DiagnosisResult

    output: Output = context.obj
    if symptom == "-":
        symptom = sys.stdin.read()
    opened = open_workspace(workspace, output)
    with output.working("Checking"):
        result = spec.call(opened, {"symptom": symptom})
    assert isinstance(result, DiagnosisResult)
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
        for note in result.not_verified:
            output.note(note)
    raise typer.Exit(exit_codes.NO if result.root_cause else exit_codes.ANSWERED)


def collect(
    context: typer.Context,
    symptom: Annotated[str, typer.Argument(metavar="[SYMPTOM]", help="What it is for.")] = "",
    workspace: WorkspacePaths = None,
    run: Annotated[
        bool, typer.Option("--run", help="Run those commands that are plain reads, after asking.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before `--run`.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the read-only commands that would collect what is missing; run them on request.

    Only plain reads of kubectl, hubble and az are ever run; each writes the file that it names
    into the current folder. Anything longer, such as a loop over nodes, is printed only.

    Examples:
      netassist collect -w cluster.yaml
      netassist collect "DNS is slow" -w cluster.yaml
      netassist collect "DNS is slow" -w cluster.yaml --context prod --run
    """
    from tools.diagnosis import collect_commands

    output: Output = context.obj
    opened = open_workspace(workspace, output)
    result = collect_commands(opened, symptom)
    if as_json and not run:
        output.write_json(result.model_dump(mode="json"))
        return
    output.write_markdown(result.summary)
    if run:
        if not output.kube_context:
            message = "`--run` needs `--context`, so that it is clear which cluster is read."
            raise InvalidQuery(message, hint="Name it: `netassist collect --context NAME --run`.")
        for row in result.missing:
            _run(row, output, ask=not yes)


def _run(row: "MissingRow", output: Output, *, ask: bool) -> None:
    """Run one command after asking, if it is a plain read; its output goes to its file."""
    found = plain_read(row.command, output.kube_context)
    if found is None:
        output.note(f"Not run, as it is more than one plain read: {row.command}")
        return
    words, file = found
    shown = shlex.join(words)
    if ask and not typer.confirm(f"Run `{shown}` into {file}?", err=True):
        return
    try:
        with output.working(shown), open(file, "xb") as stream:  # noqa: PTH123
            done = subprocess.run(
                words, stdout=stream, stderr=subprocess.PIPE, timeout=_TIMEOUT, check=False
            )
    except FileExistsError:
        output.note(f"`{file}` is there already and was left as it is.")
    except FileNotFoundError:
        output.note(f"`{words[0]}` is not installed here.")
    except subprocess.TimeoutExpired:
        output.note(f"`{shown}` took longer than {_TIMEOUT:.0f} s and was stopped.")
    else:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
        output.note(f"{file}: {'written' if done.returncode == 0 else 'failed'} {' '.join(said)}")


def plain_read(command: str, kube_context: str) -> tuple[list[str], str] | None:
    """Return program and arguments of a command that only reads, and its file; None otherwise.

    >>> plain_read("kubectl get pods -A -o yaml > pods.yaml", "prod")
    (['kubectl', '--context', 'prod', 'get', 'pods', '-A', '-o', 'yaml'], 'pods.yaml')
    >>> plain_read("kubectl delete pods -A > x", "prod") is None
    True
    """
    if any(sign in command for sign in (";", "|", "&", "`", "$(", "\n")):
        return None
    words = shlex.split(command)
    if len(words) < 4 or words[-2] != ">" or "/" in words[-1] or words[-1].startswith("."):
        return None
    program, arguments, file = words[0], words[1:-2], words[-1]
    verbs = [one for one in arguments if one in _READS.get(program, ())]
    first = arguments[2] if arguments[0] == "-n" else arguments[0]
    if not verbs or (program != "az" and first != verbs[0]):
        return None
    scope = ["--context", kube_context] if program == "kubectl" else []
    return [program, *scope, *arguments], file
