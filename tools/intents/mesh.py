"""What a request says of the mesh itself: the mode of mutual TLS, the issuers of tokens."""

import re
from dataclasses import dataclass
from itertools import pairwise

from tools.intents.frames import Statement
from tools.intents.parties import End
from tools.intents.shapes import Shape
from tools.intents.traffic import Passing
from topology.authoring import Pods, PortSpan, TokenTest, Traffic

__all__ = ["MeshWish", "has_mesh", "read_mesh"]

_MTLS = re.compile(
    r"\b(?:m-?tls|mutual(?:ly\s+authenticated)?\s+tls|mutual\s+authentication|plain-?\s?text"
    r"|unencrypted|clear\s?text)\b",
    re.I,
)
_IS_MTLS = re.compile(
    r"\b(?:m-?tls|mutual(?:ly\s+authenticated)?\s+tls|mutual\s+authentication)\b", re.I
)
_EXCEPTED = re.compile(r"\s*,?\s*(?:except|apart|other\s+than|save|excluding|but\s+not)\b", re.I)
_SECOND = re.compile(
    r"(?:,|\band\b|\bbut\b)\s+(?:also\s+)?((?:disable|turn\s+off|switch\s+off|enable|require"
    r"|enforce|set|use)\b[^.;]*\b(?:m-?tls|mutual\s+tls)\b)",
    re.I,
)
_PIECE = re.compile(
    r"\s*(?:,\s*)?\b(?:and|but|plus|except(?:\s+(?:for|on|that))?|apart\s+from|other\s+than"
    r"|save\s+for|with\s+the\s+exception\s+of|while|excluding)\b\s*|\s*,\s*",
    re.I,
)
_KNOWN_WORDS = """
    across throughout
    a accept accepts accepted all allow allowed also and any anything apply are at be but by
    clients connections default disable disabled do enable enabled encrypted encryption
    enforce enforced enforcement enforces enforcing every everything everywhere except
    exception exempt exemption for from have having in inside is it its keep leave leaves
    leaving level make mandatory may mesh mode must mutual mtls need needs no not of off on
    only open other outside over permissive permit plain plaintext policy port ports put
    refuse reject rejects require required requires set should sidecar sidecars stay stays
    still strict strictly switch that the their them this through tls to traffic turn under
    unencrypted use using via want we where which whole will with within without workload
    workloads you disables enables set mutually authenticated authentication text clear
    cleartext both either plain-text mesh-wide namespace namespaces service services calls
    requests please remain remains entire
"""
_KNOWN = frozenset(_KNOWN_WORDS.split())
_TRUST = re.compile(
    r"\b(?:trusts?|validates?|verif(?:y|ies)|checks?|(?:can\s+|only\s+)?accepts?(?:\s+only)?"
    r"|decodes?|honou?rs?)\s+(?P<tokens><T\d+>)",
    re.I,
)
_TRUST_PASSIVE = re.compile(
    r"(?P<tokens><T\d+>)\s+(?:are|is)\s+(?:trusted|validated|verified|checked|accepted)\b", re.I
)
_DEMAND = re.compile(
    r"\b(?:requires?|demands?|enforces?|insists?\s+on|needs?|must\s+(?:carry|have|present"
    r"|come\s+with)|ask(?:s)?\s+for|must|should|shall|ha(?:s|ve)\s+to|needs?\s+to|(?:is|are)\s+to)"
    r"\s+(?P<tokens><T\d+>)",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshWish:
    """What one sentence asks of the mesh."""

    ends: tuple[End, ...] = ()
    """Empty for the workloads that the rest of the request is about."""
    mode: str = ""
    ports: tuple[tuple[int, str], ...] = ()
    owners: tuple[End, ...] = ()
    """Whose ports are meant, where that was said apart from the whole."""
    issuers: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    words: tuple[str, ...] = ()
    question: str = ""


_PLAIN = re.compile(r"\b(?:plain-?\s?text|unencrypted|clear-?\s?text)\b", re.I)
_REFUSED = re.compile(
    r"\b(?:no\s+longer|not|never|no|refuse[sd]?|rejects?|rejected|stop|ban|forbid|forbidden"
    r"|prohibited|disallow|disallowed"
    r"|deny|denied|block|blocked)\b",
    re.I,
)


def _no_plaintext(shape: Shape, sentence: str) -> MeshWish:
    """Read `x must not accept plaintext`, which is what STRICT does."""
    known = _KNOWN | {
        "longer",
        "never",
        "stop",
        "ban",
        "forbid",
        "forbidden",
        "prohibited",
        "disallowed",
        "disallow",
        "deny",
        "denied",
        "block",
        "blocked",
        "connections",
        "traffic",
    }
    words = tuple(one for one in _words(sentence) if one not in known)
    return MeshWish(ends=tuple(shape.found(sentence, "P")), mode="STRICT", words=words)


def has_mesh(text: str) -> bool:
    """Say whether a text speaks of mutual TLS."""
    return bool(_IS_MTLS.search(text))


def read_mesh(shape: Shape, sentence: str) -> tuple[MeshWish | None, str]:
    """Return what a sentence asks of the mesh, and the rest of the sentence.

    The rest holds a further wish where two modes are asked for, one after the other.
    """
    if _IS_MTLS.search(sentence):
        again = _SECOND.search(sentence)
        if again and len(_IS_MTLS.findall(sentence[: again.start()])):
            wish, rest = _mutual_tls(shape, sentence[: again.start()])
            return wish, f"{rest} {sentence[again.start(1) :]}".strip()
        return _mutual_tls(shape, sentence)
    if _PLAIN.search(sentence) and _REFUSED.search(sentence):
        return _no_plaintext(shape, sentence), ""
    for pattern in (_TRUST, _TRUST_PASSIVE, _DEMAND):
        found = pattern.search(sentence)
        if found and _is_token(shape, found["tokens"]):
            return _tokens(shape, sentence, found, demand=pattern is _DEMAND)
    return None, sentence


def _is_token(shape: Shape, mark: str) -> bool:
    passing = shape.value(mark)
    return isinstance(passing, Passing) and all(
        one.tokens and not one.requests for one in passing.options
    )


def _tokens(
    shape: Shape, sentence: str, found: re.Match[str], *, demand: bool
) -> tuple[MeshWish | None, str]:
    """Read `x accepts tokens of issuer y` and `require a token for x`."""
    passing: Passing = shape.value(found["tokens"])
    ends = tuple(shape.found(sentence, "P"))
    tests = [test for one in passing.options for test in one.tokens]
    issuers = tuple(dict.fromkeys(name for test in tests for name in test.issuers))
    if not demand and re.search(r"\bfrom\b", sentence[found.end() :]):
        return None, sentence
    if not demand and not issuers:
        return None, sentence
    rest = re.sub(r"<[PT]\d+>", " ", sentence[: found.start()] + sentence[found.end() :])
    if re.search(r"\b(?:may|reach|call|only)\b", rest) and not demand:
        return None, sentence
    words = tuple(one for one in _words(rest) if one not in _KNOWN)
    statements: tuple[Statement, ...] = ()
    if demand:
        traffic = Traffic(tokens=tuple(tests) or (TokenTest(),))
        statements = (
            Statement(
                destinations=ends,
                passing=(Passing(options=(traffic,)),),
                only=("source",),
                topic="destination",
                side="ingress",
            ),
        )
    return MeshWish(ends=ends, issuers=issuers, statements=statements, words=words), ""


def _mutual_tls(shape: Shape, sentence: str) -> tuple[MeshWish, str]:
    """Read modes of mutual TLS, with those of single ports."""
    cuts = [0, *(one.start() for one in _PIECE.finditer(sentence)), len(sentence)]
    pieces = [sentence[a:b] for a, b in pairwise(cuts)]
    first = next(n for n, one in enumerate(pieces) if _IS_MTLS.search(one))
    start = first
    while start and not _is_clause(pieces[start - 1]):
        start -= 1
    mine, rest = pieces[start:], " ".join(pieces[:start])
    main: list[str] = []
    ports: list[tuple[int, str]] = []
    words: list[str] = []
    question, owners = "", []
    for piece in mine:
        if main and _is_clause(piece) and not _MTLS.search(piece) and "<T" not in piece:
            rest = f"{rest} {piece}"
            continue
        spans = _ports(shape, piece)
        words += [one for one in _words(piece) if one not in _KNOWN]
        if spans and (main or _IS_MTLS.search(piece) is None):
            mode, sure = _port_mode(piece)
            ports += [(span.first, mode) for span in spans]
            owners += shape.found(piece, "P")
            question = question if sure else "port-mode"
        elif main and _EXCEPTED.match(piece):
            # Whom else it is not for: no mode was said for them.
            words.append(shape.plain(piece).strip(" ,"))
        else:
            main.append(piece)
    text = " ".join(main)
    ends = tuple(end for end in shape.found(text, "P") if isinstance(end, End))
    ends = tuple(end for end in ends if not end.everyone) or ends
    if not ends and re.search(r"\b(?:mesh|everywhere|mesh-?wide|cluster)\b", text, re.I):
        ends = (End(options=((Pods(namespaces=None),),), said="the whole mesh"),)
    return (
        MeshWish(
            ends=ends,
            mode=_mode(text),
            ports=tuple(ports),
            owners=tuple(owners),
            words=tuple(words),
            question=question,
        ),
        rest,
    )


def _is_clause(piece: str) -> bool:
    return bool(
        re.search(
            r"\b(?:may|can|reach\w*|call\w*|talk\w*|allow\w*|block\w*|deny|from|lock\w*"
            r"|isolate\w*|expose\w*|connect\w*|access\w*)\b",
            piece,
            re.I,
        )
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z][a-z'-]+", re.sub(r"<[A-Z]+\d+>", " ", text).lower())


def _ports(shape: Shape, text: str) -> list[PortSpan]:
    return [
        span
        for passing in shape.found(text, "T")
        for one in passing.options
        for span in one.ports
        if span.first
    ]


def _mode(text: str) -> str:
    low = text.lower()
    if re.search(r"\bpermissive\b|\bboth\b|\b(?:also|still)\s+(?:accept|allow)s?\s+plain", low):
        return "PERMISSIVE"
    if re.search(
        r"\b(?:disable|disabled|turn\s+off|switch\s+off|without|no)\b(?!\s+plain)", low
    ) and not re.search(r"strict|no\s+exception", low):
        return "DISABLE"
    if re.search(r"plain-?\s?text\s+only|only\s+plain-?\s?text", low):
        return "DISABLE"
    return "STRICT"


def _port_mode(text: str) -> tuple[str, bool]:
    low = text.lower()
    if "permissive" in low or re.search(r"\b(?:also|both|either)\b", low):
        return "PERMISSIVE", True
    if "strict" in low or _IS_MTLS.search(low):
        return (
            "DISABLE" if re.search(r"\b(?:no|without|disable[sd]?|off)\b", low) else "STRICT"
        ), True
    if re.search(r"plain|unencrypted|clear|disable|\boff\b", low):
        return "DISABLE", True
    return "PERMISSIVE", False
