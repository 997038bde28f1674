import socket
from pathlib import Path

import pytest


def test_no_connection_leaves_the_machine() -> None:
    with socket.socket() as stream, pytest.raises(OSError, match="only loopback"):
        stream.connect(("192.0.2.1", 80))
    with socket.socket() as stream, pytest.raises(OSError, match="only loopback"):
        stream.connect_ex(("192.0.2.1", 80))
    with (
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
        pytest.raises(OSError, match="only loopback"),
    ):
        datagrams.sendto(b"x", ("192.0.2.1", 53))


def test_no_name_is_looked_up() -> None:
    with pytest.raises(socket.gaierror, match="only loopback"):
        socket.getaddrinfo("example.com", 443)


def test_loopback_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()[:2]) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_the_home_belongs_to_the_test_alone(tmp_path: Path) -> None:
    assert Path.home() == tmp_path / "home"
