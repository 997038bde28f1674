"""The middleware of a hosted model: what is sent of a conversation, and what comes back of it."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool

from assistant.events import Event, Notice
from assistant.hosting.compaction import LEVELS, compact, estimate_tokens
from assistant.hosting.control import CONTROL
from assistant.hosting.toolbox import choose_tools
from assistant.models.hosted import is_too_long
from assistant.privacy.veil import Unveiling, Veil

__all__ = ["Hosting", "HostingOptions"]

_FILLED = 0.8
"""Of what a model reads: the rest is left to its answer, and to the error of the estimate."""
_SHORTENED = (
    "The conversation is longer than `{model}` reads; of earlier turns it is told what was asked, "
    "the verdicts and the open questions."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingOptions:
    """What is set for hosted models."""

    context_tokens: int = 0
    """How much a model reads; 0: unknown, so that its refusal is waited for."""
    most_tools: int = 0
    """How many tools are offered for a question; 0: all."""


class Hosting(AgentMiddleware[AgentState[Any], None, Any]):
    """Hides what must not leave, offers what the question needs, and shortens what is too long.

    Args:
        model: What the model is called in notices.
        veil: Hides and reveals; shared by the turns of an assistant.
        options: What is set.
        emit: Hears of notices.
    """

    def __init__(
        self, model: str, veil: Veil, options: HostingOptions, emit: Callable[[Event], None]
    ) -> None:
        super().__init__()
        self._model = model
        self._veil = veil
        self._options = options
        self._emit = emit
        self._level = 0

    def unveiling(self) -> Unveiling | None:
        """Return what reveals a streamed message; None: no names are hidden."""
        return Unveiling(self._veil) if self._veil.renames else None

    async def awrap_model_call(
        self,
        request: ModelRequest[None],
        handler: Callable[[ModelRequest[None]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model with what may be sent; once more, shortened, if that was too long."""
        tools = self._choose(request)
        schemas = sum(len(json.dumps(_schema(tool))) for tool in tools)
        while True:
            messages = self._fit(request.messages, schemas)
            sent: list[Any] = [self._hide(message) for message in messages]
            try:
                response = await handler(request.override(messages=sent, tools=tools))
            except Exception as error:
                if self._level >= LEVELS or not is_too_long(error):
                    raise
                self._shorten()
                continue
            response.result = [self._reveal(message) for message in response.result]
            return response

    def _fit(self, messages: Sequence[BaseMessage], schemas: int) -> list[BaseMessage]:
        """Return the conversation as short as it has to be by what is known."""
        room = self._options.context_tokens * _FILLED
        shortened = compact(messages, self._level)
        while room and self._level < LEVELS and estimate_tokens(shortened, schemas) > room:
            self._shorten()
            shortened = compact(messages, self._level)
        return shortened

    def _shorten(self) -> None:
        if not self._level:
            self._emit(Notice(_SHORTENED.format(model=self._model)))
        self._level += 1

    def _choose(self, request: ModelRequest[None]) -> list[Any]:
        """Return the tools to offer; those by which a model asks back or declines always."""
        bound = [tool for tool in request.tools if isinstance(tool, BaseTool)]
        ours = [(tool.name, tool.description) for tool in bound if tool.metadata != CONTROL]
        asked = [str(item.text) for item in request.messages if isinstance(item, HumanMessage)]
        used = {str(item.name) for item in request.messages if isinstance(item, ToolMessage)}
        chosen = choose_tools("\n".join(asked[-2:]), ours, most=self._options.most_tools, used=used)
        return [
            tool
            for tool in request.tools
            if not isinstance(tool, BaseTool) or tool.metadata == CONTROL or tool.name in chosen
        ]

    def _hide(self, message: BaseMessage) -> BaseMessage:
        if isinstance(message, ToolMessage):
            return message.model_copy(update={"content": self._hide_json(str(message.text))})
        asked = isinstance(message, HumanMessage)
        changed: dict[str, Any] = {"content": self._veil.hide(str(message.text), asked=asked)}
        if isinstance(message, AIMessage):
            changed["tool_calls"] = [
                {**call, "args": self._veil.hide_data(call["args"], asked=True)}
                for call in message.tool_calls
            ]
            # The client would rather send the raw form that it came in.
            changed["additional_kwargs"] = {}
        return message.model_copy(update=changed)

    def _hide_json(self, text: str) -> str:
        try:
            data = json.loads(text)
        except ValueError:
            return self._veil.hide(text)
        return json.dumps(self._veil.hide_data(data), ensure_ascii=False, separators=(",", ":"))

    def _reveal(self, message: BaseMessage) -> BaseMessage:
        if not isinstance(message, AIMessage):
            return message
        changed: dict[str, Any] = {
            "tool_calls": [
                {**call, "args": self._veil.reveal_data(call["args"])}
                for call in message.tool_calls
            ],
        }
        if isinstance(message.content, str):
            changed["content"] = self._veil.reveal(message.content)
        elif self._veil.renames:
            changed["content"] = self._veil.reveal(str(message.text))
        return message.model_copy(update=changed)


def _schema(tool: Any) -> Any:
    if not isinstance(tool, BaseTool):
        return {}
    schema = tool.args_schema
    return {"description": tool.description, "schema": schema if isinstance(schema, dict) else {}}
