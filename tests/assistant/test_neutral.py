import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.neutral import neutral_markdown, plain

EVIL = "https://evil.test/?q=secret"


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b[31mb",
        "a\x1b[2J\x1b[Hb",
        "a\x1b]0;owned\x07b",
        "a\x1b]8;;https://evil.test\x1b\\b",
        "a\x9b31mb",
        "a\x1bcb",
    ],
)
def test_terminal_sequences_go(text: str) -> None:
    assert plain(text) == "ab"


def test_signs_that_cannot_be_seen_are_shown_as_such() -> None:
    assert plain("a\u202eb\u200bc\x08d\x07") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert plain("a\tb\nc \u00e9\U0001f600") == "a\tb\nc \u00e9\U0001f600"


@pytest.mark.parametrize(
    "text",
    [
        f"![x]({EVIL})",
        f"![x]( {EVIL} 'title')",
        f"![]({EVIL}",
        "![x][1]\n\n[1]: " + EVIL,
        f"[click]({EVIL})",
        f"[click](<{EVIL}>)",
        f"<{EVIL}>",
        f"<{EVIL}|click>",
        EVIL,
        f"<img src='{EVIL}'>",
        f"<a href={EVIL}>",
    ],
)
def test_no_address_of_others_is_loaded_or_hidden(text: str) -> None:
    shown = neutral_markdown(f"see {text} now")
    for start in ("](", "]:", "<http", "<img", "<a"):
        assert start not in shown
    if EVIL in shown:
        assert f"`{EVIL}" in shown


def test_cited_addresses_stay_links() -> None:
    text = "[AKS](https://learn.test/aks) and https://learn.test/aks."
    assert neutral_markdown(text, ["https://learn.test/aks"]) == text


@pytest.mark.parametrize("text", ["<!channel>", "<@U123>", "<#C1>", "<b>", "</script>", "<?php"])
def test_other_markup_is_no_markup_any_more(text: str) -> None:
    assert neutral_markdown(text) == "\u2039" + text[1:]


@pytest.mark.parametrize(
    "text",
    [
        "- `shop/web` -> `shop/db`: 5 < 6, a <- b",
        "```yaml\nkey: <value>\nurl: https://x.test\n```\n\nText.",
        "`<name>` and `![x](y)`",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "> a quote [1]",
    ],
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert neutral_markdown(text) == text


@given(st.text())
def test_any_text_can_be_made_harmless(text: str) -> None:
    shown = neutral_markdown(text)
    assert "\x1b" not in shown
    assert "![" not in shown or "`" in shown
