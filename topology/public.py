"""Which addresses belong to the Internet.

Ranges for documentation count as public: examples use them for callers from the Internet.
"""

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

from topology.model import Address, Network

__all__ = ["is_public"]

_LOCAL: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
"""RFC 1918, 6598, 3927, 1122, 5771, 4193, 4291: never routed on the Internet."""


def is_public(target: Address | Network) -> bool:
    """Return whether an address, or every address of a range, belongs to the Internet.

    >>> from ipaddress import ip_address
    >>> is_public(ip_address("20.1.2.3")), is_public(ip_address("10.0.0.1"))
    (True, False)
    """
    network = ip_network(target) if isinstance(target, IPv4Address | IPv6Address) else target
    return not any(network.version == one.version and network.overlaps(one) for one in _LOCAL)
