"""Stub."""

from topology.model import Document, Problem
from topology.policy.rules import Context, Rule


def read_cilium_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    return (), ()
