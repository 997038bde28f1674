"""What a request leaves out that no reader can make up: whose tokens, which workload, which way."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tools.intents.phrases import say_party
from topology.authoring import Anyone, Intent, Pods

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["ask_for_issuer", "ask_for_more", "ask_for_subject", "both_ways", "requirement"]

_TELLS_OF_POLICY = re.compile(
    r"\b(?:the|this|another|next|following)\s+(?:\w+\s+){0,3}(?:examples?|polic(?:y|ies)|rules?)\b"
    r"|\b(?:restrict|apply)\s+polic(?:y|ies)\b",
    re.I,
)
_UNNAMED = re.compile(
    r"\bthe\s+(?P<what>workloads?|service|application|server|pods?)"
    r"(?=\s+(?:with\s*:|when\b|if\b))",
    re.I,
)
_REQUIRES = re.compile(r"\b(?:from|to)Requires\b")
_TWO_WAY = re.compile(
    r"\b(?:restrict|limit|confine)\w*\b[^.;]*\bto\s+(?:only\s+)?"
    r"(?:communicat|interact|exchang)\w*\b[^.;]*\bwith\b",
    re.I,
)
_ROOT = "istio-system"


def ask_for_more(request: str, *, named: bool) -> str:
    """Return what to ask about a text that tells of a policy and yet could not be read.

    Args:
        request: As a person wrote it.
        named: Whether it names anything of the network.
    """
    unnamed = _UNNAMED.search(request)
    if named and unnamed:
        return f"Which one is meant by `{unnamed[0]}`? Name it, or give its labels and namespace."
    if not named and _TELLS_OF_POLICY.search(request):
        return (
            "It tells about a policy, but names no pods, namespace, Service or address whose "
            "traffic it is about. Name both ends, as in `only pods labelled app=a in namespace n "
            "may reach pods labelled app=b in namespace n on port 8080`."
        )
    return ""


def ask_for_subject(intent: Intent) -> str:
    """Return the question whom a limit is for, where `only` is said of nobody in particular."""
    if intent.exact or intent.namespace or intent.kinds:
        return ""
    for clause in intent.clauses:
        subjects = clause.sources if clause.side == "egress" else clause.destinations
        if clause.effect == "allow" and clause.only and clause.side and subjects == (Anyone(),):
            way = "outgoing" if clause.side == "egress" else "incoming"
            return (
                f"Whose {way} traffic is limited? Name workloads or a namespace, or say `every pod "
                "in every namespace`."
            )
    return ""


def ask_for_issuer(network: "Network", intent: Intent) -> str:
    """Return the question whose tokens count, where a token is asked for and nothing says it."""
    if intent.exact or intent.issuers:
        return ""
    known = {one.namespace for one in network.cluster.policies if _checks_tokens(one.body)}
    for clause in intent.clauses:
        if not clause.traffic.tokens or any(one.issuers for one in clause.traffic.tokens):
            continue
        for party in clause.destinations:
            spaces = set(party.namespaces or ()) if isinstance(party, Pods) else set()
            if not (spaces & known or _ROOT in known):
                return (
                    f"No RequestAuthentication says whose tokens count for {say_party(party)}, so "
                    "every request would be refused. Of which issuer are they? Say `with a token "
                    "issued by https://...`."
                )
    return ""


def _checks_tokens(body: object) -> bool:
    if not isinstance(body, dict) or body.get("kind") != "RequestAuthentication":
        return False
    return bool((body.get("spec") or {}).get("jwtRules"))


def requirement(request: str, heard: str) -> str:
    """Return the question about a request for requirements on labels, which open nothing."""
    if not _REQUIRES.search(request):
        return ""
    return (
        "`fromRequires` and `toRequires` open nothing, they only limit what other rules allow, and "
        f"Cilium 1.19 has none of them; no draft uses them. Is this meant instead: {heard}"
    )


def both_ways(request: str, intent: Intent) -> Iterator[Intent]:
    """Yield the other reading of `restrict a to communicate with b`: who may call a, as well."""
    if len(intent.clauses) != 1 or not _TWO_WAY.search(request):
        return
    (clause,) = intent.clauses
    if clause.only and clause.side == "egress":
        back = replace(
            clause, sources=clause.destinations, destinations=clause.sources, side="ingress"
        )
        yield replace(intent, clauses=(clause, back))
