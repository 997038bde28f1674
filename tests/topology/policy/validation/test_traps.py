"""Each warning has a policy that triggers it, and the same policy mended, which does not."""

from collections.abc import Callable
from typing import Any

import pytest

from topology.policy.validation import Finding

Find = Callable[..., tuple[Finding, ...]]
Spec = dict[str, Any]

WEB = {"port": "80", "protocol": "TCP"}
DNS = {"port": "53", "protocol": "UDP"}
ASK = {"toPorts": [{"ports": [DNS], "rules": {"dns": [{"matchPattern": "*.b.com"}]}}]}


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

KUBE_DNS = {"matchLabels": {"k8s-app": "kube-dns"}}
NAMESPACE = "k8s:io.kubernetes.pod.namespace"

WARNINGS: list[tuple[str, str, Spec, Spec]] = [
    ("aks-l7", "spec.ingress[0].toPorts[0].rules.http", http(method="GET"), GOOD),
    ("aks-fqdn", "spec.egress[0].toFQDNs", egress(toFQDNs=[{"matchName": "a.com"}]),
     egress(toCIDR=["1.0.0.0/8"])),
    ("aks-dns-any", "spec.egress[0].toPorts[0].rules.dns[0].matchPattern",
     egress(toPorts=ports(DNS, rules={"dns": [{"matchPattern": "*"}]})), egress(**ASK)),
    ("aks-groups", "spec.egress[0].toGroups",
     egress(toGroups=[{"aws": {"securityGroupsIds": ["sg"]}}]), egress(toCIDR=["1.0.0.0/8"])),
    ("aks-authentication", "spec.ingress[0].authentication",
     ingress(fromEndpoints=[{}], authentication={"mode": "required"}),
     ingress(fromEndpoints=[{}], authentication={"mode": "disabled"})),
    ("kafka-deprecated", "spec.ingress[0].toPorts[0].rules.kafka", kafka(topic="a"), http()),
    ("fqdn-service", "spec.egress[0].toFQDNs[0].matchName",
     egress(toFQDNs=[{"matchName": "db.shop.svc.cluster.local"}]),
     egress(toFQDNs=[{"matchName": "db.example.com"}])),
    ("default-deny-idle", "spec.enableDefaultDeny.egress",
     {**GOOD, "enableDefaultDeny": {"egress": True}},
     {**GOOD, "enableDefaultDeny": {"ingress": True}}),
    ("deny-only", "spec.egressDeny",
     {"endpointSelector": {}, "egressDeny": [{"toEntities": ["world"]}]},
     {"endpointSelector": {}, "egressDeny": [{"toEntities": ["world"]}],
      "enableDefaultDeny": {"egress": False}}),
    ("fqdn-without-dns", "spec.egress", egress(toFQDNs=[{"matchName": "a.com"}]),
     {"endpointSelector": {}, "egress": [{"toFQDNs": [{"matchName": "a.com"}]}, ASK]}),
    ("subject-namespace", f"spec.endpointSelector.matchLabels.{NAMESPACE}",
     subject(matchLabels={NAMESPACE: "other"}), subject(matchLabels={NAMESPACE: "shop"})),
    ("empty-rule", "spec.ingress[0]", ingress(), GOOD),
    ("empty-rule", "spec.ingressDeny[0]", {"endpointSelector": {}, "ingressDeny": [{}]}, GOOD),
    ("empty-list", "spec.ingress[0].fromEndpoints", ingress(fromEndpoints=[], toPorts=ports(WEB)),
     ingress(toPorts=ports(WEB))),
    ("services-wildcard", "spec.egress[0].toServices",
     egress(toServices=[{"k8sService": {"serviceName": "a"}}], toPorts=ports(WEB)),
     egress(toServices=[{"k8sService": {"serviceName": "a"}}])),
    ("world-family", "spec.ingress[0].fromEntities[0]", ingress(fromEntities=["world-ipv6"]),
     ingress(fromEntities=["world"])),
    ("namespace-label",
     "spec.ingress[0].fromEndpoints[0].matchLabels.kubernetes.io/metadata.name",
     ingress(fromEndpoints=[{"matchLabels": {"kubernetes.io/metadata.name": "a"}}]),
     ingress(fromEndpoints=[{"matchLabels": {NAMESPACE: "a"}}])),
    ("dns-namespace", "spec.egress[0].toEndpoints[0]", egress(toEndpoints=[KUBE_DNS]),
     egress(toEndpoints=[{"matchLabels": {"k8s-app": "kube-dns", NAMESPACE: "kube-system"}}])),
    ("deep-wildcard", "spec.egress[0].toFQDNs[0].matchPattern",
     egress(toFQDNs=[{"matchPattern": "**.a.com"}]), egress(toFQDNs=[{"matchPattern": "*.a.com"}])),
    ("no-ports", "spec.ingress[0].toPorts[0]", ingress(toPorts=[{}]), ingress(toPorts=ports(WEB))),
    ("port-zero", "spec.ingress[0].toPorts[0].ports[0].port", ingress(toPorts=ports({"port": "0"})),
     ingress(toPorts=ports(WEB))),
    ("end-port", "spec.ingress[0].toPorts[0].ports[0].endPort",
     ingress(toPorts=ports({"port": "80", "endPort": 80})),
     ingress(toPorts=ports({"port": "80", "endPort": 81}))),
    ("end-port", "spec.ingress[0].toPorts[0].ports[0].endPort",
     ingress(toPorts=ports({"port": "web", "endPort": 80})), ingress(toPorts=ports(WEB))),
    ("host-regex", "spec.ingress[0].toPorts[0].rules.http[0].host", http(host="a("),
     http(host="a")),
    ("bare-dot", "spec.ingress[0].toPorts[0].rules.http[0].host", http(host="a.com"),
     http(host="a\\.com[.]uk|b.*")),
    ("except-wider", "spec.egress[0].toCIDRSet[0].except[0]",
     egress(toCIDRSet=[{"cidr": "10.0.0.0/16", "except": ["10.0.0.0/8"]}]),
     egress(toCIDRSet=[{"cidr": "10.0.0.0/8", "except": ["10.0.0.0/16"]}])),
    ("host-bits", "spec.egress[0].toCIDR[0]", egress(toCIDR=["10.1.2.3/8"]),
     egress(toCIDR=["10.0.0.0/8"])),
]  # fmt: skip

PLAIN_WARNINGS: list[tuple[str, str, Spec, Spec]] = [
    ("no-pod-selector", "spec", {"policyTypes": ["Ingress"]}, {"podSelector": {}}),
    ("rules-ignored", "spec.egress", {"policyTypes": ["Ingress"], "egress": [{}]},
     {"policyTypes": ["Ingress", "Egress"], "egress": [{}]}),
    ("host-bits", "spec.ingress[0].from[0].ipBlock.cidr",
     {"ingress": [{"from": [{"ipBlock": {"cidr": "10.1.0.0/8"}}]}]},
     {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}),
    ("dns-udp", "spec.egress[0].ports[0]", {"egress": [{"ports": [{"port": 53}]}]},
     {"egress": [{"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}]}]}),
    ("unknown-field", "spec.ingress[0].form", {"ingress": [{"form": []}]}, {"ingress": [{}]}),
]  # fmt: skip


def check(found: tuple[Finding, ...], mended: tuple[Finding, ...], code: str, path: str) -> None:
    (told,) = [one for one in found if (one.code, one.path) == (code, path)]
    assert told.severity == "warning"
    assert told.message
    assert told.fix
    assert told.location.line > 0
    assert not [one for one in mended if one.code == code]


@pytest.mark.parametrize(("code", "path", "bad", "good"), WARNINGS)
def test_what_is_restricted_or_rarely_meant_is_a_warning(
    findings: Find, code: str, path: str, bad: Spec, good: Spec
) -> None:
    check(findings(bad), findings(good), code, path)


@pytest.mark.parametrize(("code", "path", "bad", "good"), PLAIN_WARNINGS)
def test_a_network_policy_has_traps_too(
    findings: Find, code: str, path: str, bad: Spec, good: Spec
) -> None:
    found = findings(bad, kind="NetworkPolicy")
    check(found, findings(good, kind="NetworkPolicy"), code, path)
