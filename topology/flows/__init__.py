"""Flows as Hubble exports them: read, filtered, put together into connections, and explained."""

from topology.flows.flow import Dns, Endpoint, Flow, Http, Kafka, PolicyName
from topology.flows.observe import parse_observe
from topology.flows.query import Query
from topology.flows.reading import FlowFiles, FlowReading, Tally

__all__ = [
    "Dns",
    "Endpoint",
    "Flow",
    "FlowFiles",
    "FlowReading",
    "Http",
    "Kafka",
    "PolicyName",
    "Query",
    "Tally",
    "parse_observe",
]
