"""Identities in the mesh: whom policies name, who can prove it, and who escapes."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from topology.model import Document, Pod
from topology.policy.istio.bodies import mapping
from topology.policy.istio.identities import (
    LOCAL_TRUST_DOMAIN,
    matches_namespace,
    matches_principal,
    matches_service_account,
    with_aliases,
)
from topology.policy.istio.rules import AuthorizationPolicy, Test
from topology.policy.validation import Finding
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at, new_policy
from topology.review.finding import Found, Repair, ReviewSeverity
from topology.review.lifting import found_in, lift, rewrite
from topology.review.wording import counted, listed, quoted
from topology.services import service_backends

__all__ = [
    "find_bare_callers",
    "find_disabled",
    "find_foreign_domains",
    "find_lax_namespaces",
    "find_missing_accounts",
    "find_plain_callers",
]

_PARTS = 5
_IDENTITY = ("source.principal", "source.serviceAccount", "source.namespace")
_STRICT = {"mtls": {"mode": "STRICT"}}
_AUTHZ = "istio pilot/pkg/security/authz/model/generator.go"


@check(
    "missing-account",
    "warning",
    "A policy names a service account that no pod uses",
    matters="No caller has this identity, so an ALLOW admits nobody by it and a DENY stops nobody.",
    source=_AUTHZ,
    needs=("pods",),
)
def find_missing_accounts(context: ReviewContext) -> Iterator[Found]:
    """Yield the principals and accounts of namespaces in the input that no pod there has."""
    accounts: dict[str, set[str]] = {}
    for pod in context.cluster.pods:
        accounts.setdefault(pod.namespace, set()).add(pod.service_account)
    for policy, test in _identity_tests(context):
        for number, value in enumerate(test.values):
            named = _account_of(policy, test, value)
            if named is None or named[0] not in accounts or named[1] in accounts[named[0]]:
                continue
            namespace, name = named
            near = get_close_matches(name, sorted(accounts[namespace]), n=1, cutoff=0.7)
            known = listed(sorted(accounts[namespace]), 5)
            why = f"No pod of {quoted(namespace)} runs as {quoted(name)}; there are {known}."
            path = f"{test.path}[{number}]"
            repair = Repair(text="Name a service account that the callers run as.")
            if near:
                head, _, _ = value.rpartition("/")
                new = f"{head}/{near[0]}" if head else near[0]
                changed = edited(policy.document, path, new)
                repair = Repair(text=f"Write {quoted(new)}.", add=(changed,))
            yield found_in(context, policy.document, path, why, repair)


@check(
    "caller-without-identity",
    "error",
    "An ALLOW names callers that carry no sidecar",
    matters="A caller proves who it is by the certificate of its proxy; without one it has no "
    "identity, and the rule never admits it.",
    source=_AUTHZ,
    needs=("pods", "sidecars"),
)
def find_bare_callers(context: ReviewContext) -> Iterator[Found]:
    """Yield the identities in ALLOW policies that only pods without a sidecar could have."""
    for policy, test in _identity_tests(context):
        if policy.action != "ALLOW" or test.negated:
            continue
        for number, value in enumerate(test.values):
            if "*" in value:
                continue
            pods = [
                pod for pod in context.callers if _has_identity(context, policy, test, value, pod)
            ]
            states = [context.mesh.index.state(pod) for pod in pods]
            if not pods or any(one.present is not False or one.ambient for one in states):
                continue
            names = sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in pods})
            why = (
                f"{counted(names, 'workload')} would be {quoted(value)}, but "
                f"{'it carries' if len(names) == 1 else 'they carry'} no sidecar: "
                f"{states[0].reason}."
            )
            repair = Repair(
                text="Inject a sidecar into the callers: on AKS by the namespace label "
                "`istio.io/rev=asm-...`, then restart them.",
                obstacle="pods change, not a policy",
            )
            yield found_in(context, policy.document, f"{test.path}[{number}]", why, repair)


@check(
    "foreign-trust-domain",
    "warning",
    "A principal is of a trust domain that the mesh does not know",
    matters="Proxies refuse certificates of other trust domains, so nobody has this identity.",
    source="istio pilot/pkg/security/trustdomain/bundle.go; pilot/pkg/features/security.go",
    needs=("pods",),
)
def find_foreign_domains(context: ReviewContext) -> Iterator[Found]:
    """Yield the whole principals of which the trust domain is neither the mesh's nor an alias."""
    domains = {*context.mesh.settings.trust_domains, LOCAL_TRUST_DOMAIN}
    for policy, test in _identity_tests(context):
        if test.attribute != "source.principal":
            continue
        for number, value in enumerate(test.values):
            domain, _, rest = value.partition("/")
            if value.count("/") != _PARTS - 1 or "*" in domain or domain in domains:
                continue
            new = f"{context.mesh.settings.trust_domain}/{rest}"
            path = f"{test.path}[{number}]"
            why = (
                f"{quoted(domain)} is not among the trust domains of the mesh "
                f"({listed(sorted(domains))}, by {context.mesh.settings.origin})."
            )
            changed = edited(policy.document, path, new)
            repair = Repair(text=f"Write {quoted(new)}.", add=(changed,))
            yield found_in(context, policy.document, path, why, repair)


@check(
    "mtls-disabled",
    "warning",
    "Mutual TLS is turned off",
    matters="Callers have no identity then, traffic is readable, and every rule by identity fails.",
    source="Istio, PeerAuthentication; pilot/pkg/security/authn/policy_applier.go",
)
def find_disabled(context: ReviewContext) -> Iterator[Found]:
    """Yield the PeerAuthentications that set DISABLE, for all ports or for one."""
    for document in context.accepted:
        if document.kind != "PeerAuthentication":
            continue
        ports = field_at(document.body, "spec.portLevelMtls")
        paths = [f"spec.portLevelMtls.{port}.mode" for port in mapping(ports)]
        for path in ("spec.mtls.mode", *paths):
            if field_at(document.body, path) == "DISABLE":
                changed = edited(document, path, "PERMISSIVE")
                repair = Repair(
                    text="Write `STRICT`, or `PERMISSIVE` while some callers have no sidecar.",
                    add=(changed,),
                )
                why = f"{quoted(path)} is `DISABLE`, so only plaintext is accepted."
                # For one port it is a documented way to let a client without a sidecar in.
                severity: ReviewSeverity | None = "info" if path in paths else None
                yield found_in(context, document, path, why, repair, severity=severity)


@check(
    "strict-refuses-caller",
    "warning",
    "STRICT refuses a caller without a sidecar",
    matters="The caller's environment names the Service, and its plaintext is refused at the "
    "connection.",
    source="Istio, PeerAuthentication (STRICT); netassist, `topology/calls.py`",
    needs=("pods", "services", "sidecars"),
)
def find_plain_callers(context: ReviewContext) -> Iterator[Found]:
    """Yield the announced calls from outside the mesh to workloads that demand mutual TLS."""
    seen: set[tuple[str, str]] = set()
    for call in context.calls:
        state = context.mesh.index.state(call.caller.pods[0])
        if state.present is not False or state.ambient or call.service is None:
            continue
        for route in service_backends(context.cluster, call.service, port=call.port):
            for backend in route.backends:
                if backend.pod is None or not context.mesh.index.state(backend.pod).present:
                    continue
                mode = context.mesh.index.mode(backend.pod, backend.port)
                key = (call.caller.full_name, call.service.full_name)
                if mode.mode != "STRICT" or key in seen:
                    continue
                seen.add(key)
                yield Found(
                    object=f"{call.caller.kind}/{call.caller.full_name}",
                    namespace=call.caller.namespace,
                    why=f"{quoted(call.caller.full_name)} names {quoted(call.service.full_name)} "
                    f"in `{call.variable}` and carries no sidecar ({state.reason}); {mode.policy} "
                    "demands mutual TLS there.",
                    repair=Repair(
                        text="Inject a sidecar into the caller, or accept plaintext on that port.",
                        obstacle="which of both is for the owner of the called workload to say",
                    ),
                    path=call.service.full_name,
                    location=call.location,
                    related=((mode.policy or "", mode.location),) if mode.location else (),
                )


@check(
    "permissive",
    "info",
    "Sidecars accept plaintext",
    matters="Whoever gets into the network can call them without an identity; that is Istio's "
    "default and meant for the time of a migration.",
    source="Istio, mutual TLS migration; Security best practices",
    needs=("sidecars",),
)
def find_lax_namespaces(context: ReviewContext) -> Iterator[Found]:
    """Yield the namespaces with sidecars in which mutual TLS is not demanded."""
    for gap in context.gaps.gaps:
        if gap.code != "permissive":
            continue
        strict = new_policy("PeerAuthentication", gap.namespace, "strict", _STRICT)
        yield Found(
            object=gap.object,
            namespace=gap.namespace,
            why=gap.why,
            repair=Repair(text=gap.fix, add=(strict,)),
            location=gap.location,
            related=gap.causes,
        )


def _identity_tests(context: ReviewContext) -> Iterator[tuple[AuthorizationPolicy, Test]]:
    for policy in context.mesh.index.policies.values():
        for rule in policy.rules:
            for test in rule.tests:
                if test.attribute in _IDENTITY:
                    yield policy, test


def _account_of(policy: AuthorizationPolicy, test: Test, value: str) -> tuple[str, str] | None:
    """Return namespace and name of the account that a value names; None where it names none."""
    if test.attribute == "source.serviceAccount":
        namespace, slash, name = value.partition("/")
        return (namespace, name) if slash else (policy.namespace, value)
    parts = value.split("/")
    if test.attribute != "source.principal" or len(parts) != _PARTS or "*" in value:
        return None
    return (parts[2], parts[4]) if (parts[1], parts[3]) == ("ns", "sa") else None


def _has_identity(
    context: ReviewContext, policy: AuthorizationPolicy, test: Test, value: str, pod: Pod
) -> bool:
    """Return whether a pod would have an identity that a value names, if it had a proxy."""
    domains = context.mesh.settings.trust_domains
    own = f"{context.mesh.settings.trust_domain}/ns/{pod.namespace}/sa/{pod.service_account}"
    if test.attribute == "source.namespace":
        return matches_namespace(value, own)
    if test.attribute == "source.serviceAccount":
        return matches_service_account(value, own, policy_namespace=policy.namespace)
    return any(matches_principal(each, own) for each in with_aliases([value], domains))


def _stricter(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    strict = new_policy("PeerAuthentication", document.namespace, "strict", _STRICT)
    return Repair(text=finding.fix, add=(strict,))


def _with_identity(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    holder = finding.path.rpartition(".")[0]
    source = field_at(document.body, holder)
    if not holder.endswith(".source") or not isinstance(source, Mapping) or "principals" in source:
        return Repair(text=finding.fix)
    changed = edited(document, holder, {**source, "principals": ["*"]})
    return Repair(text=finding.fix, add=(changed,))


def _is_listed(context: ReviewContext, document: Document, finding: Finding) -> bool:
    """Return whether it is certain, or a near name shows, that a namespace is misspelt."""
    name = str(field_at(document.body, finding.path))
    return context.is_missing(name) or bool(_near(context, name))


def _near(context: ReviewContext, name: str) -> list[str]:
    known = [one for one in sorted(context.cluster.namespaces) if context.pods_in(one)]
    return get_close_matches(name, [one for one in known if one != name], n=1, cutoff=0.8)


def _spelt(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    near = _near(context, str(field_at(document.body, finding.path)))
    if not near:
        return Repair(text=finding.fix)
    return Repair(text=f"Write {quoted(near[0])}.", add=(edited(document, finding.path, near[0]),))


def _without_scheme(written: str) -> str:
    return written.removeprefix("spiffe://")


lift(
    "spiffe-prefix",
    "error",
    "A principal begins with `spiffe://`",
    matters="Istio adds the prefix itself, so nobody has this identity.",
    source=_AUTHZ,
    theme="mesh_identity",
    mend=rewrite(_without_scheme),
)
lift(
    "admits-anonymous",
    "warning",
    "An ALLOW only says who a caller is not",
    matters="A plaintext caller has no identity, so `not...` is true of it: it is admitted.",
    source="istio pilot/pkg/security/authz/model/model.go",
    theme="mesh_identity",
    mend=_with_identity,
)
lift(
    "deny-by-identity",
    "warning",
    "A DENY by identity is passed by plaintext",
    matters="A caller without a certificate has no identity to be denied by.",
    source="Istio, Security best practices; observed on Envoy",
    theme="mesh_identity",
    needs=("pods",),
    mend=_stricter,
)
lift(
    "missing-namespace",
    "warning",
    "A policy names a namespace that does not exist",
    matters="No caller is of that namespace, so the rule is for nobody.",
    source="`istioctl analyze` IST0101",
    theme="mesh_identity",
    needs=("pods",),
    mend=_spelt,
    keep=_is_listed,
)
