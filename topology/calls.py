"""Who says that it calls which Service: read from the environment variables of workloads.

A variable shows an intent, not a right: whether the call is allowed is for the engines to say.
Values may hold passwords, so that only the host and port of a value are ever kept.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from topology.memo import per_cluster
from topology.model import Address, Cluster, Location, Service, Workload

__all__ = ["Call", "calls"]

_AUTHORITY = re.compile(
    r"//(?:[^/@\s]*@)?(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)(?::(?P<port>\d{1,5}))?", re.I
)
_DRIVER = re.compile(r"@\w+\((?P<host>[\w.-]+):(?P<port>\d{1,5})\)")
_KEYWORD = re.compile(r"\bhost=(?P<host>[\w.-]+)(?:.*?\bport=(?P<port>\d{1,5}))?", re.I)
_PAIR = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[\w.-]*\w)?):(?P<port>\d{1,5})", re.I)
_HOST = re.compile(r"(?P<host>[a-z0-9](?:[\w.-]*\w)?)(?P<port>)", re.I)
_CLUSTER_NAME = re.compile(
    r"(?P<name>[\w-]+)(?:\.(?P<namespace>[\w-]+)(?:\.svc(?:\.[\w.-]+)?)?)?\.?"
)
_DNS_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{1,62}\.?", re.I)
_SAYS_HOST = re.compile(
    r"(?:^|_)(?:ADDR(?:ESS)?|BROKERS?|ENDPOINT|HOST(?:NAME|S)?|SERVER|SERVICE|UPSTREAM|URI|URL)S?$",
    re.I,
)
"""Names of variables whose value is a host even without a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One Service or outside host that a workload's environment names."""

    caller: Workload
    service: Service | None
    """None when the host is outside the cluster, or nothing in the input has its name."""
    host: str
    """As written, without user, password and port."""
    port: int | None
    """The Service's port, None when the value does not say."""
    variable: str
    """The environment variable that is the evidence."""
    outside: bool = False
    """Whether the host is a DNS name or an address outside the cluster."""
    location: Location | None = None
    """Where the workload was read."""


@per_cluster
def calls(cluster: Cluster) -> tuple[Call, ...]:
    """Return every call that the environment of a workload announces, sorted.

    A bare word counts only if it is the name of a Service in the caller's namespace, or if the
    variable says by its name that it holds a host.
    """
    services = {(one.namespace, one.name): one for one in cluster.services}
    addresses = {address: one for one in cluster.services for address in one.cluster_ips}
    found: dict[tuple[str, str, str, int], Call] = {}
    for workload in cluster.workloads:
        for variable, value in sorted(workload.environment.items()):
            for host, port in _hosts(variable, value):
                call = _call(workload, variable, host, port, services, addresses)
                if call:
                    key = (f"{workload.kind}/{workload.full_name}", variable, host, port or 0)
                    found[key] = call
    return tuple(call for _, call in sorted(found.items()))


def _hosts(variable: str, value: str) -> list[tuple[str, int | None]]:
    """Return the hosts and ports that a value names, however it spells them."""
    found: list[tuple[str, int | None]] = []
    for pattern in (_AUTHORITY, _DRIVER, _KEYWORD):
        matches = list(pattern.finditer(value))
        if matches:
            return [(one["host"].strip("[]"), _port(one["port"])) for one in matches]
    for part in re.split(r"[,;\s]+", value.strip()):
        pair = _PAIR.fullmatch(part.partition("/")[0])
        if not pair and _SAYS_HOST.search(variable):
            pair = _HOST.fullmatch(part)
        if pair:
            found.append((pair["host"].strip("[]"), _port(pair["port"])))
    return found


def _port(text: str | None) -> int | None:
    """Return a port number, None where there is none."""
    return int(text) if text and 0 < int(text) < 65536 else None


def _call(
    workload: Workload,
    variable: str,
    host: str,
    port: int | None,
    services: dict[tuple[str, str], Service],
    addresses: dict[Address, Service],
) -> Call | None:
    """Return the call that a host stands for, None for a word that is no host."""
    service, outside = None, False
    address = _address(host)
    inside = _CLUSTER_NAME.fullmatch(host)
    if address:
        service, outside = addresses.get(address), address not in addresses
        if address.is_loopback or address.is_unspecified:
            return None
    elif inside:
        namespace = inside["namespace"] or workload.namespace
        service = services.get((namespace, inside["name"]))
    if not service and not address:
        in_zone = host.rstrip(".").endswith((".svc", ".cluster.local"))
        outside = bool(_DNS_NAME.fullmatch(host)) and not in_zone
        # An unknown single word may be anything: a mode, a user, a file.
        if not outside and not in_zone:
            return None
    return Call(caller=workload, service=service, host=host, port=port, variable=variable,
                outside=outside, location=workload.location)  # fmt: skip


def _address(host: str) -> Address | None:
    """Return the address that a host is, None if it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
