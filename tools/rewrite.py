"""Tools that write policies otherwise: converted, merged, split, tightened, or migrated."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches

from tools.observed import seen_in
from tools.rewrite_text import describe
from tools.rewritten import RewriteResult, artifacts_of, check_rows, edit_rows
from tools.spec import Evidence, tool
from tools.workspace import Workspace
from topology.authoring.calico_migration import migrate_calico
from topology.authoring.contract import Demand
from topology.authoring.contract_file import read_contract
from topology.authoring.conversion import convert
from topology.authoring.flow_effects import flow_effect
from topology.authoring.impact import applied
from topology.authoring.merging import SplitBy, can_merge, merge, split
from topology.authoring.mesh_tightening import why_not
from topology.authoring.migration import migrate
from topology.authoring.rewriting import Rewriting
from topology.authoring.tightening import tighten
from topology.authoring.usage import announced, wishes_for
from topology.errors import AmbiguousName, InvalidQuery, UnknownName
from topology.load import load_text
from topology.model import Document
from topology.paths import Network, parse_http, parse_port
from topology.policy.reading import KINDS

__all__ = [
    "convert_policies",
    "merge_policies",
    "migrate_policies",
    "split_policy",
    "tighten_policies",
]

_USED = re.compile(
    r"(?P<source>.+?)\s*->\s*(?P<destination>\S+)(?:\s+(?:on\s+)?(?P<port>[^\s/]+(?:/\w+)?))??"
    r"(?:\s+(?P<http>[A-Z]+\s+/\S*))?"
)
_NAMED = "Write it as `Kind/namespace/name`, such as `NetworkPolicy/shop/web`."
_WAYS: tuple[SplitBy, ...] = ("subject", "direction", "peer")
_TARGETS = {
    "ciliumnetworkpolicy": "CiliumNetworkPolicy",
    "cnp": "CiliumNetworkPolicy",
    "networkpolicy": "NetworkPolicy",
    "netpol": "NetworkPolicy",
}


@tool(effect="propose")
def convert_policies(
    workspace: Workspace, to: str, policies: Sequence[str] = (), text: str = ""
) -> RewriteResult:
    """Convert NetworkPolicies to CiliumNetworkPolicies or back, and prove that they are equal.

    Equality is proven on the cluster and on pods made to hit and just miss every selector. What
    the other kind cannot express is refused with the field named. Nothing is written.

    Args:
        workspace: The network.
        to: `ciliumnetworkpolicy` or `networkpolicy`.
        policies: Policies as `Kind/namespace/name` or by name; empty for every one that can be.
        text: Policies as YAML instead.

    Returns:
        The converted policies, the proof, and what could not be expressed.
    """
    target = _TARGETS.get(to.strip().lower().replace("-", ""))
    if target is None:
        message = f"`{to}` is no kind that policies can be converted to."
        raise InvalidQuery(message, hint="Write `ciliumnetworkpolicy` or `networkpolicy`.")
    documents = _documents(workspace, policies, text)
    if not policies and not text:
        documents = [one for one in documents if one.kind in KINDS and one.kind != target]
    network = _with(workspace, documents)
    found = convert(network, documents, to=target)
    return _result(workspace, network, found, f"converted to {target}", documents)


@tool(effect="propose")
def merge_policies(
    workspace: Workspace, policies: Sequence[str] = (), text: str = ""
) -> RewriteResult:
    """Merge policies of one kind with the same subject into one, and prove that it is equal.

    Args:
        workspace: The network.
        policies: Policies as `Kind/namespace/name` or by name; empty for all that share a subject.
        text: Policies as YAML instead.

    Returns:
        The merged policies, those that are taken away, and the proof.
    """
    documents = _documents(workspace, policies, text)
    if not policies:
        documents = [one for one in documents if can_merge(one)]
    network = _with(workspace, documents)
    return _result(workspace, network, merge(network, documents), "merged", documents)


@tool(effect="propose")
def split_policy(
    workspace: Workspace, policy: str, by: str = "direction", text: str = ""
) -> RewriteResult:
    """Split one policy into several that do the same together, with the proof.

    Args:
        workspace: The network.
        policy: The policy as `Kind/namespace/name` or by name.
        by: `direction` (ingress and egress apart), `peer`, or `subject`.
        text: Policies as YAML, of which one is split, instead of those of the network.

    Returns:
        The new policies and the proof.
    """
    chosen = next((one for one in _WAYS if one == by.strip().lower()), None)
    if chosen is None:
        message = f"`{by}` is nothing to split by."
        raise InvalidQuery(message, hint=f"Write {', '.join(f'`{one}`' for one in _WAYS)}.")
    documents = _documents(workspace, [policy] if policy else [], text)
    if len(documents) != 1:
        message = f"{len(documents)} policies are given, and one is split at a time."
        raise InvalidQuery(message, hint="Name one as `Kind/namespace/name`.")
    network = _with(workspace, documents)
    found = split(network, documents[0], by=chosen)
    return _result(workspace, network, found, f"split by {chosen}", documents)


@tool(effect="propose")
def tighten_policies(
    workspace: Workspace,
    policies: Sequence[str] = (),
    used: Sequence[str] = (),
    text: str = "",
    contract: str = "",
) -> RewriteResult:
    """Cut over-broad policies down to the connections that are used, with what closes.

    Network policies are cut down to peers and ports, an Istio AuthorizationPolicy to callers, ports
    and, where every use is known by its request, methods and paths.

    Args:
        workspace: The network.
        policies: Policies as `Kind/namespace/name` or by name; empty for every network policy and
            every AuthorizationPolicy that allows.
        used: Connections that must stay open, each as `SRC -> DST PORT`, such as
            `shop/web -> shop/cart 8080/TCP`, or with a request, `web -> cart 8080 GET /items`.
            Empty takes what environment variables and exposed Services announce, and what the
            workspace's flows show.
        text: Policies as YAML instead.
        contract: A contract as YAML or JSON, whose `must_allow` is what must stay open.

    Returns:
        The tightened policies, everything that closes, and the proof that what is used stays open.
    """
    documents = _documents(workspace, policies, text)
    if not policies:
        documents = [one for one in documents if one.kind in KINDS or _is_allowing(one)]
    network = _with(workspace, documents)
    given = _demands(network, used, contract)
    seen = None if given else seen_in(workspace)
    demands = given
    likely = () if given else announced(network.cluster)
    if seen is not None:
        demands = seen.demands
    if not demands and not likely:
        message = "Nothing says which connections are used, so everything would be closed."
        hint = "Give them with `used`, or workloads whose environment names what they call."
        raise InvalidQuery(message, hint=hint)
    found = tighten(network, documents, demands, likely=likely)
    if seen is not None:
        when = f" ({seen.window})" if seen.window else ""
        notes = (
            "Used is what environment variables and exposed Services announce and what the flows "
            f"show{when}; what happens less often was not seen and would be stopped.",
            *seen.left_out,
        )
        found = replace(found, notes=(*notes, *found.notes))
    elif not given:
        notes = (
            "Used is what environment variables and exposed Services announce; a call that none of "
            "them names would be stopped. Give observed connections with `used` to be sure.",
        )
        found = replace(found, notes=(*notes, *found.notes))
    return _result(workspace, network, found, "tightened", documents)


@tool(effect="propose")
def migrate_policies(
    workspace: Workspace, policies: Sequence[str] = (), text: str = ""
) -> RewriteResult:
    """Make policies written for Azure NPM or Calico mean the same under Cilium.

    An ipBlock on addresses of pods or Services becomes selectors of the workloads behind them, one
    on nodes becomes entities, a Service's port becomes the pods' port. Policies of
    `projectcalico.org/v3` are converted where their meaning can be expressed.

    Args:
        workspace: The network.
        policies: Policies as `Kind/namespace/name` or by name; empty for every NetworkPolicy.
        text: Policies as YAML instead, Calico's among them.

    Returns:
        The changed policies with the reason for each change, the proof, and what is refused.
    """
    documents = [*_documents(workspace, policies, text, required=not text)]
    documents = [one for one in documents if one.kind == "NetworkPolicy"]
    network = _with(workspace, documents)
    found = migrate(network, documents) if documents else Rewriting(outcome="nothing-to-do")
    if text:
        found = migrate_calico(network, text, found)
    return _result(workspace, network, found, "migrated to Cilium", documents)


def _is_allowing(document: Document) -> bool:
    return document.kind == "AuthorizationPolicy" and not why_not(document)


def _demands(network: Network, used: Sequence[str], contract: str) -> tuple[Demand, ...]:
    """Return the connections that a person says are used.

    Raises:
        InvalidQuery: One is not written as a connection, or means nothing in this network. Left
            out, it would be closed, and the proof would not miss it.
    """
    demands = tuple(_demand(line) for line in used)
    if contract:
        demands += read_contract(contract, name="contract").contract.must_allow
    _, faults = wishes_for(network, demands)
    if faults:
        message = f"What is used cannot be kept open: {faults[0]}"
        raise InvalidQuery(message, hint="Correct it, or leave it out to have it closed.")
    return demands


def _demand(line: str) -> Demand:
    found = _USED.fullmatch(line.strip())
    if found is None:
        message = f"`{line}` is no connection."
        raise InvalidQuery(message, hint="Write it as `shop/web -> shop/cart 8080/TCP`.")
    port = parse_port(found["port"]) if found["port"] else None
    if port is not None and port.number is None:
        message = f"`{found['port']}` in `{line}` is a port's name."
        raise InvalidQuery(message, hint="Give its number.")
    return Demand(
        source=found["source"],
        destination=found["destination"],
        port=port.number if port else None,
        protocol=port.protocol if port else "TCP",
        http=parse_http(found["http"]) if found["http"] else None,
        because="it is used",
    )


def _documents(
    workspace: Workspace, names: Sequence[str], text: str, *, required: bool = True
) -> list[Document]:
    """Return the policies that are meant.

    Raises:
        UnknownName: No policy has a name.
        AmbiguousName: Several have.
        InvalidQuery: The text holds none.
    """
    known = workspace.cluster.policies
    if text:
        known = load_text(text, name="given").policies
        if not known and required:
            message = "The text holds no policy."
            raise InvalidQuery(message, hint=f"Give a {', '.join(KINDS)}.")
    if not names:
        return list(known)
    return [_named(known, name.strip()) for name in names]


def _named(known: Iterable[Document], name: str) -> Document:
    found = [
        one
        for one in known
        if name in (one.key, one.name, f"{one.namespace}/{one.name}", f"{one.kind}/{one.name}")
    ]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"Several policies are called `{name}`."
        raise AmbiguousName(message, candidates=tuple(one.key for one in found))
    message = f"There is no policy `{name}`."
    keys = [one.key for one in known]
    close = get_close_matches(name, keys, n=3, cutoff=0.5)
    raise UnknownName(message, nearest=tuple(close), hint="" if close else _NAMED)


def _with(workspace: Workspace, documents: Sequence[Document]) -> Network:
    """Return the network with some policies in force, those of a text among them."""
    known = {one.key: one for one in workspace.cluster.policies}
    if all(known.get(one.key) is one for one in documents):
        return workspace.network
    known.update({one.key: one for one in documents})
    cluster = replace(
        workspace.cluster, policies=tuple(sorted(known.values(), key=lambda one: one.key))
    )
    return Network.build(cluster, profile=workspace.profile)


def _result(
    workspace: Workspace,
    network: Network,
    found: Rewriting,
    verb: str,
    documents: Sequence[Document],
) -> RewriteResult:
    observation = workspace.observation if found.edits else None
    effect = None
    if observation is not None:
        effect = flow_effect(network, applied(network, found.edits), observation)
        found = replace(found, checks=(*found.checks, effect.check))
    rows, manuscripts = edit_rows(found.edits)
    result = RewriteResult(
        summary="",
        evidence=tuple(
            Evidence(claim=f"is {verb}", source=one.key, location=str(one.source.at()))
            for one in documents
            if any(edit.key == one.key for edit in found.edits)
        ),
        not_verified=tuple(
            f"{check.check}: {check.detail}" for check in found.checks if not check.ok
        ),
        outcome=found.outcome,
        edits=rows,
        artifacts=artifacts_of(manuscripts, found.checks, verified=found.verified),
        checks=check_rows(found.checks),
        opened=found.opened,
        closed=found.closed,
        flows_now_dropped=effect.dropped if effect else (),
        notes=tuple(
            dict.fromkeys(
                (*found.notes, *found.differences, *(workspace.unread_flows if effect else ()))
            )
        ),
        refused=tuple(map(str, found.refusals)),
        verified=found.verified,
    )
    return result.model_copy(update={"summary": describe(result, verb)})
