"""The answer to one question, the same on every surface."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tools.spec import Evidence

__all__ = ["SCHEMA_VERSION", "Answer", "Artifact", "Check", "Citation", "ToolCall"]

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One tool call of the turn, with its result as JSON data."""

    name: str
    arguments: Mapping[str, Any]
    ok: bool
    result: Mapping[str, Any]
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that an artifact passed or failed."""

    check: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something made for the person, such as a policy; `verified` only if every check passed."""

    kind: str
    name: str
    content: str
    verified: bool
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A document that the answer quotes; `date` is that of the source, ISO 8601."""

    title: str
    source: str
    url: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered, by which tier, and everything it rests on."""

    question: str
    text: str
    """Markdown, after the claim check."""
    tier: Literal["hosted", "local", "rules"]
    model: str
    session: str = ""
    verdict: Literal["allow", "deny"] | None = None
    tools: tuple[ToolCall, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    citations: tuple[Citation, ...] = ()
    needs: tuple[str, ...] = ()
    """Questions back to the person; the answer is not final while there are any."""
    declined: bool = False
    usage: Mapping[str, float] = field(default_factory=dict)
    """Tokens (`input`, `output`, `total`) of a hosted model, and their `cost` in US dollars where
    the settings hold its price."""
    seconds: float = 0.0

    def _repr_markdown_(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        """Return what a notebook shows: verdict, text and evidence."""
        from assistant.notebook import answer_as_html

        return answer_as_html(self)

    def to_mermaid(self) -> str:
        """Return what the answer rests on as Mermaid flowcharts; empty if nothing can be drawn."""
        from assistant.notebook import answer_as_mermaid

        return answer_as_mermaid(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document of `netassist ask --json`."""
        tools = [
            {
                "name": call.name,
                "arguments": dict(call.arguments),
                "ok": call.ok,
                "result": dict(call.result),
                "ms": round(call.milliseconds, 3),
            }
            for call in self.tools
        ]
        return {
            "schema_version": SCHEMA_VERSION,
            "question": self.question,
            "text": self.text,
            "tier": self.tier,
            "model": self.model,
            "session": self.session,
            "verdict": self.verdict,
            "tools": tools,
            "artifacts": [asdict(artifact) for artifact in self.artifacts],
            "evidence": [item.model_dump() for item in self.evidence],
            "citations": [asdict(citation) for citation in self.citations],
            "needs": list(self.needs),
            "declined": self.declined,
            "usage": dict(self.usage),
            "seconds": round(self.seconds, 4),
        }
