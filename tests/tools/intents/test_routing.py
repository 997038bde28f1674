from pathlib import Path

import orjson
import pytest

from evals.suites.case_files import read_cases
from evals.suites.intents import Case
from tools.intents import looks_like_request

CASES = Path(__file__).parents[3] / "evals" / "cases"


@pytest.mark.parametrize(
    "text",
    [
        "only web may call db on 5432",
        "please write a network policy that lets web reach db",
        "could you lock down namespace prod but keep DNS?",
        "db must not be reachable from the internet",
        "deny all egress from batch",
        "nobody but orders gets to talk to payments",
        "isolate staging from prod",
        "we need payments closed for everyone",
        "require strict mTLS in billing",
        "db accepts connections from orders only",
    ],
)
def test_orders_are_requests(text: str) -> None:
    assert looks_like_request(text)


@pytest.mark.parametrize(
    "text",
    [
        "can web reach db?",
        "who may talk to payments",
        "why is web blocked",
        "is mTLS strict in billing?",
        "show me the policies of namespace prod",
        "should cart be able to reach the database?",
        "web cannot reach db, fix it",
        "what would happen if I delete the deny rules",
        "deny rules in shop",
        "how many pods are there?",
        "",
    ],
)
def test_questions_are_no_requests(text: str) -> None:
    assert not looks_like_request(text)


def test_most_requests_and_no_other_questions_of_the_suites_are_taken() -> None:
    requests = [
        one.request
        for one in read_cases(CASES / "intents" / "intents.jsonl", Case, what="intents case")
    ]
    assert sum(map(looks_like_request, requests)) >= 0.9 * len(requests)
    taken = [
        case["question"]
        for line in (CASES / "questions.jsonl").read_text().splitlines()
        for case in [orjson.loads(line)]
        if case.get("family") in ("reach", "who_can", "what_can", "explain")
        and looks_like_request(case.get("question", ""))
    ]
    assert taken == []
