"""One plain sentence that says what an Istio policy does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from topology.model import Document
from topology.policy.istio.bodies import listing, mapping, spec_of
from topology.policy.istio.describe import describe_tests, phrase_of
from topology.policy.istio.parse import parse_policy
from topology.policy.istio.rules import AuthorizationPolicy, Rule
from topology.policy.istio.token_rules import TokenRule, read_token_rules

__all__ = ["explain"]

_ACCEPTED = {
    "DISABLE": "accept plaintext only",
    "PERMISSIVE": "accept mutual TLS and plaintext",
    "STRICT": "accept mutual TLS only",
}
_ANY = "any request"
_UNSET = "keep the mode that is set around them"


def explain(document: Document, *, root_namespace: str = "") -> str:
    """Return what a policy does, in one sentence; empty for a kind that is not Istio's.

    Args:
        document: An AuthorizationPolicy, PeerAuthentication or RequestAuthentication.
        root_namespace: Of the mesh; empty where it is not known.
    """
    write = _WRITERS.get(document.kind)
    return write(document, _Scope(document, root_namespace)) if write else ""


class _Scope:
    """Whom a policy is about, in words."""

    def __init__(self, document: Document, root: str) -> None:
        spec = spec_of(document.body)
        references = [*listing(spec.get("targetRefs")), spec.get("targetRef")]
        attached = [
            f"{mapping(each).get('kind')} `{mapping(each).get('name')}`"
            for each in references
            if each
        ]
        labels = mapping(mapping(spec.get("selector")).get("matchLabels"))
        with_labels = _and([f"`{key}={value}`" for key, value in sorted(labels.items())])
        namespace = f"namespace `{document.namespace}`"
        if attached:
            self.text = f"{_and(attached)} in {namespace}"
            return
        what = f"workloads with {with_labels}" if labels else "all workloads"
        where = "the whole mesh" if root and document.namespace == root else namespace
        self.text = f"{what} in {where}"


def _authorization(document: Document, scope: _Scope) -> str:
    policy, problems = parse_policy(document)
    if policy is None:
        return f"{problems[0].message} {problems[0].hint}"
    text = _effect(policy, scope.text)
    if policy.dry_run:
        return f"In dry run, which enforces nothing: {text[:1].lower()}{text[1:]}"
    return text


def _effect(policy: AuthorizationPolicy, where: str) -> str:
    rules = [_rule(rule) for rule in policy.rules if not rule.skipped]
    # "Only any request ..." is no English; what restricts it follows in the same phrase.
    what = "; or ".join(
        rule.replace(_ANY, "requests", 1) if rule.startswith(f"{_ANY} ") else rule for rule in rules
    )
    if policy.action == "ALLOW":
        if not rules:
            return f"No request may reach {where}, unless another ALLOW policy admits it."
        if _ANY in rules:
            return f"Every request may reach {where}, unless a DENY policy refuses it."
        return f"Only {what} may reach {where}, unless another ALLOW policy admits more."
    if not rules:
        return f"Has no effect: a {policy.action} policy without rules matches no request."
    if policy.action == "DENY":
        return f"Refuses {what} to {where}, whatever else allows it."
    if policy.action == "AUDIT":
        return f"Marks {what} to {where} for the audit log; it allows and refuses nothing."
    return (
        f"Asks the external authorizer `{policy.provider}` about {what} to {where}; what it "
        "refuses is denied."
    )


def _rule(rule: Rule) -> str:
    operations = [describe_tests(each.tests) for each in rule.operations] or [_ANY]
    sources = [" and ".join(phrase_of(test) for test in each.tests) for each in rule.sources]
    conditions = [phrase_of(test) for test in rule.conditions]
    whom = [_or(list(dict.fromkeys(sources)))] if all(sources) and sources else []
    return " ".join([_or(list(dict.fromkeys(operations))), *whom, *conditions])


def _peer_authentication(document: Document, scope: _Scope) -> str:
    spec = spec_of(document.body)
    mode = str(mapping(spec.get("mtls")).get("mode", "UNSET"))
    text = f"The sidecars of {scope.text} {_accepted(mode)}"
    ports: dict[str, list[str]] = {}
    for port, setting in mapping(spec.get("portLevelMtls")).items():
        ports.setdefault(str(mapping(setting).get("mode", "UNSET")), []).append(str(port))
    for other, numbers in sorted(ports.items()):
        noun = "port" if len(numbers) == 1 else "ports"
        text += f", but on {noun} {_and(numbers)} {_accepted(other)}"
    return f"{text}."


def _accepted(mode: str) -> str:
    return f"{_ACCEPTED.get(mode, _UNSET)} ({mode})"


def _request_authentication(document: Document, scope: _Scope) -> str:
    rules = read_token_rules([document])
    if not rules:
        return f"Checks no tokens on requests to {scope.text}, as it has no `jwtRules`."
    return (
        f"Checks {_or([_tokens(rule) for rule in rules])} on requests to {scope.text}: a request "
        "with a bad token is refused, and one without a token passes unless an "
        "AuthorizationPolicy asks for one."
    )


def _tokens(rule: TokenRule) -> str:
    audiences = _or([f"`{each}`" for each in rule.audiences])
    return f"tokens of {rule.name}" + (f" for {audiences}" if audiences else "")


def _and(parts: Sequence[str]) -> str:
    return _joined(parts, "and")


def _or(parts: Sequence[str]) -> str:
    return _joined(parts, "or")


def _joined(parts: Sequence[str], word: str) -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


_WRITERS: Mapping[str, Callable[[Document, Any], str]] = {
    "AuthorizationPolicy": _authorization,
    "PeerAuthentication": _peer_authentication,
    "RequestAuthentication": _request_authentication,
}
