"""How many addresses a prefix holds, and which prefix holds a number of addresses."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from topology.errors import InvalidQuery

__all__ = [
    "AZURE_RESERVED",
    "LARGEST_SUBNET",
    "SMALLEST_SUBNET",
    "parse_network",
    "parse_prefix",
    "prefix_for",
    "size",
    "subnet_prefix_for",
    "usable",
]

AZURE_RESERVED = 5
"""Azure keeps the network, gateway and two DNS addresses and the last address of a subnet."""
SMALLEST_SUBNET = 29
LARGEST_SUBNET = 8
"""Azure takes up to /2, but no private IPv4 range is larger than 10.0.0.0/8."""


def size(prefix: int) -> int:
    """Return how many IPv4 addresses a prefix holds.

    Raises:
        InvalidQuery: The prefix is not within 0 to 32.
    """
    if not 0 <= prefix <= 32:
        message = f"`/{prefix}` is no IPv4 prefix."
        raise InvalidQuery(message, hint="Give a prefix from /0 to /32.")
    return int(2 ** (32 - prefix))


def usable(prefix: int) -> int:
    """Return how many addresses of an Azure subnet are free for use.

    Source: Azure virtual networks FAQ - five addresses of every subnet are reserved.

    >>> usable(24)
    251
    """
    return max(0, size(prefix) - AZURE_RESERVED)


def prefix_for(addresses: int) -> int | None:
    """Return the longest prefix with at least so many addresses, none reserved.

    >>> prefix_for(256), prefix_for(257)
    (24, 23)
    """
    if addresses > size(0):
        return None
    return 32 - max(0, addresses - 1).bit_length()


def subnet_prefix_for(addresses: int) -> int | None:
    """Return the longest prefix of an Azure subnet with so many usable addresses.

    None when no subnet of a private range is large enough.

    >>> subnet_prefix_for(1581)
    21
    """
    fitting = (
        prefix
        for prefix in range(SMALLEST_SUBNET, LARGEST_SUBNET - 1, -1)
        if usable(prefix) >= addresses
    )
    return next(fitting, None)


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """Read a CIDR strictly.

    Raises:
        InvalidQuery: The text is no CIDR, or has bits set outside its prefix.
    """
    try:
        return ip_network(text.strip(), strict=True)
    except ValueError:
        pass
    try:
        nearest = ip_network(text.strip(), strict=False)
    except ValueError as error:
        message = f"`{text}` is no address range."
        raise InvalidQuery(message, hint="Write it like `10.1.0.0/16`.") from error
    message = f"`{text}` has bits set beyond its prefix."
    raise InvalidQuery(message, hint=f"The range that holds it is `{nearest}`.")


def parse_prefix(text: str) -> int:
    """Return the IPv4 prefix length of `/24`, `24` or `10.0.0.0/24`.

    Raises:
        InvalidQuery: The text names no IPv4 prefix.
    """
    stripped = text.strip()
    bare = stripped.removeprefix("/")
    if bare.isascii() and bare.isdigit() and len(bare) <= 3:
        size(int(bare))
        return int(bare)
    network = parse_network(stripped)
    if not isinstance(network, IPv4Network) or "/" not in stripped:
        message = f"`{text}` is no IPv4 prefix."
        raise InvalidQuery(message, hint="Write it like `/24` or `10.1.0.0/24`.")
    return network.prefixlen
