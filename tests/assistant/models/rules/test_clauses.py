"""Who sends, by a whole clause."""

import pytest

from tests.assistant.models.rules.conftest import WORKSPACES, make_reader

UI, INDEX = "reading-room/search-ui", "records/index-api"


@pytest.mark.parametrize(
    ("question", "source", "destination"),
    [
        ("is search-ui let in at index-api?", UI, INDEX),
        ("was search-ui turned away by index-api?", UI, INDEX),
        ("does index-api answer when search-ui asks?", UI, INDEX),
        ("Is index-api something search-ui can get data from?", UI, INDEX),
        ("traffic of search-ui bounces off index-api", UI, INDEX),
        ("search-ui dumping rows in index-api, ok?", UI, INDEX),
        ("can search-ui read rows out of index-api?", UI, INDEX),
        ("does search-ui get anything into index-api?", UI, INDEX),
        ("Why does GET /x from search-ui bounce off index-api?", UI, INDEX),
        ("index-api, port 8000, from search-ui?", UI, INDEX),
        ("search-ui to port 8000 of index-api?", UI, INDEX),
    ],
)
def test_the_clause_tells_who_opens_the_connection(
    question: str, source: str, destination: str
) -> None:
    plans = make_reader(WORKSPACES / "archive")(question)

    ends = [
        (call.arguments["source"], call.arguments["destination"])
        for plan in plans
        for call in plan.calls
        if call.name == "can_reach"
    ]
    assert ends == [(source, destination)]


def test_unknown_words_that_turn_a_subject_round_are_computed_both_ways() -> None:
    plans = make_reader(WORKSPACES / "archive")("does search-ui take gizmos from index-api?")

    ends = {
        (call.arguments["source"], call.arguments["destination"])
        for plan in plans
        for call in plan.calls
    }
    assert ends == {(UI, INDEX), (INDEX, UI)}


def test_reachable_from_a_name_asks_what_it_reaches() -> None:
    plans = make_reader(WORKSPACES / "archive")("reachable from search-ui?")

    assert [call.name for plan in plans for call in plan.calls] == ["what_can_reach"]


@pytest.mark.parametrize(
    ("question", "request_"),
    [
        ("search-ui posts to /items of index-api, allowed?", "POST /items"),
        ("search-ui deleting /items/3 on index-api, allowed?", "DELETE /items/3"),
        ("Is PUT /items something that search-ui may do on index-api?", "PUT /items"),
    ],
)
def test_methods_are_read_as_verbs_too(question: str, request_: str) -> None:
    plans = make_reader(WORKSPACES / "archive")(question)

    assert [call.arguments["http"] for plan in plans for call in plan.calls] == [request_]
