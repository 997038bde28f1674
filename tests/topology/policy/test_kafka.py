"""Kafka rules: which requests to a broker they let through."""

import pytest

from topology.load import load_text
from topology.policy.cilium.kafka import read_kafka
from topology.policy.engine import PolicyEngine
from topology.policy.kafka import KafkaRequest, read_request
from topology.targets import PodTarget

PODS = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: bus, labels: {app: NAME}}
spec: {containers: [{name: a, image: x, ports: [{containerPort: 9092}]}]}
"""
NAMES = ("broker", "till", "spy")
POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: broker, namespace: bus}
spec:
  endpointSelector: {matchLabels: {app: broker}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: till}}]
    toPorts:
    - ports: [{port: "9092", protocol: TCP}]
      rules: {kafka: [{role: produce, topic: bills}]}
"""


@pytest.mark.parametrize(
    ("rule", "request_", "expected"),
    [
        ({"role": "produce", "topic": "bills"}, "produce bills", True),
        ({"role": "produce", "topic": "bills"}, "produce other", False),
        ({"role": "produce", "topic": "bills"}, "fetch bills", False),
        ({"role": "produce", "topic": "bills"}, "metadata bills", True),
        ({"role": "produce", "topic": "bills"}, "metadata other", False),
        ({"role": "produce", "topic": "bills"}, "apiversions", True),
        ({"role": "consume", "topic": "bills"}, "fetch bills", True),
        ({"role": "consume", "topic": "bills"}, "heartbeat", True),
        ({"role": "consume", "topic": "bills"}, "produce bills", False),
        ({"apiKey": "Fetch"}, "fetch anything", True),
        ({"apiKey": "fetch", "apiVersion": "4"}, "fetch bills v4", True),
        ({"apiKey": "fetch", "apiVersion": "4"}, "fetch bills v5", False),
        ({"clientID": "ui"}, "fetch bills as ui", True),
        ({"clientID": "ui"}, "fetch bills", False),
        ({}, "deletetopics bills", True),
    ],
)
def test_every_condition_of_a_rule_must_match(
    rule: dict[str, str], request_: str, expected: bool
) -> None:
    assert read_kafka(rule, "").matches(read_request(request_)) is expected


def test_a_request_that_is_written_is_read_back_as_it_was() -> None:
    request = KafkaRequest(key="fetch", topic="a.b_c-d", version=12, client="ui")
    assert read_request(str(request)) == request
    with pytest.raises(ValueError, match="no Kafka request"):
        read_request("produce to bills, please")


@pytest.mark.parametrize(
    ("source", "request_", "verdict"),
    [
        ("till", "produce bills", "allow"),
        ("till", "produce salaries", "deny"),
        ("spy", "produce bills", "deny"),
    ],
)
def test_the_engine_decides_requests_to_a_broker(source: str, request_: str, verdict: str) -> None:
    cluster = load_text("---".join(PODS.replace("NAME", name) for name in NAMES) + f"---{POLICY}")
    ends = {pod.name: PodTarget(pod) for pod in cluster.pods}
    found = PolicyEngine.build(cluster).decide(
        ends[source], ends["broker"], port=9092, kafka=read_request(request_)
    )
    assert (found.l7_verdict if found.verdict == "allow" else found.verdict) == verdict
