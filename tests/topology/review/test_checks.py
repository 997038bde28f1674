"""Each code is found where its fault is, and not where something else is."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import mesh_cases
import network_cases

from topology.load import load_text
from topology.policy.engine import PolicyEngine
from topology.policy.istio.engine import MeshPolicies
from topology.review import Review, ReviewContext, all_checks, chosen_checks, make_review

CASES = {**network_cases.CASES, **mesh_cases.CASES}


def reviewed(text: str) -> Review:
    cluster = load_text(text, name="cluster.yaml")
    context = ReviewContext(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))
    return make_review(context, chosen_checks())


def codes(review: Review) -> list[str]:
    return [one.code for one in review.findings if not one.suppressed]


def test_every_code_has_its_cases() -> None:
    assert {one.code for one in all_checks()} == set(CASES)


@pytest.mark.parametrize("code", sorted(CASES))
def test_the_fault_is_found(code: str) -> None:
    review = reviewed(CASES[code][0])
    assert code in codes(review)
    found = next(one for one in review.findings if one.code == code)
    assert found.found.location is not None
    assert found.proof.verified or found.proof.reason


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_near_miss_is_no_alarm(code: str) -> None:
    assert code not in codes(reviewed(CASES[code][1]))
