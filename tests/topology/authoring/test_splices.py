"""Changing YAML in place."""

import copy
import random
from typing import Any

import pytest
import yaml

from topology.authoring.splices import dump, splice

TEXT = """\
# Who may call the cart.
spec:
  podSelector: {matchLabels: {app: cart}}   # one app
  ingress:
  # The shop front.
  - from:
    - podSelector:
        matchLabels:
          app: "web"   # of this namespace
    ports:
     - port: 8080
       protocol: TCP
  egress:
  - {}
  policyTypes: [Ingress, Egress]
"""


def changed(change: Any) -> str:
    old = yaml.safe_load(TEXT)
    new = copy.deepcopy(old)
    change(new["spec"])
    text = splice(TEXT, yaml.compose(TEXT), old, new)
    assert yaml.safe_load(text) == new
    return text


def lines_that_differ(text: str) -> set[str]:
    return set(text.splitlines()) ^ set(TEXT.splitlines())


def test_a_scalar_is_changed_with_its_comment_and_quotes_kept() -> None:
    def change(spec: Any) -> None:
        spec["ingress"][0]["from"][0]["podSelector"]["matchLabels"]["app"] = "front"

    text = changed(change)
    assert '          app: "front"   # of this namespace' in text
    assert len(lines_that_differ(text)) == 2


def test_an_item_is_added_at_the_column_of_the_others() -> None:
    def change(spec: Any) -> None:
        spec["ingress"][0]["ports"].append({"port": 9090, "protocol": "TCP"})

    assert lines_that_differ(changed(change)) == {"     - port: 9090"}


def test_an_item_is_taken_out_with_its_lines_only() -> None:
    def change(spec: Any) -> None:
        spec["ingress"].append({"from": [{"podSelector": {}}]})
        spec["ingress"][0].pop("ports")

    text = changed(change)
    assert "8080" not in text
    assert "# The shop front." in text


def test_a_list_that_becomes_empty_stands_behind_its_key() -> None:
    def change(spec: Any) -> None:
        spec["egress"] = []

    assert "  egress: []\n" in changed(change)


def test_an_inline_value_opens_into_a_block_where_it_grows() -> None:
    def change(spec: Any) -> None:
        spec["egress"][0] = {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}

    assert "  - to:\n    - podSelector:\n" in changed(change)


def test_a_short_list_on_one_line_stays_on_one_line() -> None:
    def change(spec: Any) -> None:
        spec["policyTypes"].remove("Egress")

    assert "  policyTypes: [Ingress]\n" in changed(change)


def test_what_is_put_in_one_place_keeps_its_order() -> None:
    def change(spec: Any) -> None:
        spec["first"], spec["second"] = 1, 2

    assert changed(change).endswith("  first: 1\n  second: 2\n")


def test_text_without_a_last_newline_can_be_added_to() -> None:
    text = "a:\n- {}"
    assert splice(text, yaml.compose(text), {"a": [{}]}, {"a": [{}, 1]}) == "a:\n- {}\n- 1\n"


def test_numbers_that_are_text_are_quoted() -> None:
    assert dump({"port": "80", "on": "yes"}) == 'port: "80"\n"on": "yes"\n'


VALUES = ["x", "80", 7, True, {}, [], {"k": "v"}, ["a", {"b": [1]}], None]


def mutate(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        found = {key: mutate(item, chance) for key, item in value.items() if chance.random() > 0.1}
        if chance.random() < 0.3:
            found[f"new{chance.randrange(9)}"] = copy.deepcopy(chance.choice(VALUES))
        return found
    if isinstance(value, list):
        found_items = [mutate(item, chance) for item in value if chance.random() > 0.1]
        if chance.random() < 0.3:
            place = chance.randint(0, len(found_items))
            found_items.insert(place, copy.deepcopy(chance.choice(VALUES)))
        return found_items
    return copy.deepcopy(chance.choice(VALUES)) if chance.random() < 0.15 else value


@pytest.mark.parametrize("seed", range(150))
def test_whatever_changes_the_text_says_the_new_value(seed: int) -> None:
    chance = random.Random(seed)
    old = yaml.safe_load(TEXT)
    new = mutate(old, chance)
    new = new if isinstance(new, dict) and new else {"spec": 1}
    text = splice(TEXT, yaml.compose(TEXT), old, new)
    assert yaml.safe_load(text) == new
