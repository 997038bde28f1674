"""What a policy says, taken apart: each part with the field that says it."""

from dataclasses import dataclass, field
from typing import Literal

from topology.authoring import Anyone, Clause, Intent, Kind, Pods, Traffic

__all__ = ["Gap", "Recovered", "Told"]

Side = Literal["ingress", "egress"]


@dataclass(frozen=True, slots=True)
class Told:
    """One part of an intent, and where the policy says it."""

    intent: Intent
    """With nothing in it but that part."""
    path: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a policy that no request can say; the sentence tells it to a person."""

    text: str
    path: str


@dataclass(slots=True, kw_only=True)
class Recovered:
    """A policy as what could have been asked for."""

    kind: Kind
    name: str
    namespace: str
    told: list[Told] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    additive: bool = False
    """Whether it closes nothing: `enableDefaultDeny` is off."""
    dry_run: bool = False

    def add_clause(self, clause: Clause, path: str) -> None:
        """Add what one rule opens or denies."""
        self.told.append(Told(Intent(clauses=(clause,)), path))

    def add_isolation(self, pods: Pods, side: Side, path: str) -> None:
        """Add the default deny of a subject, once."""
        opened = any(
            clause.effect == "allow"
            and clause.side == side
            and clause.traffic == Traffic()
            and Anyone() in (clause.sources if side == "ingress" else clause.destinations)
            and pods in (clause.destinations if side == "ingress" else clause.sources)
            for told in self.told
            for clause in told.intent.clauses
        )
        if opened:
            # Nothing is left that default deny could close.
            return
        known = {one for told in self.told for one in told.intent.isolate}
        if (pods, side) not in known:
            self.told.append(Told(Intent(isolate=((pods, side),)), path))

    def add_gap(self, text: str, path: str) -> None:
        """Add what cannot be said as a request."""
        self.gaps.append(Gap(text, path))

    @property
    def intent(self) -> Intent:
        """Return the whole as one intent."""
        return Intent(
            clauses=tuple(dict.fromkeys(one for told in self.told for one in told.intent.clauses)),
            isolate=tuple(dict.fromkeys(one for told in self.told for one in told.intent.isolate)),
            mutual_tls=tuple(one for told in self.told for one in told.intent.mutual_tls),
            issuers=tuple(one for told in self.told for one in told.intent.issuers),
            kinds=(self.kind,),
            name=self.name,
            namespace=self.namespace,
            exact=True,
            additive=self.additive,
            dry_run=self.dry_run,
        )
