"""What AKS and ACNS restrict; told only where the nodes are those of AKS."""

from collections.abc import Iterator

from topology.model import Document
from topology.policy.istio.bodies import mapping
from topology.policy.validation import Finding
from topology.policy.validation.rules_of import rules_of
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import dropped, edited, field_at
from topology.review.finding import Found, Repair
from topology.review.lifting import found_in, lift
from topology.review.request_repairs import named, of_namespaces, without_rules
from topology.review.wording import quoted

__all__ = ["find_removed_fields"]

_AKS = "Microsoft Learn, Azure CNI powered by Cilium; Advanced Container Networking Services"


@check(
    "requires-removed",
    "warning",
    "fromRequires and toRequires go with Cilium 1.19",
    matters="A policy that uses them is refused after the upgrade, and then is not in force.",
    source="cilium pkg/policy/api (1.19)",
)
def find_removed_fields(context: ReviewContext) -> Iterator[Found]:
    """Yield the fields that the next version refuses."""
    for document in context.accepted:
        if not document.kind.startswith("Cilium"):
            continue
        for item in rules_of(document):
            name = f"{item.section.side}Requires"
            if item.has(name):
                why = f"{quoted(name)} is in force up to Cilium 1.18 only."
                text = "Put the labels into the selectors of the peers."
                merged = _merged(document, item.path, item.section.side)
                repair = Repair(text=text)
                if merged is not None:
                    repair = Repair(text=text, add=(merged,), promise="no-change")
                yield found_in(context, document, f"{item.path}.{name}", why, repair)


def _merged(document: Document, path: str, side: str) -> Document | None:
    """Return a policy in which the labels asked for stand in each selector of a rule."""
    rule = dict(field_at(document.body, path))
    asked = rule.pop(f"{side}Requires")
    peers = rule.get(f"{side}Endpoints")
    if not isinstance(peers, list) or not all(set(one) <= {"matchLabels"} for one in asked):
        return None
    extra = {key: value for one in asked for key, value in one.get("matchLabels", {}).items()}
    rule[f"{side}Endpoints"] = [
        {**one, "matchLabels": {**mapping(mapping(one).get("matchLabels")), **extra}}
        for one in peers
    ]
    return edited(document, path, rule)


def _delete(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    text = f"{finding.fix} The policy itself can be deleted."
    return Repair(text=text, remove=(document.key,), promise="no-change")


def _without_field(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    return Repair(text=f"Take it out. {finding.fix}", add=(dropped(document, finding.path),))


lift(
    "kafka-deprecated",
    "warning",
    "Kafka rules go with Cilium 1.20",
    matters="A policy that uses them is refused after the upgrade, and then is not in force.",
    source="cilium Documentation, deprecated L7 protocols",
    theme="platform",
    mend=without_rules,
)
lift(
    "aks-host-policy",
    "error",
    "A policy for nodes has no effect on AKS",
    matters="The host firewall is off there and cannot be turned on.",
    source=_AKS,
    theme="platform",
    mend=_delete,
    needs=("aks",),
)
lift(
    "aks-fqdn",
    "info",
    "Rules with DNS names need ACNS",
    matters="Without Advanced Container Networking Services they block what they were to allow.",
    source=_AKS,
    theme="platform",
    obstacle="the cluster changes, not a policy",
    needs=("aks",),
)
lift(
    "aks-l7",
    "info",
    "L7 rules need ACNS with L7 policies",
    matters="Without it the whole policy is not in force; beside Istio's L7 it is not supported.",
    source=_AKS,
    theme="platform",
    obstacle="the cluster changes, not a policy",
    needs=("aks",),
)
lift(
    "aks-clusterwide-l7",
    "error",
    "A clusterwide policy takes no L7 rules on AKS",
    matters="AKS supports them in CiliumNetworkPolicy only.",
    source=_AKS,
    theme="platform",
    needs=("aks",),
    mend=of_namespaces,
)
lift(
    "aks-dns-any",
    "warning",
    "ACNS does not support the DNS pattern `*`",
    matters="What it then lets through is not documented.",
    source=_AKS,
    theme="platform",
    needs=("aks",),
    mend=named,
)
lift(
    "aks-groups",
    "error",
    "Groups of AWS match nothing on AKS",
    matters="The rule means nobody.",
    source=_AKS,
    theme="platform",
    needs=("aks",),
    obstacle="which addresses the group holds is not in the input",
)
lift(
    "aks-authentication",
    "warning",
    "Cilium's mutual authentication is not offered on AKS",
    matters="Without its server connections that ask for it fail.",
    source=_AKS,
    theme="platform",
    mend=_without_field,
    needs=("aks",),
)
lift(
    "aks-protocol",
    "warning",
    "A protocol needs a flag that cannot be set on AKS",
    matters="The rule means nothing there.",
    source=_AKS,
    theme="platform",
    needs=("aks",),
)
