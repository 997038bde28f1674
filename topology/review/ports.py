"""Ports: of the Service instead of the pod, of nobody, of an unknown or ambiguous name."""

from collections.abc import Iterator
from difflib import get_close_matches

from topology.model import ContainerPort, Pod, Protocol
from topology.policy.peers import SelectorPeer
from topology.policy.ports import PortSet
from topology.policy.rules import PortEntry
from topology.policy.verdict import Direction
from topology.review.checks import check
from topology.review.context import Placed, ReviewContext
from topology.review.edits import removed_rule
from topology.review.finding import Found, Repair, ReviewSeverity
from topology.review.lifting import drop_field, drop_rule, found_in, lift
from topology.review.peer_repairs import declared_ports
from topology.review.port_edits import port_path, with_port
from topology.review.wording import counted, listed, quoted
from topology.services import service_backends, services_of

__all__ = [
    "find_ambiguous_names",
    "find_reply_ports",
    "find_service_ports",
    "find_undeclared_ports",
    "find_unknown_names",
]

_PROXY_PORTS = range(15000, 15100)
"""Of sidecars, which a pod seldom declares."""
_EPHEMERAL = PortSet({"TCP": [(49152, 60999)]})
"""Common to the ranges from which Linux (32768-60999) and IANA (49152-65535) draw."""
_LOW = 1024


@check(
    "service-port",
    "error",
    "A rule names the port of the Service, not of the pods",
    matters="Policies see a connection after the Service was resolved: only the pods' own port "
    "counts. Connections through the Service are dropped.",
    source="cilium Documentation/security/policy/layer4.rst; Kubernetes Service.targetPort",
    needs=("pods", "services"),
)
def find_service_ports(context: ReviewContext) -> Iterator[Found]:
    """Yield the numbers of ports that are a Service's, where its pods listen on others."""
    for placed in _allowing(context):
        for entry in _single(placed):
            pods = _destinations(context, placed)
            found = _behind(context, pods, entry) if pods else {}
            if not found or _is_offered(pods, entry):
                continue
            targets = sorted(set(found.values()))
            if any(_is_allowed(context, placed, entry, target) for target in targets):
                continue
            services = sorted(found)
            why = (
                f"Port {entry.first} is that of Service {listed(services)}; its pods listen on "
                f"{listed(targets)}, and this is what policies see. No pod that the rule means "
                f"declares {entry.first}."
            )
            path = port_path(placed.document, placed.rule, entry)
            repair = Repair(
                text=f"Write port {listed(targets)}.",
                add=(with_port(placed.document, placed.rule, entry, targets[0]),),
            )
            yield found_in(context, placed.document, path, why, repair)


@check(
    "undeclared-port",
    "warning",
    "No pod that a rule means offers its port",
    matters="Either the number is wrong and the real port is closed, or the rule is for nothing.",
    source="Kubernetes, containerPort (informative, so that a port may be open all the same)",
    needs=("pods", "services"),
)
def find_undeclared_ports(context: ReviewContext) -> Iterator[Found]:
    """Yield the numbers of ports that no pod declares and no Service leads to."""
    for placed in _allowing(context):
        pods = _destinations(context, placed)
        if not pods or not all(_own(pod) for pod in pods):
            continue
        for entry in _single(placed):
            # A number of another protocol is known, too: many servers offer both.
            if any(port.number == entry.first for pod in pods for port in pod.ports):
                continue
            if _behind(context, pods, entry):
                continue
            offered = sorted({port.number for pod in pods for port in _own(pod)})
            names = sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in pods})
            why = (
                f"{counted(names, 'workload')} that the rule means declare {listed(offered, 6)}, "
                f"and none declares port {entry.first}/{entry.protocols[0]}."
            )
            path = port_path(placed.document, placed.rule, entry)
            repair = Repair(text=f"Write the port that is meant: {listed(offered, 6)}.")
            numbers = [str(number) for number in offered]
            near = numbers if len(numbers) == 1 else []
            near = near or get_close_matches(str(entry.first), numbers, n=1, cutoff=0.7)
            if near:
                changed = with_port(placed.document, placed.rule, entry, int(near[0]))
                repair = Repair(text=repair.text, add=(changed,))
            severity: ReviewSeverity = "warning" if near else "info"
            yield found_in(context, placed.document, path, why, repair, severity=severity)


@check(
    "unknown-port-name",
    "error",
    "No pod has a port of that name",
    matters="A rule for a named port that no pod declares means no port, so it allows nothing.",
    source="cilium pkg/policy/types/portmap.go; Kubernetes, named ports",
    needs=("pods",),
)
def find_unknown_names(context: ReviewContext) -> Iterator[Found]:
    """Yield the names of ports that no pod that a rule means declares."""
    for placed in context.placed:
        pods = _destinations(context, placed)
        known = {port.name.lower() for pod in pods for port in pod.ports if port.name}
        for entry in placed.rule.ports or ():
            if not entry.name or entry.name in known or not pods:
                continue
            why = f"No pod that the rule means has a port named {quoted(entry.name)}"
            why += f"; they have {listed(sorted(known), 6)}." if known else " or of any name."
            near = get_close_matches(entry.name, sorted(known), n=1, cutoff=0.6)
            repair = Repair(text="Name a port that the pods declare, or write its number.")
            if near:
                changed = with_port(placed.document, placed.rule, entry, near[0])
                repair = Repair(text=f"Write {quoted(near[0])}.", add=(changed,))
            path = port_path(placed.document, placed.rule, entry)
            yield found_in(context, placed.document, path, why, repair)


@check(
    "ambiguous-port-name",
    "error",
    "A named port of an egress rule means two numbers",
    matters="Cilium resolves names in egress rules over all pods of the cluster; a name with two "
    "numbers means none, so the rule allows nothing.",
    source="cilium pkg/policy/types/portmap.go",
    needs=("pods",),
)
def find_ambiguous_names(context: ReviewContext) -> Iterator[Found]:
    """Yield the names in egress rules that pods of the cluster declare with several numbers."""
    if context.connections.ground.named.per_pod:
        return
    numbers: dict[tuple[str, Protocol], set[int]] = {}
    for pod in context.cluster.pods:
        for port in pod.ports:
            numbers.setdefault((port.name.lower(), port.protocol), set()).add(port.number)
    for placed in context.placed:
        if placed.rule.direction != "egress":
            continue
        for entry in placed.rule.ports or ():
            found = {n for p in entry.protocols for n in numbers.get((entry.name, p), ())}
            if not entry.name or len(found) < 2:
                continue
            meant = {
                port.number
                for pod in _destinations(context, placed)
                for port in pod.ports
                if port.name.lower() == entry.name
            }
            why = (
                f"Pods of the cluster declare {quoted(entry.name)} as {listed(sorted(found), 6)}, "
                "so in an egress rule the name means nothing."
            )
            choice = f": {listed(sorted(meant), 6)}" if meant else ""
            repair = Repair(text=f"Write the number{choice}.")
            if len(meant) == 1:
                changed = with_port(placed.document, placed.rule, entry, next(iter(meant)))
                repair = Repair(text=repair.text, add=(changed,), promise="opens")
            path = port_path(placed.document, placed.rule, entry)
            yield found_in(context, placed.document, path, why, repair)


@check(
    "reply-ports",
    "warning",
    "A rule opens the ports from which replies come",
    matters="Policies are stateful: replies to an allowed connection pass. A rule for them only "
    "opens a wide range of ports for new connections.",
    source="Kubernetes and Cilium, connection tracking; Linux ip_local_port_range",
    needs=("pods",),
)
def find_reply_ports(context: ReviewContext) -> Iterator[Found]:
    """Yield the rules that open the ephemeral ports towards somebody who is called anyway."""
    for placed in _allowing(context):
        entries = [one for one in placed.rule.ports or () if _is_ephemeral(one)]
        if not entries or not _is_called_back(context, placed):
            continue
        left = removed_rule(placed.document, placed.rule.path)
        why = (
            f"It opens {entries[0].first}-{entries[0].last}, the ports from which clients call, "
            "to an end that is called on another port already: its replies pass without a rule."
        )
        change = Repair(text="Delete the policy.", remove=(placed.document.key,), promise="closes")
        if left is not None:
            change = Repair(text="Take the rule out.", add=(left,), promise="closes")
        yield found_in(context, placed.document, placed.rule.path, why, change)


def _is_ephemeral(entry: PortEntry) -> bool:
    ports = PortSet({"TCP": [(entry.first, entry.last)]}) if entry.last else PortSet.EMPTY
    is_tcp = "TCP" in entry.protocols and not entry.name
    return is_tcp and entry.first >= _LOW and ports >= _EPHEMERAL


def _is_called_back(context: ReviewContext, placed: Placed) -> bool:
    """Return whether the pods of a rule and its peers speak the other way round already."""
    way: Direction = "egress" if placed.rule.direction == "ingress" else "ingress"
    ends = context.ends(placed.compiled) & context.all_pods
    if not ends:
        return False
    for number in placed.numbers:
        for other in context.connections.subjects.of(way, number):
            if not other.rule.deny and not other.doubt and context.ends(other) & ends == ends:
                return True
    return False


def _allowing(context: ReviewContext) -> Iterator[Placed]:
    for placed in context.placed:
        if not placed.rule.deny and placed.rule.ports:
            yield placed


def _single(placed: Placed) -> Iterator[PortEntry]:
    """Yield the entries of a rule that are one TCP or UDP port by number."""
    for entry in placed.rule.ports or ():
        protocols = set(entry.protocols) & {"TCP", "UDP"}
        if not entry.name and protocols and 0 < entry.first == entry.last:
            yield entry


def _destinations(context: ReviewContext, placed: Placed) -> list[Pod]:
    """Return the pods whose ports a rule is about; none where it means other ends as well."""
    rule = placed.rule
    if rule.direction == "ingress":
        bits = sum(1 << number for number in placed.numbers)
        return list(context.pods_at(bits))
    peers = rule.peers or ()
    if not peers or not all(isinstance(p, SelectorPeer) and not p.entity for p in peers):
        return []
    return list(context.pods_at(context.ends(placed.compiled)))


def _own(pod: Pod) -> list[ContainerPort]:
    return [port for port in pod.ports if port.number not in _PROXY_PORTS]


def _is_offered(pods: list[Pod], entry: PortEntry) -> bool:
    return any(
        port.number == entry.first and port.protocol in entry.protocols
        for pod in pods
        for port in pod.ports
    )


def _behind(context: ReviewContext, pods: list[Pod], entry: PortEntry) -> dict[str, int]:
    """Return the Services before some pods that have a port of that number, with its target."""
    known = {pod.full_name for pod in pods}
    found = {}
    for service in services_of(context.cluster, pods):
        if service.headless:
            continue
        for route in service_backends(context.cluster, service, port=entry.first):
            if route.port.protocol not in entry.protocols:
                continue
            for backend in route.backends:
                if backend.pod and backend.pod.full_name in known and backend.port != entry.first:
                    found[service.full_name] = backend.port
    return found


def _is_allowed(context: ReviewContext, placed: Placed, entry: PortEntry, target: int) -> bool:
    """Return whether the subject is let through to the same peers on the target port anyhow."""
    ends = context.ends(placed.compiled)
    wanted = PortSet({entry.protocols[0]: [(target, target)]})
    for number in placed.numbers:
        rules = [placed.compiled, *context.beside(placed, number)]
        allowed = 0
        for one in rules:
            if not one.rule.deny and wanted <= context.ports(one, number):
                allowed |= context.ends(one)
        if ends & ~allowed:
            return False
    return True


lift(
    "no-ports",
    "warning",
    "An item of toPorts names no port",
    matters="It matches nothing, so the rule that looks open is closed.",
    source="cilium pkg/policy/api/l4.go; observed on Cilium's own engine",
    theme="ports",
    mend=drop_rule,
)
lift(
    "port-zero",
    "info",
    "Port 0 means every port",
    matters="It opens all ports of the protocol, which is more than most who write it expect.",
    source="cilium pkg/policy/api/rule_validation.go",
    theme="ports",
    mend=declared_ports,
)
lift(
    "end-port",
    "warning",
    "endPort is ignored",
    matters="Only the first port of the range is meant.",
    source="cilium pkg/policy/types/portrange.go",
    theme="ports",
    mend=drop_field,
)
