"""Validation: what would be refused, dropped or misread of a policy, and what to write instead."""

from topology.policy.validation.finding import Finding, find, in_order

__all__ = ["Finding", "find", "in_order"]
