"""How each kind of address-planning vector is put to the product's own functions."""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, ip_address
from typing import Any

from topology.ipam import batches, egress, hosts, pools, services, sizing, space, validation
from topology.ipam.prefixes import parse_network, prefix_for, size, usable
from topology.model import Network

__all__ = ["KINDS"]

Given = Mapping[str, Any]
Got = dict[str, Any]


def _networks(texts: Any) -> tuple[Network, ...]:
    listed = [texts] if isinstance(texts, str) else texts or []
    return tuple(parse_network(text) for text in listed)


def _v4(text: str) -> IPv4Network:
    network = parse_network(text)
    assert isinstance(network, IPv4Network)
    return network


def _texts(networks: Any) -> list[str | None]:
    return [None if network is None else str(network) for network in networks]


def _usable(given: Given) -> Got:
    return {"total": size(given["prefix"]), "usable": usable(given["prefix"])}


def _node_ip_only(given: Given) -> Got:
    fit = sizing.nodes_in_subnet(
        "overlay", given["prefix"], max_pods=given["max_pods"], surge=given.get("surge", 0)
    )
    return {"nodes": fit.nodes, "pods": fit.pods}


def _overlay_prefix(given: Given) -> Got:
    nodes = given["nodes"] + given.get("surge", 0)
    prefix = prefix_for(nodes * size(24))
    return {"prefix": prefix, "min_prefix": prefix}


def _preallocated(given: Given) -> Got:
    required = given["nodes_max_count"] * size(24)
    available = _v4(given["pod_cidr"]).num_addresses
    return {"required": required, "available": available, "fits": required <= available}


def _static_node(given: Given) -> Got:
    blocks = batches.static_blocks(given["max_pods"])
    free = blocks * batches.BATCH - 1
    return {"blocks": blocks, "pod_ips": free, "waste": free - given["max_pods"]}


def _static_pool(given: Given) -> Got:
    pool = pools.NodePool(
        nodes=given["nodes"],
        max_pods=given["max_pods"],
        surge=pools.parse_surge(str(given.get("surge", 1))),
    )
    plan = sizing.size_cluster("pod_subnet_static", [pool])
    need = next(need for need in plan.needs if need.role == "pod subnet")
    return {
        "ips": need.addresses,
        "min_prefix_ignoring_reserved": prefix_for(need.addresses),
        "min_prefix": need.prefix,
    }


def _static_nodes(given: Given) -> Got:
    fit = batches.static_nodes_in(given["subnet_prefix"], given["max_pods"])
    return {
        "blocks_total": fit.blocks,
        "nodes_optimistic": fit.optimistic,
        "nodes_conservative": fit.conservative,
    }


def _dynamic_batches(given: Given) -> Got:
    held = batches.batches_in(given["subnet_prefix"], given.get("batch", batches.BATCH))
    return {
        "usable": held.usable,
        "batches": held.batches,
        "usable_in_batches": held.addresses,
        "lost": held.lost,
        "max_nodes": held.batches,
    }


def _target(given: Given) -> int:
    return batches.target(
        given["demand"],
        batch=given.get("batch", batches.BATCH),
        buffer=given.get("buffer", 0.5),
        maximum=given.get("max"),
        exhausted=given.get("exhausted", False),
    )


def _release(given: Given) -> Got:
    wanted = _target(given)
    return {"target": wanted, "release": max(0, given["current_request"] - wanted)}


def _watermarks(given: Given) -> Got:
    low, high = batches.watermarks(given["batch"], given["min_free_fraction"])
    return {"min_free": low, "max_free": high}


def _surge(given: Given) -> Got:
    surge = pools.parse_surge(str(given["max_surge"]))
    each = [surge.of(nodes) for nodes in given["pools"]]
    one = each[0] if len(set(each)) == 1 else each
    return {"per_pool": one, "total": sum(each)}


def _machines(given: Given) -> Got:
    pool = pools.NodePool(nodes=given["pool"], surge=pools.parse_surge(str(given["max_surge"])))
    return {"total": pool.total, "allowed": pool.total <= pools.POOL_NODE_LIMIT}


def _app_gateway(given: Given) -> Got:
    addresses = services.app_gateway_addresses(
        given["instances"],
        private_frontend=given.get("private_frontend", False),
        generation=1 if str(given.get("sku", given.get("version", 2))).lstrip("v") == "1" else 2,
    )
    return {"ips": addresses, "min_prefix": prefix_for(addresses)}


def _shared_gateways(given: Given) -> Got:
    addresses = services.agc_shared_addresses(given["gateways"])
    return {"ips": addresses, "prefix": prefix_for(addresses)}


def _gateway_with_overlay(given: Given) -> Got:
    fault = services.agc_overlay_fault(given["prefix"])
    return {"ok": not fault, "error": fault}


def _headroom(given: Given) -> Got:
    room = egress.snat_headroom(
        given["ips"], given["ports_per_node"], given["nodes"], given["surge"]
    )
    return {
        "available": room.available,
        "needed": room.needed,
        "surge_needed": room.surge_needed,
        "excess": room.excess,
        "ok": room.enough,
    }


def _backends(given: Given) -> Got:
    configs = egress.backend_configurations(given["services"], given["ports"], given["nodes"])
    limit = egress.BACKEND_CONFIGURATIONS
    return {"configs": configs, "limit": limit, "ok": configs <= limit}


def _egress_prefix(given: Given) -> Got:
    nodes = services.static_egress_nodes(given["prefix"])
    return {"ips": nodes, "max_nodes": nodes}


_ROLES = (
    ("dns", "dns"), ("other", "other"), ("peer", "connected"), ("prem", "connected"),
    ("connected", "connected"), ("pod", "pod"), ("service", "service"), ("subnet", "subnet"),
    ("vnet", "vnet"),
)  # fmt: skip
"""A part of a field's name, and what the range in it is; the first that fits counts."""


def _ranges(given: Given) -> Got:
    found: dict[str, tuple[Network, ...]] = {}
    address = ""
    for key, value in given.items():
        role = next((role for part, role in _ROLES if part in key), None)
        if role is None:
            raise KeyError(key)
        if role == "dns":
            address = str(value or "")
        else:
            found[role] = found.get(role, ()) + _networks(value)
    # Pod ranges of other clusters may be the same: they exist in each cluster alone.
    ranges = validation.ClusterRanges(
        pod_cidrs=found.get("pod", ()),
        service_cidrs=found.get("service", ()),
        dns_service_ip=ip_address(address) if address else None,
        vnets=found.get("vnet", ()),
        subnets=found.get("subnet", ()),
        connected=found.get("connected", ()),
    )
    warned = bool(validation.range_warnings(ranges))
    return {"ok": not validation.range_faults(ranges), "warning": warned, "warn": warned}


def _expand(given: Given) -> Got:
    faults = validation.expansion_faults(
        parse_network(given["old"]),
        parse_network(given["new"]),
        windows=bool(given.get("windows", False)),
        dual_stack=bool(given.get("dual_stack", given.get("ipv6", False))),
        several=bool(given.get("multi_cidr", False)),
    )
    return {"ok": not faults}


def _free(given: Given) -> Got:
    free = space.free_prefixes(parse_network(given["parent"]), _networks(given["used"]))
    return {"free": _texts(free)}


def _sequence(given: Given) -> Got:
    got = space.allocate(
        parse_network(given["parent"]), _networks(given["used"]), given["want"], strategy="first"
    )
    return {"got": _texts(got)}


def _batch(given: Given) -> Got:
    parent, used = parse_network(given["parent"]), _networks(given["used"])
    got = space.allocate(parent, used, given["want"], strategy="first")
    complete = all(block is not None for block in got)
    taken = [block for block in got if block is not None] if complete else []
    return {"ok": complete, "free_after": _texts(space.free_prefixes(parent, [*used, *taken]))}


def _addresses(given: Given) -> Got:
    ranges = [(ip_address(a), ip_address(b)) for a, b in given.get("ranges_populated", [])]
    free = hosts.free_addresses(
        parse_network(given["prefix"]),
        [ip_address(text.split("/")[0]) for text in given["used"]],
        ranges=ranges,
        pool=given.get("pool", False),
    )
    return {"count": free.count, "first": None if free.first is None else str(free.first)}


def _one_space(given: Given) -> Got:
    own = given["vrf"]
    used = [address for vrf, address in given["used"] if vrf == own]
    ranges = [row[1:] for row in given.get("ranges_populated", []) if row[0] == own]
    return _addresses({"prefix": given["prefix"], "used": used, "ranges_populated": ranges})


def _utilisation(given: Given) -> Got:
    share = space.utilisation(parse_network(given["parent"]), _networks(given["children"]))
    return {"percent": int(share * 100)}


def _overlap(given: Given) -> Got:
    new = (ip_address(given["new"][0]), ip_address(given["new"][1]))
    existing = [(ip_address(a), ip_address(b)) for a, b in given["existing"]]
    return {"conflict": any(hosts.ranges_overlap(new, other) for other in existing)}


def _contained(given: Given) -> Got:
    ranges = [(ip_address(a), ip_address(b)) for a, b in given["ranges"]]
    return {"indices": list(hosts.ranges_within(parse_network(given["prefix"]), ranges))}


def _hierarchy(given: Given) -> Got:
    rows = space.hierarchy(_networks(given["prefixes"]))
    return {"depth": [row[0] for row in rows], "children": [row[1] for row in rows]}


def _next(given: Given) -> Got:
    strategy = "best" if given.get("smallest") else "last" if given.get("reverse") else "first"
    block = space.take(
        parse_network(given["parent"]),
        _networks(given["used"]),
        given["want"],
        strategy=strategy,  # type: ignore[arg-type]
    )
    return {"cidr": None if block is None else str(block), "error": block is None}


def _carve(given: Given) -> Got:
    return {"cidrs": _texts(space.carve(parse_network(given["base"]), given["newbits"]))}


def _carve_named(given: Given) -> Got:
    cut = space.carve(parse_network(given["base"]), given["newbits"])
    named = zip(given["names"], cut, strict=True)
    return {"map": {name: str(block) for name, block in named if name is not None}}


KINDS: dict[str, Callable[[Given], Got]] = {
    "agc_overlay_subnet_ok": _gateway_with_overlay,
    "agc_subnet_shared_flat": _shared_gateways,
    "aks_cidr_valid": _ranges,
    "allocate_batch_atomic": _batch,
    "allocate_sequence_first_fit": _sequence,
    "apiserver_subnet_clusters": lambda given: {
        "usable": usable(given["prefix"]),
        "clusters": services.private_clusters_in(given["prefix"]),
    },
    "appgw_subnet": _app_gateway,
    "available_ips": _addresses,
    "available_prefixes": _free,
    "cidrsubnets": _carve,
    "cidrsubnets_keep_hole": _carve_named,
    "container_utilisation": _utilisation,
    "dns_resolver_subnet": lambda given: {
        "ok": not services.dns_resolver_fault(_v4(given["subnet"]))
    },
    "dynamic_subnet_batches": _dynamic_batches,
    "free_space_must_use_difference": _free,
    "hierarchy": _hierarchy,
    "kubenet_node_cidr": lambda given: {
        "cidr": str(batches.node_range(_v4(given["pod_cidr"]), given["node_index"]))
    },
    "kubenet_range_pods": lambda given: {"pods": given["nodes"] * given["max_pods"]},
    "lb_backend_ip_configs": _backends,
    "max_nodes_udr_routes": lambda given: {"nodes": given["routes_per_table"]},
    "min_max_pods": lambda given: {
        "ok": pools.room_for_system_pods(given["nodes_in_pool"], given["max_pods"])
    },
    "min_user_pools": lambda given: {"pools": pools.pools_for(given["nodes"], given["per_pool"])},
    "natgw_ports": lambda given: {"ports": egress.nat_gateway_ports(given["ips"])},
    "next_available": _next,
    "next_available_none": _next,
    "nodes_fit_node_ip_only": _node_ip_only,
    "overlay_max_nodes_by_cidr": lambda given: {
        "nodes": batches.nodes_in_pod_cidr(given["pod_cidr_prefix"])
    },
    "overlay_min_prefix": _overlay_prefix,
    "overlay_preallocated": _preallocated,
    "pod_cidr_expand": _expand,
    "pool_release": _release,
    "pool_target": lambda given: {"target": _target(given)},
    "pool_watermarks": _watermarks,
    "range_contained": _contained,
    "range_overlap": _overlap,
    "snat_default_ports": lambda given: {"ports": egress.default_ports(given["nodes"])},
    "snat_headroom": _headroom,
    "snat_max_nodes": lambda given: {
        "nodes": egress.snat_max_nodes(given["ips"], given["ports_per_node"])
    },
    "static_block_max_nodes": _static_nodes,
    "static_block_per_node": _static_node,
    "static_block_pool": _static_pool,
    "static_egress_prefix": _egress_prefix,
    "surge_nodes": _surge,
    "usable": _usable,
    "vmss_limit": _machines,
    "vrf_isolation": _one_space,
}
