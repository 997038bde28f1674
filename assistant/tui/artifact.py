"""YAML that was made for the person: coloured, with what was checked, to copy or to save."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.highlight import highlight
from textual.message import Message
from textual.widgets import Static

from assistant.answer import Artifact

__all__ = ["ArtifactBlock"]

_LINES = 400


class ArtifactBlock(Vertical, can_focus=True):
    """One artifact of an answer; `y` copies it, `s` saves it."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "copy", "Copy"), ("s", "save", "Save")]

    class Copied(Message):
        """The content is to be copied."""

        def __init__(self, artifact: Artifact) -> None:
            super().__init__()
            self.artifact = artifact

    class Saved(Copied):
        """The content is to be written to a file."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(classes="artifact" if artifact.verified else "artifact unproven")
        self.artifact = artifact

    def compose(self) -> ComposeResult:
        """Show the name and whether it is proven, the text, and every check."""
        artifact = self.artifact
        word = "verified" if artifact.verified else "not verified"
        style = "bold $success" if artifact.verified else "bold $warning"
        yield Static(
            Content.assemble((f"{artifact.name}  ", "bold"), (word, style), "   y copy  s save"),
            classes="artifact-head",
        )
        lines = artifact.content.splitlines()
        shown = "\n".join(lines[:_LINES])
        language = "hcl" if artifact.name.endswith(".tf") else "yaml"
        yield Static(highlight(shown, language=language), classes="artifact-text")
        if len(lines) > _LINES:
            yield Static(
                f"\u2026 {len(lines) - _LINES} more lines; copy or save it for all of them"
            )
        for check in artifact.checks:
            sign = "+" if check.ok else "x"
            detail = f": {check.detail}" if check.detail else ""
            style = "$success" if check.ok else "$error"
            yield Static(Content.assemble((f" {sign} ", style), f"{check.check}{detail}"))

    def action_copy(self) -> None:
        """Ask for the content to be copied."""
        self.post_message(self.Copied(self.artifact))

    def action_save(self) -> None:
        """Ask for the content to be saved."""
        self.post_message(self.Saved(self.artifact))
