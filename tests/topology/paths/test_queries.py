import pytest

from topology.errors import InvalidQuery
from topology.paths import PortQuery, parse_http, parse_port


@pytest.mark.parametrize(
    ("text", "number", "name", "protocol"),
    [
        ("8080", 8080, "", "TCP"),
        ("8080/TCP", 8080, "", "TCP"),
        ("53/udp", 53, "", "UDP"),
        (" 53 / udp ", 53, "", "UDP"),
        ("udp/53", 53, "", "UDP"),
        ("http", None, "http", "TCP"),
        ("dns/udp", None, "dns", "UDP"),
        ("icmp", 8, "", "ICMP"),
        ("ICMPv6", 128, "", "ICMPv6"),
        ("0/icmp", 0, "", "ICMP"),
        ("tcp", None, "", "TCP"),
        ("1", 1, "", "TCP"),
        ("65535", 65535, "", "TCP"),
        ("http-metrics", None, "http-metrics", "TCP"),
    ],
)
def test_ports_are_read_as_people_write_them(
    text: str, number: int | None, name: str, protocol: str
) -> None:
    expected = PortQuery(number=number, name=name, protocol=protocol)  # type: ignore[arg-type]
    assert parse_port(text) == expected


@pytest.mark.parametrize(
    "text",
    ["0", "70000", "65536", "-1", "", "80/tpc", "8000-8010", "256/icmp", "a b", "80,81", "-"],
)
def test_what_is_no_port_is_quoted(text: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_port(text)
    assert f"`{text}`" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "method", "host", "path"),
    [
        ("GET /data", "GET", "", "/data"),
        ("/data?x=1", "GET", "", "/data?x=1"),
        ("POST https://shop.example:8443/a?b=c", "POST", "shop.example:8443", "/a?b=c"),
        ("https://user:pw@shop.example", "GET", "shop.example", "/"),
        ("get /x", "get", "", "/x"),
        ("GET /x HTTP/1.1", "GET", "", "/x"),
        ("DELETE", "DELETE", "", "/"),
    ],
)
def test_requests_are_read_as_people_write_them(
    text: str, method: str, host: str, path: str
) -> None:
    request = parse_http(text)
    assert (request.method, request.host, request.path) == (method, host, path)


def test_a_host_that_is_given_wins_over_that_of_the_url() -> None:
    assert parse_http("GET http://a/x", host="b").host == "b"


@pytest.mark.parametrize("text", ["", "GET /a /b", "GE(T /x", "GET data"])
def test_what_is_no_request_is_quoted(text: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_http(text)
    assert f"`{text}`" in caught.value.message
