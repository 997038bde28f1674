"""The policies of the mesh as what could have been asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network

from tools.explaining.told import Recovered, Told
from tools.intents.phrases import say_party
from tools.selector_text import listing, mapping
from topology.authoring import (
    Accounts,
    Anyone,
    Clause,
    Intent,
    LabelTest,
    Networks,
    Party,
    Pods,
    PortSpan,
    RequestTest,
    TokenTest,
    Traffic,
)
from topology.model import Document
from topology.policy.istio.describe import describe_tests
from topology.policy.istio.parse import parse_policy
from topology.policy.istio.rules import AuthorizationPolicy, Element, Rule, Test

__all__ = ["recover_authorization", "recover_peer_authentication", "recover_request_authentication"]

_ROOT = "istio-system"
_ENDS = {
    "source.principal": "principals",
    "source.namespace": "namespaces",
    "source.serviceAccount": "accounts",
}
_MODES = ("STRICT", "PERMISSIVE", "DISABLE")


class _Unsayable(Exception):
    """Something that no request can say; the message tells it."""


def _subject(document: Document, root: str) -> Pods:
    spec = mapping(document.body.get("spec"))
    labels = mapping(mapping(spec.get("selector")).get("matchLabels"))
    tests = tuple(LabelTest(str(key), "In", (str(value),)) for key, value in labels.items())
    spaces = None if document.namespace == (root or _ROOT) and not tests else (document.namespace,)
    if document.namespace == (root or _ROOT) and tests:
        spaces = None
    return Pods(labels=tests, namespaces=spaces)


def _start(document: Document) -> Recovered:
    return Recovered(kind=document.kind, name=document.name, namespace=document.namespace)  # type: ignore[arg-type]


def _is_attached(document: Document) -> bool:
    spec = mapping(document.body.get("spec"))
    return bool(listing(spec.get("targetRefs")) or spec.get("targetRef"))


def recover_authorization(document: Document, root: str = "") -> Recovered:
    """Return what an AuthorizationPolicy says."""
    found = _start(document)
    policy, problems = parse_policy(document)
    if policy is None:
        for problem in problems:
            found.add_gap(f"{problem.message} {problem.hint}", "spec")
        return found
    if _is_attached(document):
        found.add_gap("It is attached to a gateway or Service (`targetRefs`).", "spec.targetRefs")
        return found
    found.dry_run = policy.dry_run
    if policy.action in ("AUDIT", "CUSTOM"):
        text = {
            "AUDIT": "It only marks requests for the audit log; it allows and refuses nothing.",
            "CUSTOM": f"It asks the external authorizer `{policy.provider}`.",
        }
        found.add_gap(text[policy.action], "spec.action")
        return found
    _rules(found, policy, _subject(document, root))
    return found


def _rules(found: Recovered, policy: AuthorizationPolicy, subject: Pods) -> None:
    rules = [rule for rule in policy.rules if not rule.skipped]
    if policy.action == "DENY" and not rules:
        found.add_gap("Without rules it has no effect: it denies no request.", "spec")
    for rule in rules:
        try:
            for clause in _clauses(rule, subject, deny=policy.action == "DENY"):
                found.add_clause(clause, rule.path)
        except _Unsayable as told:
            verb = "denied" if policy.action == "DENY" else "allowed"
            text = f"Requests to {say_party(subject)} are {verb}, too: {told}."
            found.add_gap(text, rule.path)
    if policy.action == "ALLOW":
        found.add_isolation(subject, "ingress", "spec")


def _clauses(rule: Rule, subject: Pods, *, deny: bool) -> Iterator[Clause]:
    """Yield the clauses of a rule: its sources and requests that have the same conditions."""
    conditions = _conditions(rule.conditions)
    for parties, token in _sources(rule.sources, conditions[0]):
        tokens = tuple(_tokens(conditions[1], token))
        for ports, requests in _operations(rule.operations, conditions[2]):
            yield Clause(
                effect="deny" if deny else "allow",
                sources=parties,
                destinations=(subject,),
                traffic=Traffic(ports=ports, requests=requests, tokens=tokens),
                side="ingress",
            )


def _conditions(
    tests: Iterable[Test],
) -> tuple[tuple[Party, ...], TokenTest | None, tuple[tuple[str, str], ...]]:
    """Return the ends, the token and the headers that `when` asks for."""
    parties: list[Party] = []
    token: TokenTest | None = None
    headers: list[tuple[str, str]] = []
    for test in tests:
        if test.negated:
            raise _Unsayable(describe_tests([test]))
        if test.attribute == "request.headers" and len(test.values) == 1:
            headers.append((test.argument[0], "" if test.values == ("*",) else test.values[0]))
        elif test.attribute.startswith("request.auth."):
            token = _with_test(token or TokenTest(), test)
        elif test.attribute in _ENDS or test.attribute == "source.ip":
            parties += _party(test)
        else:
            raise _Unsayable(describe_tests([test]))
    return tuple(parties), token, tuple(headers)


def _with_test(token: TokenTest, test: Test) -> TokenTest:
    values = tuple(test.values)
    match test.attribute:
        case "request.auth.claims" if test.argument == ("iss",):
            return replace(token, issuers=values)
        case "request.auth.claims" if not any("." in part for part in test.argument):
            return replace(token, claims=(*token.claims, (tuple(test.argument), values)))
        case "request.auth.audiences":
            return replace(token, audiences=(*token.audiences, *values))
        case "request.auth.principal":
            (one, *more) = _principal_tokens(values)
            if not more:
                return replace(token, issuers=one.issuers, subjects=one.subjects)
    raise _Unsayable(describe_tests([test]))


def _principal_tokens(values: Iterable[str]) -> list[TokenTest]:
    """Return the tokens that request principals `issuer/subject` ask for."""
    found: list[TokenTest] = []
    for value in values:
        issuer, _, subject = value.rpartition("/")
        if value == "*":
            found.append(TokenTest())
        elif "*" in issuer.strip("*") or not issuer or ("*" in subject and subject != "*"):
            message = f"with a token of {value}"
            raise _Unsayable(message)
        else:
            issuers = () if issuer == "*" else (issuer,)
            found.append(TokenTest(issuers=issuers, subjects=() if subject == "*" else (subject,)))
    merged: list[TokenTest] = []
    for one in found:
        same = [
            n
            for n, other in enumerate(merged)
            if other.subjects == one.subjects and one.issuers and other.issuers
        ]
        if same:
            merged[same[0]] = replace(
                merged[same[0]], issuers=(*merged[same[0]].issuers, *one.issuers)
            )
        else:
            merged.append(one)
    return merged


def _tokens(condition: TokenTest | None, tokens: Sequence[TokenTest]) -> Iterator[TokenTest]:
    if not tokens:
        if condition:
            yield condition
        return
    for one in tokens:
        if condition is None:
            yield one
        elif one == TokenTest():
            yield condition
        else:
            yield TokenTest(
                issuers=one.issuers or condition.issuers,
                subjects=one.subjects or condition.subjects,
                audiences=condition.audiences,
                claims=condition.claims,
            )


def _sources(
    sources: Sequence[Element], demanded: tuple[Party, ...]
) -> Iterator[tuple[tuple[Party, ...], Sequence[TokenTest]]]:
    """Yield the ends of a rule, those that need the same tokens together."""
    if not sources:
        yield demanded or (Anyone(),), ()
        return
    plain: list[Party] = []
    for source in sources:
        parties, tokens = _source(source)
        if demanded and parties:
            message = "from callers that meet two conditions at once"
            raise _Unsayable(message)
        if tokens:
            yield parties or demanded or (Anyone(),), tokens
        else:
            plain += parties or demanded or (Anyone(),)
    if plain:
        yield tuple(dict.fromkeys(plain)), ()


def _source(source: Element) -> tuple[tuple[Party, ...], list[TokenTest]]:
    parties: list[Party] = []
    tokens: list[TokenTest] = []
    for test in source.tests:
        if test.negated:
            raise _Unsayable(describe_tests(source.tests))
        if test.attribute == "request.auth.principal":
            tokens = _principal_tokens(test.values)
        elif parties or (test.attribute not in _ENDS and test.attribute != "source.ip"):
            raise _Unsayable(describe_tests(source.tests))
        else:
            parties += _party(test)
    return tuple(parties), tokens


def _party(test: Test) -> list[Party]:
    values = tuple(test.values)
    match test.attribute:
        case "source.principal":
            return [Accounts(principals=values)]
        case "source.namespace" if not any("*" in one for one in values):
            return [Accounts(namespaces=values)]
        case "source.serviceAccount" if all("/" in one for one in values):
            return [Accounts(accounts=values)]
        case "source.ip":
            return [Networks(ip_network(one, strict=False)) for one in values]
    raise _Unsayable(describe_tests([test]))


def _operations(
    operations: Sequence[Element], headers: tuple[tuple[str, str], ...]
) -> Iterator[tuple[tuple[PortSpan, ...], tuple[RequestTest, ...]]]:
    """Yield the requests of a rule, those on the same ports together."""
    found: dict[tuple[PortSpan, ...], list[RequestTest]] = {}
    for operation in operations:
        fields: dict[str, tuple[str, ...]] = {}
        for test in operation.tests:
            if test.negated:
                raise _Unsayable(describe_tests(operation.tests))
            fields[test.attribute] = tuple(test.values)
        ports = tuple(
            PortSpan(first=int(one), last=int(one), protocol="TCP")
            for one in fields.get("destination.port", ())
        )
        test_ = RequestTest(
            methods=fields.get("request.method", ()),
            paths=fields.get("request.path", ()),
            hosts=fields.get("request.host", ()),
            headers=headers,
        )
        found.setdefault(ports, []).append(test_)
    if not operations:
        found[()] = [RequestTest(headers=headers)]
    for ports, tests in found.items():
        yield ports, () if RequestTest() in tests else tuple(dict.fromkeys(tests))


def recover_peer_authentication(document: Document, root: str = "") -> Recovered:
    """Return what a PeerAuthentication says."""
    found = _start(document)
    spec = mapping(document.body.get("spec"))
    mode = str(mapping(spec.get("mtls")).get("mode", "UNSET"))
    ports = tuple(
        (int(port), str(mapping(setting).get("mode", "UNSET")))
        for port, setting in sorted(
            mapping(spec.get("portLevelMtls")).items(),
            key=lambda one: int(one[0]) if str(one[0]).isdecimal() else 0,
        )
        if str(port).isdecimal()
    )
    usable = tuple(one for one in ports if one[1] in _MODES)
    if mode not in _MODES:
        found.add_gap("The mode is the one that is set around it (`UNSET`).", "spec.mtls")
        if usable:
            text = ", ".join(f"{one} on port {port}" for port, one in usable)
            found.add_gap(f"Modes of single ports: {text}.", "spec.portLevelMtls")
        return found
    wish = (_subject(document, root), mode, usable)
    found.told.append(Told(Intent(mutual_tls=(wish,)), "spec.mtls" if "mtls" in spec else "spec"))
    return found


def recover_request_authentication(document: Document, root: str = "") -> Recovered:
    """Return what a RequestAuthentication says."""
    found = _start(document)
    if _is_attached(document):
        found.add_gap("It is attached to a gateway or Service (`targetRefs`).", "spec.targetRefs")
        return found
    rules = [mapping(one) for one in listing(mapping(document.body.get("spec")).get("jwtRules"))]
    issuers = tuple(dict.fromkeys(str(one.get("issuer", "")) for one in rules if one.get("issuer")))
    for number, rule in enumerate(rules):
        for field in (
            "audiences",
            "fromHeaders",
            "fromParams",
            "fromCookies",
            "outputClaimToHeaders",
        ):
            if rule.get(field):
                text = f"`{field}` of issuer `{rule.get('issuer')}` is set beside it."
                found.add_gap(text, f"spec.jwtRules[{number}].{field}")
    if not issuers:
        found.add_gap("It checks no tokens, as it has no `jwtRules`.", "spec")
        return found
    found.told.append(Told(Intent(issuers=((_subject(document, root), issuers),)), "spec.jwtRules"))
    return found
