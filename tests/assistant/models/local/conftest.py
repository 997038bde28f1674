from collections.abc import Callable

import pytest

from assistant.models.local.runtime import LocalFailure
from tools.workspace import Workspace


class Chooser:
    """Stands where the model stands: says one of the lines that the grammar allows.

    Args:
        pick: Chooses among the lines; None fails as a model that was cut.
    """

    def __init__(self, pick: Callable[[list[str]], str] | None) -> None:
        self._pick = pick
        self.prompts: list[str] = []
        self.offered: list[list[str]] = []

    def complete(self, prompt: str, grammar: str) -> str:
        self.prompts.append(prompt)
        if self._pick is None:
            message = "it took longer than 1 seconds and was cut"
            raise LocalFailure(message)
        lines = [part.strip().strip('"') for part in grammar[14:].rsplit(")", 1)[0].split(" | ")]
        self.offered.append(lines)
        return f" {self._pick(lines)}\n"


def first_of(*beginnings: str) -> Callable[[list[str]], str]:
    """Return a choice of the first line that begins so."""

    def pick(lines: list[str]) -> str:
        return next(line for begin in beginnings for line in lines if line.startswith(begin))

    return pick


@pytest.fixture
def chooser() -> type[Chooser]:
    return Chooser


@pytest.fixture(name="first_of")
def first_of_fixture() -> Callable[..., Callable[[list[str]], str]]:
    return first_of


_CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: shop}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec: {containers: [{name: ledger, ports: [{containerPort: 9000}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger-closed, namespace: shop}
spec:
  podSelector: {matchLabels: {app: ledger}}
  policyTypes: [Ingress]
"""


@pytest.fixture
def shop(tmp_path) -> Workspace:  # type: ignore[no-untyped-def]
    """Return a workspace in which web cannot reach ledger, but ledger can reach web."""
    path = tmp_path / "shop.yaml"
    path.write_text(_CLUSTER)
    return Workspace.load([path])
