"""A flow from parsed JSON: the field names and forms of Cilium 1.10 to 1.19."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from topology.flows.drop_reasons import number_of
from topology.flows.flow import (
    ACK,
    FIN,
    NOBODY,
    PSH,
    RST,
    SYN,
    Dns,
    Endpoint,
    Flow,
    Http,
    Kafka,
    PolicyName,
)
from topology.flows.times import parse_time

__all__ = ["FlowParser", "parse_flow"]

Json = Mapping[str, Any]

# The order of the enum, for exporters that write its numbers.
_VERDICTS: Final = ("", "FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED",
                    "TRANSLATED")  # fmt: skip
_FLAGS: Final = {"SYN": SYN, "ACK": ACK, "FIN": FIN, "RST": RST, "PSH": PSH}
_POLICIES: Final = tuple(
    (f"{direction}_{effect}_by", direction, effect == "allowed")
    for direction in ("egress", "ingress")
    for effect in ("allowed", "denied")
)
_COUNTS: Final = ("ingress_flow_count", "egress_flow_count", "unknown_direction_flow_count")
_NONE: Final[Json] = {}


class FlowParser:
    """Makes flows of JSON; remembers the pods of one export, which come up again and again."""

    def __init__(self) -> None:
        self._pods: dict[tuple[Any, Any, Any], Endpoint] = {}

    def parse(self, value: Json) -> Flow:
        """Return the flow that a JSON object holds.

        Args:
            value: The flow itself, without its envelope.

        Raises:
            ValueError: A field has a form that no version of Hubble gives it.
        """
        try:
            return self._parse(value)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            message = f"a field of it has a wrong form ({error})"
            raise ValueError(message) from error

    def _endpoint(self, value: Json) -> Endpoint:
        """Return an endpoint; to a pod's name and identity there is one set of labels."""
        get = value.get
        identity, pod = get("identity"), get("pod_name")
        if not identity or not pod:
            return _read_endpoint(value)
        key = (get("namespace"), pod, identity)
        found = self._pods.get(key)
        if found is None:
            found = self._pods[key] = _read_endpoint(value)
        return found

    def _parse(self, value: Json) -> Flow:
        get = value.get
        ip = get("IP") or _NONE
        protocol, l4 = _layer4(get("l4"))
        l7 = get("l7")
        event = get("event_type") or _NONE
        verdict: str | int = get("verdict") or ""
        time = get("time")
        source, destination = get("source"), get("destination")
        source_names, destination_names = get("source_names"), get("destination_names")
        dns = http = kafka = None
        stage, latency = "", 0
        if l7:
            stage, latency = l7.get("type", ""), int(l7.get("latency_ns") or 0)
            dns, http, kafka = _dns(l7.get("dns")), _http(l7.get("http")), _kafka(l7.get("kafka"))
        uuid, kind, node = get("uuid") or "", get("Type") or "", get("node_name") or ""
        direction, point = get("traffic_direction") or "", get("trace_observation_point") or ""
        source_address, destination_address = ip.get("source", ""), ip.get("destination", "")
        # Joining is the cheapest way to refuse what is no text.
        "".join((uuid, kind, node, direction, point, source_address, destination_address, stage))
        return Flow(
            time=parse_time(time) if time else 0,
            uuid=uuid,
            verdict=verdict if isinstance(verdict, str) else _VERDICTS[verdict],
            drop_reason=_drop_reason(value) if verdict in ("DROPPED", 2) else 0,
            source_address=source_address,
            destination_address=destination_address,
            protocol=protocol,
            source_port=int(l4.get("source_port", 0)),
            destination_port=_port(protocol, l4),
            flags=_flags(l4["flags"]) if "flags" in l4 else 0,
            source=self._endpoint(source) if source else NOBODY,
            destination=self._endpoint(destination) if destination else NOBODY,
            source_names=tuple(map(_name, source_names)) if source_names else (),
            destination_names=tuple(map(_name, destination_names)) if destination_names else (),
            source_service=_service(value["source_service"]) if "source_service" in value else "",
            destination_service=_service(value["destination_service"])
            if "destination_service" in value
            else "",
            kind=kind,
            event=int(event.get("type", 0)),
            direction=direction,
            point=point,
            is_reply=_is_reply(value, l4),
            node=node,
            l7=stage,
            latency=latency,
            dns=dns,
            http=http,
            kafka=kafka,
            policies=_policies(value) if _has_policies(value) else (),
            stands_for=_count(value["aggregate"]) if "aggregate" in value else 1,
        )


def parse_flow(value: Json) -> Flow:
    """Return the flow that a JSON object holds, as `FlowParser.parse` does.

    Raises:
        ValueError: A field has a form that no version of Hubble gives it.
    """
    return FlowParser().parse(value)


def _layer4(l4: Json | None) -> tuple[str, Json]:
    """Return the protocol's name and fields; the one key that `l4` has."""
    if not l4:
        return "", _NONE
    for protocol, fields in l4.items():
        if protocol in ("TCP", "UDP", "SCTP", "ICMPv6"):
            return protocol, fields or _NONE
        if protocol == "ICMPv4":
            return "ICMP", fields or _NONE
    return "", _NONE


def _port(protocol: str, l4: Json) -> int:
    """Return the destination port, or the type of an ICMP message."""
    port = l4.get("type", 0) if protocol[:4] == "ICMP" else l4.get("destination_port", 0)
    return int(port)


def _flags(flags: Json | None) -> int:
    """Return TCP flags as a sum; proto3 writes only those that are set."""
    found = 0
    if flags:
        for name, is_set in flags.items():
            if is_set:
                found |= _FLAGS.get(name, 0)
    return found


def _read_endpoint(value: Json) -> Endpoint:
    workloads = value.get("workloads")
    labels = value.get("labels") or ()
    namespace, pod = value.get("namespace", ""), value.get("pod_name", "")
    "".join((namespace, pod, *labels))
    return Endpoint(
        namespace,
        pod,
        int(value.get("identity", 0)),
        tuple(labels),
        tuple(map(_workload, workloads)) if workloads else (),
    )


def _workload(value: Json) -> tuple[str, str]:
    return _text(value.get("kind", "")), _text(value.get("name", ""))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        message = f"`{value}` is no text"
        raise TypeError(message)
    return value


def _service(value: Json | None) -> str:
    if not value or not value.get("name"):
        return ""
    return f"{_text(value.get('namespace', ''))}/{_text(value['name'])}"


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    """Return a DNS name as it is compared: lower case, without the trailing dot."""
    return text.lower().rstrip(".")


def _dns(value: Json | None) -> Dns | None:
    if value is None:
        return None
    get = value.get
    return Dns(
        query=_name(get("query", "")),
        rcode=int(get("rcode", 0)),
        qtypes=tuple(map(_text, get("qtypes") or ())),
        ips=tuple(map(_text, get("ips") or ())),
        cnames=tuple(map(_name, get("cnames") or ())),
    )


def _http(value: Json | None) -> Http | None:
    if value is None:
        return None
    method, url = value.get("method", ""), value.get("url", "")
    return Http(_text(method), _text(url), int(value.get("code", 0)))


def _kafka(value: Json | None) -> Kafka | None:
    if value is None:
        return None
    key, topic = value.get("api_key", ""), value.get("topic", "")
    return Kafka(_text(key), _text(topic), int(value.get("error_code", 0)))


def _drop_reason(value: Json) -> int:
    """Return the drop reason: by name since 1.11, by number before."""
    return number_of(value.get("drop_reason_desc")) or number_of(value.get("drop_reason"))


def _is_reply(value: Json, l4: Json) -> bool | None:
    """Return whether it is a reply.

    Before 1.11 there was only `reply`, whose absence means either no reply or not known; a flow
    that opens or accepts a TCP connection says so by its flags.
    """
    found = value.get("is_reply")
    if found is not None:
        return bool(found)
    if value.get("reply"):
        return True
    flags = l4.get("flags")
    if flags and flags.get("SYN"):
        return bool(flags.get("ACK"))
    stage = (value.get("l7") or _NONE).get("type")
    return None if stage not in ("REQUEST", "RESPONSE") else stage == "RESPONSE"


def _has_policies(value: Json) -> bool:
    return (
        "egress_allowed_by" in value
        or "ingress_allowed_by" in value
        or "egress_denied_by" in value
        or "ingress_denied_by" in value
    )


def _policies(value: Json) -> tuple[PolicyName, ...]:
    """Return the policies to which the verdict is put down."""
    found = []
    for field, direction, allows in _POLICIES:
        for one in value.get(field) or ():
            kind, namespace = _text(one.get("kind", "")), _text(one.get("namespace", ""))
            name = _text(one["name"])
            found.append(PolicyName(kind, namespace, name, direction, allows))
    return tuple(found)


def _count(aggregate: Json | None) -> int:
    """Return how many flows an aggregated one stands for."""
    if not aggregate:
        return 1
    return sum(int(aggregate.get(field, 0)) for field in _COUNTS) or 1
