"""The tools about Services and Azure, as their callers see them."""

from pathlib import Path

import pytest

from tools.azure import check_azure
from tools.errors import ToolError
from tools.service_path import check_services, trace_service_path
from tools.service_rows import CheckResult, ServicePathResult
from tools.workspace import Workspace
from topology.samples import sample_path

AZURE = Path(__file__).parents[1] / "scenarios" / "azure_shop"
INGRESS = """
{kind: Ingress, apiVersion: networking.k8s.io/v1, metadata: {name: in, namespace: shop},
 spec: {ingressClassName: nginx, rules: [{host: shop.example.com, http: {paths: [
  {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 8080}}}}]}}]}}
"""


@pytest.fixture(scope="module")
def azure() -> Workspace:
    return Workspace.load([sample_path(), AZURE])


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    file = tmp_path_factory.mktemp("entry") / "ingress.yaml"
    file.write_text(INGRESS)
    return Workspace.load([sample_path(), file])


def way(workspace: Workspace, target: str, **arguments: str) -> ServicePathResult:
    result = trace_service_path.call(workspace, {"target": target, **arguments})
    assert isinstance(result, ServicePathResult)
    return result


def test_a_host_name_a_url_and_a_service_are_all_followed(entry: Workspace) -> None:
    for target in ("shop.example.com", "https://shop.example.com/cart?x=1", "SHOP.EXAMPLE.COM"):
        result = way(entry, target)
        assert result.verdict == "deny"
        assert "port `8080` of Service `shop/web`, which has 80" in result.summary
        assert any(one.code == "entry-no-port" for one in result.findings)
    assert way(entry, "service:shop/web").ways[0].entry == "Ingress/shop/in"


def test_every_hop_is_evidence_with_its_place(entry: Workspace) -> None:
    evidence = way(entry, "shop.example.com").evidence
    assert any(one.location.endswith("ingress.yaml:4") for one in evidence)


def test_a_workload_stands_for_the_one_service_before_it(entry: Workspace) -> None:
    result = way(entry, "shop/checkout", source="shop/web")
    assert result.target == "service:shop/checkout"
    assert [one.source for one in result.ways] == ["shop/web"]


@pytest.mark.parametrize("target", ["nowhere", "shop.exmaple.com", "", "???"])
def test_what_nothing_is_called_is_refused_with_help(entry: Workspace, target: str) -> None:
    with pytest.raises(ToolError):
        way(entry, target)


def checked(workspace: Workspace, **arguments: str) -> CheckResult:
    result = check_services.call(workspace, arguments)
    assert isinstance(result, CheckResult)
    return result


def test_services_are_checked_all_or_one_or_about_one_thing(entry: Workspace) -> None:
    assert checked(entry).counts == {"error": 1, "warning": 0, "info": 1}
    assert checked(entry, about="endpoints").summary.endswith(
        "Besides, 2 findings about something else."
    )
    assert checked(entry, service="db").findings == ()
    assert "no issue found" in checked(entry, service="db").summary
    with pytest.raises(ToolError, match="no namespace"):
        checked(entry, namespace="shopp")
    with pytest.raises(ToolError, match="`portz`"):
        checked(entry, about="portz")


def test_azure_is_checked_and_told(azure: Workspace) -> None:
    result = check_azure.call(azure, {})
    assert isinstance(result, CheckResult)
    assert [one.code for one in result.findings] == [
        "peering-not-connected", "udr-asymmetric-ingress",
    ]  # fmt: skip
    assert any("Azure CNI Overlay, dataplane `cilium`" in fact for fact in result.facts)
    assert any("Istio asm-1-27" in fact for fact in result.facts)


def test_a_topic_of_azure_leaves_the_rest_out_and_says_so(azure: Workspace) -> None:
    result = check_azure.call(azure, {"about": "probes"})
    assert isinstance(result, CheckResult)
    assert result.findings == ()
    assert "no issue found" in result.summary
    assert "Besides, 2 findings about something else." in result.summary
    assert "168.63.129.16" in result.summary


def test_without_azure_the_commands_that_collect_it_are_named(sample: Workspace) -> None:
    with pytest.raises(ToolError) as caught:
        check_azure.call(sample, {})
    assert "az network nsg list" in caught.value.hint


def test_the_workspace_says_what_of_azure_it_holds_and_what_was_set_aside(
    azure: Workspace, tmp_path: Path
) -> None:
    assert "Azure: 1 AzureFirewall, 1 LoadBalancer, 1 ManagedCluster" in azure.summary()
    file = tmp_path / "nsg.json"
    file.write_text(
        '[{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "securityRules":'
        ' [{"name": "odd", "priority": "soon", "access": "Deny", "direction": "Inbound"}]}]'
    )
    problems = Workspace.load([file]).problems
    assert any("`soon`" in one.message for one in problems)
