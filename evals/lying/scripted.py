"""A chat model that says what a script says, whatever it is asked."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

__all__ = ["Reply", "ScriptedModel", "calling"]

Reply = Callable[[list[BaseMessage]], AIMessage]
"""What a model answers to the messages of a turn so far."""


class ScriptedModel(BaseChatModel):
    """Answers by a function; needs no network and no key."""

    reply: Reply
    model_name: str = "scripted"

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ScriptedModel":
        """Return itself: it calls what its script says."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        message = self.reply(messages).model_copy(deep=True)
        return ChatResult(generations=[ChatGeneration(message=message)])


def calling(calls: Sequence[tuple[str, dict[str, Any]]], text: str) -> Reply:
    """Return a reply that first makes some calls, all at once, and then says a text."""
    made = [
        {"name": name, "args": arguments, "id": f"call-{number}", "type": "tool_call"}
        for number, (name, arguments) in enumerate(calls)
    ]

    def reply(messages: list[BaseMessage]) -> AIMessage:
        if made and messages[-1].type != "tool":
            return AIMessage("", tool_calls=made)
        return AIMessage(text)

    return reply
