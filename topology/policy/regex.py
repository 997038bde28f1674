"""Regular expressions as RE2 reads them, in a form that Python reads the same way.

Cilium checks an expression with Go's `regexp` before a policy is taken, and Envoy runs it with
RE2. Python's own syntax differs in flags, classes, escapes and repetition, in both directions.
Source: the syntax that https://github.com/google/re2/wiki/Syntax lists as supported.
"""

import re
import string
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

__all__ = ["compile_regex", "invalid_regex"]

Ranges = tuple[tuple[int, int], ...]

_LAST = 0x10FFFF
_MOST_REPEATS = 1000
_PERL: dict[str, Ranges] = {
    "d": ((48, 57),),
    "s": ((9, 10), (12, 13), (32, 32)),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
}
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_AGAIN = "(?:)"
"""Stands after a repetition and a change of flags, where RE2 takes one more repetition."""
_CONTROLS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_COUNT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_GROUP = re.compile(r"\?P?<([^>]*)>|\?([a-zA-Z-]*)([:)])")
_NAME = re.compile(r"[0-9A-Za-z_]+")
_NAMED_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
_HEX = re.compile(r"x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_UNICODE = re.compile(r"[pP](?:\{\^?[A-Za-z_]+\}|[A-Za-z])")


class _Refused(Exception):
    """RE2 does not take the expression."""


class _Unknown(Exception):
    """RE2 takes it, but what it means is not known here."""


class _Flags(NamedTuple):
    fold: bool = False
    lines: bool = False
    dot_all: bool = False


@lru_cache(maxsize=4096)
def compile_regex(pattern: str) -> re.Pattern[str] | None:
    """Compile an RE2 expression, or return None where its meaning is not known or there is none."""
    try:
        return re.compile(_Reader(pattern).read())
    except (_Refused, _Unknown, re.error, OverflowError, RecursionError):
        return None


def invalid_regex(pattern: str) -> bool:
    """Return whether RE2 surely refuses an expression."""
    try:
        _Reader(pattern, check=True).read()
    except _Refused:
        return True
    return False


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, pattern: str, *, check: bool = False) -> None:
        self.text = pattern
        self.at = 0
        self.check = check
        """Whether only the form is of interest, so that what is unknown may be passed over."""
        self.flags = _Flags()
        self.outer: list[_Flags] = []
        """The flags outside of each open group."""
        self.names: set[str] = set()
        self.parts: list[str] = []
        self.repeatable = False
        """Whether there is something before that a repetition may repeat."""
        self.repeated = False
        """Whether it has just been repeated."""

    def read(self) -> str:
        """Return the expression for Python.

        Raises:
            _Refused: RE2 does not take it.
            _Unknown: It holds a class of characters that is not known here.
        """
        while self.at < len(self.text):
            self._step(self.text[self.at])
        if self.outer:
            raise _Refused
        return "".join(self.parts)

    def _step(self, char: str) -> None:
        self.at += 1
        if char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char == "|":
            self._emit("|", repeatable=False)
        elif char in "*+?" or (char == "{" and _COUNT.match(self.text, self.at - 1)):
            self._repeat(char)
        elif char == "[":
            self._emit(self._class())
        elif char == "\\":
            self._escape()
        elif char == ".":
            self._emit("(?s:.)" if self.flags.dot_all else "[^\n]")
        elif char == "^":
            self._emit("(?m:^)" if self.flags.lines else r"(?:\A)")
        elif char == "$":
            self._emit("(?m:$)" if self.flags.lines else r"(?:\Z)")
        else:
            self._literal(ord(char))

    def _emit(self, part: str, *, repeatable: bool = True) -> None:
        self.parts.append(part)
        self.repeatable, self.repeated = repeatable, False

    def _literal(self, code: int) -> None:
        self._emit(self._folded(re.escape(chr(code))))

    def _folded(self, part: str) -> str:
        return f"(?i:{part})" if self.flags.fold else part

    def _open(self) -> None:
        if not self.text.startswith("?", self.at):
            self.outer.append(self.flags)
            self._emit("(?:", repeatable=False)
            return
        found = _GROUP.match(self.text, self.at)
        if not found:
            raise _Refused
        self.at = found.end()
        name = found[1]
        if name is not None:
            if not _NAME.fullmatch(name) or name in self.names:
                raise _Refused
            self.names.add(name)
            self.outer.append(self.flags)
            self._emit("(?:", repeatable=False)
            return
        inner = self._changed(found[2])
        if found[3] == ":":
            self.outer.append(self.flags)
            self._emit("(?:", repeatable=False)
        elif self.repeated:
            # A repetition that follows repeats what was repeated before.
            self.parts.append(_AGAIN)
            self.repeated = False
        self.flags = inner

    def _changed(self, letters: str) -> _Flags:
        """Return the flags after a change such as `i-s`."""
        on, minus, off = letters.partition("-")
        if (minus and not off) or not set(on + off) <= set("imsU"):
            raise _Refused
        fold, lines, dot_all = (
            (now or flag in on) and flag not in off
            for flag, now in zip("ims", self.flags, strict=True)
        )
        return _Flags(fold, lines, dot_all)

    def _close(self) -> None:
        if not self.outer:
            raise _Refused
        self.flags = self.outer.pop()
        self._emit(")")

    def _repeat(self, char: str) -> None:
        if not self.repeatable or self.repeated:
            raise _Refused
        if self.parts[-1] == _AGAIN and not self.check:
            raise _Unknown
        part = char
        if char == "{":
            found = _COUNT.match(self.text, self.at - 1)
            assert found
            least, most = int(found[1]), int(found[3] or found[1])
            if max(least, most) > _MOST_REPEATS or (found[3] and most < least):
                raise _Refused
            part, self.at = found[0], found.end()
        if self.text.startswith("?", self.at):
            # Which of several matches is preferred makes no difference to whether there is one.
            self.at += 1
        self._emit(part)
        self.repeated = True

    def _escape(self) -> None:
        rest = self.text[self.at :]
        if not rest:
            raise _Refused
        if rest[0] == "Q":
            quoted, _, _ = rest[1:].partition("\\E")
            self.at += 1 + len(quoted) + (2 if "\\E" in rest else 0)
            for char in quoted:
                self._literal(ord(char))
            return
        if rest[0] in "AzbB":
            self.at += 1
            self._emit({"A": r"(?:\A)", "z": r"(?:\Z)"}.get(rest[0], f"(?a:\\{rest[0]})"))
            return
        self._emit(self._folded(_written(self._members(), negated=False)))

    def _members(self) -> Ranges:
        """Return the characters that an escape stands for, alone or within a class."""
        rest = self.text[self.at :]
        if not rest:
            raise _Refused
        first = rest[0]
        if first.lower() in _PERL:
            self.at += 1
            found = _PERL[first.lower()]
            return found if first.islower() else _others(found)
        if unicode := _UNICODE.match(rest):
            self.at += unicode.end()
            if not self.check:
                raise _Unknown
            return ((0, _LAST),)
        code = self._code(rest)
        return ((code, code),)

    def _code(self, rest: str) -> int:
        if number := _HEX.match(rest) or _OCTAL.match(rest):
            self.at += number.end()
            base = 16 if rest[0] == "x" else 8
            code = int(rest[: number.end()].strip("x{}"), base)
            if code > _LAST:
                raise _Refused
            return code
        self.at += 1
        if rest[0] in _CONTROLS:
            return _CONTROLS[rest[0]]
        if rest[0] not in string.punctuation and not rest[0].isspace():
            raise _Refused
        if not rest[0].isascii() or rest[0] in string.whitespace:
            raise _Refused
        return ord(rest[0])

    def _class(self) -> str:
        """Read a class up to its end."""
        negated = self.text.startswith("^", self.at)
        self.at += negated
        found: list[tuple[int, int]] = []
        first = True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise _Refused
            found += self._item()
            first = False
        self.at += 1
        return self._folded(_written(tuple(found), negated=negated))

    def _item(self) -> Ranges:
        """Read one member of a class: a named class, a character, or a range."""
        named = _NAMED_CLASS.match(self.text, self.at)
        if named:
            if named[2] not in _POSIX:
                raise _Refused
            self.at = named.end()
            members = _POSIX[named[2]]
            return _others(members) if named[1] else members
        low = self._member()
        if len(low) > 1 or low[0][0] != low[0][1]:
            return low
        if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
            self.at += 1
            high = self._member()
            if len(high) > 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                raise _Refused
            return ((low[0][0], high[0][0]),)
        return low

    def _member(self) -> Ranges:
        if self.at >= len(self.text):
            raise _Refused
        char = self.text[self.at]
        self.at += 1
        return self._members() if char == "\\" else ((ord(char), ord(char)),)


def _others(ranges: Ranges) -> Ranges:
    """Return every other character; the ranges are in order and apart."""
    found, start = [], 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    return (*found, (start, _LAST))


def _written(ranges: Ranges, *, negated: bool) -> str:
    return f"[{'^' if negated else ''}{''.join(_spans(ranges))}]"


def _spans(ranges: Ranges) -> Iterator[str]:
    for low, high in ranges:
        yield _sign(low) if low == high else f"{_sign(low)}-{_sign(high)}"


def _sign(code: int) -> str:
    return f"\\U{code:08x}"
