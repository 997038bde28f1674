"""What stands around a name and narrows it: "the redis service", "web in prod", "there"."""

import re
from collections.abc import Collection
from dataclasses import replace

from assistant.models.rules.epithets import narrow_by_epithets
from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import KIND_NOUNS
from assistant.models.rules.mentions import Mention, narrow
from assistant.models.rules.vocabulary import PART, Entry, Vocabulary

__all__ = ["qualify"]

_NOUN_AFTER = re.compile(r"\s*(?:'s\s+)?(?P<noun>[a-z]+)\b", re.I)
_NOUN_BEFORE = re.compile(r"(?P<noun>[a-z]+)\s*(?:named|called|is|:)?\s*$", re.I)
_INSIDE = re.compile(
    r"\s*,?\s*(?:pods?|workloads?|services?|apps?)?\s*(?:\(\s*)?"
    r"(?:(?:that|which)\s+(?:is|are|runs?|lives?|sits?)\s+|running\s+|living\s+|deployed\s+|"
    r"sitting\s+)?"
    r"(?:in|inside|within|of|over in|out of|@)\s+(?:the\s+|our\s+)?(?:namespaces?\s+|ns\s+)?|"
    r"\s*(?:pods?|workloads?|services?|apps?)?\s*\(\s*(?:(?:the\s+)?(?:namespaces?|ns)\s*[:=]?\s*)?|"
    r"\s*,?\s*(?:-n|--namespace|namespace|ns)[\s=:]+",
    re.I,
)
_FROM = re.compile(
    r"\s+(?:pods?\s+)?(?:from|of)\s+(?:the\s+|our\s+)?(?:namespaces?\s+|ns\s+)?", re.I
)
_SUBJECT = re.compile(
    r"(?:^|[,;:?]|\b(?:can|could|may|might|is|are|does|do|will|would|should|that|if|and|by|to|for))\s*$",
    re.I,
)
"""Before the one who acts: "can anything from N", and not "gets anything from N"."""
_BEYOND = re.compile(
    r"\s+(?:(?:that\s+(?:is|are)|running|living)\s+)?(?:outside(?:\s+of)?|not\s+(?:in|from)|"
    r"beyond|except(?:\s+(?:in|from|for))?|other\s+than)\s+(?:the\s+)?(?:namespaces?\s+|ns\s+)?",
    re.I,
)
_PEOPLE_OF = re.compile(
    r"(?:(?:the|all|other)\s+)?(?:pods?|workloads?|apps?|applications?|services?|clients?|things?|"
    r"everything|anything|stuff|traffic)\s+(?:that\s+(?:is|are|run)\s+|running\s+)?"
    r"(?:in|of|from|inside|within)\s+(?:the\s+)?(?:namespaces?\s+)?$",
    re.I,
)
_ALL_OF_IT = re.compile(
    r"(?:^|\s)(?:both|all|each)?\s*(?:of them\s+)?(?:are\s+)?(?:in|inside|within|for|"
    r"on)\s+(?:the\s+|our\s+)?"
    r"(?:namespaces?\s+|ns\s+)?$",
    re.I,
)
_SAME_PLACE = re.compile(
    r"\s*(?:there\b|in\s+(?:the\s+same|that|its own)\s+(?:namespace|environment|env|place)\b)", re.I
)
_OUT_THERE = re.compile(
    r"\s+(?:(?:who|that|which|is|are|just|sitting|living|located|coming|connecting|somewhere|out|"
    r"there|over)\s+)*(?:on|from|in|at)\s+(?:the\s+)?",
    re.I,
)
"""Between "someone" and the internet: where that someone is."""
_AS_A = re.compile(r"\bas\s+(?:an?|its|their|the|our)\s+$", re.I)
_ENDPOINTS = ("workload", "service", "pod")


def qualify(
    text: str, mentions: tuple[Mention, ...], vocabulary: Vocabulary, *, source_first: bool = True
) -> tuple[Mention, ...]:
    """Return the mentions narrowed by what stands around them; namespaces used up are gone.

    Args:
        text: The text in which the mentions were found.
        mentions: As `find_mentions` gives them.
        vocabulary: The names of the workspace.
        source_first: Whether a name may be looked for where the first named thing stands, as a
            pod's own DNS search list does.
    """
    named: list[Mention] = []
    starts = {mention.start for mention in mentions}
    for mention in _join(text, mentions):
        if _AS_A.search(text[: mention.start]):
            continue
        if not named or mention.start >= named[-1].end:
            named.append(_apply_noun(text, mention, vocabulary, starts))
    merged, everywhere = _merge_namespaces(text, named, vocabulary)
    merged = list(narrow_by_epithets(text, _drop_echoes(merged), vocabulary))
    return tuple(_settle(text, merged, everywhere, vocabulary, source_first=source_first))


def _join(text: str, mentions: tuple[Mention, ...]) -> list[Mention]:
    """Return the mentions, with those side by side that name the same thing as one.

    "redis cache" names by a part of its name and by what it is: what fits both is meant.
    """
    joined: list[Mention] = []
    for mention in mentions:
        before = joined[-1] if joined else None
        if (
            before
            and before.ref.kind == "any"
            and mention.ref.names == ("world",)
            and _OUT_THERE.fullmatch(text[before.end : mention.start])
        ):
            joined[-1] = replace(mention, start=before.start)
            continue
        if (
            before
            and before.ref.kind == "any"
            and mention.ref.kind == "address"
            and _OUT_THERE.fullmatch(text[before.end : mention.start])
        ):
            joined[-1] = replace(mention, start=before.start)
            continue
        if (
            before
            and before.ref.kind in ("any", "namespace")
            and re.fullmatch(r"who|which|that", mention.ref.text, re.I)
            and not text[before.end : mention.start].strip()
        ):
            # "anybody in N who gets to B" speaks of one end, not of two.
            continue
        if before and _is_apposition(text, before, mention):
            joined[-1] = replace(mention, start=before.start, end=mention.end + 1)
            continue
        if before and not text[before.end : mention.start].strip(" -"):
            if before.ref.kind == "any" and mention.ref.text.lower() == "outside":
                # "which pods outside NAMESPACE" is no world; the namespace follows.
                continue
            if before.ref.kind == "any" and mention.ref.kind == "entity":
                joined[-1] = replace(before, end=mention.end)
                continue
            both = tuple(
                entry
                for entry in before.entries
                if entry in mention.entries and entry.kind != "namespace"
            )
            if both:
                joined[-1] = replace(narrow(before, both), end=mention.end)
                continue
        joined.append(mention)
    return joined


def _is_apposition(text: str, first: Mention, second: Mention) -> bool:
    """Return whether "the old checkout (checkout-v1)" says in brackets which one is meant."""
    inside = re.fullmatch(r"[\w\s]{0,12}\(\s*", text[first.end : second.start])
    closed = text[second.end : second.end + 1] == ")"
    return bool(inside and closed and set(second.entries) < set(first.entries))


def _drop_echoes(mentions: list[Mention]) -> tuple[Mention, ...]:
    """Leave out a part of a name that is also there in full ("syslog from a to syslog-sink")."""
    return tuple(
        mention
        for mention in mentions
        if not (
            mention.score <= PART
            and any(
                other.score > PART and other.entries and set(mention.entries) == set(other.entries)
                for other in mentions
            )
        )
    )


def _apply_noun(
    text: str, mention: Mention, vocabulary: Vocabulary, starts: Collection[int]
) -> Mention:
    if not mention.entries:
        return mention
    after = _NOUN_AFTER.match(text, mention.end)
    if after and after.start("noun") in starts and mention.ref.kind == "namespace":
        # "melt db" is the database of a namespace; the noun is a name, too.
        return mention
    before = _NOUN_BEFORE.search(text[: mention.start])
    noun, start, end = mention.noun, mention.start, mention.end
    written = mention.ref.text.lower().split()
    if after and after["noun"].lower() in KIND_NOUNS and not noun:
        noun, end = KIND_NOUNS[after["noun"].lower()], after.end()
    elif before and before["noun"].lower() in KIND_NOUNS and not noun:
        word = before["noun"].lower()
        if word.rstrip("s") != "database" or len(written) > 0:
            noun = KIND_NOUNS[word]
            start = before.start() if not word.endswith("s") or word == "ns" else start
    entries = _filter_by_noun(text, mention, noun)
    if not entries:
        return mention
    result = narrow(replace(mention, start=start, end=end, noun=noun), entries)
    if noun == "service":
        result = _as_service(result, vocabulary)
    return result


def _filter_by_noun(text: str, mention: Mention, noun: str) -> tuple[Entry, ...]:
    entries = mention.entries
    if noun in ("namespace", "policy", "node"):
        wanted = tuple(entry for entry in entries if entry.kind == noun)
        if wanted or noun != "node":
            return wanted or entries
    endpoints = tuple(entry for entry in entries if entry.kind in _ENDPOINTS)
    spaces = tuple(entry for entry in entries if entry.kind == "namespace")
    if spaces and endpoints:
        inside = re.search(r"\b(?:in|inside|within|across|namespaces?)\s+(?:the\s+)?$",
                           text[: mention.start], re.I)  # fmt: skip
        return spaces if inside and noun not in ("pod", "workload", "service") else endpoints
    if endpoints:
        return endpoints
    return entries


def _as_service(mention: Mention, vocabulary: Vocabulary) -> Mention:
    services = {service.full_name for service in vocabulary.cluster.services}
    names = tuple(
        f"service:{entry.full_name}" for entry in mention.entries if entry.full_name in services
    )
    if not names:
        return mention
    return replace(mention, ref=replace(mention.ref, names=names, kind="service"))


def _merge_namespaces(
    text: str, mentions: list[Mention], vocabulary: Vocabulary
) -> tuple[list[Mention], str]:
    """Return the mentions without the namespaces that qualify one, and one that qualifies all."""
    result: list[Mention] = []
    everywhere = ""
    index = 0
    while index < len(mentions):
        mention = mentions[index]
        following = mentions[index + 1] if index + 1 < len(mentions) else None
        if mention.ref.kind != "namespace":
            result.append(mention)
            index += 1
            continue
        previous = result[-1] if result else None
        before = text[previous.end if previous else 0 : mention.start]
        comes_from = (
            previous
            and previous.ref.kind == "any"
            and _FROM.fullmatch(before)
            and _SUBJECT.search(text[: previous.start])
        )
        if previous and _can_take(previous) and (comes_from or _INSIDE.fullmatch(before)):
            result[-1] = _place(previous, mention, vocabulary)
        elif previous and previous.ref.kind == "any" and _BEYOND.fullmatch(before):
            # The rows of a list say where each one stands; no tool leaves a namespace out.
            result[-1] = replace(previous, end=mention.end)
        elif following and _can_take(following) and _touches(text, mention, following):
            mentions[index + 1] = replace(
                _place(following, mention, vocabulary), start=mention.start
            )
        elif (
            _ALL_OF_IT.search(before)
            and not _PEOPLE_OF.search(text[: mention.start])
            and any(
                item.ref.kind in _ENDPOINTS or item.ref.kind == "unknown"
                for item in (*result, *mentions[index + 1 :])
            )
        ):
            everywhere = mention.ref.name
        else:
            people = _PEOPLE_OF.search(text[: mention.start])
            result.append(replace(mention, start=people.start()) if people else mention)
        index += 1
    return result, everywhere


def _can_take(mention: Mention) -> bool:
    return not mention.namespace and (mention.ref.kind in ("any", *_ENDPOINTS))


def _touches(text: str, space: Mention, following: Mention) -> bool:
    gap = text[space.end : following.start]
    return bool(re.fullmatch(r"\s*(?:'s)?\s*|\s+(?:pods?|services?)\s+", gap, re.I)) and (
        following.ref.kind != "any"
    )


def _place(mention: Mention, space: Mention, vocabulary: Vocabulary) -> Mention:
    """Return the mention as it stands in a namespace; unknown when nothing there fits."""
    name = space.ref.name
    end = max(mention.end, space.end)
    if mention.ref.kind == "any":
        if re.match(r"which|what|who", mention.ref.text, re.I):
            return replace(mention, end=end, ref=replace(mention.ref, within=name))
        return replace(
            mention, end=end, ref=replace(space.ref, text=f"{mention.ref.text} in {name}")
        )
    inside = vocabulary.in_namespace(mention.entries, name)
    if not inside:
        again = vocabulary.find(mention.ref.text)
        inside = vocabulary.in_namespace(again.entries, name) if again else ()
    if not inside:
        ref = Ref(
            text=f"{name}/{mention.ref.text}",
            kind="unknown",
            near=tuple(dict.fromkeys(entry.full_name for entry in mention.entries))[:3],
        )
        return replace(mention, end=end, ref=ref, entries=(), namespace=name)
    placed = replace(narrow(mention, inside), end=end, namespace=name)
    return _as_service(placed, vocabulary) if mention.noun == "service" else placed


def _settle(
    text: str,
    mentions: list[Mention],
    everywhere: str,
    vocabulary: Vocabulary,
    *,
    source_first: bool,
) -> list[Mention]:
    """Narrow what is still ambiguous by the namespace that the question implies."""
    result: list[Mention] = []
    for mention in mentions:
        same = _SAME_PLACE.match(text, mention.end)
        homes = {entry.namespace for other in result for entry in other.entries}
        wanted = everywhere if len(mention.ref.names) > 1 else ""
        if not wanted and same and len(homes) == 1:
            wanted = next(iter(homes))
        if not wanted and source_first and len(mention.ref.names) > 1 and len(homes) == 1:
            wanted = next(iter(homes))
        inside = vocabulary.in_namespace(mention.entries, wanted) if wanted else ()
        if inside and mention.ref.kind in _ENDPOINTS:
            mention = narrow(mention, inside)
            if mention.noun == "service":
                mention = _as_service(mention, vocabulary)
        if same:
            mention = replace(mention, end=same.end())
        result.append(mention)
    return result
