"""Istio: mutual TLS and authorization, as the proxy in front of a workload decides them."""

from topology.policy.istio.authorization import Authorization
from topology.policy.istio.connection import Connection
from topology.policy.istio.engine import MeshDecision, MeshPolicies
from topology.policy.istio.index import MeshSelection
from topology.policy.istio.mesh import MeshSettings
from topology.policy.istio.requests import Caller
from topology.policy.istio.truth import Truth

__all__ = [
    "Authorization",
    "Caller",
    "Connection",
    "MeshDecision",
    "MeshPolicies",
    "MeshSelection",
    "MeshSettings",
    "Truth",
]
