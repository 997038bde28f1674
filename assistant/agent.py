"""The assistant: a question goes in, a stream of events and one answer come out."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answer import Answer
from assistant.approval import Approve, Gate
from assistant.equipping import Source, equip, open_workspace
from assistant.errors import (
    CalledInsideLoop,
    InvalidQuestion,
    ModelUnavailable,
    TurnLimitReached,
)
from assistant.events import Event, Finished, Notice, TextDelta
from assistant.models.ladder import Rung, TierFailure, climb
from assistant.prompts import SYSTEM_PROMPT_VERSION
from assistant.sessions import SessionStore, admit_name, open_sessions
from assistant.settings import Settings
from assistant.tracing import configure, record, span
from topology.errors import TopologyError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from assistant.hosting.middleware import Hosting
    from assistant.hosting.spending import Budget
    from assistant.privacy.veil import Veil
    from assistant.turn import Turn
    from tools.spec import ToolSpec
    from tools.workspace import Workspace

__all__ = ["Assistant", "aask", "ask"]

QUESTION_LIMIT = 20_000
"""Characters of a question; more is a file, which belongs into the workspace."""

_PIECE = re.compile(r"\s*\S+\s*")

logger = logging.getLogger(__name__)

Emit = Callable[[Event], None]


class Assistant:
    """Answers questions about one workspace.

    Args:
        workspace: A path, several paths, or an opened Workspace; None: what the settings name,
            or else the bundled sample.
        model: `auto`, `rules`, `local:PATH`, `openai:NAME` or `azure:DEPLOYMENT`; or a langchain
            chat model, which is used as it is.
        settings: None reads the environment and the configuration file.
        specs: The tools; None: all there are.
        approve: Decides about each change that a tool would make, once it is known what it would
            be; only `True` is leave. None: nothing is changed, and answers say what would be.

    Raises:
        UnreadableInput: Nothing at all could be read of the workspace.
        NotConfigured: The settings are not valid.
    """

    def __init__(
        self,
        workspace: "Workspace | Source | None" = None,
        *,
        model: "str | BaseChatModel" = "auto",
        settings: Settings | None = None,
        specs: "Sequence[ToolSpec] | None" = None,
        approve: Approve | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.workspace = equip(open_workspace(workspace, self.settings), self.settings)
        self.approve = approve
        self.model = model
        self._specs = _specs(specs)
        self._rungs: tuple[Rung, ...] | None = None
        self._veil: Veil | None = None
        self.sessions: SessionStore = open_sessions(self.settings)
        if self.settings.otel:
            configure()

    def choose(self, model: "str | BaseChatModel") -> None:
        """Let another model understand the questions that follow.

        Raises:
            NotConfigured: It cannot be used as things are set; the one before stays.
        """
        rungs = climb(model, self.settings, self.workspace, self._specs)
        self.model, self._rungs = model, rungs

    def ask(self, question: str, *, session: str | None = None) -> Answer:
        """Answer a question; see `stream`.

        Raises:
            CalledInsideLoop: An event loop runs in this thread already.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.aask(question, session=session))
        message = "`ask()` was called where an event loop already runs."
        raise CalledInsideLoop(message, hint="Write `await aask(...)` there.")

    async def aask(self, question: str, *, session: str | None = None) -> Answer:
        """Answer a question without blocking the event loop; see `stream`."""
        async with aclosing(self.stream(question, session=session)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return event.answer
        message = "a stream ended without an answer"
        raise AssertionError(message)

    async def stream(
        self, question: str, *, session: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Answer a question, telling what happens meanwhile; the last event is `Finished`.

        Closing the stream stops the work.

        Args:
            question: In plain words.
            session: Goes on with this conversation; None begins a new one, which the answer names.

        Raises:
            InvalidQuestion: The question is empty or far too long, or the session's name is.
            NotConfigured: The model cannot be used as things are set.
            ModelUnavailable: The model that was asked for by name did not answer.
            TurnLimitReached: The model came to no end and had computed nothing.
        """
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        work = asyncio.create_task(self._work(question, session, queue.put_nowait))
        work.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _work(self, question: str, session: str | None, emit: Emit) -> None:
        question = _admit(question)
        session = admit_name(session) if session else secrets.token_hex(6)
        known = {"gen_ai.agent.name": "netassist", "gen_ai.conversation.id": session}
        with span("invoke_agent", "netassist", known) as opened:
            answer = await self._answer(question, session, emit)
            record(
                opened,
                {
                    "gen_ai.response.model": answer.model,
                    "netassist.tier": answer.tier,
                    "netassist.verdict": answer.verdict or "none",
                    "netassist.prompt.version": SYSTEM_PROMPT_VERSION,
                },
            )
        for piece in _PIECE.findall(answer.text):
            emit(TextDelta(piece))
        emit(Finished(answer))

    async def _answer(self, question: str, session: str, emit: Emit) -> Answer:
        begun = time.perf_counter()
        opening = asyncio.create_task(asyncio.to_thread(self._prepare))
        if self._rungs is None:
            self._rungs = climb(self.model, self.settings, self.workspace, self._specs)
        history = await self._recall(session, emit)
        turn, falls = await self._climb_down(self._rungs, question, history, emit)
        answer = await asyncio.to_thread(self._compose, turn, question, session, falls, begun)
        await opening
        await self._remember(session, turn, answer, emit)
        logger.info(
            "session=%s model=%s prompt=%s tools=%s milliseconds=%.0f tokens=%s",
            session,
            answer.model,
            self._told() if answer.tier == "hosted" else "-",
            ",".join(call.name for call in answer.tools) or "-",
            answer.seconds * 1000,
            answer.usage.get("total", 0),
        )
        return answer

    async def _climb_down(
        self,
        rungs: Sequence[Rung],
        question: str,
        history: "Sequence[BaseMessage]",
        emit: Emit,
    ) -> "tuple[Turn, tuple[str, ...]]":
        """Return the first turn that came to a usable end, and why those before it did not."""
        falls: list[str] = []
        for position, rung in enumerate(rungs):
            last = position == len(rungs) - 1
            try:
                turn = await self._run(rung, question, history, emit, last=last)
            except TierFailure as failure:
                if last:
                    message = f"The model `{rung.model}` did not answer: {failure}."
                    hint = "Try again, or use `--model rules`, which needs no model."
                    raise ModelUnavailable(message, hint=hint) from failure
                fall = f"`{rung.model}` did not answer: {failure}"
                falls.append(fall)
                emit(Notice(f"{fall}. Starting over with `{rungs[position + 1].model}`."))
                continue
            return turn, tuple(falls)
        message = "there is no model to ask"
        raise AssertionError(message)

    async def _run(
        self,
        rung: Rung,
        question: str,
        history: "Sequence[BaseMessage]",
        emit: Emit,
        *,
        last: bool,
    ) -> "Turn":
        from assistant.turn import StepLimit, Turn, run_turn

        turn = Turn(rung=rung, emit=emit, max_steps=self.settings.max_steps)
        if not rung.composes:
            turn.hosting = self._host(rung, emit)
            turn.budget = self._budget(rung)
        try:
            async with asyncio.timeout(self.settings.turn_timeout) as limit:
                turn.gate = Gate(self.approve, limit)
                await run_turn(
                    turn, question, history=history, workspace=self.workspace, specs=self._specs
                )
        except TimeoutError:
            message = f"it took longer than {self.settings.turn_timeout:g} seconds"
            self._fail(turn, TierFailure(message))
        except TierFailure as failure:
            self._fail(turn, failure)
        except StepLimit as limit_reached:
            self._end_early(turn, str(limit_reached), last=last or turn.wrote)
        if not last and self._guessed(turn, question):
            message = "it stated what no tool had computed"
            raise TierFailure(message)
        return turn

    def _told(self) -> str:
        """Return the versions of the prompt and of the tools' descriptions."""
        from assistant.prompts import SYSTEM_PROMPT_VERSION, tools_version

        return f"{SYSTEM_PROMPT_VERSION}/{tools_version(self._specs)}"

    def _host(self, rung: Rung, emit: Emit) -> "Hosting":
        from assistant.hosting.middleware import Hosting, HostingOptions
        from assistant.privacy.names import names_of
        from assistant.privacy.veil import Veil

        settings = self.settings
        if self._veil is None:
            names = names_of(self.workspace.cluster) if settings.pseudonymise else None
            self._veil = Veil(secrets=settings.secrets(), names=names)
        options = HostingOptions(
            context_tokens=settings.context_tokens, most_tools=settings.max_tools
        )
        return Hosting(rung.model, self._veil, options, emit)

    def _budget(self, rung: Rung) -> "Budget":
        from assistant.hosting.spending import Budget, Price

        settings = self.settings
        price = settings.prices.get(rung.model.partition(":")[2] or rung.model)
        return Budget(
            tokens=settings.turn_tokens,
            cost=settings.turn_cost,
            price=Price(input=price[0], output=price[1]) if price else None,
        )

    def _fail(self, turn: "Turn", failure: TierFailure) -> None:
        """Give the turn up, unless something was changed: another model must not change it again.

        Raises:
            TierFailure: Nothing was changed.
        """
        if not turn.wrote:
            raise failure
        turn.text = "\n\n".join(dict.fromkeys(result.summary for result in turn.results))
        turn.emit(Notice(f"`{turn.rung.model}` did not come to an end: {failure}."))

    def _end_early(self, turn: "Turn", bound: str, *, last: bool) -> None:
        """Answer from what was computed when the model came to no end within a bound."""
        if turn.results:
            said = dict.fromkeys(result.summary for result in turn.results)
            turn.text = "\n\n".join(said)
            turn.emit(Notice(f"`{turn.rung.model}` came to no end {bound}."))
            return
        if not last:
            message = f"it came to no end {bound}"
            raise TierFailure(message)
        message = f"The model `{turn.rung.model}` came to no end {bound}."
        raise TurnLimitReached(
            message,
            hint="Ask a narrower question, or raise NETASSIST_MAX_STEPS, or the bound on tokens or "
            "cost.",
            calls=tuple(item.call for item in turn.computed),
        )

    def _guessed(self, turn: "Turn", question: str) -> bool:
        """Say whether nothing is left of the text once it is held against the results."""
        from assistant.compose import check_turn

        return not turn.results and check_turn(turn, question, self.workspace).guessed

    def _compose(
        self, turn: "Turn", question: str, session: str, falls: tuple[str, ...], begun: float
    ) -> Answer:
        from assistant.compose import compose

        answer = compose(
            turn, question, workspace=self.workspace, session=session, falls=falls, begun=begun
        )
        return replace(answer, text=self._veil.mask(answer.text)) if self._veil else answer

    def _prepare(self) -> None:
        """Open the sessions while a model is at work; what is amiss is told on their first use."""
        with suppress(TopologyError, OSError):
            self.sessions.prepare()

    async def _recall(self, session: str, emit: Emit) -> "list[BaseMessage]":
        from assistant.memory import revive

        try:
            turns = await asyncio.to_thread(self.sessions.read, session)
            return [message for turn in turns for message in revive(turn, self._specs)]
        except (TopologyError, OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("session %s could not be read: %s", session, error)
            why = f" {error}" if isinstance(error, TopologyError) else ""
            emit(Notice(f"The earlier turns of this session could not be read.{why}"))
            return []

    async def _remember(self, session: str, turn: "Turn", answer: Answer, emit: Emit) -> None:
        from assistant.memory import preserve

        try:
            messages = preserve(turn, answer)
            await asyncio.to_thread(self.sessions.append, session, messages)
        except (TopologyError, OSError) as error:
            logger.warning("session %s could not be written: %s", session, error)
            why = f" {error}" if isinstance(error, TopologyError) else ""
            emit(Notice(f"This turn could not be kept; a follow-up will not know of it.{why}"))


def ask(
    question: str,
    *,
    workspace: "Workspace | Source | None" = None,
    model: str = "auto",
    session: str | None = None,
) -> Answer:
    """Answer one question; see `Assistant`."""
    return Assistant(workspace, model=model).ask(question, session=session)


async def aask(
    question: str,
    *,
    workspace: "Workspace | Source | None" = None,
    model: str = "auto",
    session: str | None = None,
) -> Answer:
    """Answer one question without blocking the event loop; see `Assistant`."""
    assistant = await asyncio.to_thread(Assistant, workspace, model=model)
    return await assistant.aask(question, session=session)


def _admit(question: str) -> str:
    question = question.strip()
    if not question:
        message = "The question is empty."
        raise InvalidQuestion(message, hint="Ask, say, `Who can reach the database?`.")
    if len(question) > QUESTION_LIMIT:
        message = f"The question is {len(question)} characters long; {QUESTION_LIMIT} are read."
        raise InvalidQuestion(message, hint="Put files into the workspace and ask about them.")
    return question


def _specs(specs: "Sequence[ToolSpec] | None") -> "tuple[ToolSpec, ...]":
    if specs is not None:
        return tuple(specs)
    from tools import registry

    return registry()
