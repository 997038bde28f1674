import pytest

from tools.errors import ToolError
from tools.policies import PoliciesResult, list_policies
from tools.workspace import Workspace


def policies(workspace: Workspace, workload: str, direction: str = "") -> PoliciesResult:
    result = list_policies.call(workspace, {"workload": workload, "direction": direction})
    assert isinstance(result, PoliciesResult)
    assert PoliciesResult.model_validate_json(result.model_dump_json()) == result
    return result


def test_each_direction_says_what_opens_and_what_only_denies(boutique: Workspace) -> None:
    result = policies(boutique, "redis-cart")
    assert result.ingress_restricted
    assert result.egress_restricted
    assert result.summary.startswith(
        "2 policies select `default/redis-cart`.\n\n"
        "- Ingress: denied by default; the rules of `NetworkPolicy/default/redis-cart` "
        "(online-boutique/network-policy-redis.yaml:15) decide what passes; "
        "`NetworkPolicy/default/deny-all` (online-boutique/network-policy-deny-all.yaml:15) "
        "adds none."
    )
    assert {row.policy for row in result.policies} == {
        "NetworkPolicy/default/deny-all",
        "NetworkPolicy/default/redis-cart",
    }
    assert all(entry.location for entry in result.evidence)


def test_nothing_that_selects_means_everything_is_allowed(sample: Workspace) -> None:
    result = policies(sample, "staging/web", "inbound")
    assert not result.ingress_restricted
    assert "Ingress: no network policy selects it, so everything is allowed." in result.summary
    assert "Egress:" not in result.summary


def test_a_policy_without_default_deny_is_told_apart(sample: Workspace) -> None:
    result = policies(sample, "staging/web", "egress")
    assert not result.egress_restricted
    assert "Egress: not denied by default;" in result.summary


def test_policies_of_the_mesh_are_part_of_it(sample: Workspace) -> None:
    result = policies(sample, "invoices")
    assert {row.policy for row in result.policies if row.layer == "mesh"} == {
        "AuthorizationPolicy/billing/allow-nothing",
        "AuthorizationPolicy/billing/invoices",
        "PeerAuthentication/billing/strict",
    }
    assert "Mesh: " in result.summary


def test_the_workloads_of_a_namespace_are_grouped_by_their_policies(sample: Workspace) -> None:
    result = policies(sample, "namespace:shop", "ingress")
    assert "`shop/db`:" in result.summary
    assert result.ingress_restricted


@pytest.mark.parametrize(
    ("workload", "direction", "said"),
    [
        ("world", "", "has no pods"),
        ("nonexistent-thing", "", "nonexistent-thing"),
        ("shop/db", "sideways", "`direction`"),
    ],
)
def test_what_no_policy_can_select_is_refused(
    sample: Workspace, workload: str, direction: str, said: str
) -> None:
    with pytest.raises(ToolError) as caught:
        list_policies.call(sample, {"workload": workload, "direction": direction})
    assert said in str(caught.value)
