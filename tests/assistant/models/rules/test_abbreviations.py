import pytest

from assistant.models.rules.abbreviations import abbreviates, match_tokens


@pytest.mark.parametrize(
    ("short", "long"),
    [("gw", "gateway"), ("ctl", "controller"), ("mgmt", "management"), ("auth", "authentication")],
)
def test_usual_short_forms_are_known_by_their_letters(short: str, long: str) -> None:
    assert abbreviates(short, long)
    assert not abbreviates(long, short)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("db", "dab"),
        ("gw", "wage"),
        ("a", "api"),
        ("web", "webhook-receivers"[:4]),
        ("api", "apricot"),
    ],
)
def test_other_words_are_no_short_form(short: str, long: str) -> None:
    assert not abbreviates(short, long)


def test_one_word_of_a_name_must_be_the_same() -> None:
    assert match_tokens(["sms", "gateway"], ["sms", "gw"])
    assert not match_tokens(["gateway", "controller"], ["gw", "ctl"])
    assert not match_tokens(["sms", "gateway", "one"], ["sms", "gw"])
