"""The command `ask`: one question, one answer."""

import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.approving import ApproveAll, approver
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace, stdin_is_attached
from assistant.cli.render import Output

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.events import Event

__all__ = ["ask"]


def ask(
    context: typer.Context,
    question: Annotated[
        str, typer.Argument(help="The question; `-`, or nothing with piped input, reads stdin.")
    ] = "",
    workspace: WorkspacePaths = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="auto|rules|local:PATH|openai:NAME|azure:DEPLOYMENT",
            help="Which model understands the question; the verdicts are computed either way. "
            "Default: $NETASSIST_MODEL, else auto.",
        ),
    ] = "",
    session: Annotated[str, typer.Option(metavar="ID", help="Go on with this conversation.")] = "",
    go_on: Annotated[
        bool, typer.Option("--continue", "-c", help="Go on with the last conversation.")
    ] = False,
    pseudonymise: Annotated[
        bool,
        typer.Option(
            "--pseudonymise",
            help="Tell a hosted model stand-ins for all names of the network; the answer has the "
            "names. Default: $NETASSIST_PSEUDONYMISE.",
        ),
    ] = False,
    yes: ApproveAll = False,
    as_json: JsonFlag = False,
    as_lines: Annotated[
        bool, typer.Option("--jsonl", help="Stream the events as JSON, one a line.")
    ] = False,
) -> None:
    """Answer a question about the network in plain words, with evidence.

    Examples:
      netassist ask "Can the web frontend talk to the database?"
      netassist ask -w cluster.yaml "Who can reach payments on 8443?"
      netassist ask --continue "And from staging?"
      netassist ask "Which subnet for 50 nodes with Azure CNI Overlay?" --json
      netassist ask "what does this policy allow?" < policy.yaml
    """
    # Only this command needs an event loop and the settings, and start-up is felt.
    import asyncio

    from assistant.settings import Settings

    output: Output = context.obj
    if go_on and session:
        raise typer.BadParameter("--continue and --session name two conversations; give one")
    settings = Settings()
    if pseudonymise:
        settings = settings.model_copy(update={"pseudonymise": True})
    paths = list(workspace or [])
    if question in ("", "-"):
        question = _read_question(paths)
    elif "-" not in paths and stdin_is_attached():
        paths = [*(paths or settings.workspace), "-"]
    opened = open_workspace(paths, output)
    with output.working("Thinking") as progress:
        from assistant.agent import Assistant

        shown = progress if isinstance(progress, AbstractContextManager) else None
        assistant = Assistant(
            workspace=opened,
            model=model or settings.model,
            settings=settings,
            approve=approver(output, yes=yes, progress=shown),
        )
        if go_on:
            session = assistant.sessions.latest().id
        events = assistant.stream(question, session=session or None)
        answer = asyncio.run(_follow(events, output, as_lines=as_lines))
    _show(answer, output, as_json=as_json, as_lines=as_lines)
    raise typer.Exit(exit_codes.NO if answer.verdict == "deny" else exit_codes.ANSWERED)


def _read_question(paths: list[str]) -> str:
    if "-" in paths:
        message = "stdin cannot hold both the question and the workspace; name the workspace's file"
        raise typer.BadParameter(message)
    if sys.stdin.isatty():
        message = 'no question was given; try: netassist ask "Who can reach the database?"'
        raise typer.BadParameter(message)
    return sys.stdin.read().strip()


async def _follow(events: AsyncIterator["Event"], output: Output, *, as_lines: bool) -> "Answer":
    """Fold the event stream: show it as it comes, return the answer at its end."""
    from assistant.events import Finished, Notice

    async with aclosing(events) as stream:  # type: ignore[type-var]
        async for event in stream:
            if as_lines:
                output.write_json_line(_as_document(event))
            elif isinstance(event, Notice):
                output.note(event.text, style="yellow")
            if isinstance(event, Finished):
                return event.answer
    message = "the assistant ended without an answer"
    raise RuntimeError(message)


def _as_document(event: "Event") -> dict[str, Any]:
    from assistant.events import Finished

    name = type(event).__name__
    if isinstance(event, Finished):
        return {"event": name, "answer": event.answer.to_dict()}
    return {"event": name, **asdict(event)}


def _show(answer: "Answer", output: Output, *, as_json: bool, as_lines: bool) -> None:
    if as_json:
        output.write_json(answer.to_dict())
        return
    if as_lines:
        return
    output.write_markdown(answer.text)
    output.note(
        f"[{answer.tier}: {answer.model}, {answer.seconds:.2f} s{_spent(answer)}, "
        f"session {answer.session}]"
    )


def _spent(answer: "Answer") -> str:
    """Return tokens and cost of an answer, where a hosted model told them."""
    if not answer.usage.get("total"):
        return ""
    cost = f", ${answer.usage['cost']:.4f}" if "cost" in answer.usage else ""
    return f", {answer.usage['total']:,.0f} tokens{cost}"
