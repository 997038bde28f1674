import pytest

from topology.policy.fqdn import NamePattern


@pytest.mark.parametrize(
    ("pattern", "matches", "misses"),
    [
        ("*.example.com", ["www.example.com"], ["example.com", "a.b.example.com"]),
        ("*example.com", ["example.com", "myexample.com"], ["www.example.com"]),
        ("*", ["example.com", "a.b.c"], []),
        ("*.*.example.com", ["a.b.example.com"], ["a.example.com", "a.b.c.example.com"]),
        ("w*.example.com", ["w.example.com", "WWW.example.com."], ["x.example.com"]),
        ("api.example.com", ["api.example.com"], ["apixexample.com"]),
    ],
)
def test_a_star_stands_for_part_of_one_label(
    pattern: str, matches: list[str], misses: list[str]
) -> None:
    for deep in (False, True):
        compiled = NamePattern.pattern(pattern, deep=deep)
        assert [name for name in matches + misses if compiled.matches(name)] == matches


def test_two_stars_reach_deeper_labels_from_1_19_on() -> None:
    old = NamePattern.pattern("**.example.com", deep=False)
    new = NamePattern.pattern("**.example.com", deep=True)
    assert old.matches("www.example.com")
    assert not old.matches("a.b.example.com")
    assert new.matches("www.example.com")
    assert new.matches("a.b.example.com")
    assert not new.matches("example.com")
    assert NamePattern.pattern("**", deep=True).matches("a.b")
    assert not NamePattern.pattern("**", deep=False).matches("a.b")


def test_a_star_with_a_final_dot_stands_for_every_name_from_1_19_on_only() -> None:
    assert NamePattern.pattern("*.", deep=True).matches("a.b")
    assert not NamePattern.pattern("*.", deep=False).matches("a.b")
    assert NamePattern.pattern("*.", deep=False).matches("a")


def test_a_name_ignores_case_and_the_final_dot() -> None:
    assert NamePattern.name("WWW.example.com.").matches("www.Example.com")
    assert not NamePattern.name("example.com").matches("www.example.com")
