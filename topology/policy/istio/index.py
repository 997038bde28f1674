"""Every Istio policy of a cluster, and which of them concern a pod."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from typing import Literal

from topology.model import Cluster, Document, Location, Pod, Problem
from topology.policy.istio.mesh import MeshSettings, read_settings
from topology.policy.istio.parse import parse_policy
from topology.policy.istio.peer_authentication import EffectiveMode, PeerAuthentications
from topology.policy.istio.protocols import PortProtocols, PortUse
from topology.policy.istio.requests import Caller
from topology.policy.istio.rules import AuthorizationPolicy
from topology.policy.istio.selection import (
    GATEWAY_NAME,
    MANAGED_BY,
    name_of,
    selects,
    selects_labels,
)
from topology.policy.istio.sidecars import ProxyState, proxy_state
from topology.policy.istio.token_rules import TokenRule, read_token_rules
from topology.policy.istio.truth import Truth
from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget, RangeTarget

__all__ = ["MeshSelection", "PolicyIndex"]

_ADDRESS_ATTRIBUTES = frozenset({"source.ip", "remote.ip", "destination.ip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSelection:
    """An Istio policy that selects a pod."""

    policy: str
    """`Kind/namespace/name`."""
    action: str
    """ALLOW, DENY, AUDIT or CUSTOM; the mode of a PeerAuthentication; `JWT` for a
    RequestAuthentication."""
    enforced: bool
    """False where it only logs, or where the pod carries no proxy."""
    rules: int
    location: Location


_Parsed = tuple[Document, AuthorizationPolicy | None, tuple[Problem, ...]]


class PolicyIndex:
    """AuthorizationPolicy, PeerAuthentication and RequestAuthentication of one cluster."""

    def __init__(
        self,
        cluster: Cluster,
        settings: MeshSettings,
        documents: tuple[Document, ...],
        problems: tuple[Problem, ...],
        *,
        like: "PolicyIndex | None" = None,
    ) -> None:
        self.cluster = cluster
        self.settings = settings
        found = list(problems)
        # Documents are never changed, so each is parsed once however many indexes hold it.
        self._parsed: dict[int, _Parsed] = like._parsed if like else {}
        self._classes: dict[int, tuple[Pod, Hashable]] = {}
        self._by_namespace: dict[str, list[AuthorizationPolicy]] = defaultdict(list)
        for document in sorted(documents, key=lambda one: (one.namespace, one.name)):
            if document.kind == "AuthorizationPolicy":
                policy, faults = self._parse(document)
                found += faults
                if policy:
                    self._by_namespace[document.namespace].append(policy)
        self._authentications = [each for each in documents if each.kind == "RequestAuthentication"]
        self._modes = PeerAuthentications(documents, root_namespace=settings.root_namespace)
        # What pods and Services tell is the same whatever the policies.
        self._protocols: PortProtocols = like._protocols if like else PortProtocols(cluster)
        self._states: dict[str, ProxyState] = like._states if like else {}
        self._class_keys = _ClassKeys(self._policies(), documents)
        self.problems: tuple[Problem, ...] = (*found, *_client_side_problems(cluster))

    def _parse(self, document: Document) -> tuple[AuthorizationPolicy | None, tuple[Problem, ...]]:
        known = self._parsed.get(id(document))
        if known is None:
            # The document is kept with it, so that no other can get its identity.
            known = self._parsed[id(document)] = (document, *parse_policy(document))
        return known[1:]

    @classmethod
    def build(
        cls,
        cluster: Cluster,
        *,
        policies: Iterable[Document] | None = None,
        settings: MeshSettings | None = None,
    ) -> "PolicyIndex":
        """Read the policies of a cluster.

        Args:
            cluster: Pods, namespaces and Services; and the policies, unless given.
            policies: Instead of `cluster.policies`; other kinds among them are left aside.
            settings: Instead of those that the mesh's ConfigMap in the input tells.
        """
        found, problems = read_settings(cluster)
        documents = tuple(cluster.policies if policies is None else policies)
        return cls(cluster, settings or found, documents, problems)

    def under(self, policies: Iterable[Document]) -> "PolicyIndex":
        """Return the index of the same cluster under other policies."""
        return PolicyIndex(self.cluster, self.settings, tuple(policies), (), like=self)

    @cached_property
    def is_absent(self) -> bool:
        """Return whether nothing of Istio is in the input: no policy, no proxy, no namespace."""
        if not self._class_keys.is_idle or self.settings.root_namespace in self.cluster.namespaces:
            return False
        return not any(self.state(pod).present for pod in self.cluster.pods)

    def state(self, pod: Pod) -> ProxyState:
        """Return whether a pod carries a proxy, and how that is known."""
        known = self._states.get(pod.full_name)
        if known is None:
            known = self._states[pod.full_name] = proxy_state(self.cluster, pod)
        return known

    def authorization_policies(self, pod: Pod) -> tuple[AuthorizationPolicy, ...]:
        """Return the AuthorizationPolicies that select a pod, the root namespace's first."""
        root = self.settings.root_namespace
        return tuple(
            policy
            for namespace in dict.fromkeys((root, pod.namespace))
            for policy in self._by_namespace.get(namespace, ())
            if selects(policy, pod, root_namespace=root)
        )

    @cached_property
    def policies(self) -> Mapping[str, AuthorizationPolicy]:
        """Return every AuthorizationPolicy that could be read, by `Kind/namespace/name`."""
        return {policy.key: policy for policy in self._policies()}

    def denials_elsewhere(self, pod: Pod) -> tuple[AuthorizationPolicy, ...]:
        """Return the policies that deny a whole namespace, but not that of a pod.

        They are often written in the belief that they cover the mesh.
        """
        return tuple(
            policy
            for policy in self._namespace_denials
            if policy.namespace not in (self.settings.root_namespace, pod.namespace)
        )

    @cached_property
    def _namespace_denials(self) -> tuple[AuthorizationPolicy, ...]:
        return tuple(
            policy
            for policy in self._policies()
            if policy.action == "ALLOW"
            and policy.enforced
            and not (policy.rules or policy.selector or policy.target_refs)
        )

    def is_selected(self, document: Document, pod: Pod) -> bool:
        """Return whether an Istio policy of any kind is about a pod."""
        if document.namespace not in (self.settings.root_namespace, pod.namespace):
            return False
        if document.kind == "AuthorizationPolicy":
            policy = self.policies.get(document.key)
            return policy is not None and selects(
                policy, pod, root_namespace=self.settings.root_namespace
            )
        return selects_labels(_selector(document), pod)

    def request_authentications(self, pod: Pod) -> tuple[Document, ...]:
        """Return the RequestAuthentications that select a pod."""
        scopes = (self.settings.root_namespace, pod.namespace)
        return tuple(
            document
            for document in self._authentications
            if document.namespace in scopes and selects_labels(_selector(document), pod)
        )

    def token_rules(self, pod: Pod) -> tuple[TokenRule, ...]:
        """Return which tokens the proxy of a pod looks for."""
        return read_token_rules(self.request_authentications(pod))

    def mode(self, pod: Pod, port: int | None) -> EffectiveMode:
        """Return the mutual TLS mode of a port of a pod, and what set it."""
        return self._modes.mode(pod, port)

    def port_use(self, pod: Pod, port: int | None) -> PortUse:
        """Return what the proxy of a pod takes one of its ports to speak."""
        return self._protocols.use(pod, port)

    def caller(
        self, source: PodTarget | AddressTarget | RangeTarget | DnsTarget | EntityTarget
    ) -> Caller:
        """Return who a source is to the proxies of the mesh."""
        if isinstance(source, PodTarget):
            return self._pod_caller(source.pod)
        outside = "it is outside the mesh, so it presents no certificate"
        if isinstance(source, AddressTarget):
            return Caller(name=str(source), addresses=(ip_network(source.address),), reason=outside)
        if isinstance(source, RangeTarget):
            return Caller(name=str(source), addresses=(source.network,), reason=outside)
        return Caller(name=str(source), reason=outside)

    def selecting(self, pod: Pod) -> tuple[MeshSelection, ...]:
        """Return the Istio policies that select a pod, sorted."""
        carries = self.state(pod).present is not False
        found = [
            MeshSelection(
                policy=policy.key,
                action=policy.action,
                enforced=carries and policy.enforced,
                rules=len(policy.rules),
                location=policy.locate(""),
            )
            for policy in self.authorization_policies(pod)
        ]
        mode = self.mode(pod, None)
        if mode.policy and mode.location:
            found.append(_selection(mode.policy, mode.mode, carries, mode.location))
        found += [
            _selection(document.key, "JWT", carries, document.source.at(""))
            for document in self.request_authentications(pod)
        ]
        return tuple(sorted(found, key=lambda one: one.policy))

    def class_of(self, pod: Pod) -> Hashable:
        """Return a key that pods share for which every question has the same answer."""
        known = self._classes.get(id(pod))
        if known is None:
            known = self._classes[id(pod)] = (pod, self._class_of(pod))
        return known[1]

    def _class_of(self, pod: Pod) -> Hashable:
        state = self.state(pod)
        if self._class_keys.is_idle:
            return state.present
        return (
            pod.namespace,
            pod.service_account,
            state.present,
            state.ambient,
            self._class_keys.of(pod),
            self._protocols.names(pod),
            tuple(sorted((k, v) for k, v in pod.annotations.items() if "istio.io/" in k)),
        )

    def _pod_caller(self, pod: Pod) -> Caller:
        state = self.state(pod)
        addresses = tuple(ip_network(address) for address in pod.addresses)
        principal = f"{self.settings.trust_domain}/ns/{pod.namespace}/sa/{pod.service_account}"
        identity: str | Literal[Truth.UNKNOWN] | None = principal
        if not state.present and not state.ambient:
            identity = Truth.UNKNOWN if state.present is None else None
        return Caller(
            name=name_of(pod), addresses=addresses, principal=identity, reason=state.reason
        )

    def _policies(self) -> list[AuthorizationPolicy]:
        return [policy for found in self._by_namespace.values() for policy in found]


class _ClassKeys:
    """What of a pod the policies can tell apart: labels they select by, and their IP blocks."""

    def __init__(
        self, policies: Iterable[AuthorizationPolicy], documents: Iterable[Document]
    ) -> None:
        self._labels = {GATEWAY_NAME, MANAGED_BY}
        blocks: set[str] = set()
        idle = True
        for policy in policies:
            idle = False
            self._labels |= set(policy.selector)
            for rule in policy.rules:
                for test in rule.tests:
                    if test.attribute in _ADDRESS_ATTRIBUTES:
                        blocks |= set(test.values)
        for document in documents:
            if document.kind in ("PeerAuthentication", "RequestAuthentication"):
                idle = False
                self._labels |= set(_selector(document))
        networks = [ip_network(block, strict=False) for block in sorted(blocks)]
        # As numbers, which are compared ten times as fast for all the pods of a cluster.
        self._blocks = [
            (one.version, int(one.network_address), int(one.netmask)) for one in networks
        ]
        self.is_idle = idle
        """Whether there is no policy at all, so that only the presence of a proxy can differ."""

    def of(self, pod: Pod) -> Hashable:
        labels = tuple(sorted((k, v) for k, v in pod.labels.items() if k in self._labels))
        inside = tuple(
            tuple(
                address.version == version and int(address) & mask == first
                for version, first, mask in self._blocks
            )
            for address in pod.addresses
        )
        return labels, inside if self._blocks else ()


def _selection(policy: str, action: str, enforced: bool, location: Location) -> MeshSelection:
    return MeshSelection(
        policy=policy, action=action, enforced=enforced, rules=1, location=location
    )


def _selector(document: Document) -> dict[str, str]:
    spec = document.body.get("spec")
    selector = spec.get("selector") if isinstance(spec, dict) else None
    labels = selector.get("matchLabels") if isinstance(selector, dict) else None
    return {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}


def _client_side_problems(cluster: Cluster) -> tuple[Problem, ...]:
    """Say that the clients' side of mutual TLS is taken as Istio's default."""
    count = cluster.kinds.get("DestinationRule", 0)
    if not count:
        return ()
    return (
        Problem(
            severity="warning",
            code="istio-destination-rules",
            message=f"The input holds {count} DestinationRule(s), which are not evaluated but for "
            "a TLS mode that they set for a whole Service or one of its ports.",
            hint="Otherwise sidecars are taken to use mutual TLS among themselves, the default.",
        ),
    )
