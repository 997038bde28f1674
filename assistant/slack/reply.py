"""One answer in a thread: streamed, or, where a stream breaks, put into its message at once."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.models.messages.chunk import TaskUpdateChunk

from assistant.answer import Artifact
from assistant.calls_in_short import in_short
from assistant.slack import blocks
from assistant.slack.inbox import Message
from assistant.slack.texts import divide

if TYPE_CHECKING:
    from slack_sdk.web.async_chat_stream import AsyncChatStream
    from slack_sdk.web.async_client import AsyncWebClient

__all__ = ["Reply"]

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
_BROKEN = (SlackApiError, SlackClientError, SlackRequestError, asyncio.TimeoutError, OSError)


class Reply:
    """The bot's message to one question.

    Only tools are told of while they run: the text comes when it has been checked, whole, as what
    was streamed once cannot be taken back.
    """

    def __init__(self, client: "AsyncWebClient", message: Message) -> None:
        self._client = client
        self._message = message
        self._stream: AsyncChatStream | None = None

    async def begin(self) -> None:
        """Show that the question is worked on, with the button that stops it."""
        await self._status("processing", title=self._message.text[:200])
        self._stream = await self._client.chat_stream(
            channel=self._message.channel,
            thread_ts=self._message.thread,
            recipient_team_id=self._message.team,
            recipient_user_id=self._message.user,
            task_display_mode="timeline",
        )

    async def show_task(
        self, call: str, tool: str, arguments: Mapping[str, Any], status: str
    ) -> None:
        """Show where a tool call stands; an answer does not fail because this does."""
        title = blocks.safe(f"{tool} {in_short(arguments)}")[:250]
        try:
            assert self._stream is not None
            chunk = TaskUpdateChunk(id=call, title=title, status=status)
            await self._whole(self._stream.append(chunks=[chunk]))
        except _BROKEN as error:
            logger.warning("a task could not be shown: %s", error)

    async def end(self, text: str, *, below: blocks.Blocks | None = None) -> None:
        """Send the text, in a stream or in its place.

        Raises:
            SlackApiError: Slack takes it in no form; nothing was sent.
        """
        pieces = list(divide(blocks.safe(text)))
        try:
            assert self._stream is not None
            for piece in pieces[:-1]:
                await self._whole(self._stream.append(markdown_text=piece))
            await self._whole(
                self._stream.stop(
                    markdown_text=pieces[-1] if pieces else None,
                    blocks=below or None,
                    session_status="active",
                )
            )
        except _BROKEN as error:
            logger.warning("the stream broke, the message is written whole: %s", error)
            await self._write_whole(pieces, below or [])

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

    async def _write_whole(self, pieces: list[str], below: blocks.Blocks) -> None:
        """Write the text into the message of the broken stream, or into a new one."""
        ts = self._stream.ts if self._stream is not None else None
        first, *rest = pieces or [""]
        body = [{"type": "markdown", "text": first}, *below]
        channel = self._message.channel
        if ts is not None:
            await self._whole(
                self._client.chat_update(channel=channel, ts=ts, text=first[:3000], blocks=body)
            )
        else:
            await self._post(first, body)
        for piece in rest:
            await self._post(piece, [{"type": "markdown", "text": piece}])

    async def _post(self, text: str, body: blocks.Blocks) -> None:
        await self._whole(
            self._client.chat_postMessage(
                channel=self._message.channel,
                thread_ts=self._message.thread,
                text=text[:3000],
                blocks=body,
                unfurl_links=False,
                unfurl_media=False,
            )
        )

    async def _status(self, status: str, **more: str) -> None:
        try:
            await self._client.agents_sessions_setStatus(
                channel_id=self._message.channel,
                thread_ts=self._message.thread,
                status=status,
                **more,
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
