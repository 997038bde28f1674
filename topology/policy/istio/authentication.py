"""Whether the tokens of a request are accepted, as the proxy decides before it authorizes.

Source: Envoy's jwt_authn filter (extractor.cc, authenticator.cc, verifier.cc) as Istio configures
it: a request passes if any rule accepts a token, or if no rule finds one. Every token that one
rule finds must be valid. Of a token, form and issuer are checked first, then time, audience and
signature; a wrong audience is answered with 403, everything else with 401.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote_plus

from topology.model import Location
from topology.policy.istio.json_tokens import Token, fits_audience, read_token, time_fault
from topology.policy.istio.token_rules import TokenRule
from topology.policy.istio.truth import Truth

__all__ = ["Authentication", "Outcome", "SignatureCheck", "authenticate", "is_preflight"]

Outcome = Literal["none", "accepted", "unsigned", "unauthenticated", "forbidden"]
"""`none`: there is no token where one is looked for. `unsigned`: everything fits but the signature,
which could not be checked. `unauthenticated` is answered with 401, `forbidden` with 403."""

SignatureCheck = Callable[[Token, TokenRule], Truth]
"""Says whether a token is signed by a key of a rule; UNKNOWN where the keys are not there."""

_TOKEN_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What the proxy makes of the tokens of a request."""

    outcome: Outcome = "none"
    claims: Mapping[str, Any] | None = field(default=None, hash=False)
    """Of the token that counts; also where only its signature is in doubt."""
    reason: str = ""
    """One clause about the token."""
    rule: TokenRule | None = None
    """The rule that accepted or refused it."""

    @property
    def location(self) -> Location | None:
        """Return the place of the rule."""
        return self.rule.location if self.rule else None


@dataclass(frozen=True, slots=True)
class _Status:
    """What one rule says: like an Authentication, and whether the issuer is another's."""

    found: Authentication
    other_issuer: bool = False

    @property
    def passes(self) -> bool:
        return self.found.outcome in ("accepted", "unsigned")

    @property
    def is_soft(self) -> bool:
        """Return whether the answer of another rule is preferred."""
        return self.found.outcome == "none" or self.other_issuer


def authenticate(
    rules: Sequence[TokenRule],
    headers: Mapping[str, Sequence[str]],
    target: str,
    *,
    now: float,
    check: SignatureCheck,
    genuine: Mapping[str, Any] | None = None,
) -> Authentication:
    """Check the tokens of a request.

    Args:
        rules: Of every RequestAuthentication that selects the workload.
        headers: Of the request, names in lower case.
        target: Its path with the query string.
        now: Seconds since 1970.
        check: Compares a signature with the keys of a rule.
        genuine: Claims of a token that its issuer did sign, wherever a rule looks for one.
    """
    statuses = []
    for rule in rules:
        if genuine is None:
            status = _status(rule, list(_tokens(rule, headers, target)), now, check)
        else:
            token = Token(text="", header={}, payload=genuine, signature=b"")
            status = _judge(rule, token, now, lambda _token, _rule: Truth.YES)
        if status.passes:
            return status.found
        statuses.append(status)
    # Of several failures the proxy answers the last that is about a token of the rule's own issuer.
    refusals = [status for status in statuses if status.found.outcome != "none"]
    chosen = next((one for one in reversed(refusals) if not one.is_soft), None)
    if chosen is None and refusals:
        chosen = refusals[0]
    return chosen.found if chosen else Authentication()


def is_preflight(method: str, headers: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a request is a CORS preflight, which passes without its token being read."""
    return (
        method == "OPTIONS"
        and any(headers.get("origin", ()))
        and any(headers.get("access-control-request-method", ()))
    )


def _status(rule: TokenRule, texts: Sequence[str], now: float, check: SignatureCheck) -> _Status:
    """Return what one rule says of the tokens that it finds."""
    last = _Status(Authentication())
    unsigned: _Status | None = None
    for text in reversed(texts):
        last = _judge(rule, read_token(text), now, check)
        if not last.passes:
            return last
        if last.found.outcome == "unsigned":
            unsigned = last
    if unsigned:
        reason = unsigned.found.reason
        return _Status(
            Authentication(outcome="unsigned", claims=last.found.claims, reason=reason, rule=rule)
        )
    return last


def _judge(rule: TokenRule, token: Token | None, now: float, check: SignatureCheck) -> _Status:
    """Return what one rule says of one token, in the order in which the proxy looks."""

    def refuse(
        reason: str, outcome: Outcome = "unauthenticated", *, other: bool = False
    ) -> _Status:
        return _Status(
            Authentication(outcome=outcome, reason=reason, rule=rule), other_issuer=other
        )

    if token is None:
        return refuse("its token is no JSON Web Token that a proxy can read")
    if rule.issuer and token.issuer != rule.issuer:
        given = f"is issued by `{token.issuer}`" if token.issuer else "names no issuer"
        return refuse(f"its token {given}, and {rule.name} is asked for", other=True)
    fault = time_fault(token, now)
    if fault:
        return refuse(f"its token does not hold: {fault}")
    if not fits_audience(token, rule.audiences):
        wanted = " or ".join(f"`{each}`" for each in rule.audiences)
        return refuse(f"its token is not for the audience {wanted}", "forbidden")
    signed = check(token, rule)
    if signed is Truth.NO:
        return refuse(f"its token is not signed by a key of {rule.name}")
    claims = rule.claims_of(token.payload)
    if signed is Truth.YES:
        reason = f"its token of {rule.name} is valid"
        return _Status(Authentication(outcome="accepted", claims=claims, reason=reason, rule=rule))
    reason = f"the signature of its token can only be checked with the keys of {rule.name}"
    return _Status(Authentication(outcome="unsigned", claims=claims, reason=reason, rule=rule))


def _tokens(rule: TokenRule, headers: Mapping[str, Sequence[str]], target: str) -> Iterator[str]:
    """Yield the texts that a rule takes for tokens, in the order of the proxy's list."""
    for place in sorted(rule.places.headers, key=lambda one: one.name + one.prefix):
        for value in headers.get(place.name, ()):
            start = value.find(place.prefix)
            if start >= 0:
                yield _token_in(value, start + len(place.prefix)) if place.prefix else value
    parameters = _parameters(target)
    for name in sorted(rule.places.parameters):
        if name in parameters:
            yield parameters[name]
    cookies = _cookies(headers.get("cookie", ()))
    for name in sorted(rule.places.cookies):
        if name in cookies:
            yield cookies[name]


def _token_in(value: str, after: int) -> str:
    """Return a header's text from the first character on that a token may hold."""
    for position in range(after, len(value)):
        if value[position] in _TOKEN_CHARACTERS:
            return value[position:]
    return value


def _parameters(target: str) -> dict[str, str]:
    """Return the first value of each query parameter."""
    found: dict[str, str] = {}
    query = target.partition("?")[2].partition("#")[0]
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        found.setdefault(unquote_plus(name), unquote_plus(value))
    return found


def _cookies(lines: Sequence[str]) -> dict[str, str]:
    """Return the first value of each cookie."""
    found: dict[str, str] = {}
    for line in lines:
        for part in line.split(";"):
            name, mark, value = part.strip().partition("=")
            if mark:
                found.setdefault(name, value.strip().strip('"'))
    return found
