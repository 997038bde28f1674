"""Kubernetes NetworkPolicy: from its objects to rules."""

from topology.policy.kubernetes.policy import read_network_policy

__all__ = ["read_network_policy"]
