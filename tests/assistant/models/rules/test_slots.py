import pytest

from assistant.models.rules.slots import lift_slots

NAMES = {"http", "metrics", "grpc", "redis"}


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("can a reach b on port 5432?", [(5432, "", "")]),
        ("a to b:8080", [(8080, "", "")]),
        ("b on 8080/tcp", [(8080, "", "TCP")]),
        ("b on UDP 53", [(53, "", "UDP")]),
        ("b on ports 80 and 443", [(80, "", ""), (443, "", "")]),
        ("the metrics port of b", [(None, "metrics", "")]),
        ("a calls b over https", [(None, "https", "")]),
        ("a to http://b:8080/x", [(8080, "", "")]),
        ("can a ssh to b", [(22, "", "TCP")]),
        ("can a telnet b 6379", [(6379, "", "")]),
        ("a subnet for 50 nodes on azure", []),
        ("which port does b use", []),
        ("is a /26 enough", []),
    ],
)
def test_ports_are_found_by_number_name_and_protocol(
    text: str, ports: list[tuple[int | None, str, str]]
) -> None:
    found = lift_slots(text, NAMES).ports

    assert [(port.number, port.name, port.protocol) for port in found] == ports


def test_a_name_after_with_is_an_end_and_no_port() -> None:
    slots = lift_slots("can a talk with redis", NAMES, lambda word: word == "redis")

    assert slots.ports == ()


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("can a GET /records/7 from b", "GET /records/7"),
        ("may a issue a GET on /x of b", "GET /x"),
        ("can a post to /charge on b", "POST /charge"),
        ("can a reach /healthz on b", "GET /healthz"),
        ("can a reach ns/b", ""),
        ("can a get to b", ""),
    ],
)
def test_http_requests_are_found_with_their_method(text: str, request_: str) -> None:
    assert lift_slots(text, NAMES).http == request_


def test_what_is_pulled_from_an_end_is_asked_of_it() -> None:
    assert "requests to b" in lift_slots("can a GET /x from b", NAMES).text
    assert "requests from b" in lift_slots("does a accept GET /x from b", NAMES).text


def test_a_port_that_does_not_exist_is_a_fault() -> None:
    assert lift_slots("a to b on port 70000", NAMES).faults == (
        "`70000` is not a port; ports go from 1 to 65535.",
    )
