import pytest

from assistant.models.rules.words import LIMIT, bound, normalise, singular, split_questions


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Why can\u2019t web talk?", "Why can not web talk?"),
        ("isnt web allowed", "is not web allowed"),
        ("what's on \u201cweb\u201d", "what is on web"),
        ("web \u2192 db", "web -> db"),
        ("web=>db", "web -> db"),
        ("db <- web", "db <- web"),
        ("read-only and web-v2", "read-only and web-v2"),
        ("2026-11-24T00:00:01Z web fails", "web fails"),
        ("a\x00b\tc", "a b c"),
    ],
)
def test_spelling_variants_become_one_form(written: str, read: str) -> None:
    assert normalise(written) == read


def test_a_pasted_log_is_bounded_and_its_question_kept() -> None:
    text = "error: i/o timeout\n" * 6000 + "why can web not reach db?"

    assert bound(text) == "why can web not reach db?"
    assert len(bound("x" * 100_000)) == LIMIT


@pytest.mark.parametrize(
    ("plural", "one"), [("policies", "policy"), ("caches", "cache"), ("access", "access")]
)
def test_plurals_become_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_several_questions_are_told_apart_and_a_story_stays_with_its_question() -> None:
    assert split_questions("can a reach b? who can reach c?") == [
        "can a reach b?",
        "who can reach c?",
    ]
    assert split_questions("a is slow.\nwhy?") == ["a is slow. why?"]
