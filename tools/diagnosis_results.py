"""What the diagnosis answers: steps with evidence, causes, what is missing, and the fix."""

from pydantic import BaseModel, ConfigDict

from tools.draft_results import DraftArtifact, DraftCheck
from tools.spec import ToolResult

__all__ = ["CauseRow", "CollectResult", "DiagnosisResult", "FactRow", "FixRow", "MissingRow",
           "StepRow"]  # fmt: skip


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class FactRow(_Row):
    """One piece of evidence."""

    text: str
    source: str = ""
    location: str = ""


class StepRow(_Row):
    """One check of the plan."""

    check: str
    state: str
    """`ok`, `fault` or `unknown` (what it needs was not given)."""
    result: str
    evidence: tuple[FactRow, ...] = ()


class CauseRow(_Row):
    """Something that is wrong."""

    code: str
    summary: str
    about: tuple[str, ...] = ()
    evidence: tuple[FactRow, ...] = ()
    fix: str = ""
    proof: str = ""
    commands: tuple[str, ...] = ()
    """Would make the change; nothing here runs them."""
    verify: tuple[str, ...] = ()


class MissingRow(_Row):
    """Something that was not given, with the read-only command that would collect it."""

    what: str
    command: str


class FixRow(_Row):
    """The smallest change of policies that opens a connection, proven."""

    outcome: str
    """`mended`, `no-fix`, `not-policy` or `open`."""
    text: str
    diff: str = ""
    verified: bool = False
    checks: tuple[DraftCheck, ...] = ()
    artifacts: tuple[DraftArtifact, ...] = ()


class DiagnosisResult(ToolResult):
    """A symptom, followed to its cause as far as the input lets."""

    symptom: str
    outcome: str
    """`cause-found`; `no-issue`: none in what was given; `not-measured`: nothing was given that
    could show such trouble."""
    declined: str = ""
    """Why no answer can be given; empty where one is."""
    aspects: tuple[str, ...] = ()
    """Sides of trouble that were looked for: `dns`, `connect`, `http`, `loss`, ..."""
    since: str = ""
    steps: tuple[StepRow, ...] = ()
    root_cause: CauseRow | None = None
    other_causes: tuple[CauseRow, ...] = ()
    """What explains the symptom less well."""
    besides: tuple[CauseRow, ...] = ()
    """What is wrong as well and does not explain it."""
    missing: tuple[MissingRow, ...] = ()
    fix: FixRow | None = None
    artifacts: tuple[DraftArtifact, ...] = ()


class CollectResult(ToolResult):
    """What would have to be collected to know more."""

    missing: tuple[MissingRow, ...] = ()
