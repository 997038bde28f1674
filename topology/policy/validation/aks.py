"""What AKS and Advanced Container Networking Services (ACNS) restrict; never a verdict.

Source: Microsoft Learn, "Azure CNI powered by Cilium" and the concept pages of ACNS on FQDN
filtering and L7 policies, as of August 2026.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from topology.model import Document, Network
from topology.policy.fields import parse_network
from topology.policy.validation.finding import Finding, Origin, find
from topology.policy.validation.rules_of import Item, mappings, rules_of, specs_of, strings

__all__ = ["find_restrictions", "find_shadowed_ranges"]

_L7 = ("http", "kafka", "l7")
_SERVICE_SUFFIXES = (".svc", ".svc.cluster.local", ".cluster.local")


def find_restrictions(document: Document) -> Iterator[Finding]:
    """Yield what AKS does not offer, or only with ACNS, of a Cilium policy."""
    for spec, path in specs_of(document):
        if spec.get("nodeSelector") is not None:
            yield _say(
                document,
                "aks-host-policy",
                f"{path}.nodeSelector",
                "On AKS a policy for nodes has no effect: the host firewall is off and cannot be "
                "turned on.",
                "Use network security groups for nodes.",
            )
    seen: set[str] = set()
    for item in rules_of(document):
        for finding in _of_rule(document, item):
            # What needs a feature is said once for a policy.
            if finding.code in ("aks-l7", "aks-fqdn") and finding.code in seen:
                continue
            seen.add(finding.code)
            yield finding


def _of_rule(document: Document, item: Item) -> Iterator[Finding]:
    side = item.section.side
    if item.has("toFQDNs") and not item.section.deny:
        path = f"{item.path}.toFQDNs"
        yield _say(document, "aks-fqdn", path, _FQDN, _FQDN_FIX)
        yield from _service_names(document, item)
    if item.has(f"{side}Groups"):
        yield _say(
            document,
            "aks-groups",
            f"{item.path}.{side}Groups",
            "Groups name security groups of AWS, so on AKS they match nothing.",
            "Name the addresses with a CIDR or a CiliumCIDRGroup.",
        )
    mode = item.body.get("authentication")
    if isinstance(mode, Mapping) and mode.get("mode") == "required":
        yield _say(
            document,
            "aks-authentication",
            f"{item.path}.authentication",
            "AKS does not list Cilium's mutual authentication among what it supports.",
            "Use Istio's PeerAuthentication for mutual TLS.",
        )
    for port, path in item.ports():
        yield from _of_port(document, port, path)


def _of_port(document: Document, port: Mapping[str, Any], path: str) -> Iterator[Finding]:
    for entry, place in mappings(port.get("ports"), f"{path}.ports"):
        if str(entry.get("protocol", "")).upper() in ("VRRP", "IGMP"):
            yield _say(
                document,
                "aks-protocol",
                f"{place}.protocol",
                f"`{entry['protocol']}` needs an agent flag that cannot be set on AKS.",
                "Write TCP, UDP, SCTP or ANY.",
            )
    rules = port.get("rules")
    if not isinstance(rules, Mapping):
        return
    if rules.get("dns"):
        yield _say(document, "aks-fqdn", f"{path}.rules.dns", _FQDN, _FQDN_FIX)
    for name, place in mappings(rules.get("dns"), f"{path}.rules.dns"):
        if name.get("matchPattern") == "*":
            yield _say(
                document,
                "aks-dns-any",
                f"{place}.matchPattern",
                "ACNS documents the pattern `*` in DNS rules as unsupported.",
                "Write patterns of the names that are needed, such as `*.example.com`.",
            )
    used = [name for name in _L7 if rules.get(name)]
    if not used:
        return
    yield _say(document, "aks-l7", f"{path}.rules.{used[0]}", _L7_TEXT, _L7_FIX)
    if not document.namespace:
        yield _say(
            document,
            "aks-clusterwide-l7",
            f"{path}.rules.{used[0]}",
            "On AKS a CiliumClusterwideNetworkPolicy takes no L7 rules (FQDN rules it takes).",
            "Write a CiliumNetworkPolicy in each namespace.",
        )
    if "kafka" in used:
        yield _say(
            document,
            "kafka-deprecated",
            f"{path}.rules.kafka",
            "Kafka rules are deprecated and gone in Cilium 1.20.",
            "Restrict the port, and let Kafka's own ACLs restrict topics.",
            origin="cilium",
        )


def _service_names(document: Document, item: Item) -> Iterator[Finding]:
    for name, path in mappings(item.body.get("toFQDNs"), f"{item.path}.toFQDNs"):
        for field in ("matchName", "matchPattern"):
            written = str(name.get(field) or "")
            if written.lower().removesuffix(".").endswith(_SERVICE_SUFFIXES):
                yield _say(
                    document,
                    "fqdn-service",
                    f"{path}.{field}",
                    f"`{written}` is the name of a Service, and toFQDNs never matches pods or "
                    "cluster addresses.",
                    "Name the pods with `toEndpoints`, or the Service with `toServices`.",
                )


def find_shadowed_ranges(document: Document, networks: tuple[Network, ...]) -> Iterator[Finding]:
    """Yield the CIDRs that cover pods or nodes, none of which a CIDR ever matches.

    Args:
        document: A Cilium policy or a NetworkPolicy.
        networks: Where the pods and nodes of the cluster are.
    """
    for written, path in _cidrs(document):
        network = parse_network(written, bare=True)
        # All of a family means the world; nobody who writes that means pods by it.
        if network is None or not network.prefixlen:
            continue
        for known in networks:
            if known.version == network.version and known.overlaps(network):
                yield _say(
                    document,
                    "cidr-pods",
                    path,
                    f"`{written}` covers addresses of pods or nodes (`{known}`), and in Cilium a "
                    "CIDR matches neither.",
                    "Name pods by label and nodes by the entities host and remote-node.",
                    origin="cilium",
                )
                break


def _cidrs(document: Document) -> Iterator[tuple[str, str]]:
    for item in rules_of(document):
        side = item.section.side
        yield from strings(item.body.get(f"{side}CIDR"), f"{item.path}.{side}CIDR")
        for block, path in mappings(item.body.get(f"{side}CIDRSet"), f"{item.path}.{side}CIDRSet"):
            if isinstance(block.get("cidr"), str):
                yield block["cidr"], f"{path}.cidr"
        for plain in ("from", "to"):
            for peer, path in mappings(item.body.get(plain), f"{item.path}.{plain}"):
                range_ = peer.get("ipBlock")
                if isinstance(range_, Mapping) and isinstance(range_.get("cidr"), str):
                    yield range_["cidr"], f"{path}.ipBlock.cidr"


def _say(
    document: Document, code: str, path: str, message: str, fix: str, *, origin: Origin = "aks"
) -> Finding:
    return find(document, code, path, message, fix, origin=origin)


_FQDN = "On AKS, rules with DNS names need ACNS (Kubernetes 1.29 or later)."
_FQDN_FIX = "Create or update the cluster with `--enable-acns`."
_L7_TEXT = "On AKS, L7 rules need ACNS with L7 policies turned on, and no Istio L7 beside them."
_L7_FIX = "Update the cluster with `--enable-acns --acns-advanced-networkpolicies L7`."
