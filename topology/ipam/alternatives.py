"""The same clusters in the other modes: what each would take, and what it gives and costs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from topology.errors import InvalidQuery
from topology.ipam.address_plan import AddressPlan
from topology.ipam.estate import Estate
from topology.ipam.layout import plan_estate
from topology.ipam.modes import MODES, Mode

__all__ = ["Alternative", "find_alternatives"]

_TRADES: dict[Mode, tuple[str, str]] = {
    "overlay": (
        "one address of the VNet per node; 5,000 nodes",
        "pods cannot be reached by their own address from outside, and firewalls see the node's",
    ),
    "pod_subnet_dynamic": (
        "pods are reached by their own address everywhere, and firewalls see it",
        "every pod takes an address of the VNet; no node auto-provisioning, no Static Egress "
        "Gateway, and no way to Overlay in place",
    ),
    "pod_subnet_static": (
        "as dynamic, and scales to a million pods: one mapping per /28",
        "whole /28 blocks per node; no Private Link Service, and no way to Overlay in place",
    ),
    "node_subnet": (
        "pods are reached by their own address in their VNet; it can move to Overlay in place",
        "every possible pod is reserved when a node joins; a legacy mode",
    ),
    "kubenet": ("as few addresses as Overlay", "retires on 2028-03-31, 400 nodes, no Cilium"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One mode for the clusters of a plan."""

    mode: Mode
    fits: bool
    addresses: int
    """Addresses that the VNets take; 0 when it does not fit."""
    gains: str
    costs: str
    reason: str = ""
    """Why it does not fit."""


def find_alternatives(estate: Estate) -> tuple[Alternative, ...]:
    """Return every mode that the clusters of an estate could all use instead of their own.

    Modes that retire are left out.
    """
    return tuple(_others(estate))


def _others(estate: Estate) -> Iterator[Alternative]:
    used = {cluster.mode for cluster in estate.clusters}
    for mode in MODES:
        if used == {mode} or mode == "kubenet" or not used:
            continue
        moved = replace(
            estate,
            clusters=tuple(
                replace(cluster, mode=mode, pod_subnet="", node_subnet="")
                for cluster in estate.clusters
            ),
        )
        gains, costs = _TRADES[mode]
        try:
            plan = plan_estate(moved)
        except InvalidQuery as error:
            yield Alternative(
                mode=mode, fits=False, addresses=0, gains=gains, costs=costs, reason=error.message
            )
            continue
        yield Alternative(
            mode=mode,
            fits=plan.fits,
            addresses=_taken(plan),
            gains=gains,
            costs=costs,
            reason="" if plan.fits else _why(plan),
        )


def _taken(plan: AddressPlan) -> int:
    return sum(net.num_addresses for vnet in plan.vnets for net in vnet.prefixes)


def _why(plan: AddressPlan) -> str:
    return plan.failure.reason if plan.failure else " ".join(plan.errors)
