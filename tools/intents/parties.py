"""The ends of connections in a request: noun phrases with their labels and namespaces."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tools.intents.identities import dns_party
from tools.intents.named import Named, Places
from tools.intents.shapes import MARK, Shape
from topology.authoring import (
    Accounts,
    Anyone,
    DnsNames,
    Entities,
    LabelTest,
    Networks,
    Nodes,
    Party,
    Pods,
    ServiceParty,
)

__all__ = ["End", "take_parties"]

_DETERMINER = (
    r"(?:(?:(?:any|all|each|some|both|one|either)\s+of|the|an?|any|all|every|each|our|my|their|its"
    r"|those|these|this|that|some|both"
    r"|existing|whole|entire|"
    r"single|various|selected|following|respective|matching)\s+)*"
)
_HEAD = (
    r"(?:pods?|endpoints?|workloads?|containers?|app(?:lication)?s?|services?|micro-?services?"
    r"|deployments?|"
    r"stateful\s?sets?|daemon\s?sets?|replica\s?sets?|jobs?|cron\s?jobs?|components?|replicas?"
    r"|instances?|sidecars?(?:\s+of)?|"
    r"backends?|servers?|clients?|callers?|things?|stuff|everything|everywhere|anywhere|anything|anyone|everyone"
    r"|members?)"
)
_WITH_LABELS = (
    r"(?:(?:(?:that|which)\s+(?:also\s+)?)?(?:are\s+|is\s+)?(?:also\s+)?(?:(?:with|having|has"
    r"|have|carrying|carries|carry|bearing|containing|matching|"
    r"match|wearing|by|using)\s+(?:both\s+)?(?:the\s+|a\s+)*(?:(?:pod|namespace"
    r"|node)\s+)?(?:labels?\s+|set\s+)?|labell?ed\s+(?:with\s+|as\s+)?|tagged\s+(?:with\s+"
    r"|as\s+)?|where\s+|whose\s+labels?\s+(?:is|are|match(?:es)?)\s+|selected\s+by\s+))"
)
_LABELS = (
    r"(?:<L\d+>(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+)(?:(?:with\s+)?(?:the\s+)?(?:labels?\s+"
    r"|labell?ed\s+))?<L\d+>)*)"
)
_IN = (
    r"(?:(?:that\s+(?:are|is|live|run)\s+|which\s+(?:are|live)\s+|running\s+|living\s+"
    r"|deployed\s+)?(?:in|of|from|inside|within|under|across|throughout|for)\s+|\(\s*)"
)
_SCOPE = (
    rf"(?:{_IN}{_DETERMINER}(?P<place{{n}}><K\d+>(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+"
    rf"|\s+or\s+)(?:in\s+)?{_DETERMINER}<K\d+>)*|(?:namespaces?|ns)\s+{_WITH_LABELS}{_LABELS}|"
    r"(?:(?:any|every|all|whatever|each)\s+)namespaces?|(?:(?:the|its|their|this|that"
    r"|our)\s+)?(?:same|own|policy's)\s+namespace|"
    r"other\s+namespaces?|(?:(?:its|their|this|that|the)\s+)namespaces?(?!\s*<)|<M\d+>)\s*\)?)"
)
_POST = (
    rf"(?:\s+(?:and\s+)?(?:{_WITH_LABELS}{_LABELS}|<L\d+>)|\s+{_SCOPE.format(n='')}"
    rf"|\s*,?\s*<K\d+>(?=\s*\)))"
)
_POST_PLAIN = re.sub(r"\?P<place>", "?:", _POST)
_KINDS = "|".join(
    (
        rf"{_DETERMINER}nodes?(?:\s+(?:{_WITH_LABELS}{_LABELS}|<L\d+>))",
        r"(?:every|all\s+(?:the\s+)?|any|each)\s*nodes?(?!\w)",
        rf"(?P<svc>(?:kubernetes\s+|k8s\s+)services?\s+(?:<A\d+>)"
        rf"|{_DETERMINER}services?\s+(?:{_WITH_LABELS}{_LABELS}"
        rf"|<L\d+>)(?:\s+{_SCOPE.format(n='2')})?)",
        rf"{_DETERMINER}(?:<L\d+>(?:\s+and\s+<L\d+>)*\s+)?(?:namespaces?"
        rf"|ns)\s+(?:{_WITH_LABELS}{_LABELS})",
        rf"{_DETERMINER}(?:<K\d+>\s+)?<A\d+>(?:\s+{_HEAD})?(?:{_POST_PLAIN})*",
        rf"{_DETERMINER}(?:<K\d+>\s+|<L\d+>(?:\s+and\s+<L\d+>)*\s+)?{_HEAD}(?:\s+(?:that\s+)?r"
        rf"unning)?(?:{_POST_PLAIN})+",
        rf"{_DETERMINER}<L\d+>(?:(?:\s+and\s+|\s*,\s*)<L\d+>)*(?:\s+{_HEAD})?(?:{_POST_PLAIN})*",
        rf"{_DETERMINER}<K\d+>(?:\s+{_HEAD})?(?:\s+{_WITH_LABELS}{_LABELS})?",
        rf"<U\d+>(?:\s+{_IN}{_DETERMINER}<K\d+>)?",
        r"<N\d+>(?:\s*,?\s*(?:but\s+not|except(?:\s+for)?|excluding|other\s+than|minus"
        r"|without)\s+(?:for\s+)?(?:the\s+)?(?:(?:cidr|ip|range|subnet|prefix"
        r"|address)(?:es)?\s+(?:prefix\s+|range\s+)?)*<N\d+>(?:(?:\s*,\s*(?:and\s+|or\s+)?"
        r"|\s+and\s+|\s+or\s+)<N\d+>)*)?",
        r"<D\d+>",
        rf"{_DETERMINER}<E\d+>",
        r"(?:any|every|all|each)\s+(?:source|destination|layer\s+3\s+destination|address"
        r"|ip(?:\s+address)?|host|client|caller|endpoint\s+or\s+address)(?:e?s)?(?!\w)"
        r"|anywhere|any(?:\s?one|body)(?!\s+else)|every(?:\s?one|body)(?!\s+else)"
        r"|anything(?!\s+else)"
        r"|everything(?!\s+else)|everywhere",
        r"(?:(?:any|every|all|each)\s+(?:of\s+)?(?:the\s+|our\s+)?|a\s+)(?:pods?|endpoints?"
        r"|workloads?|containers?|applications?|apps?|services?|namespaces?)(?!\s+else|\w)",
        r"(?<!other )(?:the\s+)?(?:pods?|endpoints?|workloads?|each\s+other)(?!\w)(?=\s+(?:may"
        r"|can|should"
        r"|must|is|are)\b)",
    )
)  # fmt: skip
_PREFIX = (
    r"(?:(?:(?:the\s+)?(?:external\s+|public\s+|source\s+|destination\s+)?(?:ips?"
    r"|ip\s+address(?:es)?|address(?:es)?|cidrs?|cidr\s+(?:prefix|range|block)(?:es|s)?"
    r"|ip\s+(?:range|block)s?|(?:ip\s+)?ranges?|subnets?|prefix(?:es)?|blocks?|networks?|hosts?"
    r"|hostnames?|domains?|fqdns?|dns\s+names?|names?|sites?|urls?)\s+(?=<[ND])))?"
)
_PARTY = re.compile(rf"(?<![\w<]){_PREFIX}(?P<np>{_KINDS})(?![\w])", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A noun phrase with all its readings; each reading may consist of several parties."""

    options: tuple[tuple[Party, ...], ...]
    labels: tuple[str, ...] = ()
    """Tells the readings apart, in words."""
    said: str = ""
    trouble: str = ""
    """Why it cannot be used: a sentence, with help."""
    note: str = ""
    """How a name was understood where that is not plain."""
    everyone: bool = False
    """Whether it says everyone, without any limit."""


def take_parties(shape: Shape) -> None:
    """Replace noun phrases by the ends that they name."""
    shape.take(_PARTY, "P", lambda found: _end(shape, found["np"], found[0]))
    for found in _ROW.finditer(shape.text):
        _share_place(shape, [int(one) for one in re.findall(r"<P(\d+)>", found[0])])


_ROW = re.compile(r"<P\d+>(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+)<P\d+>)+")


def _share_place(shape: Shape, numbers: Sequence[int]) -> None:
    """Take `a and b in x` as `a in x and b in x`, where several namespaces have an a."""
    ends: list[End] = [shape.values[one] for one in numbers]
    last = ends[-1]
    parties = [party for option in last.options for party in option]
    spaces = {space for one in parties for space in _spaces(one)}
    if not re.search(r"\b(?:in|of|from|inside|within)\b", last.said) or len(spaces) != 1:
        return
    if not all(isinstance(one, Pods) and one.workload for one in parties):
        return
    for number, end in zip(numbers[:-1], ends[:-1], strict=True):
        kept = [n for n, option in enumerate(end.options) if set(_spaces(option[0])) <= spaces]
        if len(end.options) > 1 and len(kept) == 1:
            only = kept[0]
            shape.values[number] = replace(
                end, options=(end.options[only],), labels=end.labels[only : only + 1]
            )


def _end(shape: Shape, text: str, said: str) -> End | None:
    low = text.lower()
    said = shape.plain(said)
    first = MARK.search(text)
    if re.match(rf"{_DETERMINER}nodes?\b", low) and "<a" not in low:
        return _plain(Nodes(_labels(shape, text)), said)
    if first is None or (first[1] not in "ALKUNDEM"):
        return _unmarked(low, said)
    kinds = {one[1] for one in MARK.finditer(text)}
    if "A" in kinds:
        return _named(shape, text, said)
    if kinds & {"U"}:
        return _accounts(shape, text, said)
    if kinds & {"N"}:
        networks = shape.found(text, "N")
        return _plain(Networks(networks[0], tuple(networks[1:])), said)
    if kinds & {"D"}:
        return _plain(dns_party(shape.found(text, "D")[0]), said)
    if kinds & {"E"}:
        return _plain(shape.found(text, "E")[0], said)
    if re.match(rf"{_DETERMINER}services?\s+(?:{_WITH_LABELS})?<l", low):
        places = _places(shape, text)
        space = places.names[0] if places and places.names else ""
        return _plain(ServiceParty(space, "", _labels(shape, text)), said, _unknown(places))
    return _pods(shape, text, said)


def _plain(party: Party, said: str, trouble: str = "") -> End:
    return End(options=((party,),), said=said, trouble=trouble)


def _unmarked(low: str, said: str) -> End:
    """Return who is meant by words such as `anyone` and `all pods`."""
    if re.search(
        r"\b(?:pods?|endpoints?|workloads?|containers?|applications?|apps?|services?)\b", low
    ) and ("address" not in low):
        if re.search(r"(?:any|every|all|each)\s+namespace", low):
            return _plain(Pods(namespaces=None), said)
        everyone = not re.search("namespace", low)
        trouble = _other_spaces(said)
        return End(options=((Pods(),),), said=said, trouble=trouble, everyone=everyone)
    if re.search(r"namespaces?$", low):
        return _plain(Pods(namespaces=None), said)
    return End(options=((Anyone(),),), said=said, everyone=True)


def _labels(shape: Shape, text: str) -> tuple[LabelTest, ...]:
    return tuple(dict.fromkeys(shape.found(text, "L")))


def _places(shape: Shape, text: str) -> Places | None:
    found: list[Places] = shape.found(text, "K")
    if not found:
        return None
    return Places(
        names=tuple(name for one in found for name in one.names),
        unknown=tuple(name for one in found for name in one.unknown),
    )


def _unknown(places: Places | None) -> str:
    if not places or not places.unknown:
        return ""
    return f"There is no namespace `{places.unknown[0]}`."


def _pods(shape: Shape, text: str, said: str) -> End:
    """Return pods by label and namespace."""
    spaces = _namespace_labels(shape, text)
    labels = tuple(one for one in _labels(shape, text) if one not in spaces)
    places = _places(shape, text)
    clusters: list[str] = shape.found(text, "M")
    namespaces: tuple[str, ...] | None = places.names if places else ()
    if spaces or re.search(r"(?:any|every|all|whatever|each)\s+namespaces?(?!\s*<)", text, re.I):
        namespaces = None
    groups = _alternatives(labels)
    pods = tuple(
        Pods(
            labels=group,
            namespaces=namespaces,
            namespace_labels=spaces,
            cluster=clusters[0] if clusters else "",
        )
        for group in groups
    )
    everyone = pods == (Pods(),)
    trouble = _unknown(places) or _other_spaces(said)
    return End(options=(pods,), said=said, trouble=trouble, everyone=everyone)


def _other_spaces(said: str) -> str:
    """Return the question about `pods in other namespaces`: no selector says which those are."""
    if re.search(r"\bother\s+namespaces?\b", said, re.I):
        return f"Which namespaces are meant by `{said.strip()}`? Name them."
    return ""


def _alternatives(labels: Sequence[LabelTest]) -> list[tuple[LabelTest, ...]]:
    """Return labels that must hold together; two values of one key can only be alternatives."""
    keys = [one.key for one in labels if one.operator == "In"]
    doubled = {key for key in keys if keys.count(key) > 1}
    if len(doubled) != 1:
        return [tuple(labels)]
    shared = [one for one in labels if one.key not in doubled]
    return [(*shared, one) for one in labels if one.key in doubled]


def _namespace_labels(shape: Shape, text: str) -> tuple[LabelTest, ...]:
    """Return the conditions that follow the word `namespace`."""
    found = re.search(rf"\b(?:namespaces?|ns)\s+{_WITH_LABELS}(?P<labels>{_LABELS})", text, re.I)
    before = re.search(r"(?P<labels><L\d+>)\s+(?:namespaces?|ns)\b", text, re.I)
    both = found or before
    return _labels(shape, both["labels"]) if both else ()


def _accounts(shape: Shape, text: str, said: str) -> End:
    party: Accounts = shape.found(text, "U")[0]
    places = _places(shape, text)
    bare = [one for one in party.accounts if one.startswith("/")]
    if bare and places:
        space = places.names[0]
        fixed = tuple(f"{space}{one}" if one.startswith("/") else one for one in party.accounts)
        return _plain(replace(party, accounts=fixed), said, _unknown(places))
    trouble = ""
    if bare:
        trouble = (
            f"It is not clear in which namespace the service account `{bare[0][1:]}` is; "
            f"say `namespace/{bare[0][1:]}`."
        )
    return _plain(party, said, trouble)


def _named(shape: Shape, text: str, said: str) -> End:
    """Return a workload, Service or namespace by name, narrowed by what is said around it."""
    named: Named = shape.found(text, "A")[0]
    places = _places(shape, text)
    labels = _labels(shape, text)
    if not named.options:
        return End(options=(), said=said, trouble=_nothing(named))
    chosen = [
        (one, label)
        for one, label in zip(named.options, named.labels, strict=True)
        if not places or set(_spaces(one)) & set(places.names)
    ]
    if not chosen:
        place = places.names[0] if places else ""
        return End(
            options=(),
            said=said,
            trouble=f"Nothing in namespace `{place}` is named `{named.said}`.",
        )
    options = tuple((_with_labels(one, labels),) for one, _ in chosen)
    is_every = re.match(r"(?:all\b|every\b|each\b|both\b)", text, re.I) and len(options) > 1
    names = {label.rpartition("/")[2] for _, label in chosen}
    if is_every and len(names) == 1 and (len(options) == 2 or text[:4].lower() != "both"):
        together = tuple(party for option in options for party in option)
        return End(options=(together,), said=said)
    if places and len(places.names) > 1 and len(options) > 1:
        # `web in a and in b` names one of each.
        together = tuple(party for option in options for party in option)
        return End(options=(together,), said=said)
    note = f"`{named.said}` as `{chosen[0][1]}`" if named.how in ("typo", "partial") else ""
    return End(options=options, labels=tuple(label for _, label in chosen), said=said, note=note)


def _with_labels(party: Party, labels: tuple[LabelTest, ...]) -> Party:
    if labels and isinstance(party, Pods):
        return replace(party, labels=labels) if not party.workload else party
    return party


def _nothing(named: Named) -> str:
    near = ", ".join(f"`{one}`" for one in named.nearest[:3])
    help_ = f" The nearest names are {near}." if near else ""
    return f"Nothing in the cluster is named `{named.said}`.{help_}"


def _spaces(party: Party) -> Iterable[str]:
    if isinstance(party, Pods):
        return party.namespaces or ()
    if isinstance(party, ServiceParty):
        return (party.namespace,)
    return ()


def is_outside(party: Party) -> bool:
    """Say whether an end is one that no policy can select."""
    return isinstance(party, DnsNames | Networks) or (
        isinstance(party, Entities) and not {"all", "cluster"} & set(party.names)
    )
