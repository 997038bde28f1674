"""Checks of what people set aside: without a reason, of no known code, or of nothing."""

from collections.abc import Iterator

from topology.review.checks import all_checks, check
from topology.review.context import ReviewContext
from topology.review.finding import Found, Repair
from topology.review.suppression import Suppression
from topology.review.wording import quoted

__all__ = ["find_idle_suppressions", "find_silent_suppressions"]

_SOURCE = "netassist, `docs/adr/0012-review.md`"
_DECISION = "a suppression changes no traffic"


@check(
    "suppression-without-reason",
    "warning",
    "A suppression gives no reason",
    matters="Nobody can tell later whether it still holds, so it sets nothing aside.",
    source=_SOURCE,
)
def find_silent_suppressions(context: ReviewContext) -> Iterator[Found]:
    """Yield the suppressions without a reason."""
    for one in context.suppressions:
        if not one.reason:
            why = f"{quoted(one.code)} of {quoted(one.object)} is set aside without a reason, "
            yield _found(one, why + "so it counts all the same.", "Write why, behind the colon.")


@check(
    "suppression-unused",
    "info",
    "A suppression sets nothing aside",
    matters="What it was for is gone or has another name; left in place it may hide something new.",
    source=_SOURCE,
)
def find_idle_suppressions(context: ReviewContext) -> Iterator[Found]:
    """Yield the suppressions that are about nothing that was found."""
    known = {one.code for one in all_checks()}
    for one in context.idle_suppressions:
        fault = "is not found there" if one.code in known or one.code == "*" else "is no known code"
        why = f"{quoted(one.code)} is set aside for {quoted(one.object)}, and {fault}."
        yield _found(one, why, "Take the suppression out, or correct its code and object.")


def _found(one: Suppression, why: str, fix: str) -> Found:
    return Found(
        object=one.object,
        namespace=one.object.split("/")[1] if one.object.count("/") == 2 else "",
        why=why,
        repair=Repair(text=fix, obstacle=_DECISION),
        path=f"suppression {one.code}",
        location=one.location,
    )
