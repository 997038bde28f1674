"""Requests for least privilege in words."""

import pytest

from tools.author import draft_request
from tools.intents.least import LeastPrivilege, read_least_privilege
from tools.workspace import Workspace
from topology.load import load_text

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
      - {name: a, image: x, ports: [{containerPort: 8080}], env: [{name: PEER, value: ENV}]}
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: NAMESPACE}
spec: {selector: {app: NAME}, ports: [{port: 80, targetPort: 8080}]}
"""
PEERS = {"web": "api:80", "api": "db:80", "db": "none"}
CLUSTER = load_text(
    "---".join(
        DEPLOYMENT.replace("NAMESPACE", "shop").replace("NAME", name).replace("ENV", peer)
        for name, peer in PEERS.items()
    )
)
WORKSPACE = Workspace(cluster=CLUSTER)


@pytest.mark.parametrize(
    ("request_", "wish"),
    [
        ("write least-privilege policies for everything", LeastPrivilege()),
        ("let every workload reach only what it needs", LeastPrivilege()),
        ("generate the minimal policies for all services, please", LeastPrivilege()),
        ("least privilege for namespace shop", LeastPrivilege(namespace="shop")),
        ("write a least privilege policy for api", LeastPrivilege(workload="shop/api")),
        (
            "least privilege AuthorizationPolicies for everything from the observed flows",
            LeastPrivilege(kind="AuthorizationPolicy", from_flows=True),
        ),
        ("least privilege: only web may call api", None),
        ("write a least privilege policy that lets web call api on 8080", None),
        ("least privilege for everything but the legacy things", None),
        ("only web may call api", None),
    ],
)
def test_what_is_asked_for_is_told_from_other_requests(
    request_: str, wish: LeastPrivilege | None
) -> None:
    assert read_least_privilege(WORKSPACE.network.names, request_) == wish


def test_a_request_for_least_privilege_allows_the_known_calls_and_nothing_else() -> None:
    found = draft_request(WORKSPACE, "write least-privilege policies for everything")
    assert found.verified
    assert not found.opened
    allowed = {(one["src"], one["dst"]) for one in found.contract["must_allow"]}
    assert {("shop/web", "shop/api"), ("shop/api", "shop/db")} <= allowed
    denied = {(one["src"], one["dst"]) for one in found.contract["must_deny"]}
    assert ("shop/web", "shop/db") in denied
