"""Regular expressions of HTTP rules that say no more than a text or a prefix would."""

import re

__all__ = ["alternatives", "plain"]

_META = re.compile(r"[.^$*+?()\[\]{}|\\]")
_ESCAPED = re.compile(r"\\([^A-Za-z0-9])")
_GROUP = re.compile(r"\((?:\?:)?([^()]*)\)")


def plain(pattern: str, *, dots: bool = False) -> str | None:
    r"""Return a regular expression as a text with at most one `*` at an end, None if it is more.

    Args:
        pattern: As a rule writes it; it must match the whole.
        dots: Whether a bare dot is meant as itself, as in the names of hosts.

    >>> plain("^/public$"), plain("/api/.*"), plain(r"^www\.example\.com$"), plain("/a[0-9]")
    ('/public', '/api/*', 'www.example.com', None)
    """
    text = pattern.removeprefix("^")
    text = text[:-1] if text.endswith("$") and not text.endswith(r"\$") else text
    head = tail = ""
    if text.endswith((".*", ".*?")):
        text, tail = text.rpartition(".*")[0], "*"
    elif text.startswith(".*"):
        text, head = text[2:], "*"
    bare = _ESCAPED.sub("", text)
    if dots:
        bare = bare.replace(".", "")
    if _META.search(bare) or "*" in _ESCAPED.sub(r"\1", text):
        return None
    return head + _ESCAPED.sub(r"\1", text) + tail


def alternatives(pattern: str) -> tuple[str, ...] | None:
    """Return the texts among which a regular expression chooses, None if it is more.

    >>> alternatives("GET|HEAD"), alternatives("^POST$"), alternatives("P.*")
    (('GET', 'HEAD'), ('POST',), None)
    """
    text = pattern.removeprefix("^").removesuffix("$")
    whole = _GROUP.fullmatch(text)
    text = whole[1] if whole else text
    found = tuple(plain(one) for one in text.split("|"))
    if any(one is None or "*" in one for one in found):
        return None
    return tuple(one for one in found if one)
