from typing import Any

import pytest

from topology.load import load_text
from topology.policy.cilium import read_cilium_policy
from topology.policy.profile import PROFILES
from topology.policy.rules import Context

BASE: dict[str, Any] = {"endpointSelector": {}, "ingress": [{}]}


def read(spec: Any, *, kind: str = "CiliumNetworkPolicy", profile: str = "1.18") -> Any:
    import json

    namespace = ', "namespace": "a"' if kind == "CiliumNetworkPolicy" else ""
    text = (
        f'{{"apiVersion": "cilium.io/v2", "kind": "{kind}", '
        f'"metadata": {{"name": "p"{namespace}}}, "spec": {json.dumps(spec)}}}'
    )
    document = load_text(text, name="p.json").policies[0]
    return read_cilium_policy(document, Context(profile=PROFILES[profile]))


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        ("a" * 59, True), ("a" * 60, False), ("k8s:" + "a" * 59, True), ("k8s:" + "a" * 60, False),
        ("example.com/" + "a" * 63, True), ("_a", True), ("k8s:-a", True), ("a-", False),
        ("K8s:example.com/a", False), ("", False),
    ],
)  # fmt: skip
def test_a_label_key_is_checked_together_with_its_source(key: str, taken: bool) -> None:
    rules, problems = read({"endpointSelector": {"matchLabels": {key: "x"}}, "ingress": [{}]})
    assert bool(rules) is taken
    assert bool(problems) is not taken


@pytest.mark.parametrize(
    ("written", "types"),
    [(8, [8]), ("8", [8]), ("0", [0]), ("EchoRequest", [8]), (300, []), (-1, []), ("300", [])],
)
def test_an_icmp_type_that_no_message_has_is_taken_and_matches_nothing(
    written: object, types: list[int]
) -> None:
    rules, problems = read(ingress(icmps=[{"fields": [{"type": written}]}]))
    assert not problems
    assert [entry.first for entry in rules[0].ports] == types


@pytest.mark.parametrize(("end", "last"), [(None, 65535), (0, 65535), (80, 80), (65535, 65535)])
def test_a_range_from_port_0_ends_where_it_says(end: int | None, last: int) -> None:
    rules, _ = read(ingress(toPorts=[{"ports": [{"port": "0", "endPort": end}]}]))
    assert (rules[0].ports[0].first, rules[0].ports[0].last) == (0, last)


def ingress(**item: Any) -> dict[str, Any]:
    return {"endpointSelector": {}, "ingress": [item]}


def egress(**item: Any) -> dict[str, Any]:
    return {"endpointSelector": {}, "egress": [item]}


def ports(*entries: dict[str, Any], **rest: Any) -> list[dict[str, Any]]:
    return [{"ports": list(entries), **rest}]


WEB = {"port": "80", "protocol": "TCP"}
DNS = {"port": "53", "protocol": "UDP"}


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"endpointSelector": {}}, "no-section", "spec"),
        ({"endpointSelector": {}, "ingress": []}, "no-section", "spec"),
        ({"ingress": [{}]}, "selectors", "spec"),
        ({"nodeSelector": {}, "ingress": [{}]}, "node-selector", "spec.nodeSelector"),
        ({"endpointSelector": {"matchLabels": {"a b": "x"}}, "ingress": [{}]}, "label-selector",
         "spec.endpointSelector.matchLabels.a b"),
        (ingress(fromEntities=["internet"]), "entity", "spec.ingress[0].fromEntities[0]"),
        (ingress(fromEndpoints=[{}], fromCIDR=["10.0.0.0/8"]), "combination", "spec.ingress[0]"),
        (egress(toCIDR=["10.0.0.0/33"]), "cidr", "spec.egress[0].toCIDR[0]"),
        (egress(toCIDRSet=[{"cidr": "1.2.3.4"}]), "cidr", "spec.egress[0].toCIDRSet[0].cidr"),
        (egress(toCIDRSet=[{"cidr": "10.0.0.0/8", "except": ["11.0.0.0/8"]}]), "except-outside",
         "spec.egress[0].toCIDRSet[0].except[0]"),
        (egress(toCIDRSet=[{"cidr": "10.0.0.0/8", "cidrGroupRef": "g"}]), "cidr-set",
         "spec.egress[0].toCIDRSet[0]"),
        (egress(toFQDNs=[{"matchName": "*.a.com"}]), "fqdn",
         "spec.egress[0].toFQDNs[0].matchName"),
        (egress(toFQDNs=[{"matchPattern": "a" * 256}]), "fqdn",
         "spec.egress[0].toFQDNs[0].matchPattern"),
        (ingress(icmps=[{"fields": [{"type": "00"}]}]), "icmp-type",
         "spec.ingress[0].icmps[0].fields[0].type"),
        (ingress(toPorts=[{"ports": [{"port": "0", "endPort": 80, "protocol": "TCP"}],
                           "rules": {"http": [{}]}}]), "l7-port",
         "spec.ingress[0].toPorts[0].ports"),
        (egress(toFQDNs=[{"matchName": "a", "matchPattern": "b"}]), "fqdn",
         "spec.egress[0].toFQDNs[0]"),
        (ingress(fromNodes=[{}]), "nodes", "spec.ingress[0].fromNodes"),
        (ingress(toPorts=ports({"port": 80})), "wrong-type",
         "spec.ingress[0].toPorts[0].ports[0].port"),
        (ingress(toPorts=ports({"port": "70000"})), "port",
         "spec.ingress[0].toPorts[0].ports[0].port"),
        (ingress(toPorts=ports({"protocol": "TCP"})), "port",
         "spec.ingress[0].toPorts[0].ports[0]"),
        (ingress(toPorts=ports({"port": "0", "protocol": "ICMP"})), "protocol",
         "spec.ingress[0].toPorts[0].ports[0].protocol"),
        (ingress(toPorts=ports(*[{"port": str(n)} for n in range(1, 42)])), "too-many-ports",
         "spec.ingress[0].toPorts[0].ports"),
        (ingress(toPorts=ports(WEB), icmps=[{"fields": [{"type": 8}]}]), "icmps-and-ports",
         "spec.ingress[0].icmps"),
        (ingress(icmps=[{"fields": [{"type": "Foo"}]}]), "icmp-type",
         "spec.ingress[0].icmps[0].fields[0].type"),
        (ingress(toPorts=ports(DNS, rules={"http": [{}]})), "l7-protocol",
         "spec.ingress[0].toPorts[0].ports[0]"),
        (ingress(toPorts=ports({"port": "0", "protocol": "TCP"}, rules={"http": [{}]})),
         "l7-port", "spec.ingress[0].toPorts[0].ports"),
        (ingress(toPorts=ports(DNS, rules={"dns": [{"matchPattern": "*"}]})), "dns-ingress",
         "spec.ingress[0].toPorts[0].rules.dns"),
        (egress(toPorts=ports(WEB, rules={"http": [{}], "kafka": [{}]})), "l7-types",
         "spec.egress[0].toPorts[0].rules"),
        (egress(toPorts=ports(WEB, rules={"http": [{"path": "a("}]})), "http-regex",
         "spec.egress[0].toPorts[0].rules.http[0].path"),
        (egress(toPorts=ports(WEB, rules={"l7": [{"a": "b"}]})), "l7proto",
         "spec.egress[0].toPorts[0].rules.l7"),
        (egress(toPorts=ports(WEB, rules={"http": [{}]}, serverNames=["a.com"])), "sni",
         "spec.egress[0].toPorts[0].serverNames"),
        ({**BASE, "enableDefaultDeny": {"ingress": "no"}}, "wrong-type",
         "spec.enableDefaultDeny.ingress"),
    ],
)  # fmt: skip
def test_what_cilium_refuses_gives_no_rules_and_says_where(
    spec: dict[str, Any], code: str, path: str
) -> None:
    rules, problems = read(spec)
    assert rules == ()
    (problem,) = problems
    assert (problem.severity, problem.code) == ("error", code)
    assert f"`{path}`" in problem.message
    assert problem.hint


def test_unknown_fields_are_dropped_with_a_warning() -> None:
    spec = {"endpointSelector": {}, "egressDeny": [{"toFQDNs": [{"matchName": "a.com"}]}]}
    rules, problems = read({**spec, "priority": 5})
    assert [problem.severity for problem in problems] == ["warning", "warning"]
    assert [rule.peers for rule in rules] == [()]


def test_requires_is_gone_in_1_19() -> None:
    spec = ingress(fromEndpoints=[{}], fromRequires=[{"matchLabels": {"a": "b"}}])
    assert read(spec, profile="1.19")[1][0].code == "requires"
    rules, problems = read(spec)
    assert not problems
    assert [str(one) for one in rules[0].requires] == ["a=b, k8s:io.kubernetes.pod.namespace=a"]


def test_empty_lists_and_absent_ones_differ() -> None:
    def peers(item: dict[str, Any]) -> Any:
        return read(ingress(**item))[0][0].peers

    assert peers({}) == ()
    assert peers({"toPorts": ports(WEB)}) is None
    assert peers({"fromEndpoints": [], "toPorts": ports(WEB)}) == ()
    assert peers({"fromEndpoints": [], "fromCIDR": ["10.0.0.0/8"]}) == ()


def test_ports_as_written_become_numbers_ranges_and_names() -> None:
    entries = [
        {"port": "80"},
        {"port": "1000", "endPort": 2000, "protocol": "tcp"},
        {"port": "90", "endPort": 80, "protocol": "UDP"},
        {"port": "HTTP", "protocol": "TCP"},
        {"port": "0", "protocol": "SCTP"},
    ]
    (rule,) = read(ingress(toPorts=ports(*entries)))[0]
    assert [(e.protocols, e.first, e.last, e.name) for e in rule.ports] == [
        (("TCP", "UDP", "SCTP"), 80, 80, ""),
        (("TCP",), 1000, 2000, ""),
        (("UDP",), 90, 90, ""),
        (("TCP",), 0, 0, "http"),
        (("SCTP",), 0, 65535, ""),
    ]


def test_every_spec_of_specs_counts_and_one_fault_refuses_all() -> None:
    document = load_text(
        """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: a}
specs:
- {endpointSelector: {}, ingress: [{}]}
- {endpointSelector: {}, egress: [{toEntities: [world]}]}
"""
    ).policies[0]
    rules, problems = read_cilium_policy(document, Context(profile=PROFILES["1.18"]))
    assert not problems
    assert [rule.path for rule in rules] == ["specs[0].ingress[0]", "specs[1].egress[0]"]


def test_host_policies_take_no_http_rules() -> None:
    spec = {"nodeSelector": {}, "egress": [{"toPorts": ports(WEB, rules={"http": [{}]})}]}
    _, problems = read(spec, kind="CiliumClusterwideNetworkPolicy")
    assert problems[0].code == "host-l7"


def test_services_are_undecided_without_services_in_the_input() -> None:
    spec = egress(toServices=[{"k8sService": {"serviceName": "s", "namespace": "n"}}])
    assert "the input holds none" in read(spec)[0][0].undecided
