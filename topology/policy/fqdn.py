"""DNS names and patterns: toFQDNs and the DNS rules of the proxy (pkg/fqdn/matchpattern)."""

import re
from dataclasses import dataclass, field

__all__ = ["NamePattern"]

_LABEL = "[-a-zA-Z0-9_]"
_EVERYTHING = re.compile(r"\*+\.?")


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A name to match whole, or a pattern in which `*` stands for part of one label."""

    text: str
    exact: bool
    """From `matchName`, not `matchPattern`."""
    _regex: re.Pattern[str] = field(repr=False, compare=False)

    @classmethod
    def name(cls, text: str) -> "NamePattern":
        """Return the pattern of a `matchName`."""
        return cls(text, True, re.compile(re.escape(_clean(text))))

    @classmethod
    def pattern(cls, text: str, *, deep: bool) -> "NamePattern":
        """Return the pattern of a `matchPattern`.

        Args:
            text: The pattern.
            deep: Whether `**.` at the front stands for one or more labels, and `**` alone for
                every name (Cilium 1.19); else `**` is no more than `*`.
        """
        whole = text.strip()
        if whole == "*" or (deep and _EVERYTHING.fullmatch(whole)):
            return cls(text, False, re.compile(f"(?:{_LABEL}+(?:\\.{_LABEL}+)*)?"))
        return cls(text, False, re.compile(_translate(_clean(text), deep=deep)))

    def matches(self, name: str) -> bool:
        """Return whether a name matches, whatever its case and final dot."""
        return self._regex.fullmatch(_clean(name)) is not None

    def __str__(self) -> str:
        return self.text


def _clean(name: str) -> str:
    return name.strip().lower().removesuffix(".")


def _translate(pattern: str, *, deep: bool) -> str:
    front = ""
    if deep and (stars := re.match(r"\*{2,}\.", pattern)):
        front, pattern = f"{_LABEL}+(?:\\.{_LABEL}+)*\\.", pattern[stars.end() :]
    body = re.sub(r"\*+", "*", pattern)
    return front + "".join(f"{_LABEL}*" if char == "*" else re.escape(char) for char in body)
