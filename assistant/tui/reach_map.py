"""The reachability heat map: a square for each pair, computed when it is first looked at."""

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tools.workspace import Workspace

__all__ = ["ReachMap"]

_SIGNS = {"allow": "+", "some": "~", "conditional": "~", "unknown": "?", "deny": "\u00b7"}
_COLOURS = {
    "allow": "green", "some": "yellow", "conditional": "yellow", "unknown": "white", "deny": "red",
}  # fmt: skip
_MOST = 60
"""Workloads of a map by workload; of more, namespaces are shown."""


class ReachMap(ScrollView, can_focus=True):
    """Rows open, columns are opened; a click asks about the pair."""

    workspace: reactive[Workspace | None] = reactive(None)

    class Asked(Message):
        """A pair was chosen."""

        def __init__(self, source: str, destination: str) -> None:
            super().__init__()
            self.source, self.destination = source, destination

    def __init__(self) -> None:
        super().__init__(id="map")
        self._ends: tuple[str, ...] = ()
        self._cells: dict[tuple[str, str], str] = {}
        self._label = 0
        self._state = "Press Enter to compute the map."
        self._by = "workload"

    def on_show(self) -> None:
        """Compute it when it is first seen."""
        if self.workspace is not None and not self._ends:
            self._state = "Computing\u2026"
            self._compute(self.workspace)

    @work(thread=True, exclusive=True)
    def _compute(self, workspace: Workspace) -> None:
        from tools.matrix import MatrixResult, show_matrix

        self._by = "workload" if len(workspace.cluster.workloads) <= _MOST else "namespace"
        result = show_matrix.call(workspace, {"by": self._by})
        assert isinstance(result, MatrixResult)
        self.app.call_from_thread(self._fill, result.ends, {
            (cell.source, cell.destination): cell.verdict for cell in result.cells
        })  # fmt: skip

    def _fill(self, ends: tuple[str, ...], cells: dict[tuple[str, str], str]) -> None:
        self._ends, self._cells = ends, cells
        self._label = max(map(len, ends), default=0)
        self.virtual_size = Size(self._label + 5 + 2 * len(ends), len(ends) + 3)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line: a row of the map, numbered as its columns are."""
        offset_x, offset_y = self.scroll_offset
        line = y + int(offset_y)
        if not self._ends:
            segments = [Segment(self._state if line == 0 else "")]
        elif line == 0:
            numbers = "".join(f"{number % 100:>2}" for number in range(1, len(self._ends) + 1))
            segments = [Segment(" " * (self._label + 4) + numbers, Style(dim=True))]
        elif line <= len(self._ends):
            segments = self._row(line - 1)
        elif line == len(self._ends) + 2:
            segments = [Segment("+ every port  ~ some  ? not known  \u00b7 none", Style(dim=True))]
        else:
            segments = []
        strip = Strip(segments)
        return strip.crop(int(offset_x), int(offset_x) + self.size.width)

    def _row(self, number: int) -> list[Segment]:
        source = self._ends[number]
        segments = [Segment(f"{number + 1:>3} {source:<{self._label}}")]
        for destination in self._ends:
            verdict = self._cells.get((source, destination), "")
            colour = _COLOURS.get(verdict)
            style = Style(color=colour, bold=verdict == "allow", dim=verdict == "deny")
            segments.append(Segment(f" {_SIGNS.get(verdict, ' ')}", style if colour else None))
        return segments

    def on_click(self, event: events.Click) -> None:
        """Ask about the pair under the pointer."""
        row = event.y + int(self.scroll_offset.y) - 1
        column = (event.x + int(self.scroll_offset.x) - self._label - 4) // 2
        if self._by == "workload" and 0 <= row < len(self._ends) > column >= 0:
            self.post_message(self.Asked(self._ends[row], self._ends[column]))
