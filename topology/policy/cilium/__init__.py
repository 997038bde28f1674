"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: from their objects to rules."""

from topology.policy.cilium.policy import parse_cilium_policy, read_cilium_policy, schema_for

__all__ = ["parse_cilium_policy", "read_cilium_policy", "schema_for"]
