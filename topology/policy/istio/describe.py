"""Rules in plain words: which requests they are about, and what a request lacked."""

from collections.abc import Iterable, Sequence
from itertools import product

from topology.policy.istio.connection import Connection
from topology.policy.istio.evaluate import rule_truth
from topology.policy.istio.matching import Scope, holds
from topology.policy.istio.rules import AuthorizationPolicy, Element, Rule, Test
from topology.policy.istio.truth import Truth, all_of

__all__ = [
    "describe_missing",
    "describe_nearest",
    "describe_open",
    "describe_tests",
    "phrase_of",
]

_ORDER = (
    "request.method",
    "request.path",
    "request.host",
    "destination.port",
    "request.headers",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
    "request.auth.claims",
    "remote.ip",
)
_LEADS = {
    "request.path": "on",
    "request.host": "for host",
    "destination.port": "on port",
    "request.auth.principal": "with a token of",
    "request.auth.audiences": "with a token for audience",
    "request.auth.presenter": "with a token presented by",
    "remote.ip": "forwarded for",
    "source.ip": "from address",
    "source.principal": "from principal",
    "source.namespace": "from namespace",
    "source.serviceAccount": "from service account",
    "source.trustDomain": "from trust domain",
    "destination.ip": "to address",
    "connection.sni": "with SNI",
}
_PRESENCES = {
    "request.auth.principal": ("with a valid token", "without a valid token"),
    "source.principal": ("from callers with a certificate", "from callers without a certificate"),
}
"""What `*` asks for, and its opposite."""
_UNKNOWNS = {
    "source.ip": "the caller's address is not known",
    "remote.ip": "the caller's address is not known",
    "source.principal": "the caller's identity is not known",
    "source.namespace": "the caller's identity is not known",
    "source.serviceAccount": "the caller's identity is not known",
    "source.trustDomain": "the caller's identity is not known",
    "destination.ip": "the pod's address is not known",
    "destination.port": "the port is not known",
    "connection.sni": "the server name of its TLS handshake is not known",
    "experimental.envoy.filters.": "what other filters of the proxy set is not in the input",
}


def describe_open(
    policy: AuthorizationPolicy, rule: Rule, connection: Connection, trust_domains: tuple[str, ...]
) -> tuple[str, ...]:
    """Return which requests a rule matches, one phrase for each way, of what is left open."""
    scope = Scope(policy.namespace, trust_domains)
    ways = []
    nothing = (Element(tests=(), path=rule.path),)
    for source, operation in product(rule.sources or nothing, rule.operations or nothing):
        tests = (*source.tests, *operation.tests, *rule.conditions)
        found = {test: holds(test, connection, scope) for test in tests}
        if all_of(found.values()) is not Truth.NO:
            ways.append(describe_tests(t for t, truth in found.items() if truth is Truth.OPEN))
    return tuple(dict.fromkeys(ways))


def describe_tests(tests: Iterable[Test]) -> str:
    """Return which requests some tests are about, such as `GET or HEAD on /api/*`."""
    ordered = sorted(tests, key=_rank)
    methods = [test for test in ordered if test.attribute == "request.method"]
    words = [_methods(test) for test in methods] or ["any request"]
    words += [phrase_of(test) for test in ordered if test not in methods]
    return " ".join(words)


def describe_missing(
    policy: AuthorizationPolicy, rule: Rule, connection: Connection, trust_domains: tuple[str, ...]
) -> tuple[str, ...]:
    """Return why it is not known whether a rule matches, one clause for each missing fact."""
    scope = Scope(policy.namespace, trust_domains)
    clauses = [
        _UNKNOWNS.get(test.attribute, "whether its token is valid is not known")
        for test in rule.tests
        if holds(test, connection, scope) is Truth.UNKNOWN
    ]
    return tuple(dict.fromkeys(clauses))


def describe_nearest(
    policies: Sequence[AuthorizationPolicy],
    connection: Connection,
    trust_domains: tuple[str, ...],
) -> tuple[AuthorizationPolicy, str] | None:
    """Return the ALLOW policy that lacks least to let a connection through, and what it lacks."""
    best: tuple[int, AuthorizationPolicy, str] | None = None
    for policy in policies:
        if policy.action != "ALLOW" or not policy.enforced:
            continue
        for rule in policy.rules:
            if rule_truth(policy, rule, connection, trust_domains) is not Truth.NO:
                continue
            count, words = _lack(policy, rule, connection, trust_domains)
            text = f"`{rule.path}` of {policy.key} admits {words}"
            if words and (best is None or count < best[0]):
                best = (count, policy, text)
    return best[1:] if best else None


def _lack(
    policy: AuthorizationPolicy, rule: Rule, connection: Connection, trust_domains: tuple[str, ...]
) -> tuple[int, str]:
    """Return how many tests fail in the best way through a rule, and those tests in words."""
    if rule.skipped:
        return 0, ""
    if not connection.http and any(test.http_only for test in rule.tests):
        return 1, "HTTP requests only, and this port does not speak HTTP to the proxy"
    scope = Scope(policy.namespace, trust_domains)
    nothing = (Element(tests=(), path=rule.path),)
    best: list[Test] | None = None
    for source, operation in product(rule.sources or nothing, rule.operations or nothing):
        tests = (*source.tests, *operation.tests, *rule.conditions)
        failing = [test for test in tests if holds(test, connection, scope) is Truth.NO]
        if best is None or len(failing) < len(best):
            best = failing
    failing = best or []
    if failing and all(test.attribute.startswith("source.") for test in failing):
        return len(failing), "callers " + " ".join(phrase_of(test) for test in failing)
    return len(failing), describe_tests(failing)


def _rank(test: Test) -> int:
    return _ORDER.index(test.attribute) if test.attribute in _ORDER else len(_ORDER)


def _methods(test: Test) -> str:
    names = _any_of(test.values)
    return f"any method but {names}" if test.negated else names


def phrase_of(test: Test) -> str:
    """Return what one test asks of a request, such as `on /api/*` or `from namespace shop`."""
    if "*" in test.values and test.attribute in _PRESENCES:
        return _PRESENCES[test.attribute][test.negated]
    values = _any_of(test.values)
    if test.attribute in ("request.headers", "request.auth.claims"):
        header = test.attribute == "request.headers"
        kind, name = ("header", test.argument[0]) if header else ("claim", ".".join(test.argument))
        value = "" if test.values == ("*",) else f" = {values}"
        return f"{'without' if test.negated else 'with'} {kind} {name}{value}"
    lead = _LEADS.get(test.attribute, "with metadata")
    if not test.negated:
        return f"{lead} {values}"
    if test.attribute.startswith("request.auth."):
        return lead.replace("with", "without", 1) + f" {values}"
    return f"{lead} other than {values}"


def _any_of(values: Sequence[str]) -> str:
    shown = ["any" if value == "*" else value for value in values]
    if len(shown) <= 1:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} or {shown[-1]}"
