"""A review in words."""

from collections.abc import Iterator

from tools.review_rows import FindingRow, ReviewResult
from tools.wording import bullets, count, quote, shorten

__all__ = ["describe", "headline", "lines_of"]

_WORDED = 20
"""Findings that the summary words; the rest are in the data."""
_PER_CODE = 5


def describe(result: ReviewResult) -> str:
    """Return the summary of a review, the worst findings first."""
    rows = [row for row in result.findings if not row.suppressed and not row.known]
    shown: list[FindingRow] = []
    for row in rows:
        if sum(one.code == row.code for one in shown) < _PER_CODE and len(shown) < _WORDED:
            shown.append(row)
    parts = [headline(result), bullets(map(_sentence, shown))]
    if len(shown) < len(rows):
        parts.append(f"{count(len(rows) - len(shown), 'further finding')} left out here.")
    parts += [
        f"Not verified, as {row.reason}: {shorten([quote(code) for code in row.codes], 12)}."
        for row in result.skipped
    ]
    if result.suppressed:
        parts.append(f"{count(result.suppressed, 'finding')} set aside, each with a reason.")
    return "\n\n".join(part for part in parts if part)


def headline(result: ReviewResult) -> str:
    """Return one sentence with the numbers."""
    where = f" in namespace {quote(result.namespace)}" if result.namespace else ""
    made = f"{count(result.checks, 'check')} over {count(result.policies, 'policy')}{where}"
    numbers = [
        count(result.counts["error"], "error"),
        count(result.counts["warning"], "warning"),
        f"{result.counts['info']:,} info",
    ]
    if not any(result.counts.values()):
        return f"{made}: nothing {'new' if result.suppressed or result.known else 'found'}."
    return f"{made}: {', '.join(numbers)}."


def _sentence(row: FindingRow) -> str:
    place = f" ({row.location})" if row.location else ""
    proof = row.effect if row.fix_verified else row.not_verified
    return (
        f"{row.severity.capitalize()} {quote(row.code)}, {quote(row.object)}{place}: {row.why} "
        f"Fix: {row.fix} {f'Simulated: {proof}' if row.fix_verified else proof}"
    ).strip()


def lines_of(row: FindingRow) -> Iterator[str]:
    """Yield the lines that tell a person everything about a finding."""
    place = f"{row.location}: " if row.location else ""
    note = " (set aside)" if row.suppressed else " (known)" if row.known else ""
    yield f"{place}{row.severity} {row.code}: {row.title}{note}"
    yield f"    where: {f'{row.path} of ' if row.path else ''}{row.object}"
    yield f"    why:   {row.why}"
    yield f"           {row.matters}"
    yield f"    fix:   {row.fix}"
    if row.fix_verified:
        yield f"           Simulated. {row.effect}"
    else:
        yield f"           {' '.join(part for part in (row.not_verified, row.effect) if part)}"
    if row.suppressed:
        yield f"    aside: {row.suppressed} (in the {row.suppressed_in})"
    yield ""
