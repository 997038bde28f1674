"""The line that questions are typed into: several lines, a history, and slash completion."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

__all__ = ["Prompt"]


class Prompt(TextArea):
    """Enter sends, Shift+Enter or Ctrl+J begins a new line, Up and Down walk the history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x", "editor", "Editor", show=False, id="prompt.editor"),
    ]

    class Sent(Message):
        """A question or a command was sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Key(Message):
        """A key that belongs to the completion while it is open: up, down, tab or escape."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__(id="prompt", soft_wrap=True, tab_behavior="focus", compact=True)
        self.border_title = "Ask"
        self.completing = False
        """Whether the completion is open, which then gets Up, Down, Tab and Escape."""
        self._history: list[str] = []
        self._place = 0
        self._draft = ""

    def remember(self, text: str) -> None:
        """Put a question at the end of the history."""
        if text and (not self._history or self._history[-1] != text):
            self._history.append(text)
        self._place = len(self._history)
        self._draft = ""

    def put(self, text: str) -> None:
        """Replace what is typed, with the cursor behind it."""
        self.text = text
        self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        if self.completing and event.key in ("up", "down", "tab", "escape"):
            self._take(event)
            self.post_message(self.Key(event.key))
        elif event.key == "enter":
            self._take(event)
            text = self.text.strip()
            if text:
                self.post_message(self.Sent(text))
        elif event.key in ("shift+enter", "ctrl+j"):
            self._take(event)
            self.insert("\n")
        elif event.key == "up" and self.cursor_location[0] == 0:
            self._take(event)
            self._walk(-1)
        elif event.key == "down" and self.cursor_at_last_line:
            self._take(event)
            self._walk(1)
        else:
            await super()._on_key(event)

    def _take(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _walk(self, step: int) -> None:
        place = self._place + step
        if not 0 <= place <= len(self._history):
            return
        if self._place == len(self._history):
            self._draft = self.text
        self._place = place
        self.put(self._draft if place == len(self._history) else self._history[place])

    def action_editor(self) -> None:
        """Let the app open the editor that the person has chosen."""
        self.app.action_edit_prompt()  # type: ignore[attr-defined]
