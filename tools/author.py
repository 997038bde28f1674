"""The tools that write policies: drafted, proven and amended before anyone sees them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from tools.author_text import (
    describe_contract,
    describe_draft,
    describe_least_privilege,
    describe_refusal,
)
from tools.simulate import ChangeRow
from tools.spec import Evidence, ToolResult, tool
from tools.workspace import Workspace
from topology.errors import InvalidQuery

if TYPE_CHECKING:
    from topology.authoring import Intent
    from topology.authoring.contract import Contract, Demand
    from topology.authoring.contract_check import Outcome
    from topology.authoring.drafting import Draft

__all__ = [
    "AttemptRow",
    "ContractRow",
    "ContractTest",
    "DraftArtifact",
    "DraftCheck",
    "DraftResult",
    "draft_intent",
    "draft_least_privilege",
    "draft_policy",
    "draft_request",
    "least_privilege_result",
    "test_contract",
    "test_contracts",
]

KINDS = {
    "ap": "AuthorizationPolicy",
    "authorizationpolicy": "AuthorizationPolicy",
    "ccnp": "CiliumClusterwideNetworkPolicy",
    "ciliumclusterwidenetworkpolicy": "CiliumClusterwideNetworkPolicy",
    "ciliumnetworkpolicy": "CiliumNetworkPolicy",
    "cnp": "CiliumNetworkPolicy",
    "networkpolicy": "NetworkPolicy",
    "netpol": "NetworkPolicy",
    "pa": "PeerAuthentication",
    "peerauthentication": "PeerAuthentication",
    "ra": "RequestAuthentication",
    "requestauthentication": "RequestAuthentication",
}
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


@tool(effect="propose")
def draft_policy(
    workspace: Workspace, request: str, kind: str = "", layered: bool = False
) -> DraftResult:
    """Write the policy that a request asks for, proven on this network before it is shown.

    Use it for "write a policy that ...", "only X may call Y on 8080", "lock down namespace prod
    but keep DNS", "allow egress to *.example.com only", "require mTLS in billing".

    Args:
        workspace: The network.
        request: What shall be allowed or denied, in the person's own words.
        kind: Kind of the policy, such as `CiliumNetworkPolicy`; empty to choose what fits.
        layered: Whether network policy, mesh policy and mutual TLS shall work together.

    Returns:
        The policies with their contract and every check; or a question back, or why it cannot be.
    """
    return draft_request(workspace, request, kind=kind, layered=layered)


def draft_request(
    workspace: Workspace, request: str, *, kind: str = "", layered: bool = False
) -> DraftResult:
    """Do what `draft_policy` does.

    Raises:
        InvalidQuery: There is no such kind.
    """
    from tools.intents import read_intent

    understood = read_intent(workspace.network, request)
    if understood.question:
        return _without_draft(request, question=understood.question)
    if understood.declined or not understood.intents:
        reason = understood.declined or "The request names nothing that a policy could say."
        return _without_draft(request, declined=reason)
    intent = understood.intents[0]
    return draft_intent(workspace, intent, kind=kind, request=request, layered=layered)


@tool()
def test_contract(workspace: Workspace, contract: str) -> ContractTest:
    """Hold a contract against the network: what must be allowed, and what must be denied.

    Args:
        workspace: The network.
        contract: YAML or JSON with `must_allow` and `must_deny`, each a list of
            `{src, dst, port, proto, http}`.

    Returns:
        Each demand with the verdict and the rule that decides it.
    """
    from topology.authoring.contract_file import read_contract

    return test_contracts(workspace, [read_contract(contract).contract])


@tool(effect="propose")
def draft_least_privilege(
    workspace: Workspace, namespace: str = "", workload: str = "", kind: str = ""
) -> DraftResult:
    """Write the policies that leave workloads nothing but what they are known to need.

    Use it for "write least-privilege policies for everything", "zero trust for namespace shop".
    What is needed is read from the Services that environment variables name, and from what
    Services open to the outside.

    Args:
        workspace: The network.
        namespace: Only workloads of this namespace; empty for all but the system's.
        workload: Only this workload, as `namespace/name`.
        kind: Kind of the policies: `CiliumNetworkPolicy` (the default) or `NetworkPolicy`.

    Returns:
        The policies with their contract and every check.
    """
    return least_privilege_result(workspace, namespace=namespace, workload=workload, kind=kind)


def draft_intent(
    workspace: Workspace,
    intent: "Intent",
    *,
    kind: str = "",
    request: str = "",
    layered: bool = False,
    observed: "Sequence[Demand]" = (),
) -> DraftResult:
    """Draft an intent that was understood already.

    Raises:
        InvalidQuery: There is no such kind.
    """
    from dataclasses import replace

    from topology.authoring.drafting import draft

    if kind:
        intent = replace(intent, kinds=(read_kind(kind),))
    if layered:
        intent = replace(intent, layered=True)
    found = draft(workspace.network, intent, observed=observed)
    return draft_result(found, request=request or intent.request)


def least_privilege_result(
    workspace: Workspace,
    *,
    namespace: str = "",
    workload: str = "",
    kind: str = "",
    observed: "Sequence[Demand]" = (),
    window: str = "",
) -> DraftResult:
    """Draft least privilege from the Services that workloads name and from what was observed."""
    from topology.authoring.drafting import draft
    from topology.authoring.least_privilege import least_privilege

    chosen = read_kind(kind) if kind else None
    if chosen and not chosen.endswith("NetworkPolicy"):
        message = f"`{chosen}` cannot restrict what workloads call."
        raise InvalidQuery(message, hint="Use `CiliumNetworkPolicy` or `NetworkPolicy`.")
    known = least_privilege(
        workspace.network,
        namespace=namespace,
        workload=workload,
        kind=chosen,
        observed=observed,
        window=window,
    )
    found = draft(workspace.network, known.intent, observed=observed)
    result = draft_result(found, request="least privilege", gaps=known.gaps)
    return result.model_copy(
        update={"summary": describe_least_privilege(result, known.evidence, window)}
    )


def test_contracts(workspace: Workspace, contracts: "Sequence[Contract]") -> ContractTest:
    """Hold contracts against the network."""
    from topology.authoring.contract_check import check

    rows = tuple(
        _row(outcome) for contract in contracts for outcome in check(workspace.network, contract)
    )
    result = ContractTest(
        summary="",
        evidence=tuple(_evidence(rows)),
        met=all(row.met for row in rows),
        outcomes=rows,
    )
    return result.model_copy(update={"summary": describe_contract(result)})


def read_kind(text: str) -> Any:
    """Return the kind of policy that a person means.

    Raises:
        InvalidQuery: There is no such kind.
    """
    from topology.authoring.intent import Kind

    found = KINDS.get(text.strip().lower())
    if found is None:
        message = f"`{text}` is no kind of policy."
        raise InvalidQuery(message, hint=f"Use one of {', '.join(get_args(Kind))}.")
    return found


def draft_result(found: "Draft", *, request: str = "", gaps: Sequence[str] = ()) -> DraftResult:
    """Return a draft as a result, with its files as artifacts."""
    from topology.authoring.contract_check import say_demand
    from topology.authoring.contract_file import contract_text, contract_to_dict

    if found.declined and not found.documents:
        return _without_draft(request, declined=found.declined)
    checks = tuple(
        DraftCheck(check=one.check, ok=one.ok, detail=one.detail) for one in found.checks
    )
    if found.declined:
        checks = (*checks, DraftCheck(check="declined", ok=False, detail=found.declined))
    rows = tuple(_row(one) for one in found.proof.outcomes)
    change = found.proof.change
    contract = contract_text(found.contract, request=request)
    files = [(one.document.kind, one.file, one.text) for one in found.documents]
    result = DraftResult(
        summary="",
        evidence=tuple(_evidence(rows)),
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
        requirements=found.proof.requirements,
        notes=found.notes,
        attempts=tuple(_attempt(one) for one in found.attempts),
        declined=found.declined,
    )
    return result.model_copy(update={"summary": describe_draft(result)})


def _without_draft(request: str, *, question: str = "", declined: str = "") -> DraftResult:
    return DraftResult(
        summary=describe_refusal(question, declined),
        request=request,
        question=question,
        declined=declined,
    )


def _attempt(attempt: Any) -> AttemptRow:
    return AttemptRow(
        yaml="---\n".join(one.text for one in attempt.documents),
        failing=tuple(
            DraftCheck(check=one.check, ok=one.ok, detail=one.detail)
            for one in attempt.proof.failing
        ),
        amended=attempt.amended,
    )


def _change(change: Any) -> ChangeRow:
    return ChangeRow(
        source=change.source,
        destination=change.destination,
        ports=str(change.ports),
        before=change.before,
        after=change.after,
        layer=change.layer,
    )


def _row(outcome: "Outcome") -> ContractRow:
    http = outcome.demand.http
    return ContractRow(
        **{name: value for name, value in outcome.to_dict().items() if name != "layer"},
        http=f"{http.method} {http.path}" if http else "",
        because=outcome.demand.because,
    )


def _evidence(rows: Sequence[ContractRow]) -> list[Evidence]:
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
