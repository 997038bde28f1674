"""Fields that the API server drops: what the policy then means, and what was probably meant."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from topology.model import Document
from topology.policy.schema import Field, Unknown, unknown_fields
from topology.policy.validation.finding import Finding, find

__all__ = ["find_unknown"]

_RULE = re.compile(r"(?:^|\.)(ingress|egress)(Deny)?\[\d+\]$")
_CLOSE = 0.72
_FOR_CILIUM = {
    "from": "`fromEndpoints`",
    "ipBlock": "`fromCIDRSet` or `toCIDRSet` of the rule",
    "namespaceSelector": "a label `k8s:io.kubernetes.pod.namespace` in `matchLabels`",
    "podSelector": "`endpointSelector`",
    "ports": "`toPorts`",
    "to": "`toEndpoints`",
}
_FOR_KUBERNETES = {
    "endpointSelector": "`podSelector`",
    "fromEndpoints": "`from` with `podSelector`",
    "toEndpoints": "`to` with `podSelector`",
    "toPorts": "`ports`",
}
"""What the other kind of policy calls the same thing."""


def find_unknown(document: Document, schema: Field) -> Iterator[Finding]:
    """Yield a warning for every field that the API server drops.

    It drops them without an error for most clients; `kubectl apply` refuses them by default.
    """
    for unknown in unknown_fields(document.body, schema):
        message = (
            f"`{unknown.name}` is no field here, so the API server drops it: "
            f"{_consequence(unknown)}."
        )
        fix = _fix(unknown, schema)
        yield find(document, "unknown-field", unknown.path, message, fix, origin="schema")


def _place(unknown: Unknown) -> str:
    return unknown.path[: -len(unknown.name) - 1]


def _consequence(unknown: Unknown) -> str:
    place, kept = _place(unknown), {name for name in unknown.holder if name in unknown.known.fields}
    if rule := _RULE.search(place):
        return f"what is left of the rule {_rest(unknown, kept, deny=rule[2] is not None)}"
    if {"matchLabels", "matchExpressions"} <= set(unknown.known.fields):
        if not kept:
            return "the selector that is left is empty and selects every pod in its reach"
        return "the selector that is left selects more than it says"
    if ".toPorts[" in place or ".ports[" in place:
        return _without_port(unknown, place)
    return "it has no effect"


def _rest(unknown: Unknown, kept: set[str], *, deny: bool) -> str:
    """Say what a rule means without a field."""
    verb = "denies" if deny else "allows"
    ports = kept & {"toPorts", "ports", "icmps"}
    peers = {name for name in kept - ports if name.startswith(("from", "to"))}
    if not ports and not peers:
        is_plain = "ports" in unknown.known.fields
        return f"{verb} everything" if is_plain else f"{verb} nothing"
    if not peers:
        return f"{verb} its ports for any peer"
    if not ports and "port" in unknown.name.lower():
        return f"{verb} every port"
    return f"{verb} the same without that condition"


def _without_port(unknown: Unknown, place: str) -> str:
    if "Deny[" in place and unknown.name == "rules":
        return "the deny covers every request on its ports"
    if unknown.name.lower() == "endport":
        return "only the single port is meant"
    return "what is left has no such condition"


def _fix(unknown: Unknown, schema: Field) -> str:
    names = list(unknown.known.fields)
    folded = {re.sub(r"[-_]", "", name).lower(): name for name in names}
    plain = re.sub(r"[-_]", "", unknown.name).lower()
    if plain in folded:
        return f"Write `{folded[plain]}`."
    if "Deny[" in unknown.path and unknown.name == "toFQDNs":
        return (
            "Deny rules take no DNS names: deny addresses with `toCIDRSet`, or leave the name out "
            "of what `egress` allows."
        )
    if "Deny[" in unknown.path and unknown.name == "rules":
        return "Deny rules take no L7 rules: list the requests that may pass in an allow rule."
    is_plain = "podSelector" in schema.fields["spec"].fields
    words = _FOR_KUBERNETES if is_plain else _FOR_CILIUM
    if unknown.name in words:
        return f"Write {words[unknown.name]}: the two kinds of policy differ in it."
    begun = [name for short, name in folded.items() if len(plain) > 2 and short.startswith(plain)]
    if len(begun) == 1:
        return f"Write `{begun[0]}`."
    if near := get_close_matches(plain, folded, n=1, cutoff=_CLOSE):
        return f"Write `{folded[near[0]]}`."
    if {"matchLabels", "matchExpressions"} <= set(names):
        return f"Put labels into `matchLabels`: `matchLabels: {{{unknown.name}: ...}}`."
    if unknown.name == "policyTypes":
        return "Leave it out: a direction is restricted by having rules, or by `[{}]`."
    if homes := sorted(_homes(schema, unknown.name, "")):
        return f"Put it where it belongs: {' or '.join(f'`{home}`' for home in homes[:3])}."
    return f"Take it out, or write one of {', '.join(f'`{name}`' for name in sorted(names))}."


def _homes(field: Field, name: str, path: str) -> Iterator[str]:
    """Yield the places of a kind where a field of this name belongs."""
    for inner, known in field.fields.items():
        if path.startswith("specs"):
            return
        place = f"{path}.{inner}" if path else inner
        if inner == name:
            yield place
        yield from _homes(known, name, place)
    if field.item is not None:
        yield from _homes(field.item, name, f"{path}[]")
