"""One test against one connection: does this attribute have one of these values?

Source: istio pilot/pkg/security/authz/model/generator.go. A test is the OR of its values; a
negated test is true too when the attribute is absent.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from topology.policy.istio.connection import Connection, IpRange
from topology.policy.istio.identities import (
    matches_namespace,
    matches_principal,
    matches_service_account,
    matches_trust_domain,
    with_aliases,
)
from topology.policy.istio.paths import matches_path
from topology.policy.istio.rules import Test
from topology.policy.istio.strings import matches
from topology.policy.istio.tokens import matches_claim, matches_request_principal
from topology.policy.istio.truth import Truth, any_of, negate, truth_of

__all__ = ["Scope", "holds"]

_EVERY_PATH = frozenset({"*", "/*", "/{**}"})


class Scope:
    """What a value of a policy is relative to: the policy's namespace and the trust domains."""

    __slots__ = ("namespace", "trust_domains")

    def __init__(self, namespace: str, trust_domains: tuple[str, ...]) -> None:
        self.namespace = namespace
        self.trust_domains = trust_domains


def holds(test: Test, connection: Connection, scope: Scope) -> Truth:
    """Return whether a test holds for a connection."""
    found = _MATCHERS[test.attribute](test, connection, scope)
    return negate(found) if test.negated else found


def _text(
    test: Test,
    value: str | Truth | None,
    fits: Callable[[str, str], bool],
) -> Truth:
    """Compare a text that may be absent or not given."""
    if isinstance(value, Truth):
        return value
    return truth_of(value is not None and any(fits(each, value) for each in test.values))


def _principal(test: Test, connection: Connection, scope: Scope) -> Truth:
    if not isinstance(connection.principal, str):
        return connection.principal or Truth.NO
    values = with_aliases(test.values, scope.trust_domains)
    return truth_of(any(matches_principal(each, connection.principal) for each in values))


def _namespace(test: Test, connection: Connection, scope: Scope) -> Truth:
    return _text(test, connection.principal, matches_namespace)


def _service_account(test: Test, connection: Connection, scope: Scope) -> Truth:
    def fits(value: str, principal: str) -> bool:
        return matches_service_account(value, principal, policy_namespace=scope.namespace)

    return _text(test, connection.principal, fits)


def _trust_domain(test: Test, connection: Connection, scope: Scope) -> Truth:
    return _text(test, connection.principal, matches_trust_domain)


def _source_ip(test: Test, connection: Connection, scope: Scope) -> Truth:
    return any_of(_within(value, connection.source_ip) for value in test.values)


def _remote_ip(test: Test, connection: Connection, scope: Scope) -> Truth:
    return any_of(_within(value, connection.remote_ip) for value in test.values)


def _destination_ip(test: Test, connection: Connection, scope: Scope) -> Truth:
    address = connection.destination_ip
    if isinstance(address, Truth):
        return address
    return any_of(_within(value, ip_network(address)) for value in test.values)


def _within(block: str, given: IpRange | Truth) -> Truth:
    """Return whether an address is in a block; a range that straddles it is not known."""
    if isinstance(given, Truth):
        return given
    wanted: Any = ip_network(block, strict=False)
    if wanted.version != given.version:
        return Truth.NO
    if given.subnet_of(wanted):
        return Truth.YES
    return Truth.UNKNOWN if given.overlaps(wanted) else Truth.NO


def _port(test: Test, connection: Connection, scope: Scope) -> Truth:
    if isinstance(connection.port, Truth):
        return connection.port
    return truth_of(any(int(value) == connection.port for value in test.values))


def _sni(test: Test, connection: Connection, scope: Scope) -> Truth:
    sni = connection.sni
    # Envoy compares the name in lower case, whatever the client sent.
    return _text(test, sni.lower() if isinstance(sni, str) else sni, matches)


def _method(test: Test, connection: Connection, scope: Scope) -> Truth:
    if connection.method is Truth.OPEN and "*" in test.values:
        return Truth.YES
    return _text(test, connection.method, _fits_header)


def _path(test: Test, connection: Connection, scope: Scope) -> Truth:
    # Every request that a workload serves has a path that starts with a slash.
    if connection.path is Truth.OPEN and _EVERY_PATH.intersection(test.values):
        return Truth.YES
    return _text(test, connection.path, matches_path)


def _host(test: Test, connection: Connection, scope: Scope) -> Truth:
    if connection.host is Truth.OPEN and "*" in test.values:
        return Truth.YES

    def fits(value: str, host: str) -> bool:
        return matches(value, host, ignore_case=True, empty_is_present=True)

    return _text(test, connection.host, fits)


def _header(test: Test, connection: Connection, scope: Scope) -> Truth:
    name, *form = test.argument
    if name == ":method":
        return _text(test, connection.method, _fits_header)
    if name in (":authority", "host"):
        return _text(test, connection.host, _fits_header)
    if isinstance(connection.headers, Truth):
        return connection.headers
    if name.startswith(":") and name not in connection.headers:
        return Truth.UNKNOWN
    sent = connection.headers.get(name, ())
    fits = _fits_one_of_several if form else _fits_header
    return truth_of(any(fits(value, text) for value in test.values for text in sent))


def _fits_header(value: str, text: str) -> bool:
    return matches(value, text, empty_is_present=True)


def _fits_one_of_several(value: str, text: str) -> bool:
    """Return whether a value fits one of those that a header lists, divided by commas."""
    if value == "*":
        return True
    if value.startswith("*"):
        return f"{value[1:]}," in f"{text},"
    if value.endswith("*"):
        return f",{value[:-1]}" in f",{text}"
    return f",{value}," in f",{text},"


def _request_principal(test: Test, connection: Connection, scope: Scope) -> Truth:
    return _claim(test, connection, lambda value, claims: matches_request_principal(value, claims))


def _audience(test: Test, connection: Connection, scope: Scope) -> Truth:
    return _claim(test, connection, lambda value, claims: matches_claim(value, ["aud"], claims))


def _presenter(test: Test, connection: Connection, scope: Scope) -> Truth:
    return _claim(test, connection, lambda value, claims: matches_claim(value, ["azp"], claims))


def _named_claim(test: Test, connection: Connection, scope: Scope) -> Truth:
    return _claim(
        test, connection, lambda value, claims: matches_claim(value, test.argument, claims)
    )


def _claim(
    test: Test, connection: Connection, fits: Callable[[str, Mapping[str, Any]], bool]
) -> Truth:
    if isinstance(connection.claims, Truth):
        return connection.claims
    claims = connection.claims
    return truth_of(claims is not None and any(fits(value, claims) for value in test.values))


def _metadata(test: Test, connection: Connection, scope: Scope) -> Truth:
    if isinstance(connection.metadata, Truth):
        return connection.metadata
    name, key = test.argument
    found = connection.metadata.get((name, key))
    return truth_of(any(_fits_metadata(value, found) for value in test.values))


def _fits_metadata(value: str, found: Any) -> bool:
    if value.startswith("[") and value.endswith("]"):
        texts = found if isinstance(found, list) else []
        return any(isinstance(text, str) and matches(value.strip("[]"), text) for text in texts)
    return isinstance(found, str) and matches(value, found)


_Matcher = Callable[[Test, Connection, Scope], Truth]
_MATCHERS: Mapping[str, _Matcher] = {
    "source.principal": _principal,
    "source.namespace": _namespace,
    "source.serviceAccount": _service_account,
    "source.trustDomain": _trust_domain,
    "source.ip": _source_ip,
    "remote.ip": _remote_ip,
    "destination.ip": _destination_ip,
    "destination.port": _port,
    "connection.sni": _sni,
    "request.method": _method,
    "request.path": _path,
    "request.host": _host,
    "request.headers": _header,
    "request.auth.principal": _request_principal,
    "request.auth.audiences": _audience,
    "request.auth.presenter": _presenter,
    "request.auth.claims": _named_claim,
    "experimental.envoy.filters.": _metadata,
}
