"""Reading a policy that is written in a test, and what validation says of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from topology.load import load_text
from topology.model import Document
from topology.policy.validation import Finding
from topology.policy.validation.document import validate

GROUPS = {
    "CiliumNetworkPolicy": "cilium.io/v2",
    "CiliumClusterwideNetworkPolicy": "cilium.io/v2",
    "NetworkPolicy": "networking.k8s.io/v1",
}


def document(spec: Any, *, kind: str = "CiliumNetworkPolicy", name: str = "p") -> Document:
    metadata = {"name": name}
    if kind != "CiliumClusterwideNetworkPolicy":
        metadata["namespace"] = "shop"
    body = {"apiVersion": GROUPS[kind], "kind": kind, "metadata": metadata, "spec": spec}
    (found,) = load_text(json.dumps(body, indent=1), name="p.json").policies
    return found


@pytest.fixture
def findings() -> Callable[..., tuple[Finding, ...]]:
    """What validation says of a spec."""

    def find(
        spec: Any, *, profile: str = "1.18", networks: Any = (), **rest: Any
    ) -> tuple[Finding, ...]:
        return validate(document(spec, **rest), profile, networks=networks)

    return find
