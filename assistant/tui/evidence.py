"""What an answer rests on: numbered lines, each of which opens its file at its line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from tools.spec import Evidence

__all__ = ["EvidenceList", "FileScreen", "choose_evidence", "find_place"]

_PLACE = re.compile(r"^(?P<file>.+?):(?P<line>\d+)$")
_SHOWN = 8
_LARGEST = 20_000_000
"""Bytes of a file that is opened here."""


def find_place(location: str) -> tuple[Path, int] | None:
    """Return the file and the line of a piece of evidence; None where it names no file here."""
    match = _PLACE.match(location)
    if match is None:
        return None
    path = Path(match["file"])
    return (path, int(match["line"])) if path.is_file() else None


def choose_evidence(items: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return each place once, those that name no file only where there is no other."""
    placed = {(item.source, item.location): item for item in items if item.location}
    return tuple(placed.values()) or tuple({item.source: item for item in items}.values())


class EvidenceLine(Static, can_focus=True):
    """One piece of evidence; Enter or a click opens its file."""

    BINDINGS: ClassVar[list[BindingType]] = [("enter", "open", "Open file")]

    def __init__(self, number: int, item: Evidence) -> None:
        place = f"\n    {item.location}" if item.location else ""
        super().__init__(
            Content.assemble((f"[{number}] ", "$text-muted"), item.source, (place, "$accent")),
            classes="evidence",
        )
        self.item = item

    def on_click(self) -> None:
        """Open the file."""
        self.action_open()

    def action_open(self) -> None:
        """Open the file, or say why it cannot be."""
        place = find_place(self.item.location)
        if place is None:
            self.app.notify(f"{self.item.location or 'This evidence'} is no file here.")
            return
        self.app.push_screen(FileScreen(*place, claim=self.item.claim))


class EvidenceList(Vertical):
    """The evidence of one answer."""

    def __init__(self, items: Sequence[Evidence]) -> None:
        super().__init__(classes="evidence-list")
        self.items = choose_evidence(items)

    def compose(self) -> ComposeResult:
        """Show the first pieces, and how many there are besides."""
        for number, item in enumerate(self.items[:_SHOWN], 1):
            yield EvidenceLine(number, item)
        if len(self.items) > _SHOWN:
            more = len(self.items) - _SHOWN
            yield Static(f"\u2026 {more} more; `/evidence N` opens any", classes="evidence")


class FileScreen(ModalScreen[None]):
    """A file, opened at a line; nothing can be changed in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="file.close")
    ]

    def __init__(self, path: Path, line: int, *, claim: str = "") -> None:
        super().__init__()
        self._path, self._line, self._claim = path, line, claim

    def compose(self) -> ComposeResult:
        """Show the text with the line selected, and below it what it is evidence of."""
        area = TextArea.code_editor(_read(self._path), language="yaml", read_only=True, id="file")
        area.border_title = f"{self._path}:{self._line}"
        area.border_subtitle = "Esc closes"
        yield area
        if self._claim:
            yield Static(Content(self._claim), id="file-claim")

    def on_mount(self) -> None:
        """Go to the line."""
        area = self.query_one("#file", TextArea)
        area.move_cursor((max(0, self._line - 1), 0), center=True)
        area.cursor_blink = False
        area.focus()


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            return f"{path} is too large to be shown here."
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."
