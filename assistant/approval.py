"""Who may change things: no tool writes unless somebody, shown what it would do, says yes.

The gate stands in code between the model and the tools. What a model writes into arguments or text
opens nothing: the arguments of a call have no field for it, and `Approve` is called with what the
tool itself says it would do.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.spec import Permit, ToolSpec, WriteResult

__all__ = ["Approve", "Gate", "Proposal"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change that a tool would make."""

    tool: str
    arguments: Mapping[str, Any]
    """Checked, with defaults."""
    summary: str
    """What it would do, as the tool computed it (Markdown)."""
    result: WriteResult


Approve = Callable[[Proposal], "bool | Awaitable[bool]"]
"""Decides about one proposal; only `True` is leave, for that very call and nothing else.

A plain function may block: it runs in a thread. Whatever it raises counts as no.
"""


class Gate:
    """What stands between a model and the tools that write.

    Args:
        approve: Who decides; None refuses everything.
        limit: The time limit of the turn, which stands still while somebody decides.
    """

    def __init__(
        self, approve: Approve | None = None, limit: asyncio.Timeout | None = None
    ) -> None:
        self._approve = approve
        self._limit = limit

    async def ask(
        self, spec: ToolSpec, arguments: Mapping[str, Any], preview: WriteResult
    ) -> Permit | None:
        """Return a permit for the call that was previewed, or None."""
        if self._approve is None or preview.applied or not preview.possible:
            return None
        proposal = Proposal(
            tool=spec.name, arguments=dict(arguments), summary=preview.summary, result=preview
        )
        if not await self._decide(proposal):
            return None
        return Permit(tool=spec.name, arguments=dict(arguments), basis=preview.basis)

    async def _decide(self, proposal: Proposal) -> bool:
        assert self._approve is not None
        clock = asyncio.get_running_loop()
        ends = self._limit.when() if self._limit else None
        asked = clock.time()
        if self._limit is not None:
            self._limit.reschedule(None)
        try:
            if inspect.iscoroutinefunction(self._approve):
                answer = await self._approve(proposal)
            else:
                answer = await asyncio.to_thread(self._approve, proposal)
                if inspect.isawaitable(answer):
                    answer = await answer
        except Exception:
            logger.exception("the approval of %s failed, which counts as no", proposal.tool)
            answer = False
        finally:
            if self._limit is not None and ends is not None:
                self._limit.reschedule(ends + clock.time() - asked)
        # Not merely true: a callback that returns a sentence has not said yes.
        return answer is True
