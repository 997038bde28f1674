"""Workspaces that the tests of the tools ask about."""

from pathlib import Path

import pytest

from tools.workspace import Workspace
from topology.load import load_text
from topology.samples import sample_path

SHOP = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: c
        ports: [{containerPort: 80, name: http}, {containerPort: 9090, name: metrics}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts:
    - ports: [{port: "80", protocol: TCP}]
      rules: {http: [{method: GET, path: "/public/.*"}]}
  - fromCIDR: [203.0.113.0/24]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toFQDNs: [{matchName: api.example.com}, {matchPattern: "*.example.org"}]
  - toCIDR: [198.51.100.0/24]
  - toEndpoints: [{matchLabels: {app: api}}]
"""


@pytest.fixture
def shop() -> Workspace:
    """Return two workloads under two Cilium policies, as if read from `shop.yaml`."""
    return Workspace(cluster=load_text(SHOP, name="shop.yaml"), sources=("shop.yaml",))


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return the bundled sample with short file names, as in `netassist -w shop`."""
    monkeypatch.chdir(sample_path().parent)
    return Workspace.load(["shop"])


@pytest.fixture
def boutique(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return Online Boutique with its thirteen policies."""
    monkeypatch.chdir(shared / "cases" / "external" / "clusters")
    return Workspace.load(["online-boutique"])
