"""The command `netassist`: its commands, and what an error becomes."""

import gc
import inspect
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.ask import ask
from assistant.cli.azure import azure
from assistant.cli.chat import chat
from assistant.cli.diagnose import collect, diagnose
from assistant.cli.doctor import doctor
from assistant.cli.flows import flows
from assistant.cli.ipam import ipam
from assistant.cli.knowledge import knowledge
from assistant.cli.matrix import matrix
from assistant.cli.mcp import mcp
from assistant.cli.models import models
from assistant.cli.policy import policy
from assistant.cli.reach import reach, what_can, who_can_reach
from assistant.cli.render import Output
from assistant.cli.review import review
from assistant.cli.service import service
from assistant.cli.sessions import sessions
from assistant.cli.slack import slack
from assistant.cli.topology import topology
from assistant.errors import AssistantError, ModelUnavailable, NotConfigured
from assistant.neutral import plain
from knowledge.errors import KnowledgeError
from tools.errors import ToolError
from topology.errors import DriverMissing, StoreUnavailable, TopologyError, UnreadableInput

__all__ = ["app", "main"]

_COLLECT_AFTER = 50_000
"""New objects before the collector looks again; Python's default is 700."""
_EXAMPLES = """
Ask a Kubernetes network in plain words; the answer is computed from files, never guessed.

\b
Examples:
  netassist ask "Why can't checkout reach payments?"
  kubectl get ns,no,po,svc,endpointslices,deploy,sts,ds,netpol,cnp,ccnp -A -o yaml > cluster.yaml
  netassist ask -w cluster.yaml "Who can reach the database on 5432?"
  netassist reach -w cluster.yaml shop/web shop/db --port 5432
"""

_TOOLS_HELP = "List the assistant's tools, or run one of them directly."

app = typer.Typer(
    name="netassist",
    help=_EXAMPLES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"netassist {version('netassist')}")
        raise typer.Exit


@app.callback()
def configure(
    context: typer.Context,
    plain: Annotated[
        bool, typer.Option("--plain", help="No colour, no Markdown rendering, no progress.")
    ] = False,
    kube_context: Annotated[
        str,
        typer.Option(
            "--context",
            metavar="NAME",
            help="Read a live cluster, read-only, by a context of the kubeconfig; files of -w are "
            "added. May stand behind the command, too.",
        ),
    ] = "",
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """Keep the global options for the command."""
    context.obj = Output(plain=plain, kube_context=kube_context)


def _add(command: Callable[..., None]) -> None:
    """Register a command; its help keeps the line breaks of its examples.

    Click wraps every paragraph anew unless a backspace character stands before it.
    """
    text = inspect.getdoc(command) or ""
    name = command.__name__.replace("_", "-")
    app.command(name, help=text.replace("Examples:\n", "\b\nExamples:\n"))(command)


_COMMANDS: tuple[Callable[..., None], ...] = (
    *(ask, chat, reach, who_can_reach, what_can, matrix, review, diagnose, collect),
    *(mcp, slack, doctor),
)
for command in _COMMANDS:
    _add(command)
app.add_typer(policy, name="policy")
app.add_typer(flows, name="flows")
app.add_typer(topology, name="topology")
app.add_typer(ipam, name="ipam")
app.add_typer(sessions, name="sessions")
app.add_typer(service, name="service")
app.add_typer(azure, name="azure")
app.add_typer(knowledge, name="knowledge")
app.add_typer(models, name="models")


def main() -> None:
    """Run the command line and exit with the code that docs/adr/0002 gives the outcome."""
    # A short process makes little garbage: looking for it took a tenth of the time to an answer.
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
    try:
        _mount_tools()
        app(args=_context_first(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(exit_codes.INTERRUPTED)
    except (TopologyError, ToolError, AssistantError, KnowledgeError) as error:
        sys.stderr.write(plain(f"netassist: {error}") + "\n")
        sys.exit(_code_of(error))


def _context_first(words: list[str]) -> list[str]:
    """Return a command line with `--context NAME` before the command, wherever it stood.

    >>> _context_first(["ask", "--context", "prod", "why?"])
    ['--context', 'prod', 'ask', 'why?']
    """
    end = words.index("--") if "--" in words else len(words)
    for at, word in enumerate(words[:end]):
        if word == "--context" and at + 1 < end:
            return [word, words[at + 1], *words[:at], *words[at + 2 :]]
        if word.startswith("--context="):
            return [word, *words[:at], *words[at + 1 :]]
    return words


def _mount_tools() -> None:
    """Add `netassist tools`; its commands only when asked for, as that imports every tool."""
    if "tools" in sys.argv[1:]:
        from assistant.adapters.for_cli import make_tools_command

        app.add_typer(make_tools_command(), name="tools", help=_TOOLS_HELP)
    else:
        app.add_typer(typer.Typer(), name="tools", help=_TOOLS_HELP)


def _code_of(error: Exception) -> int:
    if isinstance(error, ToolError) and isinstance(error.__cause__, TopologyError):
        return _code_of(error.__cause__)
    # Only an error needs them, and they take address planning along.
    from topology.ipam.book.errors import Overlap
    from topology.load.live import LiveUnavailable

    match error:
        case UnreadableInput():
            return exit_codes.BAD_INPUT
        case NotConfigured() | LiveUnavailable() | StoreUnavailable() | DriverMissing():
            return exit_codes.NOT_CONFIGURED
        case ModelUnavailable():
            return exit_codes.MODEL_UNAVAILABLE
        case Overlap():
            return exit_codes.NO
        case _:
            return exit_codes.USAGE
