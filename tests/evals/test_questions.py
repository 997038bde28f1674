from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.answer import Answer
from evals.suites.case_files import read_cases
from evals.suites.questions import CASES, Case, Expected, run, score
from tools.spec import Evidence


def answer(
    text: str = "No.",
    *,
    verdict: str | None = "deny",
    needs: Sequence[str] = (),
    declined: bool = False,
    location: str = "",
) -> Answer:
    return Answer(
        question="?",
        text=text,
        tier="rules",
        model="rules",
        verdict=verdict,  # type: ignore[arg-type]
        needs=tuple(needs),
        declined=declined,
        evidence=(Evidence(claim="c", source="s", location=location),),
    )


def test_a_right_answer_has_no_fault() -> None:
    expected = Expected(verdict="deny", must_mention=("deny-all", r"p\.yaml:3"))

    found = score(expected, answer("No: deny-all.", location="p.yaml:3"))

    assert found.agrees
    assert not found.wrong


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (Expected(verdict="allow"), answer()),
        (Expected(verdict="unknown"), answer()),
        (Expected(must_not_mention=("secret",)), answer("the secret", verdict=None)),
        (Expected(needs_clarification=True), answer()),
        (Expected(declines=True), answer()),
        (Expected(must_mention=("deny-all",)), answer("No: other.", verdict=None)),
    ],
)
def test_a_statement_that_does_not_fit_is_wrong(expected: Expected, given: Answer) -> None:
    found = score(expected, given)

    assert not found.agrees
    assert found.wrong


@pytest.mark.parametrize(
    "given",
    [
        answer("Which?", verdict=None, needs=("Which?",)),
        answer("I cannot.", verdict=None, declined=True),
    ],
)
def test_asking_or_declining_in_vain_disagrees_but_misleads_nobody(given: Answer) -> None:
    found = score(Expected(verdict="deny"), given)

    assert not found.agrees
    assert not found.wrong


def test_refraining_fits_where_a_question_is_doubtful_but_a_wrong_answer_does_not() -> None:
    expected = Expected(verdict="deny", may_refrain=True)

    assert score(expected, answer("Which?", verdict=None, needs=("Which?",))).agrees
    assert score(expected, answer("I cannot.", verdict=None, declined=True)).agrees
    assert score(expected, answer("Yes.", verdict="allow")).wrong


def test_an_answer_without_a_single_verdict_is_judged_by_what_it_says() -> None:
    assert score(Expected(must_mention=("web",)), answer("web can", verdict=None)).agrees


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "x"}\n')

    with pytest.raises(ValueError, match=r"cases\.jsonl:1 is no question case"):
        list(read_cases(path, Case, what="question case"))


def test_a_missing_workspace_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "x", "workspace": "gone", "family": "reach", "question": "hi"}\n')

    with pytest.raises(FileNotFoundError, match="gone"):
        run(path)


@pytest.mark.parametrize(
    "name",
    [
        "questions.jsonl",
        "questions-heldout.jsonl",
        "questions-heldout-2.jsonl",
        "questions-heldout-3.jsonl",
        "questions-heldout-4.jsonl",
        "questions-heldout-5.jsonl",
        "questions-heldout-6.jsonl",
        "questions-design.jsonl",
        "questions-design-2.jsonl",
        "questions-design-3.jsonl",
        "questions-made-dev.jsonl",
        "questions-made-test.jsonl",
        "questions-test.jsonl",
        "questions-test-2.jsonl",
        "questions-test-3.jsonl",
        "questions-test-4.jsonl",
        "questions-test-5.jsonl",
        "questions-test-6.jsonl",
        "questions-test-7.jsonl",
        "questions-test-8.jsonl",
        "questions-test-9.jsonl",
    ],
)
def test_every_case_names_a_workspace_and_says_something(name: str) -> None:
    cases = list(read_cases(CASES.with_name(name), Case, what="question case"))

    assert len({case.id for case in cases}) == len(cases)
    assert all((CASES.parent / "workspaces" / case.workspace).is_dir() for case in cases)
    assert all(all(case.said) for case in cases)
    assert len(cases) >= 20


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("questions.jsonl", 0.97),
        ("questions-heldout.jsonl", 0.95),
        ("questions-heldout-2.jsonl", 0.95),
        ("questions-heldout-3.jsonl", 0.95),
        ("questions-heldout-4.jsonl", 0.95),
        ("questions-heldout-5.jsonl", 0.95),
        ("questions-heldout-6.jsonl", 0.95),
        ("questions-design.jsonl", 0.97),
        ("questions-design-2.jsonl", 0.97),
        ("questions-design-3.jsonl", 0.97),
        ("questions-made-dev.jsonl", 0.97),
        ("questions-made-test.jsonl", 0.95),
        ("questions-test.jsonl", 0.95),
        ("questions-test-2.jsonl", 0.95),
        ("questions-test-3.jsonl", 0.9),
        ("questions-test-4.jsonl", 0.95),
        ("questions-test-5.jsonl", 0.95),
        ("questions-test-6.jsonl", 0.95),
        ("questions-test-7.jsonl", 0.95),
        ("questions-test-8.jsonl", 0.9),
        ("questions-test-9.jsonl", 0.9),
    ],
)
def test_the_rules_hold_their_level_and_mislead_nobody(name: str, least: float) -> None:
    result = run(CASES.with_name(name))

    assert result.agree / result.cases >= least
    wrong = [row["case"] for row in result.disagreements if row["got"]["wrong"]]
    assert wrong == []
