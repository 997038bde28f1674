"""Each root cause is named from how people tell of it, and nothing is named where it is absent.

Where the list of Azure's container network agent is at hand, every cause of it has its snapshot.
"""

import json
import re
from pathlib import Path

import pytest

from assistant import ask
from assistant.answer import Answer

from .root_causes import CASTS, FAULTS, Cast, Fault, snapshot_of, words

EVERY = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.cause[:40])


def answers(fault: Fault, cast: Cast, folder: Path, *, faulty: bool) -> list[tuple[str, Answer]]:
    paths = snapshot_of(fault, cast, faulty=faulty).write(folder)
    told = [words(text, cast) for text in (*fault.wordings, *fault.later)]
    return [(text, ask(text, workspace=paths, model="rules")) for text in told]


@EVERY
@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.space)
def test_a_cause_is_named_from_how_people_tell_of_it(
    fault: Fault, cast: Cast, tmp_path: Path
) -> None:
    for text, answer in answers(fault, cast, tmp_path, faulty=True):
        (head, *_) = [part for part in answer.text.split("\n\n") if "Root cause" in part] or [
            answer.text
        ]
        assert re.search(words(fault.says, cast), head), (text, answer.text[:600])
        assert "diagnose" in [call.name for call in answer.tools], text


@EVERY
def test_nothing_is_named_where_the_cause_is_absent(fault: Fault, tmp_path: Path) -> None:
    for text, answer in answers(fault, CASTS[0], tmp_path, faulty=False):
        assert "No issue found in what was given" in answer.text, (text, answer.text[:600])
        assert "Root cause" not in answer.text, text


def test_every_cause_of_the_list_has_its_snapshot(shared: Path) -> None:
    listed = json.loads((shared / "cases" / "external" / "cnia_root_causes.json").read_text())
    assert {fault.cause for fault in FAULTS} >= set(listed)
