"""Sheets as AuthorizationPolicy, PeerAuthentication and RequestAuthentication."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from topology.authoring.intent import (
    Accounts,
    Anyone,
    Entities,
    Networks,
    Nodes,
    Party,
    Pods,
    PortSpan,
    RequestTest,
    TokenTest,
    Traffic,
)
from topology.authoring.membership import members
from topology.authoring.phrases import say_party, say_port, say_traffic
from topology.authoring.sheets import Rule, Sheet, Undraftable
from topology.policy.istio.admission_values import describe_fault

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = [
    "with_selector",
    "write_authorization",
    "write_peer_authentication",
    "write_request_authentication",
]

_MOST_PORTS = 64
"""Ports of a range that an AuthorizationPolicy, which knows single ports only, may list."""
_Comments = dict[tuple[str | int, ...], list[str]]


def write_authorization(network: "Network", sheet: Sheet) -> tuple[dict[str, Any], _Comments]:
    """Return the `spec` of an AuthorizationPolicy and the comments in it.

    Raises:
        Undraftable: It has no way to say it.
    """
    comments: _Comments = {}
    spec = with_selector(sheet)
    rules = sheet.ingress or ()
    if not rules:
        comments["spec",] = ["ALLOW without rules lets nothing through: default deny."]
        return spec, comments
    spec["action"] = "DENY" if rules[0].deny else "ALLOW"
    items: list[dict[str, Any]] = []
    for rule in rules:
        if rule.because:
            comments["spec", "rules", len(items)] = [rule.because]
        items += _rules(network, rule)
    spec["rules"] = items
    return spec, comments


def write_peer_authentication(sheet: Sheet) -> tuple[dict[str, Any], _Comments]:
    """Return the `spec` of a PeerAuthentication and the comments in it.

    Raises:
        Undraftable: Single ports are asked for where no workload is selected.
    """
    spec = with_selector(sheet)
    spec["mtls"] = {"mode": sheet.mode}
    if sheet.port_modes:
        if "selector" not in spec:
            message = "Modes of single ports need a selector of workloads."
            raise Undraftable(message, hint="Name the workload whose ports are meant.")
        spec["portLevelMtls"] = {
            str(port): {"mode": mode} for port, mode in sorted(sheet.port_modes)
        }
    text = {
        "STRICT": "STRICT refuses plaintext, so that every caller has proven who it is.",
        "PERMISSIVE": "PERMISSIVE takes mutual TLS and plaintext.",
        "DISABLE": "DISABLE takes plaintext only; callers have no identity.",
    }
    return spec, {("spec", "mtls"): [text[sheet.mode]]} if sheet.mode in text else {}


def write_request_authentication(sheet: Sheet) -> tuple[dict[str, Any], _Comments]:
    """Return the `spec` of a RequestAuthentication and the comments in it."""
    spec = with_selector(sheet)
    spec["jwtRules"] = [{"issuer": issuer} for issuer in sheet.issuers]
    return spec, {
        ("spec", "jwtRules"): [
            "Without `jwksUri` the keys are found by OpenID discovery at the issuer.",
            "Requests without a token still pass; an AuthorizationPolicy must ask for one.",
        ]
    }


def with_selector(sheet: Sheet) -> dict[str, Any]:
    """Return a spec with its selector, which knows equality of labels only."""
    if isinstance(sheet.subject, Nodes):
        message = f"A {sheet.kind} selects pods, not nodes."
        raise Undraftable(message)
    labels = {}
    for test in sheet.subject.labels:
        if test.operator != "In" or len(test.values) != 1:
            message = f"A {sheet.kind} selects by equal labels only, so not {test.key}."
            raise Undraftable(message, hint="Name the workloads one by one.")
        labels[test.key.removeprefix("k8s:").removeprefix("any:")] = test.values[0]
    return {"selector": {"matchLabels": labels}} if labels else {}


def _rules(network: "Network", rule: Rule) -> Iterator[dict[str, Any]]:
    """Yield a rule for each set of conditions: those hold for all of a rule."""
    sources = _sources(network, rule.peers)
    requests = rule.traffic.requests or (RequestTest(),)
    if rule.traffic.dns or rule.traffic.server_names or rule.traffic.kafka:
        message = f"An AuthorizationPolicy cannot say {say_traffic(rule.traffic)}."
        raise Undraftable(message)
    plain = [test for test in requests if not test.headers]
    groups: list[list[RequestTest]] = [plain] if plain else []
    groups += [[test] for test in requests if test.headers]
    for tests, token in product(groups, rule.traffic.tokens or (None,)):
        item: dict[str, Any] = {}
        wanted = list(_tokened(sources, token))
        if wanted:
            item["from"] = [{"source": source} for source in wanted]
        operations = [one for one in _operations(tests, rule.traffic) if one]
        if operations:
            item["to"] = [{"operation": one} for one in operations]
        conditions = [*_headers(tests[0]), *_claims(token)]
        if conditions:
            item["when"] = conditions
        yield item


def _sources(network: "Network", peers: Iterable[Party]) -> list[dict[str, Any]]:
    """Return the sources of a rule, principals together; none where anyone is meant."""
    found: dict[str, dict[str, None]] = {}
    for party in peers:
        if isinstance(party, Anyone):
            return []
        for name, value in _source(network, party):
            found.setdefault(name, {})[value] = None
    return [{name: list(values)} for name, values in found.items()]


def _source(network: "Network", party: Party) -> Iterator[tuple[str, str]]:
    match party:
        case Accounts():
            yield from (("principals", one) for one in party.principals)
            for account in party.accounts:
                yield "principals", _principal(network, *account.split("/", 1))
            yield from (("namespaces", one) for one in party.namespaces)
        case Pods() if not party.labels and party.namespaces:
            yield from (("namespaces", one) for one in party.namespaces)
        case Pods() if not party.labels and party.namespaces is None and not party.namespace_labels:
            yield "principals", "*"
        case Pods():
            pods = members(network.cluster, party)
            if not pods:
                message = "An AuthorizationPolicy knows callers by their service account, and "
                message += f"{say_party(party)} are not in the workspace."
                raise Undraftable(message, hint="Name their service accounts.")
            for pod in pods:
                yield "principals", _principal(network, pod.namespace, pod.service_account)
        case Entities() if {"cluster"} == set(party.names):
            yield "principals", "*"
        case Networks() if not party.exceptions:
            yield "ipBlocks", str(party.network)
        case _:
            message = f"An AuthorizationPolicy cannot name {say_party(party)} as a source."
            raise Undraftable(message)


def _principal(network: "Network", namespace: str, account: str) -> str:
    return f"{network.mesh.settings.trust_domain}/ns/{namespace}/sa/{account}"


def _tokened(sources: list[dict[str, Any]], token: TokenTest | None) -> Iterator[dict[str, Any]]:
    """Yield the sources, each with the request principals that a token must have."""
    wanted: list[str] = []
    if token and token.subjects:
        wanted = [f"{one}/{two}" for one in token.issuers or ("*",) for two in token.subjects]
    elif token and not (token.issuers or token.audiences or token.claims):
        wanted = ["*"]
    if not wanted:
        yield from sources
        return
    for source in sources or [{}]:
        yield {**source, "requestPrincipals": wanted}


def _operations(tests: list[RequestTest], traffic: Traffic) -> Iterator[dict[str, Any]]:
    ports = [number for span in traffic.ports for number in _ports(span)]
    for test in tests:
        if test.regex:
            message = f"An AuthorizationPolicy takes no regular expression such as {test.paths[0]}."
            raise Undraftable(message, hint="Write the path, with `*` at one end at most.")
        faults = (describe_fault("paths", path) for path in test.paths)
        for _, message, fix in (one for one in faults if one):
            raise Undraftable(message, hint=fix)
        operation: dict[str, Any] = {}
        if test.hosts:
            operation["hosts"] = list(test.hosts)
        if test.methods:
            operation["methods"] = list(test.methods)
        if test.paths:
            operation["paths"] = list(test.paths)
        if ports:
            operation["ports"] = ports
        yield operation


def _ports(span: PortSpan) -> Iterator[str]:
    last = max(span.first, span.last)
    if span.protocol not in ("ANY", "TCP") or not span.first or last - span.first >= _MOST_PORTS:
        message = f"An AuthorizationPolicy knows single TCP ports, not {say_port(span)}."
        raise Undraftable(message, hint="Give the number of the port.")
    yield from (str(number) for number in range(span.first, last + 1))


def _headers(test: RequestTest) -> Iterator[dict[str, Any]]:
    for name, value in test.headers:
        yield {"key": f"request.headers[{name}]", "values": [value or "*"]}


def _claims(token: TokenTest | None) -> Iterator[dict[str, Any]]:
    if token is None:
        return
    if token.issuers and not token.subjects:
        yield {"key": "request.auth.claims[iss]", "values": list(token.issuers)}
    if token.audiences:
        yield {"key": "request.auth.audiences", "values": list(token.audiences)}
    for path, values in token.claims:
        key = "request.auth.claims" + "".join(f"[{part}]" for part in path)
        yield {"key": key, "values": list(values) or ["*"]}
