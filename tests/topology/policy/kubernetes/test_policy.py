from typing import Any

import pytest

from topology.load import load_text
from topology.policy.kubernetes import read_network_policy
from topology.policy.profile import PROFILES
from topology.policy.rules import Context


def read(spec: str, profile: str = "1.18") -> Any:
    document = load_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: p, namespace: a}}\nspec: {spec}\n"
    ).policies[0]
    return read_network_policy(document, Context(profile=PROFILES[profile]))


@pytest.mark.parametrize(
    ("spec", "directions"),
    [
        ("{podSelector: {}}", ["ingress"]),
        ("{podSelector: {}, egress: [{}]}", ["ingress", "egress"]),
        ("{podSelector: {}, policyTypes: [Egress]}", ["egress"]),
        ("{podSelector: {}, policyTypes: [Egress, Ingress]}", ["ingress", "egress"]),
    ],
)
def test_policy_types_default_to_ingress(spec: str, directions: list[str]) -> None:
    rules, problems = read(spec)
    assert not problems
    assert [rule.direction for rule in rules] == directions


def test_an_empty_rule_allows_everything_and_an_empty_list_nothing() -> None:
    (everything,) = read("{podSelector: {}, ingress: [{}]}")[0]
    assert (everything.peers, everything.ports) == (None, None)
    (nothing,) = read("{podSelector: {}, ingress: []}")[0]
    assert (nothing.peers, nothing.ports) == ((), ())


def test_selectors_of_one_peer_are_joined_and_those_of_two_are_not() -> None:
    joined = "{namespaceSelector: {matchLabels: {team: x}}, podSelector: {matchLabels: {app: y}}}"
    (rule,) = read(f"{{podSelector: {{}}, ingress: [{{from: [{joined}]}}]}}")[0]
    assert [peer.key for peer in rule.peers] == [
        "k8s:app=y, k8s:io.cilium.k8s.namespace.labels.team=x"
    ]
    apart = "{namespaceSelector: {}}, {podSelector: {matchLabels: {app: y}}}"
    (rule,) = read(f"{{podSelector: {{}}, ingress: [{{from: [{apart}]}}]}}")[0]
    assert [peer.key for peer in rule.peers] == [
        "k8s:io.kubernetes.pod.namespace Exists",
        "k8s:app=y, k8s:io.kubernetes.pod.namespace=a",
    ]


def test_ports_default_to_tcp_and_may_be_names_and_ranges() -> None:
    ports = "[{port: 80}, {port: http}, {port: 100, endPort: 200, protocol: UDP}, {protocol: SCTP}]"
    (rule,) = read(f"{{podSelector: {{}}, ingress: [{{ports: {ports}}}]}}")[0]
    assert [(e.protocols, e.first, e.last, e.name) for e in rule.ports] == [
        (("TCP",), 80, 80, ""),
        (("TCP",), 0, 0, "http"),
        (("UDP",), 100, 200, ""),
        (("SCTP",), 0, 65535, ""),
    ]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("{podSelector: {}, policyTypes: [Inbound]}", "policy-type"),
        ("{podSelector: {}, ingress: [{from: [{}]}]}", "empty-peer"),
        ("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]}", "cidr"),
        (
            "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 1.0.0.0/8}, podSelector: {}}]}]}",
            "mixed-peer",
        ),
        (
            "{podSelector: {}, ingress: [{from: [{ipBlock: "
            "{cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}]}]}",
            "except-outside",
        ),
        ("{podSelector: {}, ingress: [{ports: [{port: 0}]}]}", "port"),
        ("{podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}", "port"),
        ("{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}", "protocol"),
        ("{podSelector: {matchLabels: [a]}}", "wrong-type"),
        ("{podSelector: {matchExpressions: [{key: a, operator: Gt}]}}", "label-selector"),
        ("{podSelector: {}, ingress: {}}", "wrong-type"),
    ],
)
def test_what_kubernetes_refuses_gives_no_rules_and_a_problem(spec: str, code: str) -> None:
    rules, problems = read(spec)
    assert rules == ()
    assert [problem.code for problem in problems] == [code]
