"""Stand-ins for secrets and names, put in before a text leaves and taken out when one comes back.

A text is read word by word, as names can stand anywhere in it: in a question, in JSON, in YAML, in
`namespace/name`, in `pod.service.namespace`. The same word has the same stand-in for the whole life
of a veil, so that a model can tell things apart.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.models.rules.lexicon import COMMON, VOCABULARY
from assistant.privacy.names import PUBLIC, Names
from assistant.privacy.secrets import find_secrets

__all__ = ["HIDDEN", "Unveiling", "Veil"]

HIDDEN = "[hidden]"

_TOKEN = re.compile(
    r"[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
)
_STAND_IN = re.compile(r"\b[a-z]+x\d+(?:\.test)?\b|\[secret-\d+\]", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z]{2,24}", re.IGNORECASE)
_PIECE = re.compile(r"[^._-]+")
_SHORTEST = 4
"""Letters from which on a word of a question may be a part of a name, or hold one."""
_MISSPELT = 5
"""Letters from which on a word of a question may be a misspelt name."""


class Veil:
    """The stand-ins of one assistant.

    Args:
        secrets: Values that are known to be secret, such as keys of the settings.
        names: What is called by stand-ins; None: names leave as they are.
    """

    def __init__(self, *, secrets: Iterable[str] = (), names: Names | None = None) -> None:
        self._secrets = tuple(sorted((one for one in secrets if one), key=len, reverse=True))
        self._names = names
        self._there: dict[str, str] = {}
        self._back: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    @property
    def renames(self) -> bool:
        """Return whether names leave as stand-ins."""
        return self._names is not None

    def hide(self, text: str, *, asked: bool = False) -> str:
        """Return a text that may leave.

        Args:
            text: Any text.
            asked: A person wrote it: misspelt names count as names.
        """
        text = self.mask(text)
        if self._names is None:
            return text
        return _TOKEN.sub(lambda match: self._hide_word(match[0], asked=asked), text)

    def mask(self, text: str) -> str:
        """Return a text without secrets."""
        for secret in self._secrets:
            # Keys of our own never come back: no tool has any use for them.
            text = text.replace(secret, HIDDEN)
        for secret in find_secrets(text):
            text = text.replace(secret, self._stand_in("secret", secret))
        return text

    def hide_data(self, data: Any, *, asked: bool = False) -> Any:
        """Return JSON data that may leave: every text among its values, no key."""
        return _each_text(data, lambda text: self.hide(text, asked=asked))

    def reveal(self, text: str, *, secrets: bool = False) -> str:
        """Return a text with the names behind the stand-ins.

        Args:
            text: What came back.
            secrets: Whether secrets come back, too, as a tool's arguments need them; an answer
                keeps their stand-ins.
        """

        def restore(match: re.Match[str]) -> str:
            stand_in = match[0].lower()
            if stand_in.startswith("[") and not secrets:
                return match[0]
            return self._back.get(stand_in, match[0])

        return _STAND_IN.sub(restore, text)

    def reveal_data(self, data: Any) -> Any:
        """Return a tool's arguments with the names and secrets behind the stand-ins."""
        return _each_text(data, lambda text: self.reveal(text, secrets=True))

    def _hide_word(self, word: str, *, asked: bool) -> str:
        assert self._names is not None
        low = word.lower()
        if low in self._there:
            # A misspelling of the question, which a tool's answer quotes, among others.
            return self._there[low]
        if low in self._names.kinds:
            return self._stand_in(self._names.kinds[low], low)
        if _is_address(word):
            return self._stand_in("ip", low)
        if _HOST.fullmatch(word):
            return self._hide_host(word, asked=asked)
        if low in self._names.parts or (asked and self._is_misspelt(low)):
            return self._stand_in("term", low)
        if not re.search(r"[._-]", word):
            return word
        return _PIECE.sub(lambda match: self._hide_piece(match[0]), word)

    def _hide_host(self, word: str, *, asked: bool) -> str:
        """Hide a host name whole; one that products bring along says nothing about anyone."""
        low = word.lower()
        if any(low == known or low.endswith(f".{known}") for known in PUBLIC):
            return _PIECE.sub(lambda match: self._hide_piece(match[0]), word)
        if low.rsplit(".", 1)[-1] in _FILES:
            stem, _, ending = word.rpartition(".")
            return f"{self._hide_word(stem, asked=asked)}.{ending}"
        return self._stand_in("host", low)

    def _hide_piece(self, piece: str) -> str:
        assert self._names is not None
        low = piece.lower()
        if low in self._names.kinds:
            return self._stand_in(self._names.kinds[low], low)
        return self._stand_in("term", low) if low in self._names.parts else piece

    def _is_misspelt(self, word: str) -> bool:
        """Return whether a word of no list of ours is a part of a name, holds one, or is close."""
        assert self._names is not None
        if len(word) < _SHORTEST or word in COMMON or word in VOCABULARY or not word.isascii():
            return False
        known = self._names.spellings
        if any(one in word or word in one for one in known):
            return True
        if len(word) < _MISSPELT:
            return False
        return process.extractOne(word, known, scorer=OSA.distance, score_cutoff=2) is not None

    def _stand_in(self, kind: str, word: str) -> str:
        if word not in self._there:
            self._there[word] = self._make(kind)
            self._back[self._there[word]] = word
        return self._there[word]

    def _make(self, kind: str) -> str:
        taken = self._names.kinds if self._names else {}
        while True:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            if kind == "secret":
                return f"[secret-{number}]"
            made = f"hostx{number}.test" if kind == "host" else f"{kind}x{number}"
            if made not in taken:
                return made


class Unveiling:
    """Reveals a text that comes in pieces, of which a stand-in may span several."""

    def __init__(self, veil: Veil) -> None:
        self._veil = veil
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what can be shown by now."""
        text = self._held + piece
        end = max(text.rfind(" "), text.rfind("\n")) + 1
        self._held = text[end:]
        return self._veil.reveal(text[:end])

    def flush(self) -> str:
        """Return what is left at the end of a message."""
        held, self._held = self._held, ""
        return self._veil.reveal(held)


_FILES = frozenset({"yaml", "yml", "json", "jsonl", "txt", "md", "log", "toml", "csv"})


def _is_address(word: str) -> bool:
    if not re.search(r"[.:]", word):
        return False
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


def _each_text(data: Any, change: Any) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, Mapping):
        return {key: _each_text(value, change) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_each_text(value, change) for value in data]
    return data
