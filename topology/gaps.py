"""Where one line of defence is missing: open at L7 or at L4 only, or accepting plaintext.

A workload is guarded at L4 where network policies deny by default what comes in and do not let the
whole world back in; at L7 where an AuthorizationPolicy that a sidecar enforces, or an HTTP rule of
Cilium, looks at requests.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from topology.model import Cluster, Document, Location, Pod, Workload
from topology.policy.engine import PolicyEngine
from topology.policy.istio.bodies import listing, mapping
from topology.policy.istio.connection import Connection
from topology.policy.istio.engine import MeshPolicies
from topology.policy.istio.evaluate import rule_truth
from topology.policy.istio.rules import AuthorizationPolicy, Rule
from topology.policy.istio.selection import is_gateway
from topology.policy.istio.truth import Truth
from topology.policy.ports import PortSet
from topology.targets import EntityTarget, PodTarget

__all__ = ["Gap", "GapCode", "GapReport", "find_gaps", "is_system"]

GapCode = Literal["admits-plaintext", "open-at-both", "open-at-l4", "open-at-l7", "permissive"]
_SYSTEM = frozenset(
    {
        "aks-istio-egress",
        "aks-istio-ingress",
        "aks-istio-system",
        "gatekeeper-system",
        "istio-system",
    }
)
_NAMED = 5
_ANONYMOUS = Connection(
    http=True,
    port=Truth.OPEN,
    principal=None,
    source_ip=Truth.OPEN,
    remote_ip=Truth.OPEN,
    sni=None,
    metadata=Truth.OPEN,
)
"""A plaintext caller who may choose everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One missing defence."""

    code: GapCode
    object: str
    """`Kind/namespace/name`: a workload, namespace or policy."""
    namespace: str
    location: Location | None
    """Where to look, or to write what is missing."""
    why: str
    """One sentence of fact."""
    fix: str
    """One sentence that says what to do."""
    causes: tuple[tuple[str, Location], ...] = ()
    """Policies with a part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapReport:
    """Every gap of a cluster, and what could not be told."""

    gaps: tuple[Gap, ...]
    checked: int
    """How many workloads were looked at."""
    meshed: tuple[str, ...] = ()
    """Those of them that carry a sidecar, `namespace/name`."""
    bare: tuple[str, ...] = ()
    """Those that carry none, so that mutual TLS does not guard them."""
    notes: tuple[str, ...] = ()


def find_gaps(
    cluster: Cluster, policies: PolicyEngine, mesh: MeshPolicies, *, namespace: str = ""
) -> GapReport:
    """Return where a defence is missing.

    Args:
        cluster: With its workloads.
        policies: The engine of its network policies.
        mesh: The engine of its mesh.
        namespace: Only this one; empty for all but those of the system.
    """
    chosen = [
        workload
        for workload in cluster.workloads
        if (workload.namespace == namespace if namespace else not is_system(workload.namespace))
    ]
    return _Search(cluster, policies, mesh).report(chosen)


def is_system(namespace: str) -> bool:
    """Return whether a namespace belongs to the cluster itself, not to its applications."""
    return namespace.startswith("kube-") or namespace in _SYSTEM


@dataclass(frozen=True, slots=True)
class _Guard:
    """What stands in front of one kind of pods."""

    l4: tuple[tuple[str, Location], ...]
    """Network policies that deny by default; empty where the pods are open at L4."""
    l7: tuple[tuple[str, Location], ...]
    sidecar: bool | None
    why_no_l7: str


class _Search:
    """Looks at each kind of pods once."""

    def __init__(self, cluster: Cluster, policies: PolicyEngine, mesh: MeshPolicies) -> None:
        self._cluster = cluster
        self._policies = policies
        self._mesh = mesh
        self._documents = {document.key: document for document in cluster.policies}
        self._guards: dict[Hashable, _Guard] = {}

    def report(self, workloads: Sequence[Workload]) -> GapReport:
        gaps: list[Gap] = []
        unsure: list[str] = []
        for workload in workloads:
            for guard, pods in self._kinds(workload):
                gaps += self._of_workload(workload, guard, len(pods))
                if guard.sidecar is None and not self._mesh.is_absent:
                    unsure.append(f"`{workload.full_name}`")
        gaps += self._permissive(workloads)
        gaps += self._plaintext(workloads)
        notes = []
        if self._mesh.is_absent:
            notes.append("Nothing of Istio is in the input, so L7 means the rules of Cilium alone.")
        if unsure:
            shown = _shown(sorted(set(unsure)))
            notes.append(f"Whether these carry a sidecar cannot be told from the input: {shown}.")
        ordered = sorted(set(gaps), key=lambda gap: (gap.code, gap.namespace, gap.object, gap.why))
        meshed = {workload.full_name for workload, _ in self._sidecars(workloads)}
        bare = {
            workload.full_name
            for workload in workloads
            if any(self._mesh.index.state(pod).present is False for pod in workload.pods)
        }
        return GapReport(
            gaps=tuple(ordered),
            checked=len(workloads),
            meshed=tuple(sorted(meshed)),
            bare=tuple(sorted(bare - meshed)),
            notes=tuple(notes),
        )

    def _kinds(self, workload: Workload) -> list[tuple[_Guard, list[Pod]]]:
        """Return the pods of a workload by what guards them."""
        found: dict[_Guard, list[Pod]] = {}
        for pod in workload.pods:
            if pod.host_network or not pod.running:
                continue
            key = (self._policies.class_of(pod), self._mesh.class_of(pod))
            if key not in self._guards:
                self._guards[key] = self._guard(pod)
            found.setdefault(self._guards[key], []).append(pod)
        return list(found.items())

    def _guard(self, pod: Pod) -> _Guard:
        selections = [each for each in self._policies.selecting(pod) if each.direction == "ingress"]
        closing = tuple((each.policy, each.location) for each in selections if each.default_deny)
        if closing:
            world = self._policies.open_ports(EntityTarget("world"), PodTarget(pod)).allowed
            if PortSet.every("TCP") <= world:
                closing = ()
        inspecting = tuple(
            (each.policy, each.location)
            for each in selections
            if _reads_http(self._documents.get(each.policy))
        )
        state = self._mesh.index.state(pod)
        chosen = [one for one in self._mesh.index.authorization_policies(pod) if one.enforced]
        names = ", ".join(one.key for one in chosen)
        if state.present is False and chosen:
            why = f"{names} selects it but is not enforced, as it carries no sidecar"
        elif state.present is False:
            why = "it carries no sidecar"
        else:
            why = f"{names} admits every request" if chosen else "no AuthorizationPolicy selects it"
        restricting = () if state.present is False else tuple(_restricting(chosen))
        return _Guard(closing, (*inspecting, *restricting), state.present, why)

    def _of_workload(self, workload: Workload, guard: _Guard, pods: int) -> Iterator[Gap]:
        name = f"`{workload.full_name}`"
        part = "" if pods == len(workload.pods) else f" ({pods} of {len(workload.pods)} pods)"
        named = _shown([key for key, _ in guard.l4 or guard.l7])
        code: GapCode
        if guard.l4 and not guard.l7:
            code = "open-at-l7"
            why = f"{name}{part} is guarded at L4 by {named}, but open at L7: {guard.why_no_l7}."
            fix = "Write an AuthorizationPolicy that admits only the requests it serves."
            if guard.sidecar is False:
                fix = "Inject a sidecar, or write the requests it serves into a Cilium HTTP rule."
        elif guard.l7 and not guard.l4:
            code = "open-at-l4"
            why = (
                f"{name}{part} is guarded at L7 by {named}, but no network policy denies by default"
                " what comes in: ports that bypass the sidecar, and UDP, are open."
            )
            fix = "Write a network policy that admits only its callers on its ports."
        elif not guard.l4 and not guard.l7:
            code = "open-at-both"
            why = f"{name}{part} is open at L4, where no policy denies by default, and at L7: "
            why += f"{guard.why_no_l7}."
            fix = "Begin with a network policy that admits only its callers on its ports."
        else:
            return
        if code == "open-at-l7" and self._mesh.is_absent:
            return
        yield Gap(
            code=code,
            object=f"{workload.kind}/{workload.full_name}",
            namespace=workload.namespace,
            location=workload.location,
            why=why,
            fix=fix,
            causes=(*guard.l4, *guard.l7),
        )

    def _sidecars(self, workloads: Iterable[Workload]) -> Iterator[tuple[Workload, Pod]]:
        """Yield each workload with one pod of each kind that carries a sidecar."""
        for workload in workloads:
            seen = set()
            for pod in workload.pods:
                key = self._mesh.class_of(pod)
                if key in seen or is_gateway(pod) or not self._mesh.index.state(pod).present:
                    continue
                seen.add(key)
                yield workload, pod

    def _permissive(self, workloads: Iterable[Workload]) -> Iterator[Gap]:
        """Yield each namespace with sidecars that accept plaintext."""
        lax: dict[tuple[str, str, str | None, Location | None], list[str]] = defaultdict(list)
        for workload, pod in self._sidecars(workloads):
            found = self._mesh.index.mode(pod, None)
            if found.mode != "STRICT":
                lax[workload.namespace, found.mode, found.policy, found.location].append(
                    f"`{workload.full_name}`"
                )
                continue
            for port in sorted({port.number for port in pod.ports if port.protocol == "TCP"}):
                own = self._mesh.index.mode(pod, port)
                if own.mode != "STRICT":
                    mode = f"{own.mode} for port {port}"
                    lax[workload.namespace, mode, own.policy, own.location].append(
                        f"`{workload.full_name}`"
                    )
        for (namespace, mode, policy, location), names in lax.items():
            declared = self._cluster.namespaces.get(namespace)
            setting = f"{policy} sets {mode}" if policy else "no PeerAuthentication sets a mode"
            yield Gap(
                code="permissive",
                object=f"Namespace/{namespace}",
                namespace=namespace,
                location=location or (declared.location if declared else None),
                why=f"Sidecars in namespace `{namespace}` accept plaintext, as {setting}: "
                f"{_shown(sorted(set(names)))}.",
                fix=f"Write a PeerAuthentication in `{namespace}` with `mtls: {{mode: STRICT}}`.",
                causes=((policy, location),) if policy and location else (),
            )

    def _plaintext(self, workloads: Iterable[Workload]) -> Iterator[Gap]:
        """Yield each ALLOW rule that a caller without certificate can meet, and where it can."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        rules: dict[str, tuple[AuthorizationPolicy, Rule]] = {}
        for workload, pod in self._sidecars(workloads):
            if self._mesh.index.mode(pod, None).mode == "STRICT":
                continue
            for policy in self._mesh.index.authorization_policies(pod):
                for rule in self._anonymous_rules(policy):
                    key = f"{policy.key} {rule.path}"
                    rules[key] = (policy, rule)
                    found[key][f"`{workload.full_name}`"] = None
        for key, names in found.items():
            policy, rule = rules[key]
            yield Gap(
                code="admits-plaintext",
                object=policy.key,
                namespace=policy.namespace,
                location=policy.locate(rule.path),
                why=f"`{rule.path}` of {policy.key} admits callers without a certificate, and "
                f"{_shown(sorted(names))} accepts plaintext.",
                fix='Ask for an identity (`principals: ["*"]` at least), or set mutual TLS to '
                "STRICT.",
            )

    def _anonymous_rules(self, policy: AuthorizationPolicy) -> Iterator[Rule]:
        if policy.action != "ALLOW" or not policy.enforced:
            return
        domains = self._mesh.settings.trust_domains
        for rule in policy.rules:
            if rule_truth(policy, rule, _ANONYMOUS, domains) is not Truth.NO:
                yield rule


def _restricting(policies: Iterable[AuthorizationPolicy]) -> Iterator[tuple[str, Location]]:
    """Yield the policies that refuse any request; none where one ALLOW admits all."""
    chosen = list(policies)
    open_wide = any(
        policy.action == "ALLOW" and not rule.tests and not rule.skipped
        for policy in chosen
        for rule in policy.rules
    )
    for policy in chosen:
        if (policy.action == "ALLOW" and not open_wide) or (
            policy.action in ("DENY", "CUSTOM") and policy.rules
        ):
            yield policy.key, policy.locate("")


def _reads_http(document: Document | None) -> bool:
    """Return whether a network policy has HTTP rules for what comes in."""
    if document is None or not document.kind.startswith("Cilium"):
        return False
    specs = [document.body.get("spec"), *listing(document.body.get("specs"))]
    return any(
        bool(mapping(mapping(port).get("rules")).get("http"))
        for spec in specs
        for rule in listing(mapping(spec).get("ingress"))
        for port in listing(mapping(rule).get("toPorts"))
    )


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
