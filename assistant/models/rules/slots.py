"""Ports, HTTP requests and hosts in a question; each is lifted out and leaves a gap."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from assistant.models.rules.lexicon import COMMON
from assistant.models.rules.words import word_set

__all__ = ["WELL_KNOWN", "PortText", "Slots", "lift_slots"]

WELL_KNOWN: dict[str, int] = {
    "amqp": 5672, "cassandra": 9042, "clickhouse": 8123, "dns": 53, "elasticsearch": 9200,
    "etcd": 2379, "ftp": 21, "http": 80, "https": 443, "imap": 143, "kafka": 9092,
    "kubelet": 10250, "ldap": 389, "ldaps": 636, "memcache": 11211, "memcached": 11211,
    "mongo": 27017, "mongodb": 27017, "mqtt": 1883, "mysql": 3306, "nats": 4222, "ntp": 123,
    "otlp": 4317, "postgres": 5432, "postgresql": 5432, "psql": 5432, "rabbitmq": 5672,
    "rdp": 3389, "redis": 6379, "sftp": 22, "smtp": 25, "snmp": 161, "ssh": 22,
    "syslog": 514, "telnet": 23, "tls": 443,
}  # fmt: skip
"""IANA's or the maker's usual port of a protocol; used when nothing in the cluster says."""

_METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE"
_REQUESTS_FIRST = re.compile(
    r"\s*(?:(?:why|how come|when|if|is|are|was|were|does|do|did|will|would|"
    r"should|shall|the|my|our|any|every|all|and|so|but|that|explain|tell me|whether|not|"
    r"please|check)\s+)*requests\s+from\b",
    re.IGNORECASE,
)
"""Requests that come from an end; "A requests from B" is another thing."""
_INFLECTED = r"posts|posted|posting|puts|putting|patches|patched|patching|deletes|deleted|deleting"
"""Methods as verbs of a sentence; "gets" says too many other things."""
_METHOD_NOUN = re.compile(
    r"\b(?:an?|any|some|http|do|does|via|by)\s+(?:http\s+)?(?P<method>get|put|post|patch|delete)"
    r"(?:\s+(?:requests?|calls?|method))?\b"
    r"(?=\s*(?:[?.,;]|$|\b(?:from|to|on|against|by|go|goes|get|gets|be|is|work|works|sent|made|"
    r"of|for|in|through|at|with|allowed|possible|requests?)\b))",
    re.IGNORECASE,
)
"""A method in lower case as what is sent: "a delete from web"."""
_NUMBER = r"\d{1,5}(?!\d)(?!\.\d)(?!\s*(?:%|nodes?\b|pods?\b|replicas?\b|ips?\b|addresses\b))"
_PROTOCOL = r"(?:tcp|udp|sctp)"
_LONE_PROTOCOL = re.compile(
    rf"\b(?:(?:over|via|using|by|with|in|on|as|plain)\s+)?(?P<protocol>{_PROTOCOL})\b"
    r"(?!\s*(?:routes?|proxy|dumps?|handshakes?))",
    re.IGNORECASE,
)
"""A protocol that stands apart from the number: "over udp on 8081"."""
_NOT_NAMES = word_set(
    "a an the this that these which what any some each every all its his her their our my "
    "your same "
    "other another different service container target source destination listening open closed and "
    "or on at of to from via over by is are does do with no one only first named called "
    "number node "
    "for network right exposed specific certain what's public both two whatever default usual "
    "standard tcp udp sctp in can it same single actual wrong main"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortText:
    """A port as it was written: a number or a name, perhaps with its protocol."""

    number: int | None = None
    name: str = ""
    protocol: str = ""
    explicit: bool = True
    """False for a protocol in passing ("over https"), which may also name the port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What was lifted out, and the text that is left."""

    text: str
    ports: tuple[PortText, ...] = ()
    http: str = ""
    method_only: str = ""
    """A method without a path, such as the DELETE of "send a DELETE to ..."."""
    host: str = ""
    ping: bool = False
    faults: tuple[str, ...] = ()
    """What cannot be asked, such as port 70000; one sentence each."""


def lift_slots(
    text: str, port_names: Collection[str], names: Callable[[str], bool] = lambda _: False
) -> Slots:
    """Return the slots of a normalised question.

    Args:
        text: As `words.normalise` gives it.
        port_names: Lower-case names of ports in the workspace.
        names: Whether a word names a thing in the workspace; "on redis" is then no port.
    """
    slots = Slots(text=text)
    for step in (_lift_url, _lift_request, _lift_host, _lift_numbers):
        slots = step(slots)
    slots = _lift_names(slots, port_names, names)
    ping = re.search(r"\b(?:ping(?:s|ed|ing)?|icmp)\b", slots.text, re.IGNORECASE)
    if ping:
        slots = replace(slots, ping=True)
    return replace(slots, text=re.sub(r"\s+", " ", slots.text).strip())


def _lift_url(slots: Slots) -> Slots:
    """Turn `http://host:8080/path` into its parts, so that the later steps find them."""

    def spread(match: re.Match[str]) -> str:
        scheme, host, port, path = match.groups()
        where = f":{port}" if port else f" over {scheme.lower()}"
        return f"{host}{where}{' ' + path if path and path != '/' else ''}"

    pattern = (
        r"\b(https?|grpc|redis|postgres(?:ql)?|mongodb)://([\w.-]+)(?::(\d{1,5}))?(/[^\s?,;)]*)?"
    )
    return replace(slots, text=re.sub(pattern, spread, slots.text, flags=re.IGNORECASE))


def _lift_request(slots: Slots) -> Slots:
    path = r"(?P<path>/[^\s,;)?]*(?:\?[^\s,;)]+)?)"
    method = rf"(?P<method>{_METHODS}|{_INFLECTED})"
    noun = r"(?:\s+(?:requests?|calls?|method))?"
    joined = re.search(
        rf"(?:\b(?:an?|do|issue|make|send|perform|use|do an?)\s+)?\b{method}\b{noun}"
        rf"(?:\s+(?:to|on|at|against|for|of|the|path|endpoint|url))*\s+{path}",
        slots.text,
        re.IGNORECASE,
    )
    if joined and not re.match(r"/\d{1,3}\b(?!/)$", joined["path"]):
        request = f"{_method(joined['method'])} {_clean_path(joined['path'])}"
        text = re.sub(
            r"\brequests\s+(?:something|anything|what|one)\s+(?:that\s+)?",
            "requests ",
            re.sub(r"\s+", " ", _cut(slots.text, joined, " requests ")),
        )
        return replace(slots, http=request, text=_turn_pull(text))
    alone = re.search(
        rf"(?:(?<=\s)|^)(?:(?:the\s+)?(?:path|endpoint|url|uri)\s+)?{path}", slots.text
    )
    verb = (
        re.search(rf"\b(?:an?\s+)?(?P<method>{_METHODS})\b{noun}", slots.text)
        or _METHOD_NOUN.search(slots.text)
        or re.search(rf"\b(?P<method>{_INFLECTED})\b(?=.*\s/[A-Za-z])", slots.text, re.IGNORECASE)
    )
    if alone and re.match(r"/[A-Za-z_*.{]", alone["path"]):
        name = _method(verb["method"]) if verb else "GET"
        text = _cut(slots.text, alone)
        if verb:
            text = re.sub(rf"\b(?:an?\s+)?{verb['method']}\b{noun}", " requests ", text, count=1)
        return replace(slots, http=f"{name} {_clean_path(alone['path'])}", text=text)
    if verb:
        text = _cut(slots.text, verb, " requests ")
        return replace(slots, method_only=_method(verb["method"]), text=text)
    return slots


def _method(word: str) -> str:
    """Return the method of a verb ("posts", "deleting")."""
    low = word.lower()
    return next(
        (name for name in _METHODS.split("|") if low.startswith(name.lower()[:-1])), low.upper()
    )


def _turn_pull(text: str) -> str:
    """Write "GET it from B" as a request to B, unless somebody takes requests from B."""
    takes = (
        r"(?<![\w-])(?:accept|receive|take|allow|serve|permit|admit|expect|handle|see|answer|get)"
        r"(?:s|d|ed)?\s+(?:\w+\s+){0,2}requests\s+from"
    )
    if re.search(takes, text, re.IGNORECASE) or _REQUESTS_FIRST.match(text):
        return text
    return re.sub(r"\brequests\s+from\b", "requests to", text)


def _clean_path(path: str) -> str:
    return path.rstrip(".!:") or "/"


def _lift_host(slots: Slots) -> Slots:
    match = re.search(
        r"\b(?:with\s+)?(?:the\s+)?host(?:\s+header|name)?\s*[:=]?\s+(?P<host>[\w-]+(?:\.[\w-]+)+)",
        slots.text,
        re.IGNORECASE,
    )
    if not match or re.fullmatch(r"[\d.]+", match["host"]):
        return slots
    return replace(slots, host=match["host"], text=_cut(slots.text, match))


def _lift_numbers(slots: Slots) -> Slots:
    found: list[PortText] = []
    # "to port 80 of web" is "to web" once the port is gone.
    text = re.sub(
        rf"\b(?:to|towards?|against|into|at|on|onto)\s+(?:the\s+)?(?P<port>(?:{_PROTOCOL}\s+)?"
        rf"port\s+{_NUMBER}(?:/{_PROTOCOL})?)\s+of\b",
        r"\g<port> to",
        slots.text,
        flags=re.IGNORECASE,
    )
    dials = re.search(r"\b(?:telnet|nc|netcat)\b", text, re.IGNORECASE)
    lead = r"(?:\s*\b(?:on|over|via|at|using|through|with|for|to)\s+)?(?:\bthe\s+|\bits\s+)?"
    patterns = (
        rf"{lead}\b(?:{_PROTOCOL}\s+)?ports?(?:\s+numbers?)?\s*[:#]?\s*"
        rf"(?P<list>{_NUMBER}(?:/{_PROTOCOL})?(?:\s*(?:,|and|or|&|"
        rf"/)\s*(?:port\s+)?{_NUMBER}(?:/{_PROTOCOL})?)*)"
        rf"(?:\s*\(?{_PROTOCOL}\b\)?)?",
        rf"{lead}\b(?P<list>{_NUMBER}\s*/\s*{_PROTOCOL})\b",
        rf"{lead}\b(?P<list>{_PROTOCOL}\s*[/:]?\s*{_NUMBER})\b",
        rf"(?<=[\w)\]])\s?:(?P<list>{_NUMBER}(?:/{_PROTOCOL})?)\b",
        rf"(?:\b(?:on|over|via|at|using|"
        rf"through)\s+)?(?<![\w.:])(?P<list>:{_NUMBER}(?:/{_PROTOCOL})?)\b",
        rf"\b(?:on|over|via|using|through|at)\s+(?P<list>{_NUMBER}(?:\s*(?:,|and|or|&)\s*{_NUMBER})*"
        rf"(?:\s+{_PROTOCOL}\b)?)(?!\w|[./]\w)",
        rf"(?<=\s)(?:-[pP]|--port)[\s=]+(?P<list>{_NUMBER})\b",
        r"(?<![\w./-])(?P<list>\d{1,5})\s+port\b",
        rf"(?<=\bis\s)(?P<list>{_NUMBER})\s+(?=(?:on|of|at|open|closed|allowed)\b)",
        r"(?<=\w)\s(?P<list>\d{2,5})\s*(?=\?*$)" if dials else r"(?!)(?P<list>)",
    )
    for pattern in patterns:
        for match in list(re.finditer(pattern, text, re.IGNORECASE)):
            protocol = re.search(rf"\b{_PROTOCOL}\b", match[0], re.IGNORECASE)
            named = protocol[0].upper() if protocol else ""
            found += [
                PortText(number=int(number), protocol=named)
                for number in re.findall(r"\d+", match["list"])
            ]
        text = re.sub(pattern, " ", text, flags=re.IGNORECASE)
    lone = _LONE_PROTOCOL.search(text)
    if lone and len({one["protocol"].upper() for one in _LONE_PROTOCOL.finditer(text)}) == 1:
        apart = str(lone["protocol"]).upper()
        text = _cut(text, lone)
        found = [port if port.protocol else replace(port, protocol=apart) for port in found]
        if not found and apart != "TCP":
            found = [PortText(protocol=apart)]
    faults = tuple(
        f"`{port.number}` is not a port; ports go from 1 to 65535."
        for port in found
        if port.number is not None and not 1 <= port.number <= 65535
    )
    ports = tuple(dict.fromkeys((*slots.ports, *found)))
    return replace(slots, text=text, ports=ports, faults=tuple(dict.fromkeys(faults)))


def _lift_names(slots: Slots, port_names: Collection[str], names: Callable[[str], bool]) -> Slots:
    if slots.ports:
        return slots
    known = {*port_names, *WELL_KNOWN, "grpc", "tls"}
    text = slots.text
    patterns = (
        (r"(?:\b(?:on|over|via|at|using|through|to)\s+)?(?:\bthe\s+|"
         r"\bits\s+)?\bport\s+(?:(?:named|called)\s+)?"
         r"(?P<name>[a-z][a-z0-9-]*)\b", True),
        (r"(?:\b(?:on|over|via|at|using|through)\s+)?(?:\bthe\s+|\bits\s+|\ba\s+)?"
         r"\b(?P<name>[a-z][a-z0-9-]*)\s+port\b(?!\s*\d)", True),
        (r"\b(?:over|via|using|through|with|on)\s+(?:the\s+)?(?P<name>[a-z][a-z0-9-]*)\b", False),
        (r"(?<=\w)'s\s+(?P<name>[a-z][a-z0-9-]*)\b"
         r"(?!\s+(?:pods?|workloads?|services?|namespace|polic\w+))", False),
        (r"\b(?:an?\s+)(?P<name>ssh|psql|mysql|redis|https?|grpc|ldap|smtp|mongo|amqp)\s+"
         r"(?=(?:session|connection|call|request)s?\b)", False),
    )  # fmt: skip
    for pattern, explicit in patterns:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            name = match["name"].lower()
            if explicit:
                is_port = name in known or not (_is_everyday(name) or names(name))
            else:
                is_port = name in known and not names(name)
            if not is_port:
                continue
            port = PortText(name=name, explicit=explicit)
            return replace(slots, text=_cut(text, match), ports=(*slots.ports, port))
    verb = re.search(r"\b(ssh|rdp|telnet(?!.*\s\d{2,5}\b))\b", text, re.IGNORECASE)
    if verb:
        number = WELL_KNOWN[verb[1].lower()]
        text = _cut(text, verb, " connect ")
        return replace(slots, text=text, ports=(PortText(number=number, protocol="TCP"),))
    return slots


def _is_everyday(word: str) -> bool:
    return len(word) < 2 or word in _NOT_NAMES or word in COMMON


def _cut(text: str, match: re.Match[str], gap: str = " ") -> str:
    return f"{text[: match.start()]}{gap}{text[match.end() :]}"
