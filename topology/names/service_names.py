"""DNS names that the cluster itself answers: of Services, and of pods behind them.

Source: Kubernetes "DNS for Services and Pods": `SERVICE.NAMESPACE.svc.ZONE`,
`POD.SERVICE.NAMESPACE.svc.ZONE` behind a headless Service, `1-2-3-4.NAMESPACE.pod.ZONE`.
"""

import re
from typing import TYPE_CHECKING

from topology.errors import UnknownName
from topology.names.forms import COMMON_DOMAINS, read_address
from topology.names.match import Match
from topology.services import backends
from topology.targets import PodTarget, ServiceTarget

if TYPE_CHECKING:
    from topology.names.resolver import NameIndex

__all__ = ["read"]

_SERVICE = re.compile(
    r"(?:(?P<pod>[\w-]+)\.)?(?P<name>[\w-]+)\.(?P<namespace>[\w-]+)\.svc(?:\.[\w.-]+)?\.?", re.I
)
_POD = re.compile(r"(?P<address>[0-9a-f-]+)\.(?P<namespace>[\w-]+)\.pod(?:\.[\w.-]+)?\.?", re.I)
_SHORT = re.compile(r"(?P<name>[\w-]+)\.(?P<namespace>[\w-]+)", re.I)


def read(index: "NameIndex", text: str) -> Match | None:
    """Return what a DNS name of the cluster's own zone means, None for any other text.

    Raises:
        UnknownName: The name is of the cluster's zone, but nothing there has it.
    """
    found = _SERVICE.fullmatch(text)
    if found:
        return _service(index, text, found)
    found = _POD.fullmatch(text)
    if found:
        return _pod(index, text, found)
    found = _SHORT.fullmatch(text)
    return _short(index, text, found) if found else None


def _service(index: "NameIndex", text: str, found: re.Match[str]) -> Match:
    """Read `name.namespace.svc` and what may stand before and behind it."""
    full = f"{found['namespace']}/{found['name']}".lower()
    for entry in index.tables.full.get(full, ()):
        if not isinstance(entry.target, ServiceTarget):
            continue
        if not found["pod"]:
            return Match(target=entry.target, label=str(entry.target))
        for pod in backends(index.cluster, entry.target.service):
            if pod.name.lower() == found["pod"].lower():
                return Match(target=PodTarget(pod), label=pod.full_name)
    raise _missing(index, text, found)


def _pod(index: "NameIndex", text: str, found: re.Match[str]) -> Match:
    """Read `1-2-3-4.namespace.pod`."""
    dashed = found["address"]
    four = re.fullmatch(r"\d+-\d+-\d+-\d+", dashed)
    address = read_address(dashed.replace("-", "." if four else ":"))
    for pod in index.tables.pods_by_address.get(address, ()) if address else ():
        if pod.namespace == found["namespace"].lower():
            return Match(target=PodTarget(pod), label=pod.full_name)
    message = f"No pod in the input has the address in `{text}`."
    raise UnknownName(message)


def _short(index: "NameIndex", text: str, found: re.Match[str]) -> Match | None:
    """Read `name.namespace`, as a client in another namespace would say it."""
    full = f"{found['namespace']}/{found['name']}".lower()
    entries = index.tables.full.get(full, ())
    for entry in entries:
        if isinstance(entry.target, ServiceTarget):
            return Match(target=entry.target, label=str(entry.target))
    for entry in entries:
        return Match(target=entry.target, how="partial", score=95, label=str(entry.target))
    named = any(
        entry.sort in ("workload", "service")
        for entry in index.tables.exact.get(found["name"].lower(), ())
    )
    known = found["namespace"].lower() in index.tables.namespaces
    outside = found["namespace"].lower() in COMMON_DOMAINS
    if (known or named) and not (outside and not known):
        raise _missing(index, text, found)
    return None


def _missing(index: "NameIndex", text: str, found: re.Match[str]) -> UnknownName:
    """Return the error for a name of the cluster's zone that nothing has."""
    place = found["namespace"].lower()
    if place not in index.tables.namespaces:
        message = f"There is no namespace `{place}`, so nothing in the cluster is named `{text}`."
    else:
        message = f"Namespace `{place}` holds no Service `{found['name']}`."
    return index.unknown(text, near=found["name"], message=message)
