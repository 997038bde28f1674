"""Hubble's filters: the fields of a FlowFilter, each compiled to a test on a flow's JSON.

Source: pkg/hubble/filters of Cilium 1.19. Within a field any value may match; all fields must.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from topology.errors import InvalidQuery
from topology.flows.cel import compile_cel
from topology.flows.end_filters import (
    addresses,
    clusters,
    identities,
    labels,
    named,
    names,
    nodes,
    workloads,
)
from topology.flows.message_filters import (
    flags,
    headers,
    methods,
    paths,
    ports,
    protocols,
    queries,
    statuses,
    urls,
)
from topology.flows.query import Predicate

__all__ = ["L7_EVENT", "Fields", "compile_filter"]

Fields = Mapping[str, Sequence[Any]]
"""Values by the name of a FlowFilter's field, such as `source_pod`."""

L7_EVENT: Final = 129
_HTTP_FIELDS: Final = ("http_status_code", "http_method", "http_path", "http_url", "http_header")
_NONE: Final[Mapping[str, Any]] = {}


def compile_filter(fields: Fields) -> Predicate:
    """Return the test of one FlowFilter.

    Raises:
        InvalidQuery: A value is not of the field's form, or there is no such field.
    """
    unknown = fields.keys() - _BUILDERS.keys()
    if unknown:
        message = f"There is no filter `{min(unknown)}`."
        raise InvalidQuery(message, hint=f"Filters are {', '.join(sorted(_BUILDERS))}.")
    types = fields.get("event_type", ())
    wanted = [name for name in _HTTP_FIELDS if fields.get(name)]
    if wanted and types and not any(kind == L7_EVENT for kind, _ in types):
        message = f"Filtering by `{wanted[0]}` needs the event type `l7`."
        raise InvalidQuery(message, hint="Leave the type out, or add `--type l7`.")
    tests = [_BUILDERS[name](values) for name, values in fields.items() if values]
    return lambda flow: all(test(flow) for test in tests)


def _plain(field: str) -> Callable[[Sequence[Any]], Predicate]:
    """Return what compiles equality with one of the values."""

    def build(values: Sequence[Any]) -> Predicate:
        wanted = frozenset(values)
        return lambda flow: flow.get(field) in wanted

    return build


def _enumerated(field: str, zero: str) -> Callable[[Sequence[Any]], Predicate]:
    """Return what compiles equality of an enum, whose zero value JSON leaves out."""

    def build(values: Sequence[Any]) -> Predicate:
        wanted = frozenset(values)
        return lambda flow: (flow.get(field) or zero) in wanted

    return build


def _drop_reasons(values: Sequence[Any]) -> Predicate:
    wanted = frozenset(values)
    return lambda flow: (
        flow.get("verdict") == "DROPPED"
        and (flow.get("drop_reason_desc") or "DROP_REASON_UNKNOWN") in wanted
    )


def _replies(values: Sequence[Any]) -> Predicate:
    """Compile `reply`: a flow of which it is not known matches neither, unless it was dropped."""
    wanted = frozenset(values)

    def test(flow: Mapping[str, Any]) -> bool:
        found = flow.get("is_reply")
        if found is None:
            return flow.get("verdict") == "DROPPED" and False in wanted
        return bool(found) in wanted

    return test


def _event_types(values: Sequence[Any]) -> Predicate:
    def test(flow: Mapping[str, Any]) -> bool:
        event = flow.get("event_type")
        if event is None:
            return False
        return any(
            kind in (0, event.get("type", 0)) and part in (None, event.get("sub_type", 0))
            for kind, part in values
        )

    return test


def _ip_versions(values: Sequence[Any]) -> Predicate:
    wanted = frozenset(values)
    return lambda flow: (flow.get("IP") or _NONE).get("ipVersion", "IP_NOT_USED") in wanted


def _encrypted(values: Sequence[Any]) -> Predicate:
    wanted = frozenset(values)
    return lambda flow: bool((flow.get("IP") or _NONE).get("encrypted", False)) in wanted


def _interfaces(values: Sequence[tuple[str, int]]) -> Predicate:
    def test(flow: Mapping[str, Any]) -> bool:
        found = flow.get("interface")
        return found is not None and any(
            name in ("", found.get("name", "")) and index in (0, found.get("index", 0))
            for name, index in values
        )

    return test


def _traces(values: Sequence[str]) -> Predicate:
    wanted = frozenset(values)
    return lambda flow: (
        ((flow.get("trace_context") or _NONE).get("parent") or _NONE).get("trace_id", "") in wanted
    )


def _ip_traces(values: Sequence[int]) -> Predicate:
    wanted = frozenset(values)
    return lambda flow: (
        flow.get("ip_trace_id") is not None
        and int(flow["ip_trace_id"].get("trace_id", 0)) in wanted
    )


def _expressions(values: Sequence[str]) -> Predicate:
    tests = [compile_cel(value) for value in values]
    return lambda flow: any(test(flow) for test in tests)


_BUILDERS: Final[dict[str, Callable[[Sequence[Any]], Predicate]]] = {
    "uuid": _plain("uuid"),
    "verdict": _enumerated("verdict", "VERDICT_UNKNOWN"),
    "traffic_direction": _enumerated("traffic_direction", "TRAFFIC_DIRECTION_UNKNOWN"),
    "drop_reason_desc": _drop_reasons,
    "reply": _replies,
    "event_type": _event_types,
    "ip_version": _ip_versions,
    "encrypted": _encrypted,
    "source_ip_xlated": addresses("source_xlated"),
    "node_name": nodes,
    "node_labels": labels(lambda flow: flow.get("node_labels") or ()),
    "protocol": protocols,
    "cel_expression": _expressions,
    "tcp_flags": flags,
    "http_status_code": statuses,
    "http_method": methods,
    "http_path": paths,
    "http_url": urls,
    "http_header": headers,
    "dns_query": queries,
    "interface": _interfaces,
    "trace_id": _traces,
    "ip_trace_id": _ip_traces,
    "source_service": named("source_service", "name"),
    "destination_service": named("destination_service", "name"),
    "source_ip": addresses("source"),
    "destination_ip": addresses("destination"),
    "source_port": ports("source_port"),
    "destination_port": ports("destination_port"),
    "source_fqdn": names("source_names"),
    "destination_fqdn": names("destination_names"),
    "source_pod": named("source", "pod_name"),
    "destination_pod": named("destination", "pod_name"),
    "source_workload": workloads("source"),
    "destination_workload": workloads("destination"),
    "source_identity": identities("source"),
    "destination_identity": identities("destination"),
    "source_cluster_name": clusters("source"),
    "destination_cluster_name": clusters("destination"),
    "source_label": labels(lambda flow: (flow.get("source") or _NONE).get("labels") or ()),
    "destination_label": labels(
        lambda flow: (flow.get("destination") or _NONE).get("labels") or ()
    ),
}
"""By the name of the field; named ports, clusters and labels as of the protocol buffer."""
