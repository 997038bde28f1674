"""Drafts as a security engineer reads them: minimal, on the right side, proven or not shown so."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

import pytest

from topology.authoring import (
    Accounts,
    Anyone,
    Clause,
    DnsNames,
    Entities,
    Intent,
    LabelTest,
    Networks,
    Nodes,
    Party,
    Pods,
    PortSpan,
    RequestTest,
    ServiceParty,
    TokenTest,
    Traffic,
)
from topology.authoring.drafting import Draft, draft, write_policies
from topology.paths import Network

Maker = Callable[..., Network]
WEB, API, DB = (Pods(workload=f"shop/{name}") for name in ("web", "api", "db"))
PROBE = Pods(workload="ops/probe")
FRONT, BACK = (Pods(workload=f"mesh/{name}") for name in ("front", "back"))
DENY_ALL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


def tcp(*ports: int) -> Traffic:
    return Traffic(ports=tuple(PortSpan(first=one, last=one, protocol="TCP") for one in ports))


def requested(port: int, *tests: RequestTest) -> Traffic:
    return Traffic(ports=tcp(port).ports, requests=tests)


def allow(
    source: Party, destination: Party, traffic: Traffic | None = None, **more: object
) -> Intent:
    clause = Clause(
        effect="allow",
        sources=(source,),
        destinations=(destination,),
        traffic=traffic or Traffic(),
        **more,  # type: ignore[arg-type]
    )
    return Intent(clauses=(clause,))


def deny(source: Party, destination: Party, traffic: Traffic | None = None) -> Intent:
    clause = Clause(
        effect="deny", sources=(source,), destinations=(destination,), traffic=traffic or Traffic()
    )
    return Intent(clauses=(clause,))


def bare(found: Draft) -> str:
    """Return the policies without their comments."""
    lines = found.text.splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def failing(found: Draft) -> set[str]:
    return {one.check for one in found.checks if not one.ok}


def test_only_one_caller_makes_one_small_policy_that_is_proven(network: Maker) -> None:
    found = draft(network(), allow(API, DB, tcp(5432), only=True))
    assert found.verified
    assert bare(found) == (
        "apiVersion: cilium.io/v2\n"
        "kind: CiliumNetworkPolicy\n"
        "metadata:\n"
        "  name: db-ingress\n"
        "  namespace: shop\n"
        "spec:\n"
        "  endpointSelector:\n"
        "    matchLabels:\n"
        "      app: db\n"
        "  ingress:\n"
        "  - fromEndpoints:\n"
        "    - matchLabels:\n"
        "        app: api\n"
        "    toPorts:\n"
        "    - ports:\n"
        '      - port: "5432"\n'
        "        protocol: TCP"
    )
    assert "# only shop/api may reach shop/db on 5432/TCP" in found.text
    assert {one.source for one in found.contract.must_deny} == {
        "kube-system/coredns", "mesh/back", "mesh/front", "ops/probe", "shop/web", "world"
    }  # fmt: skip


def test_labels_that_change_with_every_rollout_are_never_named(network: Maker) -> None:
    found = draft(network(), allow(PROBE, DB, only=True))
    assert "pod-template-hash" not in found.text


def test_a_peer_in_another_namespace_is_named_with_it(network: Maker) -> None:
    assert "k8s:io.kubernetes.pod.namespace: ops" in draft(network(), allow(PROBE, DB)).text
    with_kind = Intent(clauses=allow(PROBE, DB).clauses, kinds=("NetworkPolicy",))
    assert "kubernetes.io/metadata.name: ops" in draft(network(), with_kind).text


def test_the_port_of_a_service_becomes_that_of_its_pods_and_that_is_said(network: Maker) -> None:
    found = draft(network(), allow(API, ServiceParty("shop", "db"), tcp(80), only=True))
    assert found.verified
    assert 'port: "5432"' in found.text
    assert found.notes == (
        "Port 80 is that of Service `shop/db`; policies see the pods' own port, 5432.",
    )


def test_both_sides_are_opened_where_both_ends_are_closed(network: Maker) -> None:
    found = draft(network(DENY_ALL), allow(WEB, API, tcp(9090)))
    assert found.verified
    assert [one.key for one in found.documents] == [
        "NetworkPolicy/shop/api-ingress",
        "NetworkPolicy/shop/web-egress",
    ]
    assert found.attempts[0].proof.failing
    assert "default-deny for egress" in found.attempts[0].amended


def test_names_outside_come_with_the_rule_for_dns(network: Maker) -> None:
    found = draft(network(), allow(WEB, DnsNames(("*.example.com",)), tcp(443), only=True))
    assert found.verified
    assert '- matchPattern: "*.example.com"' in found.text
    assert "rules:\n        dns:\n        - matchPattern" in found.text
    assert any("ACNS" in need for need in found.proof.requirements)
    assert "world" in {one.destination for one in found.contract.must_deny}


def test_pods_that_lose_their_open_way_out_keep_dns(network: Maker) -> None:
    found = draft(network(), allow(WEB, API, tcp(9090), only=True, side="egress"))
    assert found.verified
    assert "k8s-app: kube-dns" in found.text
    assert ("shop/web", "kube-system/coredns") in {
        (one.source, one.destination) for one in found.contract.must_allow
    }


def test_pods_that_nothing_in_the_workspace_is_get_no_dns_and_no_verified_mark(
    network: Maker,
) -> None:
    ghost = Pods(labels=(LabelTest("role", "In", ("ghost",)),), namespaces=("shop",))
    found = draft(network(), allow(ghost, DB, tcp(5432), side="egress"))
    assert "kube-dns" not in found.text
    assert not found.verified
    assert "subjects" in failing(found)


def test_a_denial_leaves_everything_else_as_it_is(network: Maker) -> None:
    found = draft(network(), deny(WEB, DB))
    assert found.verified
    assert "enableDefaultDeny:\n    ingress: false" in found.text
    assert found.proof.change is not None
    closed = {(one.source, one.destination) for one in found.proof.change.closed}
    assert closed == {("shop/web", "shop/db")}


def test_default_deny_beside_a_denial_still_closes(network: Maker) -> None:
    intent = Intent(clauses=deny(WEB, DB, tcp(5432)).clauses, isolate=((DB, "ingress"),))
    found = draft(network(), intent)
    assert found.verified
    assert "enableDefaultDeny" not in found.text


def test_what_another_policy_allows_is_denied_by_name(network: Maker) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]
"""
    found = draft(network(policy), allow(API, DB, only=True))
    assert found.verified
    assert "ingressDeny:" in found.text
    assert "CiliumNetworkPolicy/shop/db lets it through" in found.text


def test_a_rule_in_force_that_lets_more_requests_through_is_narrowed(network: Maker) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop, uid: f00}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "9090", protocol: TCP}, {port: "9091", protocol: TCP}]}]
"""
    traffic = Traffic(
        ports=tcp(9090).ports, requests=(RequestTest(methods=("GET",), paths=("/v1/*",)),)
    )
    found = draft(network(policy), allow(WEB, API, traffic, only=True))
    assert found.verified
    changed, added = found.documents
    assert changed.key == "CiliumNetworkPolicy/shop/api"
    assert changed.sheet is None
    assert '"9091"' in changed.text
    assert '"9090"' not in changed.text
    assert "uid" not in changed.text
    assert 'path: "/v1/.*"' in added.text


def test_a_request_against_an_explicit_denial_is_declined_with_its_place(network: Maker) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: no-ops}
spec:
  endpointSelector: {matchLabels: {app: db}}
  enableDefaultDeny: {ingress: false}
  ingressDeny: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: ops}}]}]
"""
    found = draft(network(policy), allow(PROBE, DB, tcp(5432)))
    assert not found.verified
    assert "`CiliumClusterwideNetworkPolicy/no-ops` (cluster.yaml:" in found.declined


def test_a_request_that_takes_back_what_it_allows_is_declined(network: Maker) -> None:
    clauses = (*allow(WEB, DB).clauses, *deny(WEB, DB).clauses)
    found = draft(network(), Intent(clauses=clauses))
    assert found.declined.startswith("The request contradicts itself")
    assert not found.documents


def test_an_exception_is_no_contradiction(network: Maker) -> None:
    shop = Pods(namespaces=("shop",))
    clauses = (*allow(shop, DB, tcp(5432)).clauses, *deny(WEB, DB).clauses)
    found = draft(network(), Intent(clauses=clauses))
    assert found.verified
    assert {one.source for one in found.contract.must_allow} == {"shop/api", "shop/db"} - {
        "shop/db"
    }


def test_requests_behind_a_sidecar_are_for_the_mesh(network: Maker) -> None:
    traffic = Traffic(requests=(RequestTest(methods=("GET",), paths=("/v1/*",)),))
    found = draft(network(), allow(FRONT, BACK, traffic, only=True))
    assert found.verified
    assert [one.document.kind for one in found.documents] == ["AuthorizationPolicy"]
    assert "- cluster.local/ns/mesh/sa/front" in found.text


def test_callers_that_share_an_identity_are_told_apart_by_a_network_policy(
    network: Maker,
) -> None:
    policy = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: twin, namespace: mesh}
spec:
  template:
    metadata: {labels: {app: twin}}
    spec: {serviceAccountName: front, containers: [{name: c, image: i}]}
"""
    traffic = Traffic(requests=(RequestTest(methods=("GET",)),))
    found = draft(network(policy), allow(FRONT, BACK, traffic, only=True))
    assert found.verified
    assert {one.document.kind for one in found.documents} == {
        "AuthorizationPolicy",
        "CiliumNetworkPolicy",
    }
    named = Intent(
        clauses=allow(FRONT, BACK, traffic, only=True).clauses, kinds=("AuthorizationPolicy",)
    )
    assert failing(draft(network(policy), named)) == {"contract"}


def test_defence_in_depth_is_three_policies(network: Maker) -> None:
    traffic = Traffic(ports=tcp(8080).ports, requests=(RequestTest(methods=("GET",)),))
    intent = Intent(clauses=allow(FRONT, BACK, traffic, only=True).clauses, layered=True)
    found = draft(network(), intent)
    assert found.verified
    assert [one.document.kind for one in found.documents] == [
        "CiliumNetworkPolicy",
        "PeerAuthentication",
        "AuthorizationPolicy",
    ]


def test_strict_is_held_to_refusing_plaintext(network: Maker) -> None:
    found = draft(network(), Intent(mutual_tls=((Pods(namespaces=("mesh",)), "STRICT", ()),)))
    assert found.verified
    assert found.documents[0].key == "PeerAuthentication/mesh/default"
    assert "world" in {one.source for one in found.contract.must_deny}
    outside = Intent(mutual_tls=((Pods(namespaces=("shop",)), "STRICT", ()),))
    assert failing(draft(network(), outside)) == {"contract"}


def test_tokens_ask_for_their_issuer_in_both_policies(network: Maker) -> None:
    token = TokenTest(issuers=("https://issuer.example",))
    clauses = allow(Anyone(), BACK, Traffic(tokens=(token,)), only=True).clauses
    found = draft(network(), Intent(clauses=clauses, issuers=((BACK, token.issuers),)))
    assert found.verified
    assert {one.document.kind for one in found.documents} == {
        "AuthorizationPolicy",
        "RequestAuthentication",
    }


def test_a_denial_by_identity_says_that_plaintext_passes_it_by(network: Maker) -> None:
    found = draft(network(), deny(FRONT, BACK, Traffic(requests=(RequestTest(methods=("PUT",)),))))
    assert found.verified
    assert "action: DENY" in found.text
    assert any("plaintext" in need for need in found.proof.requirements)


def test_observed_connections_that_would_be_dropped_fail_the_proof(network: Maker) -> None:
    from topology.authoring import Demand

    seen = (Demand(source="ops/probe", destination="shop/db", port=5432),)
    found = draft(network(), allow(API, DB, tcp(5432), only=True), observed=seen)
    assert failing(found) == {"flows"}
    assert not draft(network(), allow(API, DB, tcp(5432), only=True)).proof.dropped


WORDS: dict[str, tuple[Intent, str]] = {
    "a network": (
        allow(WEB, Networks(ip_network("198.51.100.0/24"), (ip_network("198.51.100.8/29"),))),
        "- toCIDRSet:\n    - cidr: 198.51.100.0/24\n      except:",
    ),
    "an entity": (allow(WEB, Entities(("kube-apiserver",)), tcp(443)), "toEntities:"),
    "every node": (allow(Nodes(), WEB), "- fromEntities:\n    - host\n    - remote-node"),
    "an account": (
        allow(Accounts(accounts=("ops/probe",)), DB),
        "k8s:io.cilium.k8s.policy.serviceaccount: probe",
    ),
    "a message": (
        allow(WEB, Anyone(), Traffic(ports=(PortSpan(first=8, protocol="ICMP"),)), side="egress"),
        "icmps:\n    - fields:\n      - type: 8\n        family: IPv4",
    ),
    "a range": (
        allow(WEB, API, Traffic(ports=(PortSpan(first=9000, last=9100, protocol="TCP"),))),
        'port: "9000"\n        endPort: 9100',
    ),
    "namespaces by label": (
        allow(Pods(namespaces=None, namespace_labels=(LabelTest("team", "In", ("blue",)),)), DB),
        "k8s:io.cilium.k8s.namespace.labels.team: blue",
    ),
    "every namespace": (
        allow(Pods(namespaces=None), DB),
        "- key: k8s:io.kubernetes.pod.namespace\n        operator: Exists",
    ),
    "a header": (
        allow(WEB, API, requested(9090, RequestTest(headers=(("X-A", "b"),)))),
        'headers:\n          - "X-A: b"',
    ),
    "a server name": (
        allow(WEB, DnsNames(("a.example",)), replace(tcp(443), server_names=("a.example",))),
        "serverNames:\n      - a.example",
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_each_sort_of_peer_and_traffic_is_written_as_cilium_names_it(
    words: str, network: Maker
) -> None:
    intent, wanted = WORDS[words]
    found = draft(network(), intent)
    assert wanted in bare(found), found.text
    assert "validation" not in failing(found)
    assert "in-force" not in failing(found)


def test_what_a_kind_cannot_say_is_declined_with_what_can(network: Maker) -> None:
    intent = Intent(clauses=deny(WEB, DB).clauses, kinds=("NetworkPolicy",))
    found = draft(network(), intent)
    assert "no rule that denies" in found.declined
    assert "CiliumNetworkPolicy" in found.declined


def test_policies_can_be_written_without_a_proof(network: Maker) -> None:
    (written,) = write_policies(network(), allow(WEB, DB))
    assert written.key == "CiliumNetworkPolicy/shop/db-ingress"
    assert written.file == "shop-db-ingress-cnp.yaml"


def test_a_name_that_is_taken_is_not_used_twice(network: Maker) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db-ingress, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{}]}]}
"""
    found = draft(network(policy), allow(PROBE, DB))
    assert found.documents[0].key == "CiliumNetworkPolicy/shop/db-ingress-allow"


def test_metrics_are_kept_for_prometheus_on_the_ports_that_offer_them(network: Maker) -> None:
    prometheus = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus, namespace: ops}
spec: {template: {metadata: {labels: {app: prometheus}}, spec: {containers: [{name: c, image: i}]}}}
"""
    intent = Intent(isolate=((DB, "ingress"),), keep=("metrics",))
    found = draft(network(prometheus), intent)
    assert found.verified
    assert "app: prometheus" in found.text


def test_what_aks_does_not_offer_is_not_verified(network: Maker) -> None:
    clauses = allow(WEB, API, requested(9090, RequestTest(methods=("GET",))), only=True).clauses
    found = draft(network(), Intent(clauses=clauses, kinds=("CiliumClusterwideNetworkPolicy",)))
    assert failing(found) == {"aks"}
    everywhere = Pods(labels=(LabelTest("app", "In", ("api",)),), namespaces=None)
    unnamed = allow(WEB, everywhere, requested(9090, RequestTest(methods=("GET",))), only=True)
    found = draft(network(), unnamed)
    assert found.verified
    assert [one.key for one in found.documents] == ["CiliumNetworkPolicy/shop/api-ingress"]


def test_a_name_from_a_file_leads_to_no_other_folder(network: Maker) -> None:
    (written,) = write_policies(network(), replace(allow(WEB, DB), name="../../etc/x"))
    assert "/" not in written.file
    assert ".." not in written.file


def test_a_peer_authentication_takes_the_place_of_the_one_for_the_same_pods(
    network: Maker,
) -> None:
    policy = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: lax, namespace: mesh}
spec: {mtls: {mode: PERMISSIVE}}
"""
    intent = Intent(mutual_tls=((Pods(namespaces=("mesh",)), "STRICT", ()),))
    found = draft(network(policy), intent)
    assert found.verified
    assert [one.key for one in found.documents] == ["PeerAuthentication/mesh/lax"]
    again = draft(network(found.text), intent)
    assert any("holds already" in one for one in again.notes)


def test_strict_that_keeps_a_wanted_caller_out_is_never_verified(network: Maker) -> None:
    clauses = allow(WEB, BACK, tcp(8080), only=True).clauses
    modes = ((BACK, "STRICT", ()),)
    found = draft(network(), Intent(clauses=clauses, mutual_tls=modes))
    assert not found.verified
    assert ("shop/web", "mesh/back") in {
        (one.source, one.destination) for one in found.contract.must_allow
    }


def test_defence_in_depth_leaves_out_a_mesh_that_is_not_there(network: Maker) -> None:
    found = draft(network(), replace(allow(API, DB, tcp(5432), only=True), layered=True))
    assert found.verified
    assert [one.document.kind for one in found.documents] == ["CiliumNetworkPolicy"]
    assert any("no sidecar" in one for one in found.notes)


def test_a_caller_that_is_not_there_leaves_the_draft_unverified(network: Maker) -> None:
    ghost = Pods(labels=(LabelTest("role", "In", ("ghost",)),), namespaces=("shop",))
    found = draft(network(), allow(ghost, DB, tcp(5432), only=True))
    assert "role: ghost" in found.text
    assert failing(found) == {"parties"}


def test_a_caller_without_identity_cannot_be_let_in_by_the_mesh(network: Maker) -> None:
    policy = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: back, namespace: mesh}
spec:
  rules: [{from: [{source: {principals: [cluster.local/ns/mesh/sa/front]}}]}]
"""
    found = draft(network(policy), allow(WEB, BACK, tcp(8080)))
    assert "`shop/web` carries no sidecar" in found.declined
    assert not found.verified


def test_requests_of_a_caller_without_sidecar_are_for_cilium(network: Maker) -> None:
    traffic = requested(8080, RequestTest(methods=("GET",)))
    found = draft(network(), allow(WEB, BACK, traffic, only=True))
    assert found.verified
    assert [one.document.kind for one in found.documents] == ["CiliumNetworkPolicy"]
