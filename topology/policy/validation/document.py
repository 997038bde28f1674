"""Everything that can be said of one policy by itself."""

import re
from collections.abc import Callable, Iterator, Mapping

from topology.load.kinds import GROUPS
from topology.model import Document, Network
from topology.policy.cilium import parse_cilium_policy, schema_for
from topology.policy.fields import Fault, quoted
from topology.policy.istio.validation import validate as validate_istio
from topology.policy.kubernetes import POLICY, parse_network_policy
from topology.policy.profile import Profile, profile_named
from topology.policy.rules import Context
from topology.policy.schema import limits
from topology.policy.validation import kubernetes
from topology.policy.validation.aks import find_restrictions, find_shadowed_ranges
from topology.policy.validation.finding import Finding, Origin, Severity, find, in_order
from topology.policy.validation.traps import find_traps
from topology.policy.validation.unknown import find_unknown

__all__ = ["is_policy", "validate"]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 253
_VERSIONS = {
    "cilium.io": ("cilium.io/v2",),
    "networking.k8s.io": ("networking.k8s.io/v1",),
    "security.istio.io": ("security.istio.io/v1", "security.istio.io/v1beta1"),
}

_Check = Callable[[Document, Profile, tuple[Network, ...]], Iterator[Finding]]


def is_policy(kind: str) -> bool:
    """Return whether policies of this kind can be validated."""
    return kind in _CHECKS


def validate(
    document: Document, profile: Profile | str = "1.18", *, networks: tuple[Network, ...] = ()
) -> tuple[Finding, ...]:
    """Return everything wrong or doubtful in a policy, in the order of its lines.

    What is refused here by Cilium or Kubernetes is what the engine sets aside, as both ask the
    same reader. Findings of the origin `schema` are the API server's, which stands before it.

    Args:
        document: A policy; any other kind has no findings.
        profile: Whose strictness: `1.18`, `1.19` or `kubernetes`.
        networks: Where pods and nodes are, if known: a CIDR never matches them in Cilium.
    """
    check = _CHECKS.get(document.kind)
    if check is None:
        return ()
    found = check(document, profile_named(profile), networks)
    return in_order([*_of_object(document), *found])


def _of_object(document: Document) -> Iterator[Finding]:
    """Yield what the API server says of any object."""
    taken = _VERSIONS[GROUPS[document.kind][0]]
    if document.api_version not in taken:
        yield find(
            document,
            "api-version",
            "apiVersion",
            f"{quoted(document.api_version or '')} is no version of {document.kind}.",
            f"Write `apiVersion: {taken[0]}`.",
            origin="schema",
            severity="error",
        )
    name = document.name
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        yield find(
            document,
            "metadata-name",
            "metadata.name",
            f"{quoted(name)} is no name of an object.",
            "Write at most 253 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or "
            "digit.",
            origin="schema",
            severity="error",
        )


def _of_cilium(
    document: Document, profile: Profile, networks: tuple[Network, ...]
) -> Iterator[Finding]:
    schema = schema_for(profile)
    _, faults = parse_cilium_policy(document, Context(profile=profile))
    yield from (_refusal(document, fault, "cilium") for fault in faults)
    for fault in limits(document.body, schema):
        if not _is_said(fault, faults):
            yield _of_schema(document, fault)
    yield from find_unknown(document, schema)
    yield from find_traps(document, profile)
    yield from find_restrictions(document)
    yield from find_shadowed_ranges(document, networks)


def _of_kubernetes(
    document: Document, profile: Profile, networks: tuple[Network, ...]
) -> Iterator[Finding]:
    _, faults = parse_network_policy(document, Context(profile=profile))
    yield from (_refusal(document, fault, "kubernetes") for fault in faults)
    yield from find_unknown(document, POLICY)
    yield from kubernetes.find_traps(document)
    if not profile.cidr_selects_pods:
        yield from find_shadowed_ranges(document, networks)


def _of_istio(
    document: Document, profile: Profile, networks: tuple[Network, ...]
) -> Iterator[Finding]:
    yield from validate_istio(document)


def _refusal(document: Document, fault: Fault, origin: Origin) -> Finding:
    return find(
        document, fault.code, fault.path, fault.message, fault.fix, origin=origin, severity="error"
    )


def _of_schema(document: Document, fault: Fault) -> Finding:
    # A format is checked by some API servers only, and Cilium itself takes a bare address.
    severity: Severity = "warning" if fault.code == "schema-format" else "error"
    return find(
        document,
        fault.code,
        fault.path,
        fault.message,
        fault.fix,
        origin="schema",
        severity=severity,
    )


def _is_said(fault: Fault, refused: tuple[Fault, ...]) -> bool:
    """Return whether Cilium's parser refuses the same, in words of its own."""
    return any(
        fault.path == other.path
        or (other.code in ("label-selector", "wrong-type") and fault.path.startswith(other.path))
        for other in refused
    )


_CHECKS: Mapping[str, _Check] = {
    "AuthorizationPolicy": _of_istio,
    "CiliumClusterwideNetworkPolicy": _of_cilium,
    "CiliumNetworkPolicy": _of_cilium,
    "NetworkPolicy": _of_kubernetes,
    "PeerAuthentication": _of_istio,
    "RequestAuthentication": _of_istio,
}
