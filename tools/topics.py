"""What a check can be asked about in particular, and which findings belong to it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from topology.errors import InvalidQuery

if TYPE_CHECKING:
    from topology.findings import Finding

__all__ = ["AZURE_TOPICS", "SERVICE_TOPICS", "pick"]

SERVICE_TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "endpoints": (
        "selector-", "no-selector", "no-ready", "endpoints-", "no-endpointslice", "not-ready",
        "external-local-no", "internal-local", "external-name", "headless-not",
    ),
    "ports": ("target-port", "headless-port", "entry-no-port"),
    "entries": ("entry-", "ingress-", "route-", "gateway-", "reference-", "subset-", "agc-"),
    "exposure": ("open-", "source-ranges", "load-balancer-", "external-local"),
}  # fmt: skip
AZURE_TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "groups": ("nsg-",),
    "probes": ("nsg-blocks-probe", "nsg-blocks-service", "nsg-not-exported"),
    "routes": ("udr-", "peering-"),
    "peerings": ("peering-", "range-peer", "range-spoke"),
    "endpoints": ("private-endpoint",),
    "ranges": ("range-",),
    "snat": ("snat-", "udr-overrides"),
    "cluster": (
        "policies-", "cilium-", "npm-", "kubenet-", "fqdn-", "l7-", "snat-", "range-excluded",
    ),
}  # fmt: skip
"""Beginnings of the codes that belong to a topic."""


def pick(
    findings: "Iterable[Finding]", about: str, topics: Mapping[str, tuple[str, ...]]
) -> "tuple[tuple[Finding, ...], int]":
    """Return the findings about a topic, and how many others there are.

    Args:
        findings: All of them.
        about: The topic; empty for all findings.
        topics: Beginnings of codes, by topic.

    Raises:
        InvalidQuery: There is no such topic.
    """
    every = tuple(findings)
    topic = about.strip().lower()
    if not topic:
        return every, 0
    if topic not in topics:
        message = f"`{about}` is nothing that can be checked by itself."
        names = ", ".join(f"`{name}`" for name in topics)
        raise InvalidQuery(message, hint=f"Name one of {names}, or nothing for all.")
    own = tuple(one for one in every if one.code.startswith(topics[topic]))
    return own, len(every) - len(own)
