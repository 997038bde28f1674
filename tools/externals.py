"""What lies outside the cluster and is named by its policies: ranges and DNS names.

`world` alone does not show them: a rule for one DNS name or range opens a part of the world.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from tools.selector_text import listing, mapping
from topology.model import Document
from topology.targets import DnsTarget, RangeTarget

__all__ = ["Externals", "externals_of"]

_SIDES = {"ingress": "from", "egress": "to"}
MOST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Externals:
    """Ends outside that policies name."""

    targets: tuple[DnsTarget | RangeTarget, ...] = ()
    patterns: tuple[str, ...] = ()
    """Patterns of DNS names: each stands for names that are not known."""
    left_out: int = 0


def externals_of(policies: Iterable[Document], direction: str) -> Externals:
    """Return the ranges and DNS names that policies name as peers of one direction, sorted."""
    found: dict[str, DnsTarget | RangeTarget] = {}
    patterns: set[str] = set()
    for policy in policies:
        for rule in _rules(policy, direction):
            for target in _targets(rule, _SIDES[direction]):
                found.setdefault(str(target), target)
            for name in listing(rule.get("toFQDNs")):
                pattern = mapping(name).get("matchPattern")
                if isinstance(pattern, str):
                    patterns.add(pattern)
    names = sorted(found)
    return Externals(
        targets=tuple(found[name] for name in names[:MOST]),
        patterns=tuple(sorted(patterns)[:MOST]),
        left_out=max(0, len(names) - MOST) + max(0, len(patterns) - MOST),
    )


def _rules(policy: Document, direction: str) -> Iterator[Mapping[str, Any]]:
    for spec in (policy.body.get("spec"), *listing(policy.body.get("specs"))):
        for rule in listing(mapping(spec).get(direction)):
            yield mapping(rule)


def _targets(rule: Mapping[str, Any], side: str) -> Iterator[DnsTarget | RangeTarget]:
    texts = [mapping(mapping(peer).get("ipBlock")).get("cidr") for peer in listing(rule.get(side))]
    texts += listing(rule.get(f"{side}CIDR"))
    texts += [mapping(item).get("cidr") for item in listing(rule.get(f"{side}CIDRSet"))]
    for text in texts:
        if not isinstance(text, str):
            continue
        try:
            yield RangeTarget(ip_network(text, strict=False))
        except ValueError:
            # The policy is faulty here; the engine reports it.
            continue
    for name in listing(rule.get("toFQDNs")):
        host = mapping(name).get("matchName")
        if isinstance(host, str) and host:
            yield DnsTarget(host.rstrip(".").lower())
