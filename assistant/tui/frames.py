"""Pieces of text, taken together as far as an eye can tell them apart."""

from collections.abc import AsyncIterator
from time import monotonic

from assistant.events import Event, TextDelta

__all__ = ["in_frames"]

_FRAME = 0.1
"""Seconds; the screen is not troubled more often."""


async def in_frames(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Yield the events, pieces of text that come close upon one another as one piece."""
    said, shown = "", monotonic()
    async for event in events:
        if isinstance(event, TextDelta):
            said += event.text
            if monotonic() - shown < _FRAME:
                continue
        if said:
            yield TextDelta(said)
            said, shown = "", monotonic()
        if not isinstance(event, TextDelta):
            yield event
    if said:
        yield TextDelta(said)
