"""Policies that a model writes: proven before anyone sees them, or sent back with the reason.

A model that writes YAML instead of calling `draft_policy` is taken at its word: the policy is
parsed, validated and simulated on the workspace, and held against what was asked for. Where a check
fails, the model is told the counterexample and asked again, a bounded number of times; what still
fails is not shown.
"""

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import AgentMiddleware, AgentState, hook_config
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.runtime import Runtime

from assistant.answer import ToolCall
from assistant.events import ToolFinished, ToolStarted
from assistant.manifests import manifests_in, plain_manifest
from assistant.wording import is_question
from tools.errors import ToolError
from topology.errors import TopologyError

if TYPE_CHECKING:
    from assistant.turn import Turn
    from tools.prove import ProofResult
    from tools.spec import ToolResult
    from tools.workspace import Workspace

__all__ = ["OURS", "Proving"]

OURS = "netassist"
"""Marks a message to the model that no person wrote."""
MOST_REPAIRS = 2
_LONGEST = 60_000
"""Characters of manifests that are tried; more is no policy for one question."""
_WISH = re.compile(r"\b(?:polic(?:y|ies)|rules?|yaml|manifest|write|draft|only)\b", re.IGNORECASE)
_ASK = (
    "The policy that you wrote was tried on this network before it is shown, and this fails:\n{}\n"
    "Write the whole policy again so that every check passes, or call `draft_policy`."
)


class Proving(AgentMiddleware[AgentState[Any], None, Any]):
    """Proves the policies of a final text, and asks the model to repair them."""

    def __init__(self, turn: "Turn", question: str, workspace: "Workspace") -> None:
        super().__init__()
        self._turn = turn
        self._question = question
        self._workspace = workspace
        self._repairs = 0

    @hook_config(can_jump_to=["model"])
    async def aafter_model(
        self, state: AgentState[Any], runtime: Runtime[None]
    ) -> dict[str, Any] | None:
        """Prove what a last message holds, and say what is wrong with it."""
        message = state["messages"][-1]
        turn = self._turn
        if not isinstance(message, AIMessage) or message.tool_calls or turn.rung.composes:
            return None
        written = manifests_in(str(message.text))
        if not written or any(getattr(one, "artifacts", ()) for one in turn.results):
            return None
        text = "---\n".join(map(plain_manifest, written))
        proof = await self._prove(text)
        if proof is None or proof.verified or (proof.applicable and _purpose_unread(proof)):
            self._record("prove_policy", {"text": text, "request": self._request}, proof)
            return None
        self._repairs += 1
        if self._repairs > MOST_REPAIRS or turn.steps >= turn.max_steps:
            turn.unproven = _told(proof)
            await self._draft_instead()
            return None
        told = HumanMessage(_ASK.format(_faults(proof)), additional_kwargs={OURS: "repair"})
        return {"messages": [told], "jump_to": "model"}

    @property
    def _request(self) -> str:
        """Return what was asked for: as the model put it to a tool, or else as the person did."""
        for item in reversed(self._turn.computed):
            if isinstance(asked := item.call.arguments.get("request"), str) and asked.strip():
                return asked
        # "Can a reach b?" asks for no policy, though a policy could be read from it.
        asks = is_question(self._question) and not _WISH.search(self._question)
        return "" if asks else self._question

    async def _prove(self, text: str) -> "ProofResult | None":
        from tools.prove import prove_text

        if len(text) > _LONGEST:
            self._turn.unproven = f"It is longer than {_LONGEST} characters."
            return None
        try:
            return await asyncio.to_thread(prove_text, self._workspace, text, self._request)
        except (ToolError, TopologyError) as error:
            self._turn.unproven = error.message
            return None

    async def _draft_instead(self) -> None:
        """Compute the policy that was asked for, where the request can be read."""
        from tools.author import draft_request

        request = self._request
        if not request:
            return
        try:
            draft = await asyncio.to_thread(draft_request, self._workspace, request)
        except (ToolError, TopologyError):
            return
        if draft.verified:
            self._record("draft_policy", {"request": request}, draft)

    def _record(self, name: str, arguments: dict[str, Any], result: "ToolResult | None") -> None:
        from assistant.turn import Computed

        if result is None:
            return
        begun = time.perf_counter()
        call_id = f"{OURS}-{len(self._turn.computed)}"
        data = result.model_dump(mode="json")
        self._turn.emit(ToolStarted(call_id, name, arguments))
        milliseconds = (time.perf_counter() - begun) * 1000
        self._turn.emit(ToolFinished(call_id, name, True, data, milliseconds))
        call = ToolCall(
            name=name, arguments=arguments, ok=True, result=data, milliseconds=milliseconds
        )
        self._turn.computed.append(Computed(call=call, result=result))


def _purpose_unread(proof: "ProofResult") -> bool:
    """Return whether nothing fails but that what was asked for could not be read."""
    return not proof.outcomes and all(one.ok or one.check == "contract" for one in proof.checks)


def _faults(proof: "ProofResult") -> str:
    return "\n".join(f"- {one.check}: {one.detail}" for one in proof.checks if not one.ok)


def _told(proof: "ProofResult") -> str:
    """Return the faults for people, in the engine's words: none of the model's are quoted."""
    lines = []
    for one in proof.checks:
        if not one.ok:
            computed = one.check in ("contract", "opens", "closes", "latent")
            lines.append(f"- {one.check}: {one.detail if computed else 'it is not valid.'}")
    return "\n".join(lines)
