"""DNS: names that are never looked up, patterns that mean too much, lookups that are closed."""

from collections.abc import Iterator, Mapping

from topology.model import Document, Pod
from topology.policy.evaluation import CompiledRule
from topology.policy.matrix import members
from topology.policy.peers import NamePeer
from topology.policy.validation import Finding
from topology.policy.validation.rules_of import mappings, rules_of
from topology.review.checks import check
from topology.review.context import Placed, ReviewContext
from topology.review.edits import edited, field_at
from topology.review.finding import Found, Repair, ReviewSeverity
from topology.review.lifting import found_in, lift, rewrite
from topology.review.request_repairs import only_needed
from topology.review.wording import counted, quoted
from topology.services import backends

__all__ = ["find_closed_lookups", "find_silent_servers", "find_unseen_names", "find_wide_patterns"]

_DNS = 53
_ANY = "any-name-0"
"""Stands for the wildcard of a pattern."""
_KUBE_DNS = {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}
_FQDN = "cilium pkg/fqdn/dnsproxy; Cilium, DNS based policies"


@check(
    "fqdn-not-looked-up",
    "error",
    "A name is allowed that Cilium's DNS proxy lets nobody look up",
    matters="toFQDNs means the addresses in DNS answers that the proxy let through; a name that "
    "the DNS rules of the same pods refuse has none, so it stays closed.",
    source=_FQDN,
    needs=("pods",),
)
def find_unseen_names(context: ReviewContext) -> Iterator[Found]:
    """Yield the names in toFQDNs that no DNS rule of the same pods admits."""
    axis = context.connections.ground.axis
    for placed in context.placed:
        rules = context.connections.subjects.of("egress", placed.numbers[0])
        lookups = [one.rule.l7 for one in rules if one.rule.l7 and one.rule.l7.parser == "dns"]
        if placed.rule.direction != "egress" or not lookups:
            continue
        for peer in placed.rule.peers or ():
            if not isinstance(peer, NamePeer):
                continue
            names = [
                name
                for number in members(axis.mean(peer)[0])
                for name in axis.places[number].identity.names
            ]
            # A name that the one pattern allows and the other admits is enough.
            asked = [str(one).replace("*", _ANY) for l7 in lookups for one in l7.dns]
            if any(l7.admits(None, name) for name in names for l7 in lookups) or not names:
                continue
            if any(peer.pattern.matches(name) for name in asked):
                continue
            why = f"No DNS rule of its pods lets {quoted(peer.key)} be looked up."
            yield found_in(
                context,
                placed.document,
                _name_path(placed, peer),
                why,
                _look_up(placed.document, peer),
            )


def _name_path(placed: Placed, peer: NamePeer) -> str:
    root = placed.rule.path.partition(".toPorts")[0]
    for item, path in mappings(
        field_at(placed.document.body, f"{root}.toFQDNs"), f"{root}.toFQDNs"
    ):
        if peer.key in (item.get("matchName"), item.get("matchPattern")):
            return path
    return placed.rule.path


def _look_up(document: Document, peer: NamePeer) -> Repair:
    """Return the repair that adds a name to the DNS rules of the same policy."""
    for item in rules_of(document):
        for port, path in item.ports():
            rules = port.get("rules")
            if isinstance(rules, Mapping) and rules.get("dns"):
                field = "matchPattern" if "*" in peer.key else "matchName"
                new = [*rules["dns"], {field: peer.key}]
                changed = edited(document, f"{path}.rules.dns", new)
                return Repair(text=f"Add {quoted(peer.key)} to `rules.dns`.", add=(changed,))
    return Repair(text=f"Let {quoted(peer.key)} be looked up in the `rules.dns` of its pods.")


@check(
    "fqdn-everything",
    "warning",
    "A pattern of names means nearly every name",
    matters="It opens the whole Internet to whoever can register a name, as a CIDR of all "
    "addresses would, but looks like a restriction.",
    source="cilium pkg/fqdn/matchpattern",
)
def find_wide_patterns(context: ReviewContext) -> Iterator[Found]:
    """Yield the patterns that match names of any owner: `*`, or `*` below a top level."""
    for document in context.accepted:
        if not document.kind.startswith("Cilium"):
            continue
        for item in rules_of(document):
            for name, path in mappings(item.body.get("toFQDNs"), f"{item.path}.toFQDNs"):
                pattern = str(name.get("matchPattern") or "")
                tail = [part for part in pattern.strip(".").split(".") if "*" not in part]
                if not pattern or len(tail) > 1 or "*" not in pattern:
                    continue
                why = f"{quoted(pattern)} matches names of any owner."
                repair = only_needed(context, document, path)
                yield found_in(context, document, f"{path}.matchPattern", why, repair)


@check(
    "dns-blocked",
    "warning",
    "Pods may call others, but not look up their names",
    matters="Nearly every client asks DNS before it connects; without lookups what the policy "
    "allows cannot be reached by name.",
    source="Kubernetes, DNS for Services and Pods; Cilium, DNS based policies",
    needs=("pods",),
)
def find_closed_lookups(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies that allow some egress to pods that no rule lets ask a DNS server."""
    servers = context.bits_of(_servers(context))
    closed: dict[str, int] = {}
    for number in members(context.all_pods & ~servers):
        rules = [
            one
            for one in context.connections.subjects.of("egress", number)
            if not one.rule.deny and one.rule.ports != () and one.rule.peers != ()
        ]
        if not rules or any(one.doubt or one.rule.undecided for one in rules):
            continue
        if not _may_look_up(context, number, rules, servers):
            policy = next(one.rule.policy for one in rules)
            closed[policy] = closed.get(policy, 0) | 1 << number
    for policy, bits in sorted(closed.items()):
        document = context.documents[policy]
        names = context.workloads_at(bits)
        why = (
            f"{counted(names, 'workload')} may call others, but no policy lets "
            f"{'it' if len(names) == 1 else 'them'} ask a DNS server on port 53."
        )
        yield found_in(context, document, "spec.egress", why, _with_lookups(document))


def _may_look_up(
    context: ReviewContext, number: int, rules: list[CompiledRule], servers: int
) -> bool:
    """Return whether pods may ask a DNS server: those in the input, or one of the rules' choice."""
    gate = context.connections.gate("egress", number)
    atom = context.connections.atom("UDP", _DNS)
    if gate.possible[atom] & servers:
        return True
    for one in rules:
        covers = context.ports(one, number).contains("UDP", _DNS)
        # Servers on nodes or outside are named by address; a rule for all ports does not mean them.
        is_meant = one.rule.ports is not None and context.ends(one) & ~context.all_pods
        if covers and (is_meant or not servers):
            return True
    return False


def _servers(context: ReviewContext) -> list[Pod]:
    """Return the DNS servers of the cluster: behind Services of kube-system with port 53."""
    return [
        pod
        for service in context.cluster.services
        if service.namespace == "kube-system"
        and any(port.port == _DNS and port.protocol == "UDP" for port in service.ports)
        for pod in backends(context.cluster, service)
    ]


def _with_lookups(document: Document) -> Repair:
    """Return the repair that lets the subjects of a policy ask kube-dns."""
    text = "Allow port 53, UDP and TCP, of kube-dns."
    egress = field_at(document.body, "spec.egress")
    if not isinstance(egress, list):
        return Repair(text=text)
    if document.kind == "NetworkPolicy":
        peer = {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
        ports = [{"port": _DNS, "protocol": protocol} for protocol in ("UDP", "TCP")]
        rule: dict[str, object] = {"to": [peer], "ports": ports}
    else:
        numbers = {"ports": [{"port": str(_DNS), "protocol": "ANY"}]}
        rule = {"toEndpoints": [{"matchLabels": _KUBE_DNS}], "toPorts": [numbers]}
    return Repair(text=text, add=(edited(document, "spec.egress", [*egress, rule]),))


@check(
    "dns-server-closed",
    "error",
    "The DNS servers take no lookups",
    matters="Without DNS every workload of the cluster that calls another by name fails.",
    source="Kubernetes, DNS for Services and Pods",
    needs=("pods", "services"),
)
def find_silent_servers(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies that keep every application from the DNS servers."""
    applications = context.bits_of(pod for one in context.applications for pod in one.pods)
    atom = context.connections.atom("UDP", _DNS)
    closing: dict[str, int] = {}
    for number in members(context.bits_of(_servers(context))):
        gate = context.connections.gate("ingress", number)
        if not applications or gate.possible[atom] & applications:
            continue
        for one in context.connections.subjects.of("ingress", number):
            if one.rule.default_deny or one.rule.deny:
                closing[one.rule.policy] = closing.get(one.rule.policy, 0) | 1 << number
    for policy, bits in sorted(closing.items()):
        names = context.workloads_at(bits)
        why = f"{counted(names, 'workload')} in front of DNS may be asked by no application."
        allow = {"fromEntities": ["cluster"], "toPorts": [{"ports": [{"port": "53"}]}]}
        repair = Repair(text="Allow port 53 from the entity `cluster`.")
        document = context.documents[policy]
        ingress = field_at(document.body, "spec.ingress")
        if document.kind.startswith("Cilium") and isinstance(ingress, list):
            add = (edited(document, "spec.ingress", [*ingress, allow]),)
            repair = Repair(text=repair.text, add=add, promise="opens")
        yield found_in(context, document, "spec", why, repair)


def _is_unseen(context: ReviewContext, document: Document, finding: Finding) -> bool:
    """Return whether the names are closed, as no policy sends lookups through the proxy."""
    numbers = [
        number
        for compiled, found in context.connections.subjects.selected_by(document.key)
        if compiled.rule.direction == "egress"
        for number in found
    ]
    if not numbers:
        return bool(context.lack(("pods",))) and not _is_seen_elsewhere(context, document)
    seen = all(
        any(
            one.rule.l7 is not None and one.rule.l7.parser == "dns"
            for one in context.connections.subjects.of("egress", number)
        )
        for number in numbers
    )
    # Where the world is open anyhow, names are too.
    return not seen and bool(
        context.policies.what_if(add=_see_lookups(context, document, finding).add)
    )


def _is_seen_elsewhere(context: ReviewContext, document: Document) -> bool:
    """Return whether another policy that may be for the same pods has DNS rules."""
    return any(
        rule.l7 is not None and rule.l7.parser == "dns"
        for rule in context.policies.rules
        if context.documents[rule.policy].namespace in ("", document.namespace)
    )


def _milder(context: ReviewContext, document: Document, finding: Finding) -> ReviewSeverity | None:
    return "warning" if context.lack(("pods",)) else None


def _see_lookups(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    names = [
        dict(name)
        for item in rules_of(document)
        for name, _ in mappings(item.body.get("toFQDNs"), "")
        if finding.path.startswith(item.spec_path)
    ]
    rule = {
        "toEndpoints": [{"matchLabels": _KUBE_DNS}],
        "toPorts": [{"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": names}}],
    }
    egress = field_at(document.body, finding.path)
    return Repair(
        text=finding.fix, add=(edited(document, finding.path, [rule, *egress]),), promise="opens"
    )


lift(
    "fqdn-without-dns",
    "error",
    "Names are allowed, and no lookup is seen",
    matters="toFQDNs means only addresses in DNS answers that Cilium's proxy saw; without a rule "
    "with `rules.dns` it sees none, and the names stay closed.",
    source=_FQDN,
    theme="names",
    mend=_see_lookups,
    keep=_is_unseen,
    grade=_milder,
)


def _one_label(pattern: str) -> str:
    return pattern.replace("**", "*")


lift(
    "deep-wildcard",
    "warning",
    "`**` in a pattern of names means no more than `*`",
    matters="Up to Cilium 1.18, which AKS runs, deeper names do not match.",
    source="cilium pkg/fqdn/matchpattern (1.19)",
    theme="names",
    mend=rewrite(_one_label),
)


def _by_label(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Name the pods behind the Service in place of its name."""
    name = str(field_at(document.body, finding.path)).split(".")
    rule_path = finding.path.partition(".toFQDNs")[0]
    rule = dict(field_at(document.body, rule_path))
    service = next(
        (one for one in context.cluster.services if [one.name, one.namespace] == name[:2]), None
    )
    if service is None or not service.selector or len(rule["toFQDNs"]) != 1:
        return Repair(text=finding.fix)
    labels = {"k8s:io.kubernetes.pod.namespace": service.namespace, **service.selector}
    del rule["toFQDNs"]
    changed = edited(document, rule_path, {"toEndpoints": [{"matchLabels": labels}], **rule})
    return Repair(text=finding.fix, add=(changed,))


lift(
    "fqdn-service",
    "error",
    "toFQDNs names a Service of the cluster",
    matters="toFQDNs never means pods or cluster addresses, so the Service stays closed.",
    source="cilium pkg/ipcache/metadata.go; ACNS, FQDN filtering",
    mend=_by_label,
    theme="names",
)


def _udp_too(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    ports = finding.path.rpartition("[")[0]
    new = [*field_at(document.body, ports), {"port": _DNS, "protocol": "UDP"}]
    return Repair(text=finding.fix, add=(edited(document, ports, new),), promise="opens")


lift(
    "dns-udp",
    "warning",
    "DNS is allowed over TCP only",
    matters="Clients ask over UDP first; a port without protocol means TCP in a NetworkPolicy.",
    source="Kubernetes, NetworkPolicyPort.protocol; RFC 1035",
    theme="names",
    mend=_udp_too,
)
