"""What an Istio policy comes to in the cluster that it stands in: scope, proxies, ports, modes.

Source: the same rules by which this package decides; IST0101 and IST0127 of `istioctl analyze`.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property

from topology.model import Cluster, Document, Pod
from topology.policy.istio.bodies import mapping, spec_of
from topology.policy.istio.complaints import Complaints
from topology.policy.istio.identities import matches_namespace
from topology.policy.istio.index import PolicyIndex
from topology.policy.istio.mesh import ADDON_NAMESPACE, DEFAULT_NAMESPACE
from topology.policy.istio.rules import AuthorizationPolicy, Rule, Test
from topology.policy.istio.selection import is_gateway, name_of, role_of
from topology.policy.validation import Finding, in_order

__all__ = ["Situations"]

_IDENTITIES = frozenset(
    {"source.principal", "source.namespace", "source.serviceAccount", "source.trustDomain"}
)
_KINDS = ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")
_NAMED = 3
"""How many workloads a sentence names."""


class Situations:
    """Looks at every Istio policy of a cluster in its place."""

    def __init__(self, cluster: Cluster, index: PolicyIndex) -> None:
        self._cluster = cluster
        self._index = index
        self._root = index.settings.root_namespace

    def find(self, document: Document) -> tuple[Finding, ...]:
        """Return what is likely not meant about one policy of the cluster."""
        if document.kind not in _KINDS:
            return ()
        complaints = Complaints(document)
        pods = self._selected(document)
        self._check_scope(complaints, document, pods)
        _CHECKS[document.kind](self, complaints, document, pods)
        return in_order(complaints.found)

    @cached_property
    def _classes(self) -> Mapping[Hashable, Pod]:
        """Return one pod for each kind of pods that the mesh can tell apart."""
        found: dict[Hashable, Pod] = {}
        for pod in self._cluster.pods:
            found.setdefault(self._index.class_of(pod), pod)
        return found

    @cached_property
    def _by_namespace(self) -> Mapping[str, list[Pod]]:
        found: dict[str, list[Pod]] = {}
        for pod in self._classes.values():
            found.setdefault(pod.namespace, []).append(pod)
        return found

    def _selected(self, document: Document) -> list[Pod]:
        """Return one pod of each kind that a policy selects: of its own namespace, or of any."""
        near: Iterable[Pod] = self._by_namespace.get(document.namespace, ())
        if document.namespace == self._root:
            near = self._classes.values()
        return [pod for pod in near if self._index.is_selected(document, pod)]

    def _check_scope(self, complaints: Complaints, document: Document, pods: list[Pod]) -> None:
        """Check that a policy reaches any workload, and that it stands where it was meant to."""
        spec = spec_of(document.body)
        has_selector = bool(mapping(mapping(spec.get("selector")).get("matchLabels")))
        namespace = document.namespace
        usual = namespace in (DEFAULT_NAMESPACE, ADDON_NAMESPACE)
        if usual and namespace != self._root and not spec.get("targetRefs"):
            complaints.doubt(
                "root-namespace",
                "metadata.namespace",
                f"`{namespace}` is not this mesh's root namespace, so the policy covers the "
                "workloads of that namespace only, not the mesh.",
                f"Put it into `{self._root}`.",
            )
        elif not pods and (has_selector or namespace != self._root) and not spec.get("targetRefs"):
            complaints.doubt(
                "no-workload",
                "spec.selector.matchLabels" if has_selector else "metadata.namespace",
                f"No workload in {self._place(namespace)} is selected by it.",
                "Compare the selector with the labels of the pods, not of their Deployment."
                if has_selector
                else "Put it into the namespace of the workloads.",
            )
        bare = [pod for pod in pods if self._index.state(pod).present is False]
        if bare and len(bare) == len(pods):
            complaints.doubt(
                "no-sidecar",
                "spec",
                f"None of the workloads that it selects carries a sidecar ({_names(bare)}: "
                f"{self._index.state(bare[0]).reason}), so nothing enforces it.",
                "Inject sidecars: on AKS by the namespace label `istio.io/rev=asm-...`.",
            )

    def _place(self, namespace: str) -> str:
        return "the mesh" if namespace == self._root else f"namespace `{namespace}`"

    def _check_authorization(
        self, complaints: Complaints, document: Document, pods: list[Pod]
    ) -> None:
        policy = self._index.policies.get(document.key)
        if policy is None:
            return
        guarded = [pod for pod in pods if self._index.state(pod).present is not False]
        for rule in policy.rules:
            self._check_identities(complaints, policy, rule, guarded)
            self._check_forwarded(complaints, policy, rule, guarded)
            for test in rule.tests:
                self._check_namespaces(complaints, test)
        self._check_tcp(complaints, policy, guarded)
        known = self._index.settings.providers
        if policy.action == "CUSTOM" and known is not None and policy.provider not in known:
            complaints.doubt(
                "unknown-provider",
                "spec.provider.name",
                f"The mesh defines no authorizer `{policy.provider}`, so every request that the "
                "policy matches is denied.",
                f"Add it to `extensionProviders` in {self._index.settings.origin}.",
            )

    def _check_identities(
        self, complaints: Complaints, policy: AuthorizationPolicy, rule: Rule, pods: list[Pod]
    ) -> None:
        """Check for a DENY by identity that a caller escapes by sending plaintext."""
        tests = [each for each in rule.tests if each.attribute in _IDENTITIES and not each.negated]
        open_pods = [pod for pod in pods if self._index.mode(pod, None).mode != "STRICT"]
        if policy.action != "DENY" or not tests or not open_pods:
            return
        complaints.doubt(
            "deny-by-identity",
            tests[0].path,
            f"{_names(open_pods)} accepts plaintext, and a plaintext caller has no identity: it "
            "passes by this DENY rule.",
            'Set a PeerAuthentication to STRICT, or add a DENY rule with `notPrincipals: ["*"]`.',
        )

    def _check_forwarded(
        self, complaints: Complaints, policy: AuthorizationPolicy, rule: Rule, pods: list[Pod]
    ) -> None:
        """Check for client addresses that the caller itself can write."""
        tests = [each for each in rule.tests if each.attribute == "remote.ip"]
        sidecars = [pod for pod in pods if role_of(pod) == "sidecar" and not is_gateway(pod)]
        if not tests or not sidecars or policy.action not in ("ALLOW", "DENY"):
            return
        complaints.doubt(
            "forwarded-address",
            tests[0].path,
            f"The sidecar of {_names(sidecars)} takes the client's address from the last entry of "
            "X-Forwarded-For, which every caller inside the mesh can write.",
            "Check client addresses at the gateway, or use `ipBlocks` for the peer's own.",
        )

    def _check_namespaces(self, complaints: Complaints, test: Test) -> None:
        if test.attribute != "source.namespace":
            return
        for index, value in enumerate(test.values):
            peers = (f"any/ns/{name}/sa/any" for name in self._cluster.namespaces)
            if not any(matches_namespace(value, peer) for peer in peers):
                complaints.doubt(
                    "missing-namespace",
                    f"{test.path}[{index}]",
                    f"There is no namespace `{value}` in what was loaded.",
                    "Check the spelling, or create the namespace first.",
                )

    def _check_tcp(
        self, complaints: Complaints, policy: AuthorizationPolicy, pods: list[Pod]
    ) -> None:
        """Check for HTTP fields on ports where the proxy reads no HTTP."""
        rules = [rule for rule in policy.rules if any(test.http_only for test in rule.tests)]
        if not rules or policy.action not in ("ALLOW", "DENY"):
            return
        ports = sorted(
            {
                (name_of(pod), port.number, self._index.port_use(pod, port.number).reason)
                for pod in pods
                for port in pod.ports
                if port.protocol == "TCP" and _concerns(rules, port.number)
                if self._index.port_use(pod, port.number).application == "tcp"
            }
        )
        if not ports:
            return
        name, number, reason = ports[0]
        effect = (
            "admits nothing there"
            if policy.action == "ALLOW"
            else "denies there without looking at them"
        )
        complaints.doubt(
            "http-on-tcp",
            rules[0].path,
            f"Port {number} of `{name}` is no HTTP to the proxy ({reason}), so a rule with HTTP "
            f"fields {effect}.",
            "Name the Service's port `http-...` or set `appProtocol: http`; or name the HTTP ports "
            "in `to.operation.ports`.",
        )

    def _check_modes(self, complaints: Complaints, document: Document, pods: list[Pod]) -> None:
        spec = spec_of(document.body)
        selector = mapping(mapping(spec.get("selector")).get("matchLabels"))
        if selector and document.namespace == self._root:
            complaints.doubt(
                "ignored-in-root",
                "spec.selector",
                "In the root namespace a PeerAuthentication with a selector is ignored.",
                "Put it into the namespace of the workloads, or remove the selector.",
            )
        winners = {self._index.mode(pod, None).policy for pod in pods}
        rival = next((each for each in winners if each and self._is_rival(each, document)), None)
        if rival:
            complaints.doubt(
                "not-oldest",
                "spec",
                f"{rival} covers the same workloads and is older, so this one does not count.",
                "Keep one of them.",
            )
        offered = {port.number for pod in pods for port in pod.ports}
        for port in mapping(spec.get("portLevelMtls")):
            if offered and str(port).isdecimal() and int(port) not in offered:
                complaints.doubt(
                    "not-a-pod-port",
                    f"spec.portLevelMtls.{port}",
                    f"No selected pod declares port {port}: the number is the pod's, not the "
                    "Service's.",
                    f"Write one of {', '.join(str(each) for each in sorted(offered))}.",
                )

    def _is_rival(self, key: str, document: Document) -> bool:
        """Return whether another policy of the same scope took a policy's place."""
        other = next((each for each in self._cluster.policies if each.key == key), None)
        if other is None or other.key == document.key or other.namespace != document.namespace:
            return False
        return bool(_selector_of(other)) == bool(_selector_of(document))

    def _check_tokens(self, complaints: Complaints, document: Document, pods: list[Pod]) -> None:
        lax = [
            pod
            for pod in pods
            if self._index.state(pod).present is not False
            and not any(_asks_for_token(one) for one in self._index.authorization_policies(pod))
        ]
        if lax:
            complaints.doubt(
                "token-optional",
                "spec.jwtRules",
                f"A request to {_names(lax)} without any token passes: no AuthorizationPolicy asks "
                "for one.",
                'Add a DENY policy with `notRequestPrincipals: ["*"]`.',
            )


def _concerns(rules: list[Rule], port: int) -> bool:
    """Return whether any of some rules is about a port."""
    for rule in rules:
        for operation in rule.operations or (None,):
            tests = operation.tests if operation else ()
            named = [test for test in tests if test.attribute == "destination.port"]
            if all((str(port) in test.values) != test.negated for test in named):
                return True
    return False


def _asks_for_token(policy: AuthorizationPolicy) -> bool:
    return policy.enforced and any(
        test.attribute.startswith("request.auth.") for rule in policy.rules for test in rule.tests
    )


def _selector_of(document: Document) -> Mapping[str, str]:
    return mapping(mapping(spec_of(document.body).get("selector")).get("matchLabels"))


def _names(pods: list[Pod]) -> str:
    names = sorted({f"`{pod.namespace}/{pod.workload or pod.name}`" for pod in pods})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


_CHECKS: Mapping[str, Callable[[Situations, Complaints, Document, list[Pod]], None]] = {
    "AuthorizationPolicy": Situations._check_authorization,
    "PeerAuthentication": Situations._check_modes,
    "RequestAuthentication": Situations._check_tokens,
}
