"""Sentences that explain rather than ask: text around a request that was taken from somewhere."""

import re

__all__ = ["explains"]

_FIELD = re.compile(
    r"`(?:action|kind|matchExpressions?|metadata[\w/]*|rules|selector|spec)`"
    r"|\b[a-z]+(?:[A-Z][A-Za-z0-9]*)+\b|\b\w+\.\w+\.(?:io|md)/\S+"
)
_ABOUT_TEXTS = re.compile(
    r"\b(?:examples?|note|refer(?:s|red)?|see|documentation|reference|semantics?|implications?"
    r"|purpose|"
    r"useful|describes?|demonstrates?|determines?|metadata|custom\s+resource|annotations?"
    r"|experimental|"
    r"for\s+more|more\s+information|tasks?|by\s+default|in\s+general|in\s+other\s+words|means|"
    r"flags?|option|table|column|section|bottom|specification|supported|there\s+can\s+be|helps?|"
    r"this\s+reduces|this\s+(?:policy|rule)|(?:a|the)\s+policy\s+(?:applies|is)|extracted"
    r"|separator|same\s+as)\b",
    re.I,
)


def explains(sentence: str) -> bool:
    """Say whether a sentence that could not be read talks about policies instead of asking for one.

    It names fields of policies, or speaks of examples, texts and defaults as documentation does.
    """
    return bool(_FIELD.search(sentence) or _ABOUT_TEXTS.search(sentence))
