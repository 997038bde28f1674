"""Messages about the address book."""

from collections.abc import Callable
from typing import Any

import pytest

from assistant.models.rules.book import read_book
from assistant.models.rules.plan import Plan

Reader = Callable[..., tuple[Plan, ...]]


def calls(plans: tuple[Plan, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        (
            "Allocate a /24 for aks-dev in vnet-prod",
            "allocate_range",
            {"name": "aks-dev", "size": "/24", "block": "vnet-prod"},
        ),
        (
            "reserve a /22 for migration-wave for 2 weeks",
            "allocate_range",
            {"name": "migration-wave", "size": "/22", "days": 14},
        ),
        (
            "please hand out 300 addresses for test-nodes out of 10.20.0.0/16",
            "allocate_range",
            {"name": "test-nodes", "size": "300", "block": "10.20.0.0/16"},
        ),
        ("release aks-old", "release_range", {"entry": "aks-old"}),
        ("undo the last change", "undo_address_change", {"change": 0}),
        ("undo change 12", "undo_address_change", {"change": 12}),
        (
            "do we have a /22 left in vnet-hub?",
            "find_free_range",
            {"size": "/22", "block": "vnet-hub"},
        ),
        ("when will vnet-prod be full?", "forecast_addresses", {"block": "vnet-prod"}),
        ("show the address book", "show_address_book", {}),
    ],
)
def test_a_message_about_ranges_becomes_one_call(
    bazaar: Reader, text: str, tool: str, arguments: dict[str, Any]
) -> None:
    assert calls(bazaar(text)) == [(tool, arguments)]


def test_a_range_without_a_name_is_asked_for_its_name(bazaar: Reader) -> None:
    (plan,) = bazaar("allocate a /26")
    assert "What is the range for?" in plan.ask
    wanted = {"name": "aks-new", "size": "/26"}
    assert calls(bazaar("allocate a /26", "call it aks-new")) == [("allocate_range", wanted)]


@pytest.mark.parametrize(
    "text",
    [
        "Which subnet do I need for 50 nodes?",
        "How many IPs are in a /26?",
        "is 10.2.0.0/16 big enough for 100 nodes?",
        "can web reach 10.0.0.0/24?",
        "allow egress to 10.0.0.0/8 for web",
        "which policies are in the prod namespace?",
        "is the db open to the internet?",
    ],
)
def test_other_messages_are_left_alone(text: str) -> None:
    assert read_book(text) is None
