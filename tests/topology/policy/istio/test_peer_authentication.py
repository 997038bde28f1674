from typing import Any

import pytest

from topology.model import Document, Pod, Source
from topology.policy.istio.peer_authentication import PeerAuthentications

POD = Pod(namespace="shop", name="api-1", labels={"app": "api"})


def policy(
    namespace: str, mode: str, *, name: str = "p", created: str = "", **spec: Any
) -> Document:
    body = {
        "metadata": {"creationTimestamp": created},
        "spec": {"mtls": {"mode": mode}, **spec},
    }
    return Document(
        kind="PeerAuthentication",
        api_version="security.istio.io/v1",
        namespace=namespace,
        name=name,
        body=body,
        source=Source("pa.yaml"),
    )


def mode(*documents: Document, port: int = 8080) -> str:
    return PeerAuthentications(documents, root_namespace="istio-system").mode(POD, port).mode


SELECTOR = {"selector": {"matchLabels": {"app": "api"}}}


def test_without_any_it_is_permissive() -> None:
    assert mode() == "PERMISSIVE"


def test_the_narrower_scope_wins() -> None:
    mesh = policy("istio-system", "STRICT")
    namespace = policy("shop", "DISABLE")
    workload = policy("shop", "PERMISSIVE", name="w", **SELECTOR)
    assert mode(mesh) == "STRICT"
    assert mode(mesh, namespace) == "DISABLE"
    assert mode(mesh, namespace, workload) == "PERMISSIVE"


def test_a_port_of_the_workload_wins_over_all() -> None:
    workload = policy("shop", "STRICT", portLevelMtls={"9090": {"mode": "DISABLE"}}, **SELECTOR)
    assert mode(workload, port=9090) == "DISABLE"
    assert mode(workload, port=8080) == "STRICT"


def test_unset_inherits() -> None:
    assert mode(policy("istio-system", "STRICT"), policy("shop", "UNSET")) == "STRICT"


@pytest.mark.parametrize("reverse", [False, True])
def test_of_several_the_oldest_counts(reverse: bool) -> None:
    documents = [
        policy("shop", "DISABLE", name="a", created="2026-02-01T00:00:00Z"),
        policy("shop", "STRICT", name="b", created="2026-01-01T00:00:00Z"),
    ]
    assert mode(*(reversed(documents) if reverse else documents)) == "STRICT"


def test_a_selector_in_the_root_namespace_is_ignored() -> None:
    assert mode(policy("istio-system", "STRICT", **SELECTOR)) == "PERMISSIVE"


def test_the_field_that_set_it_is_named() -> None:
    documents = [policy("shop", "STRICT", portLevelMtls={"9090": {"mode": "DISABLE"}}, **SELECTOR)]
    found = PeerAuthentications(documents, root_namespace="istio-system").mode(POD, 9090)
    assert found.policy == "PeerAuthentication/shop/p"
    assert found.rule == "spec.portLevelMtls.9090.mode"
