"""Everything that the command line prints: answers on stdout, everything else on stderr."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from assistant.neutral import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from topology.model import Problem

__all__ = ["SCHEMA_VERSION", "Output"]

SCHEMA_VERSION = 1
_SIGNS = {"allow": "+", "deny": "x", "unknown": "?", "none": "-"}
_COLOURS = {"allow": "green", "deny": "red", "unknown": "yellow", "none": "dim"}
_PROBLEMS_SHOWN = 5


@dataclass
class Output:
    """How to print; made once from the global options.

    Args:
        plain: No Markdown rendering, no colour, no progress, whatever the terminal.
    """

    plain: bool = False
    kube_context: str = ""
    """Context of the kubeconfig whose cluster is read; empty for files alone."""
    _consoles: dict[bool, "Console"] = field(default_factory=dict)

    def write_json(self, document: Mapping[str, Any]) -> None:
        """Print one JSON document with its schema version."""
        whole = {"schema_version": SCHEMA_VERSION, **document}
        self._write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2 | _LENIENT) + b"\n")

    def write_json_line(self, document: Mapping[str, Any]) -> None:
        """Print one JSON document on a line of its own, at once."""
        self._write_bytes(orjson.dumps(dict(document), option=_LENIENT) + b"\n")

    def write_markdown(self, text: str) -> None:
        """Print an answer: rendered on a terminal, as it is otherwise."""
        if self.plain or not sys.stdout.isatty():
            self.write_text(text)
            return
        from rich.markdown import Markdown

        # A link would hide where it leads.
        self._console(error=False).print(Markdown(plain(text), hyperlinks=False))

    def write_text(self, text: str) -> None:
        """Print an answer as it is, but for what a terminal would obey."""
        sys.stdout.write(plain(text).rstrip("\n") + "\n")

    def write_pieces(self, lines: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Print lines of pieces, each a text and the colour behind it."""
        if self.plain or not sys.stdout.isatty():
            self.write_text("\n".join("".join(text for text, _ in line) for line in lines))
            return
        from rich.text import Text

        for line in lines:
            shown = Text()
            for text, colour in line:
                shown.append(plain(text), style=f"#ffffff on {colour}" if colour else "")
            self._console(error=False).print(shown, soft_wrap=True)

    def write_layers(self, layers: Sequence[Mapping[str, Any]]) -> None:
        """Print the layers of a verdict as a table, in the order in which a packet meets them."""
        rows = [
            (
                f"{_SIGNS[layer['verdict']]} {layer['verdict']}",
                layer["layer"],
                _place(layer),
            )
            for layer in layers
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(2)] if rows else []
        for (verdict, name, place), layer in zip(rows, layers, strict=True):
            style = _COLOURS[layer["verdict"]]
            cells = f"  {verdict:<{widths[0]}}  {name:<{widths[1]}}  "
            if self.plain or not sys.stdout.isatty():
                sys.stdout.write(f"{cells}{place}".rstrip() + "\n")
            else:
                from rich.text import Text

                line = Text(cells, style=style).append(place, style="default")
                self._console(error=False).print(line, soft_wrap=True)

    def note(self, text: str, *, style: str = "dim") -> None:
        """Say something on stderr that is not the answer."""
        text = plain(text)
        if self.plain or not sys.stderr.isatty():
            sys.stderr.write(text + "\n")
        else:
            from rich.text import Text

            self._console(error=True).print(Text(text, style=style), soft_wrap=True)

    def note_problems(self, problems: Sequence["Problem"]) -> None:
        """Say on stderr what was set aside in the input, the worst first."""
        ordered = sorted(problems, key=lambda problem: problem.severity != "error")
        for problem in ordered[:_PROBLEMS_SHOWN]:
            place = f"{problem.location}: " if problem.location else ""
            hint = f" {problem.hint}" if problem.hint else ""
            style = "red" if problem.severity == "error" else "yellow"
            self.note(f"{problem.severity}: {place}{problem.message}{hint}", style=style)
        if len(ordered) > _PROBLEMS_SHOWN:
            self.note(f"and {len(ordered) - _PROBLEMS_SHOWN} more; `netassist doctor` lists all")

    def working(self, text: str) -> AbstractContextManager[object]:
        """Show on a terminal that something is going on; show nothing elsewhere."""
        if self.plain or not sys.stderr.isatty():
            return nullcontext()
        return self._console(error=True).status(text)

    def show_progress(self, text: str) -> None:
        """Say on stderr how far something is: on one line of a terminal, line by line elsewhere."""
        if self.plain or not sys.stderr.isatty():
            if text:
                sys.stderr.write(f"reading {text}\n")
            return
        sys.stderr.write(f"\r\x1b[2K{'reading ' + text if text else ''}")
        sys.stderr.flush()

    def progress(self) -> "Progress | None":
        """Return a bar for bytes that come in, to be shown on a terminal; None elsewhere."""
        if self.plain or not sys.stderr.isatty():
            return None
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
        from rich.progress import TransferSpeedColumn as Speed

        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), Speed()
        return Progress(*columns, console=self._console(error=True))

    def _console(self, *, error: bool) -> "Console":
        if error not in self._consoles:
            from rich.console import Console

            self._consoles[error] = Console(stderr=error, highlight=False)
        return self._consoles[error]

    @staticmethod
    def _write_bytes(data: bytes) -> None:
        sys.stdout.write(data.decode())
        sys.stdout.flush()


_LENIENT = orjson.OPT_NON_STR_KEYS


def _place(layer: Mapping[str, Any]) -> str:
    """Name what decided: policy, rule and place, or else the reason in words."""
    if not layer.get("policy"):
        return plain(str(layer["reason"]))
    parts = [layer["policy"], layer.get("rule") or "", layer.get("location") or ""]
    return plain("  ".join(str(part) for part in parts if part))
