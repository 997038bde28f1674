"""Which network a channel asks about."""

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assistant.agent import Assistant
    from assistant.approval import Approve
    from assistant.settings import Settings

__all__ = ["Workspaces"]


class Workspaces:
    """The assistants of all channels, each network opened once, when it is first asked about.

    Args:
        settings: Name the network of a channel in `slack_workspaces`.
        default: What all other channels and direct messages ask about; None for the sample.
        model: Which model understands the questions.
    """

    def __init__(
        self, settings: "Settings", default: "Sequence[Path | str] | None", model: str
    ) -> None:
        self._settings = settings
        self._default = default
        self._model = model
        self._opened: dict[str, Assistant] = {}
        self._lock = Lock()

    def assistant_of(self, channel: str, approve: "Approve") -> "Assistant":
        """Return the assistant of a channel; may take as long as its network takes to load.

        Raises:
            TopologyError: The files of its network cannot be read.
        """
        from assistant.agent import Assistant

        path = self._settings.slack_workspaces.get(channel, "")
        with self._lock:
            if path not in self._opened:
                self._opened[path] = Assistant(
                    [path] if path else self._default,
                    model=self._model, settings=self._settings, approve=approve,
                )  # fmt: skip
            return self._opened[path]
