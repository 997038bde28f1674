"""Flows beside the policies: evidence for what is mended, and a check of every change."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.bench.flow_objects import make_end, make_flow
from tools.mend import MendResult, fix_connection
from tools.rewrite import convert_policies, split_policy, tighten_policies
from tools.rewritten import RewriteResult
from tools.workspace import Workspace
from topology.samples import sample_path

DROPPED = {"verdict": "DROPPED", "traffic_direction": "INGRESS", "is_reply": None}


def pod(name: str) -> dict[str, Any]:
    return make_end(f"shop/{name}-5d8f7c9b6d-x2k4p", "k8s:io.kubernetes.pod.namespace=shop",
                    f"k8s:app={name}")  # fmt: skip


def seen(source: str, destination: str, port: int, **fields: Any) -> dict[str, Any]:
    return make_flow(pod(source), pod(destination), ports=(40000, port), **fields)


def request(method: str, url: str) -> dict[str, Any]:
    return {"Type": "L7", "l7": {"type": "REQUEST", "http": {"method": method, "url": url}}}


@pytest.fixture
def observed(tmp_path: Path) -> Any:
    """Return a maker of workspaces: some objects, and some flows."""

    def make(flows: list[dict[str, Any]], objects: str = "") -> Workspace:
        file = tmp_path / "flows.jsonl"
        file.write_text("\n".join(json.dumps({"flow": one}) for one in flows))
        paths = [str(file)]
        if objects:
            (tmp_path / "objects.yaml").write_text(objects)
            return Workspace.load([tmp_path / "objects.yaml", *paths])
        return Workspace.load([sample_path(), *paths])

    return make


def fix(workspace: Workspace, source: str, destination: str, **more: str) -> MendResult:
    result = fix_connection.call(workspace, {"source": source, "destination": destination, **more})
    assert isinstance(result, MendResult)
    return result


def check(result: Any) -> Any:
    return next(one for one in result.checks if one.check == "flows")


def test_the_drop_that_was_seen_is_evidence_and_says_which_port_is_meant(observed: Any) -> None:
    drop = seen("web", "payments", 8443, drop_reason_desc="POLICY_DENIED", **DROPPED)
    result = fix(observed([drop, seen("web", "catalog", 8080)]), "shop/web", "shop/payments")
    assert result.ports == ("8443/TCP",)
    assert result.verified
    (one,) = result.observed_drops
    assert (one.connection, one.reason, one.direction, one.flows) == (
        "shop/web -> shop/payments 8443/TCP", "POLICY_DENIED", "ingress", 1,
    )  # fmt: skip
    assert one.said in result.summary
    assert any(each.source == "flows" for each in result.evidence)
    assert "None of 2 observed connections" in check(result).detail
    assert "let through then: shop/web -> shop/payments 8443/TCP" in check(result).detail


MESHLESS = """\
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
    spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
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
      rules: {http: [{method: GET, path: "/items"}]}
"""


def test_the_one_request_that_was_refused_is_the_one_that_is_mended(observed: Any) -> None:
    refused = seen("web", "api", 80, **request("POST", "http://api/items?x=2"), **DROPPED)
    passed = seen("web", "api", 80, **request("GET", "http://api/items"))
    result = fix(observed([refused, passed], MESHLESS), "web", "api")
    assert result.outcome == "mended"
    assert result.verified
    assert "`POST /items?q=1` is the one that was refused" in result.summary
    assert "POST" in result.diff
    assert check(result).ok


def test_flows_that_cannot_be_read_are_told_beside_what_the_others_show(
    observed: Any, tmp_path: Path
) -> None:
    drop = seen("web", "payments", 8443, drop_reason_desc="POLICY_DENIED", **DROPPED)
    workspace = observed([drop])
    with (tmp_path / "flows.jsonl").open("a") as file:
        file.write("\n{broken\n")
    result = fix(workspace, "shop/web", "shop/payments")
    assert result.verified
    assert any(note.startswith("Not read: ") and "flows.jsonl:2" in note for note in result.notes)


def test_without_flows_nothing_is_said_of_them(sample: Workspace) -> None:
    result = fix(sample, "shop/web", "shop/payments", port="8443")
    assert result.verified
    assert not result.observed_drops
    assert all(one.check != "flows" for one in result.checks)


def rewritten(result: Any) -> RewriteResult:
    assert isinstance(result, RewriteResult)
    return result


def test_what_is_converted_or_split_is_held_against_the_flows_too(observed: Any) -> None:
    workspace = observed([seen("web", "catalog", 8080)])
    for result in (
        convert_policies.call(workspace, {"to": "cnp", "policies": ["NetworkPolicy/shop/catalog"]}),
        split_policy.call(workspace, {"policy": "CiliumNetworkPolicy/shop/checkout"}),
    ):
        assert rewritten(result).edits
        assert check(result).ok
        assert "None of 1 observed connection " in check(result).detail


def test_a_connection_that_was_seen_and_is_not_named_as_used_is_shown_as_dropped(
    observed: Any,
) -> None:
    broad = MESHLESS.partition("  ingress:")[0] + "  ingress: [{fromEntities: [all]}]\n"
    flows = [seen("web", "api", 80), seen("api", "web", 80)]
    result = rewritten(
        tighten_policies.call(observed(flows, broad), {"used": ["world -> shop/api 80/TCP"]})
    )
    assert not result.verified
    assert result.flows_now_dropped == ("shop/web -> shop/api 80/TCP",)
    assert "1 of 2 observed connections" in check(result).detail
