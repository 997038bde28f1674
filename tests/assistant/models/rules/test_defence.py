"""Questions about lines of defence."""

from collections.abc import Callable
from typing import Any

import pytest

from assistant.models.rules.plan import Plan

Reader = Callable[..., tuple[Plan, ...]]


def calls(plans: tuple[Plan, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    "question",
    [
        "Where is mTLS missing?",
        "Is mutual TLS strict everywhere?",
        "which namespaces still accept plaintext?",
        "show me all permissive namespaces",
        "does anything take unencrypted traffic in the mesh?",
        "is mtls enforced for every workload",
    ],
)
def test_a_question_about_the_state_of_mutual_tls_is_computed(
    bazaar: Reader, question: str
) -> None:
    assert calls(bazaar(question)) == [("find_gaps", {"about": "mtls"})]


@pytest.mark.parametrize(
    "question",
    [
        "Which workloads are protected at L4 but open at L7?",
        "what is guarded by Istio only and not by network policies?",
        "Are there gaps in our defence in depth?",
        "any holes we should know about?",
    ],
)
def test_a_question_about_one_sided_defence_is_computed(bazaar: Reader, question: str) -> None:
    assert calls(bazaar(question)) == [("find_gaps", {"about": "everything"})]


def test_a_namespace_limits_the_report(bazaar: Reader) -> None:
    (call,) = calls(bazaar("Is mTLS strict in prod?"))
    assert call == ("find_gaps", {"about": "mtls", "namespace": "prod"})


@pytest.mark.parametrize(
    "question",
    ["What does mTLS PERMISSIVE mean?", "How do I turn on strict mTLS?", "Can web reach api?"],
)
def test_what_a_word_means_or_how_to_do_it_is_no_question_of_state(
    bazaar: Reader, question: str
) -> None:
    assert all(name != "find_gaps" for name, _ in calls(bazaar(question)))
