"""An answer of thousands of lines: its beginning, and the whole in a view that scrolls at once."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static, TextArea

__all__ = ["LongText"]

_HEAD = 60


class LongText(Vertical, can_focus=True):
    """The first lines of a long text; Enter or a click shows all of it."""

    BINDINGS: ClassVar[list[BindingType]] = [("enter", "open", "Show all")]

    def __init__(self, text: str) -> None:
        super().__init__(classes="answer")
        self.text = text

    def compose(self) -> ComposeResult:
        """Show the beginning."""
        lines = self.text.split("\n")
        head = "\n".join(lines[:_HEAD])
        if head.count("```") % 2:
            head += "\n```"
        yield Markdown(head, open_links=False)
        rest = len(lines) - _HEAD
        yield Static(f"\u2026 {rest:,} more lines: Enter shows all of them", classes="notice")

    def on_click(self) -> None:
        """Show all of it."""
        self.action_open()

    def action_open(self) -> None:
        """Show all of it."""
        self.app.push_screen(TextScreen(self.text))


class TextScreen(ModalScreen[None]):
    """A text of any length, to read and to copy from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="text.close")
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Show the text; only what fits on the screen is drawn."""
        area = TextArea(self._text, read_only=True, soft_wrap=False, id="file")
        area.border_subtitle = "Esc closes"
        yield area
