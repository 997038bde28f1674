"""Defaults of policies: what they deny or leave open beside what they name."""

from collections.abc import Iterator, Mapping

from topology.model import Document
from topology.policy.labels import NAMESPACE
from topology.policy.validation import Finding
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at
from topology.review.finding import Found, Repair
from topology.review.lifting import drop_rule, found_in, lift
from topology.review.wording import counted

__all__ = ["find_clusterwide_denials"]

_POD_NAMESPACE = f"k8s:{NAMESPACE}"


def _deny_way(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    spec, _, way = finding.path.partition(".enableDefaultDeny.")
    body = field_at(document.body, spec)
    return Repair(
        text=finding.fix,
        add=(edited(document, spec, {**body, way: [{}]}),),
        promise="closes",
    )


def _is_open(context: ReviewContext, document: Document, finding: Finding) -> bool:
    """Return whether no other policy denies the direction; without pods that cannot be told."""
    if context.lack(("pods",)):
        return True
    return bool(context.policies.what_if(add=_deny_way(context, document, finding).add))


lift(
    "default-deny-idle",
    "error",
    "enableDefaultDeny has no effect",
    matters="The policy looks as if it denied by default, and that direction stays open.",
    source="cilium pkg/policy/api/rule_validation.go: the flag lives on the rules of a direction",
    mend=_deny_way,
    keep=_is_open,
    theme="posture",
)


def _spared(spec: str, way: str, document: Document) -> Document:
    body = field_at(document.body, spec)
    chosen = body.get("enableDefaultDeny")
    chosen = chosen if isinstance(chosen, Mapping) else {}
    return edited(document, spec, {**body, "enableDefaultDeny": {**chosen, way: False}})


def _only_named(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    spec, _, section = finding.path.rpartition(".")
    changed = _spared(spec, section.removesuffix("Deny"), document)
    return Repair(text=finding.fix, add=(changed,), promise="opens")


def _cuts_off(context: ReviewContext, document: Document, finding: Finding) -> bool:
    """Return whether the default deny closes something that no other policy closes."""
    spec, _, section = finding.path.rpartition(".")
    if context.lack(("pods",)):
        return not _is_shut_anyway(context, document, section.removesuffix("Deny"))
    changed = _spared(spec, section.removesuffix("Deny"), document)
    return bool(context.policies.what_if(add=[changed]))


def _is_shut_anyway(context: ReviewContext, document: Document, way: str) -> bool:
    """Return whether a policy for every pod of the namespace denies the direction by default."""
    return any(
        rule.direction == way
        and rule.default_deny
        and rule.policy != document.key
        and context.documents[rule.policy].namespace in ("", document.namespace)
        and {one.key for one in rule.subject.requirements} <= {NAMESPACE}
        for rule in context.policies.rules
    )


lift(
    "deny-only",
    "warning",
    "A policy that only denies also denies everything else",
    matters="In Cilium deny rules, too, put their pods into default deny: whatever no policy "
    "allows is closed, not only what the policy names.",
    source="cilium pkg/policy/api/rule_validation.go; Documentation, deny policies",
    mend=_only_named,
    keep=_cuts_off,
    theme="posture",
)


def _has_company(context: ReviewContext, document: Document, finding: Finding) -> bool:
    """Return whether an empty rule is more than Cilium's own idiom of a default deny."""
    section = finding.path.rpartition("[")[0]
    return section.endswith("Deny") or len(field_at(document.body, section) or ()) > 1


lift(
    "empty-rule",
    "warning",
    "An empty rule beside others does nothing",
    matters="In a CiliumNetworkPolicy `{}` allows nothing, while in a NetworkPolicy it allows "
    "everything; beside other rules, or in a deny section, it is a misunderstanding.",
    source="cilium pkg/policy/rule.go (mergeL4Filter)",
    mend=drop_rule,
    keep=_has_company,
    theme="posture",
)
lift(
    "empty-list",
    "warning",
    "An empty list of peers selects nobody",
    matters="`fromEndpoints: []` means nobody, `[{}]` everyone in the namespace, and no field at "
    "all anyone: the rule does nothing.",
    source="cilium pkg/policy/utils/parserules.go (mergeEndpointSelectors)",
    mend=drop_rule,
    theme="posture",
)


def _add_type(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    way = finding.path.rpartition(".")[2].title()
    types = [*field_at(document.body, "spec.policyTypes"), way]
    return Repair(text=finding.fix, add=(edited(document, "spec.policyTypes", types),))


lift(
    "rules-ignored",
    "error",
    "Rules of a NetworkPolicy are ignored",
    matters="`policyTypes` does not name the direction of the rules, so they restrict nothing.",
    source="Kubernetes, NetworkPolicySpec.policyTypes",
    mend=_add_type,
    theme="posture",
)


def _every_pod(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    spec = {**(field_at(document.body, "spec") or {}), "podSelector": {}}
    return Repair(text=finding.fix, add=(edited(document, "spec", spec),), promise="no-change")


lift(
    "no-pod-selector",
    "info",
    "A NetworkPolicy names no podSelector",
    matters="It selects every pod of its namespace, which may not have been meant.",
    source="Kubernetes, NetworkPolicySpec.podSelector",
    mend=_every_pod,
    theme="posture",
)


@check(
    "clusterwide-default-deny",
    "warning",
    "A clusterwide policy denies by default in the namespaces of the system",
    matters="An empty selector in a CiliumClusterwideNetworkPolicy selects the DNS servers and "
    "every other pod of the system: what they need is closed unless other policies allow it.",
    source="Cilium, CiliumClusterwideNetworkPolicy; pkg/k8s/apis/cilium.io/utils",
    needs=("pods",),
)
def find_clusterwide_denials(context: ReviewContext) -> Iterator[Found]:
    """Yield the clusterwide policies whose default deny closes something in kube-system."""
    system = context.bits_of(
        pod
        for pod in context.cluster.pods
        if pod.namespace == "kube-system" and pod.running and not pod.host_network
    )
    for document in context.accepted:
        if document.kind != "CiliumClusterwideNetworkPolicy" or not system:
            continue
        closing = _system_denied(context, document, system)
        if not closing:
            continue
        selector = field_at(document.body, "spec.endpointSelector")
        repair = Repair(text="Leave `kube-system` out of its selector.")
        if isinstance(selector, Mapping):
            less = {"key": _POD_NAMESPACE, "operator": "NotIn", "values": ["kube-system"]}
            expressions = [*(selector.get("matchExpressions") or ()), less]
            changed = {**selector, "matchExpressions": expressions}
            add = (edited(document, "spec.endpointSelector", changed),)
            repair = Repair(text=repair.text, add=add)
        why = (
            f"It puts {counted(closing, 'workload')} of the system into default deny, "
            "which no other policy does."
        )
        yield found_in(context, document, "spec.endpointSelector", why, repair)


def _system_denied(context: ReviewContext, document: Document, system: int) -> list[str]:
    """Return the workloads of the system that only this policy puts into default deny."""
    subjects = context.connections.subjects
    found = 0
    for compiled, numbers in subjects.selected_by(document.key):
        if not compiled.rule.default_deny or compiled.doubt:
            continue
        for number in numbers:
            if system >> number & 1 and not any(
                one.rule.default_deny and one.rule.policy != document.key
                for one in subjects.of(compiled.rule.direction, number)
            ):
                found |= 1 << number
    return context.workloads_at(found)
