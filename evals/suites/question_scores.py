"""How an answer compares with what is expected: pure functions of the two."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant.answer import Answer, ToolCall
from evals.suites.question_cases import Expected, ExpectedCall

__all__ = ["OUTCOMES", "Outcome", "Score", "describes", "score"]

Outcome = Literal["right", "confidently wrong", "asked back", "declined", "incomplete"]
OUTCOMES: tuple[Outcome, ...] = (
    "right",
    "incomplete",
    "asked back",
    "declined",
    "confidently wrong",
)
"""From best to worst: what asks or declines in vain misleads nobody."""

_PREFIX = re.compile(r"^(?:service|namespace|workload):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one answer compares."""

    faults: tuple[str, ...]
    outcome: Outcome

    @property
    def agrees(self) -> bool:
        """Return whether nothing is amiss."""
        return not self.faults

    @property
    def wrong(self) -> bool:
        """Return whether something is stated that is not so, or another question answered."""
        return self.outcome == "confidently wrong"


def score(expected: Expected, answer: Answer) -> Score:
    """Return how an answer compares with what is expected of it.

    Asking back and declining are told from a wrong statement: only the latter misleads.
    """
    asks, declines = bool(answer.needs), answer.declined
    forbidden = _mentioned(expected.must_not_mention, answer)
    if expected.may_refrain and (asks or declines) and answer.verdict is None:
        return Score(faults=forbidden, outcome="confidently wrong" if forbidden else "right")
    manner = _compare_manner(expected, asks=asks, declines=declines)
    verdict = _compare_verdict(expected, answer)
    tools = _compare_tools(expected, answer.tools) if not (asks or declines) else ()
    lacking = _lacking(expected.must_mention, answer)
    faults = (*manner, *verdict, *tools, *lacking, *forbidden)
    if not faults:
        return Score(faults=(), outcome="right")
    if asks or declines:
        return Score(faults=faults, outcome="asked back" if asks else "declined")
    # Where the calls or the verdict show that the question was understood, a fact that is not
    # told is a gap; elsewhere the answer may be about something else, which misleads.
    understood = bool(expected.tools) or expected.verdict is not None
    if faults == lacking and understood:
        return Score(faults=faults, outcome="incomplete")
    return Score(faults=faults, outcome="confidently wrong")


def describes(call: ToolCall, wanted: ExpectedCall) -> bool:
    """Return whether a call is the expected one: the same tool, and the arguments that matter."""
    return call.name == wanted.name and all(
        _same(name, call.arguments, value) for name, value in wanted.arguments.items()
    )


def _compare_manner(expected: Expected, *, asks: bool, declines: bool) -> tuple[str, ...]:
    faults = []
    if asks != expected.needs_clarification:
        faults.append("asked back" if asks else "did not ask back")
    if declines != expected.declines:
        faults.append("declined" if declines else "did not decline")
    return tuple(faults)


def _compare_verdict(expected: Expected, answer: Answer) -> tuple[str, ...]:
    if expected.verdict is None or answer.needs or answer.declined:
        return ()
    wanted = None if expected.verdict == "unknown" else expected.verdict
    if answer.verdict == wanted:
        return ()
    return (f"verdict {answer.verdict}, expected {expected.verdict}",)


def _compare_tools(expected: Expected, calls: Sequence[ToolCall]) -> tuple[str, ...]:
    return tuple(
        f"no call {wanted.name}({_short(wanted.arguments)})"
        for wanted in expected.tools
        if not any(describes(call, wanted) for call in calls)
    )


def _same(name: str, given: Mapping[str, Any], wanted: Any) -> bool:
    value = given.get(name)
    if isinstance(wanted, str) and isinstance(value, str):
        return _plain(name, value) == _plain(name, wanted)
    return bool(value == wanted)


def _plain(name: str, value: str) -> str:
    """Return a value without what makes no difference: TCP, and the kind of an end."""
    if name == "port":
        return value.upper().removesuffix("/TCP")
    return _PREFIX.sub("", value)


def _short(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def _lacking(patterns: Sequence[str], answer: Answer) -> tuple[str, ...]:
    text = _everything(answer)
    return tuple(f"lacks `{pattern}`" for pattern in patterns if not re.search(pattern, text))


def _mentioned(patterns: Sequence[str], answer: Answer) -> tuple[str, ...]:
    return tuple(f"mentions `{pattern}`" for pattern in patterns if re.search(pattern, answer.text))


def _everything(answer: Answer) -> str:
    """Return the text and the evidence, which every surface shows beneath it."""
    lines = [f"{item.claim} {item.source} {item.location}" for item in answer.evidence]
    return "\n".join([answer.text, *answer.needs, *lines])
