"""The tools that write policies: what they answer, and what they never call verified."""

from typing import Any

import pytest

from tools.author import draft_intent, draft_least_privilege, read_kind
from tools.author import test_contract as contract_tool
from tools.draft_results import ContractTest, DraftResult
from tools.errors import ToolError
from tools.workspace import Workspace
from topology.authoring import Clause, Intent, Pods, PortSpan, RequestTest, Traffic
from topology.errors import InvalidQuery

SAMPLE = Workspace.sample()
CHECKOUT, PAYMENTS = Pods(workload="shop/checkout"), Pods(workload="shop/payments")
PORT = (PortSpan(first=8443, last=8443, protocol="TCP"),)


def charge(**more: Any) -> Intent:
    traffic = Traffic(ports=PORT, requests=(RequestTest(methods=("POST",), paths=("/charge",)),))
    clause = Clause(
        effect="allow", sources=(CHECKOUT,), destinations=(PAYMENTS,), traffic=traffic, **more
    )
    return Intent(clauses=(clause,))


def test_a_draft_is_an_artifact_with_its_checks_and_its_contract() -> None:
    found = draft_intent(SAMPLE, charge(only=True), request="only checkout may charge")
    assert found.verified
    assert [one.kind for one in found.artifacts] == ["CiliumNetworkPolicy"] * 3 + ["contract"]
    assert all(one.verified and one.checks for one in found.artifacts)
    assert all(one.content in found.yaml for one in found.artifacts[:-1])
    assert found.contract["must_allow"][0]["http"] == "POST /charge"
    assert "**Verified** by simulation" in found.summary
    assert "```yaml" in found.summary
    assert len(found.attempts) > 1
    assert found.attempts[0].failing


def test_what_is_not_proven_is_not_called_verified_anywhere() -> None:
    ghost = Intent(
        clauses=(
            Clause(
                effect="allow",
                sources=(CHECKOUT,),
                destinations=(Pods(workload="shop/ghost", namespaces=("shop",)),),
            ),
        )
    )
    found = draft_intent(SAMPLE, ghost)
    assert not found.verified
    assert not any(one.verified for one in found.artifacts)
    assert "**Not verified**" in found.summary
    assert found.not_verified


def test_a_request_that_cannot_be_met_says_why_and_shows_nothing_as_verified() -> None:
    staging = Clause(
        effect="allow",
        sources=(Pods(workload="staging/web"),),
        destinations=(Pods(workload="shop/db"),),
        traffic=Traffic(ports=(PortSpan(first=5432, last=5432, protocol="TCP"),)),
    )
    found = draft_intent(SAMPLE, Intent(clauses=(staging,)))
    assert "CiliumNetworkPolicy/shop/no-staging-in-data" in found.declined
    assert found.summary.startswith("**Cannot be met.**")
    assert not any(one.verified for one in found.artifacts)


def test_least_privilege_says_what_it_rests_on_and_what_it_left_out() -> None:
    found = draft_least_privilege.run(SAMPLE, namespace="shop")
    assert isinstance(found, DraftResult)
    assert found.verified
    assert "`DB_ADDR`" in found.summary


def test_calls_that_workloads_are_set_up_to_make_are_told_when_they_close() -> None:
    lock = Intent(isolate=((Pods(namespaces=("shop",)), "egress"),), keep=("dns",))
    found = draft_intent(SAMPLE, lock)
    assert found.verified
    assert any(one.startswith("shop/cart -> shop/db") for one in found.announced_calls_closed)
    assert "**Mind**" in found.summary


def test_a_contract_is_tested_with_the_rule_that_decides() -> None:
    text = (
        "must_allow: [{src: shop/web, dst: shop/cart, port: 8080}]\n"
        "must_deny: [{src: world, dst: shop/db}]\n"
    )
    found = contract_tool.run(SAMPLE, contract=text)
    assert isinstance(found, ContractTest)
    assert found.met
    failing = contract_tool.run(SAMPLE, contract=text.replace("world", "shop/cart"))
    assert "is not met" in failing.summary
    with pytest.raises(ToolError, match="no contract"):
        contract_tool.run(SAMPLE, contract="nothing")


def test_kinds_are_known_by_their_short_names() -> None:
    assert read_kind("cnp") == "CiliumNetworkPolicy"
    assert read_kind("NetworkPolicy") == "NetworkPolicy"
    with pytest.raises(InvalidQuery, match="`Polcy` is no kind"):
        read_kind("Polcy")
