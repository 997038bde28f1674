"""The turns of a conversation, one below the other."""

from textual.containers import VerticalScroll

__all__ = ["TurnLog"]


class TurnLog(VerticalScroll):
    """Follows what comes at its end, until somebody scrolls away from there."""

    follows = False

    def anchor(self, anchor: bool = True) -> None:
        """Follow the end from now on, or no longer."""
        super().anchor(anchor)
        self.follows = anchor

    def release_anchor(self) -> None:
        """Stop following: somebody scrolled."""
        super().release_anchor()
        self.follows = False

    @property
    def is_at_end(self) -> bool:
        """Whether what is added will be seen; the end may be laid out before it is scrolled to.

        What is shorter than the log hangs at its end, and is scrolled to below 0.
        """
        return self.follows or self.scroll_y < 0 or self.max_scroll_y - self.scroll_y <= 1
