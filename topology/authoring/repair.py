"""Amending a draft by its counterexamples: the other side opened, a wider allowance taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from topology.authoring.contract import Demand
from topology.authoring.contract_check import Outcome, say_demand
from topology.authoring.intent import (
    Clause,
    Entities,
    Intent,
    Kind,
    Nodes,
    Party,
    Pods,
    PortSpan,
    Traffic,
)
from topology.authoring.kind_choice import Choice
from topology.authoring.phrases import say_clause
from topology.authoring.proof import Proof
from topology.authoring.revision import without_allowance
from topology.authoring.sheets import Rule, Sheet, Side
from topology.authoring.sides import side_of
from topology.authoring.stable_labels import pods_of_workload
from topology.authoring.writing import Written
from topology.model import Cluster, Workload
from topology.paths.documents import blamed

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Amendment", "amend", "obstacle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A draft changed for the better, or another choice of kinds to start from."""

    sheets: tuple[Sheet, ...] = ()
    revisions: tuple[Written, ...] = ()
    """Policies in force that are changed."""
    choice: Choice | None = None
    """Set where the clauses must be planned anew with other kinds."""
    because: str = ""
    """What was changed and why, one sentence for each change."""


def obstacle(network: "Network", proof: Proof) -> str:
    """Return why no policy that is added can meet the contract; empty if one may.

    An explicit denial that is in force already wins over everything that is added to it.
    """
    for outcome in proof.outcomes:
        layer = outcome.layer
        if outcome.expected != "allow" or outcome.found != "deny" or layer is None:
            continue
        if layer.layer == "authorization" and _is_nobody(network, outcome.demand.source):
            return (
                f"`{outcome.demand.source}` carries no sidecar, so it has no identity by which the "
                f"mesh could let it in to `{outcome.demand.destination}`. {layer.reason}"
            )
        if not outcome.forbidden:
            continue
        if layer.layer in ("mtls", "service"):
            return f"{say_demand(outcome.demand)} cannot be opened by a policy: {layer.reason}"
        policy, location = blamed(layer)
        place = f" ({location})" if location else ""
        return (
            f"`{policy}`{place} denies {outcome.demand.source} -> {outcome.demand.destination} "
            f"explicitly, and a denial wins over whatever is allowed beside it. {layer.reason}"
        )
    return ""


def _is_nobody(network: "Network", name: str) -> bool:
    """Return whether a workload surely has no identity in the mesh."""
    workload = _workload(network.cluster, name)
    if workload is None:
        return False
    state = network.mesh.index.state
    return all(state(pod).present is False for pod in workload.pods)


def amend(
    network: "Network",
    intent: Intent,
    choice: Choice,
    sheets: Sequence[Sheet],
    revisions: Sequence[Written],
    proof: Proof,
) -> Amendment | None:
    """Return a draft that answers the counterexamples of a proof; None where there is no way.

    Args:
        network: Without the draft.
        intent: Grounded.
        choice: The kinds that the draft is of.
        sheets: The draft.
        revisions: Policies in force that the draft changes.
        proof: Why it does not do.
    """
    failed = [one for one in proof.outcomes if not one.met]
    leaks = [one for one in failed if one.expected == "deny" and one.found != "error"]
    is_about_pairs = bool(intent.clauses or intent.isolate)
    if leaks and is_about_pairs and choice.network is None and not choice.named:
        return Amendment(
            choice=choice.with_network(),
            because="The mesh alone cannot keep out "
            f"{_listed(one.demand.source for one in leaks)}, which share the identity of "
            "those who may, or have none that is known; a network policy tells them apart.",
        )
    book = {_key(one): one for one in sheets}
    revised = {one.key: one for one in revisions}
    reasons: dict[str, None] = {}
    for outcome in failed:
        if outcome.expected == "allow" and outcome.layer is not None:
            _open(network, intent, choice, book, outcome, reasons)
        elif outcome.expected == "deny" and outcome.found != "error" and is_about_pairs:
            if outcome.demand.http is not None:
                _narrow(network, intent, revised, outcome, reasons)
            else:
                _close(network, intent, choice, book, outcome, reasons)
    changed = tuple(book.values())
    if changed == tuple(sheets) and tuple(revised.values()) == tuple(revisions):
        return None
    return Amendment(sheets=changed, revisions=tuple(revised.values()), because=" ".join(reasons))


_Book = dict[tuple[object, ...], Sheet]


def _key(sheet: Sheet) -> tuple[object, ...]:
    rules = sheet.ingress or sheet.egress or ()
    deny = sheet.kind == "AuthorizationPolicy" and any(rule.deny for rule in rules)
    return sheet.kind, sheet.namespace, sheet.subject, deny


def _open(
    network: "Network",
    intent: Intent,
    choice: Choice,
    book: _Book,
    outcome: Outcome,
    reasons: dict[str, None],
) -> None:
    """Add the rule that is missing on the side that stops a connection."""
    layer, demand = outcome.layer, outcome.demand
    if layer is None or layer.layer not in ("egress-policy", "ingress-policy", "authorization"):
        return
    side: Side = "egress" if layer.layer == "egress-policy" else "ingress"
    mine, other = (demand.source, demand.destination)[:: 1 if side == "egress" else -1]
    subject = _pods(network.cluster, mine)
    if subject is None:
        return
    kind: Kind = choice.network or "CiliumNetworkPolicy"
    if layer.layer == "authorization":
        kind = "AuthorizationPolicy"
    if choice.named and kind not in intent.kinds and kind != choice.network:
        return
    if kind == "CiliumClusterwideNetworkPolicy":
        kind = "CiliumNetworkPolicy"
    peer = _peer(network.cluster, intent, demand, other, side)
    if peer is None:
        return
    policy, _ = blamed(layer)
    rule = Rule(
        peers=(peer,),
        traffic=_traffic(intent, demand, mesh=kind == "AuthorizationPolicy"),
        because=f"{mine} is default-deny for {side} by {policy or 'a policy in force'}, so this "
        "side is opened as well.",
    )
    sheet = _sheet(book, kind, subject)
    book[_key(sheet)] = _merged(sheet, side, rule)
    reasons[f"{mine} is default-deny for {side}, so it is opened there as well."] = None


def _close(
    network: "Network",
    intent: Intent,
    choice: Choice,
    book: _Book,
    outcome: Outcome,
    reasons: dict[str, None],
) -> None:
    """Add a rule that denies what another policy allows, at the side of the clause."""
    demand = outcome.demand
    kind: Kind = "CiliumNetworkPolicy"
    if choice.named and choice.network != kind:
        return
    side = _denied_side(intent, demand)
    mine, other = (demand.source, demand.destination)[:: 1 if side == "egress" else -1]
    subject = _pods(network.cluster, mine)
    peer: Party | None = _pods(network.cluster, other)
    if peer is None and other in ("world", "host", "remote-node", "kube-apiserver"):
        peer = Entities((other,))
    if subject is None or peer is None:
        return
    policy = outcome.layer.policy if outcome.layer else None
    cause = f"{policy} lets it through" if policy else "another policy lets it through"
    ports: tuple[PortSpan, ...] = ()
    if demand.port is not None:
        ports = (PortSpan(first=demand.port, last=demand.port, protocol=demand.protocol),)
    rule = Rule(
        peers=(peer,),
        traffic=Traffic(ports=ports),
        deny=True,
        because=f"{cause}, and a denial wins over that.",
    )
    sheet = _sheet(book, kind, subject)
    book[_key(sheet)] = _merged(sheet, side, rule)
    reasons[f"{other} reaches {mine} by another policy, so it is denied by name."] = None


def _narrow(
    network: "Network",
    intent: Intent,
    revised: dict[str, Written],
    outcome: Outcome,
    reasons: dict[str, None],
) -> None:
    """Take the ports of a clause out of the rule in force that lets other requests through."""
    side = _denied_side(intent, outcome.demand)
    wanted = {f"{side}-policy"} | ({"authorization"} if side == "ingress" else set())
    in_force = {one.key: one for one in (*network.policies.documents, *network.mesh_documents)}
    for layer in outcome.layers:
        if layer.layer not in wanted or layer.policy not in in_force or not layer.rule:
            continue
        if layer.policy in revised:
            continue
        clause = _restricting(intent, outcome.demand)
        traffic = clause.traffic if clause else Traffic()
        found = without_allowance(in_force[layer.policy], layer.rule, traffic)
        if found is not None:
            revised[layer.policy] = found
            reasons[f"`{layer.policy}` allows more at {layer.rule}, so it is narrowed."] = None


def _restricting(intent: Intent, demand: Demand) -> Clause | None:
    """Return the clause because of which a request must be denied."""
    return next((one for one in intent.clauses if demand.because.endswith(say_clause(one))), None)


def _denied_side(intent: Intent, demand: Demand) -> Side:
    for clause in intent.clauses:
        is_strict = clause.only or clause.effect == "deny"
        if is_strict and side_of(clause) == "egress" and _names(clause.sources, demand.source):
            return "egress"
    for subject, side in intent.isolate:
        if isinstance(subject, Nodes):
            continue
        if side == "egress" and subject.workload in ("", demand.source):
            space = demand.source.partition("/")[0]
            if subject.namespaces is None or space in subject.namespaces:
                return "egress"
    return "ingress"


def _names(parties: Iterable[Party], name: str) -> bool:
    space = name.partition("/")[0]
    return any(
        isinstance(one, Pods)
        and (one.workload == name or (not one.workload and space in (one.namespaces or (space,))))
        for one in parties
    )


def _sheet(book: _Book, kind: Kind, subject: Pods) -> Sheet:
    """Return the draft's policy of a subject, or a new one."""
    for sheet in book.values():
        if (
            sheet.kind == kind
            and sheet.subject == subject
            and not (
                kind == "AuthorizationPolicy" and any(rule.deny for rule in sheet.ingress or ())
            )
        ):
            return sheet
    (space,) = subject.namespaces or ("",)
    return Sheet(kind=kind, subject=subject, namespace=space)


def _merged(sheet: Sheet, side: Side, rule: Rule) -> Sheet:
    """Return a sheet with a rule, its peers or ports added to a rule that is like it."""
    rules = list(sheet.side(side) or ())
    for number, known in enumerate(rules):
        if (known.deny, known.is_support) != (rule.deny, False):
            continue
        if known.traffic == rule.traffic:
            peers = tuple(dict.fromkeys((*known.peers, *rule.peers)))
        elif known.peers == rule.peers and not _is_limited(known) and not _is_limited(rule):
            ports = tuple(dict.fromkeys((*known.traffic.ports, *rule.traffic.ports)))
            known = replace(known, traffic=Traffic(ports=ports))
            peers = known.peers
        else:
            continue
        if known.because.endswith("as well.") or rule.deny:
            rules[number] = replace(known, peers=peers)
            more = tuple(rules)
            ingress = side == "ingress"
            return replace(sheet, ingress=more) if ingress else replace(sheet, egress=more)
    return sheet.with_rule(side, rule)


def _is_limited(rule: Rule) -> bool:
    return not rule.traffic.ports or replace(rule.traffic, ports=()) != Traffic()


def _pods(cluster: Cluster, name: str) -> Pods | None:
    workload = _workload(cluster, name)
    return pods_of_workload(cluster, workload) if workload else None


def _workload(cluster: Cluster, name: str) -> Workload | None:
    return next((one for one in cluster.workloads if one.full_name == name), None)


def _peer(cluster: Cluster, intent: Intent, demand: Demand, name: str, side: Side) -> Party | None:
    """Return the other end of a demand: as a workload, else as the clause names it."""
    pods = _pods(cluster, name)
    if pods is not None:
        return pods
    clause = _clause(intent, demand)
    parties = (clause.destinations if side == "egress" else clause.sources) if clause else ()
    return parties[0] if len(parties) == 1 else None


def _traffic(intent: Intent, demand: Demand, *, mesh: bool) -> Traffic:
    clause = _clause(intent, demand)
    if mesh and clause is not None:
        return clause.traffic
    if clause is not None and clause.traffic.ports:
        return Traffic(ports=clause.traffic.ports)
    if demand.port is None:
        return Traffic()
    return Traffic(ports=(PortSpan(first=demand.port, last=demand.port, protocol=demand.protocol),))


def _clause(intent: Intent, demand: Demand) -> Clause | None:
    return next((one for one in intent.clauses if say_clause(one) == demand.because), None)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
