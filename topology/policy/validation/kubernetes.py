"""What a NetworkPolicy says that is allowed and yet rarely meant: only what is certain."""

from collections.abc import Iterator, Mapping
from typing import Any

from topology.model import Document
from topology.policy.validation.finding import Finding, find
from topology.policy.validation.port_traps import find_host_bits
from topology.policy.validation.rules_of import mappings

__all__ = ["find_traps"]

_SIDES = {"ingress": "from", "egress": "to"}
_TYPES = ("Ingress", "Egress")
_DNS = 53


def find_traps(document: Document) -> Iterator[Finding]:
    """Yield what is likely not meant in a NetworkPolicy, told from the policy alone."""
    spec = document.body.get("spec")
    if not isinstance(spec, Mapping):
        return
    if spec.get("podSelector") is None:
        yield _say(
            document,
            "no-pod-selector",
            "spec",
            "Without `podSelector` the policy selects every pod of its namespace, and older API "
            "servers refuse it.",
            "Write `podSelector: {}` to mean every pod.",
        )
    yield from _ignored(document, spec)
    for way, side in _SIDES.items():
        for rule, path in mappings(spec.get(way), f"spec.{way}"):
            for peer, place in mappings(rule.get(side), f"{path}.{side}"):
                block = peer.get("ipBlock")
                if isinstance(block, Mapping):
                    yield from find_host_bits(document, block.get("cidr"), f"{place}.ipBlock.cidr")
    yield from _lookups(document, spec)


def _ignored(document: Document, spec: Mapping[str, Any]) -> Iterator[Finding]:
    types = spec.get("policyTypes")
    # A type of another name is refused, whatever it was meant to be.
    if not isinstance(types, list) or not types or any(one not in _TYPES for one in types):
        return
    for way in _SIDES:
        if spec.get(way) and way.title() not in types:
            yield _say(
                document,
                "rules-ignored",
                f"spec.{way}",
                f"`policyTypes` does not name {way.title()}, so these rules are ignored and the "
                f"policy restricts no {way}.",
                f"Add `{way.title()}` to `policyTypes`.",
            )


def _lookups(document: Document, spec: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding where DNS is allowed over TCP alone, as a port without protocol is."""
    found: dict[str, str] = {}
    for rule, path in mappings(spec.get("egress"), "spec.egress"):
        if not rule.get("ports"):
            return
        for port, place in mappings(rule.get("ports"), f"{path}.ports"):
            if _covers(port, _DNS):
                found.setdefault(str(port.get("protocol") or "TCP"), place)
    if "TCP" in found and "UDP" not in found:
        yield _say(
            document,
            "dns-udp",
            found["TCP"],
            "The policy allows port 53 over TCP only (which is what no protocol means), and DNS "
            "asks over UDP first.",
            "Add `{port: 53, protocol: UDP}`.",
        )


def _covers(port: Mapping[str, Any], number: int) -> bool:
    first, last = port.get("port"), port.get("endPort")
    if not isinstance(first, int):
        return False
    return first <= number <= (last if isinstance(last, int) else first)


def _say(document: Document, code: str, path: str, message: str, fix: str) -> Finding:
    return find(document, code, path, message, fix, origin="review")
