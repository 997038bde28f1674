"""A small cluster as YAML, and the question asked of it in one line."""

from collections.abc import Callable

import pytest

from topology.load import load_text
from topology.model import Pod
from topology.policy import PolicyDecision, PolicyEngine

PODS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {team: blue}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  nodeName: n1
  containers: [{name: c, image: i, ports: [{containerPort: 8080, name: http}]}]
status: {podIP: 10.244.0.10, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec:
  nodeName: n1
  serviceAccountName: vault
  containers: [{name: c, image: i, ports: [{containerPort: 5432, name: sql}]}]
status: {podIP: 10.244.0.11, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec:
  nodeName: n2
  containers: [{name: c, image: i}]
status: {podIP: 10.244.0.12, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: ops, labels: {app: agent}}
spec:
  nodeName: n1
  hostNetwork: true
  containers: [{name: c, image: i}]
status: {podIP: 192.168.0.1, phase: Running}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}
---
"""


class World:
    """The cluster with some policies, and its engine."""

    def __init__(self, policies: str, profile: str) -> None:
        self.text = PODS + policies
        self.cluster = load_text(self.text, name="policies.yaml")
        self.engine = PolicyEngine.build(self.cluster, profile=profile)

    def pod(self, name: str) -> Pod:
        return next(pod for pod in self.cluster.pods if pod.full_name == name)

    def ask(self, src: str, dst: str, port: int | None = 8080, **asked: object) -> PolicyDecision:
        from ipaddress import ip_address, ip_network

        from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget, RangeTarget

        def target(text: str) -> object:
            if text.startswith("entity:"):
                return EntityTarget(text.removeprefix("entity:"))
            if text.startswith("dns:"):
                return DnsTarget(text.removeprefix("dns:"))
            if "/" in text and text[0].isdigit():
                return RangeTarget(ip_network(text))
            if text[0].isdigit():
                address, _, name = text.partition("=")
                return AddressTarget(ip_address(address), frozenset({name} if name else ()))
            return PodTarget(self.pod(text))

        return self.engine.decide(target(src), target(dst), port=port, **asked)  # type: ignore[arg-type]


@pytest.fixture
def world() -> Callable[..., World]:
    """Return a maker of worlds: `world(policies, profile="1.18")`."""

    def make(policies: str = "", profile: str = "1.18") -> World:
        return World(policies, profile)

    return make
