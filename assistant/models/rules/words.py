"""A question's words, brought to one form: quotes, contractions, arrows, length."""

import re
import unicodedata

__all__ = [
    "LIMIT",
    "bound",
    "normalise",
    "singular",
    "split_clauses",
    "split_questions",
    "word_set",
]

LIMIT = 1_200
"""Characters of a question that are read; a pasted log says no more in its hundredth kilobyte."""

_QUOTES = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u02bc": "'", "\u00b4": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": " - ",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2026": " ", "\u200b": "", "\ufeff": "",
        "\u2192": " -> ", "\u21d2": " -> ", "\u27f6": " -> ", "\u279c": " -> ", "\u2794": " -> ",
        "\u2190": " <- ", "\u2194": " <-> ", "\u21c4": " <-> ",
    }
)  # fmt: skip

_CONTRACTIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\bcan'?t\b|\bcannot\b", "can not"),
        (r"\bwon'?t\b(?!-)", "will not"),
        (r"\bshan't\b", "shall not"),
        (r"\b(is|are|was|were|does|do|did|has|have|had|could|would|should|must|need)n'?t\b",
         r"\1 not"),
        (r"\b(what|who|where|why|how|when|which|that|there|it|here)'s\b", r"\1 is"),
        (r"\b(what|who|where|why|how)'?re\b", r"\1 are"),
        (r"\b(whats)\b", "what is"),
        (r"\b(whos)\b", "who is"),
        (r"\b(i|we|they|you)'(?:d|ll|ve)\b", r"\1"),
        (r"\bi'?m\b", "i am"),
        (r"\b(we|they|you)'re\b", r"\1 are"),
        (r"\blet's\b", "let us"),
        (r"\bgonna\b", "going to"),
        (r"\bwanna\b", "want to"),
        (r"\bcould of\b", "could have"),
        (r"\bu\b", "you"),
        (r"\bpls\b|\bplz\b", "please"),
        (r"\bcould it be that\b", "is it possible that"),
    )
)  # fmt: skip

_TIMESTAMP = re.compile(
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|"
    r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?"
)
"""Of pasted logs; `00:00` in them is no port."""
_ARROWS = (
    (re.compile(r"<[-=]+>"), " <-> "),
    (re.compile(r"[-=~]{1,3}>|(?<=\w)\s+>>?\s+(?=\w)"), " -> "),
    (re.compile(r"<[-=~]{1,3}(?=[\s\w])"), " <- "),
)
_OPENS = (
    r"(?:who|whom|what|where|why|how)\b(?!\s+(?:is|are)\s+in\b)|"
    r"which\s+(?:pods?|workloads?|services?|apps?|polic(?:y|ies)|rules?|ports?|namespaces?)\b|"
    r"(?:can|could|is|are|does|do|will|may)\b(?!\s+(?:it|they|this|that|those|he|she|i|we|you)\b)"
)
"""How a question begins; one that asks about "it" leans on what stands before it."""
_BARE_KIND = re.compile(r"(?:the\s+)?(?:workloads|services|pods|policies|nodes)\b", re.I)


def bound(text: str, limit: int = LIMIT) -> str:
    """Return at most `limit` characters: the ends of a long text, where questions are asked.

    Of a text with many lines the lines that ask something are kept before the others.
    """
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 2], text[-limit // 2 :]
    lines = f"{head}\n{tail}".splitlines()
    asking = [line for line in lines if "?" in line]
    return "\n".join(asking)[:limit] if asking else text[:limit]


def normalise(text: str) -> str:
    """Return the question with plain quotes and arrows, contractions spelled out, one line.

    >>> normalise("Why can't  web=>api talk?")
    'Why can not web -> api talk?'
    """
    text = bound(text)
    text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    text = "".join(
        character if character.isprintable() or character in "\n\t" else " " for character in text
    )
    text = _TIMESTAMP.sub(" ", text)
    for pattern, replacement in _ARROWS:
        text = pattern.sub(replacement, text)
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    text = re.sub(r"[`\"*]|(?<!\w)'|'(?!\w)", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text that is a list of words."""
    return frozenset(text.split())


def singular(word: str) -> str:
    """Return the singular of a plural noun, near enough for names.

    >>> singular("policies"), singular("caches"), singular("access")
    ('policy', 'cache', 'access')
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def split_questions(text: str) -> list[str]:
    """Return the questions of a text, which stand apart by `?`, `;`, a new line or `. Also`.

    A first sentence that only tells something stays with the question after it.
    """
    pieces = [piece.strip() for piece in re.split(r"(?<=[?;])\s+|\n+", text) if piece.strip()]
    joined: list[str] = []
    told = ""
    for piece in pieces:
        if piece.endswith(("?", ";")) or (not joined and len(pieces) == 1):
            joined.append(f"{told} {piece}".strip())
            told = ""
        else:
            told = f"{told} {piece}".strip()
    if told:
        joined.append(told)
    return joined


def split_clauses(text: str) -> list[str]:
    """Return the questions of a sentence: "can A reach B and who can reach C" asks two."""
    pattern = (
        r",?\s+\b(?:and|or)\s+(?:also\s+)?(?=(?:can|could|is|are|does|do|why|who|what|"
        r"which|where|how|will|would|may)\b\s+(?!of\b))|"
        r"(?<=\bnamespaces)\s+and\s+(?=(?:the\s+)?(?:workloads|services|pods|policies|nodes)\b)|"
        r",\s+(?=(?:is|are|does|do|can)\s+.*\b(?:among|includ\w+|part of|one of)\b)"
    )
    if text.count("->") > 1 and not re.search(r"->[^,;]*->", re.sub(r"\band\b", ",", text)):
        pattern = r"\s*(?:,|;|\band\b)\s*(?:and\s+)?(?=[^,;]*->)"
    elif re.match(rf"(?:{_OPENS})", text, re.I):
        pattern += rf"|,\s+(?=(?:{_OPENS})\s+(?:\S+\s+){{2}})"
    pieces = [piece for piece in re.split(pattern, text, flags=re.I) if piece.strip()]
    return [
        f"list {piece}" if number and _BARE_KIND.match(piece) else piece
        for number, piece in enumerate(pieces)
    ]
