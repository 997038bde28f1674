"""Readings that differ in behaviour become a question; those that do not are no question."""

from collections.abc import Callable

from topology.authoring import Clause, Intent, LabelTest, Pods, PortSpan, Traffic
from topology.authoring.comparison import compare_readings
from topology.paths import Network

Maker = Callable[..., Network]
API, DB = Pods(workload="shop/api"), Pods(workload="shop/db")
PORT = Traffic(ports=(PortSpan(first=5432, last=5432, protocol="TCP"),))


def reading(source: Pods, traffic: Traffic = PORT, **more: object) -> Intent:
    clause = Clause(effect="allow", sources=(source,), destinations=(DB,), traffic=traffic, **more)  # type: ignore[arg-type]
    return Intent(clauses=(clause,))


def test_the_difference_between_two_readings_is_the_question(network: Maker) -> None:
    found = compare_readings(network(), [reading(API), reading(Pods(namespaces=("shop",)))])
    assert not found.same
    assert {(one.source, one.destination) for one in found.differences} >= {("shop/web", "shop/db")}
    assert "shop/web -> shop/db on 5432/TCP is closed in (1), open in (2)" in found.question


def test_readings_that_do_the_same_are_no_question(network: Maker) -> None:
    by_label = Pods(labels=(LabelTest("app", "In", ("api",)),), namespaces=("shop",))
    found = compare_readings(network(), [reading(API), reading(by_label)])
    assert found.same
    assert len(found.drafts) == 2


def test_a_reading_that_cannot_be_done_is_set_against_one_that_can(network: Maker) -> None:
    both = Intent(
        clauses=(
            *reading(API).clauses,
            Clause(effect="deny", sources=(API,), destinations=(DB,), traffic=PORT),
        )
    )
    found = compare_readings(network(), [both, reading(API)])
    assert "which cannot" in found.question
