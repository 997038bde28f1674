"""A small cluster as text, and intents about it in few words."""

from collections.abc import Callable, Iterable

import pytest

from topology.authoring import Clause, Intent, LabelTest, Pods, PortSpan, Traffic
from topology.authoring.drafting import Draft, draft
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


def named(workload: str) -> Pods:
    """Return a party that words named."""
    return Pods(workload=workload)


def labelled(space: str = "", **labels: str) -> Pods:
    """Return pods by label."""
    tests = tuple(LabelTest(key, "In", (value,)) for key, value in labels.items())
    return Pods(labels=tests, namespaces=(space,) if space else ())


def tcp(*ports: int) -> Traffic:
    """Return TCP on some ports."""
    return Traffic(ports=tuple(PortSpan(first=one, last=one, protocol="TCP") for one in ports))


def only(source: str, destination: str, traffic: Traffic | None = None) -> Intent:
    """Return the intent that one workload, and no other, may reach another."""
    clause = Clause(
        effect="allow",
        sources=(named(source),),
        destinations=(named(destination),),
        traffic=traffic or Traffic(),
        only=True,
    )
    return Intent(clauses=(clause,))


def may(source: str, destination: str, traffic: Traffic | None = None) -> Intent:
    """Return the intent that one workload may reach another."""
    clause = Clause(
        effect="allow",
        sources=(named(source),),
        destinations=(named(destination),),
        traffic=traffic or Traffic(),
    )
    return Intent(clauses=(clause,))


def failing(found: Draft) -> list[str]:
    """Return what of a draft does not hold."""
    return [f"{one.check}: {one.detail}" for one in found.checks if not one.ok]


__all__ = ["BASE", "draft", "failing", "labelled", "may", "named", "only", "tcp", "workload"]


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
