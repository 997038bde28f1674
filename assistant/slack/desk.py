"""Where questions from Slack are answered: each thread in its order, all threads at once."""

import asyncio
import json
import logging
import secrets
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.events import Finished, Notice, ToolFinished, ToolStarted
from assistant.prompts import SYSTEM_PROMPT_VERSION
from assistant.slack import blocks
from assistant.slack.inbox import Inbox, Message
from assistant.slack.reply import Reply

if TYPE_CHECKING:
    from pathlib import Path

    from slack_sdk.web.async_client import AsyncWebClient

    from assistant.agent import Assistant
    from assistant.answer import Answer
    from assistant.approval import Approve, Proposal

__all__ = ["Desk"]

logger = logging.getLogger(__name__)

_BEAT = 10.0
"""Seconds between two heartbeats of running questions."""
SILENT = 45.0
"""Seconds after which a question without a heartbeat is taken over."""
_DECIDE = 600.0
"""Seconds in which an approval must come."""

_asking: ContextVar[Message] = ContextVar("asking")


class Desk:
    """Answers messages, one after the other in each thread.

    Args:
        assistant_of: Opens the assistant of a channel's workspace, with who approves changes.
        inbox: Shared by every process of the bot.
        votes: File that feedback is added to, a JSON document a line.
        per_minute: Questions of one person in a minute.
        at_once: Questions that are worked on at the same time.
    """

    def __init__(
        self,
        assistant_of: "Callable[[str, Approve], Assistant]",
        inbox: Inbox,
        *,
        votes: "Path",
        per_minute: int = 20,
        at_once: int = 8,
    ) -> None:
        self._assistant_of = assistant_of
        self._inbox = inbox
        self._votes = votes
        self._per_minute = per_minute
        self._slots = asyncio.Semaphore(at_once)
        self._order: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._turns: dict[str, tuple[Message, asyncio.Task[None]]] = {}
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._open: dict[str, tuple[str, asyncio.Future[bool]]] = {}
        self._clients: dict[str, AsyncWebClient] = {}

    @property
    def running(self) -> int:
        """How many questions are worked on."""
        return len(self._turns)

    async def take(self, client: "AsyncWebClient", message: Message) -> None:
        """Begin to answer a message, unless it is answered already; returns at once."""
        if not await asyncio.to_thread(self._inbox.claim, message):
            return
        wait = self._wait_of(message.user)
        if wait:
            await client.chat_postMessage(
                channel=message.channel,
                thread_ts=message.thread,
                text=f"That was a lot of questions; please ask again in {wait:.0f} seconds.",
            )
            await asyncio.to_thread(self._inbox.finish, message.key)
            return
        self._start(client, message)

    def stop(self, channel: str, thread: str) -> None:
        """Stop what is worked on in a thread."""
        for message, task in self._turns.values():
            if (message.channel, message.thread) == (channel, thread):
                task.cancel()

    def decide(self, token: str, user: str, *, approved: bool) -> bool:
        """Decide about a change; False if this person may not, or nothing is asked any more."""
        asked, future = self._open.get(token, ("", None))
        if future is None or asked != user or future.done():
            return False
        future.set_result(approved)
        return True

    async def vote(self, vote: str, session: str, user: str) -> None:
        """Keep what somebody thinks of an answer, for the evaluations."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "vote": vote, "session": session, "user": user, "prompt": SYSTEM_PROMPT_VERSION,
        }  # fmt: skip

        def add() -> None:
            self._votes.parent.mkdir(parents=True, exist_ok=True)
            with self._votes.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

        await asyncio.to_thread(add)

    async def watch(self, client: "AsyncWebClient") -> None:
        """Keep the heartbeat of what runs, and take over what another process left behind."""
        while True:
            try:
                if self._turns:
                    await asyncio.to_thread(self._inbox.beat, list(self._turns))
                for message in await asyncio.to_thread(self._inbox.take_over, silent=SILENT):
                    if message.key not in self._turns:
                        self._start(client, message)
            except Exception:
                logger.exception("the inbox could not be looked through; it is tried again")
            await asyncio.sleep(_BEAT)

    async def close(self, *, patience: float = 30.0) -> None:
        """Let what runs come to its end; what does not is left to another process."""
        tasks = [task for _, task in self._turns.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        self._inbox.close()

    def _start(self, client: "AsyncWebClient", message: Message) -> None:
        task = asyncio.create_task(self._answer(client, message))
        self._turns[message.key] = (message, task)
        task.add_done_callback(lambda _: self._turns.pop(message.key, None))

    async def _answer(self, client: "AsyncWebClient", message: Message) -> None:
        async with self._order[message.session], self._slots:
            reply = Reply(client, message)
            token = _asking.set(message)
            self._clients[message.key] = client
            try:
                await reply.begin()
                await self._turn(reply, message)
            except asyncio.CancelledError:
                await reply.end("_Stopped._")
            except AssistantError as error:
                await reply.end(str(error))
            except Exception:
                number = secrets.token_hex(4)
                logger.exception("question %s failed (reference %s)", message.key, number)
                await reply.leave()
                await reply.end(f"This could not be answered; it is a fault of mine ({number}).")
            finally:
                _asking.reset(token)
                self._clients.pop(message.key, None)
            await asyncio.to_thread(self._inbox.finish, message.key)

    async def _turn(self, reply: Reply, message: Message) -> None:
        assistant = await asyncio.to_thread(self._assistant_of, message.channel, self._approve)
        shown: dict[str, Mapping[str, Any]] = {}
        events = assistant.stream(message.text, session=message.session)
        async with aclosing(events) as stream:
            async for event in stream:
                match event:
                    case ToolStarted():
                        shown[event.call_id] = event.arguments
                        await reply.show_task(
                            event.call_id, event.name, event.arguments, "in_progress"
                        )
                    case ToolFinished():
                        status = "complete" if event.ok else "error"
                        arguments = shown.get(event.call_id, {})
                        await reply.show_task(event.call_id, event.name, arguments, status)
                    case Notice():
                        logger.info("%s: %s", message.key, event.text)
                    case Finished():
                        await self._finish(reply, message, event.answer)

    async def _finish(self, reply: Reply, message: Message, answer: "Answer") -> None:
        text = answer.text
        for artifact in answer.artifacts:
            block = f"```yaml\n{artifact.content.strip()}\n```"
            text = text.replace(block, f"(see the file `{artifact.name}`)")
        await reply.end(text, below=blocks.feedback(message.session))
        for artifact in answer.artifacts:
            await reply.send_file(artifact)

    async def _approve(self, proposal: "Proposal") -> bool:
        """Ask the person whose question it is, and nobody else."""
        message = _asking.get()
        client = self._clients[message.key]
        token = secrets.token_urlsafe(16)
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._open[token] = (message.user, future)
        posted = await client.chat_postMessage(
            channel=message.channel,
            thread_ts=message.thread,
            text=f"Let {proposal.tool} make a change?",
            blocks=blocks.approval(proposal, message.user, token),
        )
        try:
            approved = await asyncio.wait_for(future, _DECIDE)
            words = f"{'approved' if approved else 'rejected'} by <@{message.user}>"
        except TimeoutError:
            approved, words = False, "nobody decided, so nothing was changed"
        finally:
            self._open.pop(token, None)
        await client.chat_update(
            channel=message.channel,
            ts=str(posted["ts"]),
            text=words,
            blocks=blocks.decided(proposal, words),
        )
        return approved

    def _wait_of(self, user: str) -> float:
        """Return how many seconds a person must wait before the next question; 0 for none."""
        now, recent = monotonic(), self._recent[user]
        while recent and recent[0] < now - 60:
            recent.popleft()
        if len(recent) >= self._per_minute:
            return max(1.0, recent[0] + 60 - now)
        recent.append(now)
        return 0.0
