import json
from pathlib import Path

import pytest

from evals.command import main
from evals.suites.case_files import read_cases
from evals.suites.intents import CASES, Case, run
from evals.suites.round_trip import from_description, from_sentences
from topology.load import load_text

POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: a}
spec:
  endpointSelector: {matchLabels: {role: back}}
  ingress:
  - fromEndpoints: [{matchLabels: {role: front}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}]}]
"""


def write(folder: Path, **fields: object) -> Path:
    case = {
        "id": "one",
        "workspace": "bakery",
        "request": "only storefront may call basket on 7070",
        "contract": {
            "must_allow": [{"src": "front/storefront", "dst": "front/basket", "port": 7070}],
            "must_deny": [{"src": "front/toppings", "dst": "front/basket", "port": 7070}],
        },
        "acceptable_kinds": ["CiliumNetworkPolicy"],
        "ask_back": False,
    }
    path = folder / "cases.jsonl"
    path.write_text(json.dumps(case | fields) + "\n")
    (folder / "workspaces").mkdir(exist_ok=True)
    target = folder / "workspaces" / "bakery"
    if not target.exists():
        target.symlink_to(CASES.parent / "workspaces" / "bakery")
    return path


def test_a_request_whose_draft_meets_its_contract_agrees(tmp_path: Path) -> None:
    result = run(write(tmp_path))
    assert (result.agree, result.wrongly_verified) == (1, 0)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"acceptable_kinds": ["AuthorizationPolicy"]}, "kind CiliumNetworkPolicy"),
        (
            {"contract": {"must_allow": [{"src": "kitchen/mixer", "dst": "front/basket"}]}},
            "kitchen/mixer -> front/basket:None is deny, not allow",
        ),
        ({"ask_back": True}, "did not ask back"),
        ({"declined": True}, "did not decline"),
    ],
)
def test_a_draft_that_is_not_what_was_meant_counts_as_wrongly_verified(
    tmp_path: Path, fields: dict[str, object], fault: str
) -> None:
    result = run(write(tmp_path, **fields))
    assert (result.agree, result.wrongly_verified) == (0, 1)
    assert fault in result.disagreements[0]["got"]["faults"]


def test_asking_back_is_right_only_where_it_is_expected(tmp_path: Path) -> None:
    request = "restrict basket to storefront"
    assert run(write(tmp_path, request=request, ask_back=True)).agree == 1
    result = run(write(tmp_path, request=request))
    assert (result.agree, result.wrongly_verified) == (0, 0)


def test_our_own_requests_are_many_and_on_several_workspaces() -> None:
    cases = list(read_cases(CASES, Case, what="intents case"))
    assert len(cases) >= 60
    assert len({one.workspace for one in cases}) >= 4
    assert len({one.id for one in cases}) == len(cases)


@pytest.mark.parametrize(
    ("file", "least"),
    [
        ("intents-heldout.jsonl", 26),
        ("intents-heldout-2.jsonl", 18),
        ("intents-heldout-3.jsonl", 16),
        ("intents-heldout-4.jsonl", 24),
        ("intents-heldout-5.jsonl", 25),
        ("intents-heldout-6.jsonl", 28),
        ("intents-heldout-7.jsonl", 29),
        ("intents-heldout-8.jsonl", 27),
        ("intents-heldout-9.jsonl", 27),
        ("intents-heldout-10.jsonl", 25),
        ("intents-heldout-11.jsonl", 54),
        ("intents-heldout-12.jsonl", 56),
        ("intents-heldout-13.jsonl", 48),
        ("intents-heldout-14.jsonl", 46),
        ("intents-heldout-15.jsonl", 48),
        ("intents-heldout-16.jsonl", 27),
    ],
)
def test_batches_that_were_unseen_once_are_read_no_worse_than_before(file: str, least: int) -> None:
    result = run(CASES.parent / file)
    assert result.wrongly_verified == 0
    assert result.agree >= least


def test_a_line_that_is_no_case_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("{}\n")
    with pytest.raises(ValueError, match=r"cases\.jsonl:1"):
        list(read_cases(path, Case, what="intents case"))


def test_the_command_prints_the_count_that_must_be_nought(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["intents", "--cases", str(write(tmp_path)), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["suite"], printed["wrongly_verified"]) == ("intents", 0)


def test_a_policy_comes_back_from_its_sentence_and_from_a_description() -> None:
    policies = load_text(POLICY).policies
    assert from_sentences(policies).equal
    said = "Allow pods labelled role=front to reach pods labelled role=back on port 80."
    assert from_description(policies, said).equal
    wrong = from_description(policies, said.replace("80", "81"))
    assert not wrong.equal
    assert "on 80/TCP" in wrong.why or "on 81/TCP" in wrong.why


def test_the_round_trip_suite_takes_a_file_of_cases(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    case = {"id": "one", "reference_yaml": POLICY, "description": "frobnicate everything"}
    path.write_text(json.dumps(case) + "\n")
    assert main(["round-trip", "--cases", str(path), "--json"]) == 1
