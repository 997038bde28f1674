"""One line for a tool call, which opens to its arguments and its result."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import yaml
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import Static

from assistant.calls_in_short import in_short

__all__ = ["ToolLine"]

State = Literal["runs", "done", "failed"]
SIGNS: dict[State, str] = {"runs": "\u22ef", "done": "\u2713", "failed": "\u2717"}
_LONGEST = 4_000


class ToolLine(Vertical, can_focus=True):
    """A tool call; Enter, Space or a click opens it."""

    BINDINGS: ClassVar[list[BindingType]] = [("enter,space", "open_close", "Open")]

    def __init__(self, name: str, arguments: Mapping[str, Any]) -> None:
        super().__init__(classes="tool")
        self.tool = name
        self.arguments = arguments
        self.state: State = "runs"
        self.open = False
        self._result: Mapping[str, Any] = {}
        self._milliseconds = 0.0

    def compose(self) -> ComposeResult:
        """Show the line; the rest is made when it is opened."""
        yield Static(self._head(), classes="tool-head")

    def finish(self, result: Mapping[str, Any], *, ok: bool, milliseconds: float) -> None:
        """Show how the call ended; one that failed opens itself."""
        self.state = "done" if ok else "failed"
        self._result, self._milliseconds = result, milliseconds
        self.set_class(not ok, "failed")
        self.query_one(".tool-head", Static).update(self._head())
        if not ok and not self.open:
            self.action_open_close()

    def stop(self) -> None:
        """Show that the call was given up."""
        if self.state == "runs":
            self.state = "failed"
            self.query_one(".tool-head", Static).update(self._head())

    def on_click(self) -> None:
        """Open or close it."""
        self.action_open_close()

    def action_open_close(self) -> None:
        """Open or close it."""
        self.open = not self.open
        if self.open:
            self.mount(Static(self._details(), classes="tool-details"))
        else:
            self.query(".tool-details").remove()

    def _head(self) -> Content:
        time = f"  {self._milliseconds:,.0f} ms" if self.state != "runs" else ""
        return Content(f"{SIGNS[self.state]} {self.tool}  {in_short(self.arguments)}{time}")

    def _details(self) -> Content:
        parts: dict[str, Any] = {"asked": dict(self.arguments)}
        if self.state != "runs":
            parts["result"] = dict(self._result)
        text = _written(parts)
        more = len(text) - _LONGEST
        shown = highlight(text[:_LONGEST], language="yaml")
        if more > 0:
            shown += Content(f"\n\u2026 {more:,} more characters")
        return shown if self.state != "runs" else shown + Content("\nstill running")


class _Writer(yaml.SafeDumper):
    """Writes texts of several lines as such."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Return a text as a block where it has lines."""
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _Writer.represent_text)


def _written(parts: Mapping[str, Any]) -> str:
    """Return arguments and result as YAML, which is what a person reads best."""
    plain = json.loads(json.dumps(parts, ensure_ascii=False, default=str))
    text: str = yaml.dump(plain, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=1_000)
    return text.rstrip()
