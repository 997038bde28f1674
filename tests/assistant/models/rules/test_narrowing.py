"""Lists that a question narrows to a namespace tell its rows alone, and a verdict for "any"."""

import pytest

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.settings import Settings
from tests.assistant.models.rules.conftest import WORKSPACES


@pytest.fixture(scope="module")
def lighthouse() -> Assistant:
    path = WORKSPACES / "lighthouse"
    return Assistant(path, model="rules", settings=Settings(keep_sessions=False))


def ask(assistant: Assistant, *messages: str) -> Answer:
    answer = assistant.ask(messages[0], session=None)
    for message in messages[1:]:
        answer = assistant.ask(message, session=answer.session)
    return answer


@pytest.mark.parametrize(
    "question",
    [
        "who in mgmt can reach beacon-api?",
        "is beacon-api callable by anyone in mgmt?",
        "which of the mgmt pods can reach beacon-api?",
        "can anything from mgmt reach beacon-api?",
    ],
)
def test_rows_of_other_namespaces_are_left_out(lighthouse: Assistant, question: str) -> None:
    answer = ask(lighthouse, question)

    assert "1 of 2 workloads in namespace `mgmt` can reach" in answer.text
    assert "mgmt/prom-collector" in answer.text
    assert "keepers/" not in answer.text


def test_any_of_a_namespace_is_allowed_where_one_is(lighthouse: Assistant) -> None:
    assert ask(lighthouse, "can anyone in mgmt reach beacon-api?").verdict == "allow"
    assert ask(lighthouse, "can anyone in tide reach beacon-api?").verdict == "deny"


def test_what_is_reached_is_narrowed_too(lighthouse: Assistant) -> None:
    answer = ask(lighthouse, "what in tide may surge-model reach?")

    assert "`tide/surge-model` can reach 2 of 3 workloads in namespace `tide`" in answer.text


def test_a_port_is_asked_for_after_a_verdict(lighthouse: Assistant) -> None:
    answer = ask(lighthouse, "is fog-horn open to prom-collector?", "on which port exactly?")

    assert "8086/TCP" in answer.text


def test_the_outside_is_one_more_peer_of_a_list(lighthouse: Assistant) -> None:
    answer = ask(lighthouse, "what can surge-model reach?", "anything outside the cluster?")

    call = answer.tools[0]
    assert (call.name, call.arguments["destination"]) == ("can_reach", "world")


def test_a_protocol_that_stands_apart_counts(lighthouse: Assistant) -> None:
    answer = ask(lighthouse, "can keeper-portal reach beacon-api over udp on 8080?")

    assert answer.verdict == "deny"
    assert answer.tools[0].arguments["port"] == "8080/UDP"


def test_a_protocol_without_a_port_asks_for_it(lighthouse: Assistant) -> None:
    answer = ask(lighthouse, "can keeper-portal reach beacon-api over udp?")

    assert "Which UDP port is meant?" in answer.needs[0]


def test_a_separation_holds_both_ways(lighthouse: Assistant) -> None:
    answer = ask(lighthouse, "is roster cut off from signal-db?")

    ends = [(call.arguments["source"], call.arguments["destination"]) for call in answer.tools]
    assert ends == [
        ("keepers/roster", "signalling/signal-db"),
        ("signalling/signal-db", "keepers/roster"),
    ]


def test_connections_between_two_namespaces_are_counted_as_such() -> None:
    path = WORKSPACES / "bazaar"
    assistant = Assistant(path, model="rules", settings=Settings(keep_sessions=False))

    answer = assistant.ask("Can anything in staging get at anything in prod?", session=None)

    assert answer.verdict == "allow"
    assert (
        "connections between workloads from namespace `staging` into `namespace:prod`"
        in answer.text
    )
    assert "`staging/web` -> `prod/web`" in answer.text
