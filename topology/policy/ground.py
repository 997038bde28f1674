"""The ground on which policies are decided: what any of some policies could tell apart.

Which of these policies are in force makes no difference to it, so engines with and without a
policy share one ground, and what they say can be compared end by end and port by port.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from topology.model import Cluster
from topology.policy.axis import Axis
from topology.policy.ends import Ends
from topology.policy.named_ports import NamedPorts
from topology.policy.pods import PodClasses
from topology.policy.port_atoms import PortAtoms
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.rules import Rule

__all__ = ["Ground"]


class Ground:
    """Classes of pods, parts of the outside, and port atoms, for a set of rules."""

    def __init__(
        self,
        cluster: Cluster,
        rules: Iterable[Rule],
        *,
        profile: Profile,
        clusters: Mapping[str, str],
    ) -> None:
        self.cluster = cluster
        self.profile = profile
        self.clusters = clusters
        self.rules = tuple(rules)
        self.classes = PodClasses(cluster, self.rules, profile=profile, clusters=clusters)
        self.ends = Ends(cluster, self.classes, self.rules, profile)
        self.named = NamedPorts((one.ports for one in self.classes.classes), profile)

    @cached_property
    def axis(self) -> Axis:
        """Return every end as one position in bitsets."""
        return Axis(self.cluster, self.classes, self.ends, self.rules)

    @cached_property
    def atoms(self) -> PortAtoms:
        """Return the port atoms."""
        return PortAtoms(self._ports(self.rules))

    def covers(self, rules: Iterable[Rule]) -> bool:
        """Return whether further rules tell apart no more than the ground does."""
        rules = tuple(rules)
        return (
            self.classes.covers(rules)
            and self.axis.covers(rules)
            and all(self.atoms.covers(ports) for ports in self._ports(rules))
        )

    def _ports(self, rules: Iterable[Rule]) -> Iterator[PortSet]:
        for entry in {entry for rule in rules for entry in rule.ports or ()}:
            yield from self.named.meanings(entry)
