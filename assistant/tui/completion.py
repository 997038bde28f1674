"""The list of commands above the prompt while one is being typed."""

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from assistant.tui.commands import Command, complete
from assistant.tui.prompt import Prompt

__all__ = ["Completion"]


class Completion(OptionList, can_focus=False):
    """Opens on `/`; Tab takes what is marked, Escape closes."""

    def __init__(self) -> None:
        super().__init__(id="completion")
        self._found: tuple[Command, ...] = ()
        self._closed_on = ""

    def offer(self, prompt: Prompt) -> None:
        """Show what the prompt's text could become; nothing for what is no command."""
        text = prompt.text
        self._found = () if text == self._closed_on else complete(text)
        if any(text == f"/{one.name}" for one in self._found):
            # The command stands there whole; Enter must send it.
            self._found = ()
        self.clear_options()
        self.add_options([Option(_line(one), id=one.name) for one in self._found])
        prompt.completing = bool(self._found)
        self.set_class(prompt.completing, "shown")
        if self._found:
            self.highlighted = 0

    def press(self, key: str, prompt: Prompt) -> None:
        """Act on a key that the prompt handed over."""
        if key == "up":
            self.action_cursor_up()
        elif key == "down":
            self.action_cursor_down()
        elif key == "tab":
            self.take(prompt)
        else:
            self._closed_on = prompt.text
            self.offer(prompt)

    def take(self, prompt: Prompt) -> None:
        """Put the marked command into the prompt."""
        if self._found and self.highlighted is not None:
            command = self._found[self.highlighted]
            prompt.put(f"/{command.name}" + (" " if command.takes else ""))
            prompt.focus()


def _line(command: Command) -> Content:
    return Content.assemble((f"{command.usage:<18}", "bold"), (command.summary, "$text-muted"))
