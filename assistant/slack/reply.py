"""One answer in a thread: streamed, or, where a stream breaks, put into its message at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk

from assistant.answer import Artifact
from assistant.calls_in_short import in_short
from assistant.slack import blocks
from assistant.slack.inbox import Message
from assistant.slack.stream import Stream
from assistant.slack.texts import divide

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

__all__ = ["ANSWERED", "Reply"]

logger = logging.getLogger(__name__)

ANSWERED: Final = "netassist_answer"
"""Type of the metadata on the message that ends an answer: whoever takes it over finds it there."""

Result = TypeVar("Result")
_BROKEN = (SlackApiError, SlackClientError, SlackRequestError, asyncio.TimeoutError, OSError)


async def _note_nothing(ts: str) -> None:
    """Keep nothing."""


class Reply:
    """The bot's message to one question.

    Only tools are told of while they run: the text comes when it has been checked, whole, as what
    was streamed once cannot be taken back.

    Args:
        client: Slack.
        message: The question.
        begun: Time stamp of the message that another process began the answer in; empty if none.
        note: Is told the time stamp of the message as soon as there is one.
    """

    def __init__(
        self,
        client: "AsyncWebClient",
        message: Message,
        *,
        begun: str = "",
        note: Callable[[str], Awaitable[None]] = _note_nothing,
    ) -> None:
        self._client = client
        self._message = message
        self._note = note
        self._begun = self._noted = begun
        self._ended = False
        self._stream = Stream(client, message, ts=begun)
        self._mark = {"event_type": ANSWERED, "event_payload": {"key": message.key}}

    async def begin(self) -> None:
        """Show that the question is worked on, with the button that stops it."""
        await self._status("processing", title=blocks.safe(self._message.text)[:200])

    async def is_ended(self) -> bool:
        """Return whether the answer stands in the thread already; only Slack knows for certain."""
        try:
            found = await self._client.conversations_replies(
                channel=self._message.channel, ts=self._message.thread,
                oldest=self._message.ts, include_all_metadata=True, limit=200,
            )  # fmt: skip
        except _BROKEN as error:
            logger.warning("the thread %s could not be read: %s", self._message.thread, error)
            return False
        said: list[dict[str, Any]] = found.get("messages", [])
        marks = (one.get("metadata") or {} for one in said)
        keys = (
            mark.get("event_payload", {}).get("key")
            for mark in marks
            if mark.get("event_type") == ANSWERED
        )
        return self._message.key in keys

    async def show_task(
        self, call: str, tool: str, arguments: Mapping[str, Any], status: str
    ) -> None:
        """Show where a tool call stands; an answer does not fail because this does."""
        title = blocks.safe(f"{tool} {in_short(arguments)}")[:250]
        chunk = TaskUpdateChunk(id=call, title=title, status=status)
        try:
            await self._whole(self._stream.append(chunk))
        except _BROKEN as error:
            logger.warning("a task could not be shown: %s", error)
        await self._keep()

    async def end(self, text: str, *, below: blocks.Blocks | None = None) -> None:
        """Send the text, in a stream or in its place; what comes after the first is not sent.

        Raises:
            SlackApiError: Slack takes it in no form; nothing was sent.
        """
        if not self._ended:
            pieces = list(divide(blocks.safe(text))) or [""]
            await self._whole(self._end(pieces, below or []))

    async def send_file(self, artifact: Artifact) -> None:
        """Put what was made for the person into the thread as a file."""
        name = artifact.name if "." in artifact.name else f"{artifact.name}.yaml"
        word = "verified" if artifact.verified else "NOT verified"
        try:
            await self._whole(
                self._client.files_upload_v2(
                    channel=self._message.channel,
                    thread_ts=self._message.thread,
                    content=artifact.content,
                    filename=name.rpartition("/")[2],
                    title=f"{name} ({word})",
                    snippet_type="yaml",
                )
            )
        except _BROKEN as error:
            logger.warning("the file `%s` could not be sent: %s", name, error)

    async def leave(self) -> None:
        """Let the person write again, whatever happened."""
        await self._status("active")

    async def _end(self, pieces: list[str], below: blocks.Blocks) -> None:
        if self._begun:
            # How much of the text is in it, nobody knows: it is closed and written anew.
            with suppress(*_BROKEN):
                await self._stream.stop("", session_status="active")
            await self._write_whole(pieces, below)
        else:
            await self._stream_text(pieces, below)
        self._ended = True

    async def _stream_text(self, pieces: list[str], below: blocks.Blocks) -> None:
        try:
            for piece in pieces[:-1]:
                await self._stream.append(MarkdownTextChunk(text=piece))
                await self._keep()
            await self._stream.stop(
                pieces[-1], blocks=below or None, metadata=self._mark, session_status="active"
            )
        except _BROKEN as error:
            logger.warning("the stream broke, the message is written whole: %s", error)
            await self._write_whole(pieces, below)
            await self.leave()

    async def _write_whole(self, pieces: list[str], below: blocks.Blocks) -> None:
        """Write the text into the message of the broken stream, or into a new one."""
        first, *rest = pieces
        body = [{"type": "markdown", "text": first}, *below]
        if self._stream.ts:
            await self._client.chat_update(
                channel=self._message.channel, ts=self._stream.ts, text=first[:3000], blocks=body,
                metadata=self._mark,
            )  # fmt: skip
        else:
            await self._post(first, body)
        for piece in rest:
            await self._post(piece, [{"type": "markdown", "text": piece}])

    async def _post(self, text: str, body: blocks.Blocks) -> None:
        await self._client.chat_postMessage(
            channel=self._message.channel,
            thread_ts=self._message.thread,
            text=text[:3000],
            blocks=body,
            metadata=self._mark,
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _keep(self) -> None:
        """Tell of the message once it is there, so that whoever takes over ends that very one."""
        if self._stream.ts and self._stream.ts != self._noted:
            self._noted = self._stream.ts
            await self._note(self._noted)

    async def _status(self, status: str, **more: str) -> None:
        try:
            await self._whole(
                self._client.agents_sessions_setStatus(
                    channel_id=self._message.channel,
                    thread_ts=self._message.thread,
                    status=status,
                    **more,
                )
            )
        except _BROKEN as error:
            logger.warning("the status `%s` could not be shown: %s", status, error)

    async def _whole(self, call: Coroutine[Any, Any, Result]) -> Result:
        """Let a call to Slack come to its end even if the turn is stopped meanwhile.

        A call that opens a stream and is cut off leaves one behind that nobody can close.
        """
        task = asyncio.ensure_future(call)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise
