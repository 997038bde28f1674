"""What the input does not hold is asked for, or said not to be seen."""

import pytest

from assistant.models.rules.frame import Frame
from assistant.models.rules.said import Said
from tests.assistant.models.rules.conftest import WORKSPACES, interpreter_of, make_reader


def frame_of(question: str, workspace: str = "archive") -> Frame:
    (frame,) = interpreter_of(WORKSPACES / workspace).interpret([Said(question)])
    return frame


@pytest.mark.parametrize(
    ("question", "export"),
    [
        ("Is an NSG blocking my traffic?", "az network nsg list"),
        ("show me our route tables", "az network route-table list"),
        ("check my VNet peerings", "az network vnet list"),
    ],
)
def test_the_export_that_would_answer_is_asked_for(question: str, export: str) -> None:
    frame = frame_of(question)

    assert frame.intent == "ask"
    assert export in frame.text


@pytest.mark.parametrize(
    "question", ["why can't my VM connect to the other VM?", "why does my app fail to connect?"]
)
def test_a_connection_without_known_ends_asks_for_them(question: str) -> None:
    frame = frame_of(question)

    assert frame.intent == "ask"
    assert "two ends" in frame.text


@pytest.mark.parametrize(
    "question", ["what are the DDoS attacks on my public IP?", "how healthy is my load balancer?"]
)
def test_what_no_file_holds_is_declined_with_what_is_missing(question: str) -> None:
    frame = frame_of(question)

    assert (frame.intent, frame.kind) == ("decline", "azure")
    assert frame.text.startswith("Nothing that was loaded describes")


@pytest.mark.parametrize(
    "told",
    ["all DNS is broken", "I see packet drops on a node", "the network is slow", "pods not ready"],
)
def test_a_symptom_without_a_place_is_looked_for_everywhere(told: str) -> None:
    (call,) = make_reader(WORKSPACES / "archive")(told)[0].calls

    assert (call.name, call.arguments) == ("diagnose", {"symptom": told})


def test_the_whole_network_is_shown_as_what_was_loaded() -> None:
    assert frame_of("visualize my entire network").kind == "show_matrix"
    assert frame_of("what is my network inventory").intent == "list"


def test_general_questions_about_azure_are_left_to_the_articles() -> None:
    assert frame_of("How do NSGs and load balancers work together?").intent == "docs"


def test_a_workload_that_is_called_so_is_meant() -> None:
    plans = make_reader(WORKSPACES / "grid")("who can reach scada-gw?")

    assert plans[0].calls[0].name == "who_can_reach"
