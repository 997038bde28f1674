"""What a Cilium policy says that is allowed and yet rarely meant: only what is certain.

The items of `cilium-semantics` are named by number where a check rests on one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from topology.model import Document
from topology.policy.labels import NAMESPACE, NAMESPACE_NAME, split_key
from topology.policy.profile import Profile
from topology.policy.validation.finding import Finding, find
from topology.policy.validation.port_traps import find_port_traps
from topology.policy.validation.rules_of import Item, mappings, rules_of, specs_of, strings

__all__ = ["find_traps"]

_EMPTY_LISTS = ("Endpoints", "Entities", "CIDR", "CIDRSet")


def find_traps(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is likely not meant in a Cilium policy, told from the policy alone."""
    for spec, path in specs_of(document):
        yield from _of_spec(document, spec, path)
    for item in rules_of(document):
        for check in _CHECKS:
            yield from check(document, item)
        yield from _names(document, item, profile)
        yield from find_port_traps(document, item)


def _of_spec(document: Document, spec: Mapping[str, Any], path: str) -> Iterator[Finding]:
    chosen = spec.get("enableDefaultDeny")
    chosen = chosen if isinstance(chosen, Mapping) else {}
    for way in ("ingress", "egress"):
        if chosen.get(way) is True and not (spec.get(way) or spec.get(f"{way}Deny")):
            yield _say(
                document,
                "default-deny-idle",
                f"{path}.enableDefaultDeny.{way}",
                f"Without rules for {way} the flag has no effect, and {way} stays open.",
                f"Add `{way}: [{{}}]`, which denies all {way}.",
            )
        if spec.get(f"{way}Deny") and not spec.get(way) and chosen.get(way) is not False:
            yield _say(
                document,
                "deny-only",
                f"{path}.{way}Deny",
                f"Besides what it names, a policy with only {way}Deny denies all other {way} that "
                "no policy allows.",
                f"Write `enableDefaultDeny: {{{way}: false}}` to deny no more than is named.",
            )
    if document.namespace:
        yield from _subject(document, spec.get("endpointSelector"), f"{path}.endpointSelector")
    if spec.get("egress") and _uses_names(spec) and not _has_dns_rule(spec):
        yield _say(
            document,
            "fqdn-without-dns",
            f"{path}.egress",
            "The policy allows names with toFQDNs, which match only addresses that were looked up "
            "through the DNS proxy, and it has no rule that sends lookups there.",
            "Allow port 53 of kube-dns with `rules: {dns: [...]}` here, unless another policy "
            "does for the same pods.",
        )


def _subject(document: Document, selector: Any, path: str) -> Iterator[Finding]:
    """Item 18: a policy cannot leave its namespace."""
    for key, value, place in _labels(selector, path):
        source, name = split_key(key)
        if name != NAMESPACE or value == document.namespace:
            continue
        if source == "k8s":
            effect = f"is overwritten: the policy selects pods of `{document.namespace}`"
        else:
            effect = "can never hold: the policy selects no pod"
        yield _say(
            document,
            "subject-namespace",
            place,
            f"The namespace `{value}` in the selector of a policy in `{document.namespace}` "
            f"{effect}.",
            f"Move the policy to the namespace `{value}`.",
        )


def _empty(document: Document, item: Item) -> Iterator[Finding]:
    """Items 4, 37 and 89: what allows or denies nothing."""
    section = item.section
    if not item.body:
        if section.deny:
            message = f"An empty rule in {section.name} denies nothing."
            fix = f"Write `{section.side}Entities: [all]` to deny everything, or take it out."
        else:
            message = (
                f"An empty rule allows nothing: it is Cilium's default deny for {section.name}, "
                "while in a NetworkPolicy it would allow everything."
            )
            fix = f"Keep it to deny; write `{section.side}Entities: [all]` to allow everything."
        yield _say(document, "empty-rule", item.path, message, fix)
    for kind in _EMPTY_LISTS:
        field = f"{section.side}{kind}"
        if item.body.get(field) == []:
            yield _say(
                document,
                "empty-list",
                f"{item.path}.{field}",
                f"An empty `{field}` selects no peer at all, whatever else the rule says.",
                "Take the field out to mean any peer, or name some.",
            )


def _services(document: Document, item: Item) -> Iterator[Finding]:
    """Item 110."""
    if item.has("toServices") and item.has("toPorts"):
        yield _say(
            document,
            "services-wildcard",
            f"{item.path}.toServices",
            "As long as none of these Services exists, the rule opens its ports to every "
            "destination (Cilium issue 20067).",
            "Name the pods with `toEndpoints`.",
        )


def _peers(document: Document, item: Item) -> Iterator[Finding]:
    for kind in ("Endpoints", "Requires"):
        field = f"{item.section.side}{kind}"
        for selector, path in mappings(item.body.get(field), f"{item.path}.{field}"):
            yield from _of_selector(document, selector, path)
    field = f"{item.section.side}Entities"
    for name, path in strings(item.body.get(field), f"{item.path}.{field}"):
        if name in ("world-ipv4", "world-ipv6"):
            yield _say(
                document,
                "world-family",
                path,
                f"`{name}` matches nothing in a cluster with one address family.",
                "Write `world`, or a CIDR of all addresses: 0.0.0.0/0.",
            )


def _of_selector(document: Document, selector: Mapping[str, Any], path: str) -> Iterator[Finding]:
    labels = list(_labels(selector, path))
    names = {split_key(key)[1] for key, _, _ in labels}
    for key, value, place in labels:
        if split_key(key)[1] == NAMESPACE_NAME:
            shown = value or "NAME"
            yield _say(
                document,
                "namespace-label",
                place,
                f"`{key}` is a label of namespaces, and this selector looks at labels of pods.",
                f"Write `k8s:{NAMESPACE}: {shown}`.",
            )
    dns = any(split_key(key)[1] == "k8s-app" and value == "kube-dns" for key, value, _ in labels)
    elsewhere = document.namespace not in ("", "kube-system")
    if dns and elsewhere and not any(name == NAMESPACE or "namespace" in name for name in names):
        yield _say(
            document,
            "dns-namespace",
            path,
            f"Without a namespace the selector means pods of `{document.namespace}`, and kube-dns "
            "is in `kube-system`.",
            f"Add `k8s:{NAMESPACE}: kube-system` to its labels.",
        )


def _names(document: Document, item: Item, profile: Profile) -> Iterator[Finding]:
    """Item 63: what `**` means depends on the version."""
    found = list(mappings(item.body.get("toFQDNs"), f"{item.path}.toFQDNs"))
    for port, path in item.ports():
        rules = port.get("rules")
        if isinstance(rules, Mapping):
            found += mappings(rules.get("dns"), f"{path}.rules.dns")
    for name, path in found:
        if "**" in str(name.get("matchPattern") or "") and not profile.deep_wildcards:
            yield _say(
                document,
                "deep-wildcard",
                f"{path}.matchPattern",
                f"Up to Cilium 1.18 `**` means no more than `*`: part of one label of "
                f"`{name['matchPattern']}`.",
                "Write one pattern for each depth: `*.example.com`, `*.*.example.com`.",
            )


def _labels(selector: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield key, value (empty unless it must be that one) and path of each condition."""
    if not isinstance(selector, Mapping):
        return
    labels = selector.get("matchLabels")
    for key, value in (labels if isinstance(labels, Mapping) else {}).items():
        yield str(key), str(value), f"{path}.matchLabels.{key}"
    expressions = mappings(selector.get("matchExpressions"), f"{path}.matchExpressions")
    for expression, place in expressions:
        values = expression.get("values")
        single = isinstance(values, list) and len(values) == 1
        exact = single and expression.get("operator") == "In"
        if exact or split_key(str(expression.get("key")))[1] == NAMESPACE_NAME:
            value = str(values[0]) if exact and isinstance(values, list) else ""
            yield str(expression.get("key")), value, place


def _uses_names(spec: Mapping[str, Any]) -> bool:
    return any(rule.get("toFQDNs") for rule, _ in mappings(spec.get("egress"), ""))


def _has_dns_rule(spec: Mapping[str, Any]) -> bool:
    return any(
        isinstance(port.get("rules"), Mapping) and port["rules"].get("dns")
        for rule, _ in mappings(spec.get("egress"), "")
        for port, _ in mappings(rule.get("toPorts"), "")
    )


def _say(document: Document, code: str, path: str, message: str, fix: str) -> Finding:
    return find(document, code, path, message, fix, origin="review")


_CHECKS: tuple[Callable[[Document, Item], Iterator[Finding]], ...] = (_empty, _services, _peers)
