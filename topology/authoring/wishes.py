"""Connections that shall be open, taken apart into pairs of pods that the engines tell apart."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from topology.authoring.handles import End, end_of, labels_of
from topology.authoring.impact import Asked
from topology.authoring.stops import Stop
from topology.model import Pod, Protocol
from topology.paths import Network, PortQuery
from topology.paths.parties import Party, parties_of, resolved
from topology.paths.routing import Ask, asks_of
from topology.policy.ports import PortSet
from topology.policy.verdict import HttpRequest, Layer, Verdict
from topology.targets import NamespaceTarget, PodTarget, Target

__all__ = ["Wish", "wishes_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One workload, or end outside, that shall reach another on one port."""

    sources: tuple[Party, ...]
    """Of one workload; several where its pods differ."""
    destinations: tuple[Party, ...]
    port: int | None
    protocol: Protocol
    http: HttpRequest | None = None
    service: Layer | None = None
    """What a Service in between does."""
    whole_source: bool = False
    """Whether every workload of the source's namespace is meant."""
    whole_destination: bool = False

    def verdicts(self, network: Network) -> Iterator[tuple[Party, Party, Verdict]]:
        """Yield the verdict between each pair of parties."""
        for source in self.sources:
            for destination in self.destinations:
                for verdict in network.between(
                    source,
                    destination,
                    port=self.port,
                    protocol=self.protocol,
                    http=self.http,
                ):
                    yield source, destination, verdict

    def stopped(self, network: Network) -> Layer | None:
        """Return the first layer that stops any pair; None where all get through."""
        for _, _, verdict in self.verdicts(network):
            if verdict.verdict != "allow" and verdict.deciding is not None:
                return verdict.deciding
        return None

    def stop(self, network: Network, layer: Layer, used: Iterable[str]) -> Stop | None:
        """Return the stop that a layer is, None where nothing there can be named.

        Only the workload that is stopped first is guarded anew, and only for those that it stops.
        """
        egress = layer.direction == "egress"
        pairs = [
            (source, destination) if egress else (destination, source)
            for source, destination, verdict in self.verdicts(network)
            if any(
                (one.layer, one.direction) == (layer.layer, layer.direction)
                and one.verdict in ("deny", "unknown")
                for one in verdict.layers
            )
        ]
        if not pairs:
            return None
        own, far = self.sources, self.destinations
        every_subject, every_other = (own, far) if egress else (far, own)
        whole_subject, whole_other = self.whole_source, self.whole_destination
        if not egress:
            whole_subject, whole_other = whole_other, whole_subject
        subject, whole_subject = _stopped_at(
            [one for one, _ in pairs], every_subject, whole_subject
        )
        kept = {(one.name, one.key) for one in subject}
        others = [other for one, other in pairs if (one.name, one.key) in kept]
        other, whole_other = _stopped_at(others, every_other, whole_other)
        pods = _pods(subject)
        if not pods:
            return None
        end = _end(network, other, used, whole=whole_other)
        if end is None:
            return None
        return Stop(
            layer=layer,
            subject=pods,
            subject_labels={} if whole_subject else labels_of(network.cluster, pods, used),
            other=end,
            other_pods=_pods(other),
            port=self.port,
            protocol=self.protocol,
            http=self.http,
            proxied=self.is_proxied(network),
        )

    def is_proxied(self, network: Network) -> bool:
        """Return whether Cilium's proxy can look at the request: not behind a mesh's proxy."""
        pods = _pods(self.destinations)
        return bool(pods) and not any(network.mesh.index.state(pod).present for pod in pods)

    def asked(self, network: Network) -> Asked:
        """Return what of a change is meant."""
        ports = PortSet.every(self.protocol)
        if self.port is not None:
            ports = PortSet.of(self.protocol, self.port)
        return Asked(
            sources=frozenset(_names(self.sources)),
            destinations=frozenset(_names(self.destinations)),
            ports=PortSet.ALL if self.port is None else ports,
            http=self.http,
            one_request=self.http is not None and self.is_proxied(network),
        )


def _stopped_at(
    stopped: Sequence[Party], every: Sequence[Party], whole: bool
) -> tuple[tuple[Party, ...], bool]:
    """Return all parties of one side if all are stopped, else those of the first workload."""
    unique = tuple({(one.name, one.key): one for one in stopped}.values())
    if len(unique) == len(every):
        return unique, whole
    return tuple(party for party in unique if party.name == unique[0].name), False


def _pods(parties: Sequence[Party]) -> tuple[Pod, ...]:
    return tuple(pod for party in parties for pod in party.pods)


def _names(parties: Sequence[Party]) -> Iterator[str]:
    for party in parties:
        if party.pods:
            yield from (f"{pod.namespace}/{pod.workload or pod.name}" for pod in party.pods)
            if party.pods[0].host_network:
                yield from ("host", "remote-node")
        else:
            yield party.name


def _end(
    network: Network, parties: Sequence[Party], used: Iterable[str], *, whole: bool
) -> End | None:
    pods = _pods(parties)
    name = f"{pods[0].namespace}/{pods[0].workload or pods[0].name}" if pods else parties[0].name
    if whole and pods:
        name = f"namespace {pods[0].namespace}"
    return end_of(network.cluster, parties[0].target, pods, name, used=used, whole_namespace=whole)


def wishes_of(
    network: Network,
    src: Target,
    dst: Target,
    *,
    port: PortQuery | None,
    http: HttpRequest | None,
) -> tuple[tuple[Ask, tuple[Wish, ...]], ...]:
    """Return what must be open for each port that is asked about.

    Raises:
        InvalidQuery: The ends or the port cannot be asked about.
    """
    cluster = network.cluster

    def class_of(pod: Pod) -> Hashable:
        return network.policies.class_of(pod), network.mesh.class_of(pod)

    source, destination = resolved(cluster, src), resolved(cluster, dst)
    senders = _by_workload(parties_of(cluster, source, class_of), source)
    asks = asks_of(cluster, destination, port, class_of, tcp_only=http is not None)
    found = []
    for ask in asks:
        groups: dict[tuple[str, int | None], list[Party]] = {}
        whole = isinstance(destination, NamespaceTarget)
        for party, number in ask.ends:
            groups.setdefault(("" if whole else party.name, number), []).append(party)
        wishes = tuple(
            Wish(
                sources=sender,
                destinations=tuple(parties),
                port=number,
                protocol=ask.protocol,
                http=http,
                service=ask.service,
                whole_source=isinstance(source, NamespaceTarget),
                whole_destination=whole,
            )
            for sender in senders
            for (_, number), parties in groups.items()
        )
        found.append((ask, wishes))
    return tuple(found)


def _by_workload(parties: Sequence[Party], target: Target) -> list[tuple[Party, ...]]:
    if isinstance(target, (NamespaceTarget, PodTarget)):
        return [tuple(parties)]
    groups: dict[str, list[Party]] = {}
    for party in parties:
        groups.setdefault(party.name, []).append(party)
    return [tuple(group) for group in groups.values()]
