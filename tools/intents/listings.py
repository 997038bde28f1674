"""Requests in the form of a list: `db: ingress from a on 5432, b on 5432; egress none`.

A list that is understood whole is put in plain sentences, one for each item. Anything else in it
leaves it as it is, for the readers of sentences.
"""

import re
from dataclasses import dataclass, field, replace

from tools.intents.shapes import Shape
from topology.authoring import Pods
from topology.names import NameIndex

__all__ = ["unfold"]

_HEADS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"^(?:for|on)\s+(?P<who><P\d+>)\s+(?:with|allowing|permitting)\s+",
        r"^(?:(?:policy|rules?)\s+(?:for|on)\s+|for\s+|on\s+)?(?P<who><P\d+>)(?:'s)?\s+"
        r"(?P<side>egress|outbound|ingress"
        r"|inbound)(?:\s+(?:traffic|rules?|policy))?\s*:\s*",
        r"^(?P<side>egress|outbound|ingress|inbound)(?:\s+(?:traffic|rules?|policy))?\s+(?:for|of"
        r"|from|to|on|into)\s+"
        r"(?P<who><P\d+>)\s*:\s*",
        r"^(?:(?:policy|rules?)\s+(?:for|on)\s+|for\s+|on\s+)?(?P<who><P\d+>)\s*:\s*",
        r"^(?:lock|seal|close|shut)\s+(?P<who><P\d+>)\s+(?:down|off|up)\s*:\s*",
        r"^(?:lock\s+down|seal\s+off|close\s+off|restrict|limit|tighten)\s+(?P<who><P\d+>)\s*:\s*",
    )
)
_CONTINUES = re.compile(
    r"^(?:and\s+|then\s+)?(?:allow\s+|only\s+|no\s+|deny\s+)?(?:all\s+|any\s+)?(?:egress|ingress"
    r"|inbound|outbound|from"
    r"|to)\b",
    re.I,
)
_REST = (
    r"(?:and\s+)?(?:(?:nothing|nobody|no\s?one)\s+(?:else|more)|(?:the\s+)?rest(?:\s+(?:is|are"
    r"|gets?))?\s+(?:denied|blocked"
    r"|dropped|refused|closed|forbidden)|(?:everything|anything|all|everyone|anyone)\s+else(?:\s+"
    r"(?:is|are|gets?|must\s+be"
    r"|should\s+be))?\s*:?\s*(?:denied|blocked|dropped|refused|closed|forbidden|deny|block|drop)"
    r"|(?:deny|block|drop|refuse|reject)\s+(?:the\s+rest|(?:everything|anything|all|everyone"
    r"|anyone)\s+else"
    r"|all\s+other(?:\s+traffic)?)|(?:all\s+)?others?\s+(?:denied|blocked|dropped))"
)
_SIDED_REST = (
    r"(?:and\s+)?(?:(?:deny|block|drop|refuse|reject)\s+(?:all\s+|any\s+|every\s+)?(?:other"
    r"|the\s+rest\s+of\s+(?:the|its"
    r"|their))\s+(?P<rest1>egress|ingress|inbound|outbound)(?:\s+(?:traffic|connections?|access))?"
    r"|(?:no\s+other|deny\s+other|nothing\s+else)\s+(?P<rest2>egress|ingress|inbound|outbound|in"
    r"|out)(?!\w)(?:\s+traffic)?"
    r"|(?:all\s+|any\s+)?other\s+(?P<rest3>egress|ingress|inbound|outbound)(?:\s+(?:traffic"
    r"|connections?|access))?\s+(?:is\s+|are"
    r"\s+|gets\s+|must\s+be\s+|should\s+be\s+)?(?:denied|blocked|dropped|refused|forbidden))"
)
_NONE = (
    r"(?:(?P<none1>egress|ingress|inbound|outbound)(?:\s+traffic)?\s*:?\s*(?:none|nothing|nowhere"
    r"|no\s?one|nobody|denied|deny|blocked)(?:\s+at\s+all)?"
    r"|(?P<all>deny\s+all|default[\s-]deny|deny\s+by\s+default)"
    r"(?!\s+(?:other|egress|ingress|inbound|outbound|from|to|traffic))"
    r"|(?:nothing|no\s?one)\s+(?P<none3>in|out)(?!\w)"
    r"|(?:no|deny(?:\s+all|\s+any)?|block\s+all|without)\s+"
    r"(?P<none2>egress|ingress|inbound|outbound)(?:\s+traffic)?(?:\s+at\s+all|\s+whatsoever)?)"
    r"(?!\s+(?:from|to|by|into|towards|on|at|for|of)\b)"
)
"""Nothing on one side; never `deny ingress from a`, which denies a and nobody else."""
_TOKEN = re.compile(
    rf"\s*(?:(?P<sided>{_SIDED_REST})|(?P<none>{_NONE})|(?P<rest>{_REST})"
    r"|(?P<side>egress|outbound|outgoing|ingress|inbound|incoming|in(?=\s+from)|out(?=\s+to))"
    r"(?:\s+(?:traffic|access"
    r"|connections?))?"
    r"|(?P<P><P\d+>)|(?P<T>\(?<T\d+>\)?)|(?P<from>from|by)\b|(?P<to>to|towards)\b|(?P<only>only"
    r"|just|exclusively|solely)\b"
    r"|(?P<dns>(?:(?:apart\s+from|except(?:\s+for)?|besides|other\s+than|plus)\s+)?(?:kube-?)?dns"
    r"(?:\s+(?:lookups?|queries|resolution|traffic))?)\b|(?P<join>,|and\b|plus\b|also\b|then\b"
    r"|but\b|as\s+well\s+as\b)"
    r"|(?P<skip>:|(?:smtp|http|grpc|redis|postgres|mqtt|amqp|kafka|mysql|ldap|tls|tcp|udp)"
    r"(?=\s+\(?<T)|requests?\b|(?:allow(?:ed)?|permit(?:ted)?|accepts?|the|can|may|on|reach)\b))",
    re.I,
)  # fmt: skip
_OUT = ("egress", "outbound", "outgoing", "out")


@dataclass(slots=True)
class _List:
    """What a list says of its subject so far."""

    who: str
    side: str = ""
    items: list[tuple[str, str, str]] = field(default_factory=list)
    """Side, end and traffic of each item."""
    closed: set[str] = field(default_factory=set)
    dns: bool = False
    bare: list[str] = field(default_factory=list)
    """Ends of the list in progress, whose traffic may still be said."""

    def flush(self, traffic: str = "") -> None:
        """End the list in progress: its traffic is that of all its ends."""
        if self.bare:
            self.items.append((self.side, " and ".join(self.bare), traffic))
        self.bare = []

    def finish(self) -> bool:
        """Settle what is closed, and say whether the list says anything."""
        self.flush()
        if "?" in self.closed:
            self.closed = (self.closed - {"?"}) | {self.side}
        if "*" in self.closed:
            # `deny all, then allow a`: it closes the sides at which something is allowed again.
            self.closed = (self.closed - {"*"}) | {item[0] for item in self.items}
            return bool(self.items)
        return bool(self.items or self.closed)


def unfold(shape: Shape, index: NameIndex) -> None:
    """Replace the lists of a text by the sentences that they stand for.

    Args:
        shape: The text.
        index: The names of the cluster, whose ports tell who of two is called.
    """
    parts = re.split(r"((?<=[^\s.])\s*(?:[.!?]+(?=\s|$)|;|\n+)\s*)", shape.text)
    current: _List | None = None
    begun = 0
    out: list[str] = []
    for place in range(0, len(parts), 2):
        sentence, mark = parts[place], parts[place + 1] if place + 1 < len(parts) else ""
        found = _begun(shape, index, sentence)
        if found is not None:
            current, begun = found, len(out)
            out.append(_said(found) + (mark or "."))
            continue
        if (
            current
            and _CONTINUES.match(sentence.strip())
            and _take(shape, index, current, sentence.strip())
        ):
            out[begun:] = [_said(current) + (mark or ".")]
            continue
        current = None
        out.append(sentence + mark)
    shape.text = "".join(out).strip()


def _begun(shape: Shape, index: NameIndex, sentence: str) -> _List | None:
    text = sentence.strip()
    for pattern in _HEADS:
        found = pattern.match(text)
        if not found:
            continue
        side = (found.groupdict().get("side") or "").lower()
        one = _List(who=found["who"], side=_side(side))
        if _take(shape, index, one, text[found.end() :]):
            return one
    return None


def _side(word: str) -> str:
    low = word.lower()
    return "" if not low else "egress" if low in _OUT else "ingress"


def _take(shape: Shape, index: NameIndex, one: _List, text: str) -> bool:
    """Take what a text says into a list, and say whether it was understood whole."""
    trial = replace(one, items=list(one.items), closed=set(one.closed), bare=[])
    if not (_Taker(shape, index, trial).take(text) and trial.finish()):
        return False
    one.side, one.items, one.closed, one.dns = trial.side, trial.items, trial.closed, trial.dns
    return True


class _Taker:
    """Takes the words of a list one by one; a word in a place that means nothing ends it."""

    def __init__(self, shape: Shape, index: NameIndex, into: _List) -> None:
        self.shape, self.index, self.into = shape, index, into
        self.lead = ""
        self.traffic = ""
        self.lists = False
        self.behind = ""

    def take(self, text: str) -> bool:
        """Take a text, and say whether each word of it found its place."""
        at = 0
        while text[at:].strip(" ."):
            found = _TOKEN.match(text, at)
            if not found or found.end() == at:
                return False
            at = found.end()
            self.behind = text[at:]
            kind = next(name for name in _ORDER if found[name])
            take = getattr(self, f"_take_{kind}", None)
            if take and not take(found):
                return False
            self.lead = kind
        return not self.traffic

    def _take_sided(self, found: re.Match[str]) -> bool:
        self.into.flush()
        self.into.closed.add(_side(found["rest1"] or found["rest2"] or found["rest3"]))
        return True

    def _take_none(self, found: re.Match[str]) -> bool:
        self.into.flush()
        if found["all"]:
            self.into.closed.add("*")
            return True
        side = _side(found["none1"] or found["none2"] or found["none3"])
        self.into.side = side
        self.into.closed.add(side)
        return not any(item[0] == side for item in self.into.items)

    def _take_rest(self, _found: re.Match[str]) -> bool:
        self.into.flush()
        sides = {item[0] for item in self.into.items} | ({"egress"} if self.into.dns else set())
        self.into.closed |= sides
        return len(sides) == 1

    def _take_side(self, found: re.Match[str]) -> bool:
        self.into.flush()
        self.into.side = _side(found[0].split()[0])
        return True

    def _take_from(self, _found: re.Match[str]) -> bool:
        return self._lead("ingress")

    def _take_to(self, _found: re.Match[str]) -> bool:
        return self._lead("egress")

    def _lead(self, side: str) -> bool:
        if not self.traffic:
            self.into.flush()
        # `egress from x` names no one that x reaches.
        if self.lead == "side" and self.into.side != side:
            return False
        self.into.side = side
        return True

    def _take_P(self, found: re.Match[str]) -> bool:
        word = found[0].strip()
        behind = re.match(r"(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)<P\d+>)*\s*\(?(<T\d+>)", self.behind)
        side = self.into.side if self.lead in (*_LEADS, "side") else ""
        pair = (self.into.who, word)
        side = side or _by_port(self.shape, self.index, pair, behind[1] if behind else self.traffic)
        side = side or self.into.side
        if not side or self.lead == "P":
            return False
        if side != self.into.side:
            self.into.flush()
            self.into.side = side
        self.into.bare.append(word)
        if self.traffic:
            self.into.flush(self.traffic)
            self.traffic = ""
        return True

    def _take_T(self, found: re.Match[str]) -> bool:
        word = found[0].strip().strip("()")
        if self.into.bare and not self.traffic:
            uneven = self.lists and len(self.into.bare) > 1 and _uneven(self.into)
            self.into.flush(word)
            return not uneven
        if self.lead not in ("", "join", "skip", "only", "side") or self.traffic:
            return False
        self.traffic = word
        return True

    def _take_only(self, _found: re.Match[str]) -> bool:
        self.into.closed.add(self.into.side or "?")
        return True

    def _take_dns(self, _found: re.Match[str]) -> bool:
        self.into.flush()
        self.into.dns = True
        return self.into.side != "ingress"

    def _take_join(self, _found: re.Match[str]) -> bool:
        self.lists = True
        return True


_ORDER = ("sided", "none", "rest", "side", "P", "T", "from", "to", "only", "dns", "join", "skip")
_LEADS = {"from": "ingress", "to": "egress"}


def _by_port(shape: Shape, index: NameIndex, pair: tuple[str, str], traffic: str) -> str:
    """Return the side that a port tells: who offers it is called, where the other one does not."""
    if not traffic:
        return ""
    wanted = {
        span.first
        for option in shape.value(traffic).options
        for span in option.ports
        if span.first and span.first == span.last
    }
    mine, theirs = (_offers(shape, index, one, wanted) for one in pair)
    return "" if mine == theirs else "ingress" if mine else "egress"


def _offers(shape: Shape, index: NameIndex, mark: str, wanted: set[int]) -> bool:
    end = shape.value(mark)
    parties = [party for option in end.options for party in option]
    if not wanted or not all(isinstance(one, Pods) and one.workload for one in parties):
        return False
    names = {one.workload for one in parties if isinstance(one, Pods)}
    offered = {
        port.number
        for pod in index.cluster.pods
        if f"{pod.namespace}/{pod.workload or pod.name}" in names
        for port in pod.ports
    }
    return wanted <= offered


def _uneven(one: _List) -> bool:
    """Say whether others of the list have traffic of their own: `a, b on 80` behind `c on 90`."""
    return any(side == one.side and traffic for side, _, traffic in one.items)


def _said(one: _List) -> str:
    sentences = []
    for side, who, traffic in one.items:
        on = f" {traffic}" if traffic else ""
        if side == "ingress":
            sentences.append(f"Ingress to {one.who} is allowed from {who}{on}")
        else:
            sentences.append(f"Egress from {one.who} is allowed to {who}{on}")
    for side in sorted(one.closed):
        word = "nothing else" if any(item[0] == side for item in one.items) else "nothing"
        sentences.append(
            f"{word} may reach {one.who}" if side == "ingress" else f"{one.who} may reach {word}"
        )
    if one.dns:
        sentences.append("Keep DNS working")
    return ". ".join(sentences)
