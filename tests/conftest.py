"""Guards for every test: no way out of the machine, no trace in the home of whoever runs them."""

import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"

ALLOWED_NAMES = frozenset({"", "localhost", "ip6-localhost"})


@pytest.fixture
def shared() -> Path:
    """Return the folder of reference data that stands beside the checkout, or skip."""
    if not SHARED.is_dir():
        pytest.skip("the reference data `../shared` does not stand beside this checkout")
    return SHARED.resolve()


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the home and every XDG folder at a folder of this test alone."""
    home = tmp_path / "home"
    places = {
        "HOME": home,
        "USERPROFILE": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_RUNTIME_DIR": home / ".run",
    }
    for name, place in places.items():
        place.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(place))
    return home


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave the machine."""
    sendto = socket.socket.sendto
    connect, connect_ex, lookup = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def refuse(address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            message = f"tests may not connect to {address[0]!r}: only loopback is allowed"
            raise OSError(message)

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse(address)
        return connect_ex(self, address)

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and not _is_loopback(host):
            message = f"tests may not look up {host!r}: only loopback is allowed"
            raise socket.gaierror(message)
        return lookup(host, *args, **kwargs)

    def guarded_sendto(self: socket.socket, data: Any, *args: Any) -> int:
        refuse(args[-1])
        return sendto(self, data, *args)

    monkeypatch.setattr(socket.socket, "sendto", guarded_sendto)
    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup)


def _is_loopback(host: Any) -> bool:
    """Say whether an address or name is this machine's own."""
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name.lower() in ALLOWED_NAMES:
        return True
    try:
        return ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False
