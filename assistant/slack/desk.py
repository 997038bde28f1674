"""Where questions from Slack are answered: each thread in its order, all threads at once."""

import asyncio
import json
import logging
import secrets
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.events import Finished, Notice, ToolFinished, ToolStarted
from assistant.prompts import SYSTEM_PROMPT_VERSION
from assistant.slack import blocks
from assistant.slack.inbox import Inbox, Message, session_of
from assistant.slack.reply import Reply

if TYPE_CHECKING:
    from pathlib import Path

    from slack_sdk.web.async_client import AsyncWebClient

    from assistant.agent import Assistant
    from assistant.answer import Answer
    from assistant.approval import Approve, Proposal

__all__ = ["Desk"]

logger = logging.getLogger(__name__)

BEAT = 10.0
"""Seconds between two heartbeats of running questions."""
SILENT = 45.0
"""Seconds after which a question without a heartbeat is taken over."""
_GLANCE = 0.5
"""Seconds between two looks for what a person pressed, which may have reached another process."""
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
        self._clients: dict[str, AsyncWebClient] = {}
        self._hearing = 0
        self._leaving = False

    @property
    def running(self) -> int:
        """How many questions are worked on, or are about to be."""
        return len(self._turns) + self._hearing

    @contextmanager
    def hearing(self) -> "Iterator[None]":
        """Keep the desk open while something that Slack sent is being read."""
        self._hearing += 1
        try:
            yield
        finally:
            self._hearing -= 1

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

    async def stop(self, team: str, channel: str, thread: str) -> None:
        """Stop what is worked on in a thread, in this process or in another."""
        session = session_of(team, channel, thread)
        for message, task in list(self._turns.values()):
            if message.session == session:
                task.cancel()
        await asyncio.to_thread(self._inbox.stop, session)

    async def decide(self, token: str, user: str, *, approved: bool) -> bool:
        """Decide about a change; False if this person may not, or nothing is asked any more."""
        return await asyncio.to_thread(self._inbox.give_leave, token, user, given=approved)

    async def vote(self, vote: Mapping[str, Any], user: str) -> None:
        """Keep what somebody thinks of an answer, for the evaluations."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "user": user, "prompt": SYSTEM_PROMPT_VERSION, **vote,
        }  # fmt: skip

        def add() -> None:
            self._votes.parent.mkdir(parents=True, exist_ok=True)
            with self._votes.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

        await asyncio.to_thread(add)

    async def watch(self, client: "AsyncWebClient") -> None:
        """Keep the heartbeat of what runs, stop what is to stop, take over what was left behind."""
        next_beat = monotonic()
        while True:
            try:
                await self._stop_stopped()
                if monotonic() >= next_beat:
                    next_beat = monotonic() + BEAT
                    await self._look_through(client)
            except Exception:
                logger.exception("the inbox could not be looked through; it is tried again")
            await asyncio.sleep(_GLANCE)

    async def close(self, *, patience: float = 30.0) -> None:
        """Let what runs come to its end; what does not is left to another process."""
        until = monotonic() + patience
        while self.running and monotonic() < until:
            await asyncio.sleep(0.05)
        self._leaving = True
        left = {key: task for key, (_, task) in self._turns.items()}
        for task in left.values():
            task.cancel()
        if left:
            await asyncio.wait(left.values(), timeout=patience)
            await asyncio.to_thread(self._inbox.release, left)
        self._inbox.close()

    async def _stop_stopped(self) -> None:
        if self._turns:
            for key in await asyncio.to_thread(self._inbox.stopped, list(self._turns)):
                if key in self._turns:
                    self._turns[key][1].cancel()

    async def _look_through(self, client: "AsyncWebClient") -> None:
        if self._turns:
            await asyncio.to_thread(self._inbox.beat, list(self._turns))
        for message in await asyncio.to_thread(self._inbox.take_over, silent=SILENT):
            if message.key not in self._turns:
                begun = await asyncio.to_thread(self._inbox.reply_of, message.key)
                self._start(client, message, begun=begun, again=True)

    def _start(
        self, client: "AsyncWebClient", message: Message, *, begun: str = "", again: bool = False
    ) -> None:
        async def note(ts: str) -> None:
            await asyncio.to_thread(self._inbox.note_reply, message.key, ts)

        def forget(_: "asyncio.Task[None]") -> None:
            self._turns.pop(message.key, None)
            self._clients.pop(message.key, None)
            if all(message.session != other.session for other, _ in self._turns.values()):
                self._order.pop(message.session, None)

        reply = Reply(client, message, begun=begun, note=note)
        task = asyncio.create_task(self._answer(reply, message, again=again))
        self._turns[message.key] = (message, task)
        self._clients[message.key] = client
        task.add_done_callback(forget)

    async def _answer(self, reply: Reply, message: Message, *, again: bool) -> None:
        _asking.set(message)
        try:
            if not (again and await reply.is_ended()):
                await reply.begin()
                async with self._order[message.session], self._slots:
                    await self._turn(reply, message)
        except asyncio.CancelledError:
            if self._leaving:
                return
            await reply.end("_Stopped._")
        except AssistantError as error:
            await reply.end(str(error))
        except Exception:
            number = secrets.token_hex(4)
            logger.exception("question %s failed (reference %s)", message.key, number)
            await reply.leave()
            await reply.end(f"This could not be answered; it is a fault of mine ({number}).")
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
        about = {
            "session": message.session, "question": message.text, "model": answer.model,
            "verdict": answer.verdict,
        }  # fmt: skip
        await reply.end(text, below=blocks.feedback(about))
        for artifact in answer.artifacts:
            await reply.send_file(artifact)

    async def _approve(self, proposal: "Proposal") -> bool:
        """Ask the person whose question it is, and nobody else."""
        message = _asking.get()
        client = self._clients[message.key]
        token = secrets.token_urlsafe(16)
        await asyncio.to_thread(self._inbox.ask_leave, token, message.user)
        posted = await client.chat_postMessage(
            channel=message.channel,
            thread_ts=message.thread,
            text=f"Let {proposal.tool} make a change?",
            blocks=blocks.approval(proposal, message.user, token),
        )
        words = "the question was stopped, so nothing was changed"
        try:
            approved = await self._wait_for_leave(token)
            words = "nobody decided, so nothing was changed"
            if approved is not None:
                words = f"{'approved' if approved else 'rejected'} by <@{message.user}>"
        finally:
            await asyncio.to_thread(self._inbox.withdraw, token)
            await client.chat_update(
                channel=message.channel,
                ts=str(posted["ts"]),
                text=words,
                blocks=blocks.decided(proposal, words),
            )
        return approved is True

    async def _wait_for_leave(self, token: str) -> bool | None:
        """Return what was decided, by whichever process heard of it; None if nothing was."""
        until = monotonic() + _DECIDE
        while monotonic() < until:
            given = await asyncio.to_thread(self._inbox.leave, token)
            if given is not None:
                return given
            await asyncio.sleep(_GLANCE)
        return None

    def _wait_of(self, user: str) -> float:
        """Return how many seconds a person must wait before the next question; 0 for none."""
        now, recent = monotonic(), self._recent[user]
        while recent and recent[0] < now - 60:
            recent.popleft()
        if len(recent) >= self._per_minute:
            return max(1.0, recent[0] + 60 - now)
        recent.append(now)
        return 0.0
