"""What each address mode supports, excludes or limits, with the document that says so."""

import re
from dataclasses import dataclass
from typing import Literal

from topology.errors import InvalidQuery
from topology.ipam.modes import MODES, Mode
from topology.ipam.references import (
    AGC_OVERLAY,
    CHANGELOG,
    CILIUM,
    ISTIO_EGRESS,
    KUBENET,
    LEGACY,
    NAP,
    OVERLAY,
    POD_SUBNET,
    POLICIES,
    PRIVATE_LINK,
    STATIC_EGRESS,
    UPDATE_CNI,
    Reference,
)
from topology.ipam.references import (
    FEATURES as OVERVIEW,
)

__all__ = ["FEATURES", "Feature", "Support", "Verdict", "find_features", "parse_feature"]

Verdict = Literal["yes", "no", "limited"]


@dataclass(frozen=True, slots=True)
class Support:
    """Whether one mode has a feature."""

    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature whose support depends on the address mode."""

    key: str
    title: str
    pattern: str
    """Words that mean it in a question."""
    modes: dict[Mode, Support]
    source: Reference
    excludes: tuple[str, ...] = ()
    """Keys of features that it cannot be had with, whatever the mode."""
    clash: str = ""
    """Why those exclude each other, and what to do instead."""
    needs: tuple[str, ...] = ()


def _support(text: str) -> dict[Mode, Support]:
    """Read one cell for each mode, in the order of MODES, parted by `|`."""
    cells = [cell.strip() for cell in text.split("|")]
    found: dict[Mode, Support] = {}
    for mode, cell in zip(MODES, cells, strict=True):
        verdict, _, note = cell.partition(" ")
        assert verdict in ("yes", "no", "limited")
        found[mode] = Support(verdict, note)  # type: ignore[arg-type]
    return found


_BEYOND = (
    r"(?:on[- ]?prem\w*|peered (?:vnet|network)s?|hub|data ?cent(?:er|re)s?|firewalls?|"
    r"outside the vnet|other vnets?|corporate network|expressroute)"
)
_NEAR = r"(?:vms?|virtual machines?|from the vnet|in the (?:same )?vnet|same vnet)"
_POD_ADDRESSES = r"pods?(?:'|s'|'s)? (?:own )?(?:ips?|address\w*)"
_REACHES = (
    r"(?:reach\w*|connect\w*|access\w*|call\w*|talk\w*|contact\w*|open\w*|see\w*|filter\w*|"
    r"route\w*|address\w*|log\w*|know\w*)"
)
_REACHED = (
    r"(?:reach\w*|routable|visible|accessible|direct\w*|called|contacted|seen|addressed|kept|"
    r"preserved)"
)
_ENTRIES = (
    Feature(
        key="cilium",
        title="Azure CNI Powered by Cilium",
        pattern=r"cilium|ebpf data ?plane",
        modes=_support("yes | yes | yes | yes | no kubenet moves to Overlay first, then to Cilium"),
        source=CILIUM,
        excludes=("windows",),
        clash="The Cilium dataplane is for Linux nodes only: a cluster with Windows node pools "
        "cannot have it. For Windows use Azure CNI Overlay with the Azure dataplane and Calico "
        "policies (Azure NPM for Windows ended on 2026-09-30), and a separate cluster for what "
        "needs Cilium.",
    ),
    Feature(
        key="windows",
        title="Windows node pools",
        pattern=r"windows",
        modes=_support(
            "limited Windows Server 2022 and 2025, at most 110 pods per node recommended; network "
            "policies by Calico, as Azure NPM for Windows ended on 2026-09-30 | limited "
            "not Windows Server 2019 | limited not Windows Server 2019 | yes | no"
        ),
        source=OVERVIEW,
    ),
    Feature(
        key="dual-stack",
        title="Dual stack (IPv4 and IPv6)",
        pattern=r"dual[- ]?stack|ipv6",
        modes=_support(
            "yes Linux is generally available, Windows since the release of 2026-07-17 | limited "
            "no document says so | limited release notes of 2026-06-19 mention it, with the IPv6 "
            "pod range taken from the subnet | limited no document says so | limited it was "
            "available and goes away with kubenet; the move to Overlay breaks IPv6 half-way "
            "(Azure/AKS#5120)"
        ),
        source=CHANGELOG,
    ),
    Feature(
        key="agic",
        title="Application Gateway Ingress Controller",
        pattern=r"agic|application gateway ingress controller|ingress controller add-?on",
        modes=_support("yes add-on 1.8.0 or newer | yes | yes | yes | yes"),
        source=CHANGELOG,
    ),
    Feature(
        key="app-gateway-for-containers",
        title="Application Gateway for Containers",
        pattern=r"agc|app(?:lication)?[- ]gateway for containers",
        modes=_support(
            "limited exactly a /24, one gateway per subnet, in the VNet of the nodes without "
            "peering between them | yes | yes | yes | no"
        ),
        source=AGC_OVERLAY,
    ),
    Feature(
        key="shared-subnet",
        title="Several clusters in one subnet",
        pattern=r"shar\w+ (?:a |the |one |their )?(?:node |pod )?subnets?|"
        r"(?:same|one) (?:node |pod )?subnet",
        modes=_support(
            "yes the node subnet | yes clusters of the same mode | yes clusters of the same mode "
            "| yes | no kubenet keeps routes of its own"
        ),
        source=OVERVIEW,
    ),
    Feature(
        key="private-link-service",
        title="Private Link Service on a Kubernetes load balancer",
        pattern=r"private link(?: service)?|\bpls\b",
        modes=_support("yes | yes | no | yes | yes"),
        source=PRIVATE_LINK,
    ),
    Feature(
        key="static-egress-gateway",
        title="Static Egress Gateway",
        pattern=r"static egress(?: gateway)?",
        modes=_support("yes IPv4 only | no | no | yes | limited no document says so"),
        source=STATIC_EGRESS,
        excludes=("ebpf-host-routing",),
        clash="eBPF host routing does not work together with Static Egress Gateway.",
    ),
    Feature(
        key="istio-egress-gateway",
        title="Egress gateway of the Istio add-on",
        pattern=r"istio\w*(?: add-?on)?(?:'s)? egress(?: gateway)?|"
        r"egress gateway of (?:the )?istio",
        modes=_support(
            "yes | no it needs Static Egress Gateway | no it needs Static Egress Gateway | yes | "
            "limited no document says so"
        ),
        source=ISTIO_EGRESS,
        excludes=("windows",),
        clash="The Istio add-on has no Windows support.",
    ),
    Feature(
        key="node-auto-provisioning",
        title="Node auto-provisioning (Karpenter)",
        pattern=r"node auto[- ]?provision\w*|\bnap\b|karpenter",
        modes=_support(
            "yes | no documents differ: the release notes of 2025-01-30 let every CNI but kubenet "
            "and Calico pass, the page and Azure/AKS#5367 do not support it; unsupported is the "
            "safe reading | no as with dynamic allocation | yes | no"
        ),
        source=NAP,
        excludes=("calico", "windows"),
        clash="Node auto-provisioning works neither with Calico nor with Windows node pools.",
    ),
    Feature(
        key="virtual-nodes",
        title="Virtual nodes",
        pattern=r"virtual nodes?",
        modes=_support("no | yes | no no document says so | yes | no"),
        source=OVERVIEW,
    ),
    Feature(
        key="pod-ips-in-vnet",
        title="Pods reached by their own address from the VNet",
        pattern=rf"{_NEAR}\b.{{0,40}}\b{_REACHES}\b.{{0,30}}\bpods?|"
        rf"pods?\b.{{0,40}}\b{_REACHED}\b.{{0,30}}\b{_NEAR}|"
        rf"{_REACHES}\b.{{0,30}}\b{_POD_ADDRESSES}|{_POD_ADDRESSES}\b.{{0,30}}\b{_REACHED}|"
        r"routable pods?|direct(?:ly)? (?:to|into|reach\w*) (?:the )?pods|flat network",
        modes=_support(
            "no pod addresses exist only in the cluster; use a Service with an internal load "
            "balancer | yes | yes | yes in the cluster's own VNet | no"
        ),
        source=OVERVIEW,
    ),
    Feature(
        key="pod-ips-beyond-vnet",
        title="Pod addresses kept in peered VNets and on-premises",
        pattern=rf"{_BEYOND}\b.{{0,60}}\b{_POD_ADDRESSES}|{_POD_ADDRESSES}\b.{{0,60}}\b{_BEYOND}|"
        rf"{_BEYOND}\b.{{0,40}}\b{_REACHES}\b.{{0,30}}\bpods?|"
        rf"pods?\b.{{0,40}}\b{_REACHED}\b.{{0,30}}\b{_BEYOND}",
        modes=_support(
            "no the node's address is seen (SNAT) | yes | yes | no the node's address is seen "
            "outside the VNet | no the node's address is seen"
        ),
        source=LEGACY,
    ),
    Feature(
        key="fleet-networking",
        title="Cross-cluster networking of Fleet (preview)",
        pattern=r"fleet|cluster ?mesh|cross[- ]cluster networking",
        modes=_support(
            "limited pod CIDRs must not overlap, so reused ones block it; at most 255 clusters, "
            "Kubernetes 1.32, ACNS with Cilium | yes | yes | yes | no"
        ),
        source=POD_SUBNET,
        needs=("cilium",),
    ),
    Feature(
        key="l7-policy",
        title="Layer 7 and FQDN policies (ACNS)",
        pattern=r"(?:l7|layer 7|fqdn)\b(?: \w+)? polic\w+|acns security",
        modes=_support("yes | yes | yes | yes | no"),
        source=CILIUM,
        needs=("cilium",),
        excludes=("windows",),
        clash="ACNS security works with the Cilium dataplane only, which is for Linux nodes.",
    ),
    Feature(
        key="azure-npm",
        title="Azure Network Policy Manager",
        pattern=r"azure npm|\bnpm\b|network policy manager",
        modes=_support(
            "limited at most 250 nodes and 20,000 pods; Windows ended on 2026-09-30, Linux ends "
            "on 2028-09-30 | limited as with Overlay | limited as with Overlay | limited as with "
            "Overlay | no"
        ),
        source=POLICIES,
        excludes=("cilium",),
        clash="The Cilium dataplane replaces Azure NPM: it enforces network policies itself.",
    ),
    Feature(
        key="calico",
        title="Calico network policies",
        pattern=r"calico",
        modes=_support("yes | yes | yes | yes | yes but it must go before a move to Overlay"),
        source=UPDATE_CNI,
        excludes=("cilium",),
        clash="Calico is replaced when the dataplane becomes Cilium.",
    ),
    Feature(
        key="pod-cidr-growth",
        title="Growth of the pod range in place",
        pattern=r"(?:grow|expand|extend|enlarge|widen)\w*\b.{0,20}\bpod[- ](?:cidr|range)|"
        r"pod[- ](?:cidr|range)\b.{0,20}\b(?:grow|expand|extend|enlarge|widen)",
        modes=_support(
            "limited to a larger range that holds the old one; Linux-only clusters without IPv6 "
            "and without several pod ranges; check with `kubectl get nnc` | no new pool in a new "
            "pod subnet | no new pool in a new pod subnet | no new pool in a new subnet | no"
        ),
        source=OVERLAY,
    ),
    Feature(
        key="vm-in-pod-subnet",
        title="Virtual machines beside the pods",
        pattern=r"(?:vms?|virtual machines?)\b.{0,30}\b(?:pod|node) subnet",
        modes=_support(
            "yes in the node subnet | no the pod subnet is delegated to AKS | no the pod subnet "
            "is delegated to AKS | yes | limited the subnet carries the cluster's route table"
        ),
        source=KUBENET,
    ),
)
FEATURES: dict[str, Feature] = {feature.key: feature for feature in _ENTRIES}


def find_features(text: str) -> tuple[str, ...]:
    """Return the keys of the features that a text names, in the order of the catalogue."""
    return tuple(
        key
        for key, feature in FEATURES.items()
        if re.search(rf"(?<![\w-])(?:{feature.pattern})(?![\w])", text, re.IGNORECASE)
    )


def parse_feature(text: str) -> str:
    """Return the key of the feature that a name means.

    Raises:
        InvalidQuery: No feature has such a name.
    """
    key = re.sub(r"[\s_]+", "-", text.strip().lower())
    if key in FEATURES:
        return key
    if found := find_features(text):
        return found[0]
    names = ", ".join(f"`{name}`" for name in FEATURES)
    message = f"`{text}` is no feature whose support depends on the address mode."
    raise InvalidQuery(message, hint=f"Known are {names}.")
