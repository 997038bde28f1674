"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: from their objects to rules."""

from topology.policy.cilium.policy import read_cilium_policy

__all__ = ["read_cilium_policy"]
