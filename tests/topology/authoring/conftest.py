"""Small networks that policies are written for."""

from collections.abc import Callable, Iterable

import pytest

from topology.load import load_text
from topology.paths import Network


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
DENY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
"""

Build = Callable[..., Network]


@pytest.fixture
def shop() -> Build:
    """Return a function that builds the shop under some policies."""

    def build(*policies: str, workloads: str = SHOP) -> Network:
        return Network.build(load_text(workloads + "---\n".join(policies), name="shop.yaml"))

    return build
