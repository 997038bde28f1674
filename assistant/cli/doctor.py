"""The command `doctor`: what works here, and one fix for each thing that does not."""

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths
from assistant.cli.render import Output
from topology.errors import TopologyError

if TYPE_CHECKING:
    from assistant.settings import Settings

__all__ = ["doctor"]

_EXTRAS = {
    "local": ("llama_cpp", "answers by a local model"),
    "entra": ("azure.identity", "Entra tokens for Azure OpenAI"),
    "slack": ("slack_bolt", "the Slack bot"),
    "mcp": ("mcp", "the MCP server"),
    "postgres": ("psycopg", "sessions and address plans in PostgreSQL"),
    "live": ("kubernetes", "reading a live cluster"),
    "tokens": ("jwt", "verifying the signatures of tokens"),
    "otel": ("opentelemetry.exporter.otlp.proto.grpc", "sending spans"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    check: str
    state: Literal["ok", "optional", "fix"]
    detail: str
    fix: str = ""


def doctor(
    context: typer.Context,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Check the installation, the model's settings, the knowledge index and the input files.

    Nothing is sent anywhere. Exits with 1 if something is to be fixed.

    Examples:
      netassist doctor
      netassist doctor -w cluster.yaml --json
    """
    from assistant.settings import Settings

    output: Output = context.obj
    settings = Settings()
    findings = [
        Finding(check="python", state="ok", detail=sys.version.split()[0]),
        *_check_extras(),
        _check_hosted_model(settings),
        _check_local_model(settings),
        _check_folder("knowledge index", settings.cache_dir),
        _check_folder("sessions", settings.state_dir),
        *_check_live(output.kube_context),
        *_check_workspace(workspace or list(settings.workspace)),
    ]
    if as_json:
        output.write_json({"findings": [asdict(finding) for finding in findings]})
    else:
        output.write_markdown("\n".join(_describe(finding) for finding in findings))
    broken = any(finding.state == "fix" for finding in findings)
    raise typer.Exit(exit_codes.NO if broken else exit_codes.ANSWERED)


def _describe(finding: Finding) -> str:
    fix = f" {finding.fix}" if finding.fix else ""
    return f"- {finding.state}: {finding.check}: {finding.detail}{fix}"


def _check_extras() -> Iterator[Finding]:
    for extra, (module, purpose) in _EXTRAS.items():
        if _is_installed(module):
            yield Finding(check=f"extra [{extra}]", state="ok", detail=f"{purpose}: installed.")
        else:
            yield Finding(
                check=f"extra [{extra}]",
                state="optional",
                detail=f"{purpose}: not installed.",
                fix=f"Install it with `pip install 'netassist[{extra}]'`.",
            )


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        # Of a module such as `azure.identity` the package around it may be missing, too.
        return False


def _check_local_model(settings: "Settings") -> Finding:
    from assistant.errors import NotConfigured
    from assistant.models.local.files import find_model

    check = "local model"
    if not settings.local_model:
        return Finding(
            check=check,
            state="optional",
            detail="none is set.",
            fix="Pull one (`netassist models list`) and set NETASSIST_LOCAL_MODEL to its name.",
        )
    try:
        path = find_model(settings.local_model, settings.models_dir)
    except NotConfigured as error:
        return Finding(check=check, state="fix", detail=error.message, fix=error.hint)
    return Finding(check=check, state="ok", detail=f"`{path}` is there.")


def _check_hosted_model(settings: "Settings") -> Finding:
    if settings.hosted_is_configured:
        return Finding(check="hosted model", state="ok", detail="a key or an endpoint is set.")
    return Finding(
        check="hosted model",
        state="optional",
        detail="no key and no endpoint: questions are understood by rules.",
        fix="Set OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint of your own.",
    )


def _check_folder(check: str, folder: Path) -> Finding:
    probe = folder / ".netassist-doctor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding(
            check=check,
            state="fix",
            detail=f"`{folder}` cannot be written: {error.strerror}.",
            fix="Make it writable, or name another folder in the settings.",
        )
    return Finding(check=check, state="ok", detail=f"`{folder}` can be written.")


def _check_live(context: str) -> Iterator[Finding]:
    """Look whether the API server of a context answers, and what may be listed there."""
    if not context:
        return
    from topology.load.live import connect, load_live

    try:
        cluster = load_live(connect(context), context)
    except TopologyError as error:
        yield Finding(check="live cluster", state="fix", detail=error.message, fix=error.hint)
        return
    number = sum(cluster.kinds.values())
    yield Finding(check="live cluster", state="ok", detail=f"`{context}`: {number:,} objects.")
    for problem in cluster.problems:
        if problem.code == "live-missing":
            yield Finding(
                check="live cluster", state="fix", detail=problem.message, fix=problem.hint
            )


def _check_workspace(paths: list[str]) -> Iterator[Finding]:
    if not paths:
        yield Finding(check="workspace", state="ok", detail="none given: the bundled sample.")
        return
    from tools.workspace import Workspace

    try:
        opened = Workspace.load(paths, stdin=sys.stdin)
    except TopologyError as error:
        yield Finding(check="workspace", state="fix", detail=error.message, fix=error.hint)
        return
    yield Finding(check="workspace", state="ok", detail=opened.summary())
    for problem in opened.problems:
        place = f"{problem.location}: " if problem.location else ""
        yield Finding(
            check="input",
            state="fix" if problem.severity == "error" else "optional",
            detail=place + problem.message,
            fix=problem.hint,
        )
