"""Names as they are written to a machine: with a kind, a namespace, a label, as an address."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from topology.errors import UnknownName
from topology.names import forms
from topology.names.match import Match, Prefer
from topology.names.phrase import strip_words
from topology.names.tiers import Found, restriction
from topology.names.words import ENTITIES
from topology.targets import (
    AddressTarget,
    DnsTarget,
    EntityTarget,
    NamespaceTarget,
    PodTarget,
    RangeTarget,
    ServiceTarget,
    Target,
)

if TYPE_CHECKING:
    from topology.names.resolver import NameIndex

__all__ = ["by_label", "by_number", "by_prefix", "by_qualified"]

_LABELS = re.compile(
    r"(?:labels?\s+)?(?P<pairs>[\w./-]+\s*==?\s*[\w.-]+(?:\s*,\s*[\w./-]+\s*==?\s*[\w.-]+)*)"
)
_LABEL = re.compile(r"(?:label\s+)?(?P<key>[\w./-]+)\s*:\s*(?P<value>[\w.-]+)")
_OTHER_PREFIX = re.compile(
    r"(?P<mark>entity|cidr|ip|address|dns|fqdn|host)\s*:\s*(?P<name>\S+)", re.I
)


def by_prefix(index: "NameIndex", text: str) -> Match | None:
    """Read `entity:world`, `cidr:10.0.0.0/8`, `dns:example.com` and their like."""
    found = _OTHER_PREFIX.fullmatch(text)
    if not found:
        return None
    mark, name = found["mark"].lower(), found["name"]
    if mark == "entity":
        if name.lower() in ENTITIES:
            return Match(target=EntityTarget(name.lower()), label=f"entity:{name.lower()}")
        message = f"`{name}` is not an entity."
        raise UnknownName(message, hint=f"Known: {', '.join(sorted(ENTITIES))}.")
    if mark in ("dns", "fqdn", "host"):
        if forms.is_dns_name(name):
            return Match(target=DnsTarget(name.lower().rstrip(".")))
        return None
    return by_number(index, name)


def by_number(index: "NameIndex", text: str) -> Match | None:
    """Read an address or a range."""
    network = forms.read_range(text)
    if network:
        return Match(target=RangeTarget(network))
    address = forms.read_address(text)
    if not address:
        return None
    pods = index.tables.pods_by_address.get(address, [])
    services = index.tables.services_by_address.get(address, [])
    targets: list[Target] = [PodTarget(pod) for pod in pods]
    targets += [ServiceTarget(service) for service in services]
    found = [Match(target=target, label=str(target)) for target in targets]
    return index.only(text, found or [Match(target=AddressTarget(address))])


def by_label(index: "NameIndex", text: str, namespace: str | None, prefer: Prefer) -> Match | None:
    """Read `app=redis`, `app=redis,tier=cache` and `app: redis`."""
    selector = _LABELS.fullmatch(text)
    label = None if selector else _LABEL.fullmatch(text)
    if selector:
        split = (re.split(r"\s*==?\s*", part.strip()) for part in selector["pairs"].split(","))
        pairs = [f"{key}={value}" for key, value in split]
    elif label and label["key"] in index.tables.label_keys:
        pairs = [f"{label['key']}={label['value']}"]
    else:
        return None
    shelves = [index.tables.pairs.get(pair, []) for pair in pairs]
    entries = tuple(one for one in shelves[0] if all(one in shelf for shelf in shelves))
    if not entries:
        values = " ".join(pair.partition("=")[2] for pair in pairs)
        raise index.unknown(text, near=values, message=f"No workload has the label `{text}`.")
    found = Found(entries=entries, how="label", score=100)
    return index.only(text, index.matches(found, namespace, prefer))


def by_qualified(
    index: "NameIndex", text: str, place: str, namespace: str | None, prefer: Prefer
) -> Match | None:
    """Read `ns/name`, `kind/name`, `kind/ns/name`, `kind:ns/name` and `ns/kind/name`."""
    readings = tuple(
        reading if reading.namespace or not place else replace(reading, namespace=place)
        for reading in forms.read_qualified(text)
    )
    for tolerant in (False, True):
        for reading in readings:
            match = _by_reading(index, text, reading, namespace, prefer, tolerant=tolerant)
            if match:
                return match
    if not readings:
        return None
    reading = readings[-1]
    message = ""
    if reading.namespace and not index.namespace(reading.namespace):
        message = f"There is no namespace `{reading.namespace}`."
    elif reading.namespace:
        place = index.namespace(reading.namespace)
        kind = f"{reading.kind} " if reading.kind else ""
        message = f"Namespace `{place}` holds no {kind}`{reading.name}`."
        message = message if kind else f"Nothing in namespace `{place}` is named `{reading.name}`."
    elif reading.kind:
        message = f"No {reading.kind} is named `{reading.name}`."
    raise index.unknown(text, near=reading.name, message=message)


def _by_reading(
    index: "NameIndex",
    text: str,
    reading: forms.Qualified,
    namespace: str | None,
    prefer: Prefer,
    *,
    tolerant: bool,
) -> Match | None:
    """Return what one reading of a qualified name means, None if nothing."""
    if reading.kind == "Namespace":
        known = index.namespace(reading.name) if not reading.namespace else ""
        return Match(target=NamespaceTarget(known), label=f"namespace:{known}") if known else None
    place = index.namespace(reading.namespace) if reading.namespace else ""
    if reading.namespace and not place:
        return None
    # `service:the cart` and `workload:cart pods` come from callers that join kind and phrase.
    name = " ".join(strip_words(reading.name.split())[1]) or reading.name
    if reading.kind == "Service":
        prefer = "service"
    matches = index.readings(
        name,
        allowed=restriction(reading.kind, place),
        namespace=namespace,
        prefer=prefer,
        tiers=None if tolerant else (),
    )
    return index.only(text, matches) if matches else None
