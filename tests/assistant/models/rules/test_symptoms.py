"""What is trouble that is told, and what asks, wishes or supposes instead."""

import pytest

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.symptoms import follow, is_told


@pytest.mark.parametrize(
    "text",
    [
        "checkout times out calling payments since 10:40",
        "DNS is slow in prod",
        "one pod of cart gets all the traffic",
        "pods stuck ContainerCreating: not enough IPs",
        "Could not resolve host: payments.shop",
        "Can't connect to MySQL server on 'db'",
        "getaddrinfo ENOTFOUND payments",
        "web gets 502s from api",
        "Warning  Unhealthy  10s  kubelet  Readiness probe failed: connection refused",
        'requests.exceptions.ConnectTimeout: HTTPConnectionPool(host="db", port=80)',
        '"GET /a HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0 - "-"',
        "write tcp 10.2.0.7:41000->10.2.0.8:8086: i/o timeout",
        "web pods have no internet whatsoever",
        "apt-get hangs in web: Could not connect to mirror.example:80",
        "nobody gets any data out of db any longer",
        "web-0:40000 (ID:1) -> 10.2.0.8:5432 (ID:2) Policy denied DROPPED (TCP Flags: SYN)",
    ],
)
def test_trouble_is_told(text: str) -> None:
    assert is_told(text)


@pytest.mark.parametrize(
    "text",
    [
        "can web reach db?",
        "why can't web reach db?",
        "web should not be able to reach db",
        "make payments unreachable from checkout",
        "what breaks if I delete db-guard?",
        "only web may call db, everyone else gets refused",
        "block traffic that fails authentication",
        "nobody knows why db refuses web",
        "list the services",
        "Could web still reach db if I delete db-guard?",
        "what does RBAC: access denied mean?",
        "we have 50 nodes and need 300 pods",
        "hello",
    ],
)
def test_what_asks_wishes_or_supposes_is_not_told(text: str) -> None:
    assert not is_told(text)


def test_the_ends_that_were_read_are_kept_and_a_question_is_answered_first() -> None:
    web, db = Ref(text="web", names=("shop/web",)), Ref(text="db", names=("shop/db",))
    path = Frame(intent="reach", sources=(web,), destinations=(db,))
    (told,) = follow("web times out calling db", [path])
    assert told.intent == "reach"
    assert told.told
    (asked,) = follow("why does web time out calling db?", [path])
    assert not asked.told
    assert asked.symptom
    assert follow("can web reach db?", [path]) == (path,)
    (alone,) = follow("web can't resolve db", [path])
    assert (alone.intent, alone.kind) == ("check", "diagnose")


def test_what_a_program_printed_is_left_to_the_reader_of_symptoms() -> None:
    web, db = Ref(text="web", names=("shop/web",)), Ref(text="db", names=("shop/db",))
    turned = Frame(intent="reach", sources=(db,), destinations=(web,))
    line = "write tcp 10.2.0.7:41000->10.2.0.8:5432: i/o timeout"
    (frame,) = follow(line, [turned])
    assert (frame.kind, frame.arguments) == ("diagnose", {"symptom": line})


def test_whether_something_is_wrong_is_followed_rather_than_listed() -> None:
    flows = Frame(intent="check", kind="flow_dns")
    (frame,) = follow("is something wrong with DNS? lookups seem to fail", [flows])
    assert frame.kind == "diagnose"
    assert follow("which lookups fail?", [flows]) == (flows,)


def test_what_is_supposed_stays_what_it_is() -> None:
    supposed = Frame(intent="decline", kind="hypothesis")
    assert follow("without default-deny-ingress can web reach db?", [supposed]) == (supposed,)
    (told,) = follow("none of our services finds any other by name", [Frame(intent="decline")])
    assert told.kind == "diagnose"
    assert follow("I like this network", [Frame(intent="decline")])[0].intent == "decline"
