"""The local tier: the rules, and a small model in process for the wording that they do not know."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import PrivateAttr

from assistant.models.local.reader import LocalReading, read_locally
from assistant.models.local.runtime import Generator
from assistant.models.rules.dialogue import Interpreter
from assistant.models.rules.frame import Frame
from assistant.models.rules.model import RulesModel
from assistant.models.rules.pronouns import refer
from assistant.models.rules.reading import read
from assistant.models.rules.words import normalise

__all__ = ["LocalModel"]

_REMEMBERED = 512
"""Messages whose readings are kept; a conversation is read anew with each of its messages."""


class LocalModel(RulesModel):
    """Answers like the rules tier, which it asks first; what that cannot read, a model reads.

    The model only chooses among the questions that can be asked and the names that the message
    holds. Calls, verdicts and words are those of the rules tier.

    Args:
        workspace: Whose names questions are about.
        specs: The tools that may be called.
        generator: The model; one that fails raises LocalFailure from `invoke`.
    """

    generator: Any
    """A Generator; pydantic knows no protocols."""
    _readings: dict[str, LocalReading | None] = PrivateAttr(default_factory=dict)
    """By the message with the names that its pronouns stand for."""
    _told: dict[str, LocalReading | None] = PrivateAttr(default_factory=dict)
    """By the message as it was."""

    @property
    def _llm_type(self) -> str:
        return "netassist-local"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "LocalModel":
        """Return the model itself: it knows its tools."""
        return self

    def stop(self) -> None:
        """Cut a reading that nobody waits for any more."""
        self.generator.stop()

    @property
    def _interpreter(self) -> Interpreter:
        return replace(super()._interpreter, read_further=self._read_further)

    def _read_further(self, text: str, state: Frame | None) -> Frame | None:
        """Return what the model makes of a message; the same message is read once only."""
        rules = super()._interpreter
        plain = normalise(text)
        if state:
            plain = refer(plain, state, rules.vocabulary)
        if plain not in self._readings:
            if len(self._readings) >= _REMEMBERED:
                self._readings.clear()
                self._told.clear()
            generator: Generator = self.generator
            self._readings[plain] = read_locally(
                read(plain, rules.vocabulary, rules.port_names),
                generator,
                has_flows=rules.has_flows,
            )
        found = self._told[normalise(text)] = self._readings[plain]
        return found.frame if found else None

    def _say(self, messages: Sequence[BaseMessage]) -> AIMessage:
        message = super()._say(messages)
        said = message.response_metadata.get("netassist", {})
        if message.tool_calls or said.get("needs") or said.get("declined"):
            return message
        asked = [item for item in messages if isinstance(item, HumanMessage)]
        note = self._tell(str(asked[-1].text)) if asked else ""
        return message.model_copy(update={"content": f"{message.content}{note}"})

    def _tell(self, text: str) -> str:
        """Return how a message was read, if the model read it."""
        found = self._told.get(normalise(text))
        if found is None:
            return ""
        return (
            f"\n\n_Read by `{self.model_name}` as: `{found.said}` "
            "Ask in other words if something else was meant._"
        )
