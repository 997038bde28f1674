import pytest

from topology.policy.istio.strings import matches, sample


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("abc", "ABC", False),
        ("abc*", "abc", True),
        ("abc*", "abcd", True),
        ("*abc", "abc", True),
        ("*abc", "xabc", True),
        ("*abc", "abcx", False),
        ("*", "x", True),
        ("*", "", False),
        ("/a/*/b", "/a/x/b", False),
        ("/a/*/b", "/a/*/b", True),
        ("*a*", "xa*", True),
        ("*a*", "xax", False),
    ],
)
def test_only_four_forms_have_a_meaning(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_a_header_is_present_even_if_empty() -> None:
    assert matches("*", "", empty_is_present=True)


@pytest.mark.parametrize("pattern", ["*", "a*", "*a", "a", "/x/*"])
def test_a_sample_fits_its_pattern(pattern: str) -> None:
    assert matches(pattern, sample(pattern))
