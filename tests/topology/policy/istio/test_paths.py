import pytest

from topology.policy.istio.paths import matches_path, normalize, sample_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/admin?x", "/admin"),
        ("/admin#f", "/admin"),
        ("/x/../admin", "/admin"),
        ("/x/%2e%2e/admin", "/admin"),
        ("/x\\..\\admin", "/admin"),
        ("/%61dmin", "/admin"),
        ("//admin", "//admin"),
        ("/.//admin", "//admin"),
        ("/x/..//admin", "//admin"),
        ("/%2Fadmin", "/%2Fadmin"),
        ("/admin;x=1", "/admin;x=1"),
        ("/a/..", "/"),
        ("/a/b/.", "/a/b/"),
        ("/../..", "/"),
        ("/%zz", "/%zz"),
        ("/a b", "/a%20b"),
    ],
)
def test_base_resolves_dots_and_escapes_but_keeps_slashes(path: str, expected: str) -> None:
    assert normalize(path) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("NONE", "/a//%2e%2e/b%2Fc"),
        ("BASE", "/a/b%2Fc"),
        ("MERGE_SLASHES", "/a/b%2Fc"),
        ("DECODE_AND_MERGE_SLASHES", "/a/b/c"),
    ],
)
def test_each_mode_does_what_the_one_before_does_and_more(mode: str, expected: str) -> None:
    assert normalize("/a//%2e%2e/b%2Fc", mode) == expected  # type: ignore[arg-type]


def test_a_path_that_cannot_be_normalised_is_refused() -> None:
    assert normalize("/admin%00") is None
    assert normalize("/admin%00", "NONE") == "/admin%00"


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("/foo/{*}", "/foo/a", True),
        ("/foo/{*}", "/foo", False),
        ("/foo/{*}", "/foo/", False),
        ("/foo/{*}", "/foo/a/b", False),
        ("/foo/{**}", "/foo/", True),
        ("/foo/{**}", "/foo", False),
        ("/{**}/tail", "//tail", True),
        ("/{**}/tail", "/tail", False),
        ("/foo/{**}/bar", "/foo//bar", True),
        ("/foo/{**}/bar", "/foo/bar", False),
        ("/foo/{*}", "/foo/a%2Fb", True),
        ("/foo.x/{*}", "/fooyx/a", False),
    ],
)
def test_templates_match_segments(template: str, path: str, expected: bool) -> None:
    assert matches_path(template, path) is expected


@pytest.mark.parametrize("pattern", ["*", "/a/*", "*/b", "/x/{*}/y", "/x/{**}", "/plain"])
def test_a_sample_path_fits_its_pattern_and_starts_with_a_slash_or_fits_a_suffix(
    pattern: str,
) -> None:
    assert matches_path(pattern, sample_path(pattern))
