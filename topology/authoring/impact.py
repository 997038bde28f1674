"""What a change of policies opens and closes, measured by the engines over the whole cluster."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network

from topology.authoring.edits import Edit
from topology.authoring.mesh_impact import MeshChange, mesh_changes
from topology.errors import TopologyError
from topology.model import Document
from topology.model import Network as Addresses
from topology.paths import Network
from topology.policy.istio import MeshPolicies
from topology.policy.matrix import STATES
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.reading import KINDS
from topology.policy.verdict import HttpRequest
from topology.simulation import EndChange, simulate

__all__ = ["Asked", "Impact", "applied", "measure", "needs", "refusals"]


_DNS = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is meant to change: some sources, some destinations, some ports."""

    sources: frozenset[str]
    """Workloads as `namespace/name`, entities, networks, DNS names."""
    destinations: frozenset[str]
    ports: PortSet
    http: HttpRequest | None = None
    """The one request that is meant, None for any."""
    one_request: bool = False
    """Whether network policies could open that request alone, so that all of them are more."""

    def covers(self, row: EndChange) -> bool:
        """Return whether the ends of a change are those that are meant."""
        return _among(row.source, self.sources) and _among(row.destination, self.destinations)

    def is_address_of(self, row: EndChange) -> bool:
        """Return whether a change is only that an end may have one of the addresses meant."""
        meant = [one for one in (*self.sources, *self.destinations) if _network(one) is not None]
        ends = [one for one in (row.source, row.destination) if not self._is_meant(one)]
        return bool(meant) and all(one == "kube-apiserver" or _is_dns_name(one) for one in ends)

    def is_lookup(self, row: EndChange) -> bool:
        """Return whether a change lets a source ask for the DNS names that are meant, and no more.

        Which names are let through is for the rule; that it names some is what the state says.
        """
        named = any(_is_dns_name(one) and _network(one) is None for one in self.destinations)
        port = PortSet.of("UDP", _DNS) | PortSet.of("TCP", _DNS) | PortSet.of("SCTP", _DNS)
        source = _among(row.source, self.sources)
        return named and source and row.after == "conditional" and row.ports <= port

    def _is_meant(self, name: str) -> bool:
        return _among(name, self.sources) or _among(name, self.destinations)

    def means(self, sources: Iterable[str], destinations: Iterable[str]) -> bool:
        """Return whether all of some ends are meant."""
        return all(_among(name, self.sources) for name in sources) and all(
            _among(name, self.destinations) for name in destinations
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a change does besides what was asked for."""

    opened: tuple[str, ...] = ()
    """A clause each."""
    closed: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    """What it opens of what was asked for."""
    refused: tuple[str, ...] = ()
    """Policies that would not be in force."""
    incomplete: str = ""
    """Why not everything could be compared; empty where all was."""


def applied(network: Network, edits: Iterable[Edit]) -> Network:
    """Return the network with edits in force."""
    edits = tuple(edits)
    gone = {edit.before.key for edit in edits if edit.before is not None}
    put = tuple(edit.after for edit in edits if edit.after is not None)
    kept = [one for one in network.cluster.policies if one.key not in gone]
    kept = [one for one in kept if one.key not in {new.key for new in put}]
    policies = tuple(sorted([*kept, *put], key=lambda one: one.key))
    cluster = replace(network.cluster, policies=policies)
    known = {one.key for one in network.policies.documents}
    lost = gone - {one.key for one in put}
    engine = network.policies.changed(
        add=[one for one in put if one.kind in KINDS], remove=sorted(lost & known)
    )
    meshed = any(key.partition("/")[0] not in KINDS for key in (gone | {one.key for one in put}))
    mesh = MeshPolicies.build(cluster) if meshed else network.mesh
    return Network(cluster, engine, mesh)


def measure(network: Network, edits: Sequence[Edit], asked: Asked) -> Impact:
    """Compare a network with what edits make of it.

    Args:
        network: As it is.
        edits: One for each policy.
        asked: What is meant to change; everything else counts as opened or closed besides.
    """
    add = [one.after for one in edits if one.after is not None and one.after.kind in KINDS]
    gone = [one.before.key for one in edits if one.after is None and one.before is not None]
    gone = [key for key in gone if key.partition("/")[0] in KINDS]
    found = _Sorter(asked)
    if add or gone:
        done = simulate(network.policies, add=add, remove=gone)
        for row in (*done.opened, *done.closed, *done.other_requests):
            found.add(row)
        found.refused += [problem.message for problem in done.refused]
    incomplete = ""
    if any(edit.key.partition("/")[0] not in KINDS for edit in edits):
        after = applied(network, edits)
        changes = mesh_changes(network, after, edits, asked=asked.http, ports=asked.ports)
        for change in changes.rows:
            found.add_request(change)
        incomplete = changes.incomplete
    return Impact(
        opened=tuple(dict.fromkeys(found.opened)),
        closed=tuple(dict.fromkeys(found.closed)),
        asked=tuple(dict.fromkeys(found.asked)),
        refused=tuple(found.refused),
        incomplete=incomplete,
    )


class _Sorter:
    """Tells what was asked for from what happens besides."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.asked: list[str] = []
        self.refused: list[str] = []

    def add(self, row: EndChange) -> None:
        """Add a change between two ends."""
        more = STATES.index(row.after) - STATES.index(row.before)
        if more > 0 and self._asked.is_lookup(row):
            self.asked.append(_told(row, row.ports, "opens for its DNS queries"))
            return
        if row.after == "unknown" and self._asked.is_address_of(row):
            return
        if not self._asked.covers(row):
            self._besides(row, row.ports, more)
            return
        meant, rest = row.ports & self._asked.ports, row.ports - self._asked.ports
        if rest:
            self._besides(row, rest, more)
        if not meant:
            return
        if more < 0:
            self.closed.append(_told(row, meant, "closes"))
        elif self._asked.one_request and row.after == "allow":
            self.opened.append(f"{_told(row, meant, 'opens')} to every HTTP request")
        else:
            self.asked.append(_told(row, meant, "opens"))

    def _besides(self, row: EndChange, ports: PortSet, more: int) -> None:
        if more < 0:
            self.closed.append(_told(row, ports, "closes"))
        elif more > 0:
            self.opened.append(_told(row, ports, "opens"))
        else:
            self.opened.append(_told(row, ports, "lets other requests through"))

    def add_request(self, change: MeshChange) -> None:
        """Add a change that the mesh makes."""
        row = (change.source, change.destination)
        meant = (
            _among(row[0], self._asked.sources)
            and _among(row[1], self._asked.destinations)
            and (change.port is None or self._asked.ports.contains("TCP", change.port))
        )
        if not change.opens:
            self.closed.append(str(change))
        elif meant and (change.is_asked or self._asked.http is None):
            self.asked.append(str(change))
        else:
            self.opened.append(str(change))


def _told(row: EndChange, ports: PortSet, verb: str) -> str:
    return f"{verb} `{row.source}` -> `{row.destination}` on {ports}"


def _among(name: str, meant: frozenset[str]) -> bool:
    """Return whether an end is one of those meant, or lies in a network that is."""
    if name in meant:
        return True
    network = _network(name)
    if network is None:
        # The API server outside, and whatever has a DNS name, are part of the world.
        return "world" in meant and (name == "kube-apiserver" or _is_dns_name(name))
    others = (_network(one) for one in meant)
    return any(
        other is not None and network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
        for other in others
    )


def _is_dns_name(name: str) -> bool:
    return "." in name and "/" not in name


def _network(name: str) -> Addresses | None:
    try:
        return ip_network(name)
    except ValueError:
        return None


def refusals(documents: Iterable[Document], profile: Profile | str) -> tuple[str, ...]:
    """Return why policies would be refused, a sentence each."""
    from topology.policy.validation.document import validate

    name = profile if isinstance(profile, str) else profile.name
    found = []
    for document in documents:
        try:
            findings = validate(document, name)
        except TopologyError as error:
            found.append(str(error))
            continue
        found += [f"{document.key}: {one.message}" for one in findings if one.refuses]
    return tuple(found)


def needs(edits: Iterable[Edit], profile: Profile | str) -> tuple[str, ...]:
    """Return what changed policies ask of AKS that they did not ask before, a sentence each."""
    from topology.policy.validation.document import validate

    name = profile if isinstance(profile, str) else profile.name

    def said(document: Document | None) -> dict[str, str]:
        findings = validate(document, name) if document is not None else ()
        return {one.message: f"{one.message} {one.fix}" for one in findings if one.origin == "aks"}

    found: dict[str, None] = {}
    for edit in edits:
        before = said(edit.before)
        for message, text in said(edit.after).items():
            if message not in before:
                found[f"{edit.key}: {text}"] = None
    return tuple(found)
