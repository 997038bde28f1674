"""The claim check: a text says nothing about the network that this turn did not compute.

With a verdict among the results, every sentence must be one of a tool's own, or be made of words
whose effect is known and agree with the computed verdict for the same two ends; otherwise the whole
text gives way to the tools' summaries, which are true as they stand. Without one, sentences that
decide something, numbers, addresses and names must stand in a result. YAML must be an artifact or
part of a result of this turn.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.answer import ToolCall
from assistant.facts import Backing, Fact, strip_marks
from assistant.manifests import FENCE, holds_manifest, split_blocks
from assistant.matching import Judgement, judge_claim
from assistant.restating import restates
from assistant.small_talk import is_talk
from assistant.wording import (
    KNOWN_WORDS,
    Polarity,
    claims_verdict,
    decides,
    holds_signs,
    is_question,
    looks_english,
    read_polarity,
    split_prefix,
    split_sentences,
    split_words,
)

__all__ = ["Checked", "check"]

NOTE_REPLACED = "_The model's wording was not borne out by what was computed; this is the result._"
NOTE_NO_TOOL = "_Not verified: nothing was computed for this answer._"
NOTE_CODE = "_(A manifest stood here; it was not computed and checked in this turn.)_"
NOTHING = "Nothing was computed for this question, so nothing is said about the network."
ASK_AGAIN = "What exactly do you mean?"
DECLINED = "I can't answer that: no tool computes it."

_COMMAND = re.compile(
    r"\s*(?:[$#>]\s*)?(?:netassist|kubectl|cilium|hubble|istioctl|az|helm|make|curl|dig)\s"
)
_LEADING_ANSWER = re.compile(
    r"^[\s*_]*(yes|no|nope)\b[*_]*(?:\s*[,.:;!\u2014\u2013-]+|\s*$)", re.IGNORECASE
)
_HARD = re.compile(
    r"https?://[^\s)>\]]+|\d+(?:[.,]\d+)*(?:/\d+)?|/\d{1,3}\b|[\w./-]+\.(?:ya?ml|json)(?::\d+)?|[A-Z]\w+/[\w.-]+/[\w.-]+"
)
_GIVEN = frozenset(
    {"as", "because", "since", "although", "though", "given", "despite", "know", "now", "while"}
)
_CHOICES = frozenset({"or", "and", "the", "one", "in", "namespace", "?", "!"})
_OPEN = frozenset({"whether", "if", "mean", "means", "ask", "check", "or"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A text after the check."""

    text: str
    removed: tuple[str, ...] = ()
    """What was taken out."""
    contradicted: bool = False
    """Whether the text stated the opposite of what was computed."""
    guessed: bool = False
    """Whether it made statements although nothing was computed at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    backing: Backing
    question: tuple[str, ...]
    names: frozenset[str]
    artifacts: tuple[str, ...]
    computed: tuple[ToolCall, ...]
    failures: tuple[str, ...]
    talk: frozenset[str]
    """Words of the question and of errors, which a text that states nothing may repeat."""
    asks: bool
    declines: bool


@dataclass(slots=True)
class _Tally:
    """What became of a text so far."""

    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    contradicted: bool = False
    doubtful: bool = False
    stated: set[Polarity] = field(default_factory=set)
    """The verdicts that the text states of a pair."""
    quoted: set[Polarity] = field(default_factory=set)
    """The verdicts that quotations of tools hold, of a layer, say."""

    def note(self, words: tuple[str, ...], case: _Case, *, quote: bool) -> None:
        """Count a sentence that stays."""
        if not quote:
            self.stated.add(read_polarity(words))
        elif words in case.backing.leads:
            self.stated |= case.backing.leads[words]
        elif decides(words):
            self.quoted.add(read_polarity(words))


def check(
    text: str,
    *,
    question: str,
    calls: Sequence[ToolCall],
    artifacts: Sequence[str] = (),
    names: frozenset[str] = frozenset(),
    composed: bool = False,
    asks: bool = False,
    declines: bool = False,
) -> Checked:
    """Hold a text against the results of this turn.

    Args:
        text: Markdown, as a model wrote it.
        question: What was asked, so that a bare "yes" can be understood.
        calls: The calls of this turn; those that failed back their own error alone.
        artifacts: Contents of what tools made in this turn.
        names: Names of everything in the workspace, in lower case.
        composed: The text was put together from results by code of ours; the check runs all the
            same, but only a contradiction counts.
        asks: The text is a question back.
        declines: The text says why there is no answer.
    """
    failures = tuple(_tell_failure(call) for call in calls if not call.ok)
    case = _Case(
        backing=Backing.of(calls),
        question=split_words(question),
        names=names - {"default", "test", "world", "all", "host"},
        artifacts=tuple(" ".join(item.split()) for item in artifacts),
        computed=tuple(call for call in calls if call.ok),
        failures=failures,
        talk=_repeatable((question, *failures)),
        asks=asks,
        declines=declines,
    )
    tally = _Tally()
    for is_code, block in split_blocks(text):
        if not is_code:
            _check_line(block, case, tally)
        elif _code_is_backed(block, case):
            tally.kept.append(block)
        else:
            tally.kept.append(NOTE_CODE)
            tally.removed.append(block)
    if composed and not tally.contradicted:
        return Checked(text=text)
    return _conclude(case, tally)


def _conclude(case: _Case, tally: _Tally) -> Checked:
    """Return what may be shown in place of a text of which `tally.kept` is left."""
    remaining = re.sub(r"\n{3,}", "\n\n", "\n".join(tally.kept)).strip()
    empty = not re.search(r"\w", remaining.replace(NOTE_CODE, ""))
    removed, contradicted = tuple(tally.removed), tally.contradicted
    calls = case.computed
    if case.asks or case.declines:
        fallback = ASK_AGAIN if case.asks else DECLINED
        return Checked(
            text=fallback if empty else remaining, removed=removed, contradicted=contradicted
        )
    doubtful = tally.doubtful or _misleads(case, tally)
    if calls and (contradicted or empty or doubtful):
        summaries = dict.fromkeys(str(call.result.get("summary", "")) for call in calls)
        code = [NOTE_CODE] if NOTE_CODE in remaining else []
        text = "\n\n".join([*filter(None, summaries), *code, NOTE_REPLACED])
        return Checked(text=text, removed=removed, contradicted=contradicted)
    if not calls:
        code = [NOTE_CODE] if NOTE_CODE in remaining else []
        nothing = "\n\n".join([*(dict.fromkeys(case.failures) or [NOTHING]), *code])
        text = nothing if empty else f"{remaining}\n\n{NOTE_NO_TOOL}"
        return Checked(text=text, removed=removed, guessed=bool(removed) or empty)
    parts = [remaining, *_caveats(remaining, calls)]
    return Checked(text="\n\n".join(filter(None, parts)), removed=removed)


def _tell_failure(call: ToolCall) -> str:
    return " ".join(str(call.result[key]) for key in ("error", "hint") if call.result.get(key))


def _misleads(case: _Case, tally: _Tally) -> bool:
    """Return whether true quotations stand without the verdict that they led up to.

    "`egress` allows it" is true of a connection that ingress denies, and no answer by itself.
    """
    verdicts = {fact.verdict for fact in case.backing.facts}
    return any(
        verdict not in {quoted, *tally.stated} for quoted in tally.quoted for verdict in verdicts
    )


def _caveats(remaining: str, calls: Sequence[ToolCall]) -> list[str]:
    """Return what a verdict depends on, or leaves open, and the text does not say."""
    open_ends = [
        str(item)
        for call in calls
        if call.result.get("verdict")
        for key in ("conditions", "not_verified")
        for item in call.result.get(key) or ()
    ]
    missing = [item for item in dict.fromkeys(open_ends) if item not in remaining]
    return ["Note:\n" + "\n".join(f"- {item}" for item in missing)] if missing else []


def _code_is_backed(block: str, case: _Case) -> bool:
    """Return whether a block is an artifact, part of a result, or nothing but commands."""
    lines = block.splitlines()
    body = [line for line in lines if not FENCE.match(line)]
    content = " ".join(" ".join(body).split())
    if not content or any(content == item for item in case.artifacts):
        return True
    if any(content in text for text in case.backing.texts):
        return True
    if holds_manifest("\n".join(body)) or "#" in content:
        return False
    commands = [line for line in body if line.strip()]
    return all(_COMMAND.match(line) for line in commands) and not any(
        claims_verdict(split_words(line)) for line in commands
    )


def _check_line(line: str, case: _Case, tally: _Tally) -> None:
    """Keep of a line what can stay, and count the rest."""
    prefix, rest = split_prefix(line)
    kept: list[str] = []
    sentences = split_sentences(rest)
    for sentence in sentences:
        judgement, wording = _judge(sentence, case)
        if judgement in ("keep", "quote"):
            kept.append(wording)
            tally.note(strip_marks(split_words(wording)), case, quote=judgement == "quote")
            continue
        tally.removed.append(sentence)
        tally.contradicted = tally.contradicted or judgement == "contradicts"
        tally.doubtful = tally.doubtful or not is_question(sentence)
    if kept or not sentences:
        tally.kept.append(prefix + " ".join(kept))


def _judge(sentence: str, case: _Case) -> tuple[Judgement | Literal["quote"], str]:
    words = split_words(sentence)
    bare = strip_marks(words)
    if not bare and not holds_signs(sentence):
        return "keep", sentence
    if bare in case.backing.sentences:
        return "quote", sentence
    # An article, of whomever, decides nothing about this network.
    about = bool(case.backing.facts) or bool(case.names & set(words))
    if bare in case.backing.passages and not (about and decides(words)):
        return "quote", sentence
    if is_question(sentence):
        stays = case.asks or not (case.backing.facts or decides(words))
        stays = stays and not _presupposes(words, case)
        return ("keep" if stays else "drop"), sentence
    if "?" in words and case.backing.facts:
        return "drop", sentence
    leading = _LEADING_ANSWER.match(sentence)
    if leading:
        return _judge_answer(sentence, leading, case)
    if holds_signs(sentence, plain_too=bool(case.backing.facts)):
        return "drop", sentence
    if case.backing.facts:
        return judge_claim(words, case.backing.facts, case.names), sentence
    return _judge_loosely(sentence, words, case), sentence


def _presupposes(words: tuple[str, ...], case: _Case) -> bool:
    """Return whether a question states something on its way: "..., since a can reach b?"."""
    if _GIVEN & set(words) or (decides(words) and not _OPEN & set(words)):
        return True
    # Beside what is asked, a question may only name the choices there are.
    _, *rest = re.split(r" [,;:()|-]+ ", f" {' '.join(words)} ")
    return not all(
        part.strip().startswith("or ")
        or all("/" in word or word in _CHOICES or word in case.names for word in part.split())
        for part in rest
    )


def _judge_answer(
    sentence: str, leading: re.Match[str], case: _Case
) -> tuple[Judgement | Literal["quote"], str]:
    """Judge "Yes, ..." by what the question asked; the word goes if that is not certain."""
    rest = sentence[leading.end() :].strip(" *_")
    meant = _meaning(leading[1], case.question)
    if rest:
        judgement, wording = _judge(rest, case)
        if judgement not in ("keep", "quote"):
            return judgement, sentence
        same = meant is not None and meant == read_polarity(split_words(rest))
        return "keep", sentence if same else wording[:1].upper() + wording[1:]
    facts = case.backing.facts
    verdicts = {fact.verdict for fact in facts}
    if meant is None or len(verdicts) != 1 or not all(_asked(fact, case) for fact in facts):
        return "drop", sentence
    return ("keep" if meant in verdicts else "contradicts"), sentence


def _meaning(answer: str, question: tuple[str, ...]) -> Polarity | None:
    """Return what yes or no says, for a question that asks one thing in a certain way."""
    asked = read_polarity(question)
    if asked not in ("allow", "deny"):
        return None
    if answer.casefold() == "yes":
        return asked
    return "deny" if asked == "allow" else "allow"


def _asked(fact: Fact, case: _Case) -> bool:
    """Return whether the question names both ends of the fact, in part at least."""
    words = [word for word in case.question if len(word) > 2 and word not in KNOWN_WORDS]
    return all(
        any(
            end.rsplit("/", 1)[-1].startswith(word) or word == end for end in ends for word in words
        )
        for ends in (fact.source, fact.destination)
    )


def _judge_loosely(sentence: str, words: tuple[str, ...], case: _Case) -> Judgement:
    """Judge a sentence of a turn in which no verdict was computed."""
    backing = case.backing
    if not looks_english(words) or holds_manifest(sentence):
        return "drop"
    if any(not _is_backed(token, backing) for token in _HARD.findall(sentence)):
        return "drop"
    names = {word for word in words if word in case.names}
    if case.computed and not (case.asks or case.declines):
        backed = (*backing.sentences, *backing.passages)
        return "keep" if restates(words, case.names, backed) else "drop"
    if names - backing.words:
        return "drop"
    return "keep" if is_talk(words, case.talk) else "drop"


def _repeatable(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of texts that say nothing by themselves: no verb, no verdict."""
    words = {word for text in texts for word in split_words(text)}
    return frozenset(word for word in words - KNOWN_WORDS if not decides((word,)))


def _is_backed(token: str, backing: Backing) -> bool:
    plain = token.casefold().replace(",", "")
    if plain in backing.words or plain.lstrip("/") in backing.words:
        return True
    return any(plain in text.casefold().replace(",", "").split() for text in backing.texts)
