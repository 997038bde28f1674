from typing import Any

import pytest

from topology.model import Document, Pod, Source
from topology.policy.istio.parse import parse_policy
from topology.policy.istio.selection import role_of, selects

GATEWAY = "gateway.networking.k8s.io/gateway-name"


def selected(pod: Pod, namespace: str, **spec: Any) -> bool:
    document = Document(
        kind="AuthorizationPolicy",
        api_version="security.istio.io/v1",
        namespace=namespace,
        name="p",
        body={"spec": spec},
        source=Source("p.yaml"),
    )
    policy, _ = parse_policy(document)
    assert policy is not None
    return selects(policy, pod, root_namespace="istio-system")


API = Pod(namespace="shop", name="api", labels={"app": "api", "tier": "back"})


@pytest.mark.parametrize(
    ("namespace", "labels", "expected"),
    [
        ("shop", {}, True),
        ("shop", {"app": "api"}, True),
        ("shop", {"app": "api", "tier": "back"}, True),
        ("shop", {"app": "api", "tier": "front"}, False),
        ("other", {}, False),
        ("istio-system", {}, True),
        ("istio-system", {"app": "api"}, True),
        ("istio-system", {"app": "web"}, False),
    ],
)
def test_scope_is_the_own_namespace_or_the_root(
    namespace: str, labels: dict[str, str], expected: bool
) -> None:
    assert selected(API, namespace, selector={"matchLabels": labels}) is expected


def test_a_sidecar_ignores_policies_with_target_refs() -> None:
    assert not selected(API, "shop", targetRefs=[{"kind": "Service", "name": "api"}])


def test_a_gateway_takes_its_own_target_refs_and_selectors() -> None:
    pod = Pod(namespace="shop", name="gw", labels={GATEWAY: "edge"})
    assert role_of(pod) == "gateway"
    assert selected(pod, "shop", targetRefs=[{"kind": "Gateway", "name": "edge"}])
    assert not selected(pod, "shop", targetRefs=[{"kind": "Gateway", "name": "other"}])
    assert selected(pod, "shop")


def test_a_waypoint_ignores_selectors() -> None:
    labels = {GATEWAY: "w", "gateway.istio.io/managed": "istio.io-mesh-controller"}
    pod = Pod(namespace="shop", name="w", labels=labels)
    assert role_of(pod) == "waypoint"
    assert not selected(pod, "shop")
    assert selected(pod, "istio-system", targetRefs=[{"kind": "GatewayClass", "name": "x"}])
