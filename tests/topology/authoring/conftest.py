"""A small cluster as text: a shop, those who watch it, a mesh, and DNS."""

from collections.abc import Callable, Iterable

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


def deployment(
    name: str, *, namespace: str = "shop", ports: Iterable[tuple[int, str]] = ((8080, "http"),)
) -> str:
    listed = ", ".join(f"{{containerPort: {number}, name: {label}}}" for number, label in ports)
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}, tier: any}}}}
    spec:
      serviceAccountName: {name}
      containers: [{{name: c, image: x, ports: [{listed}]}}]
---
"""


def namespace(name: str, labels: str = "{}") -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {labels}}}\n---\n"


SHOP = (
    namespace("shop")
    + namespace("ops", "{team: ops}")
    + deployment("web")
    + deployment("cart")
    + deployment("pay", ports=((8443, "https"), (9102, "metrics")))
    + deployment("db", ports=((5432, "sql"),))
    + deployment("prometheus", namespace="ops", ports=((9090, "web"),))
)


@pytest.fixture
def shop() -> Maker:
    """Return a function that builds the shop under some policies."""

    def build(*policies: str, workloads: str = SHOP) -> Network:
        return Network.build(load_text(workloads + "---\n".join(policies), name="shop.yaml"))

    return build
