"""Short and long forms of one word: `gw` and "gateway", `ctl` and "controller"."""

from collections.abc import Sequence

__all__ = ["abbreviates", "match_tokens"]

_SHORTEST = 2
_LONGEST = 4
"""Letters of an abbreviation; longer words are meant as they are written."""
_LEAST_SAVED = 2


def abbreviates(short: str, long: str) -> bool:
    """Return whether one word is a usual short form of another.

    Its letters stand in the long one in their order, the first one first: by beginning
    (`auth`, "authentication") or by its consonants (`gw`, "gateway").

    >>> abbreviates("gw", "gateway"), abbreviates("ctl", "controller"), abbreviates("db", "dab")
    (True, True, False)
    """
    if not _SHORTEST <= len(short) <= _LONGEST or len(long) < len(short) + _LEAST_SAVED:
        return False
    if short[0] != long[0]:
        return False
    if long.startswith(short):
        return len(short) > _SHORTEST
    if any(letter in "aeiou" for letter in short[1:]):
        return False
    rest = iter(long)
    return all(letter in rest for letter in short)


def match_tokens(said: Sequence[str], name: Sequence[str]) -> bool:
    """Return whether the words said are a whole name, word by word, some of them shortened.

    At least one word must be the same: two short forms alone fit too many names.

    >>> match_tokens(["sms", "gateway"], ["sms", "gw"])
    True
    """
    if len(said) != len(name) or len(said) < 2:
        return False
    same = [one == other for one, other in zip(said, name, strict=True)]
    near = [
        abbreviates(one, other) or abbreviates(other, one)
        for one, other in zip(said, name, strict=True)
    ]
    return any(same) and all(a or b for a, b in zip(same, near, strict=True))
