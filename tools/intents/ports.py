"""Ports and protocols in a request: numbers, ranges, names, ICMP types, protocols without ports."""

import re
from collections.abc import Collection, Iterator

from tools.intents.shapes import Shape
from topology.authoring import PortSpan

__all__ = ["WELL_KNOWN", "take_ports"]

_PROTOCOL = r"(?:tcp|udp|sctp)"
_ITEM = (
    rf"(?:{_PROTOCOL}\s*[/:]?\s*)?`?(?:\d{{1,5}}\s*(?:-|\.\.|to|through)\s*\d{{1,5}}|\d{{1,5}})`?"
    rf"(?:\s*/\s*(?:{_PROTOCOL}|any)\b|\s+{_PROTOCOL}\b(?!\s+(?:on\s+)?(?:ports?\b"
    rf"|\d)))?`?(?:\s*\([^()<>]*\))?"
)
_JOIN = r"(?:\s*,\s*(?:and\s+|or\s+|plus\s+)?|\s*/\s*(?=\d)|\s+and\s+|\s+or\s+|\s+plus\s+)"
_LEAD = r"(?:\b(?:on|at|via|over|through|using|to|for|towards)\s+)?"
_WORD = r"(?:the\s+|their\s+|its\s+|any\s+of\s+|destination\s+|target\s+|container\s+|service\s+)*"
_SOFTWARE = (
    r"(?:admin|amqp|api|database|db|grpc|http|https|kafka|metrics|mongo(?:db)?|mysql"
    r"|postgres(?:ql)?|cassandra|coap|console|dashboard|debug|elasticsearch|etcd|ftp|health|ldap"
    r"|management|memcached|modbus|mqtt|nats|nfs|otlp|pg|rabbitmq|rdp|s3|syslog|tls|ui|vnc|"
    r"redis|smtp|ssh|sql|web)"
)
"""What people say a port is for."""
_NUMBERED = re.compile(
    rf"{_LEAD}(?:only\s+)?{_WORD}(?:{_SOFTWARE}\s+)?(?:(?P<before>{_PROTOCOL})\s+(?:on\s+"
    rf"|at\s+|over\s+)?(?:the\s+)?)?\bports?(?:\s+numbers?)?"
    rf"\s*[:=]?\s*(?P<items>{_ITEM}(?:{_JOIN}(?:port\s+)?{_ITEM})*)(?![\w.]*\w)",
    re.I,
)
_BARE = re.compile(
    rf"\b(?:on|at|via|over|through)\s+(?:only\s+)?(?P<items>{_ITEM}(?:{_JOIN}(?:port\s+)?"
    rf"{_ITEM})*)(?![\w%]|\s*%)"
    rf"|(?<![\w./`])(?P<with>`?{_PROTOCOL}\s*[/:]?\s*\d{{1,5}}`?(?:{_JOIN}{_ITEM})*)(?!\w)"
    rf"|(?<![\w./-])(?P<slash>`?\d{{1,5}}(?:-\d{{1,5}})?\s*/\s*(?:{_PROTOCOL}"
    rf"|any)\b`?(?:{_JOIN}{_ITEM})*)"
    rf"|(?<=[\w`>]):(?P<colon>\d{{1,5}}(?:/{_PROTOCOL})?)(?![\w:])"
    rf"|(?<![\w.<])(?P<after>\d{{2,5}}(?:/{_PROTOCOL})?)\s+ports?\b",
    re.I,
)
_LONE = re.compile(
    r"(?<![\w.:/`,<-])(?<!\d )(\d{2,5})(?![\w%.:/-])(?!\s*(?:pods?|nodes?|replicas?|times"
    r"|seconds?|minutes?|hours?|days?|"
    r"years?|people|users?|requests?|percent|%|namespaces?|clusters?|labels?|ports?)\b)"
)
"""A number by itself: `web 8080`; never one that counts something."""
_NAMED = re.compile(
    rf"{_LEAD}(?:only\s+)?{_WORD}(?:(?P<before>{_PROTOCOL})\s+)?\b(?:named\s+ports?"
    rf"|ports?(?:\s+(?:named|called))?)\s+"
    rf"(?P<names>`[a-z][a-z0-9-]*`(?:/{_PROTOCOL})?(?:{_JOIN}`[a-z][a-z0-9-]*`(?:/{_PROTOCOL})?)*)"
    rf"|{_LEAD}(?:only\s+)?{_WORD}(?:named\s+ports?|ports?\s+(?:named"
    rf"|called))\s+(?P<bare>[a-z][a-z0-9-]*)"
    rf"|{_LEAD}(?:only\s+)?{_WORD}(?P<quoted>`[a-z][a-z0-9-]*`)\s+ports?\b",
    re.I,
)
_OWN_NAME = re.compile(
    r"\b(?:on|via|over|at|through)\s+(?:its|the|their)\s+(?P<name>[a-z][a-z0-9-]*)\s+port\b"
    r"(?!\s*[(:=<\d])",
    re.I,
)
_KNOWN_NAME = re.compile(
    r"(?:\b(?:on|via|over|at|through)\s+)?(?:\b(?:its|the|their)\s+)?(?<![\w`/-])"
    r"(?P<name>[a-z][a-z0-9-]*)\s+port\b"
    r"(?!\s*[(:=<\d`]|\s+(?:of|named|called|number))|\bport\s+names?\s+(?P<late>[a-z][a-z0-9-]*)\b",
    re.I,
)
_OVER_NAME = re.compile(
    r"\b(?:on|via|over|using)\s+(?P<name>[a-z][a-z0-9-]*)\b(?!\s*[:=/]|\s+(?:port|pods?|namespace"
    r"|traffic)|-)",
    re.I,
)
_OWNED_NAME = re.compile(
    r"(?<=\w's\s)(?P<name>[a-z][a-z0-9-]*)(?!\s+(?:port|pods?|namespace|traffic))(?![\w/-])"
    r"|(?<=\()(?P<aside>[a-z][a-z0-9-]*)(?=\))",
    re.I,
)
"""`The console of x` said as `x's console`, and `x (redis)`."""
_PROTOCOL_WORDS = frozenset(
    {"http", "https", "web", "api", "dns", "tcp", "udp", "metrics", "admin"}
)
"""Names of ports that are words for other things as well."""
"""`The redis port`, where the cluster has a port of that name."""
_EVERY = re.compile(
    rf"{_LEAD}\b(?:any|all|every|whatever)\s+(?:(?P<protocol>{_PROTOCOL})\s+)?ports?\b(?:\s+(?"
    rf":of\s+)?(?P<behind>{_PROTOCOL})\b)?"
    rf"|{_LEAD}\b(?:any|all|every)\s+(?P<alone>{_PROTOCOL})\b(?:\s+traffic)?"
    rf"|\b(?:over|via|using|by)\s+(?P<using>{_PROTOCOL})\b(?!\s+(?:on\s+)?(?:ports?\b|\d))"
    rf"|\bon\s+any\s+(?P<any>{_PROTOCOL})\s+port\b"
    rf"|(?<![\w/])(?P<said>{_PROTOCOL})\s+(?:traffic|connections?)\b",
    re.I,
)
_TYPE = (
    r"`?(?:\d{1,3}|Echo(?:Re\w+)?|[A-Z][a-z]+(?:[A-Z][a-z]+)+|Redirect|Timestamp\w*|Photuris)`?\b"
)
_ICMP = re.compile(
    rf"{_LEAD}(?P<family>(?i:icmp(?:\s?v[46]|[46])?))\b(?:\s+(?:(?:with"
    rf"|of)\s+)?(?:(?:the\s+)?(?:type|message|types|messages)\s+)?"
    rf"(?P<types>{_TYPE}(?:{_JOIN}(?:type\s+)?{_TYPE})*))?",
)
_PING = re.compile(r"\b(?:(?:icmp\s+)?echo\s+requests?|(?:to\s+)?(?:be\s+)?pings?|pinged)\b", re.I)
_BARE_PROTOCOL = re.compile(
    rf"{_LEAD}(?:ip\s+)?\b(?:traffic\s+with\s+)?(?P<name>VRRP|GRE|IPIP|IPV6|ESP|AH"
    rf"|IGMP)\b(?:\s+(?:ip\s+)?(?:protocol|traffic|packets))?"
    r"|\bip\s+protocol\s+`?(?P<other>[A-Z]\w+)`?"
)
WELL_KNOWN = {
    "amqp": ((5672, "TCP"),),
    "https": ((443, "TCP"),),
    "ldap": ((389, "TCP"),),
    "ldaps": ((636, "TCP"),),
    "ntp": ((123, "UDP"),),
    "ssh": ((22, "TCP"),),
    "syslog": ((514, "UDP"),),
}
"""Protocols that everybody runs on one port; for others the number has to be said."""
_SPOKEN = re.compile(
    rf"\b(?:on|at|via|over|through|using|by)\s+(?P<name>{'|'.join(WELL_KNOWN)})\b(?!\s+port)"
    r"|(?<![\w/-])(?P<alone>https|ssh|ntp|ldaps?)(?=\s*(?:,|and|or)\s+(?:ports?|<O)|\s+from\s)"
    r"|(?<![\w/-])(?P<outward>https)(?=\s+(?:only\s+)?to\s|\s*\)|\s+only\b)"
    rf"|\b(?P<traffic>https|ssh|ntp)\s+(?:traffic|access|connections?|requests|calls)\b",
    re.I,
)


def take_ports(shape: Shape, names: Collection[str] = ()) -> None:
    """Replace what says on which ports.

    Args:
        shape: The request.
        names: Of the ports that the cluster has: `on its grpc port` means one of them.
    """
    shape.take(_ICMP, "O", _icmp)
    shape.take(_PING, "O", lambda found: (PortSpan(first=8, last=8, protocol="ICMP"),))
    shape.take(_NUMBERED, "O", lambda found: _numbered(found["items"], found["before"] or ""))
    shape.take(_NAMED, "O", _named)
    shape.take(_BARE, "O", _bare)
    shape.take(_EVERY, "O", _every)
    shape.take(_LONE, "O", _bare)
    shape.take(
        _OWN_NAME,
        "O",
        lambda found: (PortSpan(name=found["name"]),) if found["name"] in names else None,
    )
    shape.take(
        _KNOWN_NAME,
        "O",
        lambda found: (
            (PortSpan(name=name),) if (name := found["name"] or found["late"]) in names else None
        ),
    )
    shape.take(
        _OVER_NAME,
        "O",
        lambda found: (
            (PortSpan(name=found["name"]),)
            if found["name"] in names and found["name"] not in _PROTOCOL_WORDS
            else None
        ),
    )
    shape.take(
        _OWNED_NAME,
        "O",
        lambda found: (
            (PortSpan(name=name),)
            if (name := found["name"] or found["aside"]) in names and name not in _PROTOCOL_WORDS
            else None
        ),
    )
    shape.take(_SPOKEN, "O", _spoken)
    shape.take(
        _BARE_PROTOCOL,
        "O",
        lambda found: (PortSpan(protocol=(found["name"] or found["other"]).upper()),),
    )


def _bare(found: re.Match[str]) -> tuple[PortSpan, ...] | None:
    items = next(one for one in found.groups() if one)
    return _numbered(items, "")


def _numbered(text: str, before: str) -> tuple[PortSpan, ...] | None:
    """Return the ports of a list; a protocol that is said once counts for all of them."""
    text = re.sub(r"\([^()]*\)", "", text).replace("`", "")
    spans = list(_items(text, before.upper()))
    said = {span.protocol for span in spans} - {""}
    behind = re.search(rf"\s({_PROTOCOL})\s*$", text, re.I)
    if behind and len(said) == 1:
        one = next(iter(said))
        spans = [PortSpan(first=s.first, last=s.last, protocol=one) for s in spans]
    return tuple(spans) if spans and all(s.last <= 65535 for s in spans) else None


def _items(text: str, before: str) -> Iterator[PortSpan]:
    pattern = re.compile(
        rf"(?:(?P<lead>{_PROTOCOL})\s*[/:]?\s*)?(?P<first>\d+)(?:\s*(?:-|\.\.|to"
        rf"|through)\s*(?P<last>\d+))?"
        rf"(?:\s*/\s*(?P<slash>{_PROTOCOL}|any)\b|\s+(?P<behind>{_PROTOCOL})\b)?",
        re.I,
    )
    current = before
    for found in pattern.finditer(text):
        protocol = (found["lead"] or found["slash"] or found["behind"] or "").upper()
        current = found["lead"].upper() if found["lead"] else current
        first = int(found["first"])
        yield PortSpan(first=first, last=int(found["last"] or first), protocol=protocol or current)


def _named(found: re.Match[str]) -> tuple[PortSpan, ...] | None:
    text = found["names"] or found["quoted"] or found["bare"]
    names = re.findall(rf"`?([a-z][a-z0-9-]*)`?(?:/({_PROTOCOL}))?", text, re.I)
    before = (found["before"] or "").upper()
    return tuple(
        PortSpan(name=name, protocol=protocol.upper() or before)
        for name, protocol in names
        if name.lower() not in ("and", "or", "plus")
    )


def _every(found: re.Match[str]) -> tuple[PortSpan, ...] | None:
    protocol = next((one for one in found.groups() if one), "")
    return (PortSpan(protocol=protocol.upper()),) if protocol else (PortSpan(),)


def _icmp(found: re.Match[str]) -> tuple[PortSpan, ...]:
    protocol = "ICMPv6" if found["family"].strip().endswith("6") else "ICMP"
    types = found["types"]
    if not types:
        return (PortSpan(protocol=protocol),)
    return tuple(_icmp_type(one, protocol) for one in re.findall(r"\d+|[A-Za-z]+", types)
                 if one.lower() not in ("and", "or", "type", "plus"))  # fmt: skip


def _icmp_type(text: str, protocol: str) -> PortSpan:
    if text.isdecimal():
        return PortSpan(first=int(text), last=int(text), protocol=protocol)
    return PortSpan(name=text, protocol=protocol)


def _spoken(found: re.Match[str]) -> tuple[PortSpan, ...]:
    name = (found["name"] or found["alone"] or found["outward"] or found["traffic"]).lower()
    return tuple(
        PortSpan(first=port, last=port, protocol=protocol) for port, protocol in WELL_KNOWN[name]
    )
