"""What the tools of one turn computed, in the form that sentences are held against."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.answer import ToolCall
from assistant.wording import Polarity, split_sentences, split_words

__all__ = ["PUNCTUATION", "Backing", "Fact", "flatten", "read_sentences", "strip_marks"]

PUNCTUATION = frozenset({",", ";", ":", "(", ")", "!", "?", "|", "-", "--"})
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

    @classmethod
    def of(cls, calls: Sequence[ToolCall]) -> "Backing":
        """Gather what the calls that succeeded have computed."""
        own = [text for call in calls for text in _own_texts(call.result)]
        quoted = [text for call in calls for text in _passage_texts(call.result)]
        texts = [text for call in calls for text in flatten([call.result, dict(call.arguments)])]
        return cls(
            facts=tuple(fact for call in calls for fact in _read_facts(call)),
            sentences=frozenset(read_sentences(own)),
            passages=tuple(read_sentences(quoted)),
            words=frozenset(word for text in texts for word in _pieces(text)),
            texts=tuple(" ".join(text.split()) for text in texts),
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
        for sentence in split_sentences(line.lstrip(" >-*#0123456789."))
        if (words := strip_marks(split_words(sentence)))
    ]


def strip_marks(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without punctuation, so that sentences can be compared."""
    return tuple(word for word in words if word not in PUNCTUATION)


def _own_texts(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a tool says in its own words, not what it read in files of others."""
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
    if result.get("passages"):
        yield str(result.get("summary", ""))
    for passage in result.get("passages") or ():
        if isinstance(passage, Mapping):
            yield str(passage.get("text", ""))


def _pieces(text: str) -> Iterator[str]:
    """Yield a text's words whole and in pieces: `shop/web` also backs `web`."""
    for word in split_words(text):
        yield word
        yield from (piece.casefold() for piece in _PIECES.findall(word))


def _read_facts(call: ToolCall) -> Iterator[Fact]:
    """Yield a fact for each pair in a result: of the result itself, and of its rows."""
    result = call.result
    if result.get("verdict") and result.get("source") and result.get("destination"):
        asked = (call.arguments.get("source"), call.arguments.get("destination"))
        yield _fact(call, result, result["source"], result["destination"], asked)
    elif result.get("verdict"):
        # A verdict without a pair backs no sentence but the tool's own.
        yield Fact(source=frozenset(), destination=frozenset(), verdict=result["verdict"])


def _fact(
    call: ToolCall, result: Mapping[str, Any], source: Any, destination: Any, asked: tuple[Any, Any]
) -> Fact:
    layers = [layer for layer in result.get("layers") or () if isinstance(layer, Mapping)]
    deciders: dict[Polarity, frozenset[str]] = {}
    verdicts: tuple[Polarity, ...] = ("allow", "deny", "unknown")
    for verdict in verdicts:
        named = [
            text
            for layer in layers
            if layer.get("verdict") == verdict
            for text in flatten([layer.get(key) for key in ("policy", "rule", "location")])
        ]
        deciders[verdict] = frozenset(word for text in named for word in _pieces(text))
    arguments = {
        key: value for key, value in call.arguments.items() if key not in {"source", "destination"}
    }
    ends = [str(source), str(destination), *(str(end) for end in asked if end)]
    ports = {
        str(item["port"]): item["verdict"]
        for item in result.get("ports") or ()
        if isinstance(item, Mapping) and item.get("port") is not None and item.get("verdict")
    }
    others = flatten([arguments, result.get("ports"), result.get("port"), result.get("protocol")])
    return Fact(
        source=_aliases(source, asked[0]),
        destination=_aliases(destination, asked[1]),
        verdict=result["verdict"],
        ports=ports,
        words=frozenset(word for text in (*ends, *others) for word in _pieces(text)),
        deciders=deciders,
    )


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
