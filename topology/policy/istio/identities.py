"""Who the peer is: principals, namespaces, service accounts and trust domains.

Source: istio pilot/pkg/security/authz/model/generator.go (the patterns) and
pilot/pkg/security/trustdomain/bundle.go (aliases). A principal is the peer certificate's SPIFFE
URI without `spiffe://`; a caller without certificate has none, and nothing here matches it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from topology.policy.istio.strings import matches

__all__ = [
    "LOCAL_TRUST_DOMAIN",
    "matches_namespace",
    "matches_principal",
    "matches_service_account",
    "matches_trust_domain",
    "with_aliases",
]

LOCAL_TRUST_DOMAIN = "cluster.local"
_PARTS = 5
"""`td/ns/NAMESPACE/sa/NAME` split at its slashes."""


def matches_principal(pattern: str, principal: str) -> bool:
    """Return whether a principal has the form that a value of `principals` describes.

    >>> matches_principal("*/sa/web", "cluster.local/ns/shop/sa/web")
    True
    >>> matches_principal("spiffe://cluster.local/ns/shop/sa/web", "cluster.local/ns/shop/sa/web")
    False
    """
    if pattern == "*":
        return True
    return matches(pattern, principal)


def matches_namespace(pattern: str, principal: str) -> bool:
    """Return whether a principal is of a namespace; `*` may stand anywhere in the value."""
    return _namespace(pattern).fullmatch("spiffe://" + principal) is not None


def matches_service_account(value: str, principal: str, *, policy_namespace: str) -> bool:
    """Return whether a principal is a service account, named `namespace/name` or `name`.

    Args:
        value: As the policy has it; without namespace it means the policy's own.
        principal: Of the caller.
        policy_namespace: Namespace that the policy stands in, the root namespace included.
    """
    namespace, slash, name = value.partition("/")
    if not slash:
        namespace, name = policy_namespace, value
    return _service_account(namespace, name).fullmatch("spiffe://" + principal) is not None


def matches_trust_domain(pattern: str, principal: str) -> bool:
    """Return whether a principal is of a trust domain."""
    domain, slash, _ = principal.partition("/")
    return bool(slash) and matches(pattern, domain)


def with_aliases(principals: Sequence[str], trust_domains: Sequence[str]) -> tuple[str, ...]:
    """Return principals of a policy, each also in the mesh's other trust domains.

    Args:
        principals: As the policy has them.
        trust_domains: The mesh's own trust domain, then its aliases.

    >>> with_aliases(["cluster.local/ns/a/sa/b"], ["td1", "cluster.local"])
    ('td1/ns/a/sa/b', 'cluster.local/ns/a/sa/b')
    """
    found: dict[str, None] = {}
    for principal in principals:
        parts = principal.split("/")
        own = len(parts) == _PARTS and parts[0] != "*"
        if own and (parts[0] == LOCAL_TRUST_DOMAIN or _is_among(parts[0], trust_domains)):
            for domain in trust_domains:
                kept = _has_suffix(domain, parts[0])
                found[principal if kept else "/".join([domain, *parts[1:]])] = None
        else:
            found[principal] = None
    return tuple(found)


def _is_among(domain: str, trust_domains: Sequence[str]) -> bool:
    return any(
        domain == other
        or _has_prefix(domain, other)
        or _has_prefix(other, domain)
        or _has_suffix(domain, other)
        or _has_suffix(other, domain)
        for other in trust_domains
    )


def _has_suffix(text: str, pattern: str) -> bool:
    return pattern.startswith("*") and text.endswith(pattern[1:])


def _has_prefix(text: str, pattern: str) -> bool:
    return pattern.endswith("*") and text.startswith(pattern[:-1])


@lru_cache(maxsize=4096)
def _namespace(pattern: str) -> re.Pattern[str]:
    # Unanchored on purpose, as Istio writes it: any part of the path after `/ns/` will do.
    middle = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.compile(f".*/ns/{middle}/.*", re.DOTALL)


@lru_cache(maxsize=4096)
def _service_account(namespace: str, name: str) -> re.Pattern[str]:
    return re.compile(
        f"spiffe://.+/ns/{re.escape(namespace)}/(.+/|)sa/{re.escape(name)}(/.+)?", re.DOTALL
    )
