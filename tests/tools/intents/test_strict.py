"""The strict reader, and what happens where the two readers of requests do not agree."""

from pathlib import Path

import pytest

from tools.intents import read_intent
from tools.intents.strict import read_strictly
from topology.load import load
from topology.paths import Network

WORKSPACES = Path(__file__).resolve().parents[3] / "evals" / "cases" / "intents" / "workspaces"


@pytest.fixture(scope="module")
def theatre() -> Network:
    return Network.build(load([WORKSPACES / "theatre"]))


@pytest.mark.parametrize(
    ("request_", "heard"),
    [
        (
            "kiosk may call tickets on 9000 and may not call cashdesk",
            "`foyer/kiosk` may reach `boxoffice/tickets` on port 9000/TCP. "
            "`foyer/kiosk` may not reach `boxoffice/cashdesk`.",
        ),
        (
            "nobody may reach seats except kiosk, and only on 8080",
            "Only `foyer/kiosk` may reach `boxoffice/seats` on port 8080/TCP.",
        ),
        (
            "signage should not be able to talk to anything besides seats on port 8080",
            "`foyer/signage` may reach only `boxoffice/seats` on port 8080/TCP.",
        ),
        (
            "deny all ingress to cue-db except from lights on port 5432",
            "Only `stage/lights` may reach `stage/cue-db` on port 5432/TCP.",
        ),
        (
            "give kiosk access to seats:8080 and to tickets",
            "`foyer/kiosk` may reach `boxoffice/seats` on port 8080/TCP. "
            "`foyer/kiosk` may reach `boxoffice/tickets`.",
        ),
        (
            "Ticket OPS-12: prevent signage from calling vouchers, thanks",
            "`foyer/signage` may not reach `boxoffice/vouchers`.",
        ),
    ],
)
def test_each_word_of_a_request_has_its_place(theatre: Network, request_: str, heard: str) -> None:
    understood = read_intent(theatre, request_)
    assert (understood.question, understood.heard) == ("", heard)


@pytest.mark.parametrize(
    "request_",
    [
        "access to cue-db from foyer is forbidden until the migration is done",
        "before 8pm only kiosk may call seats",
        "during the show only lights may talk to sound",
        "only for the next two weeks, kiosk may reach seats",
        "after the release only kiosk may use seats",
        "kiosk may reach seats unless vouchers is down",
        "kiosk may reach certain pods in stage",
        "kiosk may reach seats ten times per second",
    ],
)
def test_time_and_measure_are_asked_about_as_no_policy_says_them(
    theatre: Network, request_: str
) -> None:
    assert read_intent(theatre, request_).question


@pytest.mark.parametrize(
    "request_",
    [
        "only kiosk and signage may reach seats, kiosk on 8080 and signage on 9100",
        "anyone in watch can reach anything on 9100, others cannot",
        "pods in namespaces with team=sales can reach seats, pods in other namespaces cannot",
        "lights talks to sound on 7002. Nothing else should.",
        "no one outside boxoffice should get to ticket-db, and inside only seats and tickets",
    ],
)
def test_what_could_be_read_wrongly_is_asked_about(theatre: Network, request_: str) -> None:
    assert read_intent(theatre, request_).question


def test_what_only_one_reader_reads_is_confirmed_first(theatre: Network) -> None:
    request = "only kiosk and only on 8080 may reach seats"
    assert read_strictly(theatre.names, request) is None
    understood = read_intent(theatre, request)
    assert understood.to_confirm
    assert understood.question.startswith("Not every word found its place.")
    assert read_intent(theatre, understood.corrected).is_clear
