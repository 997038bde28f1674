"""What a request says of the policy itself: its kind, its name, its namespace, how it begins."""

import re
from dataclasses import dataclass

from tools.intents.named import Places
from tools.intents.shapes import Shape
from topology.authoring import Kind

__all__ = ["Heading", "read_heading"]

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("CiliumClusterwideNetworkPolicy",
        r"cilium\s?cluster-?wide\s?network\s?polic(?:y|ies)|ccnps?"
        r"|cluster-?wide\s+(?:cilium\s+)?(?:network\s+)?polic(?:y|ies)"),
    ("CiliumNetworkPolicy",
        r"cilium\s?network\s?polic(?:y|ies)|cnps?|cilium\s+(?:l[347]\s+)?polic(?:y|ies)"),
    ("NetworkPolicy",
        r"(?-i:NetworkPolic(?:y|ies))|networkpolic(?:y|ies)|(?:kubernetes|k8s|plain|vanilla|native"
        r"|standard|upstream)\s+(?:kubernetes\s+|k8s\s+)?(?:network\s?)polic(?:y|ies)|netpols?"),
    ("AuthorizationPolicy",
        r"authori[sz]ation\s?polic(?:y|ies)|authz(?:\s?polic(?:y|ies))?"
        r"|istio\s+(?:authori[sz]ation\s+|l7\s+)?polic(?:y|ies)"),
    ("PeerAuthentication", r"peer\s?authentications?"),
    ("RequestAuthentication", r"request\s?authentications?"),
)  # fmt: skip
_DOCUMENT = (
    r"(?:(?:network|ingress|egress|l3|l4|l7|layer\s+\d|security|firewall|access|simple|minimal"
    r"|new|single|separate|least[\s-]privilege|dns)[\s/]+)*"
    r"(?:polic(?:y|ies)|rules?|netpols?|manifests?|yamls?|something|what(?=\s+(?:is\s+needed"
    r"|it\s+takes)))"
)
_NAMED = (
    r"(?:\s*,?\s*(?:(?:that\s+is\s+|which\s+is\s+)?(?:named|called)|(?:and\s+)?(?:name|call)\s+it"
    r"|with\s+(?:the\s+)?name)\s+(?P<name>`[^`]+`|[a-z0-9][\w.-]*[a-z0-9]))"
)
_NAME_LATER = re.compile(
    r"[,;.]?\s*(?:and\s+)?(?:please\s+)?(?:name|call)\s+(?:it|this"
    r"|the\s+policy)\s+(?:as\s+)?(?P<name>`[^`]+`|[a-z0-9][\w.-]*[a-z0-9])",
    re.I,
)
_ASK = (
    r"(?:(?:hi|hey|hello|ok|okay|so|now|please|also|then|again|sorry|thanks)[\s,!]+)*"
    r"(?:(?:can|could|would|will)\s+(?:you|we|i)\s+(?:please\s+)?|(?:i"
    r"|we)\s+(?:really\s+)?(?:want|need|would\s+like|am\s+looking\s+for|are\s+looking\s+for"
    r"|like)\s+(?:you\s+)?(?:to\s+(?=write|create|draft|have|make|add|set|put|get))?"
    r"|help\s+(?:me|us)\s+(?:to\s+)?|(?:our|the|my)\s+[\w-]+(?:\s+(?:team|folks"
    r"|people))?\s+(?:wants?|asked|asks|insists?|demands?|says?)(?:\s+(?:that|us\s+to"
    r"|for))?\s+|please\s+)*"
)
_MAKE = (
    r"(?:(?:write|create|draft|make|generate|give|add|craft|produce|set\s+up|put\s+together"
    r"|come\s+up\s+with|show|prepare|build|define|design|apply|propose|have|get|suggest|do"
    r"|spin\s+up|whip\s+up)(?:\s+(?:me|us))?(?:\s+up)?\s+)"
)
_THEN = (
    r"(?:\s*(?::|,|-)?\s*(?:that|which|so\s+that|such\s+that|so|where|to|for\s+(?=<P"
    r"|me\b))(?:\s+(?:it\s+)?will\b|\s+would\b|\s+should\b)?\s*|\s*:\s*|\s+)"
)
_AGENT = re.compile(
    rf"\b(?:the|this|that|another|a|an|following|next|our)\s+(?:(?:following|next|above|below"
    rf"|is|another|example\s+of|l[347]|dns|authori[sz]ation|cilium|istio|kubernetes|network"
    rf"|egress|ingress|separate|l3|simple|<KD\d+>|{_DOCUMENT}|examples?)\s+)*(?:{_DOCUMENT}"
    rf"|examples?|<KD\d+>)"
    r"(?:\s+(?:shows?|illustrates?|demonstrates?"
    r"|explains?)(?:\s+(?:you\s+)?how\s+to)?(?:\s+use\s+(?:a|an"
    r"|the)\s+(?P<kind>[\w\s]*?)\s*rules?\s+to)?)?",
    re.I,
)
_OPENING = re.compile(
    rf"^{_ASK}{_MAKE}(?:(?:an?|the|some|one|any)\s+)?(?:<KD\d+>"
    rf"|{_DOCUMENT})(?:{_NAMED})?(?:\s+(?:in|for)\s+(?P<place><K\d+>))?{_THEN}?",
    re.I,
)
_OPENER = re.compile(
    r"^\s*(?:heads[\s-]up|fyi|note|reminder|hi|hello|hey|urgent|request|ask|task|todo|ticket"
    r"|context"
    r"|background|info|quick\s+(?:one|question|ask)|from\s+the\s+audit|"
    r"(?:[a-z]+\s+){0,2}[A-Z]{2,8}-\d+)"
    r"(?:\s+(?:for\s+)?(?:all|team|folks|everyone))?\s*[:,-]\s+"
    r"|^\s*(?:for|due\s+to|because\s+of)\s+(?:[a-z]+\s+){0,2}(?:reasons?|purposes"
    r"|compliance)\b,?\s+",
    re.I,
)
"""What only says that a request follows."""
_LATER_OPENING = re.compile(
    rf"(?P<before>(?:^|[.!?;]\s+|\n))(?P<open>{_ASK}{_MAKE}(?:(?:an?|the|some|one|any)\s+)?"
    rf"(?:<KD\d+>|{_DOCUMENT})"
    rf"\s+(?:that|which|so\s+that|such\s+that|to)\s+)(?=[a-z<])",
    re.I,
)
"""The same behind a sentence that tells why."""
_BARE_OPENING = re.compile(
    rf"^(?:an?|one)\s+(?:<KD\d+>|{_DOCUMENT})\s+(?:that|which|so\s+that|such\s+that|to)\s+"
    r"(?=[a-z<])",
    re.I,
)
_PARTICIPLE = re.compile(
    r"^(?P<lead>\s*)(?P<verb>letting|allowing|permitting|blocking|denying|preventing|restricting"
    r"|limiting|isolating)\b",
    re.I,
)
_ASKING = re.compile(rf"^{_ASK}", re.I)
_HEADER = re.compile(
    r"(?:\b(?:an?|the)\s+)?(?P<kind><KD\d+>)(?:\s+(?:named\s+"
    r"|called\s+)?(?P<name>`[^`]+`))?(?:\s+(?:in|for"
    r"|of)\s+(?:the\s+)?(?P<place><K\d+>))?(?:\s*:|\s+(?:that|which)\b)?",
    re.I,
)
_KIND = {
    kind: re.compile(
        rf"(?<![\w./-])(?:the\s+|an?\s+|as\s+an?\s+|as\s+|using\s+|with\s+"
        rf"|via\s+)?(?:(?:istio|cilium|kubernetes|k8s)\s+)?(?:{pattern})(?![\w-])", re.I)
    for kind, pattern in _KINDS
}  # fmt: skip
_WIDE = re.compile(
    r"\b(?:cluster-?wide|(?:across|for|in)\s+the\s+(?:whole|entire)\s+cluster"
    r"|for\s+every\s+namespace|in\s+(?:every|all)\s+namespaces?|mesh-?wide|everywhere)\b",
    re.I,
)
_IN_ALL = re.compile(r"\s+(?:in|of|across)\s+(?:the|our|this)\s+cluster\b", re.I)
_NOTHING_MORE = re.compile(
    r",?\s*(?:and\s+)?\bwithout\s+(?:opening|allowing|exposing"
    r"|letting\s+in)\s+(?:up\s+)?(?:anything|anyone)(?:\s+(?:else|more))?\b",
    re.I,
)
"""What drafting never does anyway."""
_ADDITIVE = re.compile(
    r",?\s*(?:and\s+)?\b(?:clos(?:es|ing)\s+nothing(?:\s+else)?|without\s+(?:closing|blocking"
    r"|restricting|affecting|cutting\s+off)\s+anything(?:\s+else)?"
    r"|without\s+(?:a\s+)?default[\s-]+deny|with\s+default[\s-]+deny\s+(?:off|disabled))\b",
    re.I,
)
_EXACT = re.compile(
    r"\bsays?\s+exactly\s*:|,?\s*\bnot\s+even\s+DNS\b|,?\s*\bDNS\s+included\b", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What was said of the policy itself."""

    kinds: tuple[Kind, ...] = ()
    name: str = ""
    namespace: str = ""
    wide: bool = False
    """Whether everything in the cluster is meant."""
    dry_run: bool = False
    exact: bool = False
    additive: bool = False


_PLAIN_VERBS = {
    "letting": "let", "allowing": "allow", "permitting": "allow", "blocking": "block",
    "denying": "deny", "preventing": "prevent", "restricting": "restrict", "limiting": "limit",
    "isolating": "isolate",
}  # fmt: skip
"""How `a policy letting a reach b` is said as an order."""


def take_kinds(shape: Shape) -> None:
    """Replace the kinds that are named."""
    for kind, pattern in _KIND.items():
        shape.take(pattern, "KD", lambda found, kind=kind: kind)  # type: ignore[misc]


def read_heading(shape: Shape) -> Heading:
    """Take out of a request what it says of the policy itself."""
    kinds: list[Kind] = shape.found_kinds()
    shape.text = _OPENER.sub("", shape.text)
    name = namespace = ""
    later = _NAME_LATER.search(shape.text)
    if later:
        name = later["name"].strip("`")
        shape.text = shape.text[: later.start()] + shape.text[later.end() :]
    opening = _OPENING.match(shape.text)
    if opening:
        name = name or (opening["name"] or "").strip("`")
        namespace = _place(shape, opening["place"])
        # `In` and `for` a namespace stand for the subject, too, and are kept for the clause.
        keep = f"for {opening['place']} " if opening["place"] else ""
        shape.text = keep + shape.text[opening.end() :]
    else:
        shape.text = re.sub(r"^to\s+(?=[a-z])", "", _ASKING.sub("", shape.text), flags=re.I)
    shape.text = _BARE_OPENING.sub("", shape.text)
    shape.text = _LATER_OPENING.sub(lambda found: found["before"], shape.text)
    shape.text = _PARTICIPLE.sub(
        lambda found: found["lead"] + _PLAIN_VERBS[found["verb"].lower()], shape.text
    )
    for found in list(_HEADER.finditer(shape.text)):
        name = name or (found["name"] or "").strip("`")
        if found[0].rstrip().endswith(":") or found["name"]:
            namespace = namespace or _place(shape, found["place"])
    shape.text = _HEADER.sub(_kept, shape.text)
    shape.text = _PARTICIPLE.sub(
        lambda found: found["lead"] + _PLAIN_VERBS[found["verb"].lower()], shape.text
    )
    # Who writes or shows the policy says nothing of what it does, but that the text explains.
    shape.text = _AGENT.sub(
        lambda found: f" {shape.add('AG', found[0], found[0])} {found['kind'] or ''} ", shape.text
    )
    wide = bool(_WIDE.search(shape.text)) or "CiliumClusterwideNetworkPolicy" in kinds
    if wide:
        shape.text = _IN_ALL.sub("", shape.text)
    shape.text = _NOTHING_MORE.sub("", shape.text)
    additive = bool(_ADDITIVE.search(shape.text))
    shape.text = _ADDITIVE.sub("", shape.text)
    exact = bool(_EXACT.search(shape.text))
    shape.text = _EXACT.sub(":", shape.text)
    dry = bool(re.search(r"\bdry[\s-]run\b", shape.text, re.I))
    shape.text = re.sub(
        r"\b(?:in\s+)?(?:as\s+a\s+)?dry[\s-]run(?:\s+(?:mode|only))?\b[,:]?",
        " ",
        shape.text,
        flags=re.I,
    )
    return Heading(
        kinds=tuple(dict.fromkeys(kinds)),
        name=name,
        namespace=namespace,
        wide=wide,
        dry_run=dry,
        exact=exact,
        additive=additive,
    )


def _kept(found: re.Match[str]) -> str:
    is_header = found[0].rstrip().endswith(":") or found["name"]
    if found["place"] and not is_header:
        return f"in {found['place']}"
    return " "


def _place(shape: Shape, mark: str | None) -> str:
    if not mark:
        return ""
    places: Places = shape.value(mark)
    return places.names[0]
