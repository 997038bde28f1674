"""Policies that are not in force as they are written: refused, pruned, or written twice."""

from collections.abc import Iterator

from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.finding import Found, Repair
from topology.review.lifting import drop_field, found_in, lift

__all__ = ["find_doubles", "find_refused"]


@check(
    "refused",
    "error",
    "A policy is refused",
    matters="A policy that Cilium, Kubernetes or Istio refuses is not in force at all: what it was "
    "to deny is open, and what it was to allow may be closed.",
    source="cilium pkg/policy/api (Rule.Sanitize) and CRDs; Kubernetes networking/v1 validation; "
    "Istio pkg/config/validation",
)
def find_refused(context: ReviewContext) -> Iterator[Found]:
    """Yield every reason for which a policy is refused."""
    for document, finding in context.said.get("refused", ()):
        repair = Repair(text=finding.fix, obstacle="what was meant can only be guessed")
        why = f"{finding.message} The whole policy is refused (`{finding.code}`)."
        yield found_in(context, document, finding.path, why, repair)


@check(
    "duplicate-object",
    "warning",
    "Two policies have one name",
    matters="Applying one replaces the other, so which of them is in force depends on the order.",
    source="Kubernetes, names of objects",
)
def find_doubles(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies that the input holds twice."""
    for problem in context.cluster.problems:
        key = problem.message.partition("`")[2].partition("`")[0]
        document = context.documents.get(key)
        if problem.code != "duplicate-object" or document is None:
            continue
        yield Found(
            object=key,
            namespace=document.namespace,
            why=f"{problem.message} Only that one is reviewed.",
            repair=Repair(
                text="Give one of them another name, or take it out.",
                obstacle="which of the two is meant the input does not tell",
            ),
            location=problem.location,
        )


lift(
    "unknown-field",
    "warning",
    "A field does not exist and is dropped",
    matters="The API server drops unknown fields, mostly without an error: the policy then means "
    "more or less than it says.",
    source="Kubernetes, field pruning of CustomResourceDefinitions",
    mend=drop_field,
    theme="refusals",
)
