"""Descriptions of policies: prose that announces a policy, and explains around it.

`The following policy allows a to call b. Refer to the guide for more.` asks for what its first
sentence says. What stands before the announcement, and what cannot be read behind it, is set
aside, and told; where it names something of the network, the rest is only taken once confirmed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

__all__ = ["Description", "read_description"]

_MOST = 40
"""Sentences of a description that are looked at."""
_SPLIT = re.compile(
    r"\s+(?=(?:As\s+an|For)\s+example,\s)|(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!vs\.)(?<=[.!?])\s+"
    r"|(?<=:)\s+(?=[A-Z])|\s*\n\s*\n\s*|\n\s*(?=[-*]\s)|(?<=:)\s*\n"
)
_CUT = re.compile(r",\s+and\s+(?=(?:all\s+|any\s+)?(?:endpoints?|pods?|workloads?|requests?)\b)")
_LEAD = (
    r"(?:(?:for\s+example|as\s+an\s+example|in\s+this\s+(?:example|case)|in\s+the\s+cluster|here|"
    r"in\s+(?:the\s+)?(?:\w+\s+)?(?:below|following)\s+example|the\s+purpose\s+of\s+this\s+rule\s+is\s+to)"
    r"\s*,?\s+)?"
)
_KIND = (
    r"(?:(?:network|authori[sz]ation|peer\s?authentication|request\s?authentication|cilium|istio|"
    r"kubernetes|k8s|simple|minimal|basic|sample|L[347]|layer\s+[347]|DNS|HTTP|CIDR|host|deny|allow|"
    r"ingress|egress|clusterwide|cluster-wide|example|security|access)\s+)*"
)
_THING = (
    r"(?:examples?|rules?|polic(?:y|ies)|manifests?|yaml|resource|configuration|snippet"
    r"|`?(?:Cilium(?:Clusterwide)?NetworkPolicy|NetworkPolicy|AuthorizationPolicy|PeerAuthentication"
    r"|RequestAuthentication)`?)"
)
_POLICY = (
    rf"(?:(?:the|this|that|our|a|an|another|following|next|second|above|below)\s+)+{_KIND}{_THING}"
)
_SHOWS = r"(?:shows?|illustrates?|demonstrates?|explains?|describes?|is\s+an\s+example\s+of|gives)"
_VERBS = {
    "accept": "accepts", "add": "", "admit": "admits", "allow": "allows", "authorize": "authorizes",
    "block": "blocks", "confine": "confines", "deny": "denies", "disable": "disables",
    "disallow": "disallows", "drop": "drops", "enable": "enables", "enforce": "enforces",
    "expose": "exposes", "forbid": "forbids", "grant": "grants", "isolate": "isolates",
    "let": "lets", "limit": "limits", "lock": "locks", "make": "makes", "open": "opens",
    "permit": "permits", "prevent": "prevents", "prohibit": "prohibits", "refuse": "refuses",
    "reject": "rejects", "require": "requires", "restrict": "restricts", "set": "sets",
}  # fmt: skip
_BASE = {third: base for base, third in _VERBS.items() if third} | {base: base for base in _VERBS}
_VERB = "|".join(sorted(_BASE, key=len, reverse=True))
_ANNOUNCED = re.compile(
    rf"^{_LEAD}{_POLICY}\s+(?:(?:{_SHOWS}\s+(?:you\s+)?how\s+to\s+(?:use\s+[^.]*?(?P<side>ingress|egress)?(?:\s+deny)?\s+rules?\s+to\s+"
    rf"|set\s+up\s+[^.]*?\bto\s+)?)|(?:(?:that|which|will|would|should|can|is\s+used\s+to|is\s+to"
    rf"|effectively|explicitly)\s+)*)(?P<verb>{_VERB})\b\s*(?P<rest>.*)$"
    rf"|^(?:(?:an?|the)\s+)?{_KIND}(?:polic(?:y|ies)|rules?)\s+(?:to|that|which)\s+(?P<verb2>{_VERB})\b"
    rf"\s*(?P<rest2>.*)$",
    re.I | re.S,
)
_SCOPED = re.compile(
    rf"^{_LEAD}{_POLICY}\s+(?:applies|is\s+applied|apply)\s+to\s+(?P<whom>.+?)[.:]?$", re.I | re.S
)
_GOES_ON = re.compile(
    rf"^(?:it|this)\s+(?:also\s+)?(?P<verb>{_VERB})\b\s*(?P<rest>.*)$", re.I | re.S
)
_BARE = re.compile(
    r"^(?P<verb>accept|allow|block|deny|drop|enable|enforce|expose|forbid|isolate|limit|lock|permit"
    r"|prevent|prohibit|reject|require|restrict)\s+(?P<rest>.+)$",
    re.I | re.S,
)
_PASSING = re.compile(r"^(?:communications?|traffic|access|connections?)\b", re.I)
_NOTHING = re.compile(r"^nothing\b(?P<more>.*)$", re.I | re.S)
_AGAIN = re.compile(
    r"(?:,?\s*(?:and\s+)?(?:so\s+|thus\s+|effectively\s+)*denies\s+(?:all|any)\s+(?:the\s+)?"
    r"(?:requests?|traffic)(?:\s+to\s+(?P<whom>[^,;]+))?)?",
    re.I | re.S,
)
_PLAINER = tuple(
    (re.compile(pattern, re.I), plain)
    for pattern, plain in (
        (r"\s+managed\s+by\s+cilium\b", ""),
        (r",?\s+to\s+any\s+layer\s+3\s+destination\b", " to anyone"),
        (r"\b(?:be\s+able\s+to\s+)?emit\s+packets\s+using\b", "send traffic using"),
        (r"^in\s+the\s+cluster,\s*", ""),
        (r"\bon\s+all\s+namespaces\s+on\s+all\s+pods\b", "to all pods in all namespaces"),
        (r"\b(?:all\s+)?(?:the\s+)?requests?\s+with\s+(?:the\s+)?`?([A-Z]+)`?\s+methods?\b",
            r"\1 requests"),
        (r"\b(requests?\b.*?)\s+on\s+(?=(?:all|any|every)\s+(?:the\s+)?(?:workloads?|pods?)\b)",
            r"\1 to "),
        (r",?\s+but\s+(?:only\s+)?they\s+must\s+(?:communicate|do\s+so)\s+(?=using|over|on)", " "),
        (r"\bendpoints?\s+with\s+(?:any\s+)?other\s+labels?\b", "other endpoints"),
        (r"\bkubernetes\s+namespace\b", "namespace"),
        (r"\ball\s+requests?\s+for\b", "all requests to"),
    )
)  # fmt: skip
"""Words of documentation, and the plain ones for them."""
_KINDS = (
    ("CiliumClusterwideNetworkPolicy", re.compile(r"\bCiliumClusterwideNetworkPolicy\b|\bCCNP\b")),
    ("AuthorizationPolicy", re.compile(r"\bauthori[sz]ation\s?polic(?:y|ies)\b", re.I)),
    ("RequestAuthentication", re.compile(r"\brequest\s?authentications?\b", re.I)),
)


@dataclass(slots=True)
class Description:
    """A description taken apart."""

    text: str = ""
    """What it asks for, in sentences that order; empty where it announces nothing."""
    asides: list[str] = field(default_factory=list)
    """What explains, and names nothing of the network."""
    doubtful: list[str] = field(default_factory=list)
    """What stands before the announcement although it names something."""
    unread: list[str] = field(default_factory=list)
    """What stands behind it, names something, and could not be read."""


def read_description(
    request: str, *, reads: Callable[[str], bool], tells: Callable[[str], bool]
) -> Description | None:
    """Return what a description asks for; None where the text announces no policy.

    Args:
        request: As a person wrote it.
        reads: Says whether a text can be read whole.
        tells: Says whether a sentence names nothing, and asks for nothing.
    """
    sentences = list(_sentences(request))
    first = next((at for at, one in enumerate(sentences) if _order_of(one)), None)
    if first is None or len(sentences) > _MOST:
        return None
    found = Description()
    for one in sentences[:first]:
        (found.asides if tells(one) else found.doubtful).append(one)
    heading = _heading(sentences[: first + 1])
    kept: list[str] = []
    scope = ""
    for one in sentences[first:]:
        scoped = _SCOPED.match(one)
        if scoped:
            scope = scoped["whom"].strip()
            continue
        for part in _CUT.split(_order_of(one) or one):
            order = _ordered(part, scope)
            if scope and order.startswith(tuple(_BASE)):
                # What it opens is for its scope, which this form cannot say.
                return None
            if order and reads(heading + " ".join([*kept, order])):
                kept.append(order)
            elif order:
                (found.asides if tells(part) else found.unread).append(part)
    found.text = heading + " ".join(kept) if kept else ""
    return found


def _sentences(request: str) -> Iterator[str]:
    text = re.sub(r"(?<!\n)\n(?!\s*\n|\s*[-*]\s)", " ", request.replace("``", "`"))
    for one in _SPLIT.split(text):
        if re.search(r"\w", one):
            yield " ".join(one.split())


def _order_of(sentence: str) -> str:
    """Return a sentence that announces a policy as the order that it stands for."""
    if _SCOPED.match(sentence):
        return sentence
    found = _ANNOUNCED.match(sentence) or _GOES_ON.match(sentence) or _BARE.match(sentence)
    if found is None:
        return ""
    groups = {"verb2": None, "rest2": None, **found.groupdict()}
    verb = _BASE[(groups["verb"] or groups["verb2"] or "").lower()]
    rest = (groups["rest"] or groups["rest2"] or "").rstrip(" :")
    if groups.get("side"):
        # `How to use an egress rule to allow communication`: it is said where it is enforced.
        rest = _PASSING.sub(f"{(groups['side'] or '').lower()} traffic", rest)
    return f"{verb} {rest}" if rest else ""


def _ordered(sentence: str, scope: str) -> str:
    """Return an order in plain words; what a policy that applies to something does, is for that."""
    for pattern, plain in _PLAINER:
        sentence = pattern.sub(plain, sentence)
    allows = re.match(r"(?:it\s+)?allows?\s+(.*)", sentence, re.I | re.S)
    nothing = _NOTHING.match(allows[1]) if allows else None
    if nothing is None:
        return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
    # `It allows nothing and effectively denies all requests to them` says one thing twice.
    again = _AGAIN.fullmatch(nothing["more"].strip(" .:"))
    if again is None:
        return sentence
    whom = scope or again["whom"] or ""
    return f"Nothing may reach {whom}." if whom else ""


def _heading(sentences: list[str]) -> str:
    """Return the kind of policy that is announced, as a heading."""
    text = " ".join(sentences)
    return next((f"{kind}: " for kind, pattern in _KINDS if pattern.search(text)), "")
