"""Policies and rules without effect, one kind each."""

from collections.abc import Callable
from typing import Any

import pytest

DENY_ALL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
"""


def cilium(name: str, spec: str) -> str:
    return f"""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec: {spec}
---
"""


WEB = "endpointSelector: {matchLabels: {app: web}}"
FROM_DB = "fromEndpoints: [{matchLabels: {app: db}}]"
ON_80 = 'toPorts: [{ports: [{port: "80", protocol: TCP}]}]'


@pytest.mark.parametrize(
    ("policies", "kind", "rule", "said"),
    [
        (
            cilium("one", "{endpointSelector: {matchLabels: {app: wbe}}, ingress: [{}]}"),
            "selects-nothing",
            "",
            "`app=wbe`",
        ),
        (
            cilium(
                "one", f"{{{WEB}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: x}}}}]}}]}}"
            ),
            "never-matches",
            "spec.ingress[0]",
            "`app=x`",
        ),
        (
            cilium(
                "one",
                f"{{{WEB}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: db}}}}, "
                "{matchLabels: {app: x}}]}]}",
            ),
            "peer-matches-nothing",
            "spec.ingress[0]",
            "`app=x`",
        ),
        (
            cilium(
                "one",
                f"{{{WEB}, ingress: [{{{FROM_DB}, toPorts: [{{ports: [{{port: nope}}]}}]}}]}}",
            ),
            "never-matches",
            "spec.ingress[0].toPorts[0]",
            "`nope`",
        ),
        (
            cilium("one", f"{{{WEB}, ingress: [{{{FROM_DB}, {ON_80}}}, {{{FROM_DB}}}]}}"),
            "covered",
            "spec.ingress[0].toPorts[0]",
            "`spec.ingress[1]` allows all of it already",
        ),
        (
            cilium("one", f"{{{WEB}, ingress: [{{{FROM_DB}}}], ingressDeny: [{{{FROM_DB}}}]}}"),
            "denied",
            "spec.ingress[0]",
            "`spec.ingressDeny[0]` denies all of it",
        ),
        (
            cilium(
                "one",
                f"{{{WEB}, ingress: [{{{FROM_DB}, {ON_80}}}, "
                f"{{{FROM_DB}, toPorts: [{{ports: [{{port: '70', endPort: 79}}]}}]}}, "
                f"{{{FROM_DB}, toPorts: [{{ports: [{{port: '75', endPort: 80}}]}}]}}]}}",
            ),
            "covered",
            "spec.ingress[0].toPorts[0]",
            "allows all of it",
        ),
    ],
)
def test_each_kind_is_found_with_its_reason_and_place(
    world: Callable[..., Any], policies: str, kind: str, rule: str, said: str
) -> None:
    (idle,) = world(policies).engine.idle()
    assert (idle.kind, idle.policy, idle.rule) == (kind, "CiliumNetworkPolicy/shop/one", rule)
    assert said in idle.reason
    assert idle.location.file == "policies.yaml"
    assert idle.location.line > 0
    assert bool(idle.by) == (kind in ("covered", "denied"))


def test_rules_that_only_together_allow_all_of_another_are_named_without_one_of_them(
    world: Callable[..., Any],
) -> None:
    spec = (
        f"{{{WEB}, ingress: ["
        f"{{{FROM_DB}, toPorts: [{{ports: [{{port: '70', endPort: 80}}]}}]}}, "
        f"{{{FROM_DB}, toPorts: [{{ports: [{{port: '70', endPort: 75}}]}}]}}, "
        f"{{{FROM_DB}, toPorts: [{{ports: [{{port: '76', endPort: 90}}]}}]}}]}}"
    )
    (idle,) = world(cilium("one", spec)).engine.idle()
    assert (idle.kind, idle.rule, idle.by) == (
        "changes-nothing",
        "spec.ingress[0].toPorts[0]",
        "",
    )


def test_a_deny_all_is_never_idle(world: Callable[..., Any]) -> None:
    assert world(DENY_ALL).engine.idle() == ()
    alone = cilium("one", f"{{{WEB}, ingress: [{{{FROM_DB}}}]}}")
    assert world(DENY_ALL + alone).engine.idle() == ()


def test_two_policies_that_say_the_same_are_named_once(world: Callable[..., Any]) -> None:
    spec = f"{{{WEB}, ingress: [{{{FROM_DB}}}]}}"
    (idle,) = world(cilium("one", spec) + cilium("two", spec)).engine.idle()
    assert (idle.policy, idle.by) == (
        "CiliumNetworkPolicy/shop/one",
        "CiliumNetworkPolicy/shop/two spec.ingress[0]",
    )


def test_requests_are_not_covered_by_other_requests(world: Callable[..., Any]) -> None:
    def item(path: str) -> str:
        return (
            f"{{{FROM_DB}, toPorts: [{{ports: [{{port: '80', protocol: TCP}}], "
            f"rules: {{http: [{{path: {path}}}]}}}}]}}"
        )

    assert (
        world(cilium("one", f"{{{WEB}, ingress: [{item('/a')}, {item('/b')}]}}")).engine.idle()
        == ()
    )
    same = f"{{{WEB}, ingress: [{item('/a')}, {item('/a')}]}}"
    assert [one.kind for one in world(cilium("one", same)).engine.idle()] == ["covered"]


def test_names_of_which_the_address_is_not_known_are_not_covered_by_networks(
    world: Callable[..., Any],
) -> None:
    spec = (
        f"{{{WEB}, egress: [{{toFQDNs: [{{matchName: a.example.com}}]}}, "
        "{toCIDR: [203.0.113.0/24]}], egressDeny: [{toCIDR: [198.51.100.0/24]}]}"
    )
    assert world(cilium("one", spec)).engine.idle() == ()
