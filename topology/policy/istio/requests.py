"""From a question to what the destination's proxy would see of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any

from topology.model import Address
from topology.policy.istio.connection import Connection, IpRange
from topology.policy.istio.paths import Normalization, normalize
from topology.policy.istio.truth import Gap, Truth
from topology.policy.verdict import HttpRequest

__all__ = ["PATH", "Caller", "headers_of", "peer_ranges", "remote_range", "with_request"]

FORWARDED_FOR = "x-forwarded-for"
PATH = ":path"
"""The pseudo-header that holds the path as the proxy has rewritten it, with its query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who opens the connection, before the proxies agree on its identity."""

    name: str
    """For explanations."""
    addresses: tuple[IpRange, ...] = ()
    """Empty where they are not known."""
    principal: str | Gap | None = None
    """The identity of its sidecar; None for a caller without one."""
    reason: str = ""
    """Why it has this identity, or none; a clause."""


def headers_of(request: HttpRequest) -> dict[str, tuple[str, ...]]:
    """Return the headers of a request, names in lower case, repeated ones together."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in request.headers:
        key = name.lower()
        found[key] = (*found.get(key, ()), value.strip())
    return found


def peer_ranges(
    caller: Caller, destination: Sequence[Address]
) -> tuple[IpRange | Gap, Address | Gap]:
    """Return the peer's and the destination's address, of one family where both have it."""
    for address in destination:
        for own in caller.addresses:
            if own.version == address.version:
                return own, address
    source: IpRange | Gap = caller.addresses[0] if caller.addresses else Truth.UNKNOWN
    return source, destination[0] if destination else Truth.UNKNOWN


def remote_range(
    peer: IpRange | Gap, headers: Mapping[str, Sequence[str]], trusted: int
) -> IpRange | Gap:
    """Return the client's address as a proxy reads it from X-Forwarded-For.

    Args:
        peer: The address of the connection itself.
        headers: Of the request, names in lower case.
        trusted: Which entry counts, from the right; 0 means that the header is left aside.
    """
    entries = [
        part.strip() for value in headers.get(FORWARDED_FOR, ()) for part in value.split(",")
    ]
    if not trusted or len(entries) < trusted:
        return peer
    try:
        return ip_network(ip_address(entries[-trusted]))
    except ValueError:
        return peer


def with_request(
    connection: Connection,
    request: HttpRequest,
    *,
    normalization: Normalization,
    trusted: int,
    claims: Mapping[str, Any] | Gap | None,
) -> Connection | None:
    """Return a connection with an HTTP request on it; None where the proxy answers 400."""
    path = normalize(request.path or "/", normalization)
    if path is None:
        return None
    query = request.path.partition("#")[0].partition("?")[1:]
    headers = {**headers_of(request), PATH: (path + "".join(query),)}
    return replace(
        connection,
        remote_ip=remote_range(connection.source_ip, headers, trusted),
        method=request.method,
        path=path,
        host=request.host or Truth.OPEN,
        headers=headers,
        claims=claims,
    )
