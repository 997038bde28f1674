"""HTTP and other L7 rules that match nothing, or restrict nothing."""

import re
from collections.abc import Iterator

from topology.model import Document, Pod
from topology.policy.istio.protocols import application_of
from topology.policy.matrix import members
from topology.policy.regex import compile_regex
from topology.policy.rules import Rule
from topology.policy.subjects import DIRECTIONS
from topology.policy.validation import Finding
from topology.policy.validation.rules_of import mappings, rules_of
from topology.review.checks import check
from topology.review.context import Placed, ReviewContext
from topology.review.edits import dropped, edited, field_at, removed_rule
from topology.review.finding import Found, Repair
from topology.review.lifting import found_in, lift, rewrite
from topology.review.request_repairs import as_expression
from topology.review.wording import counted, listed, quoted
from topology.services import service_backends, services_of

__all__ = ["find_encrypted", "find_methods", "find_paths", "find_rivals", "find_void_rules"]

_METHODS = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
_L7 = "cilium pkg/policy/l4.go; Cilium, layer 7 policies"
_ENCRYPTED = ("https", "tls", "kubernetes.io/wss")


@check(
    "l7-void",
    "warning",
    "HTTP rules are void, as another rule opens the same port",
    matters="Rules are a union: a rule for the same peers and port without HTTP part, or no "
    "default deny at all, lets every request through.",
    source=_L7,
    needs=("pods",),
)
def find_void_rules(context: ReviewContext) -> Iterator[Found]:
    """Yield the HTTP rules that restrict nobody whom they are for."""
    for placed in context.placed:
        rule = placed.rule
        if rule.l7 is None or rule.l7.parser != "http" or rule.deny:
            continue
        if not all(_is_void(context, placed, number) for number in placed.numbers):
            continue
        opener = _opener(context, placed)
        if opener is None:
            why = "No policy denies by default what these pods get, so every request passes."
            repair = Repair(text="Leave `enableDefaultDeny` at its default in this policy.")
            yield found_in(context, placed.document, rule.path, why, repair)
            continue
        document = context.documents[opener.policy]
        left = removed_rule(document, opener.path)
        why = f"{opener.name} ({opener.location}) opens the same ports without HTTP part."
        repair = Repair(text="Take that rule out, or narrow it to other peers or ports.")
        if left is not None:
            repair = Repair(text=repair.text, add=(left,), promise="closes")
        yield found_in(context, placed.document, rule.path, why, repair)


def _is_void(context: ReviewContext, placed: Placed, number: int) -> bool:
    gate = context.connections.gate(placed.rule.direction, number)
    ends = context.ends(placed.compiled)
    mask = context.connections.ground.atoms.mask(context.ports(placed.compiled, number))
    if not ends or not mask:
        return False
    return all(
        gate.allowed[atom] & ends == ends and not gate.conditional[atom] & ends
        for atom in members(mask)
    )


def _opener(context: ReviewContext, placed: Placed) -> Rule | None:
    number = placed.numbers[0]
    ports = context.ports(placed.compiled, number)
    for one in context.beside(placed, number):
        plain = one.rule.l7 is None and not one.rule.deny
        shared = plain and context.ends(one) & context.ends(placed.compiled)
        if shared and ports.overlaps(context.ports(one, number)):
            return one.rule
    return None


@check(
    "l7-conflict",
    "error",
    "Rules of different L7 protocols stand on one port",
    matters="Cilium cannot compute the policy of such pods: what is in force is left to chance.",
    source="cilium pkg/policy/l4.go (cannot merge conflicting L7 parsers)",
    needs=("pods",),
)
def find_rivals(context: ReviewContext) -> Iterator[Found]:
    """Yield the policies with a part in a conflict of parsers, once for each conflict."""
    found: dict[str, int] = {}
    for number in members(context.all_pods):
        identity = context.connections.ground.classes.index.identities[number]
        fault = context.connections.conflict(identity)
        if fault:
            found[fault] = found.get(fault, 0) | 1 << number
    for fault, bits in sorted(found.items()):
        number = next(members(bits))
        rules = [
            one.rule
            for way in DIRECTIONS
            for one in context.connections.subjects.of(way, number)
            if one.rule.l7
        ]
        document = context.documents[rules[0].policy]
        names = context.workloads_at(bits)
        why = f"The policy of {counted(names, 'workload')} cannot be computed: {fault}."
        repair = Repair(
            text="Give each L7 protocol a port of its own.",
            obstacle="which of the protocols the port speaks is not in the input",
        )
        yield found_in(context, document, rules[0].path, why, repair)


@check(
    "l7-on-tls",
    "warning",
    "HTTP rules stand on a port that speaks TLS",
    matters="The proxy sees no requests in an encrypted connection, so none of the rules matches "
    "and every connection fails.",
    source="Cilium, layer 7 policies and TLS inspection; Kubernetes, Service appProtocol",
    needs=("pods", "services"),
)
def find_encrypted(context: ReviewContext) -> Iterator[Found]:
    """Yield the HTTP rules on ports that a Service says to be HTTPS or TLS."""
    for placed in context.placed:
        rule = placed.rule
        if rule.l7 is None or rule.l7.parser != "http" or _terminates(placed):
            continue
        if rule.direction == "ingress":
            bits = sum(1 << number for number in placed.numbers)
        else:
            bits = context.ends(placed.compiled) & context.all_pods
        numbers = {entry.first for entry in rule.ports or () if not entry.name}
        found = _encrypted(context, list(context.pods_at(bits)), numbers)
        if found:
            why = f"{listed(found)} says that the port speaks TLS, in which no request is seen."
            text = "Restrict the port alone, or let Cilium terminate TLS (`terminatingTLS`)."
            repair = Repair(text=text)
            if field_at(placed.document.body, f"{rule.path}.rules"):
                changed = dropped(placed.document, f"{rule.path}.rules")
                repair = Repair(text=text, add=(changed,), promise="opens")
            yield found_in(context, placed.document, rule.path, why, repair)


def _terminates(placed: Placed) -> bool:
    return bool(field_at(placed.document.body, f"{placed.rule.path}.terminatingTLS"))


def _encrypted(context: ReviewContext, pods: list[Pod], numbers: set[int]) -> list[str]:
    found = set()
    for service in services_of(context.cluster, pods):
        for port in service.ports:
            name = (port.app_protocol or port.name).lower()
            speaks = name.startswith(_ENCRYPTED) and application_of(port) == "tcp"
            if not speaks:
                continue
            for route in service_backends(context.cluster, service, port=port.port):
                if any(backend.port in numbers for backend in route.backends):
                    found.add(f"service:{service.full_name}:{port.port}")
    return sorted(found)


@check(
    "http-method-case",
    "error",
    "A method of an HTTP rule matches no request",
    matters="Methods are compared with their case and in full, so the rule admits nothing.",
    source="cilium pkg/policy/api/http.go; RFC 9110, section 9.1",
)
def find_methods(context: ReviewContext) -> Iterator[Found]:
    """Yield the expressions for methods that match none, but would in capitals."""
    for document, rule, path in _http_rules(context):
        written = rule.get("method")
        if not isinstance(written, str) or not written:
            continue
        regex, capital = compile_regex(written), compile_regex(written.upper())
        if regex is None or capital is None or any(regex.fullmatch(one) for one in _METHODS):
            continue
        if any(capital.fullmatch(one) for one in _METHODS):
            changed = edited(document, f"{path}.method", written.upper())
            repair = Repair(text=f"Write {quoted(written.upper())}.", add=(changed,))
            why = f"{quoted(written)} matches none of the methods of HTTP."
            yield found_in(context, document, f"{path}.method", why, repair)


@check(
    "http-path-slash",
    "error",
    "A path of an HTTP rule matches no request",
    matters="Every path begins with a slash and the whole of it is compared, so the rule admits "
    "nothing.",
    source="cilium pkg/policy/api/http.go; RFC 9112, section 3.2",
)
def find_paths(context: ReviewContext) -> Iterator[Found]:
    """Yield the expressions for paths that begin with a letter or digit."""
    for document, rule, path in _http_rules(context):
        written = rule.get("path")
        # A quantifier behind the first character may do away with it.
        if not isinstance(written, str) or not re.match(r"[A-Za-z0-9_-](?![*?{|])", written):
            continue
        if "|" in written:
            continue
        changed = edited(document, f"{path}.path", f"/{written}")
        repair = Repair(text=f"Write {quoted(f'/{written}')}.", add=(changed,))
        why = f"{quoted(written)} matches no path, as each begins with a slash."
        yield found_in(context, document, f"{path}.path", why, repair)


def _http_rules(context: ReviewContext) -> Iterator[tuple[Document, dict[str, object], str]]:
    for document in context.accepted:
        if document.kind.startswith("Cilium"):
            for item in rules_of(document):
                for port, path in item.ports():
                    rules = port.get("rules")
                    http = rules.get("http") if isinstance(rules, dict) else None
                    for rule, place in mappings(http, f"{path}.rules.http"):
                        yield document, dict(rule), place


def _escaped(written: str) -> str:
    return re.sub(r"(?<=\w)\.(?=\w)", r"\\.", written)


def _escape(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    return rewrite(_escaped)(context, document, finding)


lift(
    "host-regex",
    "error",
    "A host is no regular expression",
    matters="Cilium does not check it, and the proxy cannot use it.",
    source="cilium pkg/policy/api/http.go",
    theme="requests",
    mend=as_expression,
)
lift(
    "bare-dot",
    "info",
    "A dot in an expression stands for any character",
    matters="Hosts and paths are regular expressions: `a.example.com` also admits `aXexample.com`.",
    source="cilium pkg/policy/api/http.go",
    theme="requests",
    mend=_escape,
)
