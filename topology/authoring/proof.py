"""A draft's proof: what was computed about it before anyone sees it, check by check."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topology.authoring.aks_needs import impossible_on_aks, needs_of
from topology.authoring.allowances import allowances
from topology.authoring.changes import Unasked, unasked_changes
from topology.authoring.checks import Check
from topology.authoring.contract import Contract, Demand
from topology.authoring.contract_check import Outcome, check, check_demand, say_demand
from topology.authoring.ends import ends_of
from topology.authoring.intent import Intent, Nodes, Pods
from topology.authoring.membership import members
from topology.authoring.phrases import say_party
from topology.authoring.writing import Written
from topology.calls import calls
from topology.policy.ports import PortSet
from topology.policy.validation.document import validate
from topology.services import service_backends
from topology.simulation import EndChange, Simulation, simulate_network

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Proof", "prove"]

_SHOWN = 4
_AUTHENTICATION = ("PeerAuthentication", "RequestAuthentication")
_WORDS = {"allow": "allowed", "deny": "denied", "unknown": "not known"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Everything that was computed about a draft."""

    checks: tuple[Check, ...]
    outcomes: tuple[Outcome, ...] = ()
    """Of every demand of the contract."""
    change: Simulation | None = None
    """What it opens and closes on the whole cluster; None where it could not be read at all."""
    unasked: tuple[Unasked, ...] = ()
    dropped: tuple[Outcome, ...] = ()
    """Observed connections that it would stop."""
    cut: tuple[str, ...] = ()
    """Calls that workloads announce in their environment and that the draft closes."""
    requirements: tuple[str, ...] = ()
    """What the cluster must offer for it to act, such as ACNS; true whatever was simulated."""

    @property
    def verified(self) -> bool:
        """Return whether every check passed."""
        return all(one.ok for one in self.checks)

    @property
    def failing(self) -> tuple[Check, ...]:
        """Return the checks that did not pass."""
        return tuple(one for one in self.checks if not one.ok)


def prove(
    network: "Network",
    intent: Intent,
    documents: Sequence[Written],
    contract: Contract,
    observed: Sequence[Demand] = (),
) -> Proof:
    """Compute everything that is said about a draft.

    Args:
        network: With the policies in force.
        intent: Grounded.
        documents: The draft.
        contract: What it is held to.
        observed: Connections that were seen to be made; a draft should not stop them.
    """
    validity = _validity(network, documents)
    if not validity.ok:
        return Proof(checks=(validity,))
    added = [one.document for one in documents]
    after = network.changed(add=added)
    change = simulate_network(network, add=added)
    outcomes = check(after, contract)
    permitted = allowances(intent, [one.sheet for one in documents if one.sheet])
    unasked = tuple(unasked_changes(network, after, change, permitted, documents))
    dropped = tuple(_dropped(network, after, observed))
    return Proof(
        checks=(
            validity,
            _in_force(change),
            _on_aks(network, documents),
            *_subjects(network, documents),
            *_parties(network, intent),
            *_settings(after, documents),
            _contract(outcomes, documents),
            _opened(change, unasked),
            _closed(change, unasked),
            *([_flows(dropped, observed)] if observed else []),
        ),
        outcomes=outcomes,
        change=change,
        unasked=unasked,
        dropped=dropped,
        cut=tuple(_cut(network, change)),
        requirements=tuple(needs_of(network, documents)),
    )


def _cut(network: "Network", change: Simulation) -> Iterator[str]:
    """Yield the announced calls among what closes: most likely they are made."""
    closed: dict[tuple[str, str], PortSet] = {}
    for one in change.closed:
        pair = (one.source, one.destination)
        closed[pair] = closed.get(pair, PortSet.EMPTY) | one.ports
    found: dict[tuple[str, str], str] = {}
    for call in calls(network.cluster):
        if call.service is None:
            continue
        routes = service_backends(network.cluster, call.service, port=call.port)
        for route, backend in ((each, one) for each in routes for one in each.backends):
            if backend.pod is None or not backend.port:
                continue
            pair = (call.caller.full_name, f"{backend.pod.namespace}/{backend.pod.workload}")
            # Of a pair that loses other ports only, the call goes on.
            if pair in closed and closed[pair].contains(route.port.protocol, backend.port):
                found[pair] = f"{pair[0]} -> {pair[1]} (named in its `{call.variable}`)"
    yield from found.values()


def _validity(network: "Network", documents: Sequence[Written]) -> Check:
    faults = [
        f"{one.key}: {finding.message}"
        for one in documents
        for finding in validate(one.document, network.policies.profile)
        if finding.refuses
    ]
    kinds = ", ".join(sorted({one.document.kind for one in documents}))
    detail = " ".join(faults) or f"{len(documents)} valid ({kinds}), by schema and by parser."
    return Check(check="validation", ok=not faults, detail=detail)


def _in_force(change: Simulation) -> Check:
    refused = [f"{one.message} {one.hint}" for one in change.refused if one.severity == "error"]
    detail = " ".join(refused) or "The engine reads every rule of it."
    return Check(check="in-force", ok=not refused, detail=detail)


def _on_aks(network: "Network", documents: Sequence[Written]) -> Check:
    faults = list(dict.fromkeys(impossible_on_aks(network, documents)))
    detail = " ".join(faults[:_SHOWN]) or "AKS offers all that it uses, given what it needs."
    return Check(check="aks", ok=not faults, detail=detail)


def _subjects(network: "Network", documents: Sequence[Written]) -> Iterator[Check]:
    """Yield a failure for policies that select nothing: nothing could be tried on them."""
    missing = []
    for one in documents:
        if one.sheet is None:
            continue
        subject = one.sheet.subject
        if isinstance(subject, Nodes) or not members(network.cluster, subject):
            missing.append(f"{one.key} selects {say_party(subject)}")
    if missing:
        detail = (
            f"{'; '.join(missing[:_SHOWN])}: nothing in the workspace is that, so what it does "
            "could not be tried."
        )
        yield Check(check="subjects", ok=False, detail=detail)


def _parties(network: "Network", intent: Intent) -> Iterator[Check]:
    """Yield a failure for ends of clauses that are not there: nothing could be tried with them."""
    missing = dict.fromkeys(
        say_party(party)
        for clause in intent.clauses
        for party in (*clause.sources, *clause.destinations)
        if not ends_of(network.cluster, party)
    )
    if missing:
        shown = "; ".join(list(missing)[:_SHOWN])
        detail = f"Nothing in the workspace can be asked about as {shown}, so that was not tried."
        yield Check(check="parties", ok=False, detail=detail)


def _settings(after: "Network", documents: Sequence[Written]) -> Iterator[Check]:
    """Yield whether modes of mutual TLS and issuers of tokens are in force at their subjects."""
    index = after.mesh.index
    wrong = []
    sheets = [one.sheet for one in documents if one.sheet and isinstance(one.sheet.subject, Pods)]
    asked = [one for one in sheets if one.mode or one.issuers]
    for sheet in asked:
        for pod in members(after.cluster, sheet.subject):
            for port, mode in ((None, sheet.mode), *sheet.port_modes) if sheet.mode else ():
                found = index.mode(pod, port)
                if found.mode != mode:
                    where = f" port {port}" if port else ""
                    wrong.append(f"{pod.full_name}{where} is {found.mode} by {found.policy}")
            known = {rule.issuer for rule in index.token_rules(pod)}
            wrong += [
                f"{pod.full_name} takes no {one}" for one in sheet.issuers if one not in known
            ]
    if asked:
        detail = "; ".join(wrong[:_SHOWN]) or "Modes of mutual TLS and issuers are as asked."
        yield Check(check="settings", ok=not wrong, detail=detail)


def _contract(outcomes: Sequence[Outcome], documents: Sequence[Written]) -> Check:
    failed = [one for one in outcomes if not one.met]
    allows = sum(one.expected == "allow" for one in outcomes)
    if failed:
        shown = "; ".join(
            f"{say_demand(one.demand)} must be {_WORDS[one.expected]} and is {_found(one)}"
            for one in failed[:_SHOWN]
        )
        more = f"; {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        return Check(check="contract", ok=False, detail=f"{shown}{more}.")
    if not outcomes and not all(one.document.kind in _AUTHENTICATION for one in documents):
        detail = "No connection of the request has both ends in the workspace, so none was tried."
        return Check(check="contract", ok=False, detail=detail)
    opened, closed = _count(allows, "connection"), len(outcomes) - allows
    detail = f"Open as demanded: {opened}; closed as demanded: {_count(closed, 'connection')}."
    return Check(check="contract", ok=True, detail=detail)


def _found(outcome: Outcome) -> str:
    said = _WORDS.get(outcome.found)
    if outcome.found == "conditional":
        said = "open to some requests only"
    return f"{said}: {outcome.reason}" if said else outcome.reason


def _opened(change: Simulation, unasked: Sequence[Unasked]) -> Check:
    beyond = [one for one in unasked if one.way == "opened"]
    if beyond:
        return Check(check="opened", ok=False, detail=_list("It also opens", beyond))
    opened = len({(one.source, one.destination) for one in change.opened})
    if not opened:
        return Check(check="opened", ok=True, detail="Nothing opens that was closed.")
    exposed = sorted({one.destination for one in change.opened if one.source == "world"})
    world = f" Exposed to the world: {', '.join(exposed)}." if exposed else ""
    verb = "opens" if opened == 1 else "open"
    text = f"{_count(opened, 'pair')} {verb}, each as asked; nothing else does.{world}"
    return Check(check="opened", ok=True, detail=text)


def _closed(change: Simulation, unasked: Sequence[Unasked]) -> Check:
    beyond = [one for one in unasked if one.way == "closed"]
    if beyond:
        return Check(check="closed", ok=False, detail=_list("It also closes", beyond))
    pairs = sorted({(one.source, one.destination) for one in change.closed})
    if not pairs:
        return Check(check="closed", ok=True, detail="Nothing closes that was open.")
    shown = ", ".join(f"{one} -> {other}" for one, other in pairs[:_SHOWN])
    more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    verb = "closes, at an end" if len(pairs) == 1 else "close, all at ends"
    text = f"{_count(len(pairs), 'pair')} {verb} that the draft closes or denies: "
    return Check(check="closed", ok=True, detail=f"{text}{shown}{more}.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _list(start: str, found: Sequence[Unasked]) -> str:
    shown = "; ".join(_row(one.change) for one in found[:_SHOWN])
    more = f"; {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{start} {shown}{more}."


def _row(change: EndChange) -> str:
    return f"{change.source} -> {change.destination} on {change.ports}"


def _dropped(network: "Network", after: "Network", observed: Iterable[Demand]) -> Iterator[Outcome]:
    """Yield the observed connections that are open now and would not be any more."""
    for demand in observed:
        outcome = check_demand(after, demand, "allow")
        if outcome.found in ("deny", "conditional") and check_demand(network, demand, "allow").met:
            yield outcome


def _flows(dropped: Sequence[Outcome], observed: Sequence[Demand]) -> Check:
    if not dropped:
        detail = f"None of {len(observed)} observed connections would be dropped."
        return Check(check="flows", ok=True, detail=detail)
    shown = "; ".join(say_demand(one.demand) for one in dropped[:_SHOWN])
    more = f"; {len(dropped) - _SHOWN} more" if len(dropped) > _SHOWN else ""
    detail = f"{len(dropped)} of {len(observed)} observed connections would be dropped: "
    return Check(check="flows", ok=False, detail=f"{detail}{shown}{more}.")
