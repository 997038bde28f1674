"""The tool that proves a policy which somebody else wrote: a person, or a model."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import orjson

from tools.author import draft_request
from tools.draft_results import ContractRow, DraftArtifact, DraftCheck, DraftResult, outcome_rows
from tools.policy_checks import validate_policy
from tools.policy_findings import ValidationResult
from tools.simulate import KINDS, ChangeRow, SimulationResult, simulate_documents
from tools.spec import ToolResult, tool
from tools.wording import bullets, count, quote
from tools.workspace import Workspace
from topology.errors import TopologyError
from topology.load import load_text
from topology.policy.reading import KINDS as NETWORK_KINDS

if TYPE_CHECKING:
    from topology.model import Cluster

__all__ = ["ProofResult", "prove_policy", "prove_text"]

_SHOWN = 4


class ProofResult(ToolResult):
    """What was computed about a policy that was not written here."""

    verified: bool
    """Whether every check passed, the one against what was asked for among them."""
    applicable: bool
    """Whether it is valid and was simulated, so that what it does is known."""
    checks: tuple[DraftCheck, ...]
    artifacts: tuple[DraftArtifact, ...] = ()
    """The policy, if it is applicable."""
    opened: tuple[ChangeRow, ...] = ()
    closed: tuple[ChangeRow, ...] = ()
    outcomes: tuple[ContractRow, ...] = ()
    """Of every demand of the request."""


class _Wanted(NamedTuple):
    """What a request was understood to ask for, as our own draft of it has it."""

    draft: DraftResult | None
    unread: str
    """Why there is none."""


@tool()
def prove_policy(workspace: Workspace, text: str, request: str = "") -> ProofResult:
    """Prove a policy that somebody wrote: valid, in force, and doing what was asked, no more.

    Use it for "does this policy do what I want", with the YAML and the wish in words.

    Args:
        workspace: The network with the policies in force.
        text: Policies as YAML or JSON.
        request: What they shall allow or deny, in the person's own words; empty for validity and
            effects alone, which prove no purpose.

    Returns:
        Every check, with the connection that is a counterexample where one fails.
    """
    return prove_text(workspace, text, request)


def prove_text(workspace: Workspace, text: str, request: str) -> ProofResult:
    """Do what `prove_policy` does."""
    checks: list[DraftCheck] = []
    try:
        added = load_text(text, name="policy")
        found = validate_policy.call(workspace, {"text": text})
    except TopologyError as error:
        checks.append(DraftCheck(check="parsing", ok=False, detail=f"{error.message} {error.hint}"))
        return _result(text, checks)
    assert isinstance(found, ValidationResult)
    checks += _read(added, found)
    if not all(one.ok for one in checks):
        return _result(text, checks)
    change = simulate_documents(workspace, added, ())
    refused = " ".join(change.refused)
    checks.append(
        DraftCheck(
            check="in-force", ok=not refused, detail=refused or "The engine reads every rule of it."
        )
    )
    wanted = _wanted(workspace, request)
    outcomes = _outcomes(workspace, added, wanted.draft) if wanted.draft else ()
    checks += _purpose(wanted, outcomes, change)
    if wanted.draft:
        checks.append(_latent(workspace, added, wanted.draft, change))
    return _result(text, checks, change, outcomes)


def _read(added: "Cluster", found: ValidationResult) -> Iterator[DraftCheck]:
    policies = [one for one in added.policies if one.kind in KINDS]
    problems = [one.message for one in added.problems if one.severity == "error"]
    others = sum(one.others for one in found.files)
    if problems or others or not policies:
        detail = " ".join(problems) or "It holds something else than policies, or none at all."
        yield DraftCheck(check="parsing", ok=False, detail=detail)
        return
    yield DraftCheck(check="parsing", ok=True, detail=f"{count(len(policies), 'policy')} read.")
    faults = [
        f"{document.key}: {error.message} {error.fix}".strip()
        for file in found.files
        for document in file.documents
        for error in document.errors
    ]
    detail = " ".join(faults[:_SHOWN]) or "Valid, by schema and by parser."
    yield DraftCheck(check="validation", ok=found.valid and not faults, detail=detail)


def _wanted(workspace: Workspace, request: str) -> _Wanted:
    if not request.strip():
        return _Wanted(None, "it was not said what for.")
    try:
        draft = draft_request(workspace, request)
    except TopologyError as error:
        return _Wanted(None, error.message)
    if draft.verified:
        return _Wanted(draft, "")
    reason = draft.question or draft.declined or "what was asked for cannot be proven here."
    return _Wanted(None, reason)


def _outcomes(
    workspace: Workspace, added: "Cluster", draft: DraftResult
) -> tuple[ContractRow, ...]:
    from topology.authoring.contract_check import check
    from topology.authoring.contract_file import read_contract

    contract = read_contract(orjson.dumps(draft.contract).decode()).contract
    after = workspace.network.changed(add=added.policies)
    return outcome_rows(check(after, contract))


def _purpose(
    wanted: _Wanted, outcomes: Sequence[ContractRow], change: SimulationResult
) -> Iterator[DraftCheck]:
    """Yield whether the policy does what was asked, and no more than our own draft would."""
    if wanted.draft is None:
        detail = f"Whether it does what was asked is not verified: {wanted.unread}"
        yield DraftCheck(check="contract", ok=False, detail=detail)
        return
    failed = [row for row in outcomes if not row.met]
    shown = "; ".join(
        f"{row.src} -> {row.dst}{f' {row.port}/{row.proto}' if row.port else ''} must be "
        f"{row.expected} and is {row.found}"
        for row in failed[:_SHOWN]
    )
    detail = f"{shown}." if failed else f"{count(len(outcomes), 'demand')} met, by simulation."
    yield DraftCheck(check="contract", ok=not failed, detail=detail)
    for way, rows, expected in (
        ("opens", change.opened, wanted.draft.opened),
        ("closes", change.closed, wanted.draft.closed),
    ):
        beyond = [row for row in rows if not _covered(row, expected)]
        listed = "; ".join(map(_say, beyond[:_SHOWN]))
        detail = f"It also {way} {listed}." if beyond else f"It {way} nothing beside."
        yield DraftCheck(check=way, ok=not beyond, detail=detail)


def _latent(
    workspace: Workspace, added: "Cluster", draft: DraftResult, change: SimulationResult
) -> DraftCheck:
    """Say whether it lets more through at its own end than our draft, though the other is shut.

    A rule for everybody may open nothing today, and everything once the other end is opened.
    """
    ours = load_text(draft.yaml, name="draft")
    engine = workspace.network.policies
    meant, found = (
        {
            (one.direction, one.end, one.other, str(one.ports))
            for one in engine.loosened(add=[p for p in each.policies if p.kind in NETWORK_KINDS])
        }
        for each in (ours, added)
    )
    beyond = sorted(
        f"{' and '.join(end)} {'to' if direction == 'egress' else 'from'} {' and '.join(other)} "
        f"on {ports}"
        for direction, end, other, ports in found - meant
    )
    if beyond:
        detail = f"At its own end it also lets through {'; '.join(beyond[:_SHOWN])}."
        return DraftCheck(check="latent", ok=False, detail=detail)
    moved = bool(change.opened or change.closed or change.changed)
    mesh = any(one.kind not in NETWORK_KINDS for one in added.policies)
    if mesh and not moved:
        detail = "It changes nothing on this network, so that nothing shows what it would let in."
        return DraftCheck(check="latent", ok=False, detail=detail)
    return DraftCheck(check="latent", ok=True, detail="It lets nothing further through.")


def _covered(row: ChangeRow, expected: Sequence[ChangeRow]) -> bool:
    return any(
        (row.source, row.destination, row.ports, row.after)
        == (one.source, one.destination, one.ports, one.after)
        for one in expected
    )


def _result(
    text: str,
    checks: Sequence[DraftCheck],
    change: SimulationResult | None = None,
    outcomes: tuple[ContractRow, ...] = (),
) -> ProofResult:
    verified = change is not None and all(one.ok for one in checks)
    applicable = change is not None and not change.refused
    shown = DraftArtifact(
        kind=", ".join(sorted({key.partition("/")[0] for key in (*change.added, *change.replaced)}))
        if change
        else "",
        name="policy.yaml",
        content=text.strip() + "\n",
        verified=verified,
        checks=tuple(checks),
    )
    return ProofResult(
        summary=_describe(checks, change, verified=verified),
        not_verified=tuple(f"{one.check}: {one.detail}" for one in checks if not one.ok),
        verified=verified,
        applicable=applicable,
        checks=tuple(checks),
        artifacts=(shown,) if applicable else (),
        opened=change.opened if change else (),
        closed=change.closed if change else (),
        outcomes=outcomes,
    )


def _describe(
    checks: Sequence[DraftCheck], change: SimulationResult | None, *, verified: bool
) -> str:
    lines = [f"{'ok' if one.ok else 'FAILED'}, {one.check}: {one.detail}" for one in checks]
    if change is None:
        head = "The policy cannot be used as it stands."
    elif verified:
        head = "The policy is **verified** by simulation on this network."
    else:
        head = "The policy is **not verified**."
    effects = _effects(change) if change else ""
    return "\n\n".join(part for part in (head, bullets(lines), effects) if part)


def _effects(change: SimulationResult) -> str:
    if not (change.opened or change.closed):
        return "It opens and closes nothing on this network."
    return bullets(
        f"{way}: {'; '.join(map(_say, rows[:_SHOWN]))}"
        + (f"; {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else "")
        for way, rows in (("Opens", change.opened), ("Closes", change.closed))
        if rows
    )


def _say(row: ChangeRow) -> str:
    return f"{quote(row.source)} -> {quote(row.destination)} on {row.ports}"
