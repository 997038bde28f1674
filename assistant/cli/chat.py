"""The command `chat`: the assistant in the terminal."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import WorkspacePaths
from assistant.cli.render import Output

if TYPE_CHECKING:
    from assistant.agent import Assistant
    from assistant.approval import Proposal

__all__ = ["chat"]


def chat(
    context: typer.Context,
    workspace: WorkspacePaths = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="auto|rules|local:PATH|openai:NAME|azure:DEPLOYMENT",
            help="Which model understands the questions. Default: $NETASSIST_MODEL, else auto.",
        ),
    ] = "",
    session: Annotated[str, typer.Option(metavar="ID", help="Go on with this conversation.")] = "",
    go_on: Annotated[
        bool, typer.Option("--continue", "-c", help="Go on with the last conversation.")
    ] = False,
) -> None:
    """Chat about the network in the terminal; `/help` there shows keys and commands.

    Examples:
      netassist chat
      netassist chat -w cluster.yaml --model rules
      netassist chat --continue
    """
    output: Output = context.obj
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        output.note('A chat needs a terminal. In a script, write: netassist ask "QUESTION"')
        raise typer.Exit(exit_codes.USAGE)
    if "-" in (workspace or ()):
        message = "stdin is the keyboard of a chat; name a file instead of `-`"
        raise typer.BadParameter(message)
    from assistant.settings import Settings
    from assistant.tui import ChatApp

    settings = Settings()
    if go_on and not session:
        from assistant.sessions import open_sessions

        session = open_sessions(settings).latest().id

    def open_assistant(approve: "Callable[[Proposal], bool]") -> "Assistant":
        from assistant.agent import Assistant

        chosen = workspace or list(settings.workspace) or None
        return Assistant(chosen, model=model or settings.model, settings=settings, approve=approve)

    app = ChatApp(open_assistant, session=session)
    app.set_keymap(settings.keymap)
    app.run()
    if app.session:
        output.note(f"Go on with: netassist chat --session {app.session}")
    if app.return_code:
        raise typer.Exit(app.return_code)
