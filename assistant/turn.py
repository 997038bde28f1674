"""One turn on one model: the agent loop, and the record of what its tools computed."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState, hook_config
from langchain.agents.middleware.types import ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime
from langgraph.types import Command

from assistant.adapters.calling import describe_error
from assistant.adapters.for_langchain import as_langchain
from assistant.answer import ToolCall
from assistant.approval import Gate
from assistant.events import Event, ToolFinished, ToolStarted
from assistant.hosting.control import CONTROL_TOOLS, control_tools
from assistant.hosting.spending import Budget
from assistant.manifests import without
from assistant.models.ladder import Rung, TierFailure
from assistant.prompts import SYSTEM_PROMPT
from assistant.proving import Proving
from assistant.tracing import record, span
from assistant.wording import is_question, split_sentences
from tools.errors import ToolError
from tools.spec import ToolResult, ToolSpec, WriteResult
from tools.workspace import Workspace

if TYPE_CHECKING:
    from assistant.hosting.middleware import Hosting

__all__ = ["CONTROL_TOOLS", "Computed", "StepLimit", "Turn", "run_turn"]

logger = logging.getLogger(__name__)

_MALFORMED_LIMIT = 3
_INVALID = "__not_json__"


class StepLimit(Exception):
    """One turn's bound is reached; its text says which, as in "after 12 steps"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A tool call of this turn, with the typed result behind its JSON."""

    call: ToolCall
    result: ToolResult | ToolError


@dataclass(slots=True, kw_only=True)
class Turn:
    """What has happened so far; filled while the turn runs."""

    rung: Rung
    emit: Callable[[Event], None]
    max_steps: int
    hosting: "Hosting | None" = None
    """What stands before a hosted model."""
    budget: Budget = field(default_factory=Budget)
    gate: Gate = field(default_factory=Gate)
    """Through which every call of a tool that writes must go."""
    computed: list[Computed] = field(default_factory=list)
    text: str = ""
    needs: tuple[str, ...] = ()
    declined: bool = False
    usage: dict[str, int] = field(default_factory=dict)
    messages: list[BaseMessage] = field(default_factory=list)
    """What the conversation gained, the question first, the answer not included."""
    unproven: str = ""
    """Why a policy that the model wrote is not shown."""
    steps: int = 0
    malformed: int = 0

    @property
    def results(self) -> tuple[ToolResult, ...]:
        """Return what was computed, in order of the calls."""
        return tuple(item.result for item in self.computed if isinstance(item.result, ToolResult))

    @property
    def wrote(self) -> bool:
        """Return whether a tool has changed something."""
        return any(isinstance(one, WriteResult) and one.applied for one in self.results)


async def run_turn(
    turn: Turn,
    question: str,
    *,
    history: Sequence[BaseMessage],
    workspace: Workspace,
    specs: Sequence[ToolSpec],
) -> None:
    """Run the agent until the model comes to an end, and fill the turn.

    Raises:
        TierFailure: The model failed, or kept answering in a form that cannot be used.
        StepLimit: The model came to no end.
    """
    async with AsyncExitStack() as stack:
        model = await _open(turn.rung, stack)
        tools = [as_langchain(spec, workspace, turn.gate) for spec in specs]
        proving = Proving(turn, question, workspace)
        await _follow(turn, model, question, history, tools, proving)


async def _follow(
    turn: Turn,
    model: BaseChatModel,
    question: str,
    history: Sequence[BaseMessage],
    tools: Sequence[BaseTool],
    proving: Proving,
) -> None:
    hosted = not turn.rung.composes
    agent = create_agent(
        model,
        [*tools, *control_tools()] if hosted else tools,
        system_prompt=SYSTEM_PROMPT if hosted else None,
        middleware=[_Bookkeeping(turn), proving, *([turn.hosting] if turn.hosting else [])],
    )
    start: list[Any] = [*history, HumanMessage(question)]
    state: dict[str, Any] = {"messages": start}
    stream: AsyncIterator[Any] = agent.astream(
        {"messages": start},
        config={"recursion_limit": 4 * turn.max_steps + 20},
        stream_mode=["messages", "values"],
    )
    # Words are read as they come, so that a stalled one is left in time; nobody is shown them
    # before they were checked as a whole.
    async for mode, chunk in stream:
        if mode == "values":
            state = chunk
    _finish(turn, state["messages"][len(history) :])


async def _open(rung: Rung, stack: AsyncExitStack) -> BaseChatModel:
    if rung.composes:
        return await stack.enter_async_context(rung.open())
    from assistant.models.hosted import FAILURES, describe_failure

    try:
        return await stack.enter_async_context(rung.open())
    except FAILURES as error:
        raise TierFailure(describe_failure(error)) from None


def _finish(turn: Turn, messages: list[BaseMessage]) -> None:
    """Take the answer from the last message and keep the rest for the session."""
    last = messages[-1]
    assert isinstance(last, AIMessage)
    if not (turn.needs or turn.declined):
        turn.text = str(last.text).strip()
        if turn.unproven or any(one.call.name == "prove_policy" for one in turn.computed):
            turn.text = without(turn.text)
        if not turn.rung.composes and not turn.results and _only_asks(turn.text):
            turn.needs = (turn.text,)
    if turn.rung.composes:
        said = last.response_metadata.get("netassist", {})
        turn.needs = tuple(said.get("needs", ()))
        turn.declined = bool(said.get("declined", False))
    turn.messages = messages[:-1]


def _only_asks(text: str) -> bool:
    """Return whether a text is questions and nothing else: some models ask without the tool."""
    sentences = [part for line in text.splitlines() for part in split_sentences(line)]
    return bool(sentences) and all(is_question(sentence) for sentence in sentences)


class _Bookkeeping(AgentMiddleware[AgentState[Any], None, Any]):
    """Bounds the loop, translates failures, runs tools and records what they computed."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self._turn = turn
        # Tools share one workspace whose parts are built on first use: one at a time.
        self._one_at_a_time = asyncio.Lock()

    async def awrap_model_call(
        self,
        request: ModelRequest[None],
        handler: Callable[[ModelRequest[None]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Count the step, call the model, and repair or refuse what it said."""
        turn = self._turn
        if turn.malformed > _MALFORMED_LIMIT:
            fault = "it kept calling tools in a form that cannot be used"
            raise TierFailure(fault)
        if turn.steps >= turn.max_steps:
            bound = f"after {turn.max_steps} steps"
            raise StepLimit(bound)
        if excess := turn.budget.describe_excess(turn.usage):
            raise StepLimit(excess)
        turn.steps += 1
        named = {"gen_ai.request.model": turn.rung.model}
        with span("chat", turn.rung.model, named) as opened:
            response = await self._call(request, handler)
            message = response.result[0]
            if isinstance(message, AIMessage) and message.usage_metadata:
                record(opened, _tokens(message.usage_metadata))
        if isinstance(message, AIMessage):
            _count_usage(message, turn.usage)
            response.result[0] = admitted = _admit_invalid_calls(message)
            if not str(admitted.text).strip() and not admitted.tool_calls:
                fault = "its answer was empty"
                raise TierFailure(fault)
            if admitted.response_metadata.get("finish_reason") == "length":
                # The client completes cut arguments by itself: `"port": "80` might be 8080.
                fault = "its answer was cut off at its length limit"
                raise TierFailure(fault)
        return response

    async def _call(
        self,
        request: ModelRequest[None],
        handler: Callable[[ModelRequest[None]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        if self._turn.rung.tier == "rules":
            return await handler(request)
        if self._turn.rung.tier == "local":
            return await _read_locally(request, handler)
        from assistant.models.hosted import FAILURES, describe_failure

        try:
            return await handler(request)
        except FAILURES as error:
            # Without its cause: a server's answer may repeat a part of the key.
            logger.debug("%s failed with %s", self._turn.rung.model, type(error).__name__)
            raise TierFailure(describe_failure(error)) from None

    @hook_config(can_jump_to=["end"])
    async def aafter_model(
        self, state: AgentState[Any], runtime: Runtime[None]
    ) -> dict[str, Any] | None:
        """End the turn when the model asks back or declines."""
        message = state["messages"][-1]
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            said = call["args"].get("question" if call["name"] == "ask_back" else "reason")
            if call["name"] in CONTROL_TOOLS and isinstance(said, str) and said.strip():
                self._turn.text = said.strip()
                self._turn.needs = (said.strip(),) if call["name"] == "ask_back" else ()
                self._turn.declined = call["name"] == "decline"
                return {"jump_to": "end"}
        return None

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Run a tool, tell the faces, and keep its typed result."""
        call = request.tool_call
        name, arguments, call_id = call["name"], call["args"], call["id"] or ""
        async with self._one_at_a_time:
            self._turn.emit(ToolStarted(call_id, name, arguments))
            begun = time.perf_counter()
            fault = self._refuse(request)
            if fault is None:
                known = {"gen_ai.tool.name": name, "gen_ai.tool.call.id": call_id}
                with span("execute_tool", name, known):
                    message = await handler(request)
            else:
                self._turn.malformed += 1
                message = ToolMessage(
                    json.dumps(describe_error(fault)),
                    name=name,
                    tool_call_id=call_id,
                    artifact=fault,
                )
            milliseconds = (time.perf_counter() - begun) * 1000
            assert isinstance(message, ToolMessage)
            self._record(message, name, arguments, milliseconds)
        return message

    def _refuse(self, request: ToolCallRequest) -> ToolError | None:
        call = request.tool_call
        if _INVALID in call["args"]:
            return ToolError(
                f"The arguments of `{call['name']}` are no JSON object.",
                hint="Send the call again with correct arguments.",
            )
        if request.tool is None:
            return ToolError(f"There is no tool `{call['name']}`.", hint="Use one of those given.")
        if call["name"] in CONTROL_TOOLS:
            return ToolError(f"`{call['name']}` wants a text.", hint="Send the call again.")
        return None

    def _record(
        self, message: ToolMessage, name: str, arguments: dict[str, Any], milliseconds: float
    ) -> None:
        result = message.artifact
        if isinstance(result, ToolResult):
            data = result.model_dump(mode="json")
        else:
            if not isinstance(result, ToolError):
                result = message.artifact = ToolError(str(message.content))
            message.status = "error"
            data = describe_error(result)
        ok = isinstance(result, ToolResult)
        arguments = {key: value for key, value in arguments.items() if key != _INVALID}
        self._turn.emit(ToolFinished(message.tool_call_id, name, ok, data, milliseconds))
        call = ToolCall(
            name=name, arguments=arguments, ok=ok, result=data, milliseconds=milliseconds
        )
        self._turn.computed.append(Computed(call=call, result=result))


def _tokens(usage: UsageMetadata) -> dict[str, int]:
    return {
        "gen_ai.usage.input_tokens": usage["input_tokens"],
        "gen_ai.usage.output_tokens": usage["output_tokens"],
    }


async def _read_locally(
    request: ModelRequest[None],
    handler: Callable[[ModelRequest[None]], Awaitable[ModelResponse[Any]]],
) -> ModelResponse[Any]:
    from assistant.models.local.model import LocalModel
    from assistant.models.local.runtime import LocalFailure

    try:
        return await handler(request)
    except LocalFailure as error:
        raise TierFailure(str(error)) from None
    except asyncio.CancelledError:
        # Its thread would go on, and the program could not end before it.
        if isinstance(request.model, LocalModel):
            request.model.stop()
        raise


def _count_usage(message: AIMessage, usage: dict[str, int]) -> None:
    spent = message.usage_metadata
    if spent is None:
        return
    for name, tokens in (
        ("input", spent["input_tokens"]),
        ("output", spent["output_tokens"]),
        ("total", spent["total_tokens"]),
    ):
        usage[name] = usage.get(name, 0) + tokens


def _admit_invalid_calls(message: AIMessage) -> AIMessage:
    """Turn calls whose arguments are no JSON into calls that a tool can answer with an error.

    Left as they are, langchain would take the message for a final answer without a word.
    """
    if not message.invalid_tool_calls:
        return message
    admitted = [
        {
            "name": call["name"] or "unknown",
            "args": {_INVALID: call["args"] or ""},
            "id": call["id"] or f"invalid-{position}",
            "type": "tool_call",
        }
        for position, call in enumerate(message.invalid_tool_calls)
    ]
    return message.model_copy(
        update={"tool_calls": [*message.tool_calls, *admitted], "invalid_tool_calls": []}
    )
