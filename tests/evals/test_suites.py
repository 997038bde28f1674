"""The suites over cases of other forms than the shared ones: read where they say enough."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.suites import cilium, cilium_validity, istio, kubernetes
from evals.suites.istio_tokens import NOW, bearer_of
from evals.suites.result import SuiteResult
from topology.policy.istio.json_tokens import read_token

BACKEND = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumNetworkPolicy",
    "metadata": {"name": "p", "namespace": "a"},
    "spec": {
        "endpointSelector": {"matchLabels": {"app": "be"}},
        "ingress": [{"fromEndpoints": [{"matchLabels": {"app": "fe"}}]}],
    },
}
DENIED = {
    "verdict": "deny",
    "egress": {"verdict": "none", "enforced": False},
    "ingress": {"verdict": "deny", "enforced": True},
}


def run(suite: Any, folder: Path, *cases: Any, name: str = "cases.jsonl") -> SuiteResult:
    path = folder / name
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    found = suite.run(path)
    assert isinstance(found, SuiteResult)
    return found


def cilium_case(*queries: Any, **given: Any) -> dict[str, Any]:
    endpoints = [
        {"namespace": "a", "name": name, "labels": {"app": name}, "ip": f"10.0.0.{number}"}
        for number, name in enumerate(("fe", "be"), 1)
    ]
    content = {"namespaces": {}, "endpoints": endpoints, "policies": [BACKEND], **given}
    return {
        "id": "own",
        "a_new_field": 1,
        "input": {**content, "queries": list(queries)},
        "expected": {"results": [DENIED] * len(queries)},
    }


def test_a_cilium_query_that_is_not_understood_is_skipped_with_its_reason(tmp_path: Path) -> None:
    to = {"endpoint": "a/be"}
    queries = [
        {"src": {"entity": "reserved:world"}, "dst": to, "port": 80, "proto": "tcp", "new": 1},
        {"src": {"endpoint": "a/nobody"}, "dst": to, "port": 80, "proto": "TCP"},
        {"src": {"entity": "the-moon"}, "dst": to, "port": 80, "proto": "TCP"},
        {"src": {"satellite": "x"}, "dst": to, "port": 80, "proto": "TCP"},
        {"src": {"entity": "world"}, "dst": to, "port": "eighty", "proto": "TCP"},
    ]

    found = run(cilium, tmp_path, cilium_case(*queries))

    checks_of_one = 5
    skipped = (len(queries) - 1) * 2
    assert found.disagreements == ()
    assert (found.agree, found.skipped) == (checks_of_one * 2, skipped)
    assert len(found.unread) == skipped
    assert all(row["case"].startswith("own [1.1") and row["reason"] for row in found.unread)


@pytest.mark.parametrize(
    "given",
    [
        {"config": None},
        {"config": {"policyDefaultLocalCluster": None, "somethingNew": True}},
        {"cidrGroups": None, "services": []},
        {"namespaces": {"a": None}},
    ],
)
def test_a_cilium_snapshot_may_leave_things_out(given: dict[str, Any], tmp_path: Path) -> None:
    query = {"src": {"entity": "world"}, "dst": {"endpoint": "a/be"}, "port": 80}
    found = run(cilium, tmp_path, cilium_case(query, **given))
    assert (found.agree, found.checks, found.unread) == (10, 10, ())


def test_a_cilium_case_without_its_parts_does_not_stop_the_others(tmp_path: Path) -> None:
    query = {"src": {"entity": "world"}, "dst": {"endpoint": "a/be"}, "port": 80}
    found = run(cilium, tmp_path, {"id": "broken"}, cilium_case(query))
    assert (found.cases, found.agree, found.skipped) == (2, 10, 2)


def test_a_policy_of_a_validity_case_may_be_text(tmp_path: Path) -> None:
    refused = {**BACKEND, "spec": {"endpointSelector": {}, "ingress": []}}
    cases = [
        {"id": "taken", "policy": json.dumps(BACKEND), "valid": True, "valid_1_18_10": True},
        {"id": "refused", "policy": json.dumps(refused), "valid": False, "valid_1_18_10": False},
    ]
    found = run(cilium_validity, tmp_path, *cases)
    assert (found.agree, found.checks) == (4, 4)


def test_a_truth_table_that_names_an_unknown_pod_is_skipped_there(tmp_path: Path) -> None:
    pods = [{"namespace": "x", "name": name, "labels": {"pod": name}} for name in "ab"]
    rows = [
        ["x/a", "x/b", "TCP/80", "allowed", "allowed", "allowed"],
        ["x/a", "x/gone", "TCP/80", "blocked", "blocked", "blocked"],
    ]
    step = {"namespaces": {"x": {"ns": "x"}}, "pods": pods, "policies": [], "expected": rows}
    found = run(kubernetes, tmp_path, {"id": "t", "steps": [step]})
    assert (found.disagreements, found.agree, found.skipped) == ((), 6, 6)


def mesh_policy(name: str, *, action: str = "ALLOW", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "foo"},
        "spec": {"action": action, **spec},
    }


def mesh_case(requests: list[dict[str, Any]], *policies: Any, **given: Any) -> dict[str, Any]:
    return {"id": "own", "proto": "http", "policies": policies, "requests": requests, **given}


def test_every_policy_of_an_istio_case_is_its_workloads(tmp_path: Path) -> None:
    paths = [{"to": [{"operation": {"paths": ["/a"]}}]}]
    policies = [
        mesh_policy("one", selector={"matchLabels": {"app": "one"}}, rules=[{}]),
        mesh_policy("two", action="DENY", selector={"matchLabels": {"app": "two"}}, rules=paths),
        mesh_policy(
            "three",
            action="DENY",
            targetRefs=[{"kind": "Service", "group": "", "name": "httpbin"}],
            rules=[{"to": [{"operation": {"paths": ["/b"]}}]}],
        ),
    ]
    requests = [
        {"request": {"path": "/a"}, "verdict": "deny"},
        {"request": {"path": "/b"}, "verdict": "deny"},
        {"request": {"path": "/c"}, "verdict": "allow"},
    ]
    found = run(istio, tmp_path, mesh_case(requests, *policies))
    assert (found.disagreements, found.agree) == ((), 3)


def test_a_proxy_without_mutual_tls_refuses_its_handshake(tmp_path: Path) -> None:
    requests = [
        {"request": {"principal": "cluster.local/ns/a/sa/b"}, "verdict": "connection-refused"},
        {"request": {}, "verdict": "allow"},
    ]
    found = run(istio, tmp_path, mesh_case(requests, peer_authn_mode="DISABLE"))
    assert (found.disagreements, found.agree) == ((), 2)


def test_an_istio_request_that_is_not_understood_is_skipped(tmp_path: Path) -> None:
    authentication = {
        "apiVersion": "security.istio.io/v1",
        "kind": "RequestAuthentication",
        "metadata": {"name": "r", "namespace": "foo"},
        "spec": {"jwtRules": [{"issuer": "iss1", "jwks": "J1"}]},
    }
    requests: list[dict[str, Any]] = [
        {"request": {"raw_token": "<purple-token>"}, "verdict": "allow"},
        {"request": {"src_ip": "nowhere"}, "verdict": "allow"},
        {"request": {"raw_token": "<valid>"}, "verdict": "allow"},
        {"request": {"raw_token": "<expired>", "new": 1}, "verdict": "unauthenticated"},
    ]
    found = run(istio, tmp_path, mesh_case(requests, request_authn=[authentication]))
    assert (found.disagreements, found.agree, found.skipped) == ((), 2, 2)
    assert "purple" in found.unread[0]["reason"]


@pytest.mark.parametrize(
    ("description", "claims", "key"),
    [
        ("valid-iss2", {"iss": "iss2", "sub": "alice"}, "k2"),
        ("wrong-aud", {"iss": "iss1", "sub": "alice", "aud": "of-nobody"}, "k1"),
        ("exp-past-30s", {"iss": "iss1", "sub": "alice", "exp": NOW - 30}, "k1"),
        ("nbf-future", {"iss": "iss1", "sub": "alice", "nbf": NOW + 3600}, "k1"),
        ("no-sub", {"iss": "iss1"}, "k1"),
        ("no-kid", {"iss": "iss1", "sub": "alice"}, None),
        ('valid groups=["a","b"]', {"iss": "iss1", "sub": "alice", "groups": ["a", "b"]}, "k1"),
        ('{"iss": "iss1", "sub": "bob"}', {"iss": "iss1", "sub": "bob"}, "k1"),
    ],
)
def test_a_token_is_made_as_it_is_described(
    description: str, claims: dict[str, Any], key: str | None
) -> None:
    bearer = bearer_of({"raw_token": f"<{description}>"})
    assert bearer is not None
    token = read_token(bearer)
    assert token is not None
    assert token.payload == claims
    assert (token.key or None) == key


def test_a_token_in_words_that_are_not_known_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="purple"):
        bearer_of({"raw_token": "<purple-token>"})
