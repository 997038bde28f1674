"""Requests for policies about Kafka topics."""

import pytest

from tools.author import draft_request
from tools.intents import read_intent
from tools.workspace import Workspace
from topology.load import load_text
from topology.paths import Network

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: bus}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: a, image: x, ports: [{containerPort: 9092}]}]}
"""
CLUSTER = load_text(
    "---".join(DEPLOYMENT.replace("NAME", name) for name in ("broker", "till", "mailer"))
)


@pytest.mark.parametrize(
    ("request_", "heard"),
    [
        (
            "only till may produce to topic bills on broker on 9092",
            "Only `bus/till` may reach `bus/broker` on port 9092/TCP"
            " with Kafka role `produce` on topic `bills`.",
        ),
        (
            "till may only publish events to the bills topic on broker:9092",
            "`bus/till` may reach only `bus/broker` on port 9092/TCP"
            " with Kafka role `produce` on topic `bills`.",
        ),
        (
            "mailer may consume from topics `bills` and `salaries.v2` on broker on port 9092",
            "`bus/mailer` may reach `bus/broker` on port 9092/TCP with Kafka role `consume`"
            " on topic `bills` or Kafka role `consume` on topic `salaries.v2`.",
        ),
    ],
)
def test_topics_are_understood(request_: str, heard: str) -> None:
    understood = read_intent(Network.build(CLUSTER), request_)
    assert understood.heard == heard
    assert understood.is_clear, understood.question


def test_a_draft_is_proven_topic_by_topic_and_says_what_it_needs() -> None:
    found = draft_request(
        Workspace(cluster=CLUSTER), "only till may produce to topic bills on broker on 9092"
    )
    assert found.verified
    asked = {
        section: {(row["src"], row.get("kafka")) for row in found.contract[section]}
        for section in ("must_allow", "must_deny")
    }
    assert ("bus/till", "produce bills") in asked["must_allow"]
    assert ("bus/till", "produce not-asked-for") in asked["must_deny"]
    assert ("bus/mailer", None) in asked["must_deny"]
    assert any("gone in Cilium 1.20" in one for one in found.requirements)
    assert any("ACNS" in one for one in found.requirements)


def test_a_topic_without_a_broker_is_asked_about() -> None:
    assert read_intent(Network.build(CLUSTER), "till may produce to topic bills").question
