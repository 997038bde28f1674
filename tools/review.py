"""The tool that reviews the policies of a cluster: what is broken, dangerous or needless."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from tools.review_rows import ReviewResult, finding_row, skipped_rows
from tools.review_text import describe
from tools.set_aside import unread
from tools.spec import Evidence, tool
from tools.workspace import Workspace
from topology.errors import UnknownName

if TYPE_CHECKING:
    from topology.review import Review, Suppression

__all__ = ["review_network", "review_policies"]

_EVIDENCE = 50
"""Findings that are stated as evidence; all of them are in the rows."""


@tool()
def review_policies(workspace: Workspace, namespace: str = "", code: str = "") -> ReviewResult:
    """Review all policies: what is broken, dangerous or needless, each with a fix tried out.

    Use it for "what is wrong with my policies", "review the security of namespace X", "which
    policies are risky", "is there anything to clean up".

    Args:
        workspace: The network.
        namespace: Only findings about objects of this namespace; empty for all.
        code: Only this check, such as `service-port`; empty for all.

    Returns:
        The findings, the worst first, each with object, file and line, why it matters, and a fix
        with what a simulation of it opened and closed.
    """
    return review_network(workspace, namespace=namespace, select=(code,) if code else ())


def review_network(
    workspace: Workspace,
    *,
    namespace: str = "",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    suppressions: "Sequence[Suppression]" = (),
    baseline: Collection[str] = (),
) -> ReviewResult:
    """Do what `review_policies` does, with all its choices.

    Args:
        workspace: The network.
        namespace: Only findings about objects of this namespace; empty for all.
        select: Codes of the checks to make; none for all.
        ignore: Codes of checks to leave out.
        suppressions: What a file sets aside.
        baseline: Fingerprints of findings that are known.

    Raises:
        UnknownName: There is no such namespace or check.
    """
    # Takes both engines along, which other commands need not wait for.
    from topology.review import ReviewContext, chosen_checks, make_review

    checks = chosen_checks(select, ignore)
    place = namespace.strip()
    if place and place not in workspace.cluster.namespaces:
        known = tuple(sorted(workspace.cluster.namespaces))
        message = f"There is no namespace `{place}`."
        raise UnknownName(message, nearest=known[:5])
    network = workspace.network
    context = ReviewContext(network.cluster, network.policies, network.mesh)
    found = make_review(
        context,
        checks,
        namespace=place,
        suppressions=suppressions,
        baseline=frozenset(baseline),
    )
    return _result(workspace, found, place)


def _result(workspace: Workspace, review: "Review", namespace: str) -> ReviewResult:
    matters = {one.code: one for one in review.checks}
    rows = [finding_row(one, matters[one.code]) for one in review.findings]
    counted = [row for row in rows if not row.suppressed and not row.known]
    severities = ("error", "warning", "info")
    result = ReviewResult(
        summary="",
        evidence=tuple(
            Evidence(claim=row.why, source=row.object, location=row.location)
            for row in counted[:_EVIDENCE]
        ),
        not_verified=(*unread(workspace.network), *review.unsure),
        namespace=namespace,
        policies=len(workspace.cluster.policies),
        checks=len(review.made),
        counts={name: sum(row.severity == name for row in counted) for name in severities},
        suppressed=sum(bool(row.suppressed) for row in rows),
        known=sum(row.known and not row.suppressed for row in rows),
        findings=tuple(rows),
        skipped=skipped_rows(review),
    )
    return result.model_copy(update={"summary": describe(result)})
