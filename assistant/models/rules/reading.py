"""One question read: its slots, the things it names, and who of them sends."""

import re
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import (
    ABILITY,
    BLOCK,
    BREACHES,
    COMMON,
    FORWARD,
    PULL,
    TASKS,
    VOCABULARY,
)
from assistant.models.rules.mentions import Mention, find_mentions
from assistant.models.rules.places import add_places
from assistant.models.rules.qualifiers import qualify
from assistant.models.rules.roles import Roles, Sentence, assign_roles, build_sentence
from assistant.models.rules.scope import is_breach
from assistant.models.rules.slots import Slots, lift_slots
from assistant.models.rules.vocabulary import Vocabulary, squash
from assistant.models.rules.words import normalise, word_set

__all__ = ["Reading", "mend", "read", "read_names"]

_EXCEPT = re.compile(
    r",?\s*\b(?:except(?:\s+for)?|besides|(?:other\s+|else\s+)?than|apart from|but not counting|"
    r"aside from)"
    r"\s+(?:the\s+)?@\d+@|(?<=@)\s*,?\s*\bbut\s+(?:the\s+)?@\d+@"
)
_PRONOUNS = word_set(
    "i we you me us it they them he she this that there here one each everyone anyone "
    "anything what who which "
    "something these those nobody traffic be is are do not able data packets packet bytes stuff "
    "info information logs emails mails requests connections queries calls messages events"
)
_PRODUCT = re.compile(
    r"(?:azure |aks |the )*(?:kubenet|overlay|cilium|istio|calico|hubble|azure|aks|envoy|ebpf|"
    r"wireguard|npm|acns|kube-?proxy|cni|ambient|nsgs?|vnets?|load ?balancers?|route tables?|"
    r"network security groups?)(?: cni| mode| networking)?",
    re.I,
)
"""What articles are about, and no end of a connection."""
_NP = r"(?:the\s+|a\s+|my\s+|our\s+|any\s+|some\s+)?(?P<name>[a-z][\w./-]*(?:\s+[\w./-]+){0,2}?)"
_STOP = (
    r"(?=\s*(?:[?.!,;:]|$|\bon\b|\bover\b|\bvia\b|\bat\b|\bin\b|\busing\b|\bfrom\b|"
    r"\bwith\b|\band\b|\bright\b|\bdirectly\b))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A question, taken apart."""

    text: str
    """Normalised."""
    slots: Slots
    mentions: tuple[Mention, ...]
    sentence: Sentence
    roles: Roles | None
    azure: frozenset[str] = frozenset()
    """Kinds of Azure objects that were loaded, such as `RouteTable`."""

    @property
    def shape(self) -> str:
        """Return the lower-case text with marks where names stood."""
        return self.sentence.text

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Return everything named, in order."""
        return tuple(ref for group in self.sentence.groups for ref in group)

    def named(self, *kinds: str) -> tuple[Ref, ...]:
        """Return what is named of some kinds."""
        return tuple(ref for ref in self.refs if ref.kind in kinds)


def read(text: str, vocabulary: Vocabulary, port_names: frozenset[str]) -> Reading:
    """Return the reading of one question."""
    plain = normalise(text).replace("@", " ").replace("\x00", " ")
    slots = lift_slots(plain, port_names, lambda word: _names_thing(word, vocabulary))
    mentions = qualify(slots.text, _mentions_of(slots.text, vocabulary), vocabulary)
    sentence = _drop_one(build_sentence(slots.text, mentions))
    sentence = _drop_exceptions(_drop_blocker(sentence))
    roles = assign_roles(sentence)
    roles = _complete(sentence, roles, vocabulary)
    return Reading(
        text=plain,
        slots=slots,
        mentions=mentions,
        sentence=sentence,
        roles=roles,
        azure=vocabulary.azure,
    )


def read_names(text: str, vocabulary: Vocabulary) -> tuple[Mention, ...]:
    """Return the names of a text, each with every reading it has."""
    return qualify(text, _mentions_of(text, vocabulary), vocabulary, source_first=False)


def _mentions_of(text: str, vocabulary: Vocabulary) -> tuple[Mention, ...]:
    return add_places(text, find_mentions(text, vocabulary), vocabulary)


def _names_thing(word: str, vocabulary: Vocabulary) -> bool:
    hit = vocabulary.find(word, fuzzy=False)
    return bool(hit and any(entry.kind in ("workload", "service") for entry in hit.entries))


def mend(text: str, vocabulary: Vocabulary) -> str:
    """Correct misspelt structure words ("acess", "conect") that name nothing here."""
    text = normalise(text)

    def correct(match: re.Match[str]) -> str:
        word = match[0]
        low = word.lower()
        if len(low) < 4 or low in COMMON or not low.isalpha() or word.isupper():
            return word
        hit = vocabulary.find(low)
        if hit and hit.score > 0.84:
            return word
        near = sorted(
            (OSA.distance(low, good), good)
            for good in VOCABULARY | TASKS
            if abs(len(good) - len(low)) <= 1 and len(good) > 3
        )
        if not near:
            return word
        allowed = 1 if len(low) < 8 else 2
        return near[0][1] if near[0][0] <= allowed and _alike(low, near[0][1]) else word

    return re.sub(r"(?<![\w./:-])[A-Za-z]+(?![\w/:-]|\.\w)", correct, text)


def _alike(word: str, good: str) -> bool:
    """Return whether a mended word keeps its first letter or its letters in another order."""
    return word[0] == good[0] or sorted(word) == sorted(good)


def _drop_one(sentence: Sentence) -> Sentence:
    """Read "the new one (B)" as B: the bracket says which one is meant."""
    text = re.sub(
        r"(?:\b(?:the|our|that|this)\s+)?(?:\w+\s+)?\bone\s*\(\s*(@\d+@)\s*\)", r"\1", sentence.text
    )
    some = re.search(
        r"\b(?:which|what|any|some|none|no)\s+(?:ones?\s+)?(?:of\s+(?:the\s+)?)?@(\d+)@|"
        r"\b(?:list|show|name|enumerate|count|give me|how many)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?"
        r"@(\d+)@(?=\s+(?:that|which|who)\b)",
        text,
    )
    number = int(some[1] or some[2]) if some else 0
    if some and [ref.kind for ref in sentence.groups[number]] == ["namespace"]:
        # Not whether all of a namespace may, but which of it.
        ref = sentence.groups[number][0]
        groups = list(sentence.groups)
        groups[number] = (replace(ref, text=f"any in {ref.name}"),)
        return Sentence(text.replace(some[0], f"@{number}@"), tuple(groups))
    return Sentence(text, sentence.groups)


def _drop_blocker(sentence: Sentence) -> Sentence:
    """Leave out "anything" in "does anything stop A from reaching B": it is no end."""
    wild = [number for number, group in enumerate(sentence.groups) if group[0].kind == "any"]
    for number in wild if len(sentence.groups) > 1 and is_breach(sentence.text) else ():
        taker = re.search(
            rf"@{number}@(?=\s+(?:\w+\s+)?{BREACHES}\s+(?:the\s+|a\s+)?@)", sentence.text
        )
        if taker:
            return _without(sentence, number, taker, " someone ")
    for number in wild if len(sentence.groups) > 2 and is_breach(sentence.text) else ():
        intruder = re.search(rf"(?:{ABILITY}|then)\s+@{number}@(?=\s+\w)", sentence.text)
        if intruder and re.match(r"some|any(?:one|body)", sentence.groups[number][0].text):
            return _without(sentence, number, intruder, " could someone ")
    for number in wild if len(sentence.groups) > 2 else ():
        if thing := _object_of(number).search(sentence.text):
            return _without(sentence, number, thing)
        match = re.search(
            rf"@{number}@(?=\s+(?:(?:that|which|there|is|are|would|could|might|can|else)\s+)*"
            rf"(?:{BLOCK}(?!\s+from\b)|says?\b|decides?\b|(?:to blame|at fault|"
            rf"(?:the|a) (?:reason|cause|culprit)|behind it)\b))"
            rf"|(?<=receive )@{number}@|(?<=accept )@{number}@|(?<=send )@{number}@"
            rf"|(?<=get )@{number}@",
            sentence.text,
        )
        if match:
            return _drop_blocker(_without(sentence, number, match))
    return sentence


def _object_of(number: int) -> re.Pattern[str]:
    """Return the pattern of "anything" that is moved, or that one end is said to be."""
    way = r"(?:into|onto|out of|of|off|to|towards?|against|with|from|through|across)"
    moved = rf"(?<=\w )@{number}@(?= {way} (?:\w+ )?@)"
    said = rf"(?<=@ )@{number}@(?= @\d+@ (?:{ABILITY}) (?:\w+ )?(?:{FORWARD}|{PULL}))"
    return re.compile(f"{moved}|{said}")


def _drop_exceptions(sentence: Sentence) -> Sentence:
    """Leave out "except B": the whole list is answered, which shows what is beside B."""
    match = _EXCEPT.search(sentence.text)
    asks = re.search(r"\b(?:what|who|whom|which|where)\b", sentence.text)
    if not match or len(sentence.groups) < (2 if asks else 3):
        return sentence
    index = int(re.findall(r"@(\d+)@", match[0])[0])
    return _without(sentence, index, match)


def _without(sentence: Sentence, index: int, match: re.Match[str], instead: str = "") -> Sentence:
    """Return the sentence without a group and the words that a match covers."""
    text = f"{sentence.text[: match.start()]}{instead}{sentence.text[match.end() :]}"
    groups = [group for position, group in enumerate(sentence.groups) if position != index]
    text = re.sub(r"@(\d+)@", lambda m: f"@{int(m[1]) - (int(m[1]) > index)}@", text)
    return Sentence(text, tuple(groups))


def _complete(sentence: Sentence, roles: Roles | None, vocabulary: Vocabulary) -> Roles | None:
    """Add the end that was named by a word that nothing here has, so that it can be said."""
    if len(sentence.groups) > 1 or (roles and roles.both_ways):
        return roles
    text = sentence.text
    if not sentence.groups:
        match = re.search(rf"{ABILITY}\s+(?:not\s+)?{_NP}\s+(?:\w+\s+)?{FORWARD}\s+(?:to\s+|"
                          rf"with\s+)?"
                          rf"{_NP.replace('name', 'other')}{_STOP}", text)  # fmt: skip
        ends = (
            (_unknown(match["name"], vocabulary), _unknown(match["other"], vocabulary))
            if match
            else ()
        )
        if ends and ends[0] and ends[1]:
            return Roles(sources=(ends[0],), destinations=(ends[1],))
        return roles
    if roles and roles.sources and not roles.destinations:
        match = re.search(rf"@0@.*?{FORWARD}\s+(?:(?:to|with|into|at)\s+)?{_NP}{_STOP}", text)
        other = _unknown(match["name"], vocabulary) if match else None
        return Roles(sources=roles.sources, destinations=(other,)) if other else roles
    if roles and roles.destinations and not roles.sources:
        match = re.search(rf"{ABILITY}\s+(?:not\s+)?{_NP}\s+(?:(?:still|also|even|actually|"
                          rf"be able to)\s+)?"
                          rf"{FORWARD}[^@]*@0@", text)  # fmt: skip
        match = match or re.search(rf"@0@.*\b(?:from|by)\s+{_NP}{_STOP}", text)
        if match and re.match(FORWARD, text[match.start("name") :]):
            # "initiate connections" is a verb, no name before one.
            match = None
        other = _unknown(match["name"], vocabulary) if match else None
        return Roles(sources=(other,), destinations=roles.destinations) if other else roles
    return roles


def _unknown(name: str, vocabulary: Vocabulary) -> Ref | None:
    if re.fullmatch(r"(?:the\s+)?(?:databases?|dbs?|caches?|queues?)", name.strip(" .,:;!?")):
        return Ref(text=name, kind="unknown", near=tuple(sorted(vocabulary.stores))[:3])
    words = name.strip(" .,:;!?").split()
    while words and words[-1] in COMMON and len(words) > 1:
        words.pop()
    if _PRODUCT.fullmatch(" ".join(words)):
        return None
    if not words or words[0] in _PRONOUNS or all(word in COMMON for word in words):
        return None
    if len(squash(" ".join(words))) < 2 or re.fullmatch(FORWARD, words[0]):
        return None
    phrase = " ".join(words)
    homes = [
        name for name in vocabulary.namespaces if phrase in vocabulary.words_of_namespace(name)
    ]
    if len(homes) == 1 and phrase not in COMMON:
        return Ref(text=phrase, names=(homes[0],), kind="namespace", guessed=True)
    return Ref(text=phrase, kind="unknown", near=vocabulary.nearest(phrase))
