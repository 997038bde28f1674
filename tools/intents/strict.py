"""A request as the strict reader takes it: whole, or not at all."""

import re

from tools.intents.asides import explains, is_question, only_tells
from tools.intents.clause_reading import read_clauses
from tools.intents.meanings import Meaning, prepare, sentences_of, set_aside
from tools.intents.mesh import has_mesh, read_mesh
from tools.intents.shapes import Shape
from topology.names import NameIndex

__all__ = ["read_strictly"]


def read_strictly(index: NameIndex, request: str) -> Meaning | None:
    """Read a request; None where some word of it has no place in the grammar.

    Args:
        index: The names of the cluster.
        request: As a person wrote it.
    """
    shape, meaning = prepare(index, request)
    for sentence in sentences_of(shape.text):
        said = " ".join(shape.plain(sentence).split())
        if is_question(said):
            meaning.asides.append(said)
            continue
        trial = meaning.copy()
        sentence = without_reasons(shape, without_lead(sentence))
        if _read(shape, sentence, trial):
            meaning = trial
        elif not set_aside(shape, sentence, meaning):
            if not (explains(shape, sentence) or only_tells(shape, sentence)):
                return None
            meaning.asides.append(said)
    return meaning if _says_something(meaning) else None


def _says_something(meaning: Meaning) -> bool:
    return bool(
        meaning.statements or meaning.isolations or meaning.wishes or meaning.keep or meaning.words
    )


_LEAD = re.compile(r"^\s*(?:[^<>:,.]{1,60}):\s+(?=\S)")
_REASON = re.compile(
    r"^\s*(?:as\s+)?(?:per|following|given|according\s+to|due\s+to|because\s+of|for|in\s+line\s+with"
    r"|as\s+part\s+of|by\s+order\s+of|after)\s+(?:(?:the|our|an?|this)\s+)?(?:[A-Za-z][\w-]*\s+){0,3}?"
    r"(?:review|audit|policy|standards?|requirements?|reasons?|compliance|purposes?|findings?|guidelines?"
    r"|incident|pentest|team|regulations?|security)\b,?\s*"
    r"|,?\s*\b(?:because|since|as|given\s+that)\s+(?P<why>[^<>]+)$"
    r"|,?\s*\b(?:for|due\s+to)\s+(?:[a-z]+\s+){0,2}(?:reasons?|purposes?|compliance)\s*$",
    re.I,
)
"""Why something is asked for: words that name nothing, and so ask for nothing."""
_SAYS = re.compile(
    r"\b(?:not|no|none|only|except|exceptions?|nobody|deny|block|allow|unless|if|until|before|after|in|from|to"
    r"|ingress|egress|inbound|outbound|isolate|lock\w*|default|policy)\b",
    re.I,
)


def without_lead(sentence: str) -> str:
    """Return a sentence without words before a colon that name nothing: `Ticket OPS-1: ...`."""
    found = _LEAD.match(sentence)
    return sentence[found.end() :] if found and not _SAYS.search(found[0]) else sentence


def without_reasons(shape: Shape, sentence: str) -> str:
    """Return a sentence without the reason that it gives, where that asks for nothing."""

    def drop(found: re.Match[str]) -> str:
        return found[0] if _SAYS.search(found["why"] or "") else " "

    return _REASON.sub(drop, sentence)


_SCRAPES = re.compile(r"\bscrap(?:e|es|ing)\s+(?P<what><P\d+>)(?!\s*(?:\(|on\s)?<T)", re.I)


def _is_vague(shape: Shape, sentence: str) -> bool:
    """Say whether everything is to be scraped, without a port: that would open far more."""
    found = _SCRAPES.search(sentence)
    return bool(found and getattr(shape.value(found["what"]), "everyone", False))


def _read(shape: Shape, sentence: str, meaning: Meaning) -> bool:
    if _is_vague(shape, sentence):
        return False
    wish, rest = read_mesh(shape, sentence)
    if wish:
        meaning.wishes.append(wish)
        meaning.statements += wish.statements
        meaning.words += wish.words
        if rest != sentence and has_mesh(rest):
            return _read(shape, rest, meaning)
        sentence = rest
    return not sentence.strip(" ,.:") or read_clauses(shape, sentence, meaning)
