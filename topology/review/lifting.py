"""Checks that validation makes already, taken into the review under the same code."""

from collections.abc import Callable, Iterator

from topology.model import Document
from topology.policy.validation import Finding
from topology.policy.validation.document import validate
from topology.review.checks import Need, check
from topology.review.context import ReviewContext
from topology.review.edits import dropped, edited, field_at, removed_rule
from topology.review.finding import Effect, Found, Repair, ReviewSeverity

__all__ = ["Grade", "Keep", "Mend", "drop_field", "drop_rule", "found_in", "lift", "rewrite"]

_REFUSED = "the policy is refused for another fault, which comes first"
Mend = Callable[[ReviewContext, Document, Finding], Repair]
Keep = Callable[[ReviewContext, Document, Finding], bool]
Grade = Callable[[ReviewContext, Document, Finding], ReviewSeverity | None]


def lift(
    code: str,
    severity: ReviewSeverity,
    title: str,
    *,
    matters: str,
    source: str,
    theme: str,
    needs: tuple[Need, ...] = (),
    mend: Mend | None = None,
    keep: Keep | None = None,
    grade: Grade | None = None,
    obstacle: str = "",
    yields_to: tuple[str, ...] = (),
) -> None:
    """Make a check of what validation says under a code.

    Args:
        code: Of the finding of validation, and of the check.
        severity: In the review.
        title: What is found, as a heading.
        matters: Why it matters.
        source: Where the rule behind it is written down.
        theme: The module of checks that it belongs to.
        needs: What must be in the input.
        mend: Makes the repair; without it the repair is the sentence of validation.
        keep: Whether a finding stands, seen in the cluster.
        grade: The severity of a finding, where it is not that of the code.
        obstacle: Why the repair cannot be simulated, where no policy changes.
        yields_to: Checks that say the same of the same field, only better.
    """

    def plain(finding: Finding) -> Repair:
        return Repair(text=finding.fix, obstacle=obstacle)

    def run(context: ReviewContext) -> Iterator[Found]:
        accepted = {document.key for document in context.accepted}
        for document, finding in context.said.get(code, ()):
            if document.key not in accepted:
                repair = _if_accepted(context, document, finding, mend)
                yield found_in(context, document, finding.path, finding.message, repair)
            elif keep is None or keep(context, document, finding):
                repair = mend(context, document, finding) if mend else plain(finding)
                graded = grade(context, document, finding) if grade else None
                yield found_in(
                    context, document, finding.path, finding.message, repair, severity=graded
                )

    check(
        code,
        severity,
        title,
        matters=matters,
        source=source,
        needs=needs,
        yields_to=yields_to,
        theme=theme,
    )(run)


def _if_accepted(
    context: ReviewContext, document: Document, finding: Finding, mend: Mend | None
) -> Repair:
    """Return the repair of a policy that is refused, where this fault is all that is wrong."""
    refused = Repair(text=finding.fix, obstacle=_REFUSED)
    try:
        repair = mend(context, document, finding) if mend else refused
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # It is malformed elsewhere, so that nothing of it has the form that a repair relies on.
        return refused
    faulty = any(
        one.refuses for new in repair.add for one in validate(new, context.policies.profile)
    )
    return repair if repair.add and not faulty else refused


def found_in(
    context: ReviewContext,
    document: Document,
    path: str,
    why: str,
    repair: Repair,
    *,
    severity: ReviewSeverity | None = None,
) -> Found:
    """Return what was found at a field of a policy; it weighs as many workloads as it selects."""
    return Found(
        object=document.key,
        namespace=document.namespace,
        why=why,
        repair=repair,
        path=path,
        location=document.source.at(path),
        severity=severity,
        weight=context.weight_of(document),
    )


def drop_field(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Take the field out, which changes nothing."""
    return Repair(text=finding.fix, add=(dropped(document, finding.path),), promise="no-change")


def drop_rule(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Take the rule that the field stands in out, which changes nothing."""
    place = finding.path
    while not place.endswith("]"):
        place = place.rpartition(".")[0]
    left = removed_rule(document, place)
    if left is None:
        return Repair(text="Delete the policy.", remove=(document.key,), promise="no-change")
    return Repair(text=finding.fix, add=(left,), promise="no-change")


def rewrite(value: Callable[[str], str], promise: Effect = "any") -> Mend:
    """Return what writes another text into the field.

    Args:
        value: Makes the new text of the old one.
        promise: What it opens or closes.
    """

    def mend(context: ReviewContext, document: Document, finding: Finding) -> Repair:
        written = str(field_at(document.body, finding.path))
        new = edited(document, finding.path, value(written))
        return Repair(text=finding.fix, add=(new,), promise=promise)

    return mend
