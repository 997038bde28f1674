"""How large a range should be, as people say it: a prefix, or how many hosts it must hold."""

from dataclasses import dataclass

from topology.errors import InvalidQuery
from topology.ipam.prefixes import AZURE_RESERVED, parse_network, subnet_prefix_for
from topology.model import Network

__all__ = ["RangeSize", "read_size"]

_HOSTS_LIMIT = 10_000_000
"""A /8 holds 16 million addresses, and no private range is larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeSize:
    """What was asked for."""

    prefix: int
    family: int = 4
    network: Network | None = None
    """The very range, if one was named."""


def read_size(text: str) -> RangeSize:
    """Read `/24`, `300` hosts (with the five that Azure keeps), or a whole range.

    IPv6 is meant by a prefix longer than /32 and by `/64`-like sizes written with `v6`.

    >>> read_size("300").prefix
    23

    Raises:
        InvalidQuery: The text is none of them.
    """
    said = text.strip().lower()
    family = 4
    for mark in ("v6", "ipv6"):
        if said.endswith(mark) or said.startswith(mark):
            said, family = said.removesuffix(mark).removeprefix(mark).strip(), 6
    if said.startswith("/") and said[1:].isdecimal():
        prefix = int(said[1:])
        family = 6 if prefix > 32 else family
        if prefix > (128 if family == 6 else 32):
            message = f"`{text}` is no prefix."
            raise InvalidQuery(message, hint="Give one such as `/24`, or `/64` for IPv6.")
        return RangeSize(prefix=prefix, family=family)
    number = said.removesuffix("hosts").removesuffix("addresses").strip().replace(",", "")
    if number.isascii() and number.isdigit() and family == 4:
        return RangeSize(prefix=_for_hosts(int(number), text))
    if "/" in said:
        network = parse_network(said)
        return RangeSize(prefix=network.prefixlen, family=network.version, network=network)
    message = f"`{text}` is no size of a range."
    raise InvalidQuery(message, hint="Give `/24`, a number of hosts, or a range `10.1.0.0/24`.")


def _for_hosts(hosts: int, text: str) -> int:
    prefix = subnet_prefix_for(hosts) if 0 < hosts <= _HOSTS_LIMIT else None
    if prefix is None:
        message = f"`{text}` hosts fit no subnet; Azure keeps {AZURE_RESERVED} addresses of each."
        raise InvalidQuery(message, hint="Give a number of hosts from 1 on, or a prefix.")
    return prefix
