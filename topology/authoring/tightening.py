"""An over-broad policy cut down to what is used, with everything that this closes."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from topology.authoring.checks import Check
from topology.authoring.cilium_openings import KINDS as CILIUM_KINDS
from topology.authoring.cilium_openings import specs
from topology.authoring.contract import Demand
from topology.authoring.edits import Edit, entry_at
from topology.authoring.impact import applied, refusals
from topology.authoring.mesh_impact import mesh_changes
from topology.authoring.mesh_tightening import KIND as MESH_KIND
from topology.authoring.mesh_tightening import tightened_authorization, why_not
from topology.authoring.narrow_rules import exact_rules
from topology.authoring.proposals import used_keys
from topology.authoring.rewriting import Refusal, Rewriting
from topology.authoring.usage import name_lookups, wishes_for
from topology.authoring.wishes import Wish
from topology.model import Document
from topology.paths import Network
from topology.policy.engine import PolicyEngine
from topology.policy.reading import KINDS
from topology.policy.verdict import Direction
from topology.simulation import simulate

__all__ = ["tighten"]

_SHOWN = 5
_DNS_PORT = 53
_WAYS: tuple[tuple[Direction, str], ...] = (("ingress", "from"), ("egress", "to"))


def tighten(
    network: Network,
    documents: Sequence[Document],
    used: Sequence[Demand],
    *,
    likely: Sequence[Demand] = (),
) -> Rewriting:
    """Cut allow rules down to the connections that are used.

    Rules, peers and ports that no used connection needs are dropped; a rule that is still wider
    is written anew for what it is used for, an Istio rule for the requests too where they are
    known. Names must go on being resolved, so that DNS stays open to whoever sends anything.

    Args:
        network: As it is.
        documents: The policies to tighten.
        used: Every connection that must stay open.
        likely: Connections that are announced: they stay open as well, but where `used` knows the
            requests on one of them, those are all that is used of it.
    """
    used = (*used, *likely)
    pairs, faults = wishes_for(network, (*used, *name_lookups(network.cluster, used)))
    pairs = _without_known(pairs, frozenset(map(id, likely)))
    open_today = [(demand, wish) for demand, wish in pairs if wish.stopped(network) is None]
    shut = sorted(
        {demand.destination for demand, wish in pairs if demand in used and wish.stopped(network)}
    )
    notes = [f"Left aside, as it means nothing here: {fault}" for fault in faults]
    if shut:
        notes.append(f"Used but not allowed today: connections to {', '.join(shut[:_SHOWN])}.")
    edits: list[Edit] = []
    refused: list[Refusal] = []
    for document in documents:
        refusal = _refusal(document)
        if refusal is not None:
            refused.append(refusal)
            continue
        edit, told = _tightened(network, document, [wish for _, wish in pairs])
        if edit is not None:
            edits.append(edit)
        notes += told
    if not edits:
        outcome = "refused" if refused else "nothing-to-do"
        return Rewriting(outcome=outcome, refusals=tuple(refused), notes=tuple(notes))  # type: ignore[arg-type]
    return _proven(network, edits, open_today, refused, notes)


def _without_known(
    pairs: Sequence[tuple[Demand, Wish]], likely: frozenset[int]
) -> tuple[tuple[Demand, Wish], ...]:
    """Return uses without those that are only announced and whose requests are known."""
    known = {_edge(wish) for demand, wish in pairs if wish.http and id(demand) not in likely}
    return tuple(
        (demand, wish)
        for demand, wish in pairs
        if id(demand) not in likely or wish.http or _edge(wish) not in known
    )


def _edge(wish: Wish) -> tuple[object, ...]:
    sources, destinations = (
        tuple(sorted(party.name for party in side)) for side in (wish.sources, wish.destinations)
    )
    return sources, destinations, wish.port, wish.protocol


def _refusal(document: Document) -> Refusal | None:
    """Return why a policy cannot be tightened; None if it can."""
    if document.kind in KINDS:
        return None
    path, why = "kind", "only network policies and AuthorizationPolicies can be tightened."
    if document.kind == MESH_KIND:
        path, why = "spec.action", why_not(document)
    return Refusal(policy=document.key, path=path, why=why) if why else None


def _tightened(
    network: Network, document: Document, used: Sequence[Wish]
) -> tuple[Edit | None, Sequence[str]]:
    if document.kind == MESH_KIND:
        return tightened_authorization(network, document, used)
    work = _Tightening(network, document, used)
    return work.edit(), work.notes


def _proven(
    network: Network,
    edits: Sequence[Edit],
    used: Sequence[tuple[Demand, Wish]],
    refused: Sequence[Refusal],
    notes: Sequence[str],
) -> Rewriting:
    after = applied(network, edits)
    lost = [
        f"`{demand.source}` -> `{demand.destination}`"
        for demand, wish in used
        if wish.stopped(after) is not None
    ]
    documents = [edit.after for edit in edits if edit.after is not None]
    opened, closed, incomplete = _changes(network, after, edits)
    faults = refusals(documents, network.policies.profile)
    checks = (
        Check(
            check="validation",
            ok=not faults,
            detail=" ".join(faults)
            or "Nothing in them would be refused by the API server, Cilium or Istio.",
        ),
        Check(
            check="used-stays-open",
            ok=not lost,
            detail=f"It would stop {', '.join(lost[:_SHOWN])}."
            if lost
            else f"Used connections that are open today and stay open: all {len(used)}.",
        ),
        Check(
            check="nothing-opened",
            ok=not opened and not incomplete,
            detail=incomplete
            or (f"It {'; '.join(opened[:_SHOWN])}." if opened else "It opens nothing."),
        ),
    )
    return Rewriting(
        outcome="done" if all(check.ok for check in checks) else "not-equal",
        edits=tuple(edits),
        refusals=tuple(refused),
        notes=tuple(notes),
        checks=checks,
        opened=opened,
        closed=closed,
    )


def _changes(
    network: Network, after: Network, edits: Sequence[Edit]
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return what opens, what closes, and why not everything could be compared."""
    ours = [one.after for one in edits if one.after is not None and one.after.kind in KINDS]
    done = simulate(network.policies, add=ours)
    opened = [_row(row) for row in (*done.opened, *done.other_requests)]
    closed = [_row(row) for row in done.closed]
    incomplete = ""
    if any(one.key.startswith(f"{MESH_KIND}/") for one in edits):
        found = mesh_changes(network, after, edits)
        opened += [str(row) for row in found.rows if row.opens]
        closed += [str(row) for row in found.rows if not row.opens]
        incomplete = found.incomplete
    return tuple(opened), tuple(closed), incomplete


def _row(row: Any) -> str:
    return f"`{row.source}` -> `{row.destination}` on {row.ports}: {row.before} to {row.after}"


@dataclass(frozen=True, slots=True)
class _Place:
    """One rule of a policy."""

    section: str
    number: int
    way: Direction
    side: str


class _Tightening:
    """One policy, rule by rule."""

    def __init__(self, network: Network, document: Document, used: Sequence[Wish]) -> None:
        self.notes: list[str] = []
        self._network = network
        self._document = document
        self._used = used
        self._what: list[str] = []
        self._keys = used_keys(network.cluster)

    def edit(self) -> Edit | None:
        """Return the tightened policy, None if there is nothing to tighten."""
        body = copy.deepcopy(dict(self._document.body))
        paths = list(specs(self._document))
        for path in paths:
            for way, side in _WAYS:
                section = f"{path}.{way}"
                rules = entry_at(self._document.body, section)
                if not isinstance(rules, list):
                    continue
                kept: list[Any] = []
                for number, rule in enumerate(rules):
                    place = _Place(section, number, way, side)
                    kept += self._tightened(place, dict(rule or {}))
                unique = [one for index, one in enumerate(kept) if one not in kept[:index]]
                entry_at(body, path)[way] = unique or self._nothing()
        if body == self._document.body:
            return None
        after = replace(self._document, body=body)
        return Edit(before=self._document, after=after, what=tuple(self._what))

    def _nothing(self) -> list[Any]:
        """Return a section that allows nothing and still denies by default."""
        return [{}] if self._document.kind in CILIUM_KINDS else []

    def _tightened(self, place: _Place, rule: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what is left of a rule."""
        path = f"{place.section}[{place.number}]"
        if not rule and self._document.kind in CILIUM_KINDS:
            return [rule]
        served = self._served(place, rule)
        if not served and not self._closes(place, [rule], []):
            return [rule]
        if not served:
            self._what.append(f"drop `{path}`, which nothing used needs")
            return []
        narrowed = self._subset(place, rule, served)
        exact = None
        lookups = all(wish.port == _DNS_PORT for wish in served)
        if not _has_requests(rule) and not lookups:
            exact = exact_rules(
                self._network, self._document, served, place.way, place.side, self._keys
            )
            if exact is None:
                self.notes.append(f"`{path}` has uses that this kind of policy cannot name.")
        if exact is not None and self._closes(place, [narrowed], exact):
            self._what.append(f"write `{path}` anew for {len(served)} used connections")
            return exact
        if narrowed != rule:
            self._what.append(f"leave out of `{path}` what nothing used needs")
        return [narrowed]

    def _subset(
        self, place: _Place, rule: dict[str, Any], served: Sequence[Wish]
    ) -> dict[str, Any]:
        """Return a rule without the peers and ports that no use needs."""
        for key in [key for key in rule if _is_list(rule, key, place.side)]:
            items = rule[key]
            for item in list(items):
                if len(items) == 1:
                    break
                fewer = {**rule, key: [one for one in items if one is not item]}
                if len(self._served(place, fewer, served)) == len(served):
                    rule, items = fewer, fewer[key]
        return rule

    def _served(
        self, place: _Place, rule: Mapping[str, Any], among: Sequence[Wish] | None = None
    ) -> list[Wish]:
        """Return the uses that a rule allows by itself."""
        engine = self._alone(place, [rule])
        return [
            wish
            for wish in (self._used if among is None else among)
            if _allows(engine, wish, place.way, self._document.key)
        ]

    def _alone(self, place: _Place, rules: Sequence[Mapping[str, Any]]) -> PolicyEngine:
        return PolicyEngine.build(
            self._network.cluster,
            profile=self._network.policies.profile,
            policies=[self._document_with(place, rules)],
        )

    def _document_with(self, place: _Place, rules: Sequence[Mapping[str, Any]]) -> Document:
        body = copy.deepcopy(dict(self._document.body))
        spec = entry_at(body, place.section.rpartition(".")[0])
        for way, _ in _WAYS:
            spec.pop(way, None)
            spec.pop(f"{way}Deny", None)
        spec[place.way] = [dict(rule) for rule in rules] or self._nothing()
        if self._document.kind == "NetworkPolicy":
            spec["policyTypes"] = [place.way.title()]
        return replace(self._document, body=body)

    def _closes(
        self,
        place: _Place,
        wide: Sequence[Mapping[str, Any]],
        narrow: Sequence[Mapping[str, Any]],
    ) -> bool:
        """Return whether other rules in the place of some close anything."""
        engine = self._alone(place, wide)
        return bool(simulate(engine, add=[self._document_with(place, narrow)]).closed)


def _has_requests(rule: Mapping[str, Any]) -> bool:
    return any(
        isinstance(item, Mapping) and set(item) - {"ports"} for item in rule.get("toPorts") or ()
    )


def _is_list(rule: Mapping[str, Any], key: str, side: str) -> bool:
    is_peers = key.startswith(side) and key != "toRequires"
    return isinstance(rule[key], list) and (is_peers or key in ("ports", "toPorts"))


def _allows(engine: PolicyEngine, wish: Wish, way: Direction, policy: str) -> bool:
    """Return whether a rule of a policy, alone in force, lets every pair of a wish through."""
    allowed = False
    for source in wish.sources:
        for destination in wish.destinations:
            decision = engine.decide(
                source.target, destination.target, port=wish.port, protocol=wish.protocol
            )
            layer = decision.egress if way == "egress" else decision.ingress
            if layer.verdict == "deny" or layer.policy != policy:
                return False
            allowed = True
    return allowed
