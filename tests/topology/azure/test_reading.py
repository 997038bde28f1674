"""What the Azure CLI prints is known by its content, and faults in it cost only themselves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from topology.azure import azure_of
from topology.load import load, load_text
from topology.load.archive import pack, unpack
from topology.model import Cluster

Around = Callable[..., Cluster]


def test_kinds_are_told_apart_without_type_and_id() -> None:
    found = load_text(
        json.dumps(
            [
                {"name": "v", "addressSpace": {"addressPrefixes": ["10.0.0.0/8"]}, "subnets": []},
                {"name": "g", "securityRules": [], "defaultSecurityRules": []},
                {"name": "t", "routes": []},
                {"name": "c", "agentPoolProfiles": [], "networkProfile": {}},
            ]
        )
    )
    assert [one.kind for one in found.azure] == [
        "ManagedCluster", "NetworkSecurityGroup", "RouteTable", "VirtualNetwork",
    ]  # fmt: skip
    assert found.problems == ()


def test_fields_under_properties_and_wrapped_lists_are_read(az: Any) -> None:
    group = az.nsg(az.rule("a", 100, "Deny", "*", "*", "80"))
    rules = group.pop("securityRules")
    group["properties"] = {"securityRules": [{"name": one.pop("name"), "properties": one}
                                             for one in rules]}  # fmt: skip
    text = json.dumps({"count": 1, "data": [group]}, indent=1)
    (found,) = azure_of(load_text(text)).security_groups
    assert found.rules[0].name == "a"
    line = found.rules[0].location.line if found.rules[0].location else 0
    assert '"a"' in "".join(text.split("\n")[line - 1 : line + 1])


def test_the_default_rules_are_added_where_an_export_lacks_them(around: Around, az: Any) -> None:
    (found,) = azure_of(around(az.nsg())).security_groups
    assert [rule.priority for rule in found.rules] == [65000, 65001, 65500] * 2


def test_a_faulty_rule_is_told_and_the_others_count(around: Around, az: Any) -> None:
    cluster = around(
        az.nsg(
            az.rule("bad-ip", 100, "Deny", "10.0.0.300", "*"),
            az.rule("bad-port", 110, "Deny", "*", "*", "90-80"),
            {"name": "bad-all"},
            az.rule("good", 120, "Deny", "*", "*", "80"),
        )
    )
    azure = azure_of(cluster)
    assert [rule.name for rule in azure.security_groups[0].rules[:3]] == [
        "bad-ip", "bad-port", "good",
    ]  # fmt: skip
    texts = " ".join(problem.message for problem in azure.problems)
    for quoted in ("`10.0.0.300`", "`90-80`", "`bad-all`"):
        assert quoted in texts
    assert all(problem.location for problem in azure.problems)


def test_a_rule_whose_addresses_cannot_be_read_matches_nothing_by_them(
    around: Around, az: Any
) -> None:
    rule = azure_of(around(az.nsg(az.rule("x", 100, "Deny", "10.0.0.300", "*"))))
    assert not rule.security_groups[0].rules[0].source.anything


def test_the_same_object_twice_counts_once_and_the_last_wins(around: Around, az: Any) -> None:
    azure = azure_of(around(az.aks(), az.aks(networkDataplane="azure")))
    assert [one.dataplane for one in azure.clusters] == ["azure"]


def test_files_of_kubernetes_and_azure_may_be_mixed_and_named_as_one_likes(
    tmp_path: Path, az: Any
) -> None:
    (tmp_path / "a.json").write_text(json.dumps([az.vnet(), az.nsg()]))
    (tmp_path / "b.yaml").write_text("{kind: Pod, apiVersion: v1, metadata: {name: web}}")
    found = load([tmp_path])
    assert len(found.pods) == 1
    assert found.kinds["VirtualNetwork"] == 1
    assert found.problems == ()


def test_an_export_of_azure_alone_is_read(tmp_path: Path, az: Any) -> None:
    (tmp_path / "a.json").write_text(json.dumps(az.aks()))
    assert azure_of(load([tmp_path])).clusters[0].overlay


def test_the_cache_keeps_what_azure_printed(around: Around, az: Any) -> None:
    cluster = around(az.vnet(), az.nsg(az.rule("a", 100, "Deny", "*", "*")), az.aks())
    again = unpack(pack(cluster))
    assert again.azure == cluster.azure
    assert azure_of(again) == azure_of(cluster)


def test_rules_and_routes_that_are_listed_by_themselves_join_their_owners(
    around: Around, az: Any
) -> None:
    group, table = az.nsg(az.rule("old", 100, "Allow", "*", "*")), az.table()
    rule = {**az.rule("new", 90, "Deny", "*", "*"), "id": f"{group['id']}/securityRules/new"}
    route = {
        "id": f"{table['id']}/routes/r", "name": "r", "addressPrefix": "10.9.0.0/16",
        "nextHopType": "None",
    }  # fmt: skip
    azure = azure_of(around(group, table, rule, route))
    assert [one.name for one in azure.security_groups[0].rules[:2]] == ["new", "old"]
    assert [one.name for one in azure.route_tables[0].routes] == ["r"]


def test_types_that_are_not_read_are_told(around: Around) -> None:
    machine = {"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/disks/d"}
    (problem,) = azure_of(around(machine)).problems
    assert "`microsoft.compute/disks` (1)" in problem.message
