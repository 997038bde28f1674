"""What a request allows and denies between any two ends, whoever enforces it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from topology.authoring.ends import End
from topology.authoring.intent import DnsNames, Intent, Networks, Party, Traffic
from topology.authoring.membership import means, ports_of
from topology.authoring.phrases import say_clause
from topology.authoring.sheets import Sheet, Side
from topology.model import Cluster
from topology.policy.ports import PortSet

__all__ = ["Allowance", "Allowances", "allowances"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a clause, or a rule of support, allows or denies."""

    sources: tuple[Party, ...]
    destinations: tuple[Party, ...]
    traffic: Traffic
    deny: bool = False
    because: str = ""
    side: Side | None = None
    """Where alone it is enforced; None for wherever it must be."""


class Allowances:
    """Allowances by the ends that they are about; whom they mean is worked out once for each end.

    That is decided by labels and names, not by the engine that decides the policies, so that a
    selector that means more than its clause is found.
    """

    def __init__(self, cluster: Cluster, found: Sequence[Allowance]) -> None:
        self._cluster = cluster
        self._all = tuple(found)
        self._known: dict[tuple[str, bool], frozenset[int]] = {}

    def about(self, source: End, destination: End, *, deny: bool = False) -> list[Allowance]:
        """Return those that are about two ends."""
        numbers = self._of(source, is_source=True) & self._of(destination, is_source=False)
        return [self._all[number] for number in sorted(numbers) if self._all[number].deny == deny]

    def ports(self, source: End, destination: End, *, deny: bool = False) -> PortSet:
        """Return the ports that they allow, or deny, between two ends."""
        found = self.about(source, destination, deny=deny)
        return PortSet.union(ports_of(one.traffic.ports, destination.pods) for one in found)

    def may_touch(self, source: End, destination: End) -> bool:
        """Return whether a denial of a network may be about an outside whose address is not known.

        The API server, say, may well have an address in a range of private ones.
        """
        ends = ((source, destination, True), (destination, source, False))
        return any(
            not other.pods
            and self._all[number].deny
            and any(
                isinstance(party, Networks)
                for party in (self._all[number].destinations, self._all[number].sources)[not out]
            )
            for mine, other, out in ends
            for number in self._of(mine, is_source=out)
        )

    def _of(self, end: End, *, is_source: bool) -> frozenset[int]:
        key = (end.name, is_source)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = frozenset(
                number
                for number, one in enumerate(self._all)
                if _touches(self._cluster, one.sources if is_source else one.destinations, end)
            )
        return found


def allowances(intent: Intent, sheets: Iterable[Sheet] = ()) -> tuple[Allowance, ...]:
    """Return everything that a draft may open or close by name.

    Args:
        intent: Grounded; each clause counts.
        sheets: The draft, whose rules of support count too.
    """
    found = [
        Allowance(
            sources=clause.sources,
            destinations=clause.destinations,
            traffic=clause.traffic,
            deny=clause.effect == "deny",
            because=say_clause(clause),
            side=clause.side,
        )
        for clause in intent.clauses
    ]
    for sheet in sheets:
        sides: tuple[Side, ...] = ("ingress", "egress")
        for side in sides:
            for rule in sheet.side(side) or ():
                if rule.is_support:
                    ends = ((sheet.subject,), rule.peers)
                    sources, destinations = ends if side == "egress" else ends[::-1]
                    found.append(
                        Allowance(
                            sources=sources,
                            destinations=destinations,
                            traffic=rule.traffic,
                            because=rule.because,
                        )
                    )
    return tuple(found)


def _touches(cluster: Cluster, parties: tuple[Party, ...], end: End) -> bool:
    """Return whether parties mean an end: every pod of a workload, or all of an outside."""
    if end.pods:
        return all(any(means(cluster, one, pod) for one in parties) for pod in end.pods)
    return any(_means_outside(one, end) for one in parties)


def _means_outside(party: Party, end: End) -> bool:
    if end.is_of(party):
        return True
    if isinstance(party, DnsNames):
        return end.name in party.names
    if isinstance(party, Networks):
        try:
            network = ip_network(end.name)
        except ValueError:
            return False
        return (
            network.version == party.network.version
            and network.subnet_of(party.network)  # type: ignore[arg-type]
            and not any(network.overlaps(one) for one in party.exceptions)
        )
    return False
