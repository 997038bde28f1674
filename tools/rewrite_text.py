"""Policies written otherwise, in words: what came of it, whether it is proven, what is lost."""

from typing import TYPE_CHECKING

from tools.mend_text import describe_edits
from tools.wording import bullets, count

if TYPE_CHECKING:
    from tools.rewritten import RewriteResult

__all__ = ["describe"]

_SHOWN = 40


def describe(result: "RewriteResult", verb: str) -> str:
    """Return the answer, complete and true on its own.

    Args:
        result: What came of it.
        verb: What was done, such as `merged`.
    """
    parts = [
        _headline(result, verb),
        bullets(f"Cannot be {verb}: {one}" for one in result.refused),
        describe_edits(result.edits),
        bullets(f"{'Proven' if one.ok else 'Not so'}: {one.detail}" for one in result.checks),
        _listed("Closes", result.closed),
        _listed("Opens", result.opened),
        bullets(result.notes),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(result: "RewriteResult", verb: str) -> str:
    made = count(len(result.artifacts), "policy")
    match result.outcome:
        case "nothing-to-do":
            return f"Nothing has to be {verb}."
        case "refused" if not result.artifacts:
            return f"Nothing was {verb}: what the policies say cannot be expressed."
        case "refused":
            return f"Not everything could be {verb}; {made} came of the rest."
        case "done" if result.verified:
            return f"The policies are {verb}: {made}, and the proof holds."
        case "done":
            return f"The policies are {verb}: {made}, but that is not proven, see below."
        case _:
            return f"Not verified: {made} came of it, but the proof fails."


def _listed(title: str, rows: tuple[str, ...]) -> str:
    if not rows:
        return ""
    more = f"\n- and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return f"{title}:\n\n{bullets(rows[:_SHOWN])}{more}"
