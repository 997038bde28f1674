"""What an Istio policy says that is allowed and yet rarely meant, told from the policy alone.

Source: Istio "Security Best Practices", and facts about matching in this package's modules.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from topology.model import Document
from topology.policy.istio.bodies import mapping, spec_of
from topology.policy.istio.complaints import Complaints
from topology.policy.istio.parse import parse_policy
from topology.policy.istio.rules import AuthorizationPolicy, Element, Rule, Test
from topology.policy.validation import Finding

__all__ = ["find_traps"]

_IDENTITIES = frozenset(
    {"source.principal", "source.namespace", "source.serviceAccount", "source.trustDomain"}
)
_PLAIN_STARS = frozenset({"source.namespace", "connection.sni"})
_OPEN_NAME = re.compile(r"allow-(all|any|everything)|(^|-)(open|permit)(-|$)", re.IGNORECASE)
_SHUT_NAME = re.compile(r"(allow|permit)-(nothing|none)|deny|block|(^|-)lock", re.IGNORECASE)


def find_traps(document: Document) -> tuple[Finding, ...]:
    """Return what of one policy is likely not meant; nothing for other kinds of object."""
    if document.kind != "AuthorizationPolicy":
        return ()
    policy, _ = parse_policy(document)
    if policy is None:
        return ()
    complaints = Complaints(document)
    _check_whole(complaints, policy)
    for rule in policy.rules:
        for test in rule.tests:
            check = _VALUE_TRAPS.get(test.attribute)
            if check:
                check(complaints, policy, test)
            _check_stars(complaints, test)
        _check_negatives(complaints, policy, rule)
    return tuple(complaints.found)


def _check_whole(complaints: Complaints, policy: AuthorizationPolicy) -> None:
    """Check what the policy as a whole does against what its name promises."""
    name = policy.document.name
    spec = spec_of(policy.document.body)
    empty = any(not rule.tests and not rule.skipped for rule in policy.rules)
    if policy.action == "ALLOW" and not policy.rules:
        if _OPEN_NAME.search(name) or "rules" in spec:
            complaints.doubt(
                "allow-nothing",
                "spec.rules" if "rules" in spec else "spec",
                "An ALLOW policy without rules admits nothing, so every request is denied that no "
                "other ALLOW policy admits.",
                "Write `rules: [{}]` to admit everything; leave `rules` out to deny.",
            )
    elif policy.action == "ALLOW" and empty and _SHUT_NAME.search(name):
        complaints.doubt(
            "allow-all",
            "spec.rules",
            "An empty rule `{}` matches every request, so this ALLOW policy admits everything.",
            "Write `spec: {}` to deny what no other policy admits.",
        )
    annotations = mapping(mapping(policy.document.body.get("metadata")).get("annotations"))
    given = annotations.get("istio.io/dry-run")
    if given is not None and not policy.dry_run and str(given).lower() not in ("false", "f", "0"):
        complaints.doubt(
            "dry-run-value",
            "metadata.annotations",
            f"`istio.io/dry-run` is `{given}`, which is no truth value, so the policy is enforced.",
            'Write `"true"`.',
        )


def _check_stars(complaints: Complaints, test: Test) -> None:
    """Complain of a `*` that is a plain character where a wildcard seems meant."""
    if test.attribute in _PLAIN_STARS or not _compares_text(test):
        return
    for path, value in _values(test):
        inside = value[1:] if value.startswith("*") else value.removesuffix("*")
        if "*" in re.sub(r"\{\*\*?\}", "", inside) and value != "*/*":
            fix = "Keep one `*`, at the beginning or at the end."
            if test.attribute == "request.path":
                fix = "Write `{*}` for one segment of a path, or keep one `*` at the end."
            complaints.doubt(
                "literal-star",
                path,
                f"A `*` inside `{value}` is a plain character, not a wildcard.",
                fix,
            )


def _compares_text(test: Test) -> bool:
    return test.attribute not in ("source.ip", "remote.ip", "destination.ip", "destination.port")


def _check_principals(complaints: Complaints, policy: AuthorizationPolicy, test: Test) -> None:
    for path, value in _values(test):
        if value.startswith("spiffe://"):
            complaints.doubt(
                "spiffe-prefix",
                path,
                f"`{value}` never matches: Istio adds `spiffe://` itself.",
                f"Write `{value.removeprefix('spiffe://')}`.",
            )


def _check_methods(complaints: Complaints, policy: AuthorizationPolicy, test: Test) -> None:
    for path, value in _values(test):
        if value != value.upper():
            complaints.doubt(
                "method-case",
                path,
                f"`{value}` matches no usual request: methods are compared with their case.",
                f"Write `{value.upper()}`.",
            )


def _check_hosts(complaints: Complaints, policy: AuthorizationPolicy, test: Test) -> None:
    for path, value in _values(test):
        bare = not value.endswith("*") and ":" not in value.rpartition("]")[2]
        if bare and f"{value}:*".lower() not in {each.lower() for each in test.values}:
            effect = "passes by this rule" if _restricts(policy, test) else "is not admitted by it"
            complaints.doubt(
                "host-without-port",
                path,
                f"`{value}` does not match `{value.lstrip('*') or value}:8080`: a request that "
                f"names the port {effect}.",
                f'Write both, `["{value}", "{value}:*"]`.'
                if not value.startswith("*")
                else "Name the hosts with their ports, too.",
            )


def _check_paths(complaints: Complaints, policy: AuthorizationPolicy, test: Test) -> None:
    for path, value in _values(test):
        if not value.startswith(("/", "*", "{")):
            complaints.doubt(
                "path-without-slash",
                path,
                f"`{value}` matches no request: every path starts with a slash.",
                f"Write `/{value}`.",
            )
        elif _restricts(policy, test) and not value.endswith("*") and "{" not in value:
            complaints.doubt(
                "path-variants",
                path,
                f"`{value}` does not match `{value.rstrip('/')}/`, `/{value}` or other letters' "
                "case, which many servers treat alike: such a request passes by this rule.",
                f"Admit paths by ALLOW instead, or write `{value.rstrip('/')}*` and set the "
                "mesh's path normalisation to MERGE_SLASHES.",
            )


def _check_request_principals(
    complaints: Complaints, policy: AuthorizationPolicy, test: Test
) -> None:
    for path, value in _values(test):
        if value == "*/*":
            complaints.doubt(
                "request-principal",
                path,
                "`*/*` asks for a subject that is literally `*`, so it never matches.",
                "Write `*` for any token.",
            )
        elif value.endswith("*") and value.count("/") == 2 and value.endswith("//*"):
            complaints.doubt(
                "request-principal",
                path,
                f"`{value}` asks for the issuer `{value[:-2]}`: the last slash parts issuer and "
                "subject.",
                "Write the whole issuer and `/*`.",
            )


def _check_negatives(complaints: Complaints, policy: AuthorizationPolicy, rule: Rule) -> None:
    """Complain of an ALLOW source that only says who it is not, which admits the anonymous."""
    if policy.action != "ALLOW":
        return
    known = any(test.attribute in _IDENTITIES and not test.negated for test in rule.conditions)
    for source in rule.sources:
        tests = _of_identity(source)
        if tests and not known and all(test.negated for test in tests):
            complaints.doubt(
                "admits-anonymous",
                tests[0].path,
                "A caller without a certificate has no identity, so `not...` is true of it: the "
                "rule admits plaintext callers.",
                'Add `principals: ["*"]` to the same source to ask for mutual TLS.',
            )


def _of_identity(source: Element) -> list[Test]:
    return [test for test in source.tests if test.attribute in _IDENTITIES]


def _restricts(policy: AuthorizationPolicy, test: Test) -> bool:
    """Return whether a value that fails to match lets a request through."""
    return (policy.action == "DENY") != test.negated and policy.action in ("ALLOW", "DENY")


def _values(test: Test) -> Iterator[tuple[str, str]]:
    for index, value in enumerate(test.values):
        yield f"{test.path}[{index}]", value


_VALUE_TRAPS: Mapping[str, Callable[[Complaints, AuthorizationPolicy, Test], None]] = {
    "request.auth.principal": _check_request_principals,
    "request.host": _check_hosts,
    "request.method": _check_methods,
    "request.path": _check_paths,
    "source.principal": _check_principals,
}
