"""Misspelt words of a request: what may have been meant, to be asked and never assumed."""

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

__all__ = ["correct"]

_SHORTEST = 4
_LONG = 8
"""Letters from which two slips leave a word recognizable."""
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        accept access allow allowed allows alone anyone anything away be besides between block
        blocked call calls cannot clients communicate connect connections default denied deny
        destinations down egress else enable endpoints every everyone everything except
        exclusively expose forbid from inbound ingress internet into isolate isolated keep
        keeping label labelled limit lock metrics must namespace namespaces never nobody
        nothing only open other others outbound outside path paths permit permitted pods
        policy port ports prevent prometheus protocol reach reachable receive requests require
        restrict same scrape send service services shall should talk their them through
        towards traffic unless with within without working workloads world write
        """,
    )
)


def correct(request: str, words: Iterable[str]) -> str:
    """Return a request with the words that were not understood spelt as they may have been meant.

    >>> correct("lock donw shop but kep DNS", ["donw", "kep"])
    'lock down shop but kep DNS'
    """
    for word in words:
        meant = _meant(word.strip("`").lower())
        if meant:
            request = re.sub(rf"(?<![\w./-]){re.escape(word)}(?![\w/-])", meant, request)
    return request


def _meant(word: str) -> str:
    """Return the one word that is spelt nearly so; empty where there is none, or several."""
    if len(word) < _SHORTEST or not word.isalpha() or word in _WORDS:
        return ""
    slips = 1 if len(word) < _LONG else 2
    near = [good for good in _WORDS if OSA.distance(word, good, score_cutoff=slips) <= slips]
    return near[0] if len(near) == 1 else ""
