"""Vectors of kinds that have no entry of their own: found by the words of the kind and its input.

A file of vectors may name the same rule in another way (`legacy_node_subnet`, `node_subnet_ips`).
What is read here is the same product code; a kind that no rule fits is skipped, not guessed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from topology.ipam import batches, capacity, components, egress, pools, sizing
from topology.ipam.modes import Mode, parse_mode
from topology.ipam.prefixes import prefix_for, size, subnet_prefix_for, usable

__all__ = ["infer"]

Given = Mapping[str, Any]
Got = dict[str, Any]
_MODES: tuple[tuple[str, Mode], ...] = (
    (r"static", "pod_subnet_static"),
    (r"dynamic|pod_subnet|batch", "pod_subnet_dynamic"),
    (r"kubenet|udr", "kubenet"),
    (r"overlay|pod_cidr|node_ip_only", "overlay"),
    (r"node_subnet|legacy|classic|azure_cni|traditional|flat", "node_subnet"),
)


def infer(kind: str, given: Given) -> Got | None:
    """Return the answer to a vector of an unnamed kind; None when no rule fits it."""
    mode = _mode(kind, given)
    for wanted, needed, compute in _RULES:
        if re.search(wanted, kind) and needed <= set(given):
            return compute(kind, given, mode)
    return None


def _mode(kind: str, given: Given) -> Mode | None:
    if "mode" in given:
        return parse_mode(str(given["mode"]))
    return next((mode for pattern, mode in _MODES if re.search(pattern, kind)), None)


def _surge(given: Given) -> pools.Surge:
    return pools.parse_surge(str(given.get("surge", given.get("max_surge", 0))))


def _pools(given: Given) -> list[pools.NodePool]:
    rows = given.get("pools")
    if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
        return [_pool({**given, **row}) for row in rows]
    if isinstance(rows, list):
        return [_pool({**given, "nodes": nodes}) for nodes in rows]
    return [_pool(given)]


def _pool(given: Given) -> pools.NodePool:
    nodes = int(given["nodes"]) + int(given.get("scale_out", given.get("extra_nodes", 0)))
    return pools.NodePool(nodes=nodes, max_pods=given.get("max_pods"), surge=_surge(given))


def _sized(_: str, given: Given, mode: Mode | None) -> Got | None:
    """Return what a mode needs for so many nodes."""
    if mode is None:
        return None
    pods = given.get("pods_per_node", given.get("pods"))
    extra = int(given.get("extra", given.get("ilb", given.get("internal_lbs", 0))))
    plan = sizing.size_cluster(
        mode,
        _pools(given),
        pods_per_node=pods if mode == "pod_subnet_dynamic" else None,
        extra=extra,
    )
    need = plan.needs[-1] if mode.startswith("pod_subnet") else plan.needs[0]
    answer = {
        "ips": need.addresses,
        "addresses": need.addresses,
        "required": need.addresses,
        "without_surge": need.without_surge,
        "min_prefix": need.prefix,
        "prefix": need.prefix,
        "node_ips": plan.needs[0].addresses,
        "node_prefix": plan.needs[0].prefix,
        "surge": plan.surge,
    }
    if mode in ("overlay", "kubenet"):
        answer |= {"pod_prefix": plan.needs[1].prefix, "pod_cidr_prefix": plan.needs[1].prefix}
    if "prefix" in given or "subnet_prefix" in given:
        free = usable(int(given.get("prefix", given.get("subnet_prefix"))))
        answer |= {"fits": free >= need.addresses, "ok": free >= need.addresses, "usable": free}
    return answer


def _fitting(_: str, given: Given, mode: Mode | None) -> Got | None:
    """Return how many nodes a subnet of a mode holds."""
    if mode is None:
        return None
    prefix = int(given.get("prefix", given.get("subnet_prefix", given.get("pod_cidr_prefix", 0))))
    role: capacity.Role = "node-subnet"
    if mode.startswith("pod_subnet"):
        role = "pod-subnet"
    elif "pod_cidr_prefix" in given:
        role = "pod-cidr"
    found = capacity.capacity_of(
        role,
        prefix,
        mode,
        max_pods=given.get("max_pods", 0),
        pods_per_node=given.get("pods_per_node"),
        surge=_surge(given),
    )
    return {"nodes": found.nodes, "max_nodes": found.nodes, "pods": found.nodes * found.max_pods}


def _per_node(_: str, given: Given, mode: Mode | None) -> Got | None:
    if mode == "pod_subnet_dynamic":
        held = batches.target(
            given.get("pods_per_node", given["max_pods"]), maximum=given.get("max_pods")
        )
        return {"target": held, "ips": held, "per_node": held}
    return None


def _outbound(_: str, given: Given, __: Mode | None) -> Got:
    pool = _pool(given)
    addresses = egress.snat_addresses(pool.total, given["ports_per_node"])
    needed = pool.total * given["ports_per_node"]
    return {"ips": addresses, "addresses": addresses, "needed": needed}


def _component(kind: str, given: Given, mode: Mode | None) -> Got | None:
    name = re.sub(r"_?(?:subnet|size|min|prefix|ok|valid)_?", " ", kind).strip()
    known = components.parse_component_name(given.get("service", name).replace("_", " "))
    row = components.service_subnets(known, int(given.get("count", 0)), mode)[0]
    answer: Got = {"min_prefix": row.prefix, "delegation": row.delegation, "name": row.subnet}
    if "prefix" in given:
        ok = given["prefix"] == row.prefix if row.exact else given["prefix"] <= row.prefix
        return answer | {"ok": ok, "fits": ok}
    return answer | {"prefix": row.prefix}


def _holds(_: str, given: Given, __: Mode | None) -> Got:
    """Return what a prefix holds, or which prefix holds a number."""
    if "prefix" in given:
        prefix = int(given["prefix"])
        total = size(prefix)
        return {"ips": total, "total": total, "addresses": total, "usable": usable(prefix)}
    wanted = int(given.get("ips", given.get("addresses", given.get("hosts", 0))))
    return {"prefix": subnet_prefix_for(wanted), "min_prefix": subnet_prefix_for(wanted),
            "prefix_ignoring_reserved": prefix_for(wanted)}  # fmt: skip


_Compute = Callable[[str, Given, Mode | None], Got | None]
_RULES: tuple[tuple[str, set[str], _Compute], ...] = (
    (r"snat|outbound", {"nodes", "ports_per_node"}, _outbound),
    (r"subnet|overlay|kubenet|legacy|static|dynamic|cni|upgrade", {"nodes", "prefix"}, _sized),
    (r"fit|max_nodes|nodes_in|capacity|how_many_nodes", {"prefix"}, _fitting),
    (r"fit|max_nodes|nodes_in|capacity|how_many_nodes", {"subnet_prefix"}, _fitting),
    (r"fit|max_nodes|nodes_in|capacity|how_many_nodes", {"pod_cidr_prefix"}, _fitting),
    (r"subnet|overlay|kubenet|legacy|static|dynamic|cni|upgrade|ips|need|size", {"nodes"}, _sized),
    (r"subnet|overlay|kubenet|legacy|static|dynamic|cni|upgrade|ips|need|size", {"pools"}, _sized),
    (r"per_node|target", {"max_pods"}, _per_node),
    (r"firewall|bastion|gateway|resolver|route_server|private_|agc|api_?server", set(), _component),
    (r"usable|ips|total|holds|size|prefix|subnet|cidr", {"prefix"}, _holds),
    (r"prefix|subnet|cidr|size", {"ips"}, _holds),
    (r"prefix|subnet|cidr|size", {"addresses"}, _holds),
)  # fmt: skip
"""Words of a kind and the fields of its input, with what computes it; the first fit counts."""
