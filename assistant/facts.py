"""What the tools of one turn computed, in the form that sentences are held against."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.answer import ToolCall
from assistant.wording import Polarity, decides, split_prefix, split_sentences, split_words

__all__ = ["PUNCTUATION", "Backing", "Fact", "flatten", "read_sentences", "strip_marks"]

PUNCTUATION = frozenset({",", ";", ":", "(", ")", "!", "?", "|", "-", "--"})
_CODE = re.compile(r"`[^`\n]*`")
_ENDING = re.compile(r"[.!?:;,|]\s")
_TOLD = 200
"""Characters by which a text of a runbook is known again; a summary quotes more than that."""
_PIECES = re.compile(r"[\w.*-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One computed verdict between two ends."""

    source: frozenset[str]
    """The names by which a sentence may call the source, in lower case."""
    destination: frozenset[str]
    verdict: Polarity
    ports: Mapping[str, Polarity] = field(default_factory=dict)
    """Verdict of each port number that was computed."""
    words: frozenset[str] = frozenset()
    """Namespaces, ports, protocols and arguments: what else a sentence may hold."""
    deciders: Mapping[Polarity, frozenset[str]] = field(default_factory=dict)
    """Words that name policies, rules and lines, by the verdict of their layer."""


@dataclass(frozen=True, slots=True)
class Backing:
    """Everything that a sentence may rest on."""

    facts: tuple[Fact, ...]
    sentences: frozenset[tuple[str, ...]]
    """Every sentence that a tool itself says: true as it stands."""
    passages: tuple[tuple[str, ...], ...]
    """Sentences of documents that were found."""
    words: frozenset[str]
    """Every word and number of the results."""
    texts: tuple[str, ...]
    """Every text of the results, with single spaces."""
    leads: Mapping[tuple[str, ...], frozenset[Polarity]]
    """The first sentence of each summary that tells a verdict, and the verdict."""

    @classmethod
    def of(cls, calls: Sequence[ToolCall]) -> "Backing":
        """Gather what the calls that succeeded have computed."""
        own = [text for call in calls for text in _own_texts(call.result)]
        quoted = [text for call in calls for text in _passage_texts(call.result)]
        heard = [text for call in calls for text in _runbook_texts(call.result)]
        texts = [text for call in calls for text in flatten([call.result, dict(call.arguments)])]
        hearsay = {" ".join(text.split()) for text in heard}
        return cls(
            facts=tuple(fact for call in calls for fact in _read_facts(call)),
            sentences=frozenset(read_sentences(own)),
            passages=(
                *read_sentences(quoted),
                # A runbook is its author's word: it may be repeated, but it decides nothing.
                *(words for words in read_sentences(heard) if not decides(words)),
            ),
            words=frozenset(word for text in texts for word in _pieces(text)),
            texts=tuple(" ".join(text.split()) for text in texts if not _holds(text, hearsay)),
            leads={
                sentence: frozenset({call.result["verdict"]})
                for call in calls
                if call.result.get("verdict")
                for sentence in read_sentences([str(call.result.get("summary", ""))])[:1]
            },
        )


def flatten(value: Any) -> Iterator[str]:
    """Yield every text and number in JSON data, keys not included."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from flatten(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from flatten(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def read_sentences(texts: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the sentences of texts as words without punctuation."""
    return [
        words
        for text in texts
        for line in text.splitlines()
        for sentence in split_sentences(split_prefix(line)[1])
        if (words := strip_marks(split_words(sentence)))
    ]


def strip_marks(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without punctuation, so that sentences can be compared."""
    return tuple(word for word in words if word not in PUNCTUATION)


def _own_texts(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a tool says in its own words, not what it read in files of others.

    A name is never more than a part of a sentence: one that holds sentences stays one word.
    """
    for text in _spoken(result):
        yield _CODE.sub(_as_one_word, text)


def _as_one_word(code: re.Match[str]) -> str:
    return re.sub(r"\s", "\u2420", code[0]) if _ENDING.search(code[0]) else code[0]


def _spoken(result: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(result[key]) for key in ("error", "hint") if result.get(key))
    if result.get("passages"):
        return
    yield str(result.get("summary", ""))
    yield from (str(item) for item in result.get("not_verified", ()))
    yield from (str(item.get("claim", "")) for item in result.get("evidence", ()))
    yield from (
        str(layer.get("reason", ""))
        for layer in result.get("layers") or ()
        if isinstance(layer, Mapping)
    )


def _passage_texts(result: Mapping[str, Any]) -> Iterator[str]:
    passages = [item for item in result.get("passages") or () if isinstance(item, Mapping)]
    if passages and not any(item.get("own") for item in passages):
        yield str(result.get("summary", ""))
    yield from (str(item.get("text", "")) for item in passages if not item.get("own"))


def _runbook_texts(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what runbooks of the person's own say."""
    for item in result.get("passages") or ():
        if isinstance(item, Mapping) and item.get("own"):
            yield str(item.get("text", ""))


def _holds(text: str, hearsay: set[str]) -> bool:
    """Return whether a text repeats what a runbook says, as the summary of a search does."""
    if not hearsay:
        return False
    plain = " ".join(re.sub(r"^> ?", "", text, flags=re.M).split())
    return any(item[:_TOLD] in plain for item in hearsay)


def _pieces(text: str) -> Iterator[str]:
    """Yield a text's words whole and in pieces: `shop/web` also backs `web`."""
    for word in split_words(text):
        yield word
        yield from (piece.casefold() for piece in _PIECES.findall(word))


def _as_name(text: str) -> str:
    """Return a name, place or request; of one that holds sentences, what has no spaces in it.

    Whoever names a file or fills an argument may write words into it that would then be known.
    """
    parts = text.split()
    if len(parts) < 2:
        return text
    rule = len(parts) == 2 and parts[1].startswith(("spec", "rules"))
    request = len(parts) == 2 and parts[0].isalpha() and parts[1].startswith("/")
    return text if rule or request else ""


def _read_facts(call: ToolCall) -> Iterator[Fact]:
    """Yield a fact for each pair in a result: of the result itself, and of its rows."""
    result = call.result
    rows = [row for key in ("peers", "outside") for row in result.get(key) or ()]
    if rows:
        yield from (_row_fact(call, row) for row in rows if not row.get("mixed"))
    elif result.get("verdict") and result.get("source") and result.get("destination"):
        yield _pair_fact(call)
    elif result.get("verdict"):
        # A verdict without a pair backs no sentence but the tool's own.
        yield Fact(source=frozenset(), destination=frozenset(), verdict=result["verdict"])


def _pair_fact(call: ToolCall) -> Fact:
    result, arguments = call.result, call.arguments
    source, destination = result["source"], result["destination"]
    others = {k: v for k, v in arguments.items() if k not in {"source", "destination"}}
    spoken = [source, destination, arguments.get("source"), arguments.get("destination"), others]
    rows = [row for row in result.get("ports") or () if isinstance(row, Mapping)]
    spoken += [
        f"{row.get(k)}/{row.get('protocol')}" for k in ("port", "service_port") for row in rows
    ]
    spoken += [[row.get(k) for k in ("port", "service_port", "protocol", "name")] for row in rows]
    return Fact(
        source=_aliases(source, arguments.get("source")),
        destination=_aliases(destination, arguments.get("destination")),
        verdict=result["verdict"],
        ports={
            str(row[key]).casefold(): row["verdict"]
            for key in ("name", "service_port", "port")
            for row in rows
            if row.get(key) and row.get("verdict")
        },
        words=frozenset(word for text in flatten(spoken) for word in _pieces(_as_name(text))),
        deciders=_read_deciders(result.get("layers") or (), result.get("evidence") or ()),
    )


def _row_fact(call: ToolCall, row: Mapping[str, Any]) -> Fact:
    """Return the fact of one row of a list of peers; its `target` is the end that was asked of."""
    result = call.result
    other = "/".join(part for part in (row.get("namespace"), row.get("name")) if part)
    end = row.get("target") or result.get("of")
    asked = call.arguments.get("destination") or call.arguments.get("source")
    ends = _aliases(end, asked if end == result.get("of") else None)
    peer = _aliases(other, None)
    calls_us = result.get("direction") == "who-can-reach"
    ports = [str(port) for port in row.get("ports") or ()]
    return Fact(
        source=peer if calls_us else ends,
        destination=ends if calls_us else peer,
        verdict=row["verdict"],
        ports={port.split("/")[0]: row["verdict"] for port in ports},
        words=frozenset(word for text in (other, str(end), *ports) for word in _pieces(text)),
        deciders=_read_deciders([row], result.get("evidence") or ()),
    )


def _read_deciders(
    layers: Iterable[Mapping[str, Any]], evidence: Sequence[Mapping[str, Any]]
) -> dict[Polarity, frozenset[str]]:
    """Return the words that name policies, rules and lines, by the verdict they had a part in."""
    deciders: dict[Polarity, frozenset[str]] = {}
    for layer in layers:
        reason = str(layer.get("reason", ""))
        named = [str(layer[key]) for key in ("policy", "rule", "location") if layer.get(key)]
        named += [word for word in split_words(reason) if word.count("/") > 1]
        spoken = {name.casefold() for name in named}
        for item in evidence:
            source = str(item.get("source", ""))
            if source.split(" ")[0].casefold() in spoken:
                named += [source, str(item.get("location", ""))]
        verdict = layer.get("verdict", "none")
        words = frozenset(word for text in named for word in _pieces(_as_name(text)))
        deciders[verdict] = deciders.get(verdict, frozenset()) | words
    return deciders


def _aliases(resolved: Any, asked: Any) -> frozenset[str]:
    """Return the names of an end: as resolved, without prefix or namespace, and as asked for."""
    names = set()
    for text in (str(resolved or ""), str(asked or "")):
        whole = text.casefold().strip()
        bare = re.sub(r"^[a-z-]+:(?!\d)", "", whole)
        # `10.0.0.1/32` is an address; `shop/web` is `web` in `shop`.
        last = bare.rsplit("/", 1)[0 if bare[:1].isdigit() else -1]
        names |= {name for name in (whole, bare, last) if name and " " not in name}
    return frozenset(names)
