"""Names told apart by the words beside them, by short forms and by places."""

import pytest

from tests.assistant.models.rules.conftest import WORKSPACES, make_reader


def calls(workspace: str, *messages: str) -> list[tuple[str, dict[str, object]]]:
    plans = make_reader(WORKSPACES / workspace)(*messages)
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    ("question", "source", "destination"),
    [
        ("can the red portal reach the red billing?", "tenant-red/portal", "tenant-red/billing"),
        ("can red's portal reach blue's billing?", "tenant-red/portal", "tenant-blue/billing"),
        ("can portal of blue reach ops-console?", "tenant-blue/portal", "core-mgmt/ops-console"),
        (
            "can the blue tenant's sms gateway reach billing in blue?",
            "tenant-blue/sms-gw",
            "tenant-blue/billing",
        ),
    ],
)
def test_a_word_of_the_namespace_beside_a_name_chooses(
    question: str, source: str, destination: str
) -> None:
    arguments = {"source": source, "destination": destination}
    assert calls("telecom", question) == [("can_reach", arguments)]


def test_a_word_that_fits_every_candidate_chooses_nothing() -> None:
    (plan,) = make_reader(WORKSPACES / "telecom")("can the tenant portal reach ops-console?")

    assert not plan.calls
    assert "tenant-red/portal" in plan.ask


def test_a_name_in_brackets_says_which_one_is_meant() -> None:
    found = calls("bistro", "who can reach the old checkout (checkout-v1)?")

    assert found == [("who_can_reach", {"destination": "ns-store-front/checkout-v1"})]


def test_the_phrase_of_a_policy_is_no_policy_where_words_stand_apart() -> None:
    question = "explain traffic from declarations in customs to risk-engine"

    ((name, arguments),) = calls("portway", question)

    assert (name, arguments["source"]) == ("can_reach", "customs/declarations")


def test_a_place_is_named_by_a_part_of_its_name() -> None:
    found = calls(
        "studio", "Can prj-vega/frame-splitter reach prj-vega/fx-queue?", "and from orion?"
    )

    assert [arguments["source"] for _, arguments in found] == ["prj-orion/frame-splitter"]
