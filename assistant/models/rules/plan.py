"""From what was understood to tool calls, or to the question back that must come first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from assistant.models.rules.choices import ask_which
from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.ports import pick_port
from assistant.models.rules.slots import PortText
from tools.wording import join
from topology.model import Cluster

__all__ = ["NO_DNS", "Call", "Plan", "make_plan", "settle_ends"]

_MOST_CALLS = 16
NO_DNS = "DNS outside"
"""Text of the end that stands for DNS servers where the input has none."""


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The calls that answer a frame; a question back instead when something is missing."""

    frame: Frame
    calls: tuple[Call, ...] = ()
    ask: str = ""
    if_open: Call | None = None
    """Asked besides, once every connection turns out to be allowed: then policies are not why."""
    verdict_of: Call | None = None
    """Asked instead of a list, once the list shows that nothing of a namespace gets through."""

    def is_settled_by(self, results: Sequence[object]) -> bool:
        """Return whether the list leaves no doubt about a namespace, so that "no" is the answer."""
        if self.verdict_of is None or len(results) != 1:
            return False
        ends = (*self.frame.sources, *self.frame.destinations)
        source = self.calls[0].name == "who_can_reach"
        space = ends[0 if source else -1].name
        rows = [row for row in getattr(results[0], "peers", ()) if row.namespace == space]
        left_out = getattr(results[0], "left_out", 0)
        return bool(rows) and not left_out and all(row.verdict == "deny" for row in rows)

    def example_of(self, results: Sequence[object]) -> Call | None:
        """Return the verdict for one that gets through, so that "can any of them" is a yes."""
        if self.verdict_of is None or len(results) != 1:
            return None
        call = self.calls[0]
        rows = [
            row
            for row in getattr(results[0], "peers", ())
            if row.namespace in self.frame.within and row.verdict == "allow" and not row.mixed
        ]
        if not rows:
            return None
        name = f"{rows[0].namespace}/{rows[0].name}"
        if call.name == "who_can_reach":
            ends = {"source": name, "destination": rows[0].target or call.arguments["destination"]}
        else:
            ends = {"source": rows[0].target or call.arguments["source"], "destination": name}
        arguments: dict[str, Any] = dict(ends)
        for key in ("port", "http"):
            if key in call.arguments:
                arguments[key] = call.arguments[key]
        return Call("can_reach", arguments)


def make_plan(frame: Frame, cluster: Cluster) -> Plan:
    """Return how to answer a frame."""
    if frame.intent == "ask":
        return Plan(frame=frame, ask=frame.text)
    frame = settle_ends(frame, cluster)
    if ask := ask_which(frame):
        return Plan(frame=frame, ask=ask)
    if frame.intent == "mend":
        return _plan_mend(frame, cluster)
    if frame.intent == "remove":
        return _plan_removal(frame, cluster)
    if frame.intent == "reach":
        return _plan_path(frame, cluster)
    if frame.intent in ("who_can", "what_can"):
        return _plan_peers(frame, cluster)
    if frame.intent == "policies" and any(ref.kind == "any" for ref in frame.destinations):
        return _plan_review(frame, cluster)
    calls = {
        "policies": _policies,
        "inspect": _inspect,
        "list": _list,
        "size": _stated,
        "docs": _stated,
        "check": _stated,
        "draft": _stated,
    }
    if frame.intent not in calls:
        return Plan(frame=frame)
    return Plan(frame=frame, calls=calls[frame.intent](frame))


def settle_ends(frame: Frame, cluster: Cluster) -> Frame:
    """Name the DNS server of the cluster, and the workloads behind a Service that sends."""
    sources = tuple(_as_sender(ref, cluster) for ref in frame.sources)
    destinations = tuple(_find_dns(ref, cluster) for ref in frame.destinations)
    if frame.intent == "list":
        sources = frame.sources
    return replace(frame, sources=sources, destinations=destinations)


def _as_sender(ref: Ref, cluster: Cluster) -> Ref:
    if not any(name.startswith("service:") for name in ref.names):
        return ref
    workloads = {workload.full_name: workload for workload in cluster.workloads}
    senders: list[str] = []
    for name in ref.names:
        plain = name.removeprefix("service:")
        service = next((item for item in cluster.services if item.full_name == plain), None)
        if plain in workloads or not name.startswith("service:") or not service:
            senders.append(plain)
            continue
        senders += [
            full
            for full, workload in workloads.items()
            if service.selector
            and workload.namespace == service.namespace
            and service.selector.items() <= dict(workload.labels).items()
        ]
    return replace(ref, names=tuple(dict.fromkeys(senders)) or ref.names, kind="workload")


def _find_dns(ref: Ref, cluster: Cluster) -> Ref:
    if ref.kind != "cluster-dns":
        return ref
    services = [item for item in cluster.services if item.name in ("kube-dns", "coredns")]
    if services:
        return Ref(text="kube-dns", names=(f"service:{services[0].full_name}",), kind="service")
    workloads = [
        item
        for item in cluster.workloads
        if re.search(r"dns", item.name) and item.namespace == "kube-system"
    ]
    if workloads:
        return Ref(text="kube-dns", names=(workloads[0].full_name,))
    # Nothing in the input serves names: what can be computed is the way out to other servers.
    return Ref(text=NO_DNS, names=("world",), kind="entity")


_SOME = re.compile(r"(?:any|some|a|an|no|none|nothing|nobody)\b|(?:any|some)\w+", re.I)


def _as_list(frame: Frame) -> Frame:
    """Return the list that answers for "any pod of a namespace", where one yes or no would not.

    Whether every pod can is another question than whether one can; rows tell both.
    """
    if len(frame.sources) != 1 or len(frame.destinations) != 1 or frame.both_ways or frame.http:
        return frame
    source, destination = frame.sources[0], frame.destinations[0]
    some = [
        ref.kind == "namespace" and bool(_SOME.match(ref.text)) for ref in (source, destination)
    ]
    spaces = source.kind == destination.kind == "namespace"
    if spaces or some[0]:
        return replace(frame, intent="who_can", sources=())
    return replace(frame, intent="what_can", destinations=()) if some[1] else frame


def _plan_path(frame: Frame, cluster: Cluster) -> Plan:
    """Ask for the verdict, and for the cause of the trouble that the question tells of."""
    plan = _plan_reach(frame, cluster)
    if frame.told and frame.ports and plan.ask:
        # Trouble is followed without a port, too; what was told may be no port of anything.
        plan = _plan_reach(replace(frame, ports=()), cluster)
    if frame.symptom and plan.calls:
        cause = _cause_of(frame, plan.calls)
        if frame.told:
            return replace(plan, calls=(*plan.calls, cause))
        plan = replace(plan, if_open=cause)
    if len(plan.calls) != 1 or (listed := _as_list(frame)) == frame:
        return plan
    peers = _plan_peers(listed, cluster)
    within = listed.within or (frame.ends[0 if listed.intent == "who_can" else -1].name,)
    return replace(peers, frame=replace(frame, within=within), verdict_of=plan.calls[0])


def _cause_of(frame: Frame, calls: Sequence[Call]) -> Call:
    """Return the diagnosis of a connection, with its ends as they were read."""
    arguments = {"symptom": frame.symptom}
    if len(calls) == 1:
        keys = ("source", "destination", "port")
        arguments |= {
            key: str(calls[0].arguments[key]) for key in keys if key in calls[0].arguments
        }
    return Call("diagnose", arguments)


def _plan_reach(frame: Frame, cluster: Cluster) -> Plan:
    pairs = list(product(frame.sources, frame.destinations))
    if frame.both_ways:
        pairs += [(destination, source) for source, destination in pairs]
    if frame.alternative:
        pairs += list(product(frame.alternative.sources, frame.alternative.destinations))
    pairs = [(one, other) for one, other in pairs if _tool_name(one) != _tool_name(other)] or pairs
    calls: list[Call] = []
    first = set(product(frame.sources, frame.destinations))
    for source, destination in pairs:
        # A port belongs to the destination that it was said of, not to the way back.
        ports = frame.ports if (source, destination) in first or frame.alternative else ()
        for port in ports or (None,):
            picked = _pick(cluster, _tool_name(destination), port)
            if isinstance(picked, str):
                return Plan(frame=frame, ask=picked)
            name, number = picked
            arguments = {"source": _tool_name(source), "destination": name}
            arguments |= _given(port=number, http=frame.http, host=frame.host)
            calls.append(Call("can_reach", arguments))
    if len(calls) > _MOST_CALLS:
        return Plan(
            frame=frame, ask=f"That is {len(calls)} connections to check. Which of them matter?"
        )
    return Plan(frame=frame, calls=_unique(calls))


def _plan_mend(frame: Frame, cluster: Cluster) -> Plan:
    """Mend each connection that a question about it would ask about."""
    asked = _plan_reach(replace(frame, both_ways=False), cluster)
    calls = tuple(replace(call, name="fix_connection") for call in asked.calls)
    return replace(asked, frame=frame, calls=calls)


def _plan_removal(frame: Frame, cluster: Cluster) -> Plan:
    """Try out all the removals that are named at once."""
    keys: list[str] = []
    for ref in frame.destinations:
        found = [one.key for one in cluster.policies if one.key.endswith(f"/{ref.name}")]
        if len(found) > 1:
            return Plan(frame=frame, ask=f"Which `{ref.name}` is meant: {join(found, 'or')}?")
        keys += found
    return Plan(frame=frame, calls=(Call("simulate_policies", {"remove": keys}),))


def _plan_review(frame: Frame, cluster: Cluster) -> Plan:
    """List the policies of each namespace that runs something."""
    spaces = sorted({workload.namespace for workload in cluster.workloads})
    if not spaces or len(spaces) > _MOST_CALLS:
        text = f"Policies are listed for {_MOST_CALLS} namespaces at most, and there are"
        return Plan(frame=frame, ask=f"{text} {len(spaces)}. Which namespace is meant?")
    refs = tuple(Ref(text=space, names=(space,), kind="namespace") for space in spaces)
    frame = replace(frame, destinations=refs)
    return Plan(frame=frame, calls=_policies(frame))


def _plan_peers(frame: Frame, cluster: Cluster) -> Plan:
    calls: list[Call] = []
    who = frame.intent == "who_can"
    for ref in frame.destinations if who else frame.sources:
        for port in frame.ports or (None,):
            if not who:
                picked: tuple[str, str] | str = (_tool_name(ref), _plain_port(port))
            else:
                picked = _pick(cluster, _tool_name(ref), port)
            if isinstance(picked, str):
                return Plan(frame=frame, ask=picked)
            name, number = picked
            if who:
                arguments = {"destination": name, **_given(port=number, http=frame.http)}
                calls.append(Call("who_can_reach", arguments))
            else:
                calls.append(Call("what_can_reach", {"source": name, **_given(port=number)}))
    return Plan(frame=frame, calls=_unique(calls)[:_MOST_CALLS])


def _pick(cluster: Cluster, destination: str, port: PortText | None) -> tuple[str, str] | str:
    """Return the destination and port of a call, or the question back."""
    if port is None:
        return destination, ""
    choice = pick_port(cluster, destination, port)
    return choice.ask or (choice.destination, choice.port)


def _plain_port(port: PortText | None) -> str:
    if port is None:
        return ""
    if port.number is None:
        return "icmp" if port.protocol.startswith("ICMP") else port.name
    return f"{port.number}/{port.protocol}" if port.protocol else str(port.number)


def _tool_name(ref: Ref) -> str:
    return f"namespace:{ref.name}" if ref.kind == "namespace" else ref.name


def _given(**arguments: str) -> dict[str, str]:
    return {name: value for name, value in arguments.items() if value}


def _unique(calls: list[Call]) -> tuple[Call, ...]:
    kept: list[Call] = []
    for call in calls:
        if call not in kept:
            kept.append(call)
    return tuple(kept)


def _policies(frame: Frame) -> tuple[Call, ...]:
    return tuple(
        Call(
            "list_policies",
            {"workload": _tool_name(ref).removeprefix("service:"), **_given(direction=frame.kind)},
        )
        for ref in frame.destinations
    )


def _inspect(frame: Frame) -> tuple[Call, ...]:
    return tuple(
        Call(
            "inspect_object",
            {"name": ref.name.removeprefix("service:"), **_given(kind=frame.kind)},
        )
        for ref in frame.destinations[:4]
    )


def _list(frame: Frame) -> tuple[Call, ...]:
    spaces = [ref.name for ref in frame.sources] or [""]
    return tuple(Call("list_objects", _given(kind=frame.kind, namespace=space)) for space in spaces)


def _stated(frame: Frame) -> tuple[Call, ...]:
    """Return the call of a frame; one for each value where an argument has several."""
    several = {name: value for name, value in frame.arguments.items() if isinstance(value, tuple)}
    return tuple(
        Call(frame.kind, {**frame.arguments, **dict(zip(several, values, strict=True))})
        for values in product(*several.values())
    )[:_MOST_CALLS]
