from dataclasses import replace
from datetime import date

import pytest

from knowledge import Hit
from knowledge.staleness import tell_staleness

TODAY = date(2027, 1, 10)
FRESH = Hit(
    title="kubenet",
    heading="End",
    text="Support ends on 2028-03-31.",
    source="page",
    url="A/page",
    date="2026-08-01",
    dated="page",
    sources=(),
    versions="",
    reviewed="2026-11-29",
    score=0.5,
    slug="kubenet",
    file="corpus/kubenet.md",
    line=3,
)


def tell(**changes: object) -> list[str]:
    return list(tell_staleness(replace(FRESH, **changes), TODAY))  # type: ignore[arg-type]


def test_a_recent_source_with_dates_ahead_is_not_called_old() -> None:
    assert tell() == []


@pytest.mark.parametrize(
    ("dated", "said"),
    [("page", "The source is of 2024-05"), ("copy", "The copy"), ("file", "The file was last")],
)
def test_an_old_source_is_called_old_with_its_age(dated: str, said: str) -> None:
    (sentence,) = tell(date="2024-05", dated=dated)
    assert sentence.startswith(said)
    assert "32 months ago" in sentence


def test_a_date_that_lay_ahead_and_has_passed_is_named() -> None:
    sentences = tell(text="Patches end in 2026-12; the release of 2026-08-07; ends 2028-03-31.")
    assert sentences == ["`2026-12`, which lay ahead when this was written, has passed."]


@pytest.mark.parametrize("text", ["2026-13-45", "api-version=2024-05-01-preview", "10.2026-12.1"])
def test_what_is_no_date_is_passed_over(text: str) -> None:
    assert tell(text=text) == []


@pytest.mark.parametrize(("state", "said"), [("missing", "no longer there"), ("changed", "add /x")])
def test_a_runbook_whose_file_moved_on_says_so(state: str, said: str) -> None:
    (sentence,) = tell(own=True, dated="file", state=state, file="/x.md")
    assert said in sentence
