"""Flows as Hubble exports them: read, filtered, put together into connections, and explained.

What reads them is imported when first used: every input is looked at for flows, and few hold any.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "FlowFiles": "reading",
    "FlowReading": "reading",
    "Query": "query",
    "Tally": "reading",
    "parse_observe": "observe",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"topology.flows.{_HOMES.get(name, 'flow')}"), name)
