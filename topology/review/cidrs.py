"""Addresses: networks that match nothing, exceptions that are none, and hidden clients."""

from collections.abc import Iterator

from topology.model import Document, Pod, Service
from topology.policy.fields import parse_network
from topology.policy.peers import AddressPeer
from topology.policy.rules import Rule
from topology.policy.validation import Finding
from topology.review.checks import check
from topology.review.context import Placed, ReviewContext
from topology.review.edits import dropped, edited, field_at, new_policy, removed_rule
from topology.review.finding import Found, Repair
from topology.review.lifting import found_in, lift, rewrite
from topology.review.peer_repairs import as_selectors
from topology.review.wording import listed, quoted
from topology.services import services_of

__all__ = ["find_api_addresses", "find_hidden_clients", "find_opened_exceptions"]

_OUTSIDE_TYPES = ("LoadBalancer", "NodePort")
_NARROW = 28
"""Prefix length from which a network means a few hosts, not a range that holds one by chance."""


@check(
    "except-opened",
    "warning",
    "An exception of a CIDR is let in by another rule",
    matters="`except` only narrows its own item, it denies nothing: what another rule of the same "
    "pods allows stays open.",
    source="cilium pkg/policy/api/cidr.go; Kubernetes, IPBlock.except",
    needs=("pods",),
)
def find_opened_exceptions(context: ReviewContext) -> Iterator[Found]:
    """Yield the exceptions that are let through on the same ports all the same."""
    for placed in context.placed:
        holes = {
            hole
            for peer in placed.rule.peers or ()
            if isinstance(peer, AddressPeer)
            for hole in peer.excepts
        }
        if placed.rule.deny or not holes:
            continue
        axis = context.connections.ground.axis
        for hole in sorted(holes, key=str):
            inside = axis.mean(AddressPeer((hole,)))[0]
            by = _opener(context, placed, inside)
            if by is None:
                continue
            way = "from" if placed.rule.direction == "ingress" else "to"
            why = (
                f"{quoted(hole)} is excepted here, and {by.name} ({by.location}) allows it for the "
                "same pods and ports."
            )
            deny = _denial(placed.document, way, str(hole))
            repair = Repair(text=f"Deny {quoted(hole)} in a rule of its own.")
            if deny is not None:
                repair = Repair(text=repair.text, add=(deny,), promise="closes")
            yield found_in(context, placed.document, placed.rule.path, why, repair)


def _opener(context: ReviewContext, placed: Placed, inside: int) -> Rule | None:
    """Return another rule that lets all of an exception through for all that a rule selects."""
    for number in placed.numbers:
        ports = context.ports(placed.compiled, number)
        gate = context.connections.gate(placed.rule.direction, number)
        mask = context.connections.ground.atoms.mask(ports)
        is_open = inside and all(
            not inside & ~gate.allowed[atom]
            for atom in range(len(context.connections.ground.atoms))
            if mask >> atom & 1
        )
        if not is_open:
            continue
        for one in context.beside(placed, number):
            covered = not inside & ~context.ends(one) and ports <= context.ports(one, number)
            if covered and not one.rule.deny:
                return one.rule
    return None


def _denial(document: Document, side: str, hole: str) -> Document | None:
    """Return a policy that denies a network for the subjects of another one."""
    selector = field_at(document.body, "spec.endpointSelector")
    if selector is None:
        selector = field_at(document.body, "spec.podSelector")
    if selector is None:
        return None
    way = "ingress" if side == "from" else "egress"
    spec = {
        "endpointSelector": selector,
        "enableDefaultDeny": {"ingress": False, "egress": False},
        f"{way}Deny": [{f"{side}CIDR": [hole]}],
    }
    kind = "CiliumNetworkPolicy" if document.namespace else "CiliumClusterwideNetworkPolicy"
    return new_policy(kind, document.namespace, f"{document.name}-except", spec, like=document)


@check(
    "client-address-hidden",
    "warning",
    "A rule for clients' addresses never sees them",
    matters="With `externalTrafficPolicy: Cluster` a node that passes a connection on puts its own "
    "address in place of the client's, so rules by CIDR do not hold for it.",
    source="Kubernetes, Service.externalTrafficPolicy; Cilium, kube-proxy replacement, client "
    "source IP preservation",
    needs=("pods", "services"),
)
def find_hidden_clients(context: ReviewContext) -> Iterator[Found]:
    """Yield the ingress rules that tell clients apart whom a Service hides."""
    for placed in context.placed:
        peers = [one for one in placed.rule.peers or () if isinstance(one, AddressPeer)]
        told_apart = [one for one in peers if one.excepts or any(n.prefixlen for n in one.networks)]
        if placed.rule.direction != "ingress" or not told_apart:
            continue
        pods = list(context.pods_at(sum(1 << number for number in placed.numbers)))
        hiding = list(_entrances(context, pods))
        if not hiding or any(one.external_traffic_policy == "Local" for one in hiding):
            continue
        names = sorted(one.full_name for one in hiding)
        why = (
            f"{listed(names)} leads to its pods from outside with `externalTrafficPolicy: "
            f"Cluster`, so a client may come in with the address of a node, which "
            f"{quoted(told_apart[0].key)} does not mean."
        )
        repair = Repair(
            text=f"Set `externalTrafficPolicy: Local` on {listed(names)}.",
            obstacle="the Service changes, not a policy",
        )
        yield found_in(context, placed.document, placed.rule.path, why, repair)


def _entrances(context: ReviewContext, pods: list[Pod]) -> Iterator[Service]:
    for service in services_of(context.cluster, pods):
        if service.type in _OUTSIDE_TYPES:
            yield service


@check(
    "api-server-address",
    "info",
    "The API server is named by its address",
    matters="Its address changes with upgrades and failover; the entity `kube-apiserver` follows.",
    source="cilium pkg/policy/api/entity.go; Cilium, entities",
    needs=("services",),
)
def find_api_addresses(context: ReviewContext) -> Iterator[Found]:
    """Yield the CIDRs that hold little more than an address of the API server."""
    known = context.connections.ground.ends.api_addresses
    for placed in context.placed:
        if placed.document.kind == "NetworkPolicy" or placed.rule.deny:
            continue
        for peer in placed.rule.peers or ():
            if not isinstance(peer, AddressPeer) or peer.group:
                continue
            hit = [
                (network, address)
                for network in peer.networks
                for address in known
                if network.version == address.version
                and network.prefixlen >= _NARROW
                and address in network
            ]
            if not hit:
                continue
            side = "from" if placed.rule.direction == "ingress" else "to"
            why = f"{quoted(hit[0][0])} is the address of the API server ({hit[0][1]})."
            repair = _by_entity(placed, side, len(placed.rule.peers or ()))
            yield found_in(context, placed.document, placed.rule.path, why, repair)


def _by_entity(placed: Placed, side: str, peers: int) -> Repair:
    text = f"Write `{side}Entities: [kube-apiserver]`."
    if peers != 1:
        return Repair(text=text)
    path = placed.rule.path.partition(".toPorts")[0]
    rule = {
        key: value
        for key, value in field_at(placed.document.body, path).items()
        if key not in (f"{side}CIDR", f"{side}CIDRSet")
    }
    changed = edited(placed.document, path, {f"{side}Entities": ["kube-apiserver"], **rule})
    return Repair(text=text, add=(changed,))


def _network_of(written: str) -> str:
    return str(parse_network(written))


def _both_families(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    return Repair(text=finding.fix, add=(edited(document, finding.path, "world"),))


lift(
    "world-family",
    "warning",
    "An entity for one address family",
    matters="In a cluster with one address family `world-ipv4` and `world-ipv6` match nothing.",
    source="cilium pkg/labels/cidr.go (getWorldLabel)",
    theme="cidrs",
    mend=_both_families,
)


def _without_item(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    item = finding.path.partition(".except")[0]
    holder = item.rpartition("[")[0]
    text = f"{finding.fix} Or take the item out."
    if len(field_at(document.body, holder)) > 1:
        return Repair(text=text, add=(dropped(document, item),))
    left = removed_rule(document, holder.rpartition(".")[0])
    if left is None:
        return Repair(text=finding.fix)
    return Repair(text=text, add=(left,))


lift(
    "except-wider",
    "error",
    "An exception covers its whole CIDR",
    matters="Nothing is left of the item; Cilium 1.20 refuses it.",
    source="cilium pkg/policy/api/rule_validation.go",
    mend=_without_item,
    theme="cidrs",
)
lift(
    "host-bits",
    "info",
    "A CIDR has bits set behind its length",
    matters="It means the whole network, which is more than the address that it names.",
    source="Go net/netip Prefix.Masked, as Cilium and Kubernetes read it",
    theme="cidrs",
    mend=rewrite(_network_of, "no-change"),
)
lift(
    "cidr-pods",
    "warning",
    "A CIDR covers addresses of pods or nodes",
    matters="In Cilium a CIDR never means pods or nodes, so the rule does not hold for them.",
    source="cilium pkg/ipcache/metadata.go (resolveLabels); AKS, Azure CNI powered by Cilium",
    theme="cidrs",
    needs=("pods",),
    mend=as_selectors,
)
