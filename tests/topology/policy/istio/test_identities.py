import pytest

from topology.policy.istio.identities import (
    matches_namespace,
    matches_principal,
    matches_service_account,
    matches_trust_domain,
    with_aliases,
)

WEB = "cluster.local/ns/shop/sa/web"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (WEB, True),
        ("*", True),
        ("cluster.local/ns/shop/*", True),
        ("*/sa/web", True),
        ("cluster.local/ns/*/sa/web", False),
        ("spiffe://" + WEB, False),
    ],
)
def test_principals_leave_out_the_scheme_and_have_no_inner_wildcard(
    pattern: str, expected: bool
) -> None:
    assert matches_principal(pattern, WEB) is expected


@pytest.mark.parametrize(
    ("pattern", "principal", "expected"),
    [
        ("shop", WEB, True),
        ("sh*p", WEB, True),
        ("*", WEB, True),
        ("sho", WEB, False),
        ("shop", "other.domain/ns/shop/sa/x", True),
        ("s.op", WEB, False),
        ("*", "not-a-workload", False),
    ],
)
def test_namespaces_take_wildcards_anywhere_and_any_trust_domain(
    pattern: str, principal: str, expected: bool
) -> None:
    assert matches_namespace(pattern, principal) is expected


def test_a_service_account_without_namespace_is_of_the_policys_namespace() -> None:
    assert matches_service_account("web", WEB, policy_namespace="shop")
    assert not matches_service_account("web", WEB, policy_namespace="istio-system")
    assert matches_service_account("shop/web", WEB, policy_namespace="istio-system")
    assert not matches_service_account("shop/we", WEB, policy_namespace="shop")


def test_trust_domains_compare_the_first_part_only() -> None:
    assert matches_trust_domain("cluster.local", WEB)
    assert matches_trust_domain("cluster*", WEB)
    assert not matches_trust_domain("cluster.loca", WEB)


def test_principals_of_the_local_trust_domain_hold_for_every_alias() -> None:
    assert with_aliases([WEB], ["new", "old"]) == ("new/ns/shop/sa/web", "old/ns/shop/sa/web")


@pytest.mark.parametrize("principal", ["*/ns/shop/sa/web", "*", "td/x", "foreign/ns/shop/sa/web"])
def test_other_principals_are_left_as_they_are(principal: str) -> None:
    assert with_aliases([principal], ["new", "old"]) == (principal,)
