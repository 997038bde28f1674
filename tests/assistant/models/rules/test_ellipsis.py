"""Messages that leave out what was said before."""

import pytest

from tests.assistant.models.rules.conftest import WORKSPACES, make_reader

FIRST = "Can reading-room/search-ui reach records/vault-db?"


def last(*messages: str) -> list[tuple[str, dict[str, object]]]:
    plans = make_reader(WORKSPACES / "archive")(*messages)
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    "message",
    [
        "can index-api?",
        "and could the index-api too?",
        "And index-api, does that one get in?",
        "same question with index-api as the source",
        "index-api as the client",
    ],
)
def test_the_subject_takes_the_place_of_the_source(message: str) -> None:
    expected = {"source": "records/index-api", "destination": "records/vault-db"}
    assert last(FIRST, message) == [("can_reach", expected)]


@pytest.mark.parametrize(
    "message", ["and audit-log, can that be reached?", "with audit-log as the destination"]
)
def test_what_is_reached_takes_the_place_of_the_destination(message: str) -> None:
    expected = {"source": "reading-room/search-ui", "destination": "records/audit-log"}
    assert last(FIRST, message) == [("can_reach", expected)]


def test_a_port_that_is_named_with_it_is_kept() -> None:
    ((_, arguments),) = last("can ocr-worker reach minio on 9000?", "can scanner-hub on 9001?")

    assert arguments == {
        "source": "scans/scanner-hub",
        "destination": "scans/minio",
        "port": "9001/TCP",
    }


def test_who_can_then_asks_for_the_list() -> None:
    assert last(FIRST, "who can, then?") == [("who_can_reach", {"destination": "records/vault-db"})]


def test_a_topic_before_its_question_is_filled_in() -> None:
    found = last("And the index api? can that reach vault-db?")

    assert found == [
        ("can_reach", {"source": "records/index-api", "destination": "records/vault-db"})
    ]


def test_a_correction_replaces_the_end_that_it_is_spelt_like() -> None:
    reader = make_reader(WORKSPACES / "bistro")
    plans = reader("can checkout-v2 reach inv-sync?", "sorry, I meant checkout-v1")

    assert [call.arguments["source"] for plan in plans for call in plan.calls] == [
        "ns-store-front/checkout-v1"
    ]
