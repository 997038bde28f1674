"""Writing policies: what is asked for, what must then hold, the documents, and their proof."""

from topology.authoring.contract import Contract, Demand
from topology.authoring.intent import (
    Accounts,
    Anyone,
    Clause,
    DnsNames,
    Entities,
    Intent,
    Kind,
    LabelTest,
    Networks,
    Nodes,
    Party,
    Pods,
    PortSpan,
    RequestTest,
    ServiceParty,
    TokenTest,
    Traffic,
)

__all__ = [
    "Accounts",
    "Anyone",
    "Clause",
    "Contract",
    "Demand",
    "DnsNames",
    "Entities",
    "Intent",
    "Kind",
    "LabelTest",
    "Networks",
    "Nodes",
    "Party",
    "Pods",
    "PortSpan",
    "RequestTest",
    "ServiceParty",
    "TokenTest",
    "Traffic",
]
