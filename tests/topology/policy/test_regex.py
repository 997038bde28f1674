import pytest

from topology.policy.regex import compile_regex, invalid_regex


@pytest.mark.parametrize(
    ("pattern", "matches", "misses"),
    [
        ("/api/.*", ["/api/", "/api/v1"], ["/api", "/api/\n"]),
        ("(?i)/api", ["/API"], []),
        ("/a(?i)b", ["/ab", "/aB"], ["/Ab"]),
        ("(a(?i)b)c", ["aBc"], ["aBC"]),
        ("(?i:A)b", ["ab", "Ab"], ["aB"]),
        ("(?i)a(?-i)b", ["Ab"], ["AB"]),
        ("/(?s).", ["/\n", "/a"], ["/"]),
        ("/(?U)a+", ["/aa"], ["/"]),
        (r"/a\z", ["/a"], ["/a\n"]),
        ("/a$", ["/a"], ["/a\n"]),
        (r"\x{41}\x42\103", ["ABC"], []),
        (r"\Qa.b\E+", ["a.b", "a.bb"], ["axb"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
        ("{", ["{"], []),
        ("[*+]+", ["*+"], ["a"]),
        (r"\++", ["++"], ["a"]),
        ("[]a]", ["]", "a"], ["b"]),
        (r"[\d-]+", ["1-2"], ["a"]),
        ("[[:^alpha:]]+", ["12"], ["a"]),
        ("[^[:alpha:]]", ["1", "\n"], ["a"]),
        ("(?P<one>a)(?<two>b)", ["ab"], []),
        ("(|a)*", ["", "aa"], ["b"]),
        ("^*a", ["a"], []),
    ],
)
def test_an_expression_matches_what_re2_says_it_matches(
    pattern: str, matches: list[str], misses: list[str]
) -> None:
    regex = compile_regex(pattern)
    assert regex is not None
    assert [text for text in matches + misses if regex.fullmatch(text)] == matches
    assert not invalid_regex(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "a(", "a)", "*", "a|*", "(*a)", "a**", "a++", "a{2}{3}", "a{3,2}", "a{1001}", "(?=x)",
        r"(a)\1", r"a\Z", r"\C", r"\y", r"\x4", "a\\", "[z-a]", r"[a-\d]", "[a", "[[:word-:]",
        "[[:letters:]]", "(?P<a>x)(?P<a>y)", "(?P<1-2>a)", "(?x)a", "(?#c)a", "(?i-)a", "(?i",
    ],
)  # fmt: skip
def test_what_re2_refuses_is_invalid(pattern: str) -> None:
    assert invalid_regex(pattern)
    assert compile_regex(pattern) is None


@pytest.mark.parametrize("pattern", [r"\pL+", r"[\p{Greek}a]", "a*(?i)*"])
def test_what_is_taken_but_not_understood_is_neither_invalid_nor_compiled(pattern: str) -> None:
    assert not invalid_regex(pattern)
    assert compile_regex(pattern) is None
