"""Network policies and the mesh together: one closes what the other needs, or guards alone."""

from collections import defaultdict
from collections.abc import Iterator

from topology.gaps import Gap
from topology.model import Pod
from topology.policy.istio.rules import AuthorizationPolicy, Test
from topology.policy.istio.truth import Truth
from topology.policy.istio.ztunnel import waypoint_of
from topology.policy.matrix import Matrix, members
from topology.review.checks import check
from topology.review.context import Placed, ReviewContext
from topology.review.edits import new_policy
from topology.review.finding import Found, Repair
from topology.review.layer_repairs import admitted_at_l4, admitted_by_mesh, opened_for
from topology.review.lifting import found_in
from topology.review.request_repairs import in_mesh
from topology.review.wording import counted, listed
from topology.services import backends

__all__ = [
    "find_anonymous_rules",
    "find_blind_rules",
    "find_closed_tunnels",
    "find_cut_sidecars",
    "find_dead_allows",
    "find_requests_at_tunnels",
    "find_unguarded_requests",
    "find_unguarded_traffic",
]

_DISCOVERY = 15012
_TUNNEL = 15008


@check(
    "sidecar-cut-off",
    "error",
    "Sidecars cannot reach Istio's control plane",
    matters="Without istiod a proxy gets no configuration and no certificate: the pod does not "
    "start, or fails when its certificate expires.",
    source="Istio, ports used by Istio (15012); AKS, Istio add-on",
    needs=("pods", "sidecars"),
)
def find_cut_sidecars(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies that keep sidecars from port 15012 of istiod, or of anybody."""
    servers = context.bits_of(_control_plane(context))
    atom = context.connections.atom("TCP", _DISCOVERY)
    closing: dict[str, int] = {}
    for number in members(context.bits_of(context.meshed)):
        gate = context.connections.gate("egress", number)
        reached = gate.possible[atom] & (servers or ~context.connections.gates.hosts)
        if reached or (not servers and context.covers("egress", number, "TCP", _DISCOVERY)):
            continue
        for one in context.connections.subjects.of("egress", number):
            if one.rule.default_deny or one.rule.deny:
                closing[one.rule.policy] = closing.get(one.rule.policy, 0) | 1 << number
                break
    root = context.mesh.settings.root_namespace
    for policy, bits in sorted(closing.items()):
        document = context.documents[policy]
        names = context.workloads_at(bits)
        why = f"{counted(names, 'workload')} with a sidecar may not connect to istiod on 15012."
        spec = {
            "endpointSelector": {},
            "enableDefaultDeny": {"ingress": False, "egress": False},
            "egress": [
                {
                    "toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": root}}],
                    "toPorts": [{"ports": [{"port": str(_DISCOVERY), "protocol": "TCP"}]}],
                }
            ],
        }
        text = f"Allow egress to port 15012 of namespace `{root}`."
        repair = Repair(text=text)
        if document.namespace and servers:
            allow = new_policy("CiliumNetworkPolicy", document.namespace, "sidecar-to-istiod", spec)
            repair = Repair(text=text, add=(allow,), promise="opens")
        yield found_in(context, document, "spec.egress", why, repair)


def _control_plane(context: ReviewContext) -> list[Pod]:
    """Return the pods of Istio's control plane: behind Services with port 15012."""
    return [
        pod
        for service in context.cluster.services
        if service.namespace == context.mesh.settings.root_namespace
        and any(port.port == _DISCOVERY for port in service.ports)
        for pod in backends(context.cluster, service)
    ]


@check(
    "tunnel-blocked",
    "error",
    "A network policy closes the tunnel of ambient mode",
    matters="In ambient mode all traffic of the mesh arrives on port 15008 (HBONE); where that is "
    "closed, none arrives, whatever other ports are open.",
    source="Istio, ambient and Kubernetes NetworkPolicy",
    needs=("pods",),
)
def find_closed_tunnels(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies that close 15008 of pods in ambient mode to every other pod."""
    ambient = context.bits_of(
        pod for pod in context.cluster.pods if context.mesh.index.state(pod).ambient
    )
    atom = context.connections.atom("TCP", _TUNNEL)
    closing: dict[str, int] = {}
    for number in members(ambient):
        gate = context.connections.gate("ingress", number)
        if gate.possible[atom] & context.all_pods & ~(1 << number):
            continue
        if context.covers("ingress", number, "TCP", _TUNNEL):
            continue
        for one in context.connections.subjects.of("ingress", number):
            if one.rule.default_deny:
                closing[one.rule.policy] = closing.get(one.rule.policy, 0) | 1 << number
                break
    for policy, bits in sorted(closing.items()):
        document = context.documents[policy]
        names = context.workloads_at(bits)
        why = f"No pod may connect to port 15008 of {counted(names, 'workload')} in ambient mode."
        rule = {
            "fromEntities": ["cluster"],
            "toPorts": [{"ports": [{"port": str(_TUNNEL), "protocol": "TCP"}]}],
        }
        repair = Repair(text="Allow port 15008 from the cluster.")
        if document.namespace:
            spec = {
                "endpointSelector": {},
                "enableDefaultDeny": {"ingress": False, "egress": False},
                "ingress": [rule],
            }
            allow = new_policy("CiliumNetworkPolicy", document.namespace, "allow-hbone", spec)
            repair = Repair(text=repair.text, add=(allow,), promise="opens")
        yield found_in(context, document, "spec", why, repair)


@check(
    "l7-behind-mtls",
    "error",
    "Cilium's HTTP rules stand before sidecars that demand mutual TLS",
    matters="What arrives is encrypted, so Cilium's proxy sees no request in it: the rules match "
    "nothing. Istio's L7 and that of ACNS are not supported together either.",
    source="Cilium, Istio integration; Microsoft Learn, ACNS L7 policies",
    needs=("pods", "sidecars"),
)
def find_blind_rules(context: ReviewContext) -> Iterator[Found]:
    """Yield the ingress HTTP rules for pods whose sidecars accept mutual TLS only."""
    for placed in context.placed:
        rule = placed.rule
        if rule.l7 is None or rule.l7.parser != "http" or rule.direction != "ingress":
            continue
        pods = list(context.pods_at(sum(1 << number for number in placed.numbers)))
        strict = [pod for pod in pods if _is_strict(context, pod, placed)]
        if not strict or len(strict) < len(pods):
            continue
        names = sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in strict})
        why = f"{counted(names, 'workload')} that it selects accept mutual TLS only."
        yield found_in(context, placed.document, rule.path, why, in_mesh(context, placed))


def _is_strict(context: ReviewContext, pod: Pod, placed: Placed) -> bool:
    if not context.mesh.index.state(pod).present:
        return False
    numbers: list[int | None] = [
        entry.first for entry in placed.rule.ports or () if not entry.name
    ] or [None]
    return all(context.mesh.index.mode(pod, number).mode == "STRICT" for number in numbers)


@check(
    "l7-at-ztunnel",
    "error",
    "HTTP fields stand for workloads of ambient mode without a waypoint",
    matters="A ztunnel reads no HTTP: an ALLOW rule with such fields is left out, so nothing is "
    "admitted by it, and a DENY stops more than is meant, or nothing.",
    source="Istio, ambient L4 and L7 policies; pilot/pkg/serviceregistry/ambient/authorization.go",
    needs=("pods",),
)
def find_requests_at_tunnels(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies with HTTP fields that only ztunnels would have to enforce."""
    for policy in context.mesh.index.policies.values():
        tests = [test for rule in policy.rules for test in rule.tests if test.http_only]
        if not tests or policy.target_refs or policy.action not in ("ALLOW", "DENY"):
            continue
        pods = [
            pod for pod in context.callers if context.mesh.index.is_selected(policy.document, pod)
        ]
        ambient = [
            pod
            for pod in pods
            if context.mesh.index.state(pod).ambient and not waypoint_of(context.cluster, pod)
        ]
        if not ambient:
            continue
        names = sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in ambient})
        why = f"{counted(names, 'workload')} that it selects are guarded by a ztunnel."
        text = "Deploy a waypoint and attach the policy to it with `targetRefs`."
        repair = Repair(text=text, obstacle="a waypoint is needed first")
        yield found_in(context, policy.document, tests[0].path, why, repair)


@check(
    "authorized-but-blocked",
    "warning",
    "The mesh admits callers that network policies keep out",
    matters="Both layers must let a request through; what this rule admits never arrives.",
    source="netassist, both engines: network policies first, then the proxy of the workload",
    needs=("pods", "sidecars"),
)
def find_dead_allows(context: ReviewContext) -> Iterator[Found]:
    """Yield the sources of ALLOW rules of which no caller reaches any workload at L4."""
    matrix = context.policies.matrix()
    for policy in context.mesh.index.policies.values():
        if policy.action != "ALLOW" or not policy.enforced:
            continue
        targets = context.bits_of(
            pod for pod in context.meshed if context.mesh.index.is_selected(policy.document, pod)
        )
        for rule in policy.rules:
            for source in rule.sources:
                tests = [one for one in source.tests if one.attribute.startswith("source.")]
                if not tests or any(test.negated for test in tests) or not targets:
                    continue
                callers = _callers(context, policy, tests)
                bits = context.bits_of(callers)
                if not bits or not _is_shut(matrix, bits, targets):
                    continue
                names = context.workloads_at(bits)
                why = (
                    f"It admits {counted(names, 'workload')}, and network policies close every "
                    f"port of {listed(context.workloads_at(targets))} to them."
                )
                text = "Allow them in a network policy, too, or take them out here."
                repair = opened_for(context, callers, context.pods_at(targets), text)
                yield found_in(context, policy.document, source.path, why, repair)


def _callers(context: ReviewContext, policy: AuthorizationPolicy, tests: list[Test]) -> list[Pod]:
    """Return the callers that surely meet every test."""
    answers = [context.truths(policy, test) for test in tests]
    return [
        pod
        for number, pod in enumerate(context.callers)
        if all(each[number] is Truth.YES for each in answers)
    ]


def _is_shut(matrix: Matrix, sources: int, targets: int) -> bool:
    return not any(
        matrix.seen("ingress", target, atom).possible & sources & ~(1 << target)
        for target in members(targets)
        for atom in range(len(matrix.atoms))
    )


@check(
    "open-at-l4",
    "info",
    "Workloads are guarded in the mesh only",
    matters="Ports that bypass the sidecar, and UDP, are open to everybody; a network policy is "
    "the second line.",
    source="Istio, Security best practices (defense in depth with NetworkPolicy)",
    needs=("pods", "sidecars"),
)
def find_unguarded_traffic(context: ReviewContext) -> Iterator[Found]:
    """Yield the namespaces with workloads that Istio guards, and no network policy."""
    yield from _by_namespace(context, "open-at-l4")


@check(
    "open-at-l7",
    "info",
    "Workloads in the mesh are guarded at L4 only",
    matters="They carry a sidecar, and no AuthorizationPolicy looks at who asks for what.",
    source="Istio, Security best practices (default deny)",
    needs=("pods", "sidecars"),
)
def find_unguarded_requests(context: ReviewContext) -> Iterator[Found]:
    """Yield the namespaces with sidecars that no AuthorizationPolicy uses."""
    yield from _by_namespace(context, "open-at-l7")


def _by_namespace(context: ReviewContext, code: str) -> Iterator[Found]:
    meshed = {f"{pod.namespace}/{pod.workload or pod.name}" for pod in context.meshed}
    gaps: dict[str, list[Gap]] = defaultdict(list)
    for gap in context.gaps.gaps:
        if gap.code == code and gap.object.partition("/")[2] in meshed:
            gaps[gap.namespace].append(gap)
    for namespace, found in sorted(gaps.items()):
        names = [gap.object.partition("/")[2] for gap in found]
        admitting = admitted_by_mesh if code == "open-at-l4" else admitted_at_l4
        if code == "open-at-l4":
            why = f"No network policy restricts what comes in to {counted(names, 'workload')}."
        else:
            why = f"No AuthorizationPolicy restricts requests to {counted(names, 'workload')}."
        known = context.cluster.namespaces.get(namespace)
        yield Found(
            object=f"Namespace/{namespace}",
            namespace=namespace,
            why=why,
            repair=admitting(context, names, found[0].fix),
            location=(known.location if known else None) or found[0].location,
            weight=len(names),
        )


@check(
    "admits-plaintext",
    "warning",
    "An ALLOW rule admits callers without a certificate",
    matters="The rule asks for no identity and the workload accepts plaintext: anybody in the "
    "network can meet it.",
    source="Istio, Security best practices; observed on Envoy",
    needs=("pods", "sidecars"),
)
def find_anonymous_rules(context: ReviewContext) -> Iterator[Found]:
    """Yield the ALLOW rules that a plaintext caller can meet."""
    for gap in context.gaps.gaps:
        document = context.documents.get(gap.object)
        if gap.code != "admits-plaintext" or document is None:
            continue
        path = gap.why.partition("`")[2].partition("`")[0]
        strict = new_policy(
            "PeerAuthentication", document.namespace, "strict", {"mtls": {"mode": "STRICT"}}
        )
        repair = Repair(text=gap.fix, add=(strict,), promise="closes")
        yield found_in(context, document, path, gap.why, repair)
