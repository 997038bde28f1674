"""The terminal chat: `netassist chat`."""

from assistant.tui.app import ChatApp

__all__ = ["ChatApp"]
