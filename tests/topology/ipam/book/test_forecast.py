"""Forecasts and plans to make room: what they say, and when they say that they cannot."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from topology.ipam.book import AddressBook, Draft, Request
from topology.ipam.book.importing import ImportRow, Reading, import_rows
from topology.model import Location

from .conftest import Clock


def fill(book: AddressBook, clock: Clock, *, weeks: int, prefix: int = 24) -> None:
    for week in range(weeks):
        clock.advance(days=7)
        book.allocate([Request(name=f"w{week}", prefix=prefix)])


def test_steady_growth_is_carried_on(corp: AddressBook, clock: Clock) -> None:
    fill(corp, clock, weeks=20)
    (found,) = corp.forecast()
    assert found.steps == 20
    assert found.per_day == pytest.approx(256 / 7)
    left = (65_536 - 20 * 256) / (256 / 7)
    assert found.full is not None
    assert (found.full - clock()) / timedelta(days=1) == pytest.approx(left, rel=0.001)
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest < found.full < found.latest
    assert found.slow < found.per_day < found.fast


def test_more_history_narrows_the_interval(corp: AddressBook, clock: Clock) -> None:
    fill(corp, clock, weeks=6)
    (early,) = corp.forecast()
    fill(corp, clock, weeks=0)
    for week in range(6, 40):
        clock.advance(days=7)
        corp.allocate([Request(name=f"w{week}", prefix=24)])
    (late,) = corp.forecast()
    assert (late.fast - late.slow) / late.per_day < (early.fast - early.slow) / early.per_day


@pytest.mark.parametrize(("changes", "days"), [(4, 30), (20, 13)])
def test_too_little_history_gives_no_date(
    corp: AddressBook, clock: Clock, changes: int, days: int
) -> None:
    for number in range(changes):
        corp.allocate([Request(name=f"n{number}", prefix=24)])
    clock.advance(days=days)
    (found,) = corp.forecast()
    assert found.full is found.earliest is found.latest is None
    assert found.reason.startswith("Not enough history:")


def test_a_block_that_does_not_grow_gets_no_date(corp: AddressBook, clock: Clock) -> None:
    fill(corp, clock, weeks=6)
    for week in range(6):
        corp.release(f"w{week}")
    (found,) = corp.forecast()
    assert found.full is None
    assert found.reason == "It has not grown over the time observed."


def test_what_was_imported_is_no_growth(corp: AddressBook, clock: Clock) -> None:
    clock.advance(days=40)
    networks = [ip_network((int(ip_network("10.0.0.0/16")[0]) + i * 256, 24)) for i in range(100)]
    rows = [ImportRow(network=one, location=Location("x", 1)) for one in networks]
    import_rows(corp, Reading(rows=rows))
    (found,) = corp.forecast()
    assert found.steps == 0
    assert found.usage.free == 65_536 - 25_600


def test_growth_before_the_window_is_left_aside(corp: AddressBook, clock: Clock) -> None:
    fill(corp, clock, weeks=10)
    clock.advance(days=300)
    assert corp.forecast(days=100)[0].steps == 0
    assert corp.forecast(days=100)[0].days == 100


def test_making_room_empties_the_cheapest_region_into_free_ranges(corp: AddressBook) -> None:
    for number in range(4):
        network = ip_network((int(ip_network("10.0.0.0/16")[0]) + number * 16_384, 24))
        corp.enter(Draft(network=network, name=f"n{number}", kind="nodes", tags={"cluster": "c1"}))
    corp.enter(Draft(network=ip_network("10.0.32.0/20"), name="large"))
    ((block, plan),) = corp.plan_room(18)
    assert block.name == "corp"
    assert str(plan.gain) == "10.0.64.0/18"
    (move,) = plan.moves
    assert (str(move.old), str(move.new)) == ("10.0.64.0/24", "10.0.1.0/24")
    assert any("Add node pools to c1" in step for step in move.steps)
    taken = [entry.slot for entry in corp.entries() if entry.parent]
    assert not any(move.new.overlaps(one) for one in taken)


def test_room_that_is_there_needs_no_moves_and_room_that_cannot_be_is_said_so(
    corp: AddressBook,
) -> None:
    assert corp.plan_room(17)[0][1].reason == "10.0.0.0/17 is free already."
    corp.enter(Draft(network=ip_network("10.0.0.0/17"), name="half"))
    corp.enter(Draft(network=ip_network("10.0.128.0/24"), name="in the way"))
    plan = corp.plan_room(17)[0][1]
    assert plan.moves == ()
    assert "No /17 can be emptied" in plan.reason


def test_making_room_names_what_moves_inside_a_vnet(corp: AddressBook) -> None:
    corp.enter(Draft(network=ip_network("10.0.0.0/20"), name="v", kind="vnet", role="block"))
    corp.allocate([Request(name="s", prefix=24)], block="v")
    corp.enter(Draft(network=ip_network("10.0.128.0/18"), name="large"))
    ((_, plan),) = corp.plan_room(17)
    assert [(move.entry.name, str(move.new)) for move in plan.moves] == [
        ("v", "10.0.192.0/20"),
        ("s", "10.0.192.0/24"),
    ]
    assert plan.addresses == 4096


def test_a_move_takes_along_what_lies_inside(corp: AddressBook) -> None:
    corp.add_block(Draft(network=ip_network("10.9.0.0/16"), name="new"))
    vnet = Request(name="v", prefix=20, role="block", kind="vnet")
    corp.allocate([vnet], block="corp")
    corp.allocate([Request(name="a", prefix=24), Request(name="b", prefix=22)], block="v")
    plan = corp.plan_move("v", "new")
    assert [(move.entry.name, str(move.new)) for move in plan.moves] == [
        ("v", "10.9.0.0/20"),
        ("a", "10.9.0.0/24"),
        ("b", "10.9.4.0/22"),
    ]
