"""Kinds of objects, by the names that kubectl and people give them."""

import difflib

from topology.errors import InvalidQuery

__all__ = ["POLICY_KINDS", "WORKLOAD_KINDS", "parse_kind"]

POLICY_KINDS = (
    "AuthorizationPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "NetworkPolicy",
    "PeerAuthentication",
    "RequestAuthentication",
)
WORKLOAD_KINDS = ("CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet")
_OTHERS = ("Namespace", "Node", "Pod", "Policy", "Problem", "Service", "Workload")
_ALIASES = {
    "app": "Workload",
    "application": "Workload",
    "ccnp": "CiliumClusterwideNetworkPolicy",
    "cj": "CronJob",
    "cnp": "CiliumNetworkPolicy",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "netpol": "NetworkPolicy",
    "no": "Node",
    "ns": "Namespace",
    "po": "Pod",
    "rs": "ReplicaSet",
    "sts": "StatefulSet",
    "svc": "Service",
}
_KNOWN = {kind.lower(): kind for kind in (*POLICY_KINDS, *WORKLOAD_KINDS, *_OTHERS)} | _ALIASES


def parse_kind(text: str) -> str:
    """Return a kind as Kubernetes writes it; empty for an empty text.

    `Policy` and `Workload` stand for every kind of them, `Problem` for faults in the input.

    >>> parse_kind("netpol"), parse_kind("policies")
    ('NetworkPolicy', 'Policy')

    Raises:
        InvalidQuery: No kind has such a name; the hint names the nearest.
    """
    word = "".join(text.lower().split()).replace("-", "").replace("_", "")
    if not word:
        return ""
    for form in (word, _singular(word)):
        if form in _KNOWN:
            return _KNOWN[form]
    nearest = difflib.get_close_matches(word, list(_KNOWN), n=1, cutoff=0.6)
    hint = f"Did you mean `{_KNOWN[nearest[0]]}`?" if nearest else ""
    message = f"`{text}` is no kind of object that is listed here."
    kinds = ", ".join(f"`{kind}`" for kind in _OTHERS)
    raise InvalidQuery(message, hint=hint or f"Kinds are {kinds} and the kinds of policies.")


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.removesuffix("s")
