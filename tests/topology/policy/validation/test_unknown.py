"""A field that is dropped: what the policy then means, and what was meant."""

from collections.abc import Callable
from typing import Any

import pytest

from topology.policy.validation import Finding

Find = Callable[..., tuple[Finding, ...]]
WEB = [{"ports": [{"port": "80", "protocol": "TCP"}]}]
PEER = [{"matchLabels": {"app": "a"}}]


def dropped(found: tuple[Finding, ...]) -> Finding:
    (one,) = [one for one in found if one.code == "unknown-field"]
    return one


@pytest.mark.parametrize(
    ("section", "item", "means"),
    [
        ("egressDeny", {"toFQDNs": [{"matchName": "a.com"}]}, "denies nothing"),
        ("egressDeny", {"toFQDNs": [{}], "toPorts": WEB}, "denies its ports for any peer"),
        ("ingress", {"fromEndpoint": PEER}, "allows nothing"),
        ("ingress", {"fromEndpoint": PEER, "toPorts": WEB}, "allows its ports for any peer"),
        ("ingress", {"fromEndpoints": PEER, "toPort": WEB}, "allows every port"),
        ("ingress", {"fromEndpoints": [{"matchlabels": {"app": "a"}}]}, "selects every pod"),
        ("ingress", {"fromEndpoints": [{"app": "a", **PEER[0]}]}, "selects more than it says"),
        ("ingressDeny", {"toPorts": [{**WEB[0], "rules": {"http": [{}]}}]}, "every request"),
        ("ingress", {"toPorts": [{"ports": [{"port": "80", "endport": 90}]}]}, "single port"),
    ],
)
def test_what_is_left_of_a_policy_is_said(
    findings: Find, section: str, item: dict[str, Any], means: str
) -> None:
    assert means in dropped(findings({"endpointSelector": {}, section: [item]})).message


def test_a_rule_of_a_network_policy_that_loses_its_peers_allows_everything(findings: Find) -> None:
    spec = {"podSelector": {}, "ingress": [{"form": [{"podSelector": {}}]}]}
    told = dropped(findings(spec, kind="NetworkPolicy"))
    assert "allows everything" in told.message
    assert told.fix == "Write `from`."


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ({"endpointselector": {}}, "Write `endpointSelector`."),
        ({"ingres": []}, "Write `ingress`."),
        ({"podSelector": {}}, "Write `endpointSelector`: the two kinds of policy differ in it."),
        ({"policyTypes": ["Ingress"]}, "Leave it out"),
        ({"toFQDNs": []}, "Put it where it belongs: `spec.egress[].toFQDNs`."),
        ({"zzz": 1}, "Take it out, or write one of `description`"),
    ],
)
def test_the_field_that_was_meant_is_named(
    findings: Find, written: dict[str, Any], fix: str
) -> None:
    spec = {"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}], **written}
    assert dropped(findings(spec)).fix.startswith(fix)


def test_labels_without_matchlabels_are_told_where_to_go(findings: Find) -> None:
    spec = {"endpointSelector": {"app": "web"}, "ingress": [{"fromEntities": ["all"]}]}
    assert dropped(findings(spec)).fix == (
        "Put labels into `matchLabels`: `matchLabels: {app: ...}`."
    )


def test_the_beginning_of_a_name_is_enough(findings: Find) -> None:
    spec = {"endpointSelector": {}, "ingress": [{"fromEndpoints": PEER, "auth": {}}]}
    assert dropped(findings(spec)).fix == "Write `authentication`."
