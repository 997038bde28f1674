"""Policies before they are written: a subject with its rules, whatever the kind will be."""

from dataclasses import dataclass, field, replace
from typing import Literal

from topology.authoring.intent import Kind, Nodes, Party, Pods, Traffic
from topology.errors import InvalidQuery

__all__ = ["Rule", "Sheet", "Undraftable"]

Side = Literal["ingress", "egress"]


class Undraftable(InvalidQuery):
    """Something that no policy of the kinds at hand can express; the message says what and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Peers, with what may pass between them and the subject."""

    peers: tuple[Party, ...]
    """Any of them; Anyone for no limit."""
    traffic: Traffic = field(default_factory=Traffic)
    deny: bool = False
    because: str = ""
    """One line that says why it is there."""
    is_support: bool = False
    """Whether no clause asks for it, but the subject cannot do without: DNS, the mesh's control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One policy to be written."""

    kind: Kind
    subject: Pods | Nodes
    ingress: tuple[Rule, ...] | None = None
    """None where the policy leaves the direction alone; empty where it lets nothing through."""
    egress: tuple[Rule, ...] | None = None
    mode: str = ""
    """Of mutual TLS, for a PeerAuthentication."""
    port_modes: tuple[tuple[int, str], ...] = ()
    issuers: tuple[str, ...] = ()
    """For a RequestAuthentication."""
    name: str = ""
    namespace: str = ""
    """Empty for a clusterwide policy."""
    closed: tuple[Side, ...] = ()
    """Directions that are closed although there may be nothing but deny rules in them."""
    additive: bool = False
    """Whether it must close nothing, whatever its rules allow."""
    dry_run: bool = False
    purpose: str = field(default="")
    """What it is for, in one line."""

    def side(self, side: Side) -> tuple[Rule, ...] | None:
        """Return the rules of one direction."""
        return self.ingress if side == "ingress" else self.egress

    def isolates(self, side: Side) -> bool:
        """Return whether nothing but what the rules allow passes in a direction."""
        rules = self.side(side)
        if rules is None or self.additive:
            return False
        return not rules or side in self.closed or not all(rule.deny for rule in rules)

    def with_rule(self, side: Side, rule: Rule) -> "Sheet":
        """Return the sheet with a further rule, unless it has it already."""
        rules = self.side(side) or ()
        if rule in rules:
            return self
        more = (*rules, rule)
        return replace(self, ingress=more) if side == "ingress" else replace(self, egress=more)
