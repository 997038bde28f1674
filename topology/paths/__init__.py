"""Paths: one request through every layer, from a pod to a pod, a Service or the outside."""

from topology.paths.documents import blamed
from topology.paths.network import Network
from topology.paths.queries import PortQuery, describe_request, parse_http, parse_port
from topology.paths.results import Group, PeerRow, Peers, PortVerdict, Reach

__all__ = [
    "Group",
    "Network",
    "PeerRow",
    "Peers",
    "PortQuery",
    "PortVerdict",
    "Reach",
    "blamed",
    "describe_request",
    "parse_http",
    "parse_port",
]
