"""AuthorizationPolicy objects to values; what the proxies would not get is named, not guessed.

Source: istio pilot/pkg/security/authz/model/model.go (which rules are left out) and
pkg/config/validation/validation.go (what the admission webhook refuses).
"""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from topology.model import Document, Problem
from topology.policy.fields import parse_network
from topology.policy.istio.bodies import listing, mapping
from topology.policy.istio.rules import (
    Action,
    AuthorizationPolicy,
    Element,
    Rule,
    TargetRef,
    Test,
)

__all__ = ["parse_policy"]

_SOURCE = {
    "principals": "source.principal",
    "requestPrincipals": "request.auth.principal",
    "namespaces": "source.namespace",
    "serviceAccounts": "source.serviceAccount",
    "trustDomains": "source.trustDomain",
    "ipBlocks": "source.ip",
    "remoteIpBlocks": "remote.ip",
}
_OPERATION = {
    "hosts": "request.host",
    "methods": "request.method",
    "paths": "request.path",
    "ports": "destination.port",
}
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
_HEADERS, _CLAIMS, _FILTERS = (
    "request.headers",
    "request.auth.claims",
    "experimental.envoy.filters.",
)
_INLINE_HEADERS = "request.experimental.inline.headers"
_ADDRESSES = frozenset({"source.ip", "remote.ip", "destination.ip"})
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})


class _Unreadable(Exception):
    """A part that the proxies would not get."""


def parse_policy(document: Document) -> tuple[AuthorizationPolicy | None, tuple[Problem, ...]]:
    """Return a policy and what is wrong with it; None when nothing of it can be used."""
    reader = _Reader(document)
    policy = reader.read()
    return policy, tuple(reader.problems)


class _Reader:
    """Reads one document and gathers what is wrong with it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.action: Action = "ALLOW"

    def read(self) -> AuthorizationPolicy | None:
        spec = mapping(self.document.body.get("spec"))
        action: Any = spec.get("action") or "ALLOW"
        if action not in get_args(Action):
            self._complain(
                "istio-action",
                f"{self.document.key} has the action `{action}`, which Istio does not know.",
                "Use ALLOW, DENY, AUDIT or CUSTOM; the policy is left aside.",
                "spec.action",
            )
            return None
        self.action = action
        metadata = mapping(self.document.body.get("metadata"))
        dry_run = mapping(metadata.get("annotations")).get("istio.io/dry-run")
        return AuthorizationPolicy(
            document=self.document,
            action=self.action,
            rules=tuple(
                self._rule(rule, f"spec.rules[{index}]")
                for index, rule in enumerate(listing(spec.get("rules")))
            ),
            selector=_labels(mapping(spec.get("selector")).get("matchLabels")),
            target_refs=_target_refs(spec),
            provider=str(mapping(spec.get("provider")).get("name") or ""),
            dry_run=str(dry_run) in _TRUE,
        )

    def _rule(self, given: Any, path: str) -> Rule:
        rule = mapping(given)
        try:
            return Rule(
                path=path,
                sources=tuple(self._elements(rule, path, "from", "source", _SOURCE)),
                operations=tuple(self._elements(rule, path, "to", "operation", _OPERATION)),
                conditions=tuple(self._conditions(rule, path)),
            )
        except _Unreadable as fault:
            self._complain(
                "istio-rule-skipped",
                f"{self.document.key}: {fault}",
                "Istio's webhook refuses this; where it got past, the proxies do not get the rule.",
                path,
            )
            return Rule(path=path, skipped=str(fault))

    def _elements(
        self,
        rule: Mapping[str, Any],
        path: str,
        outer: str,
        inner: str,
        fields: Mapping[str, str],
    ) -> Iterator[Element]:
        for index, given in enumerate(listing(rule.get(outer))):
            place = f"{path}.{outer}[{index}].{inner}"
            content = mapping(mapping(given).get(inner))
            tests: list[Test] = []
            for name, attribute in fields.items():
                opposite = f"not{name[0].upper()}{name[1:]}"
                for key, negated in ((name, False), (opposite, True)):
                    tests += self._tests(
                        attribute, (), content.get(key), f"{place}.{key}", negated=negated
                    )
            self._report_unknown_fields(content, fields, place)
            yield Element(tests=tuple(tests), path=place)

    def _report_unknown_fields(
        self, content: Mapping[str, Any], fields: Mapping[str, str], place: str
    ) -> None:
        known = {*fields, *(f"not{name[0].upper()}{name[1:]}" for name in fields)}
        for name in content:
            if name not in known:
                self._complain(
                    "istio-unknown-field",
                    f"{self.document.key} has the field `{name}`, which Istio does not know.",
                    "It is left aside; check the spelling.",
                    f"{place}.{name}",
                )

    def _conditions(self, rule: Mapping[str, Any], path: str) -> Iterator[Test]:
        for index, given in enumerate(listing(rule.get("when"))):
            place = f"{path}.when[{index}]"
            content = mapping(given)
            key = str(content.get("key") or "")
            attribute, argument = self._attribute(key)
            if attribute and not argument and attribute in (_HEADERS, _CLAIMS, _FILTERS):
                if self.action == "ALLOW":
                    msg = f"the key `{key}` names nothing in brackets."
                    raise _Unreadable(msg)
                self._complain_dropped(f"the key `{key}`", f"{place}.key")
                continue
            for name, negated in (("values", False), ("notValues", True)):
                yield from self._tests(
                    attribute, argument, content.get(name), f"{place}.{name}", negated=negated
                )

    def _attribute(self, key: str) -> tuple[str, tuple[str, ...]]:
        """Return the attribute that a key names, and its argument where it takes one."""
        if key in _KEYS:
            return key, ()
        if key.startswith(_FILTERS):
            name, bracket, rest = key.removeprefix("experimental.").partition("[")
            return _FILTERS, (name, rest.removesuffix("]")) if bracket else ()
        for prefix, form in ((_HEADERS, ()), (_INLINE_HEADERS, ("inline",))):
            if key.startswith(prefix):
                text = key.removeprefix(prefix)
                plain = len(text) > 2 and text[0] == "[" and text[-1] == "]"
                return _HEADERS, (text[1:-1].lower(), *form) if plain else ()
        if key.startswith(_CLAIMS):
            return _CLAIMS, _nested(key.removeprefix(_CLAIMS))
        msg = f"it has a condition on `{key}`, a key that Istio does not know."
        raise _Unreadable(msg)

    def _tests(
        self, attribute: str, argument: tuple[str, ...], given: Any, path: str, *, negated: bool
    ) -> list[Test]:
        values = tuple(str(value) for value in listing(given))
        good = tuple(value for value in values if _is_good(attribute, value))
        if len(good) < len(values):
            bad = next(value for value in values if value not in good)
            if self.action == "ALLOW":
                msg = f"`{bad}` is no valid value of `{path.rpartition('.')[2]}`."
                raise _Unreadable(msg)
            self._complain_dropped(f"the value `{bad}`", path)
        if not good:
            return []
        return [
            Test(attribute=attribute, argument=argument, values=good, negated=negated, path=path)
        ]

    def _complain_dropped(self, what: str, path: str) -> None:
        self._complain(
            "istio-value-dropped",
            f"{self.document.key}: {what} is not valid and is dropped, which makes the rule wider.",
            "Correct it; Istio's webhook refuses it.",
            path,
        )

    def _complain(self, code: str, message: str, hint: str, path: str) -> None:
        self.problems.append(
            Problem(
                severity="warning",
                code=code,
                message=message,
                hint=hint,
                location=self.document.source.at(path),
            )
        )


def _is_good(attribute: str, value: str) -> bool:
    if attribute in _ADDRESSES:
        return parse_network(value, bare=True) is not None
    if attribute == "destination.port":
        return value.isascii() and value.isdecimal() and int(value) <= 65535
    return True


def _nested(text: str) -> tuple[str, ...]:
    """Return the names in `[a][b]`; none when the brackets do not fit."""
    if not (text.startswith("[") and text.endswith("]")):
        return ()
    names = text[1:-1].split("][")
    if any(not name or "[" in name or "]" in name for name in names):
        return ()
    return tuple(names)


def _target_refs(spec: Mapping[str, Any]) -> tuple[TargetRef, ...]:
    given = [*listing(spec.get("targetRefs"))]
    if spec.get("targetRef"):
        given.append(spec["targetRef"])
    return tuple(
        TargetRef(
            group=str(mapping(each).get("group") or ""),
            kind=str(mapping(each).get("kind") or ""),
            name=str(mapping(each).get("name") or ""),
        )
        for each in given
    )


def _labels(given: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in mapping(given).items()}
