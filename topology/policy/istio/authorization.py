"""The authorization layer of one connection: verdict, rule, place, and what it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from topology.model import Location
from topology.policy.istio.authentication import Authentication
from topology.policy.istio.connection import Connection
from topology.policy.istio.describe import (
    describe_missing,
    describe_nearest,
    describe_open,
    describe_tests,
)
from topology.policy.istio.evaluate import Finding, Match, evaluate, has_rival_providers
from topology.policy.istio.mesh import MeshSettings
from topology.policy.istio.rules import AuthorizationPolicy
from topology.policy.istio.truth import Truth
from topology.policy.istio.witness import find_passing
from topology.policy.verdict import Layer

__all__ = ["L7", "Authorization", "authorize"]

L7 = Literal["allow", "deny", "unknown", "conditional"]
_FEW = 2
_ACTION_ORDER = ("CUSTOM", "DENY", "ALLOW")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What the AuthorizationPolicies say of one connection."""

    layer: Layer
    l7: L7 | None = None
    """None where no policy looks at HTTP, or the port does not speak it."""
    conditions: tuple[str, ...] = ()
    """Which requests pass, when the question left the request open."""
    unauthenticated: bool = False
    """Whether the proxy answers 401 because of the token, not 403 because of a policy."""


def authorize(
    policies: Sequence[AuthorizationPolicy],
    connection: Connection,
    *,
    settings: MeshSettings,
    pod_name: str,
    authentication: Authentication | None = None,
    elsewhere: Sequence[AuthorizationPolicy] = (),
) -> Authorization:
    """Decide one connection and say why.

    Args:
        policies: Those that select the pod.
        connection: What the pod's proxy knows.
        settings: Of the mesh.
        pod_name: For the explanation.
        authentication: What became of the request's tokens, whose claims the connection has.
        elsewhere: Policies that deny another namespace, to be named where none selects the pod.
    """
    finding = _evaluate(policies, connection, settings)
    explainer = _Explainer(policies, connection, settings, pod_name, elsewhere)
    if authentication and not (finding.verdict == "deny" and finding.by == "custom"):
        # An external authorizer is asked before the token is looked at, every other policy after.
        answer = explainer.judged_by_token(authentication, finding)
        if answer:
            return answer
    return {
        "allow": explainer.allowed,
        "deny": explainer.denied,
        "unknown": explainer.unknown,
        "open": explainer.left_open,
    }[finding.verdict](finding)


def _evaluate(
    policies: Sequence[AuthorizationPolicy], connection: Connection, settings: MeshSettings
) -> Finding:
    return evaluate(
        policies,
        connection,
        trust_domains=settings.trust_domains,
        providers=settings.providers,
        http_providers=settings.http_providers,
    )


class _Explainer:
    """Words the outcome for one pod."""

    def __init__(
        self,
        policies: Sequence[AuthorizationPolicy],
        connection: Connection,
        settings: MeshSettings,
        pod_name: str,
        elsewhere: Sequence[AuthorizationPolicy],
    ) -> None:
        self.policies = policies
        self.connection = connection
        self.settings = settings
        self.name = pod_name
        self.elsewhere = elsewhere
        self.active = [policy for policy in policies if policy.enforced]
        self.reads_http = connection.http and any(
            test.http_only for policy in self.active for rule in policy.rules for test in rule.tests
        )

    def judged_by_token(self, given: Authentication, finding: Finding) -> Authorization | None:
        """Return the answer where the request's token decides it, or leaves it undecided."""
        if given.outcome in ("unauthenticated", "forbidden"):
            status = 401 if given.outcome == "unauthenticated" else 403
            reason = f"The proxy answers {status} before any policy: {given.reason}."
            found = self.build("deny", reason, l7="deny")
            return replace(
                found,
                layer=_blaming(found.layer, given),
                unauthenticated=given.outcome == "unauthenticated",
            )
        if given.outcome == "unsigned" and finding.verdict != "deny":
            found = self.build("unknown", f"{_sentence(given.reason)}.", l7="unknown")
            return replace(found, layer=_blaming(found.layer, given))
        return None

    def allowed(self, finding: Finding) -> Authorization:
        match = finding.deciding
        if match:
            reason = f"{match.policy.key} allows it by `{match.rule.path}`."
            return self.build("allow", reason, match=match)
        if self.active:
            reason = f"No DENY rule matches, and no ALLOW policy selects `{self.name}`."
        elif self.policies:
            reason = f"The policies that select `{self.name}` only log; none is enforced."
        else:
            reason = f"No AuthorizationPolicy selects `{self.name}`, so every request is allowed."
            reason += self._denied_elsewhere()
        return self.build("allow", reason)

    def _denied_elsewhere(self) -> str:
        """Name policies that were perhaps meant for the whole mesh; not where many are."""
        if not self.elsewhere or len(self.elsewhere) > _FEW:
            return ""
        named = ", ".join(
            f"{policy.key} covers namespace `{policy.namespace}` only" for policy in self.elsewhere
        )
        return f" {named}: the mesh's root namespace is `{self.settings.root_namespace}`."

    def denied(self, finding: Finding) -> Authorization:
        match = finding.deciding
        if match and finding.by == "custom":
            return self.build("deny", self._refused_outside(match), match=match)
        if match:
            reason = (
                f"{match.policy.key} denies it by `{match.rule.path}`{self._without_http(match)}."
            )
            return self.build("deny", reason, match=match)
        allows = [policy for policy in self.active if policy.action == "ALLOW"]
        closest, nearest = describe_nearest(
            allows, self.connection, self.settings.trust_domains
        ) or (allows[0], "")
        names = ", ".join(policy.key for policy in allows)
        verb = "admits" if len(allows) == 1 else "admit"
        reason = f"{names} {verb} only what a rule matches, and none does."
        if not any(policy.rules for policy in allows):
            reason = f"{names} has no rules, which denies every request."
        if nearest:
            reason += f" The nearest: {nearest}."
        return self.build("deny", reason, policy=closest, nearest=nearest)

    def _refused_outside(self, match: Match) -> str:
        """Say why a request that a CUSTOM rule hands on does not come back."""
        provider, defined = match.policy.provider, self.settings.providers
        handed = f"{match.policy.key} hands it to the external authorizer `{provider}`"
        if has_rival_providers(self.active):
            names = sorted({one.provider for one in self.active if one.action == "CUSTOM"})
            shown = ", ".join(f"`{name}`" for name in names)
            return f"{handed}, but one workload can have one only ({shown}), so Istio denies it."
        if defined is not None and provider not in defined:
            return f"{handed}, which the mesh does not define."
        return f"{handed}, which refuses it."

    def unknown(self, finding: Finding) -> Authorization:
        match = finding.deciding
        if match and match.policy.action == "CUSTOM" and match.truth is Truth.YES:
            reason = (
                f"{match.policy.key} asks the external authorizer `{match.policy.provider}`, "
                "whose answer is not in the input."
            )
            return self.build("unknown", reason, match=match, l7=self._l7("unknown"))
        missing = [
            clause
            for each in finding.matches
            for clause in describe_missing(
                each.policy, each.rule, self.connection, self.settings.trust_domains
            )
        ]
        rules = ", ".join(
            f"`{each.rule.path}` of {each.policy.key}" for each in finding.matches[:3]
        )
        reason = f"Whether {rules} matches is not decided: {'; '.join(dict.fromkeys(missing))}."
        return self.build("unknown", reason, match=match, l7=self._l7("unknown"))

    def left_open(self, finding: Finding) -> Authorization:
        def passes(candidate: Connection) -> bool:
            return _evaluate(self.policies, candidate, self.settings).verdict == "allow"

        search = find_passing(self.active, self.connection, passes)
        conditions = self._conditions(finding)
        shown = "; ".join(conditions)
        match = finding.deciding
        if search.exhaustive:
            refusing = [each for each in finding.matches if each.policy.action == "DENY"]
            reason = f"No request passes: {shown}."
            return self.build("deny", reason, match=refusing[0] if refusing else match)
        if search.example is None:
            reason = f"It depends on the request ({shown}); no request was found that passes."
            return self.build("unknown", reason, match=match, l7=self._l7("unknown"))
        reason = f"It depends on the request: {shown}."
        return self.build(
            "allow", reason, match=match, l7=self._l7("conditional"), conditions=conditions
        )

    def build(
        self,
        verdict: Literal["allow", "deny", "unknown"],
        reason: str,
        *,
        match: Match | None = None,
        policy: AuthorizationPolicy | None = None,
        nearest: str = "",
        l7: L7 | None = None,
        conditions: tuple[str, ...] = (),
    ) -> Authorization:
        policy = match.policy if match else policy
        rule = match.rule.path if match else _place_of_rules(policy)
        layer = Layer(
            layer="authorization",
            direction="ingress",
            verdict=verdict,
            reason=reason,
            enforced=bool(self.active),
            policy=policy.key if policy else None,
            rule=rule,
            location=policy.locate(rule or "") if policy else None,
            causes=self._causes(policy),
            nearest=nearest,
        )
        return Authorization(layer=layer, l7=l7 or self._l7(verdict), conditions=conditions)

    def _l7(self, verdict: L7) -> L7 | None:
        return verdict if self.reads_http else None

    def _causes(self, deciding: AuthorizationPolicy | None) -> tuple[tuple[str, Location], ...]:
        """Return the other enforced policies, in the order in which the proxy asks them."""
        others = [policy for policy in self.active if policy is not deciding]
        others.sort(key=lambda one: (_ACTION_ORDER.index(one.action), one.key))
        return tuple((policy.key, policy.locate("")) for policy in others)

    def _conditions(self, finding: Finding) -> tuple[str, ...]:
        """Return what passes, then what does not, in words."""
        admitted: list[str] = []
        refused: list[str] = []
        for match in finding.matches:
            words = describe_open(
                match.policy, match.rule, self.connection, self.settings.trust_domains
            )
            if match.policy.action == "CUSTOM":
                asked = f"(asks the external authorizer `{match.policy.provider}`)"
                refused += [f"{each} {asked}" for each in words]
            else:
                (refused if match.policy.action == "DENY" else admitted).extend(words)
        return (
            *dict.fromkeys(admitted or ["any request"]),
            *(f"except {words}" for words in dict.fromkeys(refused)),
        )

    def _without_http(self, match: Match) -> str:
        """Say which HTTP fields of a DENY rule are left aside on a port that does not speak it."""
        dropped = [test for test in match.rule.tests if test.http_only]
        if self.connection.http or not dropped:
            return ""
        return (
            f", judged without `{describe_tests(dropped)}` because this port does not speak HTTP "
            "to the proxy"
        )


def _blaming(layer: Layer, authentication: Authentication) -> Layer:
    """Return a layer that names the RequestAuthentication's rule as what decided."""
    rule = authentication.rule
    return replace(
        layer,
        enforced=True,
        policy=rule.document.key if rule else None,
        rule=rule.path if rule else None,
        location=authentication.location,
    )


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:]


def _place_of_rules(policy: AuthorizationPolicy | None) -> str | None:
    if policy is None:
        return None
    return "spec.rules" if policy.rules else "spec"
