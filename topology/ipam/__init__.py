"""Address planning for AKS: sizes, ranges and free space, as pure functions."""

from topology.ipam.modes import MODES, Mode, ModeFacts, parse_mode
from topology.ipam.plan import Conflict, Need, Plan
from topology.ipam.pools import NodePool, Surge, parse_pool, parse_surge, split_nodes
from topology.ipam.prefixes import (
    parse_network,
    parse_prefix,
    prefix_for,
    subnet_prefix_for,
    usable,
)
from topology.ipam.references import Reference
from topology.ipam.sizing import NodesThatFit, nodes_in_subnet, size_cluster

__all__ = [
    "MODES",
    "Conflict",
    "Mode",
    "ModeFacts",
    "Need",
    "NodePool",
    "NodesThatFit",
    "Plan",
    "Reference",
    "Surge",
    "nodes_in_subnet",
    "parse_mode",
    "parse_network",
    "parse_pool",
    "parse_prefix",
    "parse_surge",
    "prefix_for",
    "size_cluster",
    "split_nodes",
    "subnet_prefix_for",
    "usable",
]
