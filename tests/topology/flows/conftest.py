"""Flows and a small cluster for the tests of flows, all of our own making."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.bench.flow_objects import envelope
from topology.load import load_text
from topology.model import Cluster

CLUSTER = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
- apiVersion: v1
  kind: Node
  metadata: {name: n1}
  status: {addresses: [{type: InternalIP, address: 10.1.0.4}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    replicas: 2
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: c, ports: [{containerPort: 8080}]}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: db, namespace: shop}
  spec:
    selector: {matchLabels: {app: db}}
    template:
      metadata: {labels: {app: db}}
      spec: {containers: [{name: c, ports: [{containerPort: 50051}]}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: agent, namespace: shop, labels: {app: agent}}
  spec: {hostNetwork: true, nodeName: n1, containers: [{name: c}]}
  status: {phase: Running, podIP: 10.1.0.4}
- apiVersion: v1
  kind: Service
  metadata: {name: db, namespace: shop}
  spec: {clusterIP: 10.0.0.9, selector: {app: db}, ports: [{port: 5432, targetPort: 50051}]}
"""


@pytest.fixture
def cluster() -> Cluster:
    return load_text(CLUSTER)


@pytest.fixture
def cluster_with() -> Callable[..., Cluster]:
    """Return a function that adds policies, as YAML, to the cluster."""

    def build(*policies: str) -> Cluster:
        return load_text("\n---\n".join((CLUSTER, *policies)))

    return build


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes lines (text, or flows) into a file."""

    def run(*lines: str | dict[str, Any], name: str = "flows.jsonl") -> Path:
        path = tmp_path / name
        text = [line if isinstance(line, str) else envelope(line) for line in lines]
        path.write_text("\n".join(text) + "\n")
        return path

    return run
