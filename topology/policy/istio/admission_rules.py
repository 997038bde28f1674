"""The rules of an AuthorizationPolicy as the admission webhook reads them.

Source: istio pkg/config/validation/validation.go and pkg/config/security/security.go.
"""

from collections.abc import Mapping
from typing import Any

from topology.policy.istio.admission_values import describe_fault
from topology.policy.istio.bodies import listing, mapping
from topology.policy.istio.complaints import Complaints

__all__ = ["check_rules"]

_SOURCE = (
    "principals",
    "requestPrincipals",
    "namespaces",
    "serviceAccounts",
    "trustDomains",
    "ipBlocks",
    "remoteIpBlocks",
)
_OPERATION = ("hosts", "ports", "methods", "paths")
_HTTP_SOURCE = "requestPrincipals"
_IDENTITY = (
    "principals",
    "requestPrincipals",
    "namespaces",
    "serviceAccounts",
    "trustDomains",
)
_KEYS = frozenset(
    {
        "source.ip",
        "remote.ip",
        "source.namespace",
        "source.serviceAccount",
        "source.principal",
        "source.trustDomain",
        "request.auth.principal",
        "request.auth.audiences",
        "request.auth.presenter",
        "destination.ip",
        "destination.port",
        "connection.sni",
    }
)
_BRACKETED = (
    "request.headers",
    "request.experimental.inline.headers",
    "request.auth.claims",
    "experimental.envoy.filters.",
)
_RETIRED = {
    "destination.namespace": "put the policy into that namespace",
    "destination.labels": "select by `selector.matchLabels`",
    "destination.name": "select by `selector.matchLabels`",
    "destination.user": "select by `selector.matchLabels`",
}
_MOST_ACCOUNTS = 16
_BASES = {
    "destination.ip": "ipBlocks",
    "destination.port": "ports",
    "remote.ip": "remoteIpBlocks",
    "source.ip": "ipBlocks",
    "source.serviceAccount": "serviceAccounts",
    "source.trustDomain": "trustDomains",
}
"""Keys of conditions whose values are read like those of a field."""


def check_rules(complaints: Complaints, given: Any, action: str) -> None:
    """Check every rule of a policy.

    Args:
        complaints: Takes what is found.
        given: `spec.rules` as written.
        action: Of the policy.
    """
    for path, rule in complaints.items(given, "spec.rules"):
        if rule is None:
            complaints.refuse(
                "empty-rule",
                path,
                f"`{path}` is empty.",
                "Write `{}` for every request, or remove it.",
            )
            continue
        fields = complaints.fields(rule, path, ("from", "to", "when"))
        sources = _check_elements(complaints, fields, path, "from", action)
        operations = _check_elements(complaints, fields, path, "to", action)
        for place, condition in complaints.items(fields.get("when"), f"{path}.when"):
            _check_condition(complaints, condition, place, action)
        if action == "DENY" and _looks_at_http_only(sources, operations):
            complaints.warn(
                "deny-tcp",
                path,
                "The DENY rule looks at HTTP only, so it denies all traffic to TCP ports in scope.",
                "Name the HTTP ports in `to.operation.ports`.",
            )


def _check_elements(
    complaints: Complaints, rule: Mapping[str, Any], path: str, outer: str, action: str
) -> list[Mapping[str, Any]]:
    """Check `from` or `to`; return the sources or operations in it."""
    inner, known = ("source", _SOURCE) if outer == "from" else ("operation", _OPERATION)
    names = (*known, *(_opposite(name) for name in known))
    place = f"{path}.{outer}"
    if rule.get(outer) == []:
        complaints.refuse(
            "empty-list", place, f"`{place}` is empty.", f"Remove `{outer}`, or fill it."
        )
    found = []
    for each, item in complaints.items(rule.get(outer), place):
        content = complaints.fields(item, each, (inner,)).get(inner)
        where = f"{each}.{inner}"
        fields = complaints.fields(content, where, names)
        if not any(fields.get(name) for name in names):
            complaints.refuse(
                "empty-element",
                where,
                f"`{where}` names nothing.",
                f"Name something in it, or remove `{outer}` to mean everything.",
            )
        for name in fields:
            if name in names:
                _check_values(complaints, name, fields[name], f"{where}.{name}", action)
        _check_together(complaints, fields, where)
        found.append(fields)
    return found


def _check_together(complaints: Complaints, fields: Mapping[str, Any], path: str) -> None:
    """Check that service accounts stand alone, as they name namespaces themselves."""
    accounts = [name for name in ("serviceAccounts", "notServiceAccounts") if fields.get(name)]
    others = [
        name
        for base in ("principals", "namespaces")
        for name in (base, _opposite(base))
        if fields.get(name)
    ]
    if accounts and others:
        complaints.refuse(
            "service-accounts",
            f"{path}.{accounts[0]}",
            f"`{accounts[0]}` cannot stand beside `{others[0]}`.",
            "Write them as two entries of `from`, or keep one of them.",
        )


def _check_values(complaints: Complaints, name: str, given: Any, path: str, action: str) -> None:
    """Check the values of one field of a source or operation."""
    base = name if name[:3] != "not" else name[3].lower() + name[4:]
    if action == "CUSTOM" and base in _IDENTITY and given:
        complaints.refuse(
            "custom-identity",
            path,
            f"A CUSTOM rule cannot look at `{name}`: it is asked before the identity is known.",
            "Let the external authorizer look at it, or use an ALLOW or DENY policy.",
        )
    values = list(complaints.texts(given, path))
    if base == "serviceAccounts" and len(values) > _MOST_ACCOUNTS:
        complaints.refuse(
            "service-accounts",
            path,
            f"`{name}` has {len(values)} values, and at most {_MOST_ACCOUNTS} are allowed.",
            "Spread them over several entries of `from`.",
        )
    for place, value in values:
        _check_value(complaints, base, place, value)


def _check_value(complaints: Complaints, base: str, path: str, value: str) -> None:
    fault = describe_fault(base, value)
    if fault:
        code, message, fix = fault
        complaints.refuse(code, path, message, fix)


def _check_condition(complaints: Complaints, given: Any, path: str, action: str) -> None:
    fields = complaints.fields(given, path, ("key", "values", "notValues"))
    key = str(fields.get("key") or "")
    if not key:
        complaints.refuse(
            "no-key", path, f"`{path}` names no key.", "Write `key`, such as `source.ip`."
        )
        return
    if not listing(fields.get("values")) and not listing(fields.get("notValues")):
        complaints.refuse(
            "no-values",
            path,
            f"The condition on `{key}` has neither `values` nor `notValues`.",
            "Give at least one of them.",
        )
    if action == "CUSTOM" and key.startswith(("request.auth.", "source.")) and key != "source.ip":
        complaints.refuse(
            "custom-identity",
            f"{path}.key",
            f"A CUSTOM rule cannot look at `{key}`: it is asked before the identity is known.",
            "Let the external authorizer look at it, or use an ALLOW or DENY policy.",
        )
    _check_key(complaints, key, f"{path}.key")
    for name in ("values", "notValues"):
        for place, value in complaints.texts(fields.get(name), f"{path}.{name}"):
            _check_value(complaints, _BASES.get(key, ""), place, value)


def _check_key(complaints: Complaints, key: str, path: str) -> None:
    if key in _KEYS:
        return
    if key.startswith(_BRACKETED):
        opening = key.find("[")
        if not key.endswith("]") or not 0 < opening < len(key) - 2:
            complaints.refuse(
                "key", path, f"`{key}` names nothing in brackets.", "Write it as `name[key]`."
            )
        return
    retired = next((name for name in _RETIRED if key.startswith(name)), None)
    if retired:
        complaints.refuse(
            "key",
            path,
            f"`{retired}` is no longer a key of conditions.",
            f"Instead, {_RETIRED[retired]}.",
        )
        return
    known = ", ".join(f"`{each}`" for each in sorted(_KEYS))
    complaints.refuse(
        "key",
        path,
        f"There is no key `{key}`.",
        f"Use `request.headers[...]`, `request.auth.claims[...]` or one of {known}.",
    )


def _looks_at_http_only(
    sources: list[Mapping[str, Any]], operations: list[Mapping[str, Any]]
) -> bool:
    """Return whether the webhook warns that a DENY rule closes TCP ports."""
    if operations:
        return not any(each.get("ports") or each.get("notPorts") for each in operations)
    tcp = [name for base in _SOURCE if base != _HTTP_SOURCE for name in (base, _opposite(base))]
    return bool(sources) and not any(mapping(each).get(name) for each in sources for name in tcp)


def _opposite(name: str) -> str:
    return f"not{name[0].upper()}{name[1:]}"
