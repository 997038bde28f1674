"""Policies that a tool proposes, each with its text, its diff, and what was computed of it."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from tools.draft_results import DraftArtifact, DraftCheck
from tools.spec import ToolResult
from topology.authoring.checks import Check
from topology.authoring.edits import Edit
from topology.authoring.manuscripts import Manuscript, file_name, manuscripts_of

__all__ = [
    "EditRow",
    "RewriteResult",
    "artifacts_of",
    "check_rows",
    "edit_rows",
]


class EditRow(BaseModel):
    """What is done to one policy."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    policy: str
    action: str
    """`change`, `add` or `remove`."""
    what: tuple[str, ...]
    file: str
    diff: str
    """Unified diff of the file."""
    weakens: str = ""
    """What protection it gives up; empty where it gives up none."""


class RewriteResult(ToolResult):
    """A proposal to change policies, and its proof."""

    outcome: str
    """`done`: proven; `not-equal`: what was made does something else; `refused`: it cannot be made;
    `nothing-to-do`."""
    edits: tuple[EditRow, ...] = ()
    artifacts: tuple[DraftArtifact, ...] = ()
    checks: tuple[DraftCheck, ...] = ()
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    flows_now_dropped: tuple[str, ...] = ()
    """Observed connections that passed and would be dropped; empty without flows."""
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Fields whose meaning cannot be expressed, one sentence each."""
    verified: bool = False


def check_rows(checks: Iterable[Check]) -> tuple[DraftCheck, ...]:
    """Return checks as results have them."""
    return tuple(DraftCheck(check=one.check, ok=one.ok, detail=one.detail) for one in checks)


def artifacts_of(
    manuscripts: Iterable[Manuscript], checks: Sequence[Check], *, verified: bool
) -> tuple[DraftArtifact, ...]:
    """Return the policies that edits leave, each with the checks of the whole."""
    rows = check_rows(checks)
    return tuple(
        DraftArtifact(
            kind=one.edit.after.kind,
            name=file_name(one.edit.after),
            content=one.content,
            verified=verified,
            checks=rows,
        )
        for one in manuscripts
        if one.edit.after is not None
    )


def edit_rows(edits: Iterable[Edit]) -> tuple[tuple[EditRow, ...], tuple[Manuscript, ...]]:
    """Return what is done to each policy, with the texts that come of it."""
    manuscripts = manuscripts_of(edits)
    rows = tuple(
        EditRow(
            policy=one.edit.key,
            action=_action(one.edit),
            what=one.edit.what,
            file=one.file,
            diff=one.diff,
            weakens=one.edit.weakens,
        )
        for one in manuscripts
    )
    return rows, manuscripts


def _action(edit: Edit) -> str:
    if edit.before is None:
        return "add"
    return "remove" if edit.after is None else "change"
