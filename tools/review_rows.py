"""What a review finds, as data."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from tools.spec import ToolResult

if TYPE_CHECKING:
    from topology.review import Check, Finding, Review

__all__ = ["FindingRow", "ReviewResult", "SkippedRow", "finding_row", "skipped_rows"]


class FindingRow(BaseModel):
    """One finding."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    severity: Literal["error", "warning", "info"]
    """`error` for what is certainly broken or dangerous, `warning` for what is likely a mistake,
    `info` for style and posture."""
    title: str
    object: str
    """`Kind/namespace/name` of a policy, workload or namespace."""
    path: str = ""
    """Field in the policy; empty for the whole."""
    location: str = ""
    """`file:line`."""
    why: str
    """What is the case, with the engine's evidence."""
    matters: str
    """Why it matters."""
    source: str
    """Where the rule behind it is written down."""
    fix: str
    fix_verified: bool
    """Whether the changed policies were validated and simulated, with the effect stated."""
    effect: str = ""
    """What the fix opens and closes; empty where it was not simulated."""
    not_verified: str = ""
    """Why the fix is not verified; empty where it is."""
    fix_documents: tuple[str, ...] = ()
    """The changed and new policies, as YAML."""
    fix_removes: tuple[str, ...] = ()
    """Policies that the fix takes away."""
    related: tuple[str, ...] = ()
    """Policies with a part in it, each with file and line."""
    fingerprint: str
    """Code, object and field, by which a baseline knows it again."""
    suppressed: str = ""
    """The reason for which it is set aside; empty where it is not."""
    suppressed_in: Literal["", "policy", "file"] = ""
    known: bool = False
    """Whether the baseline holds it."""


class SkippedRow(BaseModel):
    """Checks that could not be made."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    codes: tuple[str, ...]
    reason: str


class ReviewResult(ToolResult):
    """What is broken, dangerous or needless in the policies of a cluster."""

    namespace: str
    policies: int
    """How many policies the input holds."""
    checks: int
    """How many checks were made."""
    counts: dict[str, int]
    """Findings by severity, those left out that are set aside or in the baseline."""
    suppressed: int
    known: int
    findings: tuple[FindingRow, ...]
    """The worst first."""
    skipped: tuple[SkippedRow, ...]


def finding_row(finding: "Finding", check: "Check") -> FindingRow:
    """Return a finding as data."""
    found = finding.found
    return FindingRow(
        code=finding.code,
        severity=finding.severity,
        title=finding.title,
        object=found.object,
        path=found.path,
        location=str(found.location or ""),
        why=found.why,
        matters=check.matters,
        source=check.source,
        fix=found.repair.text,
        fix_verified=finding.proof.verified,
        effect=finding.proof.effect,
        not_verified=finding.proof.reason,
        fix_documents=tuple(_as_yaml(one.body) for one in found.repair.add),
        fix_removes=found.repair.remove,
        related=tuple(f"{name} ({place})" for name, place in found.related),
        fingerprint=finding.fingerprint,
        suppressed=finding.suppressed,
        suppressed_in=finding.suppressed_in,
        known=finding.known,
    )


def skipped_rows(review: "Review") -> tuple[SkippedRow, ...]:
    """Return the checks that could not be made, by the reason."""
    by_reason: dict[str, list[str]] = {}
    for one in review.skipped:
        by_reason.setdefault(one.reason, []).append(one.code)
    return tuple(
        SkippedRow(codes=tuple(codes), reason=reason) for reason, codes in by_reason.items()
    )


def _as_yaml(body: object) -> str:
    import yaml

    return yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=100)
