"""Repairs of L7 rules and names that take a computation: from the policy itself, pods and calls."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from topology.calls import calls
from topology.model import Document
from topology.policy.labels import NAMESPACE
from topology.policy.regex import compile_regex
from topology.policy.validation import Finding
from topology.policy.validation.rules_of import mappings, rules_of
from topology.review.context import Placed, ReviewContext
from topology.review.edits import dropped, edited, field_at, new_policy
from topology.review.finding import Repair
from topology.review.handles import principal_of

__all__ = ["as_expression", "in_mesh", "named", "of_namespaces", "only_needed", "without_rules"]

_CLUSTER_NAMES = "*.*.svc.cluster.local"
_SPACE = f"k8s:{NAMESPACE}"
_SIDES = {"ingress": "from", "egress": "to"}


def without_rules(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Take the L7 rules off a port, so that only the port is restricted."""
    place = finding.path.partition(".rules")[0]
    if not field_at(document.body, f"{place}.rules"):
        return Repair(text=finding.fix)
    return Repair(text=finding.fix, add=(dropped(document, f"{place}.rules"),))


def as_expression(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Write a host with a `*`, as in a certificate, as the expression that it was meant as."""
    written = str(field_at(document.body, finding.path))
    new = re.sub(r"(?<!\\)\.", r"\.", written).replace("*", ".*")
    if not re.fullmatch(r"[\w.*-]+", written) or compile_regex(new) is None:
        return Repair(text=finding.fix, obstacle="what was meant can only be guessed")
    text = f"Write `{new}`, if any name of that form is meant."
    return Repair(text=text, add=(edited(document, finding.path, new),))


def named(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Let just the names be looked up that the policy allows, and those of the cluster."""
    place = finding.path.partition(".rules.dns")[0]
    names = [
        dict(name)
        for item in rules_of(document)
        for name, path in mappings(item.body.get("toFQDNs"), f"{item.path}.toFQDNs")
    ]
    if not names or not finding.path.count(".rules.dns"):
        reason = "the policy allows no names, so which ones are needed the input does not tell"
        return Repair(text=finding.fix, obstacle=reason)
    unique = [one for number, one in enumerate(names) if one not in names[:number]]
    new = [*unique, {"matchPattern": _CLUSTER_NAMES}]
    text = "Let the names be looked up that `toFQDNs` allows, and those of the cluster."
    return Repair(text=text, add=(edited(document, f"{place}.rules.dns", new),))


def only_needed(context: ReviewContext, document: Document, path: str) -> Repair:
    """Name the hosts that the selected workloads announce to call, in the place of a pattern.

    Args:
        context: The cluster.
        document: The policy.
        path: Of the item of `toFQDNs`.
    """
    text = "Name the domains that are needed: `*.example.com`."
    own = set(context.workloads_at(_selected(context, document)))
    hosts = sorted(
        {
            one.host
            for one in calls(context.cluster)
            if one.outside and one.caller.full_name in own and "." in one.host
        }
    )
    if not hosts:
        reason = "no workload that it selects announces which names it calls"
        return Repair(text=text, obstacle=reason)
    holder, number = path.rpartition("[")[0], int(path.rpartition("[")[2].rstrip("]"))
    items = list(field_at(document.body, holder))
    items[number : number + 1] = [{"matchName": one} for one in hosts]
    shown = ", ".join(f"`{one}`" for one in hosts)
    text = f"Name what the workloads' environment says they call: {shown}."
    return Repair(text=text, add=(edited(document, holder, items),))


def _selected(context: ReviewContext, document: Document) -> int:
    """Return the pods that a policy selects, as positions of the axis."""
    numbers = {
        number for one in context.placed if one.document is document for number in one.numbers
    }
    return sum(1 << number for number in numbers)


def of_namespaces(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Write a CiliumNetworkPolicy in each namespace in the place of a clusterwide policy."""
    text = finding.fix
    spaces = sorted({pod.namespace for pod in context.pods_at(_selected(context, document))})
    spec = document.body.get("spec")
    if not spaces or not isinstance(spec, Mapping) or "endpointSelector" not in spec:
        return Repair(text=text, obstacle="it selects no pod of the input")
    add = []
    for space in spaces:
        own = {key: _everywhere(key, value) for key, value in spec.items()}
        add.append(new_policy("CiliumNetworkPolicy", space, document.name, own, like=document))
    return Repair(text=text, add=tuple(add), remove=(document.key,), promise="no-change")


def _everywhere(section: str, value: Any) -> Any:
    """Return rules whose peers are of any namespace, as those of a clusterwide policy are."""
    side = _SIDES.get(section.removesuffix("Deny"))
    if side is None or not isinstance(value, list):
        return value
    found = []
    for rule in value:
        rule = dict(rule)
        peers = rule.get(f"{side}Endpoints")
        if isinstance(peers, list):
            rule[f"{side}Endpoints"] = [_of_any_namespace(one or {}) for one in peers]
        found.append(rule)
    return found


def _of_any_namespace(selector: Mapping[str, Any]) -> dict[str, Any]:
    labels = selector.get("matchLabels") or {}
    expressions = list(selector.get("matchExpressions") or ())
    keys = [*labels, *(one.get("key", "") for one in expressions)]
    if any(str(key).endswith(NAMESPACE) or "namespace.labels" in str(key) for key in keys):
        return dict(selector)
    expressions.append({"key": _SPACE, "operator": "Exists"})
    return {**selector, "matchExpressions": expressions}


def in_mesh(context: ReviewContext, placed: Placed) -> Repair:
    """Restrict the port in the network policy, and the requests in an AuthorizationPolicy."""
    text = "Restrict the port here, and the requests in an AuthorizationPolicy."
    document, path = placed.document, placed.rule.path
    ends = context.ends(placed.compiled)
    callers = list(context.pods_at(ends))
    written = field_at(document.body, f"{path}.rules.http") or ()
    operations = [one for rule in written for one in _operations(rule, placed)]
    principals = sorted(filter(None, {principal_of(context, pod) for pod in callers}))
    labels = (field_at(document.body, "spec.endpointSelector") or {}).get("matchLabels")
    if None in operations or not principals or not labels or ends & ~context.all_pods:
        reason = "its expressions or callers cannot be written as an AuthorizationPolicy has them"
        return Repair(text=text, obstacle=reason)
    rules: list[dict[str, Any]] = [
        {
            "from": [{"source": {"principals": principals}}],
            "to": [{"operation": one} for one in operations],
        }
    ]
    ports = sorted({port for one in operations if one for port in one.get("ports", ())})
    if ports:
        # An ALLOW for one port would close the others, of which nothing was said.
        rules.append({"to": [{"operation": {"notPorts": ports}}]})
    spec = {
        "selector": {"matchLabels": {str(key).removeprefix("k8s:"): labels[key] for key in labels}},
        "action": "ALLOW",
        "rules": rules,
    }
    policy = new_policy(
        "AuthorizationPolicy", document.namespace, f"{document.name}-requests", spec, like=document
    )
    return Repair(text=text, add=(dropped(document, f"{path}.rules"), policy))


def _operations(rule: Mapping[str, Any], placed: Placed) -> Iterator[dict[str, Any] | None]:
    """Yield an HTTP rule as an operation of Istio; None where it cannot be said."""
    operation: dict[str, Any] = {}
    if set(rule) - {"method", "path"}:
        yield None
        return
    if rule.get("method"):
        methods = str(rule["method"]).split("|")
        if not all(one.isalpha() for one in methods):
            yield None
            return
        operation["methods"] = methods
    if rule.get("path"):
        path = _plain_path(str(rule["path"]))
        if path is None:
            yield None
            return
        operation["paths"] = [path]
    ports = [str(one.first) for one in placed.rule.ports or () if not one.name]
    if ports:
        operation["ports"] = ports
    yield operation


def _plain_path(expression: str) -> str | None:
    """Return the path that an expression means, with `*` at its end for any rest."""
    head, rest = expression, ""
    if expression.endswith(".*"):
        head, rest = expression[:-2], "*"
    plain = re.sub(r"\\(\W)", r"\1", head)
    literal = re.sub(r"\\\W", "", head)
    return f"{plain}{rest}" if not re.search(r"[*+?()\[\]{}|^$\\]", literal) else None
