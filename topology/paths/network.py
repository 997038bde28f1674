"""The cluster with its engines: one request through every layer, or everyone at one end."""

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property

from topology.errors import UnknownName
from topology.model import Cluster, Document, Problem, Protocol
from topology.names import NameIndex, index_of
from topology.paths.admission import admitted
from topology.paths.hops import Hops
from topology.paths.notes import notes_on
from topology.paths.parties import Party, parties_of, resolved
from topology.paths.queries import PortQuery
from topology.paths.results import Group, Peers, PortVerdict, Reach, worst_of
from topology.paths.routing import Ask, asks_of
from topology.paths.surroundings import Surroundings
from topology.policy.engine import PolicyEngine
from topology.policy.istio import MeshPolicies
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.verdict import HttpRequest, Layer, Verdict
from topology.targets import Target

__all__ = ["MESH_KINDS", "Network"]

MESH_KINDS = ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")


class Network:
    """Everything that decides whether one end can speak to another."""

    def __init__(
        self,
        cluster: Cluster,
        policies: PolicyEngine,
        mesh: MeshPolicies,
        mesh_documents: Iterable[Document] | None = None,
    ) -> None:
        self.cluster = cluster
        self.policies = policies
        self.mesh = mesh
        documents = cluster.policies if mesh_documents is None else mesh_documents
        self.mesh_documents = tuple(one for one in documents if one.kind in MESH_KINDS)
        """The Istio policies that the mesh decides by."""
        self._hops = Hops(cluster, policies, mesh)

    @classmethod
    def build(cls, cluster: Cluster, *, profile: Profile | str = "1.18") -> "Network":
        """Build the engines of a cluster.

        Args:
            cluster: As loaded.
            profile: Whose semantics of network policies; see `PolicyEngine.build`.
        """
        return cls(
            cluster, PolicyEngine.build(cluster, profile=profile), MeshPolicies.build(cluster)
        )

    def changed(self, *, add: Iterable[Document] = (), remove: Iterable[str] = ()) -> "Network":
        """Return the network with and without some policies, of whatever kind.

        Args:
            add: Policies to add; one of a known name replaces that one.
            remove: Policies to take away, by `Kind/namespace/name`.

        Raises:
            UnknownName: A policy that is to be removed does not exist.
        """
        add, remove = tuple(add), frozenset(remove)
        mesh_remove = {key for key in remove if key.partition("/")[0] in MESH_KINDS}
        known = {one.key for one in self.mesh_documents}
        for key in sorted(mesh_remove - known):
            message = f"There is no policy `{key}`."
            raise UnknownName(message, hint=_hint(known))
        policies = self.policies
        ours = [one for one in add if one.kind not in MESH_KINDS]
        if ours or remove - mesh_remove:
            policies = policies.changed(add=ours, remove=remove - mesh_remove)
        theirs = [one for one in add if one.kind in MESH_KINDS]
        if not theirs and not mesh_remove:
            return Network(self.cluster, policies, self.mesh, self.mesh_documents)
        gone = mesh_remove | {one.key for one in theirs}
        documents = (*(one for one in self.mesh_documents if one.key not in gone), *theirs)
        mesh = MeshPolicies.build(self.cluster, policies=documents, settings=self.mesh.settings)
        return Network(self.cluster, policies, mesh, documents)

    @cached_property
    def names(self) -> NameIndex:
        """Return the index by which names are resolved."""
        return index_of(self.cluster)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what the engines set aside or doubt in the policies."""
        return (*self.policies.problems, *self.mesh.problems)

    def reach(
        self,
        src: Target,
        dst: Target,
        *,
        port: PortQuery | None = None,
        http: HttpRequest | None = None,
        sni: str | None = None,
    ) -> Reach:
        """Say whether one end can open a connection to another, and what decides at each layer.

        Args:
            src: Who opens the connection.
            dst: Who accepts it.
            port: Of the pod, or of the Service where `dst` is one; None means each that is offered.
            http: The request on it; without it the answer says which requests pass.
            sni: The server name that the caller's own TLS handshake asks for.

        Raises:
            InvalidQuery: The ends or the port cannot be asked about.
        """
        source, destination = resolved(self.cluster, src), resolved(self.cluster, dst)
        sources = parties_of(self.cluster, source, self._hops.class_of)
        asks = asks_of(
            self.cluster,
            destination,
            port,
            self._hops.class_of,
            tcp_only=http is not None or sni is not None,
        )
        ports = tuple(self._ask(sources, ask, http, sni) for ask in asks)
        return Reach(
            source=str(src),
            destination=str(dst),
            asked=port,
            http=http,
            sni=sni or "",
            ports=ports,
            notes=tuple(notes_on(self.cluster, source, destination, sources, asks, ports, http)),
        )

    def between(
        self,
        source: Party,
        destination: Party,
        *,
        port: int | None,
        protocol: Protocol = "TCP",
        http: HttpRequest | None = None,
    ) -> tuple[Verdict, ...]:
        """Decide one connection between two parties; apart for their nodes where that matters.

        Args:
            source: Who opens the connection.
            destination: Who accepts it.
            port: Of the destination; None asks whether any port is open.
            protocol: Transport protocol.
            http: The request on it.
        """
        found = self._hops.verdicts(source, destination, port=port, protocol=protocol, http=http)
        return tuple(verdict for _, _, verdict in found)

    def who_can_reach(
        self,
        dst: Target,
        *,
        port: PortQuery | None = None,
        http: HttpRequest | None = None,
    ) -> Peers:
        """List every workload, and the outside, with whether it can reach an end.

        Args:
            dst: Who accepts the connection; of a namespace, each workload is asked about.
            port: As for `reach`.
            http: As for `reach`.

        Raises:
            InvalidQuery: The end or the port cannot be asked about.
        """
        return self._surroundings.who_can_reach(resolved(self.cluster, dst), port=port, http=http)

    def what_can(
        self,
        src: Target,
        *,
        port: PortQuery | None = None,
        http: HttpRequest | None = None,
    ) -> Peers:
        """List every workload, and the outside, with whether an end can reach it.

        Args:
            src: Who opens the connection.
            port: As for `reach`; without it, each port that a workload offers.
            http: As for `reach`.

        Raises:
            InvalidQuery: The end cannot be asked about.
        """
        return self._surroundings.what_can(resolved(self.cluster, src), port=port, http=http)

    @cached_property
    def _surroundings(self) -> Surroundings:
        return Surroundings(self.cluster, self._hops, self._ask)

    def _ask(
        self,
        sources: Sequence[Party],
        ask: Ask,
        http: HttpRequest | None,
        sni: str | None = None,
    ) -> PortVerdict:
        """Decide one port between every pair of parties, and fold what they get."""
        if not ask.ends:
            verdict = _nowhere(ask.service)
            return PortVerdict(
                port=None,
                protocol=ask.protocol,
                name=ask.name,
                service_port=ask.service_port,
                verdict=verdict,
            )
        found = [
            pair
            for party in sources
            for source, service in admitted(self.cluster, party, ask.via, ask.service)
            for destination, number in ask.ends
            for pair in self._hops.verdicts(
                source,
                destination,
                port=number,
                protocol=ask.protocol,
                http=http,
                sni=sni,
                service=service,
                via=(ask.via, ask.service_port) if ask.via else None,
            )
        ]
        verdicts = {verdict.verdict for _, _, verdict in found}
        worst = worst_of(verdicts)
        return PortVerdict(
            port=ask.port,
            protocol=ask.protocol,
            name=ask.name,
            service_port=ask.service_port,
            verdict=next(verdict for _, _, verdict in found if verdict.verdict == worst),
            groups=_groups(found) if len(verdicts) > 1 else (),
            open_ports=self._open_ports(sources, ask),
        )

    def _open_ports(self, sources: Sequence[Party], ask: Ask) -> str:
        """Return the ports open between every pair, where the question is about every port."""
        if ask.port is not None:
            return ""
        allowed = PortSet.ALL
        for source in sources:
            for destination, _ in ask.ends:
                allowed &= self._hops.open_ports(source, destination)[0]
        return str(allowed)


def _hint(known: Iterable[str]) -> str:
    names = sorted(known)
    if not names:
        return "There is no Istio policy."
    return "There are " + ", ".join(f"`{name}`" for name in names[:3]) + "."


def _groups(found: Iterable[tuple[Party, Party, Verdict]]) -> tuple[Group, ...]:
    """Return the pairs that get the same answer together, in order of appearance.

    Each group stands for every pair of its sources and its destinations, so that destinations
    share one only where the very same sources get that answer.
    """
    senders: dict[tuple[Hashable, tuple[str, ...]], dict[str, None]] = {}
    verdicts: dict[Hashable, Verdict] = {}
    for source, destination, verdict in found:
        key = (verdict.verdict, verdict.l7, *((one.verdict, one.policy) for one in verdict.layers))
        verdicts.setdefault(key, verdict)
        senders.setdefault((key, destination.members), {}).update(dict.fromkeys(source.members))
    groups: dict[tuple[Hashable, tuple[str, ...]], dict[str, None]] = {}
    for (answer, destinations), names in senders.items():
        groups.setdefault((answer, tuple(names)), {}).update(dict.fromkeys(destinations))
    return tuple(
        Group(sources=sources, destinations=tuple(members), verdict=verdicts[answer])
        for (answer, sources), members in groups.items()
    )


def _nowhere(service: Layer | None) -> Verdict:
    """Return the verdict for a Service that leads nowhere."""
    reason = "Not evaluated: there is no backend to connect to."
    egress = Layer(layer="egress-policy", direction="egress", verdict="none", reason=reason)
    ingress = Layer(layer="ingress-policy", direction="ingress", verdict="none", reason=reason)
    return Verdict(verdict="deny", layers=(egress, service, ingress) if service else (egress,))
