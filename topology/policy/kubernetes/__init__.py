"""Kubernetes NetworkPolicy: from its objects to rules."""

from topology.policy.kubernetes.policy import parse_network_policy, read_network_policy
from topology.policy.kubernetes.schema import POLICY

__all__ = ["POLICY", "parse_network_policy", "read_network_policy"]
