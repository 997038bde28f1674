"""The ways in which AKS gives addresses to pods, with their defaults and ends."""

import difflib
import re
from dataclasses import dataclass
from typing import Literal, get_args

from topology.errors import InvalidQuery
from topology.ipam.references import (
    DYNAMIC,
    KUBENET,
    KUBENET_END,
    LEGACY,
    OVERLAY,
    STATIC,
    Reference,
)

__all__ = ["MODES", "Mode", "ModeFacts", "parse_mode"]

Mode = Literal["overlay", "pod_subnet_dynamic", "pod_subnet_static", "node_subnet", "kubenet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeFacts:
    """What a mode is called, and what holds for it whatever the numbers."""

    name: Mode
    title: str
    default_max_pods: int
    pod_addresses: str
    """Where pods get their addresses from."""
    outside_source: str
    """The source address that is seen outside the cluster."""
    cilium: bool
    """Whether Azure CNI Powered by Cilium runs on it."""
    status: str = ""
    """Empty for modes that are neither old nor going away."""
    source: Reference


_FACTS = (
    ModeFacts(
        name="overlay",
        title="Azure CNI Overlay",
        default_max_pods=250,
        pod_addresses="a private pod CIDR outside the VNet, one /24 per node",
        outside_source="the node's address (SNAT) for everything outside the pod CIDR",
        cilium=True,
        source=OVERLAY,
    ),
    ModeFacts(
        name="pod_subnet_dynamic",
        title="Azure CNI Pod Subnet, dynamic allocation",
        default_max_pods=250,
        pod_addresses="a pod subnet, in batches of 16 per node",
        outside_source="the pod's own address",
        cilium=True,
        source=DYNAMIC,
    ),
    ModeFacts(
        name="pod_subnet_static",
        title="Azure CNI Pod Subnet, static block allocation",
        default_max_pods=250,
        pod_addresses="a pod subnet, in /28 blocks of 16 per node",
        outside_source="the pod's own address",
        cilium=True,
        source=STATIC,
    ),
    ModeFacts(
        name="node_subnet",
        title="Azure CNI Node Subnet (legacy)",
        default_max_pods=30,
        pod_addresses="the node subnet, reserved for every possible pod when a node joins",
        outside_source="the pod's own address in its VNet, the node's address beyond it",
        cilium=True,
        status="Node Subnet is a legacy mode; no retirement date was found.",
        source=LEGACY,
    ),
    ModeFacts(
        name="kubenet",
        title="kubenet (legacy)",
        default_max_pods=110,
        pod_addresses="a pod CIDR, one /24 per node, reached by a route per node",
        outside_source="the node's address",
        cilium=False,
        status="kubenet retires on 2028-03-31; new clusters belong on Azure CNI Overlay. "
        f"Source: {KUBENET_END}.",
        source=KUBENET,
    ),
)
MODES: dict[Mode, ModeFacts] = {facts.name: facts for facts in _FACTS}

_ALIASES: dict[str, Mode] = {
    "azure cni": "node_subnet",
    "azure cni node subnet": "node_subnet",
    "azure cni overlay": "overlay",
    "azure cni pod subnet": "pod_subnet_dynamic",
    "azure overlay": "overlay",
    "classic": "node_subnet",
    "classic azure cni": "node_subnet",
    "cni overlay": "overlay",
    "dynamic": "pod_subnet_dynamic",
    "dynamic ip allocation": "pod_subnet_dynamic",
    "dynamic pod subnet": "pod_subnet_dynamic",
    "legacy": "node_subnet",
    "legacy azure cni": "node_subnet",
    "node subnet": "node_subnet",
    "pod subnet": "pod_subnet_dynamic",
    "static": "pod_subnet_static",
    "static block": "pod_subnet_static",
    "static block allocation": "pod_subnet_static",
    "static pod subnet": "pod_subnet_static",
    "traditional azure cni": "node_subnet",
}


def parse_mode(text: str) -> Mode:
    """Return the mode that a name or a usual alias of it means.

    `azure cni` alone means Node Subnet, as `--network-plugin azure` does without a mode.

    Raises:
        InvalidQuery: No mode has such a name; the hint names the nearest.
    """
    words = " ".join(re.findall(r"[a-z0-9]+", text.lower()))
    known: dict[str, Mode] = {name.replace("_", " "): name for name in get_args(Mode)} | _ALIASES
    without_noise = re.sub(r"\b(mode|networking|network|the)\b", "", words)
    for candidate in (words, " ".join(without_noise.split())):
        if candidate in known:
            return known[candidate]
    nearest = difflib.get_close_matches(words, list(known), n=1, cutoff=0.5)
    names = ", ".join(f"`{name}`" for name in get_args(Mode))
    hint = f"Did you mean `{known[nearest[0]]}`? " if nearest else ""
    message = f"`{text}` is no address mode of AKS."
    raise InvalidQuery(message, hint=f"{hint}The modes are {names}.")
