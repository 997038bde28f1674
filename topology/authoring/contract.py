"""The contract of a policy: connections that must be open, and others that must be closed."""

from dataclasses import dataclass

from topology.model import Protocol
from topology.policy.kafka import KafkaRequest
from topology.policy.verdict import HttpRequest

__all__ = ["Contract", "Demand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One request between ends that exist, as `netassist reach` writes them."""

    source: str
    """`namespace/workload`, `service:namespace/name`, an address, a CIDR, a DNS name, an entity."""
    destination: str
    port: int | None = None
    """None for every port of the protocol."""
    protocol: Protocol = "TCP"
    http: HttpRequest | None = None
    dns: str = ""
    """The name that is asked for, where the connection is a DNS query."""
    kafka: KafkaRequest | None = None
    """The request to the broker, where the connection is one to Kafka."""
    because: str = ""
    """The clause that asks for it, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a draft is held to; everything that it does not name must stay as it was."""

    must_allow: tuple[Demand, ...] = ()
    must_deny: tuple[Demand, ...] = ()
