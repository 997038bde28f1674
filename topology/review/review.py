"""Reviewing a cluster: every check, every repair tried out, and what was set aside."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from difflib import get_close_matches

from topology.errors import UnknownName
from topology.review.checks import Check, all_checks
from topology.review.context import ReviewContext
from topology.review.finding import Finding, Found, Proof, rank_of
from topology.review.proof import Prover
from topology.review.suppression import Suppression, read_annotations

__all__ = ["Review", "Skipped", "chosen_checks", "make_review"]

MOST_PROVEN = 10
"""Repairs of one code that are tried out; a large cluster has hundreds of the same kind."""
_LATE = "suppressed"
"""The theme of the checks that look at what the others found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A check that could not be made."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What came of all checks."""

    findings: tuple[Finding, ...]
    """The worst first; those that were set aside among them."""
    checks: tuple[Check, ...]
    """Those that were asked for."""
    made: tuple[str, ...]
    """Codes of the checks that were made."""
    skipped: tuple[Skipped, ...]
    unsure: tuple[str, ...]
    """What the checks that were made could not tell, in sentences."""


def chosen_checks(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Check, ...]:
    """Return the checks of some codes, or all but those of some codes.

    Raises:
        UnknownName: There is no such code.
    """
    checks = all_checks()
    known = [one.code for one in checks]
    wanted, unwanted = frozenset(select), frozenset(ignore)
    for code in sorted(wanted | unwanted):
        if code not in known:
            message = f"There is no check `{code}`."
            near = tuple(get_close_matches(code, known, n=3, cutoff=0.5))
            raise UnknownName(message, nearest=near, hint="" if near else "docs/review lists all.")
    return tuple(
        one for one in checks if (one.code in wanted or not wanted) and one.code not in unwanted
    )


def make_review(
    context: ReviewContext,
    checks: Sequence[Check],
    *,
    namespace: str = "",
    suppressions: Iterable[Suppression] = (),
    baseline: Set[str] = frozenset(),
) -> Review:
    """Make some checks.

    Args:
        context: The cluster.
        checks: Which.
        namespace: Only findings about objects of this one; empty for all.
        suppressions: What a file sets aside; what policies do is read here.
        baseline: Fingerprints of findings that are known already.
    """
    context.suppressions = (*read_annotations(context.cluster.policies), *suppressions)
    lacking = {one.code: context.lack(one.needs) for one in checks}
    able = [one for one in checks if not lacking[one.code]]
    early = [one for one in able if one.theme != _LATE]
    found = _but_for_doubles({one: _found_by(one, context, namespace) for one in early})
    findings = _set_aside(_proven(context, found), context.suppressions)
    context.idle_suppressions = _idle(context.suppressions, findings, {one.code for one in early})
    late = {one: _found_by(one, context, namespace) for one in able if one.theme == _LATE}
    findings += _proven(context, late)
    return Review(
        findings=tuple(
            replace(one, known=one.fingerprint in baseline) for one in sorted(findings, key=_place)
        ),
        checks=tuple(checks),
        made=tuple(one.code for one in able),
        skipped=tuple(
            Skipped(code=code, reason=reason) for code, reason in lacking.items() if reason
        ),
        unsure=tuple(context.unsure),
    )


def _found_by(one: Check, context: ReviewContext, namespace: str) -> list[Found]:
    found = {(each.object, each.path, each.why): each for each in one.run(context)}
    return sorted(
        (each for each in found.values() if not namespace or each.namespace == namespace),
        key=lambda each: (-each.weight, each.object, each.path, each.why),
    )


def _but_for_doubles(found: Mapping[Check, list[Found]]) -> dict[Check, list[Found]]:
    """Leave out what another check says better of the same rule."""
    by_code = {check.code: rows for check, rows in found.items()}
    left = {}
    for check, rows in found.items():
        better: dict[str, list[str]] = {}
        for code in check.yields_to:
            for each in by_code.get(code, ()):
                better.setdefault(each.object, []).append(each.path)
        left[check] = [
            each
            for each in rows
            if not any(_is_within(path, each.path) for path in better.get(each.object, ()))
        ]
    return left


def _is_within(one: str, other: str) -> bool:
    """Return whether one of two fields is the other one or part of it."""
    short, long = sorted((one, other), key=len)
    return long == short or long.startswith((f"{short}.", f"{short}[")) or not short


def _proven(context: ReviewContext, found: Mapping[Check, list[Found]]) -> list[Finding]:
    """Return the findings with what trying their repairs out showed."""
    chosen = [each.repair for rows in found.values() for each in rows[:MOST_PROVEN]]
    prover = Prover(context, chosen)
    findings = []
    for check, rows in found.items():
        for number, each in enumerate(rows):
            proof = prover.prove(each.repair) if number < MOST_PROVEN else _NOT_TRIED
            findings.append(
                Finding(
                    code=check.code,
                    severity=each.severity or check.severity,
                    title=check.title,
                    found=each,
                    proof=proof,
                )
            )
    return findings


_NOT_TRIED = Proof(
    verified=False,
    reason=f"Not simulated: of each code the first {MOST_PROVEN} repairs are; "
    "name a namespace or a code to see more.",
)


def _set_aside(findings: Iterable[Finding], suppressions: Sequence[Suppression]) -> list[Finding]:
    done = []
    for finding in findings:
        own = (one for one in suppressions if one.covers(finding.code, finding.found.object))
        by = next((one for one in own if one.reason), None)
        if by:
            finding = replace(finding, suppressed=by.reason, suppressed_in=by.origin)
        done.append(finding)
    return done


def _idle(
    suppressions: Iterable[Suppression], findings: Sequence[Finding], made: Set[str]
) -> tuple[Suppression, ...]:
    """Return those that are about nothing found, of the checks that were made or do not exist."""
    known = {one.code for one in all_checks()}
    return tuple(
        one
        for one in suppressions
        if (one.code in made or one.code not in known)
        and not any(one.covers(each.code, each.found.object) for each in findings)
    )


def _place(finding: Finding) -> tuple[object, ...]:
    """Rank: the worst first, then those that concern most, then by name."""
    found = finding.found
    return (
        rank_of(finding.severity),
        -found.weight,
        finding.code,
        found.object,
        found.path,
        found.why,
    )
