"""A small cluster as text: a shop, those who watch it, a mesh, and DNS."""

from collections.abc import Callable

import pytest

from topology.load import load_text
from topology.paths import Network

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {team: blue}}
---
apiVersion: v1
kind: Namespace
metadata: {name: mesh, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
"""


def workload(space: str, name: str, port: int = 8080, *, labels: str = "", more: str = "") -> str:
    """Return a Deployment with a Service of the same name on port 80."""
    shown = labels or f"app: {name}"
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  selector: {{matchLabels: {{{shown}}}}}
  template:
    metadata: {{labels: {{{shown}, pod-template-hash: abc12}}}}
    spec:
      serviceAccountName: {name}
      containers: [{{name: c, image: i, ports: [{{containerPort: {port}}}]{more}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {space}}}
spec:
  selector: {{{shown}}}
  ports: [{{port: 80, targetPort: {port}}}]
"""


DNS = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      containers:
        - name: c
          image: i
          ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]
"""

BASE = (
    CLUSTER
    + workload("shop", "web")
    + workload("shop", "api", 9090)
    + workload("shop", "db", 5432)
    + workload("ops", "probe")
    + workload("mesh", "front")
    + workload("mesh", "back")
    + DNS
)

Maker = Callable[..., Network]


@pytest.fixture
def network() -> Maker:
    """Return a maker of networks: `network(policies, base=...)`."""

    def make(policies: str = "", base: str = BASE) -> Network:
        return Network.build(load_text(f"{base}\n---\n{policies}", name="cluster.yaml"))

    return make
