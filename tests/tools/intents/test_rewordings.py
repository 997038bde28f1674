"""Turns of phrase, lists and exceptions that are put plainly before they are read."""

from pathlib import Path

import pytest

from tools.intents import asks_for_policy, read_intent
from topology.load import load
from topology.paths import Network

WORKSPACES = Path(__file__).parents[3] / "evals" / "cases" / "intents" / "workspaces"


@pytest.fixture(scope="module")
def mall() -> Network:
    return Network.build(load([WORKSPACES / "mall"]))


@pytest.mark.parametrize(
    ("request_", "heard"),
    [
        (
            "worker egress: kafka:9092, postgres:5432, DNS. drop everything else.",
            "Egress from `prod/worker` is allowed to `data/kafka` on port 9092/TCP. "
            "Egress from `prod/worker` is allowed to `data/postgres` on port 5432/TCP. "
            "`prod/worker` may reach nothing else. Keep DNS working.",
        ),
        (
            "postgres: only prod/api and worker on 5432; egress none",
            "Only `prod/api` and `prod/worker` may reach `data/postgres` on port 5432/TCP. "
            "`data/postgres` may reach nothing.",
        ),
        (
            "the only thing worker should be able to contact is kafka",
            "`prod/worker` may reach only `data/kafka`.",
        ),
        (
            "staging may reach data, the reverse is forbidden",
            "Every pod in namespace `staging` may reach every pod in namespace `data`. "
            "No pod in namespace `data` may reach any pod in namespace `staging`.",
        ),
        (
            "payments is in scope of an audit, so nobody but checkout may connect to it",
            "Only `prod/checkout` may reach `prod/payments`.",
        ),
        (
            "pods in staging may not reach data, except staging/api calling postgres",
            "Pods labelled `app not in (api)` in namespace `staging` may not reach any pod in "
            "namespace `data`. `staging/api` may not reach pods labelled `app not in (postgres)` "
            "in namespace `data`.",
        ),
        (
            "data: deny ingress from staging",
            "Ingress to every pod in namespace `data` is denied from every pod in namespace "
            "`staging`.",
        ),
    ],
)
def test_a_turn_of_phrase_is_read_as_the_plainer_one(
    mall: Network, request_: str, heard: str
) -> None:
    understood = read_intent(mall, request_)
    assert (understood.question, understood.declined) == ("", "")
    assert understood.heard == heard


@pytest.mark.parametrize(
    "request_",
    [
        "worker: ingress from",
        "postgres: maybe api on 5432",
        "worker may reach kafka, the reverse is unclear",
        "let prometheus scrape everything",
    ],
)
def test_what_is_not_understood_whole_is_asked_about(mall: Network, request_: str) -> None:
    understood = read_intent(mall, request_)
    assert understood.question
    assert not understood.is_clear


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("redis is too open. Restrict it to prod/api.", True),
        ("postgres: nobody gets in except worker", True),
        ("Hi team, could you please lock down postgres so that only worker can reach it?", True),
        ("I don't want worker to have any access to postgres.", True),
        ("Please don't let anything except worker into postgres.", True),
        ("ensure redis never talks to the internet", True),
        ("worker cannot reach postgres", False),
        ("worker times out calling kafka, only since yesterday", False),
        ("can worker reach postgres?", False),
        ("who may reach only postgres?", False),
        ("make sure worker can reach postgres", False),
    ],
)
def test_a_message_asks_for_a_policy_where_it_can_be_read_as_that(
    mall: Network, text: str, asks: bool
) -> None:
    assert asks_for_policy(mall, text) is asks
