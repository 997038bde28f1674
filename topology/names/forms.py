"""Names that say by their form what they are: addresses, ranges, DNS names, `kind/name`."""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from topology.errors import InvalidQuery
from topology.model import Address, Network
from topology.names.words import KIND_PREFIXES

__all__ = [
    "COMMON_DOMAINS",
    "Qualified",
    "is_dns_name",
    "read_address",
    "read_qualified",
    "read_range",
    "refuse_port",
    "refuse_what_is_no_name",
    "split_option",
]

_DOMAINS = """
    ai app biz ch cloud co com de dev edu eu example fr gov icu info int internal io it jp lan
    local mil ms name net nl online org ru se sh site test tech to uk us xyz
"""

COMMON_DOMAINS = frozenset(_DOMAINS.split())
"""Last words that make two words a DNS name even if the first is a Service's name."""

_ADDRESS_AND_PORT = re.compile(
    r"(?P<host>\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:.]+\])(?::| port )(?P<port>\d+)(?:/\w+)?"
)
_LOOKS_LIKE_ADDRESS = re.compile(r"\d+(\.\d+){2,}(/\d+)?|[0-9a-fA-F]*:[0-9a-fA-F:.]*:[^ ]*")
_NAME_AND_PORT = re.compile(r"(?P<name>[\w./-]+):(?P<port>\d{1,5})(?:/(?:tcp|udp|sctp))?", re.I)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?P<host>[^/:?#]+).*", re.I)
_DNS = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]+)",
    re.I,
)
_OPTION = re.compile(r"(?:^|\s)(?:-n|--namespace)(?:\s+|=)?(?P<namespace>[\w.-]+)(?=\s|$)")
_PREFIX = re.compile(r"(?P<kind>[a-z]+)(?:\.[a-z0-9.]+)?\s*(?P<mark>[:/])\s*(?P<name>\S.*)", re.I)
_PART = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualified:
    """A name written with its kind, its namespace or both."""

    name: str
    kind: str = ""
    """As Kubernetes calls it; `Workload` for any kind of workload; empty when not said."""
    namespace: str = ""


def refuse_what_is_no_name(text: str) -> None:
    """Raise for what cannot be an end of a question, such as an address with a port.

    Raises:
        InvalidQuery: With a hint that says how to ask instead.
    """
    if not text.strip():
        raise InvalidQuery("The name is empty.", hint="Name a pod, workload, Service or address.")
    joined = _ADDRESS_AND_PORT.fullmatch(text)
    if joined:
        host = joined["host"].strip("[]")
        message = f"`{text}` joins an address and a port."
        raise InvalidQuery(
            message,
            hint=f"Name the address `{host}` and give the port {joined['port']} separately.",
        )
    url = _URL.fullmatch(text)
    if url:
        message = f"`{text}` is a URL, not a name."
        raise InvalidQuery(
            message,
            hint=f"Name the host `{url['host']}`; give port and request separately.",
        )
    if "*" in text and is_dns_name(text.replace("*", "x")):
        message = f"`{text}` is a pattern that stands for many DNS names."
        raise InvalidQuery(message, hint="Name one DNS name.")


def refuse_port(text: str) -> None:
    """Raise for a name with a port behind a colon.

    Raises:
        InvalidQuery: With a hint that says how to ask instead.
    """
    joined = _NAME_AND_PORT.fullmatch(text)
    if joined:
        message = f"`{text}` joins a name and a port."
        raise InvalidQuery(
            message,
            hint=f"Name `{joined['name']}` and give the port {joined['port']} separately.",
        )


def read_address(text: str) -> Address | None:
    """Return the address that a text is, None if it is none.

    Raises:
        InvalidQuery: It looks like an address but is none.
    """
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        pass
    if "/" not in text and _LOOKS_LIKE_ADDRESS.fullmatch(text) and not is_dns_name(text):
        message = f"`{text}` is not an IP address."
        raise InvalidQuery(message, hint="Write it as `10.0.0.5` or `fd00::5`.")
    return None


def read_range(text: str) -> Network | None:
    """Return the range that a text is, None if it is none.

    Raises:
        InvalidQuery: It looks like a range but is none, or has host bits set.
    """
    if "/" not in text:
        return None
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        if not _LOOKS_LIKE_ADDRESS.fullmatch(text):
            return None
        message = f"`{text}` is not a CIDR range."
        raise InvalidQuery(message, hint="Write it as `10.0.0.0/24` or `fd00::/64`.") from None
    message = f"`{text}` is not a network: it has host bits set."
    raise InvalidQuery(
        message,
        hint=f"The network around it is `{network}`; the address alone is `{text.split('/')[0]}`.",
    )


def is_dns_name(text: str) -> bool:
    """Say whether a text has the form of a DNS name with at least two parts."""
    return _DNS.fullmatch(text.rstrip(".")) is not None


def split_option(text: str) -> tuple[str, str]:
    """Return a text without kubectl's `-n NAMESPACE`, and that namespace."""
    found = _OPTION.search(text)
    if not found:
        return text, ""
    return (text[: found.start()] + text[found.end() :]).strip(), found["namespace"]


def read_qualified(text: str) -> tuple[Qualified, ...]:
    """Return the ways to read a name that is written with slashes or a kind and a colon.

    `a/b` may be namespace and name or kind and name: the first reading that exists is meant.

    >>> [each.namespace or each.kind for each in read_qualified("pod/web")]
    ['pod', 'Pod']
    """
    readings: list[Qualified] = []
    kind = ""
    prefix = _PREFIX.fullmatch(text)
    if prefix and prefix["kind"].lower() in KIND_PREFIXES:
        kind = KIND_PREFIXES[prefix["kind"].lower()]
    parts = [part.strip() for part in text.split("/")]
    plain = all(_PART.fullmatch(part) for part in parts)
    if len(parts) == 2 and plain:
        readings.append(Qualified(namespace=parts[0], name=parts[1]))
    if len(parts) == 3 and plain and parts[1].lower() in KIND_PREFIXES:
        middle = KIND_PREFIXES[parts[1].lower()]
        readings.append(Qualified(namespace=parts[0], kind=middle, name=parts[2]))
    if prefix and kind:
        space, _, name = prefix["name"].rpartition("/")
        if space in ("-", ""):
            readings.append(Qualified(kind=kind, name=name))
        elif _PART.fullmatch(space):
            readings.append(Qualified(kind=kind, namespace=space, name=name))
    return tuple(readings)
