import math

import pytest

from topology.load.scalars import resolve_scalar


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("80", 80),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 15),
        ("0b11", 3),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("089", 89.0),
        ("true", True),
        ("Off", False),
        ("YES", True),
        ("~", None),
        ("", None),
        ("Null", None),
    ],
)
def test_plain_words_mean_what_kubectl_reads(text: str, meaning: object) -> None:
    assert resolve_scalar(text) == meaning
    assert type(resolve_scalar(text)) is type(meaning)


@pytest.mark.parametrize(
    "text",
    [
        "web",
        "22:22",
        "2026-01-01",
        "10.0.0.1",
        "1.2.3",
        "n",
        "y",
        "tRUE",
        "0x",
        "-",
        "+",
        ".",
        "9" * 65,
    ],
)
def test_everything_else_is_text(text: str) -> None:
    assert resolve_scalar(text) == text


def test_infinity_and_not_a_number_are_numbers() -> None:
    assert resolve_scalar("-.inf") == -math.inf
    assert math.isnan(float(resolve_scalar(".nan") or 0))
