"""TLS server names: which handshakes a rule lets through, and how rules for one peer merge."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.load import load_text
from topology.paths import Network, parse_port
from topology.policy.l7 import L7Rules
from topology.targets import EntityTarget, PodTarget

CLUSTER = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, image: x}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: tls, namespace: a}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toEntities: [world]
    toPorts:
    - ports: [{port: "443", protocol: TCP}]
      serverNames: ["*.example.com", api.example.net]
"""
PLAIN = """
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: plain, namespace: a}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toEntities: [%s]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""


def ask(text: str, sni: str | None) -> Any:
    network = Network.build(load_text(text))
    return network.reach(
        network.names.resolve("a/web"), EntityTarget("world"), port=parse_port("443"), sni=sni
    )


@pytest.mark.parametrize(
    ("sni", "verdict"),
    [
        ("www.example.com", "allow"),
        ("WWW.example.com", "allow"),
        ("example.com", "deny"),
        ("a.b.example.com", "deny"),
        ("badexample.com", "deny"),
        ("api.example.net", "allow"),
        ("other.example.net", "deny"),
    ],
)
def test_a_handshake_passes_with_a_server_name_of_the_rule(sni: str, verdict: str) -> None:
    assert ask(CLUSTER, sni).verdict == verdict


def test_without_a_server_name_the_answer_says_which_pass() -> None:
    found = ask(CLUSTER, None)
    assert (found.verdict, found.l7) == ("allow", "conditional")
    assert "*.example.com" in found.conditions[0]


def test_two_stars_stand_for_any_number_of_labels() -> None:
    rules = L7Rules(parser="tls", names=("**.example.com",))
    names = ("b.example.com", "a.b.example.com", "example.com")
    assert [rules.admits(None, None, name) for name in names] == [True, True, False]


def test_a_rule_for_the_same_peer_and_port_asks_for_the_server_name_too() -> None:
    found = ask(CLUSTER + PLAIN % "world", "elsewhere.example.org")
    assert found.verdict == "deny"
    assert ask(CLUSTER + PLAIN % "world", None).l7 == "conditional"


def test_a_rule_for_another_peer_opens_the_port_to_every_handshake() -> None:
    assert ask(CLUSTER + PLAIN % "all", "elsewhere.example.org").verdict == "allow"


def test_taking_the_server_names_away_opens_the_port_again() -> None:
    network = Network.build(load_text(CLUSTER + PLAIN % "world"))
    left = network.policies.without(["CiliumNetworkPolicy/a/tls"])
    pod = PodTarget(network.cluster.pods[0])
    assert left.decide(pod, EntityTarget("world"), port=443, sni="x.example.org").verdict == "allow"


@given(st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5}){1,3}", fullmatch=True))
def test_a_whole_name_admits_itself_and_nothing_below_it(name: str) -> None:
    rules = L7Rules(parser="tls", names=(name,))
    assert rules.admits(None, None, name.upper()) is True
    assert rules.admits(None, None, f"x.{name}") is False
