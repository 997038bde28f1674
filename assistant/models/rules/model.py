"""The tier without a language model, as a langchain chat model."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from assistant.models.rules.dialogue import Interpreter
from assistant.models.rules.drafting import answer_request
from assistant.models.rules.frame import Frame
from assistant.models.rules.language import is_english
from assistant.models.rules.plan import Call, Plan, make_plan
from assistant.models.rules.ports import port_names
from assistant.models.rules.said import Said
from assistant.models.rules.topics import is_about_ours, search_for
from assistant.models.rules.vocabulary import Vocabulary
from assistant.models.rules.wording import (
    Reply,
    compose,
    decline,
    greet,
    help_text,
    left_out,
    not_english,
)
from assistant.models.rules.words import normalise
from tools.errors import ToolError
from tools.spec import ToolResult, ToolSpec
from tools.workspace import PLAIN, Workspace

if TYPE_CHECKING:
    from tools.intents import Amended

__all__ = ["RulesModel"]

_INTERPRETERS: WeakKeyDictionary[Workspace, Interpreter] = WeakKeyDictionary()
_REMEMBERED = 12
_CLEAR = 0.6
"""Relevance from which an article is taken rather than a question back; measured."""
_BRIEF = 5
"""Words of a message that leans on the one before it, so that no article answers it alone."""
_NEVER = 2.0
"""Earlier messages that a follow-up may refer to."""


class RulesModel(BaseChatModel):
    """Answers by rules alone: reads the question, calls tools, words what they computed.

    It keeps no state: the same conversation always gives the same message.

    Args:
        workspace: Whose names questions are about.
        specs: The tools that may be called.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    workspace: Workspace
    specs: tuple[ToolSpec, ...] = ()
    model_name: str = "rules"

    @property
    def _llm_type(self) -> str:
        return "netassist-rules"

    @property
    def _interpreter(self) -> Interpreter:
        """Return the names of the workspace, gathered once however many turns there are."""
        found = _INTERPRETERS.get(self.workspace)
        if found is None:
            cluster = self.workspace.cluster
            found = Interpreter(
                Vocabulary(cluster),
                port_names(cluster),
                _chooser(ref(self.workspace)),
                _changer(ref(self.workspace)),
                _asker(ref(self.workspace)),
                bool(self.workspace.flow_files),
            )
            _INTERPRETERS[self.workspace] = found
        return found

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "RulesModel":
        """Return the model itself: it knows its tools."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._say(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        message = self._say(messages)
        pieces = re.findall(r"\S*\s*(?:\S+\s*){0,11}", str(message.content)) or [""]
        pieces = [piece for piece in pieces if piece] or [""]
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            chunk = AIMessageChunk(
                content=piece,
                response_metadata=message.response_metadata if last else {},
                tool_call_chunks=_call_chunks(message) if last else [],
            )
            yield ChatGenerationChunk(message=chunk)

    def _say(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """Return the next message of the conversation."""
        said, results = _read_conversation(messages)
        if not said:
            return _final(help_text(self._interpreter.vocabulary))
        reply = self._refuse(said[-1].text)
        if reply:
            return _final(reply)
        frames = self._interpreter.interpret(said)
        plans = [make_plan(frame, self.workspace.cluster) for frame in frames]
        brief = len(said) > 1 and len(said[-1].text.split()) <= _BRIEF
        plans = (None if brief else self._look_up(said[-1].text, plans)) or plans
        calls = [call for plan in plans for call in plan.calls]
        missing = _unavailable(calls, self.specs)
        if missing:
            return _final(decline("", self._interpreter.vocabulary))
        if calls and not results:
            return _calling(calls, plans)
        plans, results, more = _settle(plans, results)
        if more:
            return _calling(more, plans)
        return _final(self._compose(plans, results), plans)

    def _look_up(self, text: str, plans: Sequence[Plan]) -> list[Plan]:
        """Return a search when nothing is computed for a question that a passage speaks of.

        A question about this network may be answered by a runbook, never by an article; one that
        a question back would settle only by an article that clearly speaks of it.
        """
        if any(plan.calls for plan in plans):
            return []
        if not all(plan.ask or plan.frame == Frame(intent="decline") for plan in plans):
            return []
        asks = any(plan.ask for plan in plans)
        about_ours = is_about_ours(text, self._interpreter.vocabulary)
        if asks and about_ours:
            return []
        least = _NEVER if about_ours else _CLEAR if asks else PLAIN
        found = bool(plans) and self.workspace.knowledge.speaks_of(text, least=least)
        return [make_plan(search_for(text), self.workspace.cluster)] if found else []

    def _refuse(self, text: str) -> Reply | None:
        vocabulary = self._interpreter.vocabulary
        if not re.search(r"\w", text):
            return help_text(vocabulary)
        if not is_english(normalise(text)) and not re.search(r"->|<-", normalise(text)):
            return not_english(vocabulary)
        return None

    def _compose(self, plans: Sequence[Plan], results: Sequence[ToolResult | ToolError]) -> Reply:
        """Return the final reply: what tools computed, then what must be asked or declined."""
        left = list(results)
        groups = []
        for plan in plans:
            own, left = left[: len(plan.calls)], left[len(plan.calls) :]
            groups.append((plan.frame, plan.calls, own))
        computed = compose(groups)
        asks = tuple(dict.fromkeys(plan.ask for plan in plans if plan.ask))
        fixed = [self._fixed(plan.frame) for plan in plans if not plan.calls and not plan.ask]
        parts = [computed.text, *(reply.text for reply in fixed), *asks]
        return Reply(
            text="\n\n".join(dict.fromkeys(part for part in parts if part)),
            needs=(*computed.needs, *asks),
            declined=computed.declined
            or (not results and not asks and any(reply.declined for reply in fixed)),
        )

    def _fixed(self, frame: Frame) -> Reply:
        vocabulary = self._interpreter.vocabulary
        if frame.intent == "greeting":
            return greet(vocabulary)
        if frame.intent == "thanks":
            return Reply(text="You are welcome.")
        if frame.intent == "help":
            return help_text(vocabulary)
        if frame.kind == "part":
            return left_out(frame.text, vocabulary)
        told = frame.kind in ("azure", "measure", "property")
        return decline(frame.kind, vocabulary, frame.text if told else "")


def _asker(workspace: "ref[Workspace]") -> Callable[[str], bool]:
    """Return what tells requests for policies by reading them on a workspace."""

    def asks(message: str) -> bool:
        from tools.intents import asks_for_policy

        there = workspace()
        return bool(there and asks_for_policy(there, message))

    return asks


def _chooser(workspace: ref[Workspace]) -> Callable[[str, str], str]:
    """Return what completes a request by an answer, without keeping the workspace alive."""

    def choose(request: str, answer: str) -> str:
        there = workspace()
        return answer_request(there, request, answer) if there else ""

    return choose


def _changer(workspace: ref[Workspace]) -> "Callable[[str, str], Amended | None]":
    """Return what changes a drafted request, without keeping the workspace alive."""

    def change(request: str, said: str) -> "Amended | None":
        from tools.intents import amend

        there = workspace()
        return amend(there, request, said) if there else None

    return change


def _read_conversation(
    messages: Sequence[BaseMessage],
) -> tuple[list[Said], list[ToolResult | ToolError]]:
    """Return what the person said, and what tools answered since the last of it."""
    said: list[Said] = []
    results: list[ToolResult | ToolError] = []
    arguments: dict[str, dict[str, Any]] = {}
    for message in messages:
        if isinstance(message, HumanMessage):
            said.append(Said(str(message.text)))
            results = []
        elif isinstance(message, AIMessage):
            arguments |= {call["id"] or "": call["args"] for call in message.tool_calls}
        elif isinstance(message, ToolMessage):
            result = _read_result(message)
            results.append(result)
            if isinstance(result, ToolError) and result.candidates and said:
                given = arguments.get(message.tool_call_id, {})
                said[-1] = said[-1].corrected(given, result)
    return said[-_REMEMBERED:], results


def _read_result(message: ToolMessage) -> ToolResult | ToolError:
    artifact = message.artifact
    if isinstance(artifact, ToolResult | ToolError):
        return artifact
    return ToolError(str(message.text) or "The tool gave no result.")


def _settle(
    plans: Sequence[Plan], results: Sequence[ToolResult | ToolError]
) -> tuple[list[Plan], list[ToolResult | ToolError], list[Call]]:
    """Return the plans with the results that answer them, and the calls that are still due.

    A list in which nothing gets through is answered by the verdict, which says why; for a
    connection that is allowed and does not work, the cause is looked for besides.
    """
    first = sum(len(plan.calls) for plan in plans)
    left, later = list(results[:first]), list(results[first:])
    settled: list[Plan] = []
    kept: list[ToolResult | ToolError] = []
    due: list[Call] = []
    for plan in plans:
        own, left = left[: len(plan.calls)], left[len(plan.calls) :]
        if plan.verdict_of and plan.is_settled_by(own):
            due.append(plan.verdict_of)
            plan = replace(plan, calls=(plan.verdict_of,), verdict_of=None)
            own, later = later[:1], later[1:]
        elif example := plan.example_of(own):
            due.append(example)
            plan = replace(plan, calls=(example, *plan.calls), verdict_of=None)
            own, later = [*later[:1], *own], later[1:]
        elif plan.if_open and own and all(_is_open(result) for result in own):
            due.append(plan.if_open)
            plan = replace(plan, calls=(*plan.calls, plan.if_open), if_open=None)
            own, later = [*own, *later[:1]], later[1:]
        settled.append(plan)
        kept += own
    return settled, kept, due if len(results) == first else []


def _is_open(result: ToolResult | ToolError) -> bool:
    return isinstance(result, ToolResult) and result.verdict == "allow"


def _unavailable(calls: Sequence[Call], specs: Sequence[ToolSpec]) -> set[str]:
    return {call.name for call in calls} - {spec.name for spec in specs}


def _calling(calls: Sequence[Call], plans: Sequence[Plan]) -> AIMessage:
    return AIMessage(
        content="",
        tool_calls=[
            {
                "name": call.name,
                "args": call.arguments,
                "id": f"rules-{number}",
                "type": "tool_call",
            }
            for number, call in enumerate(calls, 1)
        ],
        response_metadata={"netassist": {"understood": _understood(plans)}},
    )


def _final(reply: Reply, plans: Sequence[Plan] = ()) -> AIMessage:
    said = {
        "needs": list(reply.needs),
        "declined": reply.declined,
        "understood": _understood(plans),
    }
    return AIMessage(content=reply.text, response_metadata={"netassist": said})


def _understood(plans: Sequence[Plan]) -> str:
    """Return the calls in one line, as a person would check them."""
    lines = []
    for plan in plans:
        for call in plan.calls:
            given = dict(call.arguments)
            if call.name == "can_reach":
                ends = f"{given.pop('source')} -> {given.pop('destination')}"
                lines.append(" ".join([ends, *map(str, given.values())]))
            else:
                values = " ".join(f"{key}={value}" for key, value in given.items())
                lines.append(f"{call.name} {values}".strip())
    return "; ".join(lines)


def _call_chunks(message: AIMessage) -> list[Any]:
    import json

    return [
        {
            "name": call["name"],
            "args": json.dumps(call["args"]),
            "id": call["id"],
            "index": number,
            "type": "tool_call_chunk",
        }
        for number, call in enumerate(message.tool_calls)
    ]
