"""What the proxy in front of a workload knows of one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from topology.model import Address
from topology.policy.istio.truth import Gap, Truth

__all__ = ["Connection", "IpRange"]

IpRange = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One request, or one TCP connection, as the server's proxy sees it.

    None means that the attribute is absent; `Truth.OPEN` that the question leaves it open, so
    that the caller may choose; `Truth.UNKNOWN` that the input does not tell.
    """

    http: bool
    """Whether the proxy reads HTTP on this port; if not, only the connection is judged."""
    port: int | Gap
    """Port of the pod."""
    principal: str | Gap | None = None
    """`<trust domain>/ns/<namespace>/sa/<service account>`; None for a plaintext caller."""
    source_ip: IpRange | Gap = Truth.UNKNOWN
    """Address of the peer; a range where the question is about one."""
    remote_ip: IpRange | Gap = Truth.UNKNOWN
    """Address of the client after X-Forwarded-For, as this proxy trusts it."""
    destination_ip: Address | Gap = Truth.UNKNOWN
    sni: str | Gap | None = Truth.UNKNOWN
    method: str | Gap = Truth.OPEN
    path: str | Gap = Truth.OPEN
    """Normalised; without query."""
    host: str | Gap = Truth.OPEN
    headers: Mapping[str, tuple[str, ...]] | Gap = Truth.OPEN
    """Names in lower case."""
    claims: Mapping[str, Any] | Gap | None = Truth.OPEN
    """Of a token that was found valid; None for a request without one."""
    authorizer: Truth = Truth.UNKNOWN
    """Whether the external authorizer lets it pass, should a CUSTOM rule ask it."""
    metadata: Mapping[tuple[str, str], Any] | Gap = Truth.UNKNOWN
    """What other filters of the proxy set, by filter and key."""
