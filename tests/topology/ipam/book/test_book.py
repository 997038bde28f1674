"""Allocating, keeping room, resizing, releasing, undoing: what a person relies on."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from topology.errors import AmbiguousName, InvalidQuery, TopologyError, UnknownName
from topology.ipam.book import AddressBook, Draft, Edits, Outdated, Overlap, Request

from .conftest import Clock

State = Callable[[AddressBook], dict[str, list[Any]]]


def take(book: AddressBook, name: str, prefix: int, **more: Any) -> str:
    options = {key: more.pop(key) for key in ("block", "strategy") if key in more}
    outcome = book.allocate([Request(name=name, prefix=prefix, **more)], **options)
    assert outcome.shortage is None
    return str(outcome.entries[0].network)


def test_the_smallest_free_range_is_cut(corp: AddressBook) -> None:
    assert take(corp, "a", 24) == "10.0.0.0/24"
    assert take(corp, "b", 22) == "10.0.4.0/22"
    assert take(corp, "c", 25) == "10.0.1.0/25"
    assert take(corp, "d", 25, strategy="last") == "10.0.255.128/25"
    assert take(corp, "e", 25, strategy="first") == "10.0.1.128/25"


def test_room_to_grow_is_kept_from_everybody_else(corp: AddressBook) -> None:
    assert take(corp, "a", 24, headroom=1) == "10.0.0.0/24"
    assert take(corp, "b", 24) == "10.0.2.0/24"
    with pytest.raises(Overlap, match=r"keeps 10.0.0.0/23 for growth"):
        corp.enter(Draft(network=ip_network("10.0.1.0/24"), name="c"))
    assert str(corp.resize("a", 23).entries[0].network) == "10.0.0.0/23"
    corp.edit("b", Edits(headroom=1))
    corp.edit("b", Edits(headroom=0))
    assert take(corp, "c", 24) == "10.0.3.0/24"
    with pytest.raises(Overlap, match=r"10.0.3.0/24"):
        corp.resize("b", 23)


def test_a_batch_is_allocated_whole_or_not_at_all(corp: AddressBook, state_of: State) -> None:
    before = state_of(corp)
    outcome = corp.allocate([Request(name=f"n{i}", prefix=18) for i in range(5)])
    assert outcome.shortage is not None
    assert state_of(corp) == before
    assert len(corp.allocate([Request(name=f"n{i}", prefix=18) for i in range(4)]).entries) == 4


def test_a_shortage_says_what_there_is_instead(corp: AddressBook) -> None:
    take(corp, "a", 17, headroom=0)
    take(corp, "b", 24)
    corp.add_block(Draft(network=ip_network("10.9.0.0/16"), name="spare"))
    short = corp.allocate([Request(name="c", prefix=17)], block="corp").shortage
    assert short is not None
    assert str(short.largest) == "10.0.192.0/18"
    assert short.free == 2**15 - 256
    assert [str(one) for one in short.elsewhere] == ["10.9.0.0/17"]
    full = corp.allocate([Request(name="d", prefix=64, family=6)]).shortage
    assert full is not None
    assert full.largest is None
    assert full.where == ""


def test_the_same_key_gives_the_same_range_again(corp: AddressBook) -> None:
    request = Request(name="a", prefix=24, key="ticket-1")
    first, again = corp.allocate([request]), corp.allocate([request])
    assert first.entries == again.entries
    assert again.repeated
    assert again.change is None
    with pytest.raises(InvalidQuery, match="`ticket-1` belongs to a"):
        corp.allocate([Request(name="other", prefix=24, key="ticket-1")])
    with pytest.raises(InvalidQuery, match="`ticket-1` belongs to a"):
        corp.allocate([Request(name="a", prefix=20, key="ticket-1")])


def test_a_name_is_given_once_in_a_block_and_family(corp: AddressBook) -> None:
    corp.add_block(Draft(network=ip_network("fd00::/48"), name="six"))
    take(corp, "a", 24)
    assert take(corp, "a", 64, family=6) == "fd00::/64"
    with pytest.raises(InvalidQuery, match=r"`a` has 10.0.0.0/24 already"):
        take(corp, "a", 24)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(name="a", prefix=33), "`/33` is no prefix of IPv4"),
        (Request(name="a", prefix=-1), "`/-1` is no prefix"),
        (Request(name="a", prefix=129, family=6), "`/129` is no prefix of IPv6"),
        (Request(name="a", prefix=24, headroom=-1), "`-1` doublings"),
        (Request(name="a", prefix=24, headroom=25), "`25` doublings"),
        (Request(name=" ", prefix=24), "no name"),
    ],
)
def test_requests_that_make_no_sense_are_refused(
    corp: AddressBook, request_: Request, words: str
) -> None:
    with pytest.raises(InvalidQuery, match=words):
        corp.allocate([request_])


def test_subnets_are_allocated_from_a_vnet_that_was_allocated(corp: AddressBook) -> None:
    take(corp, "vnet-a", 20, role="block", kind="vnet")
    assert take(corp, "nodes", 24, block="vnet-a") == "10.0.0.0/24"
    assert take(corp, "whole", 20) == "10.0.16.0/20"
    assert corp.find("vnet-a/nodes").parent == corp.find("vnet-a").id
    with pytest.raises(InvalidQuery, match="still holds `nodes`"):
        corp.release("vnet-a")
    assert [one.name for one in corp.release("vnet-a", with_children=True).entries] == [
        "nodes",
        "vnet-a",
    ]


def test_spaces_may_overlap_and_blocks_of_one_may_not(book: AddressBook) -> None:
    block = Draft(network=ip_network("10.0.0.0/16"), name="corp")
    book.add_block(block)
    book.add_block(block, "lab")
    take(book, "a", 24)
    assert book.entries("lab")[-1].name == "corp"
    with pytest.raises(InvalidQuery, match=r"has the block `10.0.0.0/16` already"):
        book.add_block(block)


def test_a_block_takes_in_what_lies_there_already(book: AddressBook) -> None:
    for network in ("10.1.0.0/16", "10.2.0.0/16", "10.9.0.0/16"):
        book.add_block(Draft(network=ip_network(network), name=network[:4]))
    take(book, "a", 24, block="10.1")
    block = book.add_block(Draft(network=ip_network("10.0.0.0/13"), name="corp")).entries[0]
    assert [str(one.network) for one in book.entries() if one.parent == block.id] == [
        "10.1.0.0/16",
        "10.2.0.0/16",
    ]
    book.undo()
    assert [one.name for one in book.entries() if not one.parent] == ["10.1", "10.2", "10.9"]


def test_an_undo_restores_the_exact_state(corp: AddressBook, state_of: State) -> None:
    take(corp, "a", 24, headroom=1)
    before = state_of(corp)
    corp.edit("a", Edits(name="renamed", tags={"owner": "x"}, notes="n"))
    corp.resize("renamed", 22)
    corp.release("renamed")
    for _ in range(3):
        corp.undo()
    assert state_of(corp) == before
    summaries = [change.summary for change in corp.history(limit=3)]
    assert all(said.startswith("change ") for said in summaries)


def test_an_undo_is_undone_in_its_turn(corp: AddressBook, state_of: State) -> None:
    take(corp, "a", 24)
    there = state_of(corp)
    undoing = corp.undo().change
    assert undoing is not None
    assert [one.name for one in corp.entries()] == ["corp"]
    corp.undo(undoing.id)
    assert state_of(corp) == there
    with pytest.raises(InvalidQuery, match="was undone by change 4"):
        corp.undo(3)


def test_an_older_change_is_undone_only_if_nothing_rests_on_it(corp: AddressBook) -> None:
    take(corp, "a", 24)
    take(corp, "b", 24)
    corp.undo(2)
    assert [one.name for one in corp.entries()] == ["corp", "b"]
    take(corp, "c", 24)
    with pytest.raises(Overlap, match="overlaps"):
        corp.undo(4)
    corp.edit("b", Edits(notes="now used"))
    with pytest.raises(Outdated, match="changed since by change 6"):
        corp.undo(3)
    with pytest.raises(Outdated, match="changed since"):
        corp.undo(1)


def test_without_a_number_only_ones_own_change_is_undone(corp: AddressBook) -> None:
    take(corp, "a", 24)
    corp.actor = "ben"
    with pytest.raises(InvalidQuery, match=r"is by `anna`.*--change 2"):
        corp.undo(own=True)
    assert corp.undo(2, own=True).change is not None
    with pytest.raises(UnknownName, match="no change `77`"):
        corp.undo(77)


def test_a_reservation_ends_by_itself(corp: AddressBook, clock: Clock) -> None:
    request = Request(name="r", prefix=17, role="reservation", expires=clock() + timedelta(days=2))
    corp.allocate([request])
    assert corp.allocate([Request(name="a", prefix=16)]).shortage is not None
    clock.advance(days=2)
    assert [one.name for one in corp.entries()] == ["corp"]
    assert corp.last_change() == 2
    assert take(corp, "a", 16) == "10.0.0.0/16"
    assert [change.action for change in corp.history(limit=2)] == ["allocate", "expire"]
    assert corp.history(limit=2)[1].actor == "expiry"


def test_a_dry_run_tells_and_does_nothing(corp: AddressBook, state_of: State) -> None:
    before = state_of(corp)
    outcome = corp.allocate([Request(name="a", prefix=24)], dry_run=True)
    assert str(outcome.entries[0].network) == "10.0.0.0/24"
    assert not outcome.applied
    assert state_of(corp) == before
    assert corp.last_change() == 1


def test_a_decision_holds_for_the_state_on_which_it_was_taken(corp: AddressBook) -> None:
    take(corp, "a", 24)
    with pytest.raises(Outdated, match="has changed since"):
        corp.allocate([Request(name="b", prefix=24)], basis=1)
    corp.allocate([Request(name="b", prefix=24)], basis=2)


def test_names_are_found_as_people_say_them(corp: AddressBook) -> None:
    take(corp, "aks-prod-nodes", 24)
    corp.enter(Draft(network=ip_network("10.0.9.0/24"), name="twice"))
    corp.enter(Draft(network=ip_network("10.0.8.0/24"), name="twice"))
    for text in ("aks-prod-nodes", "10.0.0.0/24", "corp/aks-prod-nodes", "#3"):
        assert corp.find(text).name == "aks-prod-nodes"
    with pytest.raises(UnknownName, match="Did you mean `aks-prod-nodes`"):
        corp.find("aks-prod-node")
    with pytest.raises(AmbiguousName) as caught:
        corp.find("twice")
    assert caught.value.candidates == ("10.0.8.0/24", "10.0.9.0/24")
    with pytest.raises(UnknownName, match="no space `prd`"):
        corp.find("x", "prd")
    with pytest.raises(InvalidQuery, match="bits set beyond"):
        corp.find("10.0.0.5/24")


def test_a_huge_block_of_ipv6_is_no_different(book: AddressBook) -> None:
    book.add_block(Draft(network=ip_network("::/0"), name="all"))
    assert take(book, "a", 48, family=6) == "::/48"
    assert take(book, "b", 128, family=6) == "0:0:1::/128"
    book.release("a")
    book.release("b")
    assert [str(span.network) for span in book.free()[0][1]] == ["::/0"]


def test_shrinking_gives_the_rest_back_and_loses_no_child(corp: AddressBook) -> None:
    take(corp, "v", 20, role="block", kind="vnet")
    take(corp, "s", 24, block="v", strategy="last")
    with pytest.raises(InvalidQuery, match="would fall out"):
        corp.resize("v", 21)
    corp.release("s")
    corp.resize("v", 24)
    assert take(corp, "w", 24) == "10.0.1.0/24"


@pytest.mark.parametrize("prefix", [15, -1, 33])
def test_a_resize_that_cannot_be_is_refused(corp: AddressBook, prefix: int) -> None:
    take(corp, "a", 24)
    with pytest.raises(TopologyError):
        corp.resize("a", prefix)
    with pytest.raises(InvalidQuery, match="no name for a space"):
        corp.add_space("  ")
