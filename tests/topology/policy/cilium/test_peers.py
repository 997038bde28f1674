from collections.abc import Callable
from typing import Any

GROUPS = """
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: {name: partners, labels: {trust: high}}
spec: {externalCIDRs: [198.51.100.0/24]}
---
"""
SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
"""


def policy(rule: str) -> str:
    return f"""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: p, namespace: shop}}
spec:
  endpointSelector: {{matchLabels: {{app: web}}}}
  egress: [{rule}]
---
"""


def verdict(world: Callable[..., Any], text: str, dst: str, port: int = 5432) -> str:
    return str(world(text).ask("shop/web", dst, port).verdict)


def test_a_cidr_group_is_found_by_name_and_by_label(world: Callable[..., Any]) -> None:
    for item in ("cidrGroupRef: partners", "cidrGroupSelector: {matchLabels: {trust: high}}"):
        text = GROUPS + policy(f"{{toCIDRSet: [{{{item}}}]}}")
        assert verdict(world, text, "198.51.100.9") == "allow"
        assert verdict(world, text, "198.51.101.9") == "deny"
    unknown = GROUPS + policy("{toCIDRSet: [{cidrGroupRef: nobody}]}")
    assert verdict(world, unknown, "198.51.100.9") == "deny"


def test_a_service_stands_for_its_backends(world: Callable[..., Any]) -> None:
    text = SERVICES + policy("{toServices: [{k8sService: {serviceName: db, namespace: shop}}]}")
    assert verdict(world, text, "shop/db") == "allow"
    assert verdict(world, text, "ops/probe") == "deny"


def test_a_service_that_is_not_there_opens_its_ports_to_anyone(world: Callable[..., Any]) -> None:
    """Cilium issue 20067: an empty peer list with ports is a wildcard."""
    rule = "{toServices: [{k8sService: {serviceName: x, namespace: shop}}], toPorts: PORTS}"
    text = SERVICES + policy(rule.replace("PORTS", '[{ports: [{port: "5432"}]}]'))
    assert verdict(world, text, "ops/probe") == "allow"
    assert verdict(world, text, "203.0.113.1") == "allow"
    assert verdict(world, text, "ops/probe", 80) == "deny"


def test_groups_of_a_cloud_are_not_known(world: Callable[..., Any]) -> None:
    text = policy("{toGroups: [{aws: {securityGroupsIds: [sg-1]}}]}")
    assert verdict(world, text, "203.0.113.1") == "unknown"
