import json
from typing import Any

import pytest

from tools.errors import ToolError
from tools.reach import (
    PeersResult,
    ReachResult,
    can_reach,
    what_can_reach,
    who_can_reach,
)
from tools.workspace import Workspace
from topology.load import load_text

DENIED = """\
No: `default/frontend` cannot reach `default/redis-cart` on 6379/TCP.

- Ingress policy: No ingress rule allows it; default deny comes from \
`NetworkPolicy/default/deny-all` (online-boutique/network-policy-deny-all.yaml:15), \
`NetworkPolicy/default/redis-cart` (online-boutique/network-policy-redis.yaml:15).
"""


def reach(workspace: Workspace, **arguments: Any) -> ReachResult:
    result = can_reach.call(workspace, arguments)
    assert isinstance(result, ReachResult)
    return result


def who(workspace: Workspace, **arguments: Any) -> PeersResult:
    result = who_can_reach.call(workspace, arguments)
    assert isinstance(result, PeersResult)
    return result


def what(workspace: Workspace, **arguments: Any) -> PeersResult:
    result = what_can_reach.call(workspace, arguments)
    assert isinstance(result, PeersResult)
    return result


def test_an_allow_names_the_rule_on_each_side_with_file_and_line(boutique: Workspace) -> None:
    result = reach(boutique, source="frontend", destination="cart")
    assert (result.allowed, result.verdict) == (True, "allow")
    assert result.summary == (
        "Yes: `default/frontend` can reach `default/cartservice` on 7070/TCP.\n\n"
        "- Egress policy: `NetworkPolicy/default/frontend` `spec.egress[0]` allows it. "
        "(online-boutique/network-policy-frontend.yaml:29)\n"
        "- Ingress policy: `NetworkPolicy/default/cartservice` `spec.ingress[0]` allows it. "
        "(online-boutique/network-policy-cartservice.yaml:27)\n\n"
        "Checked: `default/frontend` -> `default/cartservice`, 7070/TCP. "
        "Understood `cart` as `default/cartservice`."
    )


def test_a_denial_names_what_denies_and_what_comes_nearest(boutique: Workspace) -> None:
    result = reach(boutique, source="frontend", destination="redis-cart")
    assert result.verdict == "deny"
    assert result.summary.startswith(DENIED)
    nearest = next(line for line in result.summary.splitlines() if line.startswith("- Nearest: "))
    assert "`NetworkPolicy/default/redis-cart` `spec.ingress[0]`" in nearest
    assert nearest.endswith("(online-boutique/network-policy-redis.yaml:27)")
    sources = {entry.source for entry in result.evidence}
    assert "NetworkPolicy/default/deny-all" in sources
    assert all(entry.location for entry in result.evidence if entry.source != "no policy")


def test_the_layers_have_the_fields_of_the_contract(boutique: Workspace) -> None:
    document = json.loads(reach(boutique, source="frontend", destination="cart").model_dump_json())
    assert {"allowed", "verdict", "layers", "l7"} <= set(document)
    fields = {"layer", "direction", "enforced", "verdict", "policy", "rule", "location", "reason"}
    for layer in document["layers"]:
        assert fields <= set(layer)
    assert [layer["layer"] for layer in document["layers"]] == ["egress-policy", "ingress-policy"]


def test_several_ports_take_a_line_each(shop: Workspace) -> None:
    result = reach(shop, source="web", destination="api")
    lines = result.summary.splitlines()
    assert lines[0] == (
        "Yes, on some ports: `shop/web` can reach `shop/api` on 80/TCP (some requests); "
        "not on 9090/TCP."
    )
    assert lines[2].startswith("- 80/TCP: allowed for some requests. L7 rules:")
    assert "GET /public/.*" in lines[2]
    assert lines[3].startswith("- 9090/TCP: denied. Ingress policy:")
    assert "but for the port: it allows 80/TCP. (shop.yaml:" in lines[3]
    assert [(row.port, row.verdict) for row in result.ports] == [(80, "allow"), (9090, "deny")]
    assert result.conditions


def test_a_request_is_decided_by_the_l7_rule(shop: Workspace) -> None:
    asked = {"source": "web", "destination": "api", "port": "http"}
    assert reach(shop, **asked, http="GET /public/x").verdict == "allow"
    denied = reach(shop, **asked, http="GET /private/x")
    assert denied.verdict == "deny"
    assert denied.summary.startswith(
        "No: `shop/web` cannot reach `shop/api` on 80/TCP with `GET /private/x`.\n\n- L7 rules:"
    )
    assert reach(shop, **asked, http="GET /public/x", headers=["X-A: b", "Y=c:d"]).allowed


def test_what_the_input_does_not_tell_is_not_decided(shop: Workspace) -> None:
    result = reach(shop, source="web", destination="api.example.com", port="443")
    assert result.verdict == "unknown"
    assert result.summary.startswith("Not decided: whether `shop/web` can reach `api.example.com`")
    assert len(result.not_verified) == 1
    assert "spec.egress[0]" in result.not_verified[0]


def test_every_port_of_a_workload_that_names_none(shop: Workspace) -> None:
    result = reach(shop, source="api", destination="web")
    assert result.summary.startswith("Yes: `shop/api` can reach `shop/web` on every port.")
    assert "No policy selects the destination for ingress" in result.summary


def test_a_misspelt_name_is_said_to_be_understood(shop: Workspace) -> None:
    text = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: inventory, namespace: shop}
spec: {template: {metadata: {labels: {app: inventory}}, spec: {containers: [{name: c}]}}}
"""
    workspace = Workspace(cluster=load_text(text))
    result = reach(workspace, source="world", destination="inventroy")
    assert "Understood `inventroy` as `shop/inventory`." in result.summary
    assert "Understood" not in reach(shop, source="web", destination="shop/api").summary


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"source": "web", "destination": "nowhere"}, "`nowhere`"),
        ({"source": "web", "destination": ""}, "empty"),
        ({"source": "web", "destination": "api", "port": "99999"}, "`99999` is no port"),
        ({"source": "web", "destination": "api", "port": "80/XYZ"}, "`XYZ`"),
        ({"source": "web", "destination": "api", "port": "nope"}, "no TCP port named `nope`"),
        ({"source": "web", "destination": "api", "http": "fetch it all"}, "no HTTP request"),
        ({"source": "web", "destination": "api", "headers": ["what"]}, "`what` is no header"),
        ({"source": "web", "destination": "10.0.0.1/8"}, "host bits"),
        ({"source": "web"}, "`destination` is missing"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(
    shop: Workspace, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ToolError) as caught:
        can_reach.call(shop, arguments)
    assert said in str(caught.value)


def test_a_name_that_several_have_is_asked_back(sample: Workspace) -> None:
    with pytest.raises(ToolError) as caught:
        can_reach.call(sample, {"source": "web", "destination": "db"})
    assert caught.value.ambiguous
    assert caught.value.candidates == ("shop/web", "staging/web")


def test_the_sample_shows_the_port_of_the_pod_behind_a_service(sample: Workspace) -> None:
    result = reach(sample, source="checkout", destination="service:shop/payments")
    assert result.verdict == "deny"
    assert "`CiliumNetworkPolicy/shop/checkout`" in result.summary
    assert "shop/policies/shop-cilium.yaml:" in result.summary
    assert result.summary.startswith("No: `shop/checkout` cannot reach `service:shop/payments`")


def test_networks_that_fare_otherwise_are_said_once(sample: Workspace) -> None:
    summary = reach(sample, source="world", destination="shop/web").summary
    assert summary.count("For some networks it is otherwise") == 1
    assert ".." not in summary.replace("...", "")


def test_who_can_reach_counts_lists_and_tells_the_outside(boutique: Workspace) -> None:
    result = who(boutique, destination="cartservice")
    lines = result.summary.splitlines()
    assert lines[0] == (
        "2 of 12 workloads can reach `default/cartservice`; the world outside cannot."
    )
    assert lines[2] == (
        "- `default/checkoutservice` on 7070/TCP: `NetworkPolicy/default/cartservice` "
        "`spec.ingress[0]` allows it. (online-boutique/network-policy-cartservice.yaml:27)"
    )
    assert (result.allowed, result.workloads) == (2, 12)
    assert [row.name for row in result.peers[:2]] == ["checkoutservice", "frontend"]
    assert {row.verdict for row in result.peers[2:]} == {"deny"}
    assert result.verdict is None


def test_who_can_reach_tells_of_exposure(boutique: Workspace) -> None:
    result = who(boutique, destination="frontend", port="8080")
    assert result.summary.startswith(
        "All 12 workloads can reach `default/frontend` on 8080/TCP; the world outside can, too."
    )
    assert any("frontend-external" in text for text in result.exposure)
    assert "frontend-external" in result.summary


def test_ranges_that_a_rule_names_are_part_of_the_outside(shop: Workspace) -> None:
    result = who(shop, destination="api")
    assert {row.name: row.verdict for row in result.outside}["203.0.113.0/24"] == "allow"
    assert "of the world outside only `203.0.113.0/24`" in result.summary


def test_names_and_ranges_that_a_rule_names_can_be_reached(shop: Workspace) -> None:
    result = what(shop, source="web")
    outside = {row.name: row.verdict for row in result.outside}
    assert outside["world"] == "deny"
    assert outside["198.51.100.0/24"] == "allow"
    assert outside["api.example.com"] == "unknown"
    assert "`*.example.org`" in result.summary
    assert result.summary.startswith(
        "`shop/web` can reach 1 of 2 workloads; of the world outside only "
        "`198.51.100.0/24`, `api.example.com`."
    )


def test_the_workloads_of_a_namespace_are_asked_one_by_one(shop: Workspace) -> None:
    result = what(shop, source="namespace:shop")
    pairs = {(row.target, row.name): row.verdict for row in result.peers}
    assert pairs == {
        ("shop/api", "api"): "deny",
        ("shop/api", "web"): "allow",
        ("shop/web", "api"): "allow",
        ("shop/web", "web"): "deny",
    }
    assert result.summary.startswith("2 of 4 connections between workloads out of")


def test_at_most_fifty_peers_are_listed_and_the_rest_is_counted() -> None:
    one = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: w{0:03}, namespace: many}}
spec: {{template: {{metadata: {{labels: {{app: w{0:03}}}}}, spec: {{containers: [{{name: c}}]}}}}}}
"""
    text = "\n---".join(one.format(number) for number in range(70))
    result = who(Workspace(cluster=load_text(text)), destination="w000", port="80")
    assert (len(result.peers), result.left_out, result.allowed) == (50, 20, 70)
    assert "and 20 more" in result.summary


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        (can_reach, {"source": "web", "destination": "api"}),
        (can_reach, {"source": "world", "destination": "api", "port": "9090"}),
        (who_can_reach, {"destination": "api"}),
        (what_can_reach, {"source": "web"}),
    ],
)
def test_results_survive_json_and_are_the_same_twice(
    shop: Workspace, spec: Any, arguments: dict[str, Any]
) -> None:
    result = spec.call(shop, arguments)
    assert spec.result.model_validate_json(result.model_dump_json()) == result
    assert spec.call(shop, arguments) == result


FAULTY = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: broken, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: nonsense}}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: elsewhere, namespace: other}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: nonsense}}]}]}
"""


def test_a_faulty_policy_is_said_to_be_left_out_of_account() -> None:
    workspace = Workspace(cluster=load_text(FAULTY, name="x.yaml"))
    for result in (
        reach(workspace, source="world", destination="web"),
        who(workspace, destination="web"),
        what(workspace, source="web"),
    ):
        assert "Set aside: NetworkPolicy/shop/broken" in result.summary
        assert "elsewhere" not in result.summary
        assert any("NetworkPolicy/shop/broken" in text for text in result.not_verified)


def test_pods_that_do_not_agree_are_told_apart(sample: Workspace) -> None:
    result = reach(
        sample, source="monitoring/prometheus", destination="namespace:shop", port="9102"
    )
    assert result.summary.startswith(
        "It depends on the pods: not every pod of `monitoring/prometheus` can reach every pod of "
        "`namespace:shop` on 9102/TCP."
    )
    assert "-> `shop/db-0`: denied" in result.summary
    assert result.summary.count("shop/db-0") == 1


def test_a_default_deny_blames_the_policy_that_comes_nearest(boutique: Workspace) -> None:
    document = json.loads(
        reach(boutique, source="frontend", destination="redis-cart").model_dump_json()
    )
    ingress = document["layers"][-1]
    assert ingress["policy"] == "NetworkPolicy/default/redis-cart"
    assert ingress["location"] == "online-boutique/network-policy-redis.yaml:15"
    assert [cause["policy"] for cause in ingress["causes"]] == [
        "NetworkPolicy/default/deny-all",
        "NetworkPolicy/default/redis-cart",
    ]


def test_default_denies_of_many_destinations_share_a_line(boutique: Workspace) -> None:
    lines = what(boutique, source="cartservice").summary.splitlines()
    denied = [line for line in lines if line.startswith("- Denied: ")]
    assert len(denied) == 1
    assert "default deny comes from `NetworkPolicy/default/deny-all`" in denied[0]
    assert denied[0].endswith("and policies of their own.")


def test_the_outside_is_not_said_to_reach_itself(boutique: Workspace) -> None:
    summary = what(boutique, source="world").summary
    assert summary.startswith("`world` can reach 1 of 12 workloads.")
    assert "Outside" not in summary


def test_unread_input_makes_a_verdict_not_fully_verified() -> None:
    unreadable = "kind: NetworkPolicy\nmetadata: {name: x\n"
    workspace = Workspace(cluster=load_text(WEB_AND_DB + "---\n" + unreadable, name="cluster.yaml"))
    result = reach(workspace, source="web", destination="db")
    told = [sentence for sentence in result.not_verified if "could not be read" in sentence]
    assert len(told) == 1
    assert "cluster.yaml:" in told[0]
    assert told[0] in result.summary


WEB_AND_DB = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, ports: [{containerPort: 5432}]}]}
"""
