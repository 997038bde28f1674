"""How a sentence about reachability is read: its words, its clauses, and which way it decides.

This is no understanding of language. It knows a closed set of words whose effect on a verdict is
certain, and says nothing of any sentence with another word in it; the claim check then does not
let that sentence pass. So an unforeseen way of saying no, in whatever language, is refused for
being unknown and not mistaken for its opposite.
"""

import re
from typing import Literal

__all__ = [
    "ACTIVE_VERBS",
    "KNOWN_WORDS",
    "NOUNS",
    "Polarity",
    "claims_verdict",
    "count_negations",
    "decides",
    "holds_signs",
    "is_question",
    "looks_english",
    "read_polarity",
    "split_prefix",
    "split_sentences",
    "split_words",
]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


Polarity = Literal["allow", "deny", "unknown", "none", "unclear"]

ACTIVE_VERBS = _set(
    "reach reaches reaching connect connects connecting talk talks talking communicate "
    "communicates communicating access accesses accessing contact contacts contacting "
    "query queries send sends sending call calls calling"
)
"""Verbs whose subject is the source of a connection."""

_POSITIVE = _set(
    "can may able allow allows allowed allowing permit permits permitted permitting accept accepts "
    "accepted accepting open reachable accessible pass passes succeed succeeds unrestricted "
    "unblocked authorized authorised reached connected lets admit admits admitted"
)
_NEGATIVE = _set(
    "deny denies denied denying block blocks blocked blocking drop drops dropped dropping reject "
    "rejects rejected rejecting refuse refuses refused forbid forbids forbidden prohibited closed "
    "unreachable inaccessible prevent prevents prevented preventing stop stops stopped disallow "
    "disallows disallowed unauthorized unable isolated"
)
_NEGATORS = _set("not no nothing lacks neither nor without never none nobody")
_MODALS = frozenset({"can", "may"})
_GERUNDS = frozenset(word for word in ACTIVE_VERBS if word.endswith("ing"))
_PREDICATES = _POSITIVE | _NEGATIVE | ACTIVE_VERBS
_CLAUSE_ENDS = _set(
    ", ; : ( ) . ! ? | - -- but because since so as and or nor while whereas although though "
    "however therefore thus hence which that"
)
_AUXILIARIES = _set("can may is are does do has have be")
_FILLERS = _set("be also currently explicitly directly still")
_CONNECTING = _set(
    """
    a an the this these its their is are be being it they does do of in on at to from by
    for with into via through over per under between toward towards within against
    and or nor but because since so as which that who while whereas although though therefore thus
    hence also still namely due named
    port ports protocol method default
    apply applies decide decides decided deciding define defines defined state states stated
    explicitly specifically directly currently computed checked
    file line see found evidence according has have whether
    """
)
NOUNS = _set(
    """
    verdict result answer reason summary source destination connection connections traffic request
    requests packet packets pod workload deployment service statefulset daemonset namespace
    policy policies rule rules ingress egress layer layers inbound outbound incoming outgoing side
    direction networkpolicy ciliumnetworkpolicy ciliumclusterwidenetworkpolicy authorizationpolicy
    peerauthentication cilium istio kubernetes mtls l3 l4 l7 selector
    """
)
"""Things that are spoken of beside the two ends; none of them may be made an end."""
_UNKNOWN_WORDS = _set("unknown undetermined undecided determined verified known certain missing")
KNOWN_WORDS = _PREDICATES | _NEGATORS | _CONNECTING | NOUNS | _UNKNOWN_WORDS
"""Every word whose part in a sentence about reachability is certain."""

# Words of a verdict that hardly occur otherwise: they make a sentence a claim on their own.
_TELLING = (
    (_PREDICATES - _set("can may able pass call calls calling send sends query"))
    | _set("yes no nope fits fit enough sufficient suffices exposed secure safe")
    | _set("talk talks works work fails fail exposes communication connectivity")
)
_ENGLISH = _set(
    "the is are of and that this it its with for you can which be by from at or have has not if "
    "your what when how there use does do will need i each per to in"
)
_UNKNOWN = re.compile(
    r"\b(?:unknown|undetermined|undecided)\b"
    r"|\bnot (?:be )?(?:determined|verified|decided|known|computed|checked|certain)\b"
)
_UNDECIDED = (
    r"(?:unknown|undetermined|undecided|not (?:be )?(?:determined|verified|decided|known|computed"
    r"|checked|certain))"
)
_WHETHER = re.compile(
    rf"^whether [^,;:()!?]+ (?:is|remains|can) {_UNDECIDED}$"
    rf"|^(?:it (?:is|can) )?{_UNDECIDED} whether (?!.* not )[^,;:()!?]+$"
)
_OPENING = _set(
    "which what who whom whose where when why how do does did is are can could should would shall "
    "may will has have"
)
_WORD = re.compile(r"[\w*@\[\]/=.:'-]*[\w*\]/]|->|=>|[,;:()!?|]|--|-", re.UNICODE)
_SENTENCE = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)[\"')*_`]*\s+")
_PREFIX = re.compile(r"^\s*(?:>\s*)*(?:[-*+]\s+|\d{1,2}[.)]\s+|#{1,6}\s+)?")
_MARKS = re.compile(r"[\s*_`\"'#>\u2018-\u201d.\u2026]")


def split_prefix(line: str) -> tuple[str, str]:
    """Split off the marks of lists, headings and quotations at the beginning of a line."""
    match = _PREFIX.match(line)
    end = match.end() if match else 0
    return line[:end], line[end:]


def split_sentences(line: str) -> list[str]:
    """Split one line at the ends of its sentences; `a.yaml:3`, `10.0.0.1` and `v1.2` stay whole."""
    return [part for part in _SENTENCE.split(line) if part.strip()]


def split_words(sentence: str) -> tuple[str, ...]:
    """Return words in lower case and punctuation, with marks of Markdown and contractions undone.

    >>> split_words("**It can't** reach `Web`'s port.")
    ('it', 'can', 'not', 'reach', 'web', 'port')
    """
    text = sentence.replace("\u2019", "'").replace("\u2192", " -> ").replace("\u2014", " -- ")
    text = re.sub(r"[*`\"]|(?<!\w)_|_(?!\w)", "", text).casefold().replace("\u2013", " -- ")
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"\bcannot\b", "can not", text)
    text = re.sub(r"\bcan't\b", "can not", text)
    text = re.sub(r"n't\b", " not", text)
    text = re.sub(r"'(?:s|re)\b", "", text)
    words = []
    for word in _WORD.findall(text):
        bare = word.strip("'").rstrip(".")
        if bare.endswith(":") and len(bare) > 1:
            words += [bare[:-1], ":"]
        elif bare:
            words.append(bare)
    return tuple(words)


def holds_signs(sentence: str, *, plain_too: bool = True) -> bool:
    """Return whether something is left beside words and punctuation: a tick says yes as well.

    Args:
        sentence: As written.
        plain_too: Whether `+` and its like count.
    """
    text = sentence.replace("\u2192", "->").replace("\u2013", "-").replace("\u2014", "-")
    left = _MARKS.sub("", _WORD.sub("", text))
    return bool(left) and (plain_too or not left.isascii())


def decides(words: tuple[str, ...]) -> bool:
    """Return whether the words claim that something passes, fits, or does not."""
    return any(word in _TELLING for word in words)


def claims_verdict(words: tuple[str, ...]) -> bool:
    """Return whether words that command a tool claim something beside: `echo a is open`."""
    return any(word in (_POSITIVE | _NEGATIVE | _NEGATORS | {"is", "are", "yes"}) for word in words)


def count_negations(words: tuple[str, ...]) -> int:
    """Return how many words negate, or decide against something."""
    return sum(word in _NEGATORS or word in _NEGATIVE for word in words)


def looks_english(words: tuple[str, ...]) -> bool:
    """Return whether the words can be judged at all: short, or with English words among them."""
    letters = [word for word in words if word[:1].isalpha()]
    if any(not word.isascii() for word in letters):
        return False
    return len(letters) < 3 or any(word in _ENGLISH for word in letters)


def is_question(sentence: str) -> bool:
    """Return whether this asks, from its first word to its mark; `..., right?` states."""
    words = split_words(sentence)
    return sentence.rstrip(" \"'*_`)").endswith("?") and bool(words) and words[0] in _OPENING


def read_polarity(words: tuple[str, ...]) -> Polarity:
    """Say which way a sentence decides.

    Each clause is the product of its negations ("is not blocked" allows); clauses that differ, and
    a negation without anything that it negates, make the sentence `unclear`.
    """
    text = " ".join(words)
    if _WHETHER.search(text) and not set(words) & _NEGATORS - {"not"}:
        return "unknown"
    if _UNKNOWN.search(text):
        rest = split_words(_UNKNOWN.sub(" ", text))
        return "unknown" if not set(rest) & (_PREDICATES - {"can", "may"}) else "unclear"
    signs: set[Polarity] = set()
    clause: list[str] = []
    for word in (*words, "."):
        if word in _CLAUSE_ENDS:
            signs.add(_sign(clause))
            clause = [word] if word == "nor" else []
        else:
            clause.append(word)
    signs.discard("none")
    if not signs:
        return "none"
    return signs.pop() if len(signs) == 1 else "unclear"


def _sign(clause: list[str]) -> Polarity:
    """Return which way one clause decides, if its form is one whose meaning is certain."""
    heads = [i for i, word in enumerate(clause) if word in _PREDICATES - _MODALS]
    modals = [i for i, word in enumerate(clause) if word in _MODALS]
    negators = [i for i, word in enumerate(clause) if word in _NEGATORS]
    if not heads:
        return "unclear" if negators else "none" if not modals else "unclear"
    if len(negators) > 1 or not all(_negates(clause, i, heads) for i in negators):
        return "unclear"
    head, *rest = heads
    if clause[head] in _NEGATIVE:
        # "blocked from reaching" and "denied access" are sure; "blocked traffic is allowed" is not.
        if not all(_completes(clause, head, i) for i in rest) or any(i > head for i in modals):
            return "unclear"
        return "allow" if negators else "deny"
    if any(clause[i] in _NEGATIVE for i in rest):
        return "unclear"
    return "deny" if negators else "allow"


def _completes(clause: list[str], head: int, position: int) -> bool:
    word, before = clause[position], clause[position - 1]
    if clause[head] == "unable":
        return before == "to"
    return word == "access" or (word in _GERUNDS and before == "from")


def _negates(clause: list[str], position: int, heads: list[int]) -> bool:
    """Return whether a negator has the clause's predicate, and nothing else, for its object."""
    word = clause[position]
    before = clause[position - 1] if position else ""
    after = [item for item in clause[position + 1 :] if item not in _FILLERS]
    follows = after[0] if after else ""
    if word == "not":
        return before in _AUXILIARIES and follows in _PREDICATES
    if word == "lacks":
        return follows == "access"
    if word == "nothing":
        return position == 0 and follows in _NEGATIVE
    if word == "no" and follows == "access":
        return before in {"", "has", "have", "is"}
    if word == "no":
        # "no rule allows it", but not "frontend with no policy can reach it"
        if follows in {"ingress", "egress"}:
            after = after[1:]
        return (
            position == 0
            and after[:1] in (["policy"], ["rule"], ["layer"])
            and after[1:2] != []
            and after[1] in (_POSITIVE | _NEGATIVE) - _MODALS
        )
    return False
