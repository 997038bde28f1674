"""Where answers are made while the terminal stays free: one event loop in a thread of its own.

Tools compute for seconds, and hosted models wait; none of that may hold up a key that is pressed.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["Backstage"]

Result = TypeVar("Result")


class Backstage:
    """A thread with an event loop, which lives until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="backstage", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        """Begin some work; the future can be waited for from anywhere, and cancelled."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=2)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            pending = asyncio.all_tasks(self._loop)
            for task in pending:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self._loop.close()
