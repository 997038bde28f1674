"""Metrics in both formats of Prometheus give the findings of flows; the malformed is counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.diagnosis import diagnose
from tools.errors import ToolError
from tools.metrics import MetricsResult, read_flow_metrics
from tools.workspace import Workspace
from topology.load import load_text
from topology.model import Cluster
from topology.telemetry import find_telemetry
from topology.telemetry.findings import metric_report
from topology.telemetry.prometheus import read_metrics

POD = "shop/web-5d8f7c9b6d-x2k4p"
OTHER = "shop/web-5d8f7c9b6d-q9w8z"
TEXT = f"""\
# HELP hubble_drop_total Number of drops
# TYPE hubble_drop_total counter
hubble_drop_total{{destination="shop/db-0",protocol="TCP",reason="POLICY_DENIED",source="{POD}"}} 12
cilium_drop_count_total{{direction="EGRESS",reason="Policy denied"}} 12
hubble_dns_responses_total{{ips_returned="0",rcode="Non-Existent Domain",source="{POD}"}} 9
hubble_dns_responses_total{{ips_returned="1",rcode="No Error",source="{POD}"}} 31
hubble_tcp_flags_total{{family="IPv4",flag="RST",destination="{POD}"}} 7
hubble_tcp_flags_total{{family="IPv4",flag="SYN",destination="{POD}"}} 95
hubble_tcp_flags_total{{family="IPv4",flag="SYN",destination="{OTHER}"}} 5
hubble_http_requests_total{{method="GET",protocol="HTTP/1.1",reporter="server",status="503"}} 4
hubble_http_requests_total{{method="GET",protocol="HTTP/1.1",reporter="server",status="200"}} 36
go_goroutines 31
"""


def write(folder: Path, **files: str) -> list[Path]:
    found = []
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, encoding="utf-8")
        found.append(path)
    return found


def rows(*paths: Path) -> dict[tuple[str, str], tuple[float, float]]:
    report = metric_report(read_metrics(paths), Cluster())
    return {(one.kind, one.what): (one.count, one.of) for one in report.findings}


def test_each_kind_of_counter_becomes_a_finding(tmp_path: Path) -> None:
    found = rows(*write(tmp_path, a_prom=TEXT))
    assert found == {
        ("drops", "POLICY_DENIED"): (12, 0),
        ("dns-errors", "Non-Existent Domain"): (9, 40),
        ("resets", "RST"): (7, 107),
        ("http-errors", "503"): (4, 40),
        ("imbalance", POD): (95, 100),
    }


def test_pods_are_told_by_their_workloads(tmp_path: Path) -> None:
    report = metric_report(read_metrics(write(tmp_path, a_prom=TEXT)), Cluster())
    (drop,) = [one for one in report.findings if one.kind == "drops"]
    assert (drop.source, drop.destination) == ("shop/web", "shop/db")
    assert drop.location is not None
    assert drop.location.line == 3


def test_two_scrapes_show_what_happened_in_between_and_a_restart_counts_from_zero(
    tmp_path: Path,
) -> None:
    later = TEXT.replace("} 12", "} 20").replace("} 9\n", "} 2\n").replace("} 7\n", "} 7\n")
    found = rows(*write(tmp_path, a_prom=TEXT, b_prom=later))
    assert found["drops", "POLICY_DENIED"] == (8, 0)
    assert found["dns-errors", "Non-Existent Domain"][0] == 2
    assert ("resets", "RST") not in found


def vector(*pairs: tuple[dict[str, str], Any]) -> str:
    result = [{"metric": metric, "value": [1764324000.0, value]} for metric, value in pairs]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def test_answers_of_the_query_api_are_read_and_so_are_ranges(tmp_path: Path) -> None:
    metric = {"__name__": "networkobservability_drop_count", "reason": "IPTABLE_RULE_DROP",
              "direction": "ingress"}  # fmt: skip
    assert rows(*write(tmp_path, a_json=vector((metric, "41")))) == {
        ("drops", "IPTABLE_RULE_DROP"): (41, 0)
    }
    data = {"resultType": "matrix", "result": [{"metric": metric, "values": [[1, "5"], [2, "9"]]}]}
    matrix = json.dumps({"status": "success", "data": data})
    assert rows(*write(tmp_path, b_json=matrix)) == {("drops", "IPTABLE_RULE_DROP"): (4, 0)}


@pytest.mark.parametrize(
    "line",
    ["hubble_drop_total{reason=\"x\"", "hubble_drop_total{reason=x} 3", "hubble_drop_total three",
     "hubble_drop_total{reason=\"x\"} NaN", "{{ template }}", "hubble_drop_total"],
)  # fmt: skip
def test_a_malformed_line_is_counted_and_shown(tmp_path: Path, line: str) -> None:
    reading = read_metrics(write(tmp_path, a_prom=TEXT + line + "\n"))
    assert reading.malformed == 1
    assert reading.problems[0].location is not None
    assert reading.problems[0].location.line == 13
    assert len(reading.series) == 9
    assert reading.others == 1


def test_labels_may_hold_commas_braces_and_quotes(tmp_path: Path) -> None:
    text = 'hubble_drop_total{reason="a, \\"b\\" {c}",source="",} 5 1764324000000\n'
    (one,) = read_metrics(write(tmp_path, a_prom=text)).series
    assert one.labels == {"reason": 'a, "b" {c}', "source": ""}


def test_metrics_are_told_by_their_content(tmp_path: Path) -> None:
    write(tmp_path, a_txt=TEXT, b_json=vector(({"__name__": "cilium_drop_count_total"}, "1")),
          c_txt="a note about hubble\n", d_json='{"kind": "List", "items": []}')  # fmt: skip
    found = {Path(name).name: kind for name, kind in find_telemetry([tmp_path]).items()}
    assert found == {"a.txt": "metrics", "b.json": "metrics"}


def test_the_tool_answers_from_metrics_and_the_diagnosis_uses_them(tmp_path: Path) -> None:
    pods = "".join(
        "---\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: c}]}\n"
        f"metadata: {{name: {name.split('/')[1]}, namespace: shop}}\n"
        for name in (POD, OTHER)
    )
    write(tmp_path, cluster_yaml=pods, metrics_prom=TEXT + "oops\n")
    workspace = Workspace.load([tmp_path])
    assert load_text(pods).kinds == workspace.cluster.kinds
    result = read_flow_metrics.call(workspace, {})
    assert isinstance(result, MetricsResult)
    assert "were dropped: POLICY_DENIED" in result.summary
    assert "1 malformed line set aside" in result.summary
    told = diagnose.call(workspace, {"symptom": "shop/web loses packets"})
    assert "POLICY_DENIED (hubble_drop_total" in told.summary.split("\n")[0]
    with pytest.raises(ToolError, match="no metrics"):
        read_flow_metrics.call(Workspace.sample(), {})
