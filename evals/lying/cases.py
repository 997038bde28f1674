"""The form of one case: what a model is asked, calls and says, and what of it is true."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Case", "Made"]


class Made(BaseModel):
    """One call that the model makes before it speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Case(BaseModel):
    """One turn of a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    workspace: str
    kind: str
    """What the model does wrong: `opposite`, `invented-source` ...; `true` where nothing."""
    question: str
    calls: tuple[Made, ...] = ()
    text: str
    """What it says at the end."""
    by: str = ""
    """The tool by which it says that: `decline`, `ask_back`; empty for a final text."""
    false: tuple[str, ...] = ()
    """Statements of it that nothing computed supports; none may be left as a statement."""
    true: tuple[str, ...] = ()
    """Statements of it that are computed; each should be left."""
    verdict: str | None = None
    """What the engine computes in the turn: `allow`, `deny`, or None for neither."""
