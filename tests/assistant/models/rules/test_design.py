"""Design questions: what is computed, with which of the things that are said."""

from typing import Any

import pytest

from assistant.models.rules.design import complete_design, read_design
from assistant.models.rules.design_followups import change_plan, follows_plan
from assistant.models.rules.design_slots import find_modes, max_pods_of, node_counts, read_services
from assistant.models.rules.frame import Frame
from assistant.models.rules.quantities import read_quantities, spell_digits
from assistant.models.rules.ranges import read_ranges
from tools import registry

TOOLS = {spec.name: spec for spec in registry()}


def read(text: str) -> Frame:
    frame = read_design(text)
    assert frame is not None
    return frame


def called(text: str) -> tuple[str, dict[str, Any]]:
    frame = read(text)
    assert frame.intent == "size"
    return frame.kind, dict(frame.arguments)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("60 nodes", (60,)),
        ("10, 20 and 5 nodes", (10, 20, 5)),
        ("1,200 overlay worker nodes", (1200,)),
        ("30 pods per node", ()),
        ("2 surge nodes", ()),
        ("31-pod nodes", ()),
        ("nodes: 40", (40,)),
    ],
)
def test_nodes_are_counted(text: str, counts: tuple[int, ...]) -> None:
    assert node_counts(text) == counts


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("maxPods=110", (110,)),
        ("max pods of 31 or 32", (31, 32)),
        ("max_pods 30 vs 60", (30, 60)),
        ("31 or 32 max pods", (31, 32)),
        ("up to 50 pods per node", (50,)),
        ("60 max pods", (60,)),
        ("60 nodes", ()),
    ],
)
def test_max_pods_are_read(text: str, limits: tuple[int, ...]) -> None:
    assert max_pods_of(text) == limits


@pytest.mark.parametrize(
    ("text", "highest", "pools"),
    [
        ("autoscale 3-50 nodes", 50, ()),
        ("between 10 and 40 nodes", 40, ()),
        ("scales up to 80 nodes", 80, ()),
        ("autoscaler max 60", 60, ()),
        ("gateway with autoscale up to 50 instances", 0, ()),
        ("10 and 20 nodes", 0, ()),
        ("3 pools of 50 nodes", 0, ("50", "50", "50")),
        ("20 nodes with 50 pods and 5 nodes with 30 pods", 0, ("20:50", "5:30")),
    ],
)
def test_ranges_and_pools_are_read(text: str, highest: int, pools: tuple[str, ...]) -> None:
    found = read_quantities(text)
    assert (found.highest_nodes, found.pools) == (highest, pools)


def test_spelled_numbers_count_where_they_count_something() -> None:
    assert spell_digits("fifty nodes in two pools") == "50 nodes in 2 pools"
    assert spell_digits("a hundred nodes") == "100 nodes"
    assert spell_digits("2k pods on one of them") == "2000 pods on one of them"
    assert (
        spell_digits("10^9 nodes, 1e3 more, 2.5k pods") == "1000000000 nodes, 1000 more, 2500 pods"
    )
    assert spell_digits("3 million pods in 10.0.0.0/8") == "3000000 pods in 10.0.0.0/8"
    assert spell_digits("GET /v1e2 on port 8080") == "GET /v1e2 on port 8080"


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("I own 10.60.0.0/20", {"10.60.0.0/20": "space"}),
        ("is 172.30.0.0/16 ok as service CIDR?", {"172.30.0.0/16": "service"}),
        ("169.254.0.0/16 for services", {"169.254.0.0/16": "service"}),
        ("does 10.0.0.0/14 work for pods", {"10.0.0.0/14": "pod"}),
        (
            "our datacenter is 10.240.0.0/12, pod cidr 10.244.0.0/16",
            {"10.240.0.0/12": "onprem", "10.244.0.0/16": "pod"},
        ),
        (
            "VNet 10.1.0.0/16 peered with 10.2.0.0/16",
            {"10.1.0.0/16": "vnet", "10.2.0.0/16": "peer"},
        ),
        (
            "DNS service IP 10.0.0.1 with service cidr 10.0.0.0/16",
            {"10.0.0.1": "dns", "10.0.0.0/16": "service"},
        ),
        (
            "we have 10.8.0.0/16 and 10.8.4.0/22 is taken",
            {"10.8.0.0/16": "space", "10.8.4.0/22": "used"},
        ),
        ("a hub in 10.9.0.0/22, which subnets?", {"10.9.0.0/22": ""}),
        ("space fd00:1::/48", {"fd00:1::/48": "space"}),
        (
            "pods in 10.244.0.0/16 talk to on-prem 192.168.1.1",
            {"10.244.0.0/16": "pod", "192.168.1.1": "onprem"},
        ),
    ],
)
def test_each_range_has_the_role_that_the_nearest_word_gives(
    text: str, roles: dict[str, str]
) -> None:
    assert {one.text: one.role for one in read_ranges(text).found} == roles


def test_a_mode_that_is_ruled_out_is_not_the_mode() -> None:
    assert find_modes("Azure CNI (not overlay)", limited=False) == ("node_subnet",)
    assert find_modes("overlay or pod subnet", limited=False) == ("pod_subnet_dynamic", "overlay")


def test_services_carry_the_number_that_sizes_them() -> None:
    text = "2 AGCs, 20 private endpoints, an app gateway with 10 instances, Bastion and AGIC"
    assert read_services(text) == [
        "app-gateway-for-containers:2",
        "app-gateway:10",
        "bastion",
        "private-endpoints:20",
    ]


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        (
            "35 nodes on legacy azure cni, which subnet?",
            "size_subnets",
            {"mode": "node_subnet", "nodes": 35},
        ),
        (
            "overlay for 20 system nodes and 60 user nodes: subnet?",
            "size_subnets",
            {"mode": "overlay", "pools": ["20", "60"]},
        ),
        (
            "4,000 pods on overlay at 40 per node: which pod CIDR?",
            "size_subnets",
            {"mode": "overlay", "nodes": 100},
        ),
        (
            "I own 10.60.0.0/20; overlay, 60 nodes, AGC",
            "plan_addresses",
            {
                "spaces": ["10.60.0.0/20"],
                "mode": "overlay",
                "nodes": 60,
                "services": ["app-gateway-for-containers"],
            },
        ),
        (
            "hub with firewall and bastion in 10.9.0.0/22",
            "plan_addresses",
            {"spaces": ["10.9.0.0/22"], "hub": ["bastion", "firewall"]},
        ),
        (
            "may the pod CIDR be 172.16.0.0/12?",
            "check_ranges",
            {"pod_cidrs": ["172.16.0.0/12"]},
        ),
        (
            "can the pod cidr 10.244.0.0/18 grow to 10.244.0.0/16",
            "check_ranges",
            {"pod_cidrs": ["10.244.0.0/18"], "grow_pod_cidr_to": "10.244.0.0/16"},
        ),
        (
            "max pods 31 or 32 with static blocks?",
            "compare_max_pods",
            {"mode": "pod_subnet_static", "max_pods": [31, 32]},
        ),
        (
            "which CNI mode for 100 nodes with Windows?",
            "compare_modes",
            {"features": ["windows"], "nodes": 100},
        ),
        (
            "does overlay support virtual nodes?",
            "compare_modes",
            {"features": ["virtual-nodes"], "modes": ["overlay"]},
        ),
        (
            "migrate kubenet with Calico to overlay",
            "plan_mode_change",
            {"start": "kubenet", "goal": "overlay", "addons": ["calico"]},
        ),
        (
            "20 nodes on the classic CNI, max pods 60 instead of 30",
            "size_subnets",
            {"mode": "node_subnet", "nodes": 20, "max_pods": 30, "change": "max pods 60"},
        ),
        (
            "how many nodes fit a /20 pod cidr?",
            "describe_prefix",
            {"prefix": "/20", "role": "pod-cidr"},
        ),
        ("-5 nodes with overlay: subnet?", "size_subnets", {"nodes": -5}),
    ],
)
def test_a_question_becomes_a_call(text: str, tool: str, arguments: dict[str, Any]) -> None:
    assert called(text) == (tool, arguments)
    TOOLS[tool].args.model_validate(arguments)


@pytest.mark.parametrize(
    "text",
    [
        "What is Azure CNI Overlay?",
        "how do I enable Cilium?",
        "Istio L7 and Cilium L7 together?",
        "can web reach the database?",
        "why can't pods reach the service ip 10.0.0.1?",
        "which mode does mTLS use in billing?",
    ],
)
def test_what_asks_for_no_computation_is_left_to_others(text: str) -> None:
    assert read_design(text) is None


@pytest.mark.parametrize(
    ("text", "answer", "tool"),
    [
        ("how big must the node subnet be for overlay?", "60", "size_subnets"),
        ("carve an overlay cluster out of 10.44.0.0/20", "90 nodes", "plan_addresses"),
        ("how do I move to overlay?", "from kubenet", "plan_mode_change"),
        ("how many public IPs do I need for SNAT with 1,024 ports?", "80", "size_outbound"),
    ],
)
def test_what_is_missing_is_asked_for_and_the_answer_completes_it(
    text: str, answer: str, tool: str
) -> None:
    asked = read(text)
    assert (asked.intent, asked.kind) == ("ask", "design")
    assert asked.text.endswith("?")
    completed = complete_design(answer, asked)
    assert completed is not None
    assert completed.kind == tool
    assert complete_design("no idea", asked) is None


@pytest.mark.parametrize(
    ("first", "then", "changed"),
    [
        ("50 nodes classic cni, subnet?", "and 60?", {"nodes": 60}),
        ("50 nodes classic cni, subnet?", "and with 110 pods per node?", {"max_pods": 110}),
        ("50 nodes classic cni, subnet?", "what about overlay?", {"mode": "overlay"}),
        ("50 nodes overlay, subnet?", "with a surge of 33%", {"surge": "33%"}),
        (
            "50 nodes overlay, subnet?",
            "add 3 pools of 50",
            {"change": "add 3 pools of 50"},
        ),
        (
            "dynamic: 60 nodes, 40 pods each, max pods 50",
            "and with 80 pods per node?",
            {"pods_per_node": 80, "max_pods": 80},
        ),
        ("how many nodes fit a /16 pod cidr?", "and a /20?", {"prefix": "/20"}),
        (
            "which mode for 100 nodes with cilium?",
            "and windows?",
            {"features": ["cilium", "windows"]},
        ),
        ("static block: max pods 47 or 48, IPs?", "and 63?", {"max_pods": [63]}),
        ("migrate node subnet to overlay", "and then cilium", {"dataplane": "cilium"}),
        ("SNAT ports for 80 nodes?", "and 200?", {"nodes": 200}),
    ],
)
def test_a_follow_up_changes_one_thing(first: str, then: str, changed: dict[str, Any]) -> None:
    earlier = read(first)
    frame = change_plan(then, earlier)
    assert frame is not None
    assert follows_plan(then, earlier)
    assert frame.arguments == {**earlier.arguments, **changed}
    assert change_plan("thanks a lot", earlier) is None


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (
            "do 10.0.0.0/16 and 10.0.4.0/22 overlap?",
            {"vnets": ["10.0.0.0/16"], "peered": ["10.0.4.0/22"]},
        ),
        (
            "is 172.16.0.0/12 colliding with 172.18.3.4?",
            {"vnets": ["172.16.0.0/12"], "on_premises": ["172.18.3.4"]},
        ),
    ],
)
def test_ranges_alone_are_held_against_each_other(text: str, arguments: dict[str, Any]) -> None:
    assert called(text) == ("check_ranges", arguments)
