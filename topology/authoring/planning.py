"""From an intent to the policies that are to be written, one for each subject."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from topology.authoring.ends import ends_of, offered
from topology.authoring.intent import (
    Accounts,
    Anyone,
    Clause,
    Entities,
    Intent,
    Kind,
    LabelTest,
    Nodes,
    Party,
    Pods,
    PortSpan,
    ServiceParty,
    Traffic,
)
from topology.authoring.kind_choice import Choice
from topology.authoring.membership import members, services_meant
from topology.authoring.phrases import say_clause, say_party
from topology.authoring.sheets import Rule, Sheet, Side, Undraftable
from topology.authoring.sides import side_of
from topology.model import Cluster

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["plan", "subjects_of"]

_ORDER: tuple[Kind, ...] = (
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "NetworkPolicy",
    "PeerAuthentication",
    "RequestAuthentication",
    "AuthorizationPolicy",
)
"""From the layer that a packet meets first to the one that rests on the others."""
_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"


@dataclass(slots=True)
class _Book:
    """Sheets by kind, subject and, for the mesh, action."""

    network: "Network"
    home: str
    sheets: dict[tuple[str, Pods | Nodes, bool], Sheet] = field(default_factory=dict)

    def sheet(self, kind: Kind, subject: Pods | Nodes, *, deny: bool = False) -> list[Sheet]:
        """Return the sheets of a subject, one for each namespace that the kind needs."""
        return [
            self.sheets.setdefault(
                self._key(one_kind, one, deny=deny),
                Sheet(kind=one_kind, subject=one, namespace=space),
            )
            for one_kind, one, space in self._placed(kind, subject)
        ]

    def add(self, kind: Kind, subject: Pods | Nodes, side: Side, rule: Rule | None) -> None:
        """Add a rule, or nothing but default deny, to a subject's sheets."""
        if rule is not None and rule.traffic.requests and isinstance(subject, Pods):
            subject = self._without_clusterwide(kind, subject)
        for sheet in self.sheet(kind, subject, deny=bool(rule and rule.deny)):
            key = self._key(sheet.kind, sheet.subject, deny=bool(rule and rule.deny))
            if rule is not None:
                self.sheets[key] = sheet.with_rule(side, rule)
            else:
                rules = sheet.side(side) or ()
                sheet = replace(sheet, closed=tuple(dict.fromkeys((*sheet.closed, side))))
                self.sheets[key] = (
                    replace(sheet, ingress=rules)
                    if side == "ingress"
                    else replace(sheet, egress=rules)
                )

    def _without_clusterwide(self, kind: Kind, subject: Pods) -> Pods:
        """Return a subject by namespace where a clusterwide policy would be written unasked.

        On AKS a clusterwide policy takes no L7 rules.
        """
        if kind != "CiliumNetworkPolicy" or subject.namespaces is not None:
            return subject
        spaces = tuple(sorted(self._spaces(subject)))
        return replace(subject, namespaces=spaces, namespace_labels=()) if spaces else subject

    def put(self, sheet: Sheet, deny: bool = False) -> None:
        """Take a sheet in place of the one of its subject."""
        self.sheets[self._key(sheet.kind, sheet.subject, deny=deny)] = sheet

    def _key(
        self, kind: Kind, subject: Pods | Nodes, *, deny: bool
    ) -> tuple[str, Pods | Nodes, bool]:
        # An AuthorizationPolicy has one action; the others hold both kinds of rules.
        return kind, subject, deny and kind == "AuthorizationPolicy"

    def _placed(
        self, kind: Kind, subject: Pods | Nodes
    ) -> Iterator[tuple[Kind, Pods | Nodes, str]]:
        """Yield kind, subject and namespace of each policy that a subject needs."""
        if isinstance(subject, Nodes):
            yield "CiliumClusterwideNetworkPolicy", subject, ""
        elif kind == "CiliumClusterwideNetworkPolicy":
            yield kind, subject, ""
        elif subject.namespaces is not None:
            for space in subject.namespaces or (self.home,):
                yield kind, replace(subject, namespaces=(space,)), space
        elif kind == "CiliumNetworkPolicy":
            yield "CiliumClusterwideNetworkPolicy", subject, ""
        elif kind == "NetworkPolicy" or subject.namespace_labels:
            for space in sorted(self._spaces(subject)):
                yield kind, replace(subject, namespaces=(space,), namespace_labels=()), space
        else:
            yield kind, subject, self.network.mesh.settings.root_namespace

    def _spaces(self, subject: Pods) -> Iterable[str]:
        return {pod.namespace for pod in members(self.network.cluster, subject)}


def plan(network: "Network", intent: Intent, choice: Choice) -> tuple[Sheet, ...]:
    """Return the policies that an intent asks for.

    Args:
        network: The cluster with its policies in force.
        intent: Grounded.
        choice: Which kinds carry the clauses.

    Raises:
        Undraftable: A clause selects nobody on either side, or no kind can say it.
    """
    book = _Book(network, intent.namespace)
    for clause in intent.clauses:
        _plan_clause(book, clause, choice)
    for isolated, side in intent.isolate:
        if choice.network:
            book.add(choice.network, isolated, side, None)
        if choice.mesh and side == "ingress":
            book.add("AuthorizationPolicy", isolated, side, None)
    _plan_authentication(book, intent, choice)
    if not book.sheets:
        message = "The request asks for nothing that a policy could say."
        raise Undraftable(message)
    sheets = (
        replace(one, additive=intent.additive, dry_run=intent.dry_run)
        for one in book.sheets.values()
    )
    return tuple(sorted(sheets, key=lambda one: _ORDER.index(one.kind)))


def _plan_authentication(book: _Book, intent: Intent, choice: Choice) -> None:
    """Add mutual TLS and token issuers."""
    strict = [(one.subject, "STRICT", ()) for one in book.sheets.values() if _wants(one, choice)]
    for subject, mode, ports in (*intent.mutual_tls, *strict):
        if isinstance(subject, Pods):
            for sheet in book.sheet("PeerAuthentication", subject):
                book.put(replace(sheet, mode=mode, port_modes=ports))
    asked = () if intent.exact else _unknown_issuers(book, intent)
    for holder, issuers in (*intent.issuers, *asked):
        for sheet in book.sheet("RequestAuthentication", holder):
            book.put(replace(sheet, issuers=tuple(dict.fromkeys((*sheet.issuers, *issuers)))))


def _unknown_issuers(book: _Book, intent: Intent) -> Iterator[tuple[Pods, tuple[str, ...]]]:
    """Yield the issuers whose tokens count for nothing, as no RequestAuthentication takes them."""
    index = book.network.mesh.index
    for clause in intent.clauses:
        wanted = [name for token in clause.traffic.tokens for name in token.issuers]
        for party in clause.destinations if wanted else ():
            pods = members(book.network.cluster, party)
            known = [{rule.issuer for rule in index.token_rules(pod)} for pod in pods]
            missing = tuple(one for one in wanted if not all(one in each for each in known))
            if isinstance(party, Pods) and missing:
                yield party, missing


def _wants(sheet: Sheet, choice: Choice) -> bool:
    return choice.strict and sheet.kind == "AuthorizationPolicy"


def subjects_of(
    network: "Network", parties: Iterable[Party], home: str, kind: Kind | None
) -> tuple[Pods | Nodes, ...]:
    """Return what a policy selects to enforce something at these parties.

    Raises:
        Undraftable: No policy can select one of them.
    """
    found = dict.fromkeys(
        one for party in parties for one in _subjects(network.cluster, party, home, kind)
    )
    if not found:
        shown = ", ".join(say_party(one) for one in parties)
        message = f"No policy can select {shown}: only pods and nodes of the cluster enforce."
        raise Undraftable(message)
    return tuple(found)


def _subjects(
    cluster: Cluster, party: Party, home: str, kind: Kind | None
) -> Iterator[Pods | Nodes]:
    match party:
        case Pods() | Nodes():
            yield party
        case Anyone():
            wide = kind == "CiliumClusterwideNetworkPolicy"
            yield Pods(namespaces=None if wide else (home,))
        case Entities() if {"cluster", "all"}.intersection(party.names):
            yield Pods(namespaces=None)
        case Accounts() if party.accounts and not party.principals:
            for account in party.accounts:
                space, _, name = account.partition("/")
                test = LabelTest(_ACCOUNT, "In", (name,))
                yield Pods(labels=(test,), namespaces=(space,))
        case ServiceParty():
            for service in services_meant(cluster, party):
                tests = (LabelTest(k, "In", (v,)) for k, v in service.selector.items())
                if service.selector:
                    yield Pods(labels=tuple(tests), namespaces=(service.namespace,))


def _plan_clause(book: _Book, clause: Clause, choice: Choice) -> None:
    side = side_of(clause)
    why = say_clause(clause)
    traffic = clause.traffic
    deny = clause.effect == "deny"
    if choice.mesh and side == "ingress":
        _plan_mesh(book, clause, why)
        if choice.network is None:
            return
        # Who and where is for the network layer, what is asked for is for the mesh.
        traffic = Traffic(ports=traffic.ports)
        if deny and clause.traffic != traffic:
            return
    if choice.network is None:
        message = f"An AuthorizationPolicy acts where requests arrive, so it cannot say: {why}"
        raise Undraftable(message)
    subjects = clause.destinations if side == "ingress" else clause.sources
    peers = clause.sources if side == "ingress" else clause.destinations
    traffic = _with_ports(book.network.cluster, clause, traffic)
    rule = Rule(peers=peers, traffic=traffic, deny=deny, because=why)
    for subject in subjects_of(book.network, subjects, book.home, choice.network):
        if deny and peers == (Anyone(),) and traffic == Traffic():
            book.add(choice.network, subject, side, None)
        else:
            book.add(choice.network, subject, side, rule)


def _with_ports(cluster: Cluster, clause: Clause, traffic: Traffic) -> Traffic:
    """Return traffic with the ports on which its requests arrive, which Cilium has to know."""
    if not traffic.requests or traffic.ports:
        return traffic
    numbers = {
        port.number
        for party in clause.destinations
        for end in ends_of(cluster, party)
        for port in (offered(end) if end.pods else ())
        if port.protocol == "TCP" and port.number is not None
    }
    spans = (PortSpan(first=one, last=one, protocol="TCP") for one in sorted(numbers))
    return replace(traffic, ports=tuple(spans))


def _plan_mesh(book: _Book, clause: Clause, why: str) -> None:
    rule = Rule(
        peers=clause.sources,
        traffic=clause.traffic,
        deny=clause.effect == "deny",
        because=why,
    )
    for subject in subjects_of(book.network, clause.destinations, book.home, None):
        everyone = rule.deny and rule.peers == (Anyone(),) and rule.traffic == Traffic()
        book.add("AuthorizationPolicy", subject, "ingress", None if everyone else rule)
