"""Sheets as documents: named, written out as YAML, and read back as anyone else's files are."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from topology.authoring.cilium_text import write_cilium
from topology.authoring.intent import Intent, Nodes, Pods
from topology.authoring.istio_text import with_selector as _with_selector
from topology.authoring.istio_text import (
    write_authorization,
    write_peer_authentication,
    write_request_authentication,
)
from topology.authoring.kubernetes_text import write_kubernetes
from topology.authoring.sheets import Sheet, Side
from topology.authoring.yaml_text import to_yaml
from topology.load import load_text
from topology.model import Document

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Written", "read_back", "write"]

_VERSIONS = {
    "AuthorizationPolicy": "security.istio.io/v1",
    "CiliumClusterwideNetworkPolicy": "cilium.io/v2",
    "CiliumNetworkPolicy": "cilium.io/v2",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PeerAuthentication": "security.istio.io/v1",
    "RequestAuthentication": "security.istio.io/v1",
}
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One policy as it is shown, and as the engines read it."""

    sheet: Sheet | None
    """None for a policy in force that is changed."""
    text: str
    document: Document

    @property
    def key(self) -> str:
        """Return `Kind/namespace/name`."""
        return self.document.key

    @property
    def file(self) -> str:
        """Return the name of a file for it."""
        kind = {"CiliumNetworkPolicy": "cnp", "CiliumClusterwideNetworkPolicy": "ccnp"}
        short = kind.get(self.document.kind, self.document.kind.lower())
        # Names come from files, and must not lead out of the folder.
        parts = (_clean(self.document.namespace), _clean(self.document.name), short)
        return "-".join(part for part in parts if part).replace("..", ".") + ".yaml"


def write(network: "Network", sheets: Iterable[Sheet], intent: Intent) -> tuple[Written, ...]:
    """Write sheets as documents, none of which has the name of a policy that is there already.

    Raises:
        Undraftable: A kind has no way to say what its sheet asks for.
    """
    taken = {one.key for one in network.cluster.policies}
    found = []
    for sheet in sheets:
        named = _in_place(network, sheet) or _named(sheet, intent, taken)
        text = _text(network, named)
        found.append(Written(sheet=named, text=text, document=read_back(text)))
    return tuple(found)


def read_back(text: str) -> Document:
    """Return the policy that a text holds, as a loader of files reads it."""
    policies = load_text(text, name="draft.yaml").policies
    (document,) = policies
    return document


def _text(network: "Network", sheet: Sheet) -> str:
    comments: dict[tuple[str | int, ...], list[str]]
    match sheet.kind:
        case "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy":
            spec, comments = write_cilium(sheet)
        case "NetworkPolicy":
            spec, comments = write_kubernetes(sheet)
        case "AuthorizationPolicy":
            spec, comments = write_authorization(network, sheet)
        case "PeerAuthentication":
            spec, comments = write_peer_authentication(sheet)
        case "RequestAuthentication":
            spec, comments = write_request_authentication(sheet)
    metadata: dict[str, Any] = {"name": sheet.name} | (
        {"namespace": sheet.namespace} if sheet.namespace else {}
    )
    if sheet.dry_run and sheet.kind == "AuthorizationPolicy":
        metadata["annotations"] = {"istio.io/dry-run": "true"}
    document: dict[str, Any] = {
        "apiVersion": _VERSIONS[sheet.kind],
        "kind": sheet.kind,
        "metadata": metadata,
        "spec": spec,
    }
    return to_yaml(document, {**comments, (): [sheet.purpose] if sheet.purpose else []})


def _in_place(network: "Network", sheet: Sheet) -> Sheet | None:
    """Return a sheet with the name of the policy that it takes the place of, if there is one.

    Of several PeerAuthentications for the same pods the oldest counts, so that a second one
    beside it would have no effect.
    """
    if sheet.kind != "PeerAuthentication":
        return None
    wanted = _with_selector(sheet).get("selector")
    for document in network.mesh_documents:
        if (document.kind, document.namespace) == (sheet.kind, sheet.namespace):
            spec = document.body.get("spec") or {}
            if (spec.get("selector") or None) == wanted:
                purpose = (
                    f"Takes the place of the policy of this name, whose mode is {_mode(spec)}."
                )
                return replace(sheet, name=document.name, purpose=purpose)
    return None


def _mode(spec: Mapping[str, Any]) -> str:
    mtls = spec.get("mtls")
    return str(mtls.get("mode", "UNSET")) if isinstance(mtls, Mapping) else "UNSET"


def _named(sheet: Sheet, intent: Intent, taken: set[str]) -> Sheet:
    name = sheet.name or _clean(intent.name) or _name(sheet)
    space = f"{sheet.namespace}/" if sheet.namespace else ""
    chosen, number = name, 1
    while f"{sheet.kind}/{space}{chosen}" in taken:
        chosen = f"{name}-allow" if number == 1 else f"{name}-allow-{number}"
        number += 1
    taken.add(f"{sheet.kind}/{space}{chosen}")
    return replace(sheet, name=chosen)


def _name(sheet: Sheet) -> str:
    """Return a name that says whom a policy is about and what it does."""
    subject = _subject(sheet)
    if sheet.kind == "PeerAuthentication":
        # Istio's own name for the mode of a whole namespace.
        return f"{subject}-mtls" if subject else "default"
    if sheet.kind == "RequestAuthentication":
        return f"{subject or 'all'}-tokens"
    every: tuple[Side, ...] = ("ingress", "egress")
    sides = [side for side in every if sheet.side(side) is not None]
    rules = [rule for side in sides for rule in sheet.side(side) or ()]
    what: str = sides[0] if len(sides) == 1 else ""
    if not rules:
        return "-".join(part for part in (subject, "default-deny", what) if part)
    if all(rule.deny for rule in rules):
        what = f"deny-{what}" if what else "deny"
    if not subject:
        subject = "default-deny" if sheet.closed else sheet.namespace or "all-pods"
    return "-".join(part for part in (subject, what) if part)


def _subject(sheet: Sheet) -> str:
    if isinstance(sheet.subject, Nodes):
        return _clean("-".join(("nodes", *(v for t in sheet.subject.labels for v in t.values))))
    if sheet.subject.workload:
        return _clean(sheet.subject.workload.partition("/")[2])
    return _clean("-".join(_values(sheet.subject)))


def _values(pods: Pods) -> Iterable[str]:
    for test in pods.labels:
        yield "-".join(test.values) if test.operator == "In" else test.key.rpartition("/")[2]
    if not pods.labels and pods.namespace_labels:
        yield from (value for test in pods.namespace_labels for value in test.values)


def _clean(text: str) -> str:
    """Return a text as a name of an object."""
    clean = re.sub(r"[^a-z0-9.-]+", "-", text.lower())[:_LONGEST_NAME]
    return re.sub(r"^[^a-z0-9]+|[^a-z0-9]+$", "", clean)
