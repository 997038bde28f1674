from collections.abc import Callable
from typing import Any

import pytest

POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: two, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - {FIRST}
  - {SECOND}
"""
HTTP = "fromEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{}]}}]"
KAFKA = HTTP.replace("http: [{}]", "kafka: [{topic: a}]")


@pytest.mark.parametrize(
    ("first", "second", "error"),
    [
        (HTTP, KAFKA, "L7 parsers (http/kafka)"),
        (HTTP, KAFKA.replace("'80'", "'81'"), ""),
        (HTTP, KAFKA.replace("[{}], toPorts", "[{matchLabels: {a: b}}], toPorts"), ""),
        (HTTP, HTTP, ""),
        (
            "fromEndpoints: [{}], authentication: {mode: required}",
            "fromEndpoints: [{}], authentication: {mode: disabled}",
            "authentication types (required/disabled)",
        ),
    ],
)
def test_rules_for_one_peer_and_port_must_agree(
    world: Callable[..., Any], first: str, second: str, error: str
) -> None:
    here = world(POLICY.replace("FIRST", first).replace("SECOND", second))
    assert not here.engine.problems
    found = here.ask("shop/web", "shop/db", 80).error
    assert error in found
    assert bool(found) == bool(error)
