"""The tools that write policies: drafted, proven and amended before anyone sees them."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, get_args

from tools.author_text import describe_contract, describe_least_privilege
from tools.draft_results import (
    ContractTest,
    DraftResult,
    draft_result,
    heard_as,
    outcome_rows,
    row_evidence,
    without_draft,
)
from tools.observed import limits_of, seen_in
from tools.spec import tool
from tools.workspace import Workspace
from topology.errors import InvalidQuery

if TYPE_CHECKING:
    from topology.authoring import Intent
    from topology.authoring.contract import Contract, Demand

__all__ = [
    "draft_intent",
    "draft_least_privilege",
    "draft_policy",
    "draft_request",
    "least_privilege_result",
    "read_kind",
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
_REQUESTS = ("as-seen", "ids", "off")
_RESTRICTING = (
    "AuthorizationPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "NetworkPolicy",
)


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
    # The readers of language stand beside this family, and take a while to import.
    least = import_module("tools.intents.least").read_least_privilege(
        workspace.network.names, request
    )
    if least is not None and not layered:
        return least_privilege_result(
            workspace,
            namespace=least.namespace,
            workload=least.workload,
            kind=kind or least.kind or "",
            from_flows=least.from_flows,
        )
    understood = import_module("tools.intents").read_intent(workspace.network, request)
    if understood.question:
        return heard_as(without_draft(request, question=understood.question), understood.heard)
    if understood.declined or not understood.intents:
        reason = understood.declined or "The request names nothing that a policy could say."
        return heard_as(without_draft(request, declined=reason), understood.heard)
    intent = understood.intents[0]
    if len(understood.intents) > 1:
        from topology.authoring.comparison import compare_readings

        readings = compare_readings(workspace.network, understood.intents)
        if readings.question:
            return heard_as(without_draft(request, question=readings.question), understood.heard)
    seen = seen_in(workspace)
    found = draft_intent(
        workspace,
        intent,
        kind=kind,
        request=request,
        layered=layered,
        observed=seen.demands if seen else (),
    )
    return heard_as(found, understood.heard, understood.asides)


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
    workspace: Workspace,
    namespace: str = "",
    workload: str = "",
    kind: str = "",
    from_flows: bool = False,
    requests: Literal["as-seen", "ids", "off"] = "as-seen",
) -> DraftResult:
    """Write the policies that leave workloads nothing but what they are known to need.

    Use it for "write least-privilege policies for everything", "zero trust for namespace shop",
    "write policies from the observed traffic". What is needed is read from the Services that
    environment variables name, from what Services open to the outside, and from flows if wanted.

    Args:
        workspace: The network.
        namespace: Only workloads of this namespace; empty for all but the system's.
        workload: Only this workload, as `namespace/name`.
        kind: Kind of the policies: `CiliumNetworkPolicy` (the default), `NetworkPolicy`, or
            `AuthorizationPolicy` for who may call workloads with a sidecar.
        from_flows: Whether what the workspace's flows show to be used is needed as well.
        requests: How HTTP requests between workloads that flows show limit the rules: `as-seen`,
            method and path; `ids`, with numbers, UUIDs and hashes in paths as segments of any
            value; `off`, not at all.

    Returns:
        The policies with their contract and every check.
    """
    return least_privilege_result(
        workspace,
        namespace=namespace,
        workload=workload,
        kind=kind,
        from_flows=from_flows,
        requests=requests,
    )


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
    from_flows: bool = False,
    requests: str = "as-seen",
) -> DraftResult:
    """Draft least privilege from the Services that workloads name and from what was observed.

    Flows that are not learned from are still held against the draft.

    Raises:
        InvalidQuery: Flows are wanted and the workspace holds none, or the kind cannot say it.
    """
    from topology.authoring.drafting import draft
    from topology.authoring.least_privilege import least_privilege

    if requests not in _REQUESTS:
        message = f"`{requests}` is no way to limit requests."
        raise InvalidQuery(message, hint=f"Write {', '.join(f'`{one}`' for one in _REQUESTS)}.")
    seen = seen_in(workspace, required=from_flows)
    chosen = read_kind(kind) if kind else None
    if chosen and chosen not in _RESTRICTING:
        message = f"`{chosen}` cannot restrict who calls whom."
        hint = "Use `CiliumNetworkPolicy`, `NetworkPolicy` or `AuthorizationPolicy`."
        raise InvalidQuery(message, hint=hint)
    held = (*observed, *(seen.demands if seen else ()))
    if seen is not None and from_flows:
        observed, window = held, window or seen.window
    known = least_privilege(
        workspace.network,
        namespace=namespace,
        workload=workload,
        kind=chosen,
        observed=observed,
        window=window,
        requests=seen.requests if seen and from_flows and requests != "off" else (),
        ids=requests == "ids",
    )
    found = draft(workspace.network, known.intent, observed=held)
    result = draft_result(found, request="least privilege", gaps=known.gaps)
    limits = limits_of(workspace, found, seen) if seen and from_flows else ()
    return result.model_copy(
        update={
            "summary": describe_least_privilege(
                result, known.evidence, window, (*limits, *known.gaps)
            ),
            "notes": (*result.notes, *limits),
        }
    )


def test_contracts(workspace: Workspace, contracts: "Sequence[Contract]") -> ContractTest:
    """Hold contracts against the network."""
    from topology.authoring.contract_check import check

    rows = outcome_rows(
        [outcome for contract in contracts for outcome in check(workspace.network, contract)]
    )
    result = ContractTest(
        summary="",
        evidence=tuple(row_evidence(rows)),
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
