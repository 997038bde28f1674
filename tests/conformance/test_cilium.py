"""The engine against what Cilium's own engine said on the shared cases."""

import json
from pathlib import Path

import pytest
import yaml

from evals.suites import cilium
from evals.suites.snapshots import document_of
from topology.policy import PROFILES
from topology.policy.cilium import read_cilium_policy
from topology.policy.kubernetes import read_network_policy
from topology.policy.rules import Context


def test_every_query_agrees_with_cilium_in_both_profiles(shared: Path) -> None:
    result = cilium.run(shared / "cases/cilium/verdicts.jsonl")
    assert result.disagreements == ()
    assert result.skipped == 0
    assert result.agree == result.checks > 80_000


def is_valid(policy: dict[str, object], profile: str) -> bool:
    read = read_network_policy if policy["kind"] == "NetworkPolicy" else read_cilium_policy
    _, problems = read(document_of(policy), Context(profile=PROFILES[profile]))
    return all(problem.severity == "warning" for problem in problems)


@pytest.mark.parametrize(("profile", "field"), [("1.19", "valid"), ("1.18", "valid_1_18_10")])
def test_what_cilium_refuses_is_refused(shared: Path, profile: str, field: str) -> None:
    lines = (shared / "cases/cilium/validity.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    wrong = [case["id"] for case in cases if is_valid(case["policy"], profile) != case[field]]
    assert wrong == []


def test_cilium_s_own_examples_are_read_as_cilium_reads_them(shared: Path) -> None:
    folder = shared / "cases/cilium"
    lines = (folder / "examples-validity.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = []
    for case in map(json.loads, lines):
        text = (folder / "examples" / case["file"]).read_text(encoding="utf-8")
        policy = list(yaml.load_all(text, Loader=yaml.CSafeLoader))[case["doc"]]
        if is_valid(policy, "1.19") != case["valid"]:
            wrong.append((case["file"], case["doc"]))
    assert wrong == []
