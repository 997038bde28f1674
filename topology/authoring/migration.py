"""Policies written for Azure NPM or Calico, made to mean under Cilium what they meant there.

Azure NPM lets an ipBlock mean whatever has the address, pods and nodes included. Cilium knows pods
and nodes by identity, and an ipBlock never means them. Source: AKS, "Migrate from Azure NPM to
Cilium network policy".
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from topology.authoring.checks import Check
from topology.authoring.conversion import to_cilium_policy
from topology.authoring.edits import Edit, new_document, removed
from topology.authoring.handles import end_of, kubernetes_peer
from topology.authoring.impact import refusals
from topology.authoring.proposals import used_keys
from topology.authoring.rewriting import Refusal, Rewriting
from topology.model import Cluster, Document, Network, Pod, Service, Workload
from topology.paths import Network as Engines
from topology.policy.engine import PolicyEngine
from topology.services import backends, service_backends
from topology.targets import PodTarget

__all__ = ["migrate"]

_SHOWN = 5
_WAYS = (("ingress", "from"), ("egress", "to"))
_NODES = ("host", "remote-node")


def migrate(network: Engines, documents: Sequence[Document]) -> Rewriting:
    """Rewrite NetworkPolicies whose meaning changes when Cilium takes over, and prove it on pods.

    Args:
        network: The cluster, whose addresses tell what an ipBlock covers.
        documents: The policies; those that need no change are left as they are.
    """
    edits: list[Edit] = []
    refused: list[Refusal] = []
    notes: list[str] = []
    for document in documents:
        if document.kind != "NetworkPolicy" or not document.api_version.startswith("networking"):
            why = "only Kubernetes NetworkPolicies are migrated here."
            refused.append(Refusal(policy=document.key, path="kind", why=why))
            continue
        work = _Migration(network.cluster, document)
        edits += work.edits()
        notes += work.notes
    if not edits:
        outcome = "refused" if refused else "nothing-to-do"
        return Rewriting(outcome=outcome, refusals=tuple(refused), notes=tuple(notes))  # type: ignore[arg-type]
    checks = _checks(network, edits)
    return Rewriting(
        outcome="done" if all(check.ok for check in checks) else "not-equal",
        edits=tuple(edits),
        refusals=tuple(refused),
        notes=tuple(dict.fromkeys(notes)),
        checks=checks,
    )


class _Migration:
    """One policy, peer by peer."""

    def __init__(self, cluster: Cluster, document: Document) -> None:
        self.notes: list[str] = []
        self._cluster = cluster
        self._document = document
        self._what: list[str] = []
        self._nodes: list[str] = []
        """Rules that mean nodes, which only Cilium's own policies can name."""

    def edits(self) -> list[Edit]:
        """Return what takes the policy's place; nothing where it means the same under Cilium."""
        body = copy.deepcopy(dict(self._document.body))
        spec = body.get("spec") or {}
        with_nodes: list[tuple[str, int]] = []
        for way, side in _WAYS:
            for number, rule in enumerate(spec.get(way) or ()):
                if not isinstance(rule, dict):
                    continue
                path = f"spec.{way}[{number}]"
                if self._peers(rule, side, path):
                    with_nodes.append((way, number))
                self._ports(rule, side, way, path)
            rules = spec.get(way) or []
            if not with_nodes and self._what:
                spec[way] = [one for place, one in enumerate(rules) if one not in rules[:place]]
        if not self._what:
            return []
        after = replace(self._document, body=body)
        if not with_nodes:
            return [Edit(before=self._document, after=after, what=tuple(self._what))]
        return self._as_cilium(after, with_nodes)

    def _as_cilium(self, after: Document, with_nodes: Sequence[tuple[str, int]]) -> list[Edit]:
        """Return the policy as one of Cilium's, with rules for the nodes."""
        converted = to_cilium_policy(after)
        for way, number in with_nodes:
            side = "from" if way == "ingress" else "to"
            rule = (after.body["spec"][way])[number]
            alone = replace(
                after,
                body={
                    **after.body,
                    "spec": {
                        "podSelector": {},
                        "policyTypes": [way.title()],
                        way: [{key: value for key, value in rule.items() if key != side}],
                    },
                },
            )
            for ports in to_cilium_policy(alone)["spec"][way]:
                kept = {key: value for key, value in ports.items() if key == "toPorts"}
                converted["spec"][way].append({f"{side}Entities": list(_NODES), **kept})
        self._what.append("make it a CiliumNetworkPolicy, as only that can name nodes")
        added = new_document(converted)
        edit = replace(added, what=tuple(self._what))
        return [removed(self._document, "replace it by a CiliumNetworkPolicy"), edit]

    def _peers(self, rule: dict[str, Any], side: str, path: str) -> bool:
        """Rewrite the ipBlocks of a rule; return whether nodes are meant."""
        nodes = False
        kept: list[Any] = []
        for number, peer in enumerate(rule.get(side) or ()):
            block = peer.get("ipBlock") if isinstance(peer, Mapping) else None
            if not isinstance(block, Mapping):
                kept.append(peer)
                continue
            where = f"{path}.{side}[{number}].ipBlock"
            more, covers_nodes, needless = self._block(block, where)
            if covers_nodes:
                nodes = True
                self._what.append(f"name the nodes that `{block.get('cidr')}` covers (`{where}`)")
            if not needless:
                kept.append(peer)
            for one in more:
                if one not in kept:
                    kept.append(one)
        if rule.get(side):
            rule[side] = kept
        return nodes

    def _block(
        self, block: Mapping[str, Any], where: str
    ) -> tuple[list[dict[str, Any]], bool, bool]:
        """Return peers for the pods in a block, whether it holds nodes, and if it is needless."""
        covered = _Covered(block)
        if covered.network is None:
            return [], False, False
        own = self._document.namespace
        every = [one for one in self._cluster.pods if not one.host_network and one.running]
        pods = [one for one in every if covered.any(one.addresses)]
        # With holes outside the cluster it still means every pod that there is.
        everything = not covered.network.prefixlen and len(pods) == len(every)
        peers: list[dict[str, Any]] = []
        if everything:
            peers = [{"namespaceSelector": {}}]
            self._say(where, block, "every pod of the cluster")
            self.notes.append(
                f"If `{where}` was meant for the internet alone, leave the policy as it is: under "
                "Cilium it then means just that."
            )
        elif pods:
            peers = list(self._selectors(pods, own, where, block))
        services: list[Service] = []
        if ".to[" in where and not everything:
            # Nothing is ever sent from the address of a Service.
            services = [one for one in self._cluster.services if covered.any(one.cluster_ips)]
        for service in services:
            peers += self._of_service(service, own, where)
        nodes = any(covered.any(node.addresses) for node in self._cluster.nodes)
        single = covered.network.num_addresses == 1
        return peers, nodes or everything, single and bool(pods or services or nodes)

    def _say(self, where: str, block: Mapping[str, Any], whom: str) -> None:
        self._what.append(f"select {whom} instead of by `{block.get('cidr')}` (`{where}`)")
        self.notes.append(
            f"`{where}` of {self._document.key}: Azure NPM lets `{block.get('cidr')}` mean pods; "
            "under Cilium an ipBlock never does, so that traffic would be dropped."
        )

    def _selectors(
        self, pods: Sequence[Pod], own: str, where: str, block: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield a selector for each workload that owns some pods."""
        owners: dict[tuple[str, str, str], list[Pod]] = {}
        for pod in pods:
            owners.setdefault((pod.namespace, pod.workload_kind, pod.workload), []).append(pod)
        for (namespace, kind, name), found in owners.items():
            workload = next(
                (
                    one
                    for one in self._cluster.workloads
                    if (one.namespace, one.kind, one.name) == (namespace, kind, name)
                ),
                None,
            )
            if workload is None:
                continue
            if len(found) < len(workload.pods):
                self.notes.append(
                    f"`{where}` covers {len(found)} of the {len(workload.pods)} pods of "
                    f"`{workload.full_name}`; addresses of pods change, so all are selected."
                )
            peer = self._peer_of(workload, own)
            if peer is not None:
                self._say(where, block, f"`{workload.full_name}`")
                yield peer

    def _peer_of(self, workload: Workload, own: str) -> dict[str, Any] | None:
        end = end_of(
            self._cluster,
            None,
            workload.pods,
            workload.full_name,
            used=used_keys(self._cluster),
        )
        return kubernetes_peer(end, own) if end is not None else None

    def _of_service(self, service: Service, own: str, where: str) -> Iterator[dict[str, Any]]:
        """Yield selectors for what stands behind a Service whose address a block covers."""
        pods = backends(self._cluster, service)
        if not pods:
            return
        self.notes.append(
            f"`{where}` names the address of Service `{service.full_name}`; Cilium decides after "
            "the Service has been resolved, so the policy must name its backends."
        )
        block = {"cidr": ", ".join(map(str, service.cluster_ips))}
        yield from self._selectors(pods, own, where, block)

    def _ports(self, rule: dict[str, Any], side: str, way: str, path: str) -> None:
        """Turn ports of Services into those of the pods behind them, where they are meant."""
        for number, entry in enumerate(rule.get("ports") or ()):
            if not isinstance(entry, dict) or not isinstance(entry.get("port"), int):
                continue
            pods = self._destinations(rule, side, way)
            protocol = entry.get("protocol") or "TCP"
            offered = {(port.number, port.protocol) for pod in pods for port in pod.ports}
            if not offered or (entry["port"], protocol) in offered:
                continue
            targets = self._targets(pods, entry["port"], protocol)
            if len(targets) == 1:
                (target,) = targets
                where = f"{path}.ports[{number}]"
                self._what.append(f"write {target} instead of {entry['port']} in `{where}`")
                self.notes.append(
                    f"`{where}` of {self._document.key} names the Service's port {entry['port']}; "
                    f"policies see the pod's port, {target}."
                )
                entry["port"] = target

    def _targets(self, pods: Sequence[Pod], port: int, protocol: str) -> set[int]:
        names = {pod.full_name for pod in pods}
        return {
            backend.port
            for service in self._cluster.services
            for route in service_backends(self._cluster, service, port=port, protocol=protocol)
            for backend in route.backends
            if backend.pod is not None and backend.pod.full_name in names
        }

    def _destinations(self, rule: Mapping[str, Any], side: str, way: str) -> list[Pod]:
        """Return the pods that a rule is about as destinations."""
        spec = self._document.body.get("spec") or {}
        if way == "ingress":
            selectors = [({"podSelector": spec.get("podSelector") or {}})]
        else:
            selectors = [one for one in rule.get(side) or () if "ipBlock" not in one]
        return [
            pod
            for pod in self._cluster.pods
            if any(_selects(one, pod, self._document.namespace) for one in selectors)
        ]


def _selects(peer: Mapping[str, Any], pod: Pod, home: str) -> bool:
    """Return whether a peer with plain labels selects a pod; anything else is left alone."""
    pods = peer.get("podSelector") or {}
    spaces = peer.get("namespaceSelector")
    if pods.get("matchExpressions") or (spaces or {}).get("matchExpressions"):
        return False
    if spaces is None and pod.namespace != home:
        return False
    names = ((spaces or {}).get("matchLabels") or {}).items()
    if names and names != {"kubernetes.io/metadata.name": pod.namespace}.items():
        return False
    return bool((pods.get("matchLabels") or {}).items() <= pod.labels.items())


class _Covered:
    """The addresses of a block, less its exceptions."""

    def __init__(self, block: Mapping[str, Any]) -> None:
        self.network = _network(block.get("cidr"))
        self._holes = [_network(one) for one in block.get("except") or ()]

    def any(self, addresses: Sequence[Any]) -> bool:
        """Return whether one of some addresses is covered."""
        return any(
            self.network is not None
            and address in self.network
            and not any(hole is not None and address in hole for hole in self._holes)
            for address in addresses
        )


def _network(value: Any) -> Network | None:
    try:
        return ip_network(str(value), strict=False)
    except ValueError:
        return None


def _checks(network: Engines, edits: Sequence[Edit]) -> tuple[Check, ...]:
    """Prove that pods reach under Cilium what they reach under plain Kubernetes semantics."""
    documents = [edit.after for edit in edits if edit.after is not None]
    faults = refusals(documents, network.policies.profile)
    # Alone in force, so that no other policy hides a difference.
    old = [edit.before for edit in edits if edit.before is not None]
    plain = PolicyEngine.build(network.cluster, profile="kubernetes", policies=old)
    after = PolicyEngine.build(
        network.cluster, profile=network.policies.profile, policies=documents
    )
    lost: list[str] = []
    kinds = _kinds(network.cluster, plain, after)
    for source in kinds:
        for destination in kinds:
            if source is destination:
                continue
            ends = PodTarget(source), PodTarget(destination)
            was = plain.open_ports(*ends).allowed
            new = after.open_ports(*ends).allowed
            for word, gone in (("not any more", was - new), ("only now", new - was)):
                offered = [
                    port for port in destination.ports if gone.contains(port.protocol, port.number)
                ]
                if offered or (gone and not destination.ports):
                    shown = ", ".join(f"{one.number}/{one.protocol}" for one in offered) or gone
                    lost.append(
                        f"`{source.full_name}` -> `{destination.full_name}` on {shown}, {word}"
                    )
    return (
        Check(
            check="validation",
            ok=not faults,
            detail=" ".join(faults)
            or "Nothing in them would be refused by the API server, Cilium or Istio.",
        ),
        Check(
            check="same-for-pods",
            ok=not lost,
            detail=f"Otherwise than under Azure NPM: {'; '.join(lost[:_SHOWN])}."
            if lost
            else "Between all pods of the cluster, the ports that they declare are as open under "
            "Cilium as under Azure NPM.",
        ),
    )


def _kinds(cluster: Cluster, plain: PolicyEngine, after: PolicyEngine) -> list[Pod]:
    """Return a pod of each workload that either engine tells apart."""
    found: dict[tuple[object, ...], Pod] = {}
    for pod in cluster.pods:
        if pod.running and not pod.host_network:
            key = (
                pod.namespace,
                pod.workload,
                plain.class_of(pod),
                after.class_of(pod),
            )
            found.setdefault(key, pod)
    return list(found.values())
