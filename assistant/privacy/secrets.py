"""Secrets in a text, by their form."""

import re
from collections.abc import Iterator

__all__ = ["find_secrets"]

_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"  # a JSON Web Token
    r"|\b(?:sk|pk|rk)[-_](?:[a-zA-Z]+[-_])?[A-Za-z0-9_-]{16,}"
    r"|\b(?:gh[pousr]|github_pat|glpat|xox[abeprs]|xapp)[-_][A-Za-z0-9_-]{10,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    re.DOTALL,
)
_NAMED = re.compile(
    r"(?P<before>\b(?:[\w-]*(?:password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|"
    r"account[-_]?key|client[-_]?secret|credential)s?)[\"']?\s*(?:[:=]|\bis\b)\s*[\"']?)"
    r"(?P<value>[^\s\"',;}\]]{6,})|"
    r"(?P<scheme>\b(?:Bearer|Basic)\s+)(?P<credential>[A-Za-z0-9+/._~=-]{8,})|"
    r"(?P<user>://[^\s/:@]+:)(?P<word>[^\s/@]+)(?=@)|"
    r"(?P<query>[?&](?:sig|code|key|token)=)(?P<signature>[^&\s]{8,})",
    re.IGNORECASE,
)
_VALUES = ("value", "credential", "word", "signature")


def find_secrets(text: str) -> Iterator[str]:
    """Yield what looks like a password, key or token.

    A word after "token" that is no more than a lower-case word ("token: required") is none.

    >>> list(find_secrets("Authorization: Bearer abc123def456"))
    ['abc123def456']
    >>> list(find_secrets("the token is required"))
    []
    """
    yield from (match[0] for match in _FORMS.finditer(text))
    for match in _NAMED.finditer(text):
        group = next(name for name in _VALUES if match[name])
        if group == "word" or not re.fullmatch(r"[A-Za-z]?[a-z/-]+[.:?!]?", match[group]):
            yield match[group]
