"""What the ports, CIDRs and HTTP rules of a Cilium policy say that is rarely meant."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_interface
from typing import Any

from topology.model import Document
from topology.policy.fields import parse_network
from topology.policy.regex import invalid_regex
from topology.policy.validation.finding import Finding, find
from topology.policy.validation.rules_of import Item, mappings, strings

__all__ = ["find_host_bits", "find_port_traps"]

_CLASS = re.compile(r"\\.|\[(?:\\.|[^\]])*\]")
_BARE_DOT = re.compile(r"(?<=\w)\.(?=\w)")


def find_port_traps(document: Document, item: Item) -> Iterator[Finding]:
    """Yield what is likely not meant in toPorts and the CIDRs of one rule."""
    for port, path in item.ports():
        if not port.get("ports"):
            yield _say(
                document,
                "no-ports",
                path,
                "An item of toPorts without ports matches nothing, so the rule does nothing.",
                "Name a port, or take `toPorts` out to mean every port.",
            )
        for entry, place in mappings(port.get("ports"), f"{path}.ports"):
            yield from _of_port(document, entry, place)
        rules = port.get("rules")
        if isinstance(rules, Mapping):
            for rule, place in mappings(rules.get("http"), f"{path}.rules.http"):
                yield from _of_request(document, rule, place)
    yield from _of_cidrs(document, item)


def _of_port(document: Document, entry: Mapping[str, Any], path: str) -> Iterator[Finding]:
    port, end = entry.get("port"), entry.get("endPort")
    if port == "0":
        protocol = str(entry.get("protocol") or "ANY").upper()
        which = "TCP, UDP and SCTP" if protocol == "ANY" else protocol
        yield _say(
            document,
            "port-zero",
            f"{path}.port",
            f"Port `0` means every port of {which}.",
            "Write the port that is meant, or keep it if all are.",
        )
    elif isinstance(port, str) and isinstance(end, int) and end:
        if not port.isdigit():
            message = f"`endPort` is ignored beside the name `{port}`."
            yield _say(document, "end-port", f"{path}.endPort", message, "Write a number as port.")
        elif end <= int(port[:9]):
            message = f"`endPort` {end} is not above {port}, so only port {port} is meant."
            fix = "Write the greater number there, or take it out."
            yield _say(document, "end-port", f"{path}.endPort", message, fix)


def _of_request(document: Document, rule: Mapping[str, Any], path: str) -> Iterator[Finding]:
    for field in ("host", "path"):
        written = rule.get(field)
        if not isinstance(written, str) or not written:
            continue
        if field == "host" and invalid_regex(written):
            yield _say(
                document,
                "host-regex",
                f"{path}.host",
                f"`{written}` is no regular expression; Cilium does not check `host`, but the "
                "proxy cannot use it.",
                "Correct it (RE2 syntax).",
            )
        elif _BARE_DOT.search(_CLASS.sub("", written)):
            escaped = _BARE_DOT.sub(r"\\.", written)
            yield _say(
                document,
                "bare-dot",
                f"{path}.{field}",
                f"`{written}` is a regular expression, in which `.` stands for any character.",
                f"Write `{escaped}`.",
            )


def _of_cidrs(document: Document, item: Item) -> Iterator[Finding]:
    side = item.section.side
    for written, path in strings(item.body.get(f"{side}CIDR"), f"{item.path}.{side}CIDR"):
        yield from find_host_bits(document, written, path)
    field = f"{side}CIDRSet"
    for block, path in mappings(item.body.get(field), f"{item.path}.{field}"):
        yield from find_host_bits(document, block.get("cidr"), f"{path}.cidr")
        network = parse_network(str(block.get("cidr") or ""))
        for hole, place in strings(block.get("except"), f"{path}.except"):
            inner = parse_network(hole)
            if network is None or inner is None or inner.version != network.version:
                continue
            if inner.prefixlen <= network.prefixlen and network.network_address in inner:
                yield _say(
                    document,
                    "except-wider",
                    place,
                    f"The exception `{hole}` covers all of `{network}`, so nothing is left.",
                    "Make the exception narrower than `cidr`.",
                )


def find_host_bits(document: Document, written: Any, path: str) -> Iterator[Finding]:
    """Yield a finding where a CIDR has bits set behind its length."""
    if not isinstance(written, str) or "/" not in written:
        return
    network = parse_network(written)
    if network is not None and ip_interface(written).ip != network.network_address:
        yield _say(
            document,
            "host-bits",
            path,
            f"`{written}` means `{network}`: the bits behind the length do not count.",
            f"Write `{network}`, or a longer prefix if less is meant.",
        )


def _say(document: Document, code: str, path: str, message: str, fix: str) -> Finding:
    return find(document, code, path, message, fix, origin="review")
