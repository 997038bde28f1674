"""Names of the cluster in a request: namespaces, workloads, Services, with their doubts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from tools.intents.lexicon import CLOSED_WORDS, MAYBE_NAMES, NO_NAMES
from tools.intents.shapes import Shape
from topology.authoring import DnsNames, Entities, Networks, Party, Pods, ServiceParty
from topology.names import NameIndex
from topology.targets import (
    AddressTarget,
    DnsTarget,
    EntityTarget,
    NamespaceTarget,
    PodTarget,
    RangeTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

__all__ = [
    "Named",
    "Places",
    "party_of",
    "take_addressed",
    "take_described",
    "take_literal_places",
    "take_names",
    "take_namespaces",
]

_ONE = r"(?:`[^`<>\s]+`|[a-z0-9][\w.-]*[a-z0-9]|[a-z0-9])"
_LIST = rf"{_ONE}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+){_ONE})*"
_AFTER = re.compile(
    rf"(?<!every )(?<!any )(?<!same )(?<!\bown )(?<!each )(?<!this )(?<!that )(?<!all )(?<!its )"
    rf"(?<!whole )\b(?P<word>namespaces?|ns)(?:\s+(?:(?:named|called)\s+)?"
    rf"|\s*[:=]\s*)(?P<names>{_LIST})",
    re.I,
)
_BEFORE = re.compile(rf"(?P<names>{_LIST})\s+(?:namespaces?|ns)\b(?!\s+label)", re.I)
_INSIDE = re.compile(
    r"\b(?P<lead>(?:in|inside|within)\s+)(?P<name>[a-z][a-z0-9-]*)(?!\s+of\b)(?![\w./:-])", re.I
)
_CLUSTER = re.compile(
    r"\b(?P<lead>in|of|on|from)\s+(?:the\s+)?(?:mesh\s+|remote\s+)?cluster\s+(?:named\s+"
    r"|called\s+)?(?P<name>`[^`<>]+`|[a-z]+[a-z-]*\d+)|\b(?P<lead2>in|of|on"
    r"|from)\s+(?P<bare>`?cluster-?\d+`?)",
    re.I,
)
_SERVICE = re.compile(
    r"(?:\b(?:all|the|any)\s+)?(?:(?:endpoints|backends|pods)\s+(?:of"
    r"|behind)\s+)?(?:the\s+)?(?:kubernetes|k8s)\s+services?\s+(?:called\s+|named\s+)?"
    r"`(?:(?P<full>[\w-]+)/)?(?P<name>[\w.-]+)`(?:\s+(?:in|of"
    r"|from)\s+(?:the\s+)?(?:kubernetes\s+|k8s\s+)?namespace\s+`?(?P<space>[\w-]+)`?)?",
    re.I,
)
_HIDDEN = "\u00a6"
"""Stands for what is already read where names are looked for: it is no part of any word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name as it was said, with everything that it may mean."""

    said: str
    options: tuple[Party, ...]
    labels: tuple[str, ...] = ()
    """A text that means the option and nothing else, one for each."""
    how: str = "exact"
    nearest: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """One or more namespaces, by name."""

    names: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    """Those that the cluster does not have, unless they were quoted."""


def take_literal_places(shape: Shape) -> None:
    """Replace clusters of a mesh, and Services that are said to be some of Kubernetes."""

    def cluster(found: re.Match[str]) -> str:
        lead = found["lead"] or found["lead2"]
        name = (found["name"] or found["bare"]).strip("`")
        return f"{lead} {shape.add('M', name, name)}"

    shape.text = _CLUSTER.sub(cluster, shape.text)
    shape.take(_SERVICE, "A", _service)


def _service(found: re.Match[str]) -> Named:
    space = found["full"] or found["space"] or ""
    party = ServiceParty(space, found["name"])
    return Named(
        said=found["name"],
        options=(party,),
        labels=(f"service:{space}/{found['name']}",),
        kind="Service",
    )


_DESCRIBED = re.compile(
    r"(?P<words>(?:[A-Za-z][A-Za-z-]*\s+){1,3})(?:\((?P<label><L\d+>)\)|(?:which\s+are\s+"
    r"|that\s+are\s+)?(?:labell?ed|tagged"
    r"|with\s+(?:the\s+)?label)\s+(?P<late><L\d+>))"
)


def take_described(shape: Shape, index: NameIndex) -> None:
    """Take `IoT devices (tier=iot)` as the pods that have the label, whatever they are called."""

    def pods(found: re.Match[str]) -> str:
        words = found["words"].split()
        last = words[-1].lower()
        if last in NO_NAMES or last in index.tables.exact or not last.endswith("s"):
            return found[0]
        kept = len(words) - 1
        while kept and words[kept - 1].lower() not in NO_NAMES:
            kept -= 1
        lead = " ".join(words[:kept])
        return f"{lead}{' ' if lead else ''}pods with label {found['label'] or found['late']}"

    shape.text = _DESCRIBED.sub(pods, shape.text)


_AT_ADDRESS = re.compile(
    r"(?P<lead>\b(?:to|and|the|an?|our|from|with|of|via|except|for|on)\s+|,\s+)(?P<words>"
    r"(?:[A-Za-z][A-Za-z-]*\s+){1,3})"
    r"(?:at|on|under|in|with\s+ip)\s+(?P<net><N\d+>)"
)


def take_addressed(shape: Shape, index: NameIndex) -> None:
    """Take `the object storage at 192.0.2.7` as the address, whatever it is called."""

    def address(found: re.Match[str]) -> str:
        words = [one.lower() for one in found["words"].split()]
        if any(one in CLOSED_WORDS or one in index.tables.exact for one in words):
            return found[0]
        lead = re.sub(r"\b(?:the|an?|our)\s+$", "", found["lead"])
        return f"{lead}{found['net']}"

    shape.text = _AT_ADDRESS.sub(address, shape.text)


def take_namespaces(shape: Shape, index: NameIndex) -> None:
    """Replace namespaces that are said to be some."""

    def after(found: re.Match[str]) -> str:
        if (
            found["word"].lower() == "ns"
            and found["names"].split()[0].strip("`").lower() in NO_NAMES
        ):
            return found[0]
        chosen, rest = _leading(found["names"], index, plural=found["word"].lower().endswith("s"))
        if not chosen:
            return found[0]
        return (
            f"{shape.add('K', _places(index, chosen), found[0][: len(found[0]) - len(rest)])}{rest}"
        )

    def before(found: re.Match[str]) -> str:
        chosen, rest = _trailing(found["names"], index)
        if not chosen:
            return found[0]
        words = found[0][len(rest) :]
        return f"{rest}{shape.add('K', _places(index, chosen), words)}"

    def inside(found: re.Match[str]) -> str:
        name = found["name"]
        if not index.tables.namespaces.get(name.lower()):
            return found[0]
        return f"{found['lead']}{shape.add('K', _places(index, [name]), name)}"

    shape.text = _AFTER.sub(after, shape.text)
    # `In front` is a place where there is a namespace of that name, whatever else the word may be.
    shape.text = _INSIDE.sub(inside, shape.text)
    shape.text = _BEFORE.sub(before, shape.text)


def _leading(text: str, index: NameIndex, *, plural: bool) -> tuple[list[str], str]:
    """Return the names at the start of a list, and the text behind them."""
    parts = re.split(r"(\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+)", text)
    chosen: list[str] = []
    used = 0
    for place in range(0, len(parts), 2):
        word = parts[place]
        if not _may_be_name(word, index) or (chosen and not _goes_on(word, index, plural=plural)):
            break
        chosen.append(word)
        used = place + 1
    return chosen, "".join(parts[used:])


def _trailing(text: str, index: NameIndex) -> tuple[list[str], str]:
    """Return the names at the end of a list, and the text before them."""
    parts = re.split(r"(\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+)", text)
    chosen: list[str] = []
    for place in range(len(parts) - 1, -1, -2):
        word = parts[place]
        if not _may_be_name(word, index) or (
            chosen and not (word.startswith("`") or index.namespace(word))
        ):
            break
        chosen.insert(0, word)
        parts = parts[:place]
    if chosen and parts and parts[-1].strip(" ,") not in ("", "and", "or"):
        return [], text
    return chosen, "".join(parts)


def _may_be_name(word: str, index: NameIndex) -> bool:
    return (
        word.startswith("`")
        or bool(index.tables.namespaces.get(word.lower()))
        or word.lower() not in NO_NAMES
    )


def _goes_on(word: str, index: NameIndex, *, plural: bool) -> bool:
    """Say whether a further word of a list is a namespace, too, and not the next thing."""
    return (word.startswith("`") and plural) or (bool(index.namespace(word.strip("`"))) and plural)


def _places(index: NameIndex, words: Iterable[str]) -> Places:
    names, unknown = [], []
    for word in words:
        bare = word.strip("`")
        known = index.namespace(bare)
        names.append(
            bare
            if word.startswith("`") and bare not in index.cluster.namespaces and not known
            else known or bare
        )
        if not known and not word.startswith("`"):
            unknown.append(bare)
    return Places(names=tuple(names), unknown=tuple(unknown))


def take_names(shape: Shape, index: NameIndex) -> None:
    """Replace the names of workloads, Services, pods and bare namespaces."""
    hidden = _hide(shape.text, index)
    pieces: list[str] = []
    at = 0
    for mention in index.find(hidden):
        start, end = mention.start, mention.end
        said = shape.text[start:end]
        if _HIDDEN in said or start < at or not _may_name(said, index):
            continue
        if mention.kind == "Entity":
            options: tuple[Party, ...] = tuple(party_of(one.target) for one in mention.matches)
            options = (Entities(tuple(name for one in options for name in one.names)),)  # type: ignore[union-attr]
            labels: tuple[str, ...] = ("",)
        else:
            options = tuple(party_of(one.target) for one in mention.matches)
            labels = tuple(one.label or str(one.target) for one in mention.matches)
        if mention.is_namespace:
            places = Places(names=tuple(options[0].namespaces or ()))  # type: ignore[union-attr]
            pieces += [shape.text[at:start], shape.add("K", places, said)]
            at = end
            continue
        how = mention.matches[0].how if mention.matches else "unknown"
        named = Named(said=said.strip("` "), options=options, labels=labels, how=how,
                      nearest=mention.nearest, kind=mention.kind)  # fmt: skip
        pieces += [shape.text[at:start], shape.add("A", named, said)]
        at = end
    shape.text = _placed("".join(pieces) + shape.text[at:], shape, index)


_EVERYDAY = re.compile(
    r"(?P<lead>(?:^|[.;:,]\s+|\b(?:to|from|in|into|of|between|with|within|for|and|or|only|by|on"
    r"|reach|access|enter"
    r"|contact|isolate|quarantine|allow|block|deny|let)\s+))(?P<name>[a-z][a-z0-9-]*)"
    r"(?=\s*(?:[.,;:)]|$)|\s+(?:and|or|on|over|via|at|but|is|are|may|can|must|should|shall|could"
    r"|except|to|from|into|with"
    r"|cannot|will|has|have|needs?|through|using|apart|unless|as|only|at)\b|\s+<[TOH]\d)",
    re.I,
)


def _placed(text: str, shape: Shape, index: NameIndex) -> str:
    """Return a text with its namespaces that are called by an everyday word, where ends stand."""

    def place(found: re.Match[str]) -> str:
        name = found["name"]
        if name.lower() in CLOSED_WORDS or not index.tables.namespaces.get(name.lower()):
            return found[0]
        return f"{found['lead']}{shape.add('K', _places(index, [name]), name)}"

    text = _EVERYDAY.sub(place, text)
    return _BESIDE.sub(place, text)


_BESIDE = re.compile(
    r"(?P<lead><K\d+>(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+))"
    r"(?P<name>[a-z][a-z0-9-]*)(?![\w/-])",
    re.I,
)


def _may_name(said: str, index: NameIndex) -> bool:
    low = said.strip("`").lower()
    return said.startswith("`") or low not in NO_NAMES or low in index.tables.exact


def _hide(text: str, index: NameIndex) -> str:
    """Return a text of the same length in which only names can be found as names."""
    text = re.sub(r"<[A-Z]+\d+>", lambda found: _HIDDEN * len(found[0]), text)

    def hide(found: re.Match[str]) -> str:
        space, slash, name = found[0].partition("/")
        if found[0].startswith("`") or not slash:
            return hide_word(found[0])
        # `default/web` is a name, where `default` alone is a word.
        known = space.lower() in index.tables.namespaces and name.lower() in index.tables.exact
        return found[0] if known else f"{hide_word(space)}/{hide_word(name)}"

    def hide_word(word: str) -> str:
        low = word.lower()
        if low not in NO_NAMES or (low in MAYBE_NAMES and low in index.tables.exact):
            return word
        return _HIDDEN * len(word)

    # `ingress gateway` is a thing, where `ingress` alone is a direction.
    return re.sub(
        r"`[^`]*`|(?<![\w/.])[a-z0-9][\w-]*/[a-z0-9][\w-]*(?![\w/])"
        r"|\b(?:ingress|egress)[ -](?:gateway|gw|controller|proxy)\b|[A-Za-z][\w-]*",
        hide,
        text,
        flags=re.I,
    )


def party_of(target: Target) -> Party:
    """Return what a name of the cluster means, as the end of a clause."""
    match target:
        case WorkloadTarget(workload):
            return Pods(namespaces=(workload.namespace,), workload=workload.full_name)
        case PodTarget(pod):
            name = f"{pod.namespace}/{pod.workload or pod.name}"
            return Pods(namespaces=(pod.namespace,), workload=name)
        case ServiceTarget(service):
            return ServiceParty(service.namespace, service.name)
        case NamespaceTarget(name):
            return Pods(namespaces=(name,))
        case AddressTarget(address):
            return Networks(ip_network(address))
        case RangeTarget(network):
            return Networks(network)
        case DnsTarget(name):
            return DnsNames((name,))
        case EntityTarget(name):
            return Entities((name,))
