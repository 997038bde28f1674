"""Each code has a policy that triggers it, and the same policy mended, which does not."""

import json
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from topology.load import load_text
from topology.policy.validation import Finding
from topology.policy.validation.document import is_policy, validate

Find = Callable[..., tuple[Finding, ...]]
Spec = dict[str, Any]

WEB = {"port": "80", "protocol": "TCP"}
DNS = {"port": "53", "protocol": "UDP"}
ASK = {"toPorts": [{"ports": [DNS], "rules": {"dns": [{"matchPattern": "*.b.com"}]}}]}
NODES = "CiliumClusterwideNetworkPolicy"


def ingress(**item: Any) -> Spec:
    return {"endpointSelector": {}, "ingress": [item]}


def egress(**item: Any) -> Spec:
    return {"endpointSelector": {}, "egress": [item]}


def ports(*entries: Spec, **rest: Any) -> list[Spec]:
    return [{"ports": list(entries), **rest}]


def http(**rule: Any) -> Spec:
    return ingress(toPorts=ports(WEB, rules={"http": [rule]}))


def kafka(**rule: Any) -> Spec:
    return ingress(toPorts=ports(WEB, rules={"kafka": [rule]}))


def subject(**selector: Any) -> Spec:
    return {"endpointSelector": selector, "ingress": [{"fromEntities": ["all"]}]}


GOOD = ingress(fromEndpoints=[{"matchLabels": {"app": "web"}}], toPorts=ports(WEB))

CILIUM: list[tuple[str, str, Spec, Spec]] = [
    ("wrong-type", "spec.description", {**GOOD, "description": 5}, {**GOOD, "description": "5"}),
    ("wrong-type", "spec.enableDefaultDeny.ingress",
     {**GOOD, "enableDefaultDeny": {"ingress": "no"}},
     {**GOOD, "enableDefaultDeny": {"ingress": False}}),
    ("wrong-type", "spec.ingress[0].toPorts[0].ports[0].port", ingress(toPorts=ports({"port": 80})),
     ingress(toPorts=ports({"port": "80"}))),
    ("wrong-type", "spec.ingress[0].toPorts[0].ports[0].endPort",
     ingress(toPorts=ports({"port": "80", "endPort": "90"})),
     ingress(toPorts=ports({"port": "80", "endPort": 90}))),
    ("selectors", "spec", {"ingress": [{}]}, {"endpointSelector": {}, "ingress": [{}]}),
    ("node-selector", "spec.nodeSelector", {"nodeSelector": {}, "ingress": [{}]}, GOOD),
    ("no-section", "spec", {"endpointSelector": {}, "ingress": []}, GOOD),
    ("label-selector", "spec.endpointSelector.matchLabels.a b", subject(matchLabels={"a b": "x"}),
     subject(matchLabels={"ab": "x"})),
    ("label-selector", "spec.endpointSelector.matchExpressions[0]",
     subject(matchExpressions=[{"key": "a", "operator": "In"}]),
     subject(matchExpressions=[{"key": "a", "operator": "Exists"}])),
    ("combination", "spec.ingress[0]", ingress(fromEndpoints=[{}], fromEntities=["world"]),
     ingress(fromEndpoints=[], fromEntities=["world"])),
    ("entity", "spec.ingress[0].fromEntities[0]", ingress(fromEntities=["internet"]),
     ingress(fromEntities=["world"])),
    ("nodes", "spec.ingress[0].fromNodes", ingress(fromNodes=[{}]),
     ingress(fromEntities=["remote-node"])),
    ("cidr", "spec.egress[0].toCIDR[0]", egress(toCIDR=["10.0.0.0/255.0.0.0"]),
     egress(toCIDR=["10.0.0.0/8"])),
    ("cidr", "spec.egress[0].toCIDRSet[0].cidr", egress(toCIDRSet=[{"cidr": "1.2.3.4"}]),
     egress(toCIDRSet=[{"cidr": "1.2.3.4/32"}])),
    ("cidr-set", "spec.egress[0].toCIDRSet[0]",
     egress(toCIDRSet=[{"cidr": "10.0.0.0/8", "cidrGroupRef": "g"}]),
     egress(toCIDRSet=[{"cidrGroupSelector": {}}])),
    ("except-outside", "spec.egress[0].toCIDRSet[0].except[0]",
     egress(toCIDRSet=[{"cidr": "10.0.0.0/8", "except": ["11.0.0.0/8"]}]),
     egress(toCIDRSet=[{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}])),
    ("fqdn", "spec.egress[0].toFQDNs[0].matchName", egress(toFQDNs=[{"matchName": "*.a.com"}]),
     egress(toFQDNs=[{"matchPattern": "*.a.com"}])),
    ("fqdn", "spec.egress[0].toFQDNs[0]", egress(toFQDNs=[{"matchName": "a", "matchPattern": "b"}]),
     egress(toFQDNs=[{"matchName": "a"}, {"matchPattern": "b"}])),
    ("port", "spec.ingress[0].toPorts[0].ports[0].port", ingress(toPorts=ports({"port": "70000"})),
     ingress(toPorts=ports({"port": "65535"}))),
    ("protocol", "spec.ingress[0].toPorts[0].ports[0].protocol",
     ingress(toPorts=ports({"port": "80", "protocol": "HTTP"})), ingress(toPorts=ports(WEB))),
    ("too-many-ports", "spec.ingress[0].toPorts[0].ports",
     ingress(toPorts=ports(*[{"port": str(n)} for n in range(1, 42)])),
     ingress(toPorts=ports(*[{"port": str(n)} for n in range(1, 41)]))),
    ("icmps-and-ports", "spec.ingress[0].icmps",
     ingress(toPorts=ports(WEB), icmps=[{"fields": [{"type": 8}]}]),
     ingress(icmps=[{"fields": [{"type": 8}]}])),
    ("icmp-type", "spec.ingress[0].icmps[0].fields[0].type",
     ingress(icmps=[{"fields": [{"type": "Ping"}]}]),
     ingress(icmps=[{"fields": [{"type": "EchoRequest"}]}])),
    ("icmp-family", "spec.ingress[0].icmps[0].fields[0].family",
     ingress(icmps=[{"fields": [{"type": 8, "family": "IPv5"}]}]),
     ingress(icmps=[{"fields": [{"type": 8, "family": "IPv4"}]}])),
    ("too-many-types", "spec.ingress[0].icmps[0].fields",
     ingress(icmps=[{"fields": [{"type": n} for n in range(41)]}]),
     ingress(icmps=[{"fields": [{"type": n} for n in range(40)]}])),
    ("l7-types", "spec.ingress[0].toPorts[0].rules",
     ingress(toPorts=ports(WEB, rules={"http": [{}], "kafka": []})), http()),
    ("l7-protocol", "spec.ingress[0].toPorts[0].ports[0]",
     ingress(toPorts=ports({"port": "80"}, rules={"http": [{}]})), http()),
    ("l7-port", "spec.ingress[0].toPorts[0].ports",
     ingress(toPorts=ports({"port": "0", "protocol": "TCP"}, rules={"http": [{}]})), http()),
    ("l7proto", "spec.ingress[0].toPorts[0].rules.l7",
     ingress(toPorts=ports(WEB, rules={"l7": [{"a": "b"}]})),
     ingress(toPorts=ports(WEB, rules={"l7": [{"a": "b"}], "l7proto": "x"}))),
    ("dns-ingress", "spec.ingress[0].toPorts[0].rules.dns",
     ingress(toPorts=ports(DNS, rules={"dns": [{"matchName": "a"}]})), egress(**ASK)),
    ("dns-port", "spec.egress[0].toPorts[0].rules.dns",
     egress(toPorts=ports(rules={"dns": [{"matchName": "a"}]})), egress(**ASK)),
    ("dns-range", "spec.egress[0].toPorts[0].ports[0]",
     egress(toPorts=ports({**DNS, "endPort": 60}, rules={"dns": [{"matchName": "a"}]})),
     egress(toPorts=ports({**DNS, "endPort": 53}, rules={"dns": [{"matchName": "a"}]}))),
    ("http-regex", "spec.ingress[0].toPorts[0].rules.http[0].path", http(path="/a("),
     http(path="/a\\(")),
    ("http-header", "spec.ingress[0].toPorts[0].rules.http[0].headerMatches[0].mismatch",
     http(headerMatches=[{"name": "X", "mismatch": "DROP"}]),
     http(headerMatches=[{"name": "X", "mismatch": "LOG"}])),
    ("http-header", "spec.ingress[0].toPorts[0].rules.http[0].headerMatches[0].secret",
     http(headerMatches=[{"name": "X", "secret": {}}]),
     http(headerMatches=[{"name": "X", "secret": {"name": "s"}}])),
    ("kafka", "spec.ingress[0].toPorts[0].rules.kafka[0]", kafka(role="produce", apiKey="fetch"),
     kafka(role="produce")),
    ("kafka", "spec.ingress[0].toPorts[0].rules.kafka[0].topic", kafka(topic="a*"),
     kafka(topic="a")),
    ("kafka", "spec.ingress[0].toPorts[0].rules.kafka[0].apiVersion", kafka(apiVersion="-1"),
     kafka(apiVersion="1")),
    ("kafka", "spec.ingress[0].toPorts[0].rules.kafka[0].apiKey", kafka(apiKey="bake"),
     kafka(apiKey="Fetch")),
    ("kafka", "spec.ingress[0].toPorts[0].rules.kafka[0].role", kafka(role="bake"),
     kafka(role="consume")),
    ("sni", "spec.egress[0].toPorts[0].serverNames",
     egress(toPorts=ports(WEB, rules={"http": [{}]}, serverNames=["a.com"])),
     egress(toPorts=ports(WEB, serverNames=["a.com"]))),
    ("listener", "spec.ingress[0].toPorts[0].listener",
     ingress(toPorts=ports(WEB, listener={"name": "a", "envoyConfig": {"name": "b"}})),
     egress(toPorts=ports(WEB, listener={"name": "a", "envoyConfig": {"name": "b"}}))),
]  # fmt: skip

KUBERNETES: list[tuple[str, str, Spec, Spec]] = [
    ("policy-type", "spec.policyTypes[0]", {"policyTypes": ["ingress"]},
     {"policyTypes": ["Ingress"]}),
    ("policy-type", "spec.policyTypes", {"policyTypes": ["Ingress", "Egress", "Ingress"]},
     {"policyTypes": ["Ingress", "Egress"]}),
    ("wrong-type", "spec.ingress", {"ingress": {}}, {"ingress": []}),
    ("empty-peer", "spec.ingress[0].from[0]", {"ingress": [{"from": [{}]}]},
     {"ingress": [{"from": [{"podSelector": {}}]}]}),
    ("mixed-peer", "spec.ingress[0].from[0]",
     {"ingress": [{"from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]}]},
     {"ingress": [{"from": [{"podSelector": {}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}),
    ("cidr", "spec.ingress[0].from[0].ipBlock.cidr",
     {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1"}}]}]},
     {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]}]}),
    ("except-outside", "spec.ingress[0].from[0].ipBlock.except[0]",
     {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]}]},
     {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/9"]}}]}]}),
    ("label-selector", "spec.podSelector.matchLabels.a b",
     {"podSelector": {"matchLabels": {"a b": ""}}}, {"podSelector": {"matchLabels": {"a": ""}}}),
    ("protocol", "spec.egress[0].ports[0].protocol", {"egress": [{"ports": [{"protocol": "tcp"}]}]},
     {"egress": [{"ports": [{"protocol": "TCP"}]}]}),
    ("port", "spec.egress[0].ports[0].port", {"egress": [{"ports": [{"port": "80"}]}]},
     {"egress": [{"ports": [{"port": 80}]}]}),
    ("port", "spec.egress[0].ports[0].port", {"egress": [{"ports": [{"port": "Web"}]}]},
     {"egress": [{"ports": [{"port": "web"}]}]}),
    ("port", "spec.egress[0].ports[0].endPort",
     {"egress": [{"ports": [{"port": 90, "endPort": 80}]}]},
     {"egress": [{"ports": [{"port": 80, "endPort": 90}]}]}),
    ("port", "spec.egress[0].ports[0].endPort", {"egress": [{"ports": [{"endPort": 80}]}]},
     {"egress": [{"ports": [{"port": 80}]}]}),
]  # fmt: skip

HOSTS: list[tuple[str, str, Spec, Spec]] = [
    ("selectors", "spec.nodeSelector", {**GOOD, "nodeSelector": {}}, GOOD),
    ("host-l7", "spec.ingress[0].toPorts[0].rules",
     {"nodeSelector": {}, "ingress": [{"toPorts": ports(WEB, rules={"http": [{}]})}]},
     {"nodeSelector": {}, "ingress": [{"toPorts": ports(WEB)}]}),
    ("host-l7", "spec.egress[0].toPorts[0].rules.http",
     {"nodeSelector": {}, "egress": [{"toPorts": ports(WEB, rules={"http": [{}]})}]},
     {"nodeSelector": {}, "egress": [ASK]}),
    ("aks-host-policy", "spec.nodeSelector", {"nodeSelector": {}, "ingress": [{}]}, GOOD),
    ("aks-clusterwide-l7", "spec.ingress[0].toPorts[0].rules.http", http(), GOOD),
]  # fmt: skip

SCHEMA: list[tuple[str, str, Spec, Spec]] = [
    ("schema-enum", "spec.ingress[0].authentication.mode",
     ingress(fromEndpoints=[{}], authentication={"mode": "mtls"}),
     ingress(fromEndpoints=[{}], authentication={"mode": "required"})),
    ("schema-enum", "spec.ingress[0].fromEntities[0]", ingress(fromEntities=["world-ipv4"]),
     ingress(fromEntities=["world"])),
    ("schema-length", "spec.log.value", {**GOOD, "log": {"value": "x" * 33}},
     {**GOOD, "log": {"value": "x" * 32}}),
    ("schema-pattern", "spec.egress[0].toFQDNs[0].matchName",
     egress(toFQDNs=[{"matchName": "a..com"}]), egress(toFQDNs=[{"matchName": "a.com."}])),
    ("schema-pattern", "spec.egress[0].toPorts[0].serverNames[0]",
     egress(toPorts=ports(WEB, serverNames=["a*b"])),
     egress(toPorts=ports(WEB, serverNames=["**.b"]))),
    ("schema-range", "spec.ingress[0].toPorts[0].ports[0].endPort",
     ingress(toPorts=ports({"port": "80", "endPort": 70000})),
     ingress(toPorts=ports({"port": "80", "endPort": 65535}))),
    ("schema-items", "spec.egress[0].toPorts[0].serverNames",
     egress(toPorts=ports(WEB, serverNames=[])), egress(toPorts=ports(WEB, serverNames=["a"]))),
    ("schema-required", "spec.labels[0]", {**GOOD, "labels": [{}]},
     {**GOOD, "labels": [{"key": "a"}]}),
    ("schema-one-of", "spec.egress[0].toPorts[0].rules.dns[0]",
     egress(toPorts=ports(DNS, rules={"dns": [{"matchName": "a", "matchPattern": "b"}]})),
     egress(**ASK)),
    ("schema-format", "spec.egress[0].toCIDR[0]", egress(toCIDR=["1.2.3.4"]),
     egress(toCIDR=["1.2.3.4/32"])),
    ("unknown-field", "spec.priority", {**GOOD, "priority": 5}, GOOD),
]  # fmt: skip


def check(
    found: tuple[Finding, ...], mended: tuple[Finding, ...], code: str, path: str, severity: str
) -> None:
    (told,) = [one for one in found if (one.code, one.path) == (code, path)]
    assert told.severity == severity
    assert told.message
    assert told.fix
    assert told.location.line > 0
    assert not [one for one in mended if one.code == code]


@pytest.mark.parametrize(("code", "path", "bad", "good"), CILIUM)
def test_what_cilium_refuses_is_an_error_with_its_field(
    findings: Find, code: str, path: str, bad: Spec, good: Spec
) -> None:
    check(findings(bad), findings(good), code, path, "error")
    assert not [one for one in findings(good) if one.refuses]


@pytest.mark.parametrize(("code", "path", "bad", "good"), KUBERNETES)
def test_what_kubernetes_refuses_is_an_error_with_its_field(
    findings: Find, code: str, path: str, bad: Spec, good: Spec
) -> None:
    found, mended = (
        findings({"podSelector": {}, **spec}, kind="NetworkPolicy") for spec in (bad, good)
    )
    check(found, mended, code, path, "error")
    assert not [one for one in mended if one.refuses]


@pytest.mark.parametrize(("code", "path", "bad", "good"), HOSTS)
def test_clusterwide_policies_and_those_for_nodes_have_limits_of_their_own(
    findings: Find, code: str, path: str, bad: Spec, good: Spec
) -> None:
    severity = "warning" if code.startswith("aks") else "error"
    check(findings(bad, kind=NODES), findings(good, kind=NODES), code, path, severity)


@pytest.mark.parametrize(("code", "path", "bad", "good"), SCHEMA)
def test_what_only_the_api_server_refuses_says_so(
    findings: Find, code: str, path: str, bad: Spec, good: Spec
) -> None:
    severity = "warning" if code in ("schema-format", "unknown-field") else "error"
    check(findings(bad), findings(good), code, path, severity)
    assert {one.origin for one in findings(bad) if one.code == code} == {"schema"}


def test_a_good_policy_has_nothing_to_be_said(findings: Find) -> None:
    assert findings(GOOD) == findings(GOOD, profile="1.19") == ()
    plain = {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}
    assert findings(plain, kind="NetworkPolicy") == ()


def test_every_fault_of_a_policy_is_told_at_once_in_the_order_of_its_lines(findings: Find) -> None:
    spec = {
        "endpointSelector": {"matchLabels": {"a b": "x"}},
        "ingress": [
            {"fromEntities": ["internet"], "toPorts": ports({"port": "x" * 16}, {"port": "70000"})},
            {"fromCIDR": ["10.0.0.0/33"], "fromEndpoints": [{}]},
        ],
    }
    told = [one for one in findings(spec) if one.refuses]
    assert sorted(one.code for one in told) == [
        "cidr", "combination", "entity", "label-selector", "port", "port"
    ]  # fmt: skip
    assert [one.location.line for one in told] == sorted(one.location.line for one in told)


@pytest.mark.parametrize(("version", "is_refused"), [("1.18", False), ("1.19", True)])
def test_profiles_differ_where_cilium_does(findings: Find, version: str, is_refused: bool) -> None:
    requires = ingress(fromEndpoints=[{}], fromRequires=[{"matchLabels": {"a": "b"}}])
    codes = {one.code for one in findings(requires, profile=version)}
    assert ("requires" in codes) == is_refused
    extended = ingress(toPorts=ports({"port": "0", "protocol": "VRRP"}))
    told = [one for one in findings(extended, profile=version) if one.refuses]
    assert bool(told) != is_refused
    wild = egress(toFQDNs=[{"matchPattern": "**.a.com"}])
    assert ("deep-wildcard" in {one.code for one in findings(wild, profile=version)}) != is_refused


def test_an_empty_specs_is_no_fault_and_no_spec_at_all_is() -> None:
    head = '{"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "p"}'
    empty = load_text(head + ', "specs": []}').policies[0]
    assert not validate(empty)
    none = load_text(head + "}").policies[0]
    assert [one.code for one in validate(none)] == ["empty-policy"]


@pytest.mark.parametrize(
    ("version", "name", "code"),
    [
        ("cilium.io/v2", "Web", "metadata-name"),
        ("cilium.io/v2", "a_b", "metadata-name"),
        ("cilium.io/v3", "web", "api-version"),
        ("", "web", "api-version"),
        ("cilium.io/v2", "web.shop", ""),
    ],
)
def test_the_object_itself_is_checked_too(version: str, name: str, code: str) -> None:
    body = {
        "apiVersion": version,
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": name},
        "spec": GOOD,
    }
    (policy,) = load_text(json.dumps(body)).policies
    assert [one.code for one in validate(policy)] == ([code] if code else [])


def test_a_cidr_over_pods_is_told_where_the_pods_are_known(findings: Find) -> None:
    spec = egress(toCIDR=["10.244.0.0/16"])
    networks = (ip_network("10.244.3.0/24"), ip_network("fd00::/64"))
    assert [one.code for one in findings(spec, networks=networks)] == ["cidr-pods"]
    assert findings(egress(toCIDR=["0.0.0.0/0"]), networks=networks) == ()
    assert findings(spec) == ()
    block = {"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "10.244.0.0/16"}}]}]}
    told = findings(block, kind="NetworkPolicy", networks=networks)
    assert [one.path for one in told] == ["spec.egress[0].to[0].ipBlock.cidr"]
    plain = findings(block, kind="NetworkPolicy", networks=networks, profile="kubernetes")
    assert plain == ()


def test_istio_s_policies_are_asked_about_through_the_same_door() -> None:
    text = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: p, namespace: shop}
spec: {mtls: {mode: STRIKT}}
"""
    (policy,) = load_text(text).policies
    assert [(one.origin, one.severity) for one in validate(policy)] == [("istio", "error")]
    assert is_policy("AuthorizationPolicy")
    assert not is_policy("Service")
