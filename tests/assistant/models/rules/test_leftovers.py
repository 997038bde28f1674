"""Nothing that a question names may be dropped without a word."""

from collections.abc import Callable
from typing import Any

import pytest

from assistant.models.rules.plan import Plan

Reader = Callable[..., tuple[Plan, ...]]


def calls(plans: tuple[Plan, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    ("question", "ports"),
    [
        ("prod/web -> prod/api 8080 refused?", ["8080/TCP"]),
        ("prod/web to prod/api, 9090?", ["9090/TCP"]),
        ("nc -zv postgres.prod 5432 from prod/api", ["5432/TCP"]),
        ("telnet prod/redis 6379 from prod/api", ["6379/TCP"]),
        ("redis-cli -h prod/redis -p 6379 from prod/api", ["6379/TCP"]),
        ("https from prod/orders to prod/payments?", ["8443/TCP"]),
        ("prometheus -> prod/api metrics?", ["9090/TCP"]),
        ("can prod/payments get to 203.0.113.9 by https and http", ["443", "80"]),
    ],
)
def test_a_bare_port_is_asked_about(bazaar: Reader, question: str, ports: list[str]) -> None:
    assert [arguments.get("port") for _, arguments in calls(bazaar(question))] == ports


@pytest.mark.parametrize(
    "question",
    [
        "prod/web gets 503 from prod/api",
        "can prod/web reach prod/api with 3 replicas",
        "prod/web -> prod/api fails 5 times",
    ],
)
def test_a_number_that_is_no_port_is_not_taken_for_one(bazaar: Reader, question: str) -> None:
    assert all("port" not in arguments for _, arguments in calls(bazaar(question)))


def test_an_end_that_plays_no_part_is_asked_about(bazaar: Reader) -> None:
    (plan,) = bazaar("which pods in prod does grafana, with prometheus watching, talk to")

    assert plan.calls == ()
    assert plan.ask


def test_a_question_of_several_that_is_not_understood_is_named(bazaar: Reader) -> None:
    plans = bazaar("who can reach prod/redis? and is it purple?")

    assert [plan.frame.kind for plan in plans] == ["", "part"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "can prod/web reach prod/api, and who can reach prod/redis?",
            ["can_reach", "who_can_reach"],
        ),
        ("who can reach prod/redis, who can reach orders", ["who_can_reach"] * 2),
        ("prod/web -> prod/api, prod/api -> prod/orders", ["can_reach"] * 2),
        ("can prod/api reach prod/redis and vice versa?", ["can_reach"] * 2),
        ("list the namespaces and the services in prod", ["list_objects"] * 2),
    ],
)
def test_every_part_is_answered(bazaar: Reader, question: str, expected: list[str]) -> None:
    assert [name for name, _ in calls(bazaar(question))] == expected


@pytest.mark.parametrize(
    ("question", "plans"),
    [
        ("30 nodes with 250 pods each, node subnet mode. Does a /19 suffice?", [("/19", 30)]),
        ("is /27 ok for kubenet 20 nodes and for 40 nodes", [("/27", 20), ("/27", 40)]),
    ],
)
def test_a_subnet_to_check_is_given_to_the_tool(
    bazaar: Reader, question: str, plans: list[tuple[str, int]]
) -> None:
    found = [arguments for _, arguments in calls(bazaar(question))]

    assert [(each["subnet"], each["nodes"]) for each in found] == plans


def test_a_subnet_without_a_mode_is_checked_in_each(bazaar: Reader) -> None:
    found = calls(bazaar("will our /23 with 12 nodes, maxPods 40, surge 33% survive the upgrade"))

    assert {arguments["mode"] for _, arguments in found} == {
        "node_subnet", "overlay", "pod_subnet_dynamic", "pod_subnet_static", "kubenet",
    }  # fmt: skip


def test_pools_are_planned_together(bazaar: Reader) -> None:
    ((_, arguments),) = calls(bazaar("3 pools of 10, 20 and 5 nodes, kubenet. subnet size?"))

    assert arguments["pools"] == ["10", "20", "5"]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("what happens if prod/web is compromised", "what_can_reach"),
        ("assume prod/web got popped. what is reachable?", "what_can_reach"),
        ("can prod/redis be compromised from prod/web", "can_reach"),
        ("can someone get into prod/redis", "who_can_reach"),
    ],
)
def test_a_breach_is_read_by_who_is_taken(bazaar: Reader, question: str, name: str) -> None:
    ((found, _),) = calls(bazaar(question))

    assert found == name


@pytest.mark.parametrize(
    "question", ["who owns prod/web", "is prod/web compromised", "can prod/web be hacked?"]
)
def test_what_no_policy_tells_is_declined(bazaar: Reader, question: str) -> None:
    assert calls(bazaar(question)) == []


def test_any_pod_of_a_namespace_is_answered_by_a_list(bazaar: Reader) -> None:
    (plan,) = bazaar("can any pod in prod reach prod/redis")

    assert [call.name for call in plan.calls] == ["who_can_reach"]
    assert plan.verdict_of is not None
