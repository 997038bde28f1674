"""A statement about a policy that was computed, and whether it holds."""

from dataclasses import dataclass

__all__ = ["Check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement about a draft, a mend or a rewriting that was computed."""

    check: str
    """Short and stable, such as `validation` or `contract`; the modules that make them say which
    there are."""
    ok: bool
    detail: str
    """One or two sentences; what fails, where something does."""
