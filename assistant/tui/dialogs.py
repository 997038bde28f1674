"""What stands in front of the chat for a moment: approval, sessions, help."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Markdown, OptionList, Static
from textual.widgets.option_list import Option

from assistant.approval import Proposal
from assistant.sessions import Session
from assistant.tui.commands import COMMANDS

__all__ = ["ApprovalDialog", "HelpDialog", "SessionsDialog"]

_KEYS = """\
| key | what it does |
|---|---|
| Enter, Shift+Enter or Ctrl+J | send, new line |
| Up, Down | earlier questions |
| Esc | stop the answer; close what is open |
| Tab, Alt+Up, Alt+Down | move among blocks |
| Enter or Space on a block | open it |
| y, s on YAML | copy, save |
| Ctrl+N, Ctrl+R | new conversation, resume one |
| Ctrl+B | the network beside the chat |
| Ctrl+P | every action |
| Ctrl+X | write the question in your editor |
| Ctrl+Q | leave |
"""


class ApprovalDialog(ModalScreen[bool]):
    """Asks before something is changed; only a yes is leave."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="approval.yes"),
        Binding("n,escape", "answer(False)", "No", id="approval.no"),
    ]

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        """Show what the tool itself says that it would do."""
        with Vertical(classes="dialog"):
            yield Static(Content(f"Let `{self._proposal.tool}` do this?"), classes="dialog-title")
            with VerticalScroll():
                yield Static(Content(self._proposal.summary))
            with Horizontal(classes="buttons"):
                yield Button("No (n)", id="no", variant="default")
                yield Button("Yes (y)", id="yes", variant="warning")

    def on_mount(self) -> None:
        """Stand on No."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer by button."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by key."""
        self.dismiss(yes)


class SessionsDialog(ModalScreen[str]):
    """The conversations that are kept; Enter chooses one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('')", "Close", id="sessions.close")
    ]

    def __init__(self, sessions: Sequence[Session]) -> None:
        super().__init__()
        self._sessions = sessions

    def compose(self) -> ComposeResult:
        """Show a line for each, the latest first."""
        with Vertical(classes="dialog"):
            yield Static("Resume a conversation", classes="dialog-title")
            yield OptionList(*(Option(_line(session), id=session.id) for session in self._sessions))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Hand the chosen one on."""
        self.dismiss(event.option.id or "")


class HelpDialog(ModalScreen[None]):
    """The keys and the commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1", "dismiss", "Close", id="help.close")
    ]

    def compose(self) -> ComposeResult:
        """Show two tables."""
        rows = "\n".join(f"| `{one.usage}` | {one.summary} |" for one in COMMANDS)
        text = f"## Keys\n\n{_KEYS}\n## Commands\n\n| command | what it does |\n|---|---|\n{rows}\n"
        with VerticalScroll(classes="dialog"):
            yield Markdown(text, open_links=False)


def _line(session: Session) -> Content:
    turns = "1 turn" if session.turns == 1 else f"{session.turns} turns"
    when = session.updated[:16].replace("T", " ")
    return Content.assemble(session.title or session.id, (f"   {turns}, {when}", "$text-muted"))
