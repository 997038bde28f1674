"""What the tools that write policies answer: drafts and tests of contracts, as data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.author_text import describe_draft, describe_heard, describe_refusal
from tools.simulate import ChangeRow
from tools.spec import Evidence, ToolResult

if TYPE_CHECKING:
    from topology.authoring.contract_check import Outcome
    from topology.authoring.drafting import Attempt, Draft
    from topology.simulation import EndChange

__all__ = [
    "AttemptRow",
    "ContractRow",
    "ContractTest",
    "DraftArtifact",
    "DraftCheck",
    "DraftResult",
    "draft_result",
    "heard_as",
    "outcome_rows",
    "row_evidence",
    "without_draft",
]

_MOST_EVIDENCE = 40


class DraftCheck(BaseModel):
    """One statement about a draft that was computed."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    check: str
    ok: bool
    detail: str


class DraftArtifact(BaseModel):
    """A policy, or the contract that goes with it, as a file."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: str
    """Of the policy, or `contract`."""
    name: str
    """Of the file."""
    content: str
    verified: bool
    checks: tuple[DraftCheck, ...] = ()


class ContractRow(BaseModel):
    """One demand of a contract, with what the network does."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    src: str
    dst: str
    port: int | None = None
    proto: str = "TCP"
    http: str = ""
    """The request that it is about, if it is about one: of HTTP, or `Kafka produce orders`."""
    because: str = ""
    expected: Literal["allow", "deny"]
    found: str
    """`allow`, `deny`, `unknown`, `conditional` (some requests only) or `error`."""
    met: bool
    policy: str | None = None
    rule: str | None = None
    location: str | None = None
    reason: str = ""


class AttemptRow(BaseModel):
    """A draft on the way to the last one."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    yaml: str
    failing: tuple[DraftCheck, ...]
    amended: str
    """What the next attempt does otherwise."""


class DraftResult(ToolResult):
    """Policies that were written, what they are held to, and what was computed about them."""

    request: str = ""
    heard: str = ""
    """How the request was understood, in words; empty where nothing was."""
    verified: bool = False
    artifacts: tuple[DraftArtifact, ...] = ()
    yaml: str = ""
    """All policies as one stream."""
    contract: dict[str, Any] = Field(default_factory=dict)
    """`must_allow` and `must_deny`, as the files of contracts have them."""
    checks: tuple[DraftCheck, ...] = ()
    opened: tuple[ChangeRow, ...] = ()
    closed: tuple[ChangeRow, ...] = ()
    unchanged: int = 0
    flows_now_dropped: tuple[str, ...] = ()
    announced_calls_closed: tuple[str, ...] = ()
    """Calls that workloads name in their environment and that would be closed."""
    requirements: tuple[str, ...] = ()
    """What the cluster must offer for the policies to act."""
    notes: tuple[str, ...] = ()
    attempts: tuple[AttemptRow, ...] = ()
    question: str = ""
    """What must be known first; then nothing was written."""
    declined: str = ""
    """Why the request cannot be met; then nothing is to be applied."""


class ContractTest(ToolResult):
    """A contract held against the network."""

    met: bool
    outcomes: tuple[ContractRow, ...]


def draft_result(found: "Draft", *, request: str = "", gaps: Sequence[str] = ()) -> DraftResult:
    """Return a draft as a result, with its files as artifacts."""
    from topology.authoring.contract_check import say_demand
    from topology.authoring.contract_file import contract_text, contract_to_dict

    if found.declined and not found.documents:
        return without_draft(request, declined=found.declined)
    checks = tuple(
        DraftCheck(check=one.check, ok=one.ok, detail=one.detail) for one in found.checks
    )
    if found.declined:
        checks = (*checks, DraftCheck(check="declined", ok=False, detail=found.declined))
    rows = outcome_rows(found.proof.outcomes)
    change = found.proof.change
    contract = contract_text(found.contract, request=request)
    files = [(one.document.kind, one.file, one.text) for one in found.documents]
    result = DraftResult(
        summary="",
        evidence=tuple(row_evidence(rows)),
        not_verified=(
            *(f"{one.check}: {one.detail}" for one in checks if not one.ok),
            *gaps,
        ),
        request=request,
        verified=found.verified,
        artifacts=(
            *(
                DraftArtifact(
                    kind=kind, name=name, content=text, verified=found.verified, checks=checks
                )
                for kind, name, text in files
            ),
            DraftArtifact(
                kind="contract",
                name="contract.yaml",
                content=contract,
                verified=found.verified,
                checks=checks,
            ),
        ),
        yaml=found.text,
        contract=contract_to_dict(found.contract),
        checks=checks,
        opened=tuple(_change(one) for one in change.opened) if change else (),
        closed=tuple(_change(one) for one in change.closed) if change else (),
        unchanged=change.unchanged if change else 0,
        flows_now_dropped=tuple(say_demand(one.demand) for one in found.proof.dropped),
        announced_calls_closed=found.proof.cut,
        requirements=found.proof.requirements,
        notes=found.notes,
        attempts=tuple(_attempt(one) for one in found.attempts),
        declined=found.declined,
    )
    return result.model_copy(update={"summary": describe_draft(result)})


def without_draft(request: str, *, question: str = "", declined: str = "") -> DraftResult:
    """Return why nothing was written."""
    return DraftResult(
        summary=describe_refusal(question, declined),
        request=request,
        question=question,
        declined=declined,
    )


def heard_as(result: DraftResult, heard: str, asides: Sequence[str] = ()) -> DraftResult:
    """Return a result that says first how its request was understood, and what was no part of it.

    A question back says itself what was not understood.
    """
    if not heard or result.question:
        return result.model_copy(update={"heard": heard})
    summary = f"{describe_heard(heard, asides)}\n\n{result.summary}"
    return result.model_copy(update={"summary": summary, "heard": heard})


def _attempt(attempt: "Attempt") -> AttemptRow:
    return AttemptRow(
        yaml="---\n".join(one.text for one in attempt.documents),
        failing=tuple(
            DraftCheck(check=one.check, ok=one.ok, detail=one.detail)
            for one in attempt.proof.failing
        ),
        amended=attempt.amended,
    )


def _change(change: "EndChange") -> ChangeRow:
    return ChangeRow(
        source=change.source,
        destination=change.destination,
        ports=str(change.ports),
        before=change.before,
        after=change.after,
        layer=change.layer,
    )


def outcome_rows(outcomes: "Sequence[Outcome]") -> tuple[ContractRow, ...]:
    """Return outcomes as rows."""
    return tuple(map(_row, outcomes))


def _row(outcome: "Outcome") -> ContractRow:
    http, kafka = outcome.demand.http, outcome.demand.kafka
    asked = f"{http.method} {http.path}" if http else f"Kafka {kafka}" if kafka else ""
    return ContractRow(
        **{name: value for name, value in outcome.to_dict().items() if name != "layer"},
        http=asked,
        because=outcome.demand.because,
    )


def row_evidence(rows: Sequence[ContractRow]) -> list[Evidence]:
    """Return the policies that decide, those that fall short first."""
    ordered = sorted(rows, key=lambda row: row.met)
    return [
        Evidence(
            claim=f"{row.src} -> {row.dst}: {row.found}",
            source=row.policy or "",
            location=row.location or "",
        )
        for row in ordered[:_MOST_EVIDENCE]
        if row.policy
    ]
