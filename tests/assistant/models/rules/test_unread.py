"""What a question says besides its frame is declined, asked about or told."""

import pytest

from assistant.models.rules.frame import Frame
from assistant.models.rules.said import Said
from tests.assistant.models.rules.conftest import WORKSPACES, interpreter_of


def frame_of(question: str, workspace: str = "lighthouse") -> Frame:
    (frame,) = interpreter_of(WORKSPACES / workspace).interpret([Said(question)])
    return frame


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("is the image of fog-horn vulnerable?", "vulnerable"),
        ("what is the retention of signal-db", "retention"),
        ("who wrote the policy gauge-in?", "wrote"),
        ("describe the colour of roster", "colour"),
    ],
)
def test_a_property_that_no_file_holds_is_declined(question: str, word: str) -> None:
    frame = frame_of(question)

    assert (frame.intent, frame.kind) == ("decline", "property")
    assert f"`{word}`" in frame.text


@pytest.mark.parametrize(
    "question",
    [
        "which port does lamp-ctrl listen on?",
        "what does gauge-in permit?",
        "describe keeper-portal",
        "which labels does tide-cache carry",
        "how many replicas does beacon-api have",
    ],
)
def test_what_an_object_does_tell_is_described(question: str) -> None:
    assert frame_of(question).intent == "inspect"


@pytest.mark.parametrize(
    "question",
    ["how fast is the link between roster and fog-horn?", "is the traffic from roster to fog-horn "
     "compressed?", "are the calls from roster to fog-horn slow?"],
)  # fmt: skip
def test_what_is_measured_is_no_verdict(question: str) -> None:
    frame = frame_of(question)

    assert (frame.intent, frame.kind) == ("decline", "measure")


@pytest.mark.parametrize("state", ["allowed", "blocked", "possible", "closed"])
def test_whether_a_connection_gets_through_is_a_verdict(state: str) -> None:
    assert frame_of(f"is the traffic from roster to fog-horn {state}?").intent == "reach"


def test_a_name_that_is_not_there_is_asked_about_beside_a_list() -> None:
    frame = frame_of("can comet-tracker open signal-db?")

    assert frame.intent == "ask"
    assert "`comet-tracker`" in frame.text


def test_several_words_that_say_nothing_of_a_list_are_asked_about() -> None:
    frame = frame_of("what ssl certificate does jump-box use and when does it expire")

    assert frame.intent in ("ask", "decline")


def test_other_ports_are_asked_for_by_number() -> None:
    frame = frame_of("can keeper-portal reach beacon-api on any port other than 8080?")

    assert (frame.intent, frame.ports) == ("ask", ())


def test_only_one_port_looks_at_all_of_them() -> None:
    frame = frame_of("can keeper-portal reach beacon-api only on 8080?")

    assert (frame.intent, frame.ports) == ("reach", ())
    assert "every port" in frame.text


def test_a_time_plays_no_part_and_is_said_to() -> None:
    frame = frame_of("can keeper-portal reach beacon-api on 8080 at night?")

    assert frame.intent == "reach"
    assert "`at night` plays no part" in frame.text


def test_encryption_is_not_whether_it_is_allowed() -> None:
    frame = frame_of("is the traffic from porter to copyist encrypted?", "abbey")

    assert (frame.intent, frame.kind) == ("check", "find_gaps")
    assert frame.arguments == {"about": "mtls", "namespace": ("scriptorium",)}
