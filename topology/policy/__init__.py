"""The policy engines: what network policies let through, and which rule decided."""

from topology.policy.engine import PolicyDecision, PolicyEngine, PortOutcome, Selection
from topology.policy.ports import PortSet
from topology.policy.profile import PROFILES, Profile
from topology.policy.verdict import HttpRequest, Layer, Verdict, combine

__all__ = [
    "PROFILES",
    "HttpRequest",
    "Layer",
    "PolicyDecision",
    "PolicyEngine",
    "PortOutcome",
    "PortSet",
    "Profile",
    "Selection",
    "Verdict",
    "combine",
]
