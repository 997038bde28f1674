"""An AuthorizationPolicy cut down to the callers, ports and requests that are used.

Rule by rule: what is used of it is asked of the engine, with the rule alone in force. Then its
callers become the identities of those who use it, its ports those on which they do, and, where
every use is known by its request, its methods and paths those of the requests. Everything else
that a rule says (hosts, tokens, addresses, `not...`, `when`) stays, so that the new rule is always
a part of the old one.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from topology.authoring.edits import Edit, entry_at
from topology.authoring.learned_requests import is_listable
from topology.authoring.mesh_impact import mesh_changes
from topology.authoring.wishes import Wish
from topology.model import Document, Pod
from topology.paths import Network
from topology.policy.istio import MeshPolicies
from topology.policy.ports import PortSet
from topology.targets import PodTarget

__all__ = ["KIND", "principal_of", "tightened_authorization", "why_not"]

KIND = "AuthorizationPolicy"
Body = dict[str, Any]
_UNDECLARED = PortSet.of("TCP", 1)
_IDENTITIES = ("principals", "namespaces", "serviceAccounts")


def why_not(document: Document) -> str:
    """Return why an AuthorizationPolicy cannot be tightened; empty if it can."""
    spec = document.body.get("spec") or {}
    action = spec.get("action") or "ALLOW"
    if action != "ALLOW":
        return f"its action is {action}, and only what is allowed can be cut down to what is used."
    if spec.get("targetRef") or spec.get("targetRefs"):
        return "it is attached to a gateway or Service, whose callers no workload stands for."
    return ""


def principal_of(network: Network, pod: Pod) -> str | None:
    """Return the identity that a pod proves, as policies write it; None where it proves none."""
    found = network.mesh.caller(PodTarget(pod)).principal
    return found.removeprefix("spiffe://") if isinstance(found, str) else None


def tightened_authorization(
    network: Network, document: Document, used: Sequence[Wish]
) -> tuple[Edit | None, tuple[str, ...]]:
    """Return a policy cut down to what is used, None if there is nothing to cut, and notes.

    Args:
        network: As it is.
        document: An AuthorizationPolicy that allows.
        used: Every connection, or request, that must stay open.
    """
    rules = entry_at(document.body, "spec.rules")
    if not isinstance(rules, list) or not rules:
        return None, ()
    index = network.mesh.index
    chosen = [pod for pod in network.cluster.pods if index.is_selected(document, pod)]
    doubtful = next((pod for pod in chosen if index.state(pod).present is not True), None)
    if doubtful is not None:
        name = f"{doubtful.namespace}/{doubtful.workload or doubtful.name}"
        note = f"{document.key} is left alone: whether `{name}` has a sidecar is not certain."
        return None, (note,)
    guarded = {pod.full_name for pod in chosen}
    about = [
        wish
        for wish in used
        if any(pod.full_name in guarded for party in wish.destinations for pod in party.pods)
    ]
    work = _Tightening(network, document, about)
    kept = [new for number, rule in enumerate(rules) for new in work.tightened(number, rule)]
    body = copy.deepcopy(dict(document.body))
    body["spec"]["rules"] = [one for place, one in enumerate(kept) if one not in kept[:place]]
    if body == document.body:
        return None, tuple(work.notes)
    after = replace(document, body=body)
    return Edit(before=document, after=after, what=tuple(work.what)), tuple(work.notes)


class _Tightening:
    """One policy, rule by rule."""

    def __init__(self, network: Network, document: Document, used: Sequence[Wish]) -> None:
        self.notes: list[str] = []
        self.what: list[str] = []
        self._network = network
        self._document = document
        self._used = used
        others = [one for one in network.mesh_documents if one.kind != KIND]
        self._others = tuple(others)

    def tightened(self, number: int, rule: Any) -> list[Body]:
        """Return what is left of a rule."""
        path = f"spec.rules[{number}]"
        old = dict(rule) if isinstance(rule, Mapping) else {}
        served = self._served(old, self._used)
        if not served:
            self.what.append(f"drop `{path}`, which nothing used needs")
            return []
        new = list(self._narrowed(path, old, served))
        kept = [wish for wish in served if any(self._served(one, [wish]) for one in new)]
        if len(kept) < len(served) or not self._closes(old, new):
            return [old]
        count = f"{len(served)} used connection{'' if len(served) == 1 else 's'}"
        self.what.append(f"narrow `{path}` to {count}")
        return new

    def _narrowed(self, path: str, rule: Body, served: Sequence[Wish]) -> Iterator[Body]:
        """Yield the parts of a rule that are used, callers of the same requests together."""
        callers = [self._callers(wish) for wish in served]
        unnamed = next((one for one, names in zip(served, callers, strict=True) if not names), None)
        groups: list[tuple[list[str], list[Body]]] = []
        if unnamed is not None:
            self.notes.append(
                f"`{path}` of {self._document.key} keeps its callers: `{unnamed.sources[0].name}` "
                "uses it, and proves no identity that could be named."
            )
            groups.append(([], self._operations(rule, served)))
        else:
            for name in dict.fromkeys(one for names in callers for one in names):
                own = [one for one, names in zip(served, callers, strict=True) if name in names]
                operations = self._operations(rule, own)
                known = next((one for one in groups if one[1] == operations), None)
                if known is not None:
                    known[0].append(name)
                else:
                    groups.append(([name], operations))
        for names, operations in groups:
            sources = self._sources(rule, names)
            rest = {key: value for key, value in rule.items() if key not in ("from", "to")}
            yield {
                **({"from": [{"source": one} for one in sources]} if sources else {}),
                **({"to": [{"operation": one} for one in operations]} if operations else {}),
                **copy.deepcopy(rest),
            }

    def _callers(self, wish: Wish) -> tuple[str, ...]:
        """Return the identities of the pods that a use comes from; empty where one has none."""
        pods = [pod for party in wish.sources for pod in party.pods]
        names = [principal_of(self._network, pod) for pod in pods]
        found = tuple(dict.fromkeys(name for name in names if name))
        return found if pods and None not in names else ()

    def _sources(self, rule: Mapping[str, Any], names: Sequence[str]) -> list[Body]:
        """Return the sources of a rule, each with just the identities that it admits of some.

        Without any identities they are returned as they are.
        """
        written = _items(rule, "from", "source")
        if not names:
            return written
        found: list[tuple[Body, list[str]]] = []
        for source in written or [{}]:
            alone: Body = {"from": [{"source": source}]}
            admitted = [name for name in names if self._admits(alone, name)]
            rest = {key: value for key, value in source.items() if key not in _IDENTITIES}
            known = next((one for one in found if one[0] == rest), None)
            if known is not None:
                known[1].extend(name for name in admitted if name not in known[1])
            elif admitted:
                found.append((rest, admitted))
        return [{**rest, "principals": sorted(admitted)} for rest, admitted in found]

    def _admits(self, rule: Body, name: str) -> bool:
        """Return whether a rule lets an identity in that uses something."""
        return any(self._served(rule, [wish]) for wish in self._used if name in self._callers(wish))

    def _operations(self, rule: Mapping[str, Any], served: Sequence[Wish]) -> list[Body]:
        """Return the operations of a rule, each with just the ports and requests that are used."""
        found: list[Body] = []
        for operation in _items(rule, "to", "operation") or [{}]:
            alone: Body = {"to": [{"operation": operation}]} if operation else {}
            admitted = self._served(alone, served)
            found += [one for one in _narrowed_to(operation, admitted) if one not in found]
        return [one for one in found if one]

    def _served(self, rule: Body, among: Iterable[Wish]) -> list[Wish]:
        """Return the uses that a rule lets in by itself."""
        mesh = self._alone([rule])
        return [wish for wish in among if _allows(mesh, wish)]

    def _with(self, rules: Sequence[Body]) -> Document:
        body = copy.deepcopy(dict(self._document.body))
        body["spec"]["rules"] = copy.deepcopy(list(rules))
        return replace(self._document, body=body)

    def _alone(self, rules: Sequence[Body]) -> MeshPolicies:
        return self._network.mesh.under((*self._others, self._with(rules)))

    def _closes(self, old: Body, new: Sequence[Body]) -> bool:
        """Return whether other rules in the place of one close anything."""
        before, after = self._with([old]), self._with(new)
        network = self._network
        was, will = (
            Network(network.cluster, network.policies, network.mesh.under(documents), documents)
            for documents in ((*self._others, before), (*self._others, after))
        )
        edits = [Edit(before=before, after=after, what=())]
        # A port that nothing declares stands for all that a rule without ports leaves open.
        changes = mesh_changes(was, will, edits, ports=_UNDECLARED)
        return bool(changes.incomplete) or any(not row.opens for row in changes.rows)


def _items(rule: Mapping[str, Any], outer: str, inner: str) -> list[Body]:
    written = rule.get(outer)
    items = written if isinstance(written, list) else []
    return [dict((item or {}).get(inner) or {}) for item in items if isinstance(item, Mapping)]


def _narrowed_to(operation: Body, used: Sequence[Wish]) -> Iterator[Body]:
    """Yield an operation with the ports of some uses, and their requests where all are known."""
    if not used:
        return
    ports = sorted({wish.port for wish in used if wish.port is not None})
    narrow = dict(operation)
    if all(wish.port is not None for wish in used):
        narrow["ports"] = [str(port) for port in ports]
    requests = [wish.http for wish in used if wish.http is not None]
    if len(requests) < len(used):
        yield narrow
        return
    paths: dict[str, set[str]] = {}
    for request in requests:
        paths.setdefault(request.path.partition("?")[0], set()).add(request.method)
    if not is_listable(paths):
        yield {**narrow, "methods": sorted({request.method for request in requests})}
        return
    grouped: dict[tuple[str, ...], list[str]] = {}
    for path, methods in sorted(paths.items()):
        grouped.setdefault(tuple(sorted(methods)), []).append(path)
    for shared, listed in sorted(grouped.items()):
        yield {**narrow, "methods": list(shared), "paths": listed}


def _allows(mesh: MeshPolicies, wish: Wish) -> bool:
    """Return whether the mesh lets every pair of a use through, some requests of it at least."""
    verdicts = {
        mesh.decide(
            pod, port=wish.port, protocol=wish.protocol, source=source.target, http=wish.http
        ).verdict
        for source in wish.sources
        for party in wish.destinations
        for pod in party.pods[:1]
    }
    return verdicts == {"allow"}
