"""At which end a clause is enforced."""

from topology.authoring.intent import Anyone, Clause, Nodes, Party, Pods, ServiceParty
from topology.authoring.sheets import Side

__all__ = ["side_of"]


def side_of(clause: Clause) -> Side:
    """Return the side at which a clause is enforced."""
    if clause.side:
        return clause.side
    outward = any(map(_is_selectable, clause.sources))
    if outward and any(isinstance(one, ServiceParty) and one.labels for one in clause.destinations):
        # Services by label can only be written as `toServices`, and the rest of the list with them.
        return "egress"
    if any(map(_is_selectable, clause.destinations)):
        return "ingress"
    if outward:
        return "egress"
    everyone = (Anyone(),)
    return "egress" if clause.sources == everyone != clause.destinations else "ingress"


def _is_selectable(party: Party) -> bool:
    return isinstance(party, Pods | Nodes) or (isinstance(party, ServiceParty) and bool(party.name))
