"""A name as it stands in a sentence: what is the name, what are the words around it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from topology.names.spelling import singular
from topology.names.words import DETERMINERS, KIND_PREFIXES, KIND_WORDS

__all__ = ["Phrase", "clean", "kind_of", "read_phrase", "strip_words"]

_QUOTES = "`'\"\u2018\u2019\u201c\u201d\u00ab\u00bb"
_QUALIFIER = re.compile(
    r"(?P<rest>.*?)[\s,]*(?:(?<!\w)(?P<before>in|from|inside|within|of|on|at)\s+(?:the\s+)?|@\s*|\(\s*)"
    r"(?:the\s+)?(?P<said>(?:namespace|ns)\b[\s:/=]*)?"
    r"(?P<namespace>[\w.-]+)(?P<after>\s+(?:namespace|ns))?\s*\)?",
    re.I,
)
_NAMESPACE_BEFORE = re.compile(r"(?:namespace|ns)[\s:=]+(?P<namespace>[\w.-]+)", re.I)
_NAMESPACE_AFTER = re.compile(r"(?P<namespace>[\w.-]+)\s+(?:namespace|ns)", re.I)
_COMMA_NAMESPACE = re.compile(r"(?P<rest>.+?)\s*,?\s+(?:namespace|ns)[\s:=]+(?P<namespace>[\w.-]+)",
                              re.I)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase taken apart."""

    whole: str
    """Without quotes, determiners and namespace, but with the kind: `payment service`."""
    name: str
    """Without the kind too: `payment`; empty when only a kind is said."""
    kind: str = ""
    """As Kubernetes calls it, `Workload` for words such as `app`; empty when not said."""
    namespace: str = ""
    """As said, perhaps not a namespace that exists."""


def clean(text: str) -> str:
    """Return a text without the quotes and punctuation around it."""
    text = " ".join(text.split()).strip()
    text = text.rstrip("?!,;").strip()
    text = text.removesuffix(".") if not text.endswith("..") else text
    return text.strip(_QUOTES).strip()


def kind_of(word: str) -> str:
    """Return the kind that a word says, `Workload` for words such as `app`, or nothing."""
    word = word.lower()
    if word not in KIND_WORDS:
        return ""
    return KIND_PREFIXES.get(word) or KIND_PREFIXES.get(singular(word)) or "Workload"


def strip_words(words: list[str]) -> tuple[list[str], list[str], str]:
    """Return words without determiners, those without kinds too, and the kind."""
    while words and words[0].lower() in DETERMINERS | {"of"}:
        words = words[1:]
    bare, kind = words, ""
    while bare and kind_of(bare[0]):
        kind = kind_of(bare[0])
        bare = bare[1:]
        while bare and bare[0].lower() in DETERMINERS | {"of", "called", "named", "for", "in"}:
            bare = bare[1:]
    while bare and kind_of(bare[-1]):
        kind = kind_of(bare[-1])
        bare = bare[:-1]
    return words, bare, kind


def read_phrase(text: str, *, is_namespace: Callable[[str], bool]) -> Phrase:
    """Take a phrase apart.

    Args:
        text: Cleaned text, such as `the frontend pods in namespace prod`.
        is_namespace: Says whether a word names a namespace.
    """
    for form in (_NAMESPACE_BEFORE, _NAMESPACE_AFTER):
        found = form.fullmatch(_without_determiners(text))
        if found and not kind_of(found["namespace"]):
            return Phrase(whole="", name="", kind="Namespace", namespace=found["namespace"])
    namespace = ""
    found = _COMMA_NAMESPACE.fullmatch(text) or _QUALIFIER.fullmatch(text)
    if found:
        groups = found.groupdict()
        explicit = bool(groups.get("said") or groups.get("after")) or "said" not in groups
        known = is_namespace(found["namespace"])
        rest = found["rest"].split()
        only_kinds = not strip_words(rest)[1]
        # `pods of X` names X itself; `pods in X` names a namespace, there or not.
        loose = only_kinds and groups.get("before") in ("of", "on", "at")
        if explicit or known or not (loose or kind_of(found["namespace"])):
            namespace, text = found["namespace"], found["rest"]
    whole, bare, kind = strip_words(text.split())
    return Phrase(
        whole=" ".join(whole), name=" ".join(bare).strip(_QUOTES), kind=kind, namespace=namespace
    )


def _without_determiners(text: str) -> str:
    """Return a text without the determiners and kinds before it: `all pods in namespace x`."""
    words = text.split()
    while len(words) > 1 and words[0].lower() in DETERMINERS:
        words = words[1:]
    return " ".join(words)
