"""Edits of AuthorizationPolicies that may let one caller's request through.

Proposals only, as in `openings`. Mutual TLS is not loosened here: an edit that accepts plaintext is
made by `plaintext_opening` alone, and says what it gives up.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from topology.authoring.cilium_openings import policy_name
from topology.authoring.corrections import is_slip
from topology.authoring.edits import (
    Edit,
    appending,
    edited,
    entry_at,
    new_document,
    putting,
)
from topology.authoring.stops import Stop
from topology.model import Document

__all__ = ["denial_exceptions", "permissions", "plaintext_opening"]

Body = dict[str, Any]
_CORRECTS = "correct"


def permissions(
    documents: Sequence[Document],
    stop: Stop,
    principal: str | None,
    principals: frozenset[str],
) -> Iterator[Edit]:
    """Yield edits of ALLOW policies that select the destination, and a new policy.

    Args:
        documents: Those policies.
        stop: What shall get through.
        principal: The caller's identity; None where it proves none.
        principals: Every identity that something in the cluster has.
    """
    for document in documents:
        rules = entry_at(document.body, "spec.rules")
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, Mapping):
                path = f"spec.rules[{number}]"
                yield from _in_rule(document, stop, path, rule, principal, principals)
        rule = _rule(stop, principal)
        yield edited(
            document,
            f"add a rule for `{stop.other.name}` to `spec.rules`",
            appending("spec.rules", rule),
        )
    yield new_document(
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": policy_name(stop), "namespace": stop.namespace},
            "spec": {
                "selector": {"matchLabels": dict(stop.subject_labels)},
                "action": "ALLOW",
                "rules": [_rule(stop, principal)],
            },
        },
        f"add an AuthorizationPolicy that admits `{stop.other.name}`",
    )


def _rule(stop: Stop, principal: str | None) -> Body:
    rule: Body = {}
    if principal is not None:
        rule["from"] = [{"source": {"principals": [principal]}}]
    elif stop.other.network is not None:
        rule["from"] = [{"source": {"ipBlocks": [str(stop.other.network)]}}]
    operation = _operation(stop)
    if operation:
        rule["to"] = [{"operation": operation}]
    return rule


def _operation(stop: Stop) -> Body:
    operation: Body = {}
    if stop.http is not None:
        operation["methods"] = [stop.http.method]
        operation["paths"] = [_path(stop)]
    if stop.port is not None:
        operation["ports"] = [str(stop.port)]
    return operation


def _path(stop: Stop) -> str:
    assert stop.http is not None
    return stop.http.path.partition("?")[0]


def _in_rule(
    document: Document,
    stop: Stop,
    path: str,
    rule: Mapping[str, Any],
    principal: str | None,
    principals: frozenset[str],
) -> Iterator[Edit]:
    """Yield edits of one rule: of its callers, of its requests, and of both."""
    callers = list(_callers(stop, path, rule, principal, principals))
    requests = list(_requests(stop, path, rule))
    for what, change in (*callers, *requests):
        yield edited(document, what, change, corrects=what.startswith(_CORRECTS))
    for one, change in callers:
        for other, further in requests:

            def both(body: Body, change: Any = change, further: Any = further) -> None:
                change(body)
                further(body)

            yield edited(document, f"{one}, and {other}", both)


Change = tuple[str, Callable[[Body], object]]


def _callers(
    stop: Stop,
    path: str,
    rule: Mapping[str, Any],
    principal: str | None,
    principals: frozenset[str],
) -> Iterator[Change]:
    sources = rule.get("from")
    if principal is None or not isinstance(sources, list):
        return
    for number, item in enumerate(sources):
        source = (item.get("source") if isinstance(item, Mapping) else None) or {}
        for field, value in _identities(principal).items():
            where = f"{path}.from[{number}].source.{field}"
            written = source.get(field)
            if not isinstance(written, list) or value in written:
                continue
            yield (
                f"add `{value}` to `{where}`",
                appending(where, value),
            )
            for place, one in enumerate(written):
                if is_slip(str(one), value, principals):
                    yield (
                        f"{_CORRECTS} `{one}` to `{value}` in `{where}`",
                        putting(f"{where}[{place}]", value),
                    )
    yield (
        f"add `{principal}` to `{path}.from`",
        appending(f"{path}.from", {"source": {"principals": [principal]}}),
    )


def _identities(principal: str) -> dict[str, str]:
    """Return a caller's identity as each field of a source writes it."""
    _, _, rest = principal.partition("/ns/")
    namespace, _, account = rest.partition("/sa/")
    return {
        "principals": principal,
        "serviceAccounts": f"{namespace}/{account}",
        "namespaces": namespace,
    }


def _requests(stop: Stop, path: str, rule: Mapping[str, Any]) -> Iterator[Change]:
    operations = rule.get("to")
    if not isinstance(operations, list):
        return
    wanted: dict[str, str] = {}
    if stop.http is not None:
        wanted = {"methods": stop.http.method, "paths": _path(stop)}
        if stop.http.host:
            wanted["hosts"] = stop.http.host
    if stop.port is not None:
        wanted["ports"] = str(stop.port)
    for number, item in enumerate(operations):
        operation = (item.get("operation") if isinstance(item, Mapping) else None) or {}
        lists = [field for field in wanted if isinstance(operation.get(field), list)]
        missing_ones = [field for field in lists if wanted[field] not in operation[field]]
        chosen = [[field] for field in missing_ones]
        chosen += [missing_ones] if len(missing_ones) > 1 else []
        for missing in chosen:

            def put(body: Body, number: int = number, missing: Any = missing) -> None:
                for field in missing:
                    entry_at(body, f"{path}.to[{number}].operation.{field}").append(wanted[field])

            added = ", ".join(f"`{wanted[field]}`" for field in missing)
            yield f"add {added} to `{path}.to[{number}].operation`", put
    operation = _operation(stop)
    if operation:
        yield (
            f"add the request to `{path}.to`",
            appending(f"{path}.to", {"operation": operation}),
        )


def denial_exceptions(document: Document, stop: Stop, principal: str | None) -> Iterator[Edit]:
    """Yield edits that take one caller, or only its request, out of a DENY rule.

    Args:
        document: The policy.
        stop: Whose layer names the rule.
        principal: The caller's identity; None where it proves none.
    """
    path = ".".join((stop.layer.rule or "").split(".")[:2])
    rule = entry_at(document.body, path)
    if not isinstance(rule, Mapping):
        return
    if principal is not None:

        def spare(body: Body) -> None:
            _spare(entry_at(body, path), principal)

        yield edited(document, f"except `{principal}` from `{path}`", spare)

        def spare_request(body: Body) -> None:
            rules = entry_at(body, "spec.rules")
            own = entry_at(body, path)
            place = rules.index(own)
            rest = [_still_denied(own, principal, narrowed) for narrowed in _but(stop, own)]
            _spare(own, principal)
            rules[place + 1 : place + 1] = rest

        if stop.http is not None or stop.port is not None:
            yield edited(
                document,
                f"except `{principal}` from `{path}` for this request alone",
                spare_request,
            )
    yield from _spared_requests(document, stop, path, rule)


def _spare(rule: Body, principal: str) -> None:
    """Leave a caller out of a rule: absent identities still match what is negated."""
    sources = rule.get("from")
    if not isinstance(sources, list) or not sources:
        rule["from"] = [{"source": {"notPrincipals": [principal]}}]
        return
    for item in sources:
        item["source"] = dict(item.get("source") or {})
        item["source"]["notPrincipals"] = [*item["source"].get("notPrincipals", ()), principal]


def _but(stop: Stop, rule: Mapping[str, Any]) -> Iterator[list[Body]]:
    """Yield the operations of a rule that remain beside one request."""
    written = rule.get("to")
    items = written if isinstance(written, list) and written else [{"operation": {}}]
    operations = [dict(item.get("operation") or {}) for item in items]
    if stop.http is not None:
        path, method = _path(stop), stop.http.method
        yield [{"operation": _with(one, "notPaths", path)} for one in operations]
        yield [{"operation": _with(one, "notMethods", method)} for one in operations]
    if stop.port is not None:
        yield [{"operation": _with(one, "notPorts", str(stop.port))} for one in operations]


def _with(operation: Body, field: str, value: str) -> Body:
    return {**operation, field: [*operation.get(field, ()), value]}


def _still_denied(rule: Mapping[str, Any], principal: str, operations: list[Body]) -> Body:
    kept = {key: copy.deepcopy(value) for key, value in rule.items() if key not in ("from", "to")}
    return {"from": [{"source": {"principals": [principal]}}], "to": operations, **kept}


def _spared_requests(
    document: Document, stop: Stop, path: str, rule: Mapping[str, Any]
) -> Iterator[Edit]:
    for operations in _but(stop, rule):

        def put(body: Body, operations: Any = operations) -> None:
            entry_at(body, path)["to"] = copy.deepcopy(operations)

        yield edited(
            document,
            f"except the request from `{path}` for every caller",
            put,
            weakens=f"Every caller that `{document.key}` denies may then send this request.",
        )


def plaintext_opening(stop: Stop, existing: Document | None) -> Edit:
    """Return the edit that makes one port of the destination accept plaintext: a last resort.

    Args:
        stop: What shall get through.
        existing: The PeerAuthentication of these very pods, where there is one.
    """
    weakens = (
        f"Anyone whom network policies let through may then speak to {stop.port_text} without "
        "mutual TLS: unencrypted, and without an identity."
    )
    mode = {"mode": "PERMISSIVE"}

    def put(body: Body) -> None:
        spec = body["spec"] = dict(body.get("spec") or {})
        if stop.port is None:
            spec["mtls"] = mode
        else:
            spec["portLevelMtls"] = {**(spec.get("portLevelMtls") or {}), stop.port: mode}

    if existing is not None:
        return edited(existing, f"accept plaintext on {stop.port_text}", put, weakens=weakens)
    body: Body = {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {
            "name": f"{stop.subject[0].workload or stop.subject[0].name}-plaintext",
            "namespace": stop.namespace,
        },
        "spec": {"selector": {"matchLabels": dict(stop.subject_labels)}},
    }
    if stop.port is not None:
        body["spec"]["mtls"] = {"mode": "STRICT"}
    put(body)
    edit = new_document(body, f"accept plaintext on {stop.port_text}")
    return Edit(before=None, after=edit.after, what=edit.what, weakens=weakens)
