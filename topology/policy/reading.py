"""Every network policy of a cluster, read into rules."""

from collections.abc import Iterable
from ipaddress import ip_network

from topology.model import Cluster, Document, Network, Problem
from topology.policy.cilium import read_cilium_policy
from topology.policy.kubernetes import read_network_policy
from topology.policy.profile import Profile
from topology.policy.rules import CidrGroup, Context, Rule

__all__ = ["KINDS", "context_of", "read_policies", "read_policy"]

KINDS = ("CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy", "NetworkPolicy")


def read_policies(
    cluster: Cluster, documents: Iterable[Document], profile: Profile
) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    """Return the rules of all policies, in the order of policy and field, and what is wrong."""
    context = context_of(cluster, profile)
    rules: list[Rule] = []
    problems: list[Problem] = []
    for document in sorted(documents, key=lambda one: one.key):
        found, faults = read_policy(document, context)
        rules += found
        problems += faults
    return tuple(rules), tuple(problems)


def context_of(cluster: Cluster, profile: Profile) -> Context:
    """Return what the reading of a cluster's policies depends on besides the policies."""
    return Context(profile=profile, groups=_groups(cluster.documents), services=cluster.services)


def read_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    """Return the rules of one policy and what is wrong with it; other kinds have neither."""
    if document.kind == "NetworkPolicy" and document.api_version.startswith("networking"):
        return read_network_policy(document, context)
    if document.kind in KINDS and document.kind != "NetworkPolicy":
        return read_cilium_policy(document, context)
    return (), ()


def _groups(documents: Iterable[Document]) -> dict[str, CidrGroup]:
    groups = {}
    for document in documents:
        if document.kind != "CiliumCIDRGroup":
            continue
        spec = document.body.get("spec") or {}
        metadata = document.body.get("metadata") or {}
        groups[document.name] = CidrGroup(
            labels=metadata.get("labels") or {},
            networks=tuple(_networks(spec.get("externalCIDRs") or ())),
        )
    return groups


def _networks(written: Iterable[object]) -> Iterable[Network]:
    for text in written:
        try:
            yield ip_network(str(text), strict=False)
        except ValueError:
            continue
