"""The four forms in which Istio compares strings: `abc`, `abc*`, `*abc` and `*`.

Source: istio pilot/pkg/security/authz/matcher/string.go and header.go. `*` comes first, then a
leading `*` (suffix), then a trailing one (prefix); any other `*` is a plain character.
"""

__all__ = ["describe_pattern", "matches", "sample"]

_FRESH = "netassist-any"
"""A text that no policy names; stands for "any other value"."""


def matches(
    pattern: str, text: str, *, ignore_case: bool = False, empty_is_present: bool = False
) -> bool:
    """Return whether a text has the form that a policy's value describes.

    Args:
        pattern: The value as the policy has it.
        text: What the request carries.
        ignore_case: Whether case is left aside, as for hosts.
        empty_is_present: Whether `*` also accepts an empty text, as it does for headers.

    >>> matches("/api/*", "/api/v1"), matches("/api/*", "/api"), matches("/a/*/b", "/a/x/b")
    (True, False, False)
    """
    if pattern == "*":
        return bool(text) or empty_is_present
    if ignore_case:
        pattern, text = pattern.lower(), text.lower()
    if pattern.startswith("*"):
        return text.endswith(pattern[1:])
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text == pattern


def sample(pattern: str) -> str:
    """Return a text that the pattern matches.

    >>> sample("/api/*"), sample("GET")
    ('/api/netassist-any', 'GET')
    """
    if pattern == "*":
        return _FRESH
    if pattern.startswith("*"):
        return _FRESH + pattern[1:]
    if pattern.endswith("*"):
        return pattern[:-1] + _FRESH
    return pattern


def describe_pattern(pattern: str) -> str:
    """Return a pattern in words, for an explanation."""
    return "any" if pattern == "*" else f"`{pattern}`"
