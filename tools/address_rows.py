"""Sizes of subnets as data for results: plain texts and numbers."""

from pydantic import BaseModel, ConfigDict

from topology.ipam import Mode, Plan
from topology.ipam.components import ServiceSubnet

__all__ = ["NeedRow", "PlanRow", "ServiceRow", "service_row", "size_row"]


class NeedRow(BaseModel):
    """One range of a plan."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    role: str
    addresses: int
    without_surge: int
    prefix: str | None
    usable: int
    headroom: int
    formula: str
    source: str
    url: str


class PlanRow(BaseModel):
    """What one mode needs."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    mode: Mode
    title: str
    nodes: int
    surge: int
    fits: bool
    needs: tuple[NeedRow, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    conflicts: tuple[str, ...]
    assumptions: tuple[str, ...]


class ServiceRow(BaseModel):
    """The subnet of one Azure service."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    service: str
    prefix: str
    rule: str
    source: str
    subnet: str
    """The name that it must have, or one that says what it is for."""
    delegation: str
    exact: bool
    """Whether no other prefix will do."""


def service_row(subnet: ServiceSubnet) -> ServiceRow:
    """Return the subnet of a service as data."""
    return ServiceRow(
        service=subnet.service,
        prefix=f"/{subnet.prefix}",
        rule=subnet.rule,
        source=str(subnet.source),
        subnet=subnet.subnet,
        delegation=subnet.delegation,
        exact=subnet.exact,
    )


def size_row(plan: Plan) -> PlanRow:
    """Return the sizes of one mode as data."""
    needs = tuple(
        NeedRow(
            role=need.role,
            addresses=need.addresses,
            without_surge=need.without_surge,
            prefix=None if need.prefix is None else f"/{need.prefix}",
            usable=need.usable,
            headroom=need.headroom,
            formula=need.formula,
            source=str(need.source),
            url=need.source.url,
        )
        for need in plan.needs
    )
    return PlanRow(
        mode=plan.mode,
        title=plan.title,
        nodes=plan.nodes,
        surge=plan.surge,
        fits=plan.fits,
        needs=needs,
        problems=plan.problems,
        warnings=plan.warnings,
        conflicts=tuple(str(conflict) for conflict in plan.conflicts),
        assumptions=plan.assumptions,
    )
