"""Rules in one form, whatever kind of policy they were written in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from topology.model import Location, Network, Protocol, Service, Source
from topology.policy.l7 import L7Rules
from topology.policy.peers import Peer
from topology.policy.profile import Profile
from topology.policy.selectors import Selector
from topology.policy.verdict import Direction

__all__ = ["CidrGroup", "Context", "PortEntry", "Rule"]


@dataclass(frozen=True, slots=True)
class PortEntry:
    """One port, range of ports, ICMP type, or named port, for some protocols."""

    protocols: tuple[Protocol, ...]
    first: int
    last: int
    name: str = ""
    """Lower case; the numbers then come from the pods that declare it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alternative of one policy: these subjects, these peers, these ports, allowed or denied.

    A rule that can match nothing still stands for the default deny of its policy.
    """

    policy: str
    """`Kind/namespace/name`."""
    path: str
    """Field in the policy, such as `spec.ingress[2].toPorts[0]`."""
    source: Source = field(compare=False, repr=False)
    """Where the policy was read; lines are looked up when somebody asks, as that takes time."""
    direction: Direction
    subject: Selector
    deny: bool = False
    on_host: bool = False
    """A host policy (nodeSelector)."""
    peers: tuple[Peer, ...] | None = None
    """None for any peer; empty for none."""
    ports: tuple[PortEntry, ...] | None = None
    """None for every port of every protocol; empty for none."""
    l7: L7Rules | None = None
    default_deny: bool = True
    auth: str = ""
    """Mode of mutual authentication, when the rule sets one."""
    undecided: str = ""
    """Why it is not known what the rule matches; empty where that is known."""
    requires: tuple[Selector, ...] = ()
    """fromRequires and toRequires (up to Cilium 1.18): what endpoints must further match in every
    rule of the same subject, direction and kind (allow or deny)."""

    @property
    def location(self) -> Location:
        """Return where the rule stands."""
        return self.source.at(self.path)

    @property
    def section(self) -> Location:
        """Return where the policy stands that restricts this direction."""
        return self.source.at()

    @property
    def name(self) -> str:
        """Return policy and field, for people."""
        return f"`{self.policy}` `{self.path}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class CidrGroup:
    """A CiliumCIDRGroup."""

    labels: Mapping[str, str]
    networks: tuple[Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the reading of a policy depends on besides the policy."""

    profile: Profile
    groups: Mapping[str, CidrGroup] = field(default_factory=dict)
    services: tuple[Service, ...] = ()
