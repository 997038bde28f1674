"""The terminal chat: a prompt, the turns above it, and the network beside them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static

from assistant.errors import AssistantError
from assistant.events import Event, Finished
from assistant.suggestions import suggest
from assistant.tui.artifact import ArtifactBlock
from assistant.tui.backstage import Backstage
from assistant.tui.completion import Completion
from assistant.tui.deeds import Deeds
from assistant.tui.dialogs import ApprovalDialog, HelpDialog
from assistant.tui.frames import in_frames
from assistant.tui.network_panel import NetworkPanel
from assistant.tui.prompt import Prompt
from assistant.tui.reach_map import ReachMap
from assistant.tui.tool_line import ToolLine
from assistant.tui.turn_log import TurnLog
from assistant.tui.turn_view import TurnView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.agent import Assistant
    from assistant.approval import Proposal

__all__ = ["ChatApp"]

_MOST_TURNS = 25
"""Turns that stay on the screen; those before are in the session, and `/export` writes them."""


class Suggestion(Static, can_focus=True):
    """A question to begin with; Enter or a click asks it."""

    BINDINGS: ClassVar[list[BindingType]] = [("enter", "ask", "Ask")]

    def __init__(self, question: str) -> None:
        super().__init__(Content(f"\u203a {question}"), classes="suggestion")
        self.question = question

    def on_click(self) -> None:
        """Ask it."""
        self.action_ask()

    def action_ask(self) -> None:
        """Ask it."""
        self.post_message(Prompt.Sent(self.question))


class ChatApp(Deeds, App[None]):
    """The chat.

    Args:
        open_assistant: Reads the workspace and returns the assistant; called beside the screen,
            which shows at once.
        session: The conversation to go on with; empty for a new one.
    """

    CSS_PATH = "chat.tcss"
    TITLE = "netassist"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", id="chat.stop"),
        Binding("ctrl+n", "new_session", "New", id="chat.new"),
        Binding("ctrl+r", "resume", "Resume", id="chat.resume"),
        Binding("ctrl+b", "toggle_network", "Network", id="chat.network"),
        Binding("f1", "show_help", "Help", id="chat.help"),
        Binding("alt+up", "move(-1)", "Block above", show=False, id="chat.up"),
        Binding("alt+down", "move(1)", "Block below", show=False, id="chat.down"),
        Binding("ctrl+q", "quit", "Quit", show=False, id="chat.quit"),
        Binding("ctrl+d", "quit_if_empty", "Quit", show=False, id="chat.quit-empty"),
    ]

    def __init__(
        self,
        open_assistant: "Callable[[Callable[[Proposal], bool]], Assistant]",
        *,
        session: str = "",
    ) -> None:
        super().__init__()
        self._open_assistant = open_assistant
        self.assistant: Assistant | None = None
        self.session = session
        self.backstage = Backstage()
        self._turn: Future[None] | None = None
        self._waiting: list[str] = []

    def compose(self) -> ComposeResult:
        """Show the log, the prompt below it, and the network beside it, hidden."""
        with Horizontal(id="body"):
            with Vertical(id="chat"):
                yield TurnLog(id="log")
                yield Static("more below \u2193", id="below")
                yield Completion()
                yield Prompt()
                yield Static("reading the network\u2026", id="status")
            yield NetworkPanel()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Read the workspace beside the screen; questions that come before wait for it."""
        self.query_one(Prompt).focus()
        self.restore_theme()
        self.watch(self.query_one("#log", TurnLog), "scroll_y", self._mark_below)
        self._prepare()

    def _mark_below(self) -> None:
        """Say that there is more below, where the end is out of sight."""
        log = self.query_one("#log", TurnLog)
        self.query_one("#below").set_class(log.max_scroll_y - log.scroll_y > 1, "shown")

    def on_unmount(self) -> None:
        """Stop what runs."""
        self.backstage.close()

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _prepare(self) -> None:
        from topology.errors import TopologyError

        try:
            assistant = self._open_assistant(self._approve)
            suggestions = [one.question for one in suggest(assistant.workspace)]
        except (AssistantError, TopologyError) as error:
            self.call_from_thread(self.exit, message=f"netassist: {error}", return_code=5)
            return
        self.call_later(self._begin, assistant, suggestions)

    async def _begin(self, assistant: "Assistant", suggestions: list[str]) -> None:
        """Show what was read, and answer what was asked meanwhile."""
        self.assistant = assistant
        self.query_one(NetworkPanel).fill(assistant.workspace)
        self.show_status()
        if self.session:
            await self.show_session(self.session)
        else:
            await self.show_welcome(suggestions)
        for question in self._waiting:
            await self.ask(question)
        self._waiting.clear()

    async def show_welcome(self, suggestions: "Iterable[str]") -> None:
        """Show what was read, and what could be asked of it."""
        assert self.assistant is not None
        log = self.query_one("#log", TurnLog)
        await log.mount(Static(Content(self.assistant.workspace.summary()), classes="welcome"))
        await log.mount(*(Suggestion(question) for question in list(suggestions)[:4]))

    def show_status(self, *, busy: bool = False) -> None:
        """Show the model, the workspace and the session below the prompt."""
        if self.assistant is None:
            return
        sources = ", ".join(self.assistant.workspace.sources) or "sample"
        model = self.assistant.model if isinstance(self.assistant.model, str) else "model"
        parts = [model, sources, self.session and f"session {self.session}"]
        parts.append("answering\u2026 Esc stops" if busy else "")
        self.query_one("#status", Static).update(Content("  \u00b7  ".join(filter(None, parts))))

    async def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """Run a command, or ask a question."""
        prompt = self.query_one(Prompt)
        prompt.remember(message.text)
        prompt.text = ""
        if message.text.startswith("/"):
            await self.run_command(message.text)
        elif self.assistant is None:
            self._waiting.append(message.text)
            self.notify("The network is still being read; the question waits.")
        else:
            await self.ask(message.text)

    async def ask(self, question: str) -> None:
        """Ask a question; one that is being answered is stopped before."""
        await self.action_stop()
        log = self.query_one("#log", TurnLog)
        await log.query("Suggestion, .welcome").remove()
        view = TurnView(question)
        await log.mount(view)
        turns = list(log.query(TurnView))
        if len(turns) > _MOST_TURNS:
            await turns[0].remove()
        log.anchor()
        self.show_status(busy=True)
        self._turn = self.backstage.run(self._answer(question, view))
        self._turn.add_done_callback(partial(self._over, view))

    async def _answer(self, question: str, view: TurnView) -> None:
        """Hand each event over to the screen and wait until it is shown; runs backstage."""
        assert self.assistant is not None
        events = self.assistant.stream(question, session=self.session or None)
        async with aclosing(events) as stream:
            async for event in in_frames(stream):
                await asyncio.wrap_future(self._hand_over(view, event))

    def _hand_over(self, view: TurnView, event: Event) -> Future[None]:
        done: Future[None] = Future()

        async def show() -> None:
            try:
                log = self.query_one("#log", TurnLog)
                at_end = log.is_at_end
                if view.is_attached:
                    await view.show(event)
                if isinstance(event, Finished) and at_end:
                    self.call_after_refresh(self._show_from_its_start, view)
                if isinstance(event, Finished):
                    self.session = event.answer.session
            except Exception as error:
                done.set_exception(error)
            else:
                done.set_result(None)

        self.call_later(show)
        return done

    def _show_from_its_start(self, view: TurnView) -> None:
        """Show question and verdict of a turn that is longer than the screen; the rest is below."""
        log = self.query_one("#log", TurnLog)
        if view.is_attached and view.size.height > log.size.height:
            log.release_anchor()
            log.scroll_to_widget(view, top=True, animate=False)

    def _over(self, view: TurnView, future: "Future[None]") -> None:
        """Say how a turn ended that brought no answer; called in whichever thread ended it."""
        if future.cancelled():
            self.call_later(view.stop, "Stopped.")
        elif error := future.exception():
            self.log.error(repr(error))
            known = isinstance(error, AssistantError)
            why = str(error) if known else "The answer failed; it is a fault of netassist."
            self.call_later(view.stop, why)
        self.call_later(self.show_status)

    def _approve(self, proposal: "Proposal") -> bool:
        """Ask the person; called in a thread of the answer, which waits."""
        decided: Future[bool] = Future()

        def hear(yes: bool | None) -> None:
            if not decided.done():
                decided.set_result(yes is True)

        self.call_from_thread(self.push_screen, ApprovalDialog(proposal), hear)
        return decided.result()

    @property
    def is_answering(self) -> bool:
        """Whether a question is being answered."""
        return self._turn is not None and not self._turn.done()

    async def action_stop(self) -> None:
        """Stop the answer; what was computed until then stays on the screen."""
        if self._turn is not None and not self._turn.done():
            self._turn.cancel()

    def action_show_help(self) -> None:
        """Show keys and commands."""
        self.push_screen(HelpDialog())

    def action_toggle_network(self) -> None:
        """Show or hide the network."""
        panel = self.query_one(NetworkPanel)
        panel.toggle_class("shown")
        if not panel.has_class("shown"):
            self.query_one(Prompt).focus()

    async def action_quit_if_empty(self) -> None:
        """Leave, unless something is typed."""
        if not self.query_one(Prompt).text:
            await self.action_quit()

    def action_move(self, step: int) -> None:
        """Move the focus among the blocks of the conversation."""
        blocks = [one for one in self.query("#log *") if one.can_focus and one.display]
        if not blocks:
            return
        focused = self.focused
        place = blocks.index(focused) + step if focused in blocks else len(blocks) - 1
        if place >= len(blocks):
            self.query_one(Prompt).focus()
        else:
            blocks[max(0, place)].focus()

    def on_network_panel_chosen(self, message: NetworkPanel.Chosen) -> None:
        """Put a name of the network into the prompt."""
        prompt = self.query_one(Prompt)
        space = "" if not prompt.text or prompt.text.endswith(" ") else " "
        prompt.put(f"{prompt.text}{space}{message.name} ")
        prompt.focus()

    async def on_reach_map_asked(self, message: ReachMap.Asked) -> None:
        """Ask about a pair of the map."""
        await self.ask(f"Can {message.source} reach {message.destination}?")

    def on_artifact_block_copied(self, message: ArtifactBlock.Copied) -> None:
        """Copy the content of an artifact."""
        self.copy_text(message.artifact.content, message.artifact.name)

    def on_artifact_block_saved(self, message: ArtifactBlock.Saved) -> None:
        """Save the content of an artifact below the current folder."""
        self.save_artifact(message.artifact, "")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take a completion that was clicked."""
        if event.option_list.id == "completion":
            self.query_one(Completion).take(self.query_one(Prompt))

    def on_text_area_changed(self, event: Prompt.Changed) -> None:
        """Show the commands that the line could become."""
        if event.text_area.id == "prompt":
            self.query_one(Completion).offer(self.query_one(Prompt))

    def on_prompt_key(self, message: Prompt.Key) -> None:
        """Move in the completion, take it, or close it."""
        self.query_one(Completion).press(message.key, self.query_one(Prompt))

    def on_resize(self, event: events.Resize) -> None:
        """Keep the end in sight where it was."""
        log = self.query_one("#log", TurnLog)
        if log.is_vertical_scroll_end:
            log.scroll_end(animate=False)

    def get_system_commands(self, screen: Screen[Any]) -> "Iterable[SystemCommand]":
        """Put every action into the palette."""
        yield from super().get_system_commands(screen)
        yield from self.palette_commands()

    def action_toggle_tools(self) -> None:
        """Open every tool line, or close them if all are open."""
        lines = list(self.query(ToolLine))
        opened = not all(line.open for line in lines)
        for view in self.query(TurnView):
            view.toggle_tools(opened=opened)
