"""A request brought to one form: one kind of quotes, spelled-out contractions, clear breaks."""

import re
import unicodedata

__all__ = ["LIMIT", "normalise"]

LIMIT = 6_000
"""Characters of a request that are read."""

_MARKS = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
        "\u00ab": '"', "\u00bb": '"', "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-",
        "\u2014": ", ", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2026": " ", "\u200b": "",
        "\ufeff": "", "\u2192": " -> ", "\u21d2": " -> ", "\u27f6": " -> ", "\u2190": " <- ",
        "\u2194": " <-> ", "\u2022": "\n", "\t": " ",
    }
)  # fmt: skip
_SPELLED = tuple(
    (re.compile(pattern, re.I), replacement)
    for pattern, replacement in (
        (r"\bcan'?t\b|\bcannot\b", "can not"),
        (r"\bwon'?t\b", "will not"),
        (r"\b(is|are|does|do|did|has|have|could|would|should|must|need)n'?t\b", r"\1 not"),
        (r"\b(do|does|did|is|are|should|must|would|could|has|have)nt\b", r"\1 not"),
        (r"\bgets?\s+anywhere\s+near\b", "reach"),
        (r"\b(?:i|we|they|you)'(?:d|ll|ve)\b", "we"),
        (r"\b(that|it|there|what|who|everything|nothing)'s\b", r"\1 is"),
        (
            r"\b(?:nobody|no\s?one|nothing)\s+(?:from\s+)?outside\s+(?:of\s+)?(?:the\s+)?"
            r"(?:namespace\s+)?(?!cluster\b|namespace\b|own\b|the\b|that\b|this\b|its\b|it\b"
            r"|their\b|our\b|them\b)(`?[\w-]+`?)(?:\s+namespace)?"
            r"(?=\s+(?:may|can|should|must|gets?|is)\b)",
            r"only pods in namespace \1",
        ),
        (r"\bno\s+(?=(?:more\s+)?(?:ingress|egress|inbound|outbound)\b)", "deny "),
        (r"\blet's\b", "let us"),
        (r"\b(?:from\s+now\s+on|as\s+of\s+now|going\s+forward|henceforth)\b,?\s*", ""),
        (r"(?<=\d)\s*\((tcp|udp|sctp)\)", r"/\1"),
        (r":\s+(deny|denied|block|blocked|drop|dropped)\s*(?=$|\n|[.;])", r" is denied"),
        (r"\(\s*(?:both|all|all\s+three)\s+in\s+([\w-]+)\s*\)", r"in \1"),
        (
            r"\b(?:external|internet|public)\s+(access|traffic|connections?|requests?)\s+(to"
            r"|into)\b",
            r"\1 from the internet \2",
        ),
        (r":\s+(?:allow|allowed|permit|permitted|ok)\s*(?=$|\n|[.;])", ""),
        (r",\s*(?:period|full\s+stop)\b", ""),
        (r"\b(call|connect|reach|talk|go)(ing)?\s+out\s+to\b", r"\1\2 to"),
        (r"\bcut\s+off\s+from\s+the\s+(?:whole\s+|entire\s+)?network\b", "cut off"),
        (
            r"\b(air-?gapped|isolated|closed\s+off|sealed\s+off|locked\s+down"
            r"|quarantined)\s*[:,]\s*no\s+(?:traffic|connections?)\s+in"
            r"\s*,?\s*(?:and\s+|or\s+)?no\s+(?:traffic|connections?)\s+out\b",
            r"\1",
        ),
        (r"\bpls\b|\bplz\b", "please"),
        (
            r"\b(?:gets?|receives?|is\s+given|are\s+given|should\s+(?:get|receive|see)|sees?)\s+"
            r"(?:back\s+)?(?:an?\s+)?"
            r"(?:http\s+)?(?:403|401)s?(?:\s+forbidden)?\b",
            "is denied",
        ),
        (
            r"\bgets?\s+(?=(?:rejected|refused|denied|blocked|dropped|turned\s+away)\b)",
            "is ",
        ),
        (r"\b(?:is|are)\s+(?:internet|public|outward|customer|client)[\s-]facing\b", "is public"),
        (r"\banymore\b", "any more"),
        (
            r"(?:\b(?:must|should|has\s+to|may|can)\s+)?\b(?:keeps?|continues?\s+to|still)\s+"
            r"(?:be\s+able\s+to\s+"
            r"|being\s+able\s+to\s+)?resolv(?:e|es|ing)\s+(?:dns(?:\s+names)?|names)\b",
            "keep DNS working",
        ),
        (r"\bw/o\b", "without"),
        (r"\s+-\s+", ", "),
        (r"\be\.g\.(?:,)?", "such as"),
        (r"\bi\.e\.(?:,)?", "that is"),
        (r"(?<=\w)\s*&\s*(?=\w)", " and "),
        (r"\band/or\b", "and"),
        (r"\bssh(?:es|ing)?\s+(?:in)?to\b", "connect over ssh to"),
        (r"\bun(reachable)\b|\bin(accessible)\b", r"not \1\2"),
        (r",?\s*\bwith\s+the\s+(?:sole\s+|only\s+)?exceptions?\s+of\b", " except"),
        (r"\bports?\s+other\s+than\s+(?=\d)", "ports other than port "),
        (
            r"\b(?:if|when)\s+(?:the\s+)?(?:source|calling|client)\s+(?P<noun>pods?|endpoints?"
            r"|workloads?)\s+(?:also\s+)?(?:has|have|carry|carries)\s+(?:the\s+)?labels?\b",
            r"from \g<noun> with the label",
        ),
        (r"\b(?:the\s+)?(?:selected|matched|said)\s+(?:workloads?|pods?|endpoints?)\b", "it"),
        (
            r"\bno\s+(?=(?:pods?|workloads?|services?|apps?|endpoints?|containers?)\s+(?:in|of"
            r"|from|with|labell?ed|that|outside)\b)",
            "never any ",
        ),
        (
            r"\bno\s+(?=[`\w-]+\s+(?:pods?|workloads?|containers?)\s+(?:may|can|should|must|is"
            r"|are|gets?|shall)\b)(?!other\b)",
            "never any ",
        ),
        (r"\s+<[-=]+>\s+", " and "),
        (r"\s*[-=]{1,2}>\s*", " may reach "),
        (r"\s+<[-=]{1,2}\s+", " may be reached from "),
    )
)
_LINK = re.compile(r"`([^`<>]*?)\s*<[^`<>]*>`_{0,2}|:[\w-]+:`([^`<>]*?)(?:\s*<[^`<>]*>)?`")
_QUOTED = re.compile(r"``([^`\n]+)``|\"([^\"\n]+)\"|(?<![\w'])'([^'\n]+)'(?!\w)")
_BULLET = re.compile(r"^[ ]*(?:[-*+]|\d+[.)])[ ]+", re.M)


def normalise(text: str) -> str:
    """Return a request with backticks for every kind of quotes, and one space between words.

    >>> normalise('Let "web" call  ``app=api``, pls. Don\u2019t open more.')
    'Let `web` call `app=api`, please. Do not open more.'
    """
    text = unicodedata.normalize("NFC", text[:LIMIT]).translate(_MARKS)
    text = "".join(one if one.isprintable() or one == "\n" else " " for one in text)
    text = _LINK.sub(lambda found: found[1] or found[2] or "", text)
    text = _BULLET.sub("\n", text)
    text = _QUOTED.sub(lambda found: f"`{next(one for one in found.groups() if one)}`", text)
    for pattern, replacement in _SPELLED:
        text = pattern.sub(replacement, text)
    text = re.sub(r"[<>]", " ", text)
    text = re.sub(r"(\b(?:or|and|with)|,|:)\s*\n+\s*", r"\1 ", text)
    text = re.sub(r"\n+\s*(?=(?:to|with|when|from|or|and|by|on|using|but|except)\b)", " ", text)
    text = re.sub(r"[ ]*\n\s*\n\s*", "\n\n", text)
    text = re.sub(r"(?<![\n.;:])[ ]*\n[ ]*(?!\n)", "\n", text)
    return re.sub(r"[ ]+", " ", text).strip()
