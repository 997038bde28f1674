"""A message of Slack's that grows: begun once, added to, and ended once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slack_sdk.models.messages.chunk import Chunk, MarkdownTextChunk

from assistant.slack.inbox import Message

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

__all__ = ["Stream"]


class Stream:
    """The stream of one answer; it can go on with one that another process began.

    Args:
        client: Slack.
        message: What is answered, in its thread.
        ts: Time stamp of a message that was begun before; empty for a new one.
    """

    def __init__(self, client: "AsyncWebClient", message: Message, *, ts: str = "") -> None:
        self._client = client
        self._message = message
        self.ts = ts

    async def append(self, *chunks: Chunk) -> None:
        """Add to the message; the first piece begins it."""
        if self.ts:
            await self._client.chat_appendStream(
                channel=self._message.channel, ts=self.ts, chunks=list(chunks)
            )
        else:
            await self._begin(chunks)

    async def stop(self, text: str, **more: Any) -> None:
        """End the message with a last piece of text.

        Args:
            text: Markdown; may be empty.
            more: What else `chat.stopStream` takes, such as blocks below the text.
        """
        if not self.ts:
            await self._begin(())
        last = [MarkdownTextChunk(text=text)] if text else []
        await self._client.chat_stopStream(
            channel=self._message.channel, ts=self.ts, chunks=last, **more
        )

    async def _begin(self, chunks: Sequence[Chunk]) -> None:
        response = await self._client.chat_startStream(
            channel=self._message.channel,
            thread_ts=self._message.thread,
            recipient_team_id=self._message.team,
            recipient_user_id=self._message.user,
            task_display_mode="timeline",
            chunks=list(chunks) or None,
        )
        self.ts = str(response["ts"])
