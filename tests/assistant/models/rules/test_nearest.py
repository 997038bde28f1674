"""Guesses by meaning where the grammar fails."""

import numpy as np
import pytest

from assistant.models.rules.examples import make_examples
from assistant.models.rules.nearest import VECTORS, guess_frame, likeness_of, write_vectors
from assistant.models.rules.reading import read
from tests.assistant.models.rules.conftest import WORKSPACES, interpreter_of, make_reader


def test_the_stored_vectors_are_those_of_the_examples(tmp_path) -> None:  # type: ignore[no-untyped-def]
    fresh = tmp_path / "fresh.npy"

    count = write_vectors(fresh)

    assert count == len(list(make_examples()))
    assert np.allclose(np.load(fresh), np.load(VECTORS), atol=0.01)


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("what fences were put up for syslog-sink", "list_policies"),
        ("whose packets end up in ops-console?", "who_can_reach"),
    ],
)
def test_an_unknown_wording_is_answered_by_what_it_resembles(question: str, tool: str) -> None:
    (plan,) = make_reader(WORKSPACES / "telecom")(question)

    assert [call.name for call in plan.calls] == [tool]


def test_what_is_like_several_things_is_asked_about() -> None:
    (plan,) = make_reader(WORKSPACES / "telecom")("what keeps syslog-sink honest")

    assert "which policies select it" in plan.ask


@pytest.mark.parametrize(
    "question",
    [
        "is inventory-hub tasty?",
        "what will ops-console cost us next year?",
        "who wrote the code of ops-console?",
    ],
)
def test_another_field_is_declined_though_a_name_is_in_it(question: str) -> None:
    (plan,) = make_reader(WORKSPACES / "telecom")(question)

    assert not plan.calls
    assert plan.frame.intent == "decline"


def test_two_ends_are_never_given_a_direction_by_likeness() -> None:
    interpreter = interpreter_of(WORKSPACES / "telecom")
    reading = read("ops-console, inventory-hub, hm", interpreter.vocabulary, interpreter.port_names)

    assert guess_frame(reading).intent == "decline"


def test_likeness_tells_how_far_ahead_the_best_label_is() -> None:
    interpreter = interpreter_of(WORKSPACES / "telecom")
    reading = read("by whom is ops-console used?", interpreter.vocabulary, interpreter.port_names)

    like = likeness_of(reading, ("who_can", "none"))

    assert like is not None
    assert like.label == "who_can"
    assert 0 < like.margin < like.similarity <= 1
