"""Which kinds of policy an intent is written in: as named, else what fits the cluster."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from topology.authoring.intent import (
    Accounts,
    Anyone,
    Clause,
    DnsNames,
    Entities,
    Intent,
    Kind,
    Nodes,
    Pods,
    ServiceParty,
)
from topology.authoring.membership import members
from topology.model import Cluster, Pod

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["NETWORK_KINDS", "Choice", "choose", "is_in_mesh"]

NETWORK_KINDS: tuple[Kind, ...] = (
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "NetworkPolicy",
)
_PLAIN_PROTOCOLS = ("ANY", "TCP", "UDP", "SCTP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The kinds that carry the clauses."""

    network: Kind | None
    """The network policy, if any."""
    mesh: bool
    """Whether AuthorizationPolicies carry clauses, too."""
    strict: bool = False
    """Whether mutual TLS is to be required of the subjects."""
    named: bool = False
    """Whether the request named the kinds, so that no other may be taken."""
    because: str = ""

    def with_network(self) -> "Choice":
        """Return the choice with a network policy beside the mesh's."""
        return replace(self, network=self.network or "CiliumNetworkPolicy")


def choose(network: "Network", intent: Intent) -> Choice:
    """Return the kinds to write.

    Args:
        network: The cluster with its policies in force.
        intent: Grounded.
    """
    named = [kind for kind in NETWORK_KINDS if kind in intent.kinds]
    mesh = "AuthorizationPolicy" in intent.kinds
    if intent.layered:
        return _layered(network, intent, named[0] if named else "CiliumNetworkPolicy")
    if named or mesh:
        strict = "PeerAuthentication" in intent.kinds and not intent.mutual_tls
        return Choice(
            network=named[0] if named else None,
            mesh=mesh,
            strict=strict,
            named=True,
            because="the request names the kind",
        )
    if not intent.clauses and not intent.isolate:
        return Choice(network=None, mesh=False)
    return _fitting(network, intent)


def is_in_mesh(network: "Network", pods: Iterable[Pod]) -> bool:
    """Return whether there are pods, and a sidecar stands before every one of them."""
    pods = tuple(pods)
    return bool(pods) and all(network.mesh.index.state(pod).present for pod in pods)


def _fitting(network: "Network", intent: Intent) -> Choice:
    cluster = network.cluster
    if any(_needs_mesh(clause) for clause in intent.clauses):
        return Choice(network=None, mesh=True, because="only the mesh knows identities and tokens")
    requests = [clause for clause in intent.clauses if clause.traffic.requests]
    if requests and all(
        _is_guarded(network, clause) and _has_identity(network, clause) for clause in requests
    ):
        whole = len(requests) == len(intent.clauses) and _is_isolated_by_mesh(network, intent)
        return Choice(
            network=None if whole else _network_kind(cluster, intent),
            mesh=True,
            because="a sidecar stands before the destination, and Cilium cannot read what it "
            "encrypts",
        )
    denied = [
        one
        for one in intent.clauses
        if one.effect == "deny"
        and _is_guarded(network, one)
        and _has_identity(network, one)
        and _selects_by_equals(one)
    ]
    if denied and not _network_policies(cluster) and len(denied) == len(intent.clauses):
        return Choice(network=None, mesh=True, because="only the mesh has policies here")
    return Choice(network=_network_kind(cluster, intent), mesh=False)


def _layered(network: "Network", intent: Intent, kind: Kind) -> Choice:
    """Return all layers, without those of the mesh where no sidecar would act on them."""
    cluster = network.cluster
    arriving = [one for one in intent.clauses if one.side != "egress"]
    ends = [pod for one in arriving for end in one.destinations for pod in members(cluster, end)]
    ends += [
        pod for one, side in intent.isolate if side == "ingress" for pod in members(cluster, one)
    ]
    callers = [pod for one in arriving for end in one.sources for pod in members(cluster, end)]
    if not is_in_mesh(network, ends):
        because = "no sidecar stands before the destination, so the mesh's layers would not act"
        return Choice(network=kind, mesh=False, because=because)
    if callers and not is_in_mesh(network, callers):
        because = "some callers have no sidecar: the mesh would refuse them, or not know them"
        return Choice(network=kind, mesh=False, because=because)
    return Choice(network=kind, mesh=True, strict=True, because="defence in depth was asked for")


def _is_isolated_by_mesh(network: "Network", intent: Intent) -> bool:
    """Return whether default deny, where it is asked for, can be the mesh's too."""
    return all(
        side == "ingress" and is_in_mesh(network, members(network.cluster, subject))
        for subject, side in intent.isolate
    )


def _network_policies(cluster: Cluster) -> set[str]:
    return {one.kind for one in cluster.policies if one.kind in NETWORK_KINDS}


def _needs_mesh(clause: Clause) -> bool:
    parties = (*clause.sources, *clause.destinations)
    return bool(clause.traffic.tokens) or any(
        isinstance(one, Accounts) and (one.principals or one.namespaces) for one in parties
    )


def _is_guarded(network: "Network", clause: Clause) -> bool:
    pods = [pod for one in clause.destinations for pod in members(network.cluster, one)]
    return clause.side != "egress" and is_in_mesh(network, pods)


def _has_identity(network: "Network", clause: Clause) -> bool:
    """Return whether no caller surely lacks the sidecar that would prove who it is."""
    if any(isinstance(one, Entities | DnsNames | Nodes) for one in clause.sources):
        # No rule of the mesh can name these: the network has to say it.
        return False
    state = network.mesh.index.state
    named = [one for one in clause.sources if isinstance(one, Pods)]
    pods = [pod for one in named for pod in members(network.cluster, one)]
    return not any(state(pod).present is False for pod in pods)


def _selects_by_equals(clause: Clause) -> bool:
    """Return whether the mesh can select the destinations: it knows labels with one value only."""
    pods = [one for one in clause.destinations if isinstance(one, Pods)]
    tests = [test for one in pods for test in one.labels]
    return all(test.operator == "In" and len(test.values) == 1 for test in tests)


def _network_kind(cluster: Cluster, intent: Intent) -> Kind:
    """Return NetworkPolicy where the cluster uses no other and it can say what is asked for."""
    if _network_policies(cluster) == {"NetworkPolicy"} and all(
        _is_plain(clause) for clause in intent.clauses
    ):
        return "NetworkPolicy"
    return "CiliumNetworkPolicy"


def _is_plain(clause: Clause) -> bool:
    traffic = clause.traffic
    special = (DnsNames, Entities, Nodes, Accounts, ServiceParty)
    parties = (*clause.sources, *clause.destinations)
    return not (
        clause.effect == "deny"
        or traffic.requests
        or traffic.kafka
        or traffic.dns
        or traffic.server_names
        or any(span.protocol not in _PLAIN_PROTOCOLS for span in traffic.ports)
        or any(isinstance(one, special) for one in parties)
        or any(isinstance(one, Pods) and one.cluster for one in parties)
        or all(isinstance(one, Anyone) for one in parties)
    )
