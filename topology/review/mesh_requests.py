"""Requests and tokens in Istio's policies: what never matches, and what passes beside it."""

from collections.abc import Iterator

from topology.model import Document, Pod
from topology.policy.istio.bodies import mapping, spec_of
from topology.policy.istio.rules import AuthorizationPolicy
from topology.policy.validation import Finding
from topology.review.checks import check
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at, new_policy
from topology.review.finding import Found, Repair
from topology.review.lifting import found_in, lift, rewrite
from topology.review.wording import counted, listed, quoted
from topology.services import service_backends, services_of

__all__ = ["find_neutralised", "find_service_ports", "find_unchecked", "find_unknown_issuers"]

_AUTHZ = "istio pilot/pkg/security/authz/model/generator.go"
_PRACTICE = "Istio, Security best practices"
_TOKEN = "request.auth."
_ISSUER = "request.auth.principal"


@check(
    "allow-neutralised",
    "warning",
    "An ALLOW for everything voids the narrower ones",
    matters="ALLOW policies are a union, whatever their scope: one that admits every request "
    "leaves nothing for the others to restrict.",
    source="istio pilot/pkg/security/authz/builder/builder.go",
    needs=("pods", "sidecars"),
)
def find_neutralised(context: ReviewContext) -> Iterator[Found]:
    """Yield the ALLOW rules without any condition beside ALLOW policies with some."""
    found: dict[str, tuple[AuthorizationPolicy, set[str], set[str]]] = {}
    for pod in context.meshed:
        allows = [
            one
            for one in context.mesh.index.authorization_policies(pod)
            if one.action == "ALLOW" and one.enforced
        ]
        for policy in allows:
            narrow = [one.key for one in allows if one is not policy and _restricts(one)]
            if narrow and _admits_all(policy):
                _, pods, others = found.setdefault(policy.key, (policy, set(), set()))
                pods.add(f"{pod.namespace}/{pod.workload or pod.name}")
                others.update(narrow)
    for policy, pods, others in found.values():
        path = next(rule.path for rule in policy.rules if not rule.tests and not rule.skipped)
        why = (
            f"It admits every request to {counted(sorted(pods), 'workload')}, so "
            f"{listed(sorted(others))} restrict nothing there."
        )
        repair = Repair(
            text="Delete it, or narrow its selector.", remove=(policy.key,), promise="closes"
        )
        yield found_in(context, policy.document, path, why, repair)


def _admits_all(policy: AuthorizationPolicy) -> bool:
    """Return whether a rule of an ALLOW policy is met by every request."""
    return any(not rule.tests and not rule.skipped for rule in policy.rules)


def _restricts(policy: AuthorizationPolicy) -> bool:
    """Return whether an ALLOW policy admits some requests and not others."""
    return bool(policy.rules) and not _admits_all(policy)


@check(
    "token-never-checked",
    "error",
    "A policy asks for a token that nothing checks",
    matters="Without a RequestAuthentication no request is authenticated, whatever token it "
    "carries: an ALLOW admits nobody, and a DENY of the anonymous stops everybody.",
    source="Istio, RequestAuthentication; observed on Envoy",
    needs=("pods", "sidecars"),
)
def find_unchecked(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies on tokens for workloads that no RequestAuthentication selects."""
    for policy in context.mesh.index.policies.values():
        tests = [t for r in policy.rules for t in r.tests if t.attribute.startswith(_TOKEN)]
        pods = _guarded(context, policy)
        bare = [pod for pod in pods if not context.mesh.index.request_authentications(pod)]
        if not tests or not pods or len(bare) < len(pods):
            continue
        names = sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in bare})
        why = f"No RequestAuthentication selects {counted(names, 'workload')}."
        repair = Repair(
            text="Write a RequestAuthentication for the same workloads.",
            obstacle="which issuer signs the tokens is not in the input",
        )
        yield found_in(context, policy.document, tests[0].path, why, repair)


@check(
    "unknown-issuer",
    "error",
    "A policy asks for an issuer whose tokens are refused",
    matters="A token of an issuer that no RequestAuthentication names is answered with 401, so "
    "nobody has this identity.",
    source="Istio, RequestAuthentication; istio pilot/pkg/security/authn/policy_applier.go",
    needs=("pods", "sidecars"),
)
def find_unknown_issuers(context: ReviewContext) -> Iterator[Found]:
    """Yield the request principals of issuers that the workload's proxies do not know."""
    for policy in context.mesh.index.policies.values():
        pods = _guarded(context, policy)
        issuers = {rule.issuer for pod in pods for rule in context.mesh.index.token_rules(pod)}
        if not issuers:
            continue
        for rule in policy.rules:
            for test in rule.tests:
                for number, value in enumerate(test.values if test.attribute == _ISSUER else ()):
                    issuer, slash, subject = value.rpartition("/")
                    if not slash or "*" in issuer or issuer in issuers:
                        continue
                    why = (
                        f"{quoted(issuer)} is no issuer that the proxies of its workloads know; "
                        f"they know {listed(sorted(issuers))}."
                    )
                    path = f"{test.path}[{number}]"
                    repair = Repair(text=f"Write {listed(sorted(issuers))} as issuer.")
                    if len(issuers) == 1:
                        new = f"{next(iter(issuers))}/{subject}"
                        changed = edited(policy.document, path, new)
                        repair = Repair(text=repair.text, add=(changed,))
                    yield found_in(context, policy.document, path, why, repair)


@check(
    "service-port-in-mesh",
    "error",
    "An AuthorizationPolicy names the port of the Service",
    matters="The proxy of a workload sees the port of the pod, so the rule never matches.",
    source="Istio, Operation.ports; pilot/pkg/security/authz/model/generator.go",
    needs=("pods", "services"),
)
def find_service_ports(context: ReviewContext) -> Iterator[Found]:
    """Yield the ports that are a Service's, where its pods listen on others."""
    for policy in context.mesh.index.policies.values():
        pods = _selected(context, policy)
        offered = {port.number for pod in pods for port in pod.ports}
        for rule in policy.rules:
            for test in rule.tests:
                if test.attribute != "destination.port":
                    continue
                for number, value in enumerate(test.values):
                    port = int(value) if value.isdecimal() else 0
                    target = _target(context, pods, port)
                    if port in offered or not target or str(target[1]) in test.values:
                        continue
                    path = f"{test.path}[{number}]"
                    why = (
                        f"Port {port} is that of Service {quoted(target[0])}; its pods listen on "
                        f"{target[1]}, and this is what the proxy sees."
                    )
                    changed = edited(policy.document, path, str(target[1]))
                    repair = Repair(text=f'Write `"{target[1]}"`.', add=(changed,))
                    yield found_in(context, policy.document, path, why, repair)


def _target(context: ReviewContext, pods: list[Pod], port: int) -> tuple[str, int] | None:
    known = {pod.full_name for pod in pods}
    for service in services_of(context.cluster, pods) if port else ():
        for route in service_backends(context.cluster, service, port=port):
            for one in route.backends:
                if one.pod and one.pod.full_name in known and one.port not in (0, port):
                    return service.full_name, one.port
    return None


def _selected(context: ReviewContext, policy: AuthorizationPolicy) -> list[Pod]:
    """Return one pod of each workload and kind that a policy selects."""
    index = context.mesh.index
    return [pod for pod in context.callers if index.is_selected(policy.document, pod)]


def _guarded(context: ReviewContext, policy: AuthorizationPolicy) -> list[Pod]:
    index = context.mesh.index
    return [pod for pod in context.meshed if index.is_selected(policy.document, pod)]


def _capital(written: str) -> str:
    return written.upper()


def _with_slash(written: str) -> str:
    return f"/{written}"


def _with_variants(written: str) -> str:
    return f"{written.rstrip('/')}*"


def _any_token(written: str) -> str:
    return "*" if written == "*/*" else written


def _with_ports(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    values, _, _ = finding.path.rpartition("[")
    written = str(field_at(document.body, finding.path))
    if written.startswith("*"):
        return Repair(text=finding.fix)
    new = [*field_at(document.body, values), f"{written}:*"]
    return Repair(text=finding.fix, add=(edited(document, values, new),))


def _emptied(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    spec = {key: value for key, value in spec_of(document.body).items() if key != "rules"}
    return Repair(text=finding.fix, add=(edited(document, "spec", spec),), promise="closes")


def _without_rules(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    spec = {key: value for key, value in spec_of(document.body).items() if key != "rules"}
    text = "Leave `rules` out, which denies plainly; or write `rules: [{}]` to admit everything."
    return Repair(text=text, add=(edited(document, "spec", spec),), promise="no-change")


def _segment(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    written = str(field_at(document.body, finding.path))
    parts = ["{*}" if part == "*" else part for part in written.split("/")]
    if not written.startswith("/") or "/".join(parts) == written:
        return Repair(text=finding.fix)
    new = "/".join(parts)
    return Repair(text=f"Write {quoted(new)}.", add=(edited(document, finding.path, new),))


def _http_ports(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Name the ports of the selected pods that are HTTP to their proxies."""
    index = context.mesh.index
    numbers = sorted(
        {
            port.number
            for pod in context.callers
            if index.is_selected(document, pod) and index.state(pod).present
            for port in pod.ports
            if index.port_use(pod, port.number).application != "tcp"
        }
    )
    rule = dict(mapping(field_at(document.body, finding.path)))
    if not numbers or not rule:
        return Repair(text=finding.fix)
    ports = [str(number) for number in numbers]
    given = [mapping(mapping(one).get("operation")) for one in rule.get("to") or [{}]]
    rule["to"] = [{"operation": {"ports": ports, **one}} for one in given]
    return Repair(text=finding.fix, add=(edited(document, finding.path, rule),))


def _ask_for_token(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    spec = {
        "action": "DENY",
        "rules": [{"from": [{"source": {"notRequestPrincipals": ["*"]}}]}],
    }
    selector = field_at(document.body, "spec.selector")
    if selector:
        spec = {"selector": selector, **spec}
    name = f"{document.name}-require-token"
    deny = new_policy("AuthorizationPolicy", document.namespace, name, spec, like=document)
    return Repair(text=finding.fix, add=(deny,))


lift(
    "allow-nothing",
    "warning",
    "An ALLOW without rules admits nothing",
    matters="An empty list of rules denies every request that no other policy admits, while its "
    "name or form promises the opposite.",
    source="istio pilot/pkg/security/authz/builder/builder.go",
    mend=_without_rules,
    theme="mesh_requests",
)
lift(
    "allow-all",
    "warning",
    "An ALLOW that was to shut admits everything",
    matters="`rules: [{}]` matches every request; only no rules at all deny.",
    source="istio pilot/pkg/security/authz/builder/builder.go",
    theme="mesh_requests",
    mend=_emptied,
)
lift(
    "literal-star",
    "warning",
    "A star inside a value is a plain character",
    matters="Values are compared as a whole, or by one star at the beginning or end; the rule "
    "hardly matches anything.",
    source="istio pilot/pkg/security/authz/matcher/string.go",
    mend=_segment,
    theme="mesh_requests",
)
lift(
    "method-case",
    "error",
    "A method is not in capitals",
    matters="Methods are compared with their case, so the rule matches no usual request.",
    source="istio pilot/pkg/security/authz/matcher/header.go; observed on Envoy",
    theme="mesh_requests",
    mend=rewrite(_capital),
)
lift(
    "host-without-port",
    "info",
    "A host is named without its port",
    matters="A client may write the port into the host, and the value then does not match.",
    source=_PRACTICE,
    theme="mesh_requests",
    mend=_with_ports,
)
lift(
    "path-without-slash",
    "error",
    "A path does not begin with a slash",
    matters="Every path does, so the rule matches no request.",
    source=_AUTHZ,
    theme="mesh_requests",
    mend=rewrite(_with_slash),
)
lift(
    "path-variants",
    "warning",
    "A DENY of one path is passed by a variant of it",
    matters="Servers take `/admin/`, `//admin` and `/Admin` for the same; the policy does not.",
    source=_PRACTICE,
    theme="mesh_requests",
    mend=rewrite(_with_variants),
)
lift(
    "request-principal",
    "error",
    "A request principal never matches",
    matters="Issuer and subject are parted at the last slash, and a star stands for one of them "
    "only at its edge.",
    source=f"{_AUTHZ} (requestPrincipalGenerator)",
    theme="mesh_requests",
    mend=rewrite(_any_token),
)
lift(
    "deny-tcp",
    "warning",
    "A DENY on HTTP alone denies every TCP port",
    matters="On a port that is no HTTP to the proxy the HTTP fields are left out, and nothing is "
    "left to restrict the rule.",
    source="istio pkg/config/validation/validation.go (warning of the webhook)",
    mend=_http_ports,
    theme="mesh_requests",
)
lift(
    "http-on-tcp",
    "error",
    "HTTP fields stand for a port that is no HTTP to the proxy",
    matters="An ALLOW then admits nothing there, and a DENY refuses without looking.",
    source="istio pilot/pkg/security/authz/model/model.go; Istio, protocol selection",
    obstacle="the Service changes, not a policy",
    theme="mesh_requests",
    needs=("pods", "services"),
)
lift(
    "unknown-provider",
    "error",
    "The mesh defines no such external authorizer",
    matters="Every request that the policy matches is denied.",
    source="istio pilot/pkg/security/authz/builder/extauthz.go",
    obstacle="the settings of the mesh change, not a policy",
    theme="mesh_requests",
    needs=("pods",),
)
lift(
    "forwarded-address",
    "warning",
    "A client's address is taken from a header that callers write",
    matters="Inside the mesh every caller can put any address into X-Forwarded-For.",
    source="Istio, remoteIpBlocks; observed on Envoy",
    theme="mesh_requests",
    needs=("pods",),
    obstacle="which addresses the gateway sees is not in the input",
)
lift(
    "token-optional",
    "warning",
    "Tokens are checked, but not asked for",
    matters="A RequestAuthentication refuses bad tokens; a request without any passes.",
    source="Istio, RequestAuthentication",
    theme="mesh_requests",
    needs=("pods", "sidecars"),
    mend=_ask_for_token,
)
