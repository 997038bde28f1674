"""The tools about flows, on the bundled sample with flows of our own beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.bench.flow_objects import envelope, make_end, make_flow
from tools.errors import ToolError
from tools.flows import explain_flows, flow_dns, flow_drops, flow_imbalance, flow_top
from tools.simulate import simulate_policies
from tools.workspace import Workspace

OBJECTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
"""
DENIED = {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED", "flags": ["SYN"],
          "is_reply": None, "traffic_direction": "INGRESS"}  # fmt: skip


@pytest.fixture
def open_with(tmp_path: Path) -> Any:
    """Return a function that opens the objects together with some lines of flows."""

    def run(*lines: Any) -> Workspace:
        (tmp_path / "objects.yaml").write_text(OBJECTS)
        text = [line if isinstance(line, str) else envelope(line) for line in lines]
        (tmp_path / "flows.jsonl").write_text("\n".join(text) + "\n")
        return Workspace.load([tmp_path])

    return run


def test_a_drop_is_told_with_the_policy_its_place_and_the_window(open_with: Any) -> None:
    workspace = open_with(make_flow(ports=(40000, 6379), **DENIED), make_flow(second=31))
    result = flow_drops.call(workspace, {})
    [row] = result.drops  # type: ignore[attr-defined]
    assert (row.source, row.destination, row.port) == ("shop/web", "shop/db", "6379/TCP")
    assert (row.cause, row.engine, row.policy) == ("rule-missing", "deny", "NetworkPolicy/shop/db")
    assert row.location.endswith("objects.yaml:18")
    assert "6379/TCP" in row.fix
    assert result.window.seconds == 30  # type: ignore[attr-defined]
    assert "`shop/web` to `shop/db` 6379/TCP" in result.summary
    assert any(one.source == "NetworkPolicy/shop/db" for one in result.evidence)


def test_filters_are_words_of_hubble_observe(open_with: Any) -> None:
    workspace = open_with(make_flow(ports=(40000, 6379), **DENIED))
    assert not flow_drops.call(workspace, {"filters": "--not --to-port 6379"}).drops  # type: ignore[attr-defined]
    assert flow_drops.call(workspace, {"filters": "--to-pod shop/db"}).drops  # type: ignore[attr-defined]
    with pytest.raises(ToolError, match="`--to-prt` is no filter"):
        flow_drops.call(workspace, {"filters": "--to-prt 1"})
    with pytest.raises(ToolError, match="cannot be split"):
        flow_drops.call(workspace, {"filters": "--pod 'x"})


def test_drops_that_belong_to_no_connection_are_not_lost(open_with: Any) -> None:
    noise = make_flow(protocol="ICMPv6", ports=(0, 133), verdict="DROPPED",
                      drop_reason_desc="INVALID_SOURCE_IP")  # fmt: skip
    result = flow_drops.call(open_with(noise), {})
    assert [(row.reason, row.flows) for row in result.others] == [("INVALID_SOURCE_IP", 1)]  # type: ignore[attr-defined]
    assert "router solicitations" in result.summary


def test_malformed_lines_are_counted_and_shown(open_with: Any) -> None:
    result = flow_drops.call(open_with("oops", make_flow()), {})
    assert "1 malformed line" in result.summary
    assert any("flows.jsonl:1" in note and "`oops`" in note for note in result.not_verified)


def test_without_flows_the_answer_says_how_to_get_some() -> None:
    for spec in (flow_drops, flow_dns, flow_top, flow_imbalance, explain_flows):
        with pytest.raises(ToolError, match="holds no flows") as caught:
            spec.call(Workspace.sample(), {})
        assert "hubble observe -o jsonpb" in caught.value.hint


def test_a_pasted_flow_is_explained_without_an_export() -> None:
    shop = Workspace.sample()
    one, other = (pod for pod in shop.cluster.pods[:2])
    flow = make_flow(make_end(one.full_name), make_end(other.full_name), ports=(40000, 1),
                     **DENIED)  # fmt: skip
    for text in (envelope(flow), json.dumps(flow)):
        result = explain_flows.call(shop, {"flow": text})
        [row] = result.connections  # type: ignore[attr-defined]
        assert row.seen == "dropped"
        assert row.engine in ("allow", "deny")
    with pytest.raises(ToolError, match="`nonsense` is no flow"):
        explain_flows.call(shop, {"flow": "nonsense"})


def test_what_passed_against_the_policies_is_marked_first(open_with: Any) -> None:
    workspace = open_with(make_flow(), make_flow(ports=(40000, 6379)))
    result = explain_flows.call(workspace, {})
    assert [(row.port, row.agrees) for row in result.connections] == [  # type: ignore[attr-defined]
        ("6379/TCP", False),
        ("5432/TCP", True),
    ]
    assert "Snapshot and flows differ" in result.summary


def test_a_drop_that_no_policy_caused_does_not_contradict_the_policies(open_with: Any) -> None:
    flow = make_flow(**DENIED | {"drop_reason_desc": "SERVICE_BACKEND_NOT_FOUND"})
    result = explain_flows.call(open_with(flow), {})
    [row] = result.connections  # type: ignore[attr-defined]
    assert (row.seen, row.engine, row.agrees) == ("dropped", "allow", True)
    assert row.fix.startswith("Look at the Service's endpoints")


def test_new_connections_are_those_that_an_earlier_window_lacks(open_with: Any) -> None:
    workspace = open_with(make_flow(second=1), make_flow(second=40),
                          make_flow(ports=(40000, 80), second=41))  # fmt: skip
    result = flow_top.call(workspace, {"new_since": "2026-11-28T10:00:30Z"})
    assert [row.port for row in result.new] == ["80/TCP"]  # type: ignore[attr-defined]
    with pytest.raises(ToolError, match="`noon` is no time"):
        flow_top.call(workspace, {"new_since": "noon"})


def test_flows_without_dns_say_why_there_may_be_none(open_with: Any) -> None:
    assert "DNS rule" in flow_dns.call(open_with(make_flow()), {}).summary


def test_dns_that_policies_drop_is_named(open_with: Any) -> None:
    denied = DENIED | {"flags": []}
    flow = make_flow(ports=(40000, 53), protocol="UDP", **denied)
    result = flow_dns.call(open_with(flow), {})
    assert result.dropped == 1  # type: ignore[attr-defined]
    assert result.uncovered[0].cause == "rule-missing"  # type: ignore[attr-defined]


def test_a_change_of_policies_is_tried_on_observed_flows(open_with: Any) -> None:
    denial = """
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db, namespace: shop}
    spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
    """
    result = simulate_policies.call(open_with(make_flow()), {"add": denial})
    [row] = result.flows_now_dropped  # type: ignore[attr-defined]
    assert (row.source, row.destination, row.port) == ("shop/web", "shop/db", "5432/TCP")
    assert "these would be dropped" in result.summary
    result = simulate_policies.call(open_with(make_flow()), {"remove": ["NetworkPolicy/shop/db"]})
    assert result.flows_now_dropped == ()  # type: ignore[attr-defined]
    assert result.flows_checked == 1  # type: ignore[attr-defined]
    assert "none would be dropped" in result.summary
