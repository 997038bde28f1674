"""From an intent to policies that were proven before anyone sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from topology.authoring.checks import Check
from topology.authoring.contract import Contract, Demand
from topology.authoring.contract_check import check
from topology.authoring.contradictions import contradiction
from topology.authoring.demands import contract_of
from topology.authoring.grounding import ground
from topology.authoring.intent import Intent
from topology.authoring.kind_choice import Choice, choose
from topology.authoring.planning import plan
from topology.authoring.proof import Proof, prove
from topology.authoring.repair import amend, obstacle
from topology.authoring.sheets import Sheet, Undraftable
from topology.authoring.support import with_support
from topology.authoring.writing import Written, write

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Attempt", "Draft", "draft", "write_policies"]

_MOST_ATTEMPTS = 5
_FEW = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One draft on the way to the last."""

    documents: tuple[Written, ...]
    proof: Proof
    amended: str = ""
    """What the next attempt does otherwise; empty for the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Policies with their contract and proof, or the reason why there are none."""

    intent: Intent
    """Grounded: namespaces, labels and ports as the cluster has them."""
    documents: tuple[Written, ...] = ()
    contract: Contract = field(default_factory=Contract)
    proof: Proof = field(default_factory=lambda: Proof(checks=()))
    attempts: tuple[Attempt, ...] = ()
    """In order; the last is the draft itself."""
    notes: tuple[str, ...] = ()
    """What was taken otherwise than written, and what a reader should know."""
    declined: str = ""
    """Why the request cannot be met; then there are no documents to apply."""

    @property
    def verified(self) -> bool:
        """Return whether there is a draft and every check of it passed."""
        return bool(self.documents) and not self.declined and self.proof.verified

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return the checks of the proof."""
        return self.proof.checks

    @property
    def text(self) -> str:
        """Return the policies as one YAML stream."""
        return "---\n".join(one.text for one in self.documents)


def draft(network: "Network", intent: Intent, *, observed: Sequence[Demand] = ()) -> Draft:
    """Write the policies that an intent asks for, and prove them; amend them until they hold.

    Args:
        network: The cluster with the policies in force.
        intent: As it was understood.
        observed: Connections that were seen to be made, which should go on.

    Returns:
        A draft; `verified` only if every check passed, `declined` where none can meet the request.
    """
    grounded = ground(network.cluster, intent)
    intent = grounded.intent
    reason = contradiction(network, intent)
    if reason:
        return Draft(intent=intent, declined=reason, notes=grounded.notes)
    choice = choose(network, intent)
    notes = grounded.notes
    if intent.layered and not choice.mesh:
        notes = (*notes, f"Written without the mesh's layers: {choice.because}.")
    try:
        sheets = with_support(network, plan(network, intent, choice), intent)
        return _proven(network, intent, choice, sheets, observed, notes)
    except Undraftable as error:
        reason = f"{error.message} {error.hint}".strip()
        return Draft(intent=intent, declined=reason, notes=grounded.notes)


def write_policies(network: "Network", intent: Intent) -> tuple[Written, ...]:
    """Write the policies that an intent asks for and no more: unproven, unamended.

    Raises:
        Undraftable: No kind can say it.
    """
    intent = ground(network.cluster, intent).intent
    sheets = plan(network, intent, choose(network, intent))
    return write(network, with_support(network, sheets, intent), intent)


def _proven(
    network: "Network",
    intent: Intent,
    choice: Choice,
    sheets: Sequence[Sheet],
    observed: Sequence[Demand],
    notes: tuple[str, ...],
) -> Draft:
    attempts: list[Attempt] = []
    revisions: tuple[Written, ...] = ()
    while True:
        documents = (*revisions, *write(network, sheets, intent))
        contract = contract_of(network, intent, sheets)
        proof = prove(network, intent, documents, contract, observed)
        declined = obstacle(network, proof)
        amendment = None
        # What is to be exactly as said is shown as it is, proven or not.
        may_amend = not intent.exact and len(attempts) + 1 < _MOST_ATTEMPTS
        if not proof.verified and not declined and may_amend:
            amendment = amend(network, intent, choice, sheets, revisions, proof)
        amended = amendment.because if amendment else ""
        attempts.append(Attempt(documents=documents, proof=proof, amended=amended))
        if amendment is None:
            break
        if amendment.choice is not None:
            choice = amendment.choice
            sheets = with_support(network, plan(network, intent, choice), intent)
        else:
            sheets, revisions = amendment.sheets, amendment.revisions
    if proof.verified and len(proof.outcomes) <= _FEW and _holds(network, intent, contract):
        notes = (*notes, "All of this holds already by what is in force; this makes it explicit.")
    return Draft(
        intent=intent,
        documents=documents,
        contract=contract,
        proof=proof,
        attempts=tuple(attempts),
        notes=notes,
        declined=declined,
    )


def _holds(network: "Network", intent: Intent, contract: Contract) -> bool:
    """Return whether the policies in force meet a contract already."""
    demands = bool(contract.must_allow or contract.must_deny)
    return demands and not intent.issuers and all(one.met for one in check(network, contract))
