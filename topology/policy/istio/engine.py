"""The mesh's part in a verdict: what the proxy in front of a pod says of one connection.

Source: the order is that of the proxy: the connection is accepted or refused by the mode of
mutual TLS, then authorization judges the request; no proxy, no policy.
"""

import json
import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from topology.model import Cluster, Document, Pod, Problem, Protocol
from topology.policy.istio.authentication import (
    Authentication,
    SignatureCheck,
    authenticate,
    is_preflight,
)
from topology.policy.istio.authorization import L7, Authorization, authorize
from topology.policy.istio.connection import Connection
from topology.policy.istio.index import MeshSelection, PolicyIndex
from topology.policy.istio.layers import (
    behind_waypoint,
    differing_versions,
    mtls_layer,
    not_reached,
    unreadable_path,
)
from topology.policy.istio.mesh import MeshSettings
from topology.policy.istio.requests import Caller, headers_of, peer_ranges, with_request
from topology.policy.istio.selection import name_of, role_of
from topology.policy.istio.sidecars import bypasses_inbound, bypasses_outbound
from topology.policy.istio.signatures import check_signature
from topology.policy.istio.truth import Truth
from topology.policy.istio.ztunnel import read_for_ztunnel, waypoint_of
from topology.policy.verdict import HttpRequest, Layer, combine
from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget, RangeTarget

__all__ = ["MeshDecision", "MeshPolicies"]

_SIDECAR_HOPS = 1
"""A sidecar takes the rightmost X-Forwarded-For entry, which the caller itself can write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshDecision:
    """What the mesh says of one connection."""

    layers: tuple[Layer, ...]
    """`mtls`, then `authorization`; verdict `none` where no proxy enforces anything."""
    l7: L7 | None = None
    """None where no policy looks at HTTP; `conditional` where one does and no request was given."""
    conditions: tuple[str, ...] = ()
    """Which requests pass, such as `GET or HEAD on /api/*`, when no request was given."""

    @property
    def verdict(self) -> Literal["allow", "deny", "unknown"]:
        """Return the verdict of both layers together."""
        return combine(self.layers)


class MeshPolicies:
    """AuthorizationPolicy, PeerAuthentication and RequestAuthentication of one cluster."""

    def __init__(self, index: PolicyIndex, *, now: float | None = None) -> None:
        self.index = index
        self._now = now
        self.settings: MeshSettings = index.settings
        self.problems: tuple[Problem, ...] = index.problems

    @classmethod
    def build(
        cls,
        cluster: Cluster,
        *,
        policies: Iterable[Document] | None = None,
        settings: MeshSettings | None = None,
        now: float | None = None,
    ) -> "MeshPolicies":
        """Read the Istio policies of a cluster.

        Args:
            cluster: Pods, namespaces and Services; and the policies, unless given.
            policies: Instead of `cluster.policies`; other kinds among them are left aside.
            settings: Instead of those that the mesh's ConfigMap in the input tells.
            now: When tokens are looked at, seconds since 1970; by default the time of a question.
        """
        return cls(PolicyIndex.build(cluster, policies=policies, settings=settings), now=now)

    def under(self, policies: Iterable[Document]) -> "MeshPolicies":
        """Return the mesh of the same cluster under other policies, to compare both."""
        return MeshPolicies(self.index.under(policies), now=self._now)

    @property
    def is_absent(self) -> bool:
        """Return whether nothing of Istio is in the input: no policy, no proxy, no namespace."""
        return self.index.is_absent

    def caller(
        self, source: PodTarget | AddressTarget | RangeTarget | DnsTarget | EntityTarget
    ) -> Caller:
        """Return who a source is to the proxies of the mesh."""
        return self.index.caller(source)

    def selecting(self, pod: Pod) -> tuple[MeshSelection, ...]:
        """Return the Istio policies that select a pod, sorted."""
        return self.index.selecting(pod)

    def class_of(self, pod: Pod) -> Hashable:
        """Return a key that pods share for which every question has the same answer."""
        return self.index.class_of(pod)

    def decide(
        self,
        dst: Pod,
        *,
        port: int | None,
        protocol: Protocol = "TCP",
        source: PodTarget | AddressTarget | RangeTarget | DnsTarget | EntityTarget,
        http: HttpRequest | None = None,
        sni: str | None = None,
    ) -> MeshDecision:
        """Decide one connection to a pod.

        Args:
            dst: The pod that is spoken to.
            port: Its own port, not that of a Service; None leaves the port open.
            protocol: Transport protocol; only TCP passes the proxies.
            source: Who opens the connection.
            http: The request; without it the answer says which requests pass.
            sni: The server name of the caller's own TLS handshake. Between proxies of the mesh
                it is wrapped in their mutual TLS, whose server name is the mesh's own.
        """
        why_not = self._unguarded(dst, port, protocol)
        if why_not:
            return _unenforced(why_not)
        state = self.index.state(dst)
        if state.ambient:
            return self._behind_ztunnel(dst, port, source)
        behind = self._behind_proxy(dst, port, source, http, sni)
        if state.present or (behind.verdict == "allow" and behind.l7 in (None, "allow")):
            return behind
        return _doubtful(behind, f"whether `{name_of(dst)}` carries a sidecar: {state.reason}")

    def authenticate(
        self, dst: Pod, http: HttpRequest, *, check: SignatureCheck = check_signature
    ) -> Authentication:
        """Check the tokens of a request to a pod.

        Args:
            dst: The pod that is spoken to.
            http: The request.
            check: Compares a signature with the keys of a rule.
        """
        headers = headers_of(http)
        if is_preflight(http.method, headers):
            return Authentication()
        return authenticate(
            self.index.token_rules(dst),
            headers,
            http.path,
            now=time.time() if self._now is None else self._now,
            check=check,
            genuine=json.loads(http.claims) if http.claims else None,
        )

    def judge(
        self,
        dst: Pod,
        connection: Connection,
        *,
        authentication: Authentication | None = None,
    ) -> Authorization:
        """Decide one request whose every attribute is given, past mutual TLS."""
        return authorize(
            self.index.authorization_policies(dst),
            connection,
            settings=self.settings,
            pod_name=name_of(dst),
            authentication=authentication,
            elsewhere=self.index.denials_elsewhere(dst),
        )

    def _unguarded(self, dst: Pod, port: int | None, protocol: Protocol) -> str:
        """Return why no proxy stands in front of this port; empty if one may."""
        state = self.index.state(dst)
        name = name_of(dst)
        if state.present is False:
            policies = [one.key for one in self.index.authorization_policies(dst) if one.enforced]
            lost = f" {', '.join(policies)} select it but are not enforced." if policies else ""
            return f"`{name}` carries no Istio sidecar: {state.reason}.{lost}"
        if protocol != "TCP":
            return f"Istio's proxies carry TCP only; {protocol} passes them by."
        annotation = bypasses_inbound(dst, port)
        if annotation:
            return f"`{name}` has `{annotation}`, so port {port} passes its sidecar by."
        return ""

    def _behind_ztunnel(
        self,
        dst: Pod,
        port: int | None,
        source: PodTarget | AddressTarget | RangeTarget | DnsTarget | EntityTarget,
    ) -> MeshDecision:
        """Decide as the ztunnel of the pod's node does, which reads no HTTP."""
        caller = self.caller(source)
        mode = self.index.mode(dst, port)
        if mode.mode == "DISABLE":
            # Ambient mode takes it as PERMISSIVE: its own traffic is always mutual TLS.
            mode = replace(mode, mode="PERMISSIVE")
        mtls = mtls_layer(dst, caller, mode)
        if mtls.verdict == "deny":
            return MeshDecision(layers=(mtls, not_reached()))
        waypoint = waypoint_of(self.index.cluster, dst)
        if waypoint:
            return MeshDecision(layers=(mtls, behind_waypoint(dst, waypoint)))
        connection = replace(
            self._connection(dst, port, caller), http=False, claims=None, sni=Truth.UNKNOWN
        )
        readings = read_for_ztunnel(self.index.authorization_policies(dst))
        strict, lax = (
            authorize(policies, connection, settings=self.settings, pod_name=name_of(dst))
            for policies in (readings.strict, readings.lax)
        )
        layer = strict.layer
        if strict.layer.verdict != lax.layer.verdict:
            layer = differing_versions(layer, readings.doubts)
        return MeshDecision(layers=(mtls, layer))

    def _behind_proxy(
        self,
        dst: Pod,
        port: int | None,
        source: PodTarget | AddressTarget | RangeTarget | DnsTarget | EntityTarget,
        http: HttpRequest | None,
        sni: str | None,
    ) -> MeshDecision:
        """Decide as a proxy in front of the pod does."""
        caller = self.caller(source)
        if isinstance(source, PodTarget):
            annotation = bypasses_outbound(source.pod, port)
            if annotation:
                caller = replace(caller, principal=None, reason=f"it has `{annotation}`")
        mode = self.index.mode(dst, port)
        mtls = mtls_layer(dst, caller, mode)
        if mtls.verdict == "deny":
            return MeshDecision(layers=(mtls, not_reached()))
        principal = None if mode.mode == "DISABLE" else caller.principal
        connection = self._connection(dst, port, replace(caller, principal=principal))
        if sni and caller.principal is None:
            # The caller's own TLS, which the proxy passes on unread.
            connection = replace(connection, sni=sni, http=False)
        authentication: Authentication | None = None
        if http and connection.http:
            authentication = self.authenticate(dst, http)
            requested = with_request(
                connection,
                http,
                normalization=self.settings.path_normalization,
                trusted=self._trusted(dst),
                claims=authentication.claims,
            )
            if requested is None:
                return MeshDecision(layers=(mtls, unreadable_path(http)), l7="deny")
            connection = requested
        elif not self.index.request_authentications(dst):
            connection = replace(connection, claims=None)
        found = self.judge(dst, connection, authentication=authentication)
        return MeshDecision(
            layers=(mtls, self._with_protocol(found.layer, dst, port, http)),
            l7=found.l7,
            conditions=found.conditions,
        )

    def _connection(self, dst: Pod, port: int | None, caller: Caller) -> Connection:
        """Return what the proxy knows of a connection before any request."""
        peer, own = peer_ranges(caller, dst.addresses)
        use = self.index.port_use(dst, port)
        trusts_header = bool(self._trusted(dst)) and use.application != "tcp"
        values: dict[str, Any] = {
            "http": use.application != "tcp",
            "port": Truth.OPEN if port is None else port,
            "principal": caller.principal,
            "source_ip": peer,
            "remote_ip": Truth.OPEN if trusts_header else peer,
            "destination_ip": own,
            "sni": None if caller.principal is None else Truth.UNKNOWN,
        }
        return Connection(**values)

    def _trusted(self, dst: Pod) -> int:
        """Return which X-Forwarded-For entry, from the right, the proxy takes for the client."""
        return _SIDECAR_HOPS if role_of(dst) == "sidecar" else self.settings.trusted_hops

    def _with_protocol(
        self, layer: Layer, dst: Pod, port: int | None, http: HttpRequest | None
    ) -> Layer:
        """Say when a request was asked about on a port where the proxy reads no HTTP."""
        use = self.index.port_use(dst, port)
        if not http or use.application != "tcp" or not layer.enforced:
            return layer
        return replace(
            layer,
            reason=f"{layer.reason} The proxy sees no HTTP request on port {port}: {use.reason}.",
        )


def _doubtful(behind: MeshDecision, missing: str) -> MeshDecision:
    """Return a decision that only holds if there is a proxy, as not decided."""
    layers = tuple(
        replace(
            layer,
            verdict="allow" if layer.verdict == "allow" else "unknown",
            reason=f"It is not known {missing}. If it does: {layer.reason}",
        )
        if layer.enforced
        else layer
        for layer in behind.layers
    )
    return MeshDecision(layers=layers, l7=behind.l7 and "unknown", conditions=behind.conditions)


def _unenforced(reason: str) -> MeshDecision:
    return MeshDecision(
        layers=(
            Layer(layer="mtls", direction="ingress", verdict="none", reason=reason),
            Layer(layer="authorization", direction="ingress", verdict="none", reason=reason),
        )
    )
