"""Where Istio's policies apply: to no workload, in the wrong namespace, without a proxy."""

from collections.abc import Iterator, Mapping

from topology.model import Document
from topology.policy.istio.bodies import listing, mapping, spec_of
from topology.policy.validation import Finding
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at, moved
from topology.review.finding import Found, Repair
from topology.review.lifting import drop_field, found_in, lift
from topology.review.nearest import nearest_labels
from topology.review.wording import quoted
from topology.services import service_backends, services_of

__all__ = ["find_dry_runs", "find_missing_targets"]

_SELECTION = "istio pilot/pkg/model/policyattachment.go; `istioctl analyze` IST0127"


@check(
    "dry-run",
    "info",
    "A policy runs dry and enforces nothing",
    matters="It only logs what it would do; left in place it looks like a safeguard.",
    source="Istio, annotation istio.io/dry-run",
)
def find_dry_runs(context: ReviewContext) -> Iterator[Found]:
    """Yield the AuthorizationPolicies that are not enforced because of their annotation."""
    for policy in context.mesh.index.policies.values():
        if not policy.dry_run:
            continue
        document = policy.document
        annotations = mapping(mapping(document.body.get("metadata")).get("annotations"))
        left = {key: value for key, value in annotations.items() if key != "istio.io/dry-run"}
        changed = edited(document, "metadata.annotations", left)
        repair = Repair(text="Take the annotation out once the log looks right.", add=(changed,))
        why = "Its annotation `istio.io/dry-run` is true, so it is not enforced."
        yield found_in(context, document, "metadata.annotations", why, repair)


@check(
    "missing-target",
    "warning",
    "A policy is attached to something that does not exist",
    matters="A policy with targetRefs selects by them alone, so it applies to nothing.",
    source="istio pilot/pkg/model/policyattachment.go; `istioctl analyze` IST0171",
    needs=("services",),
)
def find_missing_targets(context: ReviewContext) -> Iterator[Found]:
    """Yield the Services, and Gateways where the input holds any, that do not exist."""
    services = {one.full_name for one in context.cluster.services}
    gateways = {
        f"{one.namespace}/{one.name}"
        for one in context.cluster.documents
        if one.kind == "Gateway" and one.api_version.startswith("gateway.networking")
    }
    known: Mapping[str, set[str]] = {"Service": services, "Gateway": gateways}
    for document in context.accepted:
        for number, each in enumerate(listing(spec_of(document.body).get("targetRefs"))):
            reference = mapping(each)
            kind, name = str(reference.get("kind")), str(reference.get("name"))
            if not known.get(kind) or f"{document.namespace}/{name}" in known[kind]:
                continue
            why = f"There is no {kind} {quoted(f'{document.namespace}/{name}')} in the input."
            repair = Repair(
                text=f"Name a {kind} of the policy's own namespace.",
                obstacle="what is behind a waypoint or gateway is not simulated",
            )
            yield found_in(context, document, f"spec.targetRefs[{number}]", why, repair)


def _into_root(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    changed = moved(document, context.mesh.settings.root_namespace)
    return Repair(text=finding.fix, add=(changed,), remove=(document.key,))


def _is_known(context: ReviewContext, document: Document, finding: Finding) -> bool:
    root = document.namespace == context.mesh.settings.root_namespace
    if root or context.knows(document.namespace):
        return True
    context.doubt(
        f"Whether `{document.key}` selects any workload: the input holds none of namespace "
        f"`{document.namespace}`."
    )
    return False


def _nearest(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    return nearest_labels(context, document, "spec.selector")


def _to_workloads(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    labels = mapping(field_at(document.body, "spec.selector.matchLabels"))
    asked = {str(key): str(value) for key, value in labels.items()}
    spaces = {
        pod.namespace
        for pod in context.cluster.pods
        if asked.items() <= pod.labels.items() and pod.namespace != document.namespace
    }
    if len(spaces) != 1:
        return Repair(text=finding.fix)
    (space,) = spaces
    text = f"Put it into {quoted(space)}, where its workloads are."
    return Repair(text=text, add=(moved(document, space),), remove=(document.key,))


def _pod_port(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Write the port of the pods behind the Service that has the port named."""
    holder, _, written = finding.path.rpartition(".")
    pods = [pod for pod in context.callers if context.mesh.index.is_selected(document, pod)]
    targets = {
        one.port
        for service in services_of(context.cluster, pods)
        for route in service_backends(context.cluster, service, port=written)
        for one in route.backends
    }
    if len(targets) != 1:
        return Repair(text=finding.fix)
    (target,) = targets
    ports = {str(key): value for key, value in mapping(field_at(document.body, holder)).items()}
    ports[str(target)] = ports.pop(written)
    text = f"Write {target}, the port of the pods."
    return Repair(text=text, add=(edited(document, holder, ports),))


def _remove(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    text = f"Keep one of them: delete {quoted(document.key)}."
    return Repair(text=text, remove=(document.key,), promise="no-change")


lift(
    "root-namespace",
    "warning",
    "A policy stands in a namespace that is not the root of this mesh",
    matters="It covers that namespace only, not the mesh; on AKS the root is `aks-istio-system`.",
    source="istio pkg/config/mesh/mesh.go; Microsoft Learn, istio-meshconfig",
    theme="mesh_scope",
    needs=("pods",),
    mend=_into_root,
)
lift(
    "no-workload",
    "warning",
    "An Istio policy selects no workload",
    matters="It does nothing; mostly a label is misspelt, or the policy is in the wrong namespace.",
    source=_SELECTION,
    theme="mesh_scope",
    mend=_nearest,
    needs=("pods",),
    keep=_is_known,
)
lift(
    "no-sidecar",
    "error",
    "An Istio policy selects workloads without a proxy only",
    matters="The proxy of the workload enforces it; without one nothing does.",
    source="Istio, security concepts; `istioctl analyze` IST0102 and IST0103",
    theme="mesh_scope",
    obstacle="pods change, not a policy",
    needs=("pods",),
)
lift(
    "ignored-in-root",
    "error",
    "A PeerAuthentication with a selector is ignored in the root namespace",
    matters="The mode that it sets does not hold anywhere.",
    source="istio pilot/pkg/security/authn/policy_applier.go",
    theme="mesh_scope",
    mend=_to_workloads,
    needs=("pods",),
)
lift(
    "not-oldest",
    "warning",
    "A PeerAuthentication has no effect beside an older one",
    matters="Of several for one scope the oldest counts, alone; they are not merged.",
    source="istio pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication)",
    theme="mesh_scope",
    needs=("pods",),
    mend=_remove,
)
lift(
    "not-a-pod-port",
    "error",
    "portLevelMtls names a port that no pod has",
    matters="The keys are ports of the pods, not of the Service; the mode holds nowhere.",
    source="Istio, PeerAuthentication.portLevelMtls",
    theme="mesh_scope",
    mend=_pod_port,
    needs=("pods",),
)
lift(
    "empty-selector",
    "info",
    "A selector without labels selects every workload in scope",
    matters="That is what no selector at all would do, and perhaps not what was meant.",
    source="istio pkg/config/validation/validation.go",
    theme="mesh_scope",
    mend=drop_field,
)


def _really_dry(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    metadata = mapping(document.body.get("metadata"))
    annotations = {**mapping(metadata.get("annotations")), "istio.io/dry-run": "true"}
    changed = edited(document, "metadata.annotations", annotations)
    return Repair(text=finding.fix, add=(changed,))


lift(
    "dry-run-value",
    "warning",
    "The annotation for a dry run has no truth value",
    matters="The policy is enforced, although it was to be tried out.",
    source="istio pilot/pkg/security/authz/builder (isDryRun)",
    theme="mesh_scope",
    mend=_really_dry,
)
