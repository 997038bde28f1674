"""A symptom as people describe or paste it: which sides of trouble, who is concerned, since when.

Words only choose which kinds of trouble are looked for; what is wrong is never read off them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from itertools import pairwise
from typing import Any, Final

from topology.diagnosis.access_log import told_by_access_log
from topology.diagnosis.evidence import Aspect
from topology.diagnosis.pasted import flow_in
from topology.errors import InvalidQuery
from topology.model import Cluster
from topology.names import Mention, index_of
from topology.paths.queries import PortQuery, parse_port
from topology.policy.verdict import HttpRequest
from topology.targets import DnsTarget, EntityTarget, NamespaceTarget, Target, WorkloadTarget

__all__ = ["ALL_ASPECTS", "Symptom", "aspects_of", "read_symptom"]

_WORDS: Final[Mapping[Aspect, re.Pattern[str]]] = {
    "dns": re.compile(
        r"\bdns\b|\bresolv(?!edrefs)\w*|\bname resolution\b|\blook(?:ing)?[- ]?ups?\b|nxdomain|"
        r"\bservfail\b|no such host|name or service not known|getaddrinfo|\bhost ?names?\b|"
        r"unknown ?host|"
        r"\bhosts? (?:was |is |were |are )?not found\b|"
        r"\beai_again\b|\benotfound\b|unknown host|could not resolve|coredns|kube-dns|"
        r"no address associated|translate host|name resolution",
        re.I,
    ),
    "start": re.compile(
        r"\bpending\b|containercreating|\bcrash\w*|\b(?:not ?|un)ready\b|unschedul\w*|\bschedul\w*|"
        r"\bsandbox\b|\b(?:not|never|won'?t|doesn'?t|don'?t|cannot|can'?t|fail\w* to)\s+"
        r"(?:\w+\s+)?(?:start|come up|boot|launch|become ready|become healthy|come online)\w*|"
        r"\bstart(?:ing|up|s)?\b|\b(?:stuck|hang\w*)\b.{0,20}\b(?:init\w*|creat\w*|start\w*)|"
        r"\bpods?\b.{0,20}\b(?:stuck|hang\w*)\b|\b(?:stuck|hanging) pods?\b|"
        r"\bunhealthy\b|\breadiness\b|\bliveness\b|\bprobes?\b|\bno (?:free )?ips?\b|"
        r"\bout of (?:ips?|addresses)\b|\b(?:not )?enough (?:ips?|addresses)\b|\bimage ?pull\w*|"
        r"\bexhaust\w*|\broll ?out\b|\b0/\d+\b|\boom ?kill\w*|\bplaced\b|external-?ip\b|"
        r"\bsync\w*failed\b|\bfailed(?:scheduling|create\w*|mount\w*)\b",
        re.I,
    ),
    "balance": re.compile(
        r"\bimbalanced?\b|\bunbalanced\b|\buneven\w*|\bhot (?:pod|spot|replica)|\bskew\w*|"
        r"\b(?:one|single|same) (?:of the |of its )?(?:pod|replica|instance|backend)s?\b|"
        r"\boverload\w*|\bidle\b|\bevenly\b|\bload balanc\w*|\bspread\b|\blop-?sided\b|"
        r"\bdisproportion\w*|\b(?:all|most) (?:of )?the (?:traffic|load|requests|connections)\b",
        re.I,
    ),
    "http": re.compile(
        r"(?<![\d.:/])[45]\d\d(?![\d.])|\b[45]xx\b|bad gateway|service unavailable|forbidden|"
        r"unauthori[sz]ed|access denied|\bupstream\b|\bhttp errors?\b|\berror rates?\b|"
        r"\b(?:http|grpc|tls|tcp)?routes?\b|\bgateways?\b|\bingress(?:es)?\b|"
        r"backendnotfound|\bresolvedrefs\b|\bvirtual ?services?\b|\blisteners?\b",
        re.I,
    ),
    "loss": re.compile(
        r"\bslow\w*|\blatenc\w*|\blag\w*|\bsluggish\b|\b(?:packet|traffic)\s+loss\b|"
        r"\bdrop(?:s|ped|ping)?\b|\bretransmi\w*|\bthroughput\b|\bjitter\w*|\bintermittent\w*|"
        r"\bsporadic\w*|\bflak\w*|\boccasional\w*|\bsometimes\b|\brandom(?:ly)?\b|"
        r"\b(?:packets?|datagrams?)\b|\bspik\w*|\bdegraded\b|\bperformance\b|\bstall\w*|"
        r"\b(?:losing|lost|loses)\b|\bhiccup\w*|\bglitch\w*|\bstutter\w*|\bblips?\b|\bchoppy\b|"
        r"\bpeg(?:s|ged|ging)\b|\bsaturat\w*|\bcongest\w*|\bmaxed out\b|softirq|"
        r"\bcrawl(?:s|ing)?\b|"
        r"\btakes? (?:about |some |over )?\d+ ?(?:ms|s|secs?|seconds?|min\w*)\b|\bhaunted\b",
        re.I,
    ),
    "connect": re.compile(
        r"\btim(?:e[sd]?|ing)[- ]?outs?\b|\btimeouts?\b|\betimedout\b|\beconnrefused\b|"
        r"\beconnreset\b|\behostunreach\b|\brefus\w*|\bunreachable\b|\bblock\w*|\bhangs?\b|"
        r"\breset\w*|\bno route\b|\bdeadline exceeded\b|\bi/o timeout\b|\bunavailable\b|"
        r"\boutage\b|\bcut off\b|\bno endpoints?\b|\bconnect\w*|"
        r"\b(?:can'?t|cannot|could not|couldn'?t|"
        r"unable to|fails? to|failing to|failed to|not|never|no longer|stopped|don'?t|doesn'?t|"
        r"won'?t)\s+(?:\w+\s+){0,2}(?:reach|talk|call|access|get|speak|hit|ping|contact|"
        r"answer|respond|fetch|query|open|see|read|load|serv|receiv)\w*|\bdenied\b|"
        r"\bcalling\b|\bcalls?\b.{0,30}\bfail\w*|\bnothing (?:comes|gets|arrives)\b|"
        r"\bno (?:traffic|answer|response|reply|internet|connectivity|egress|outbound)\b|"
        r"\bdead\b|\b(?:is|are|went|seems?) down\b|\breject\w*|\bevaporat\w*|\bvanish\w*|"
        r"\b(?:thrown|kicked|locked|shut|turned) (?:out|away|off)\b|\bbounced?\b|"
        r"\bsnat\b|\bfirewall\w*",
        re.I,
    ),
}
ALL_ASPECTS: Final[frozenset[Aspect]] = frozenset(_WORDS)
_SINCE: Final = re.compile(
    r"\b(?:since|from|after|starting(?: at)?|began at|as of)\s+(?:about\s+|around\s+|roughly\s+)?"
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?Z?|\d{1,2}[:.]\d\d(?::\d\d)?)"
    r"\s*(?P<half>am|pm)?\b",
    re.I,
)
_PORT: Final = re.compile(r"\bport(?:\s+|\s*[=:]\s*)(\d{1,5})(?:/(tcp|udp|sctp))?|"
                          r"\b(\d{1,5})/(tcp|udp|sctp)\b|"
                          r"(?<=[\w\]]):(\d{2,5})(?!\w|[.:]\d)", re.I)  # fmt: skip
_TO: Final = re.compile(
    r"\b(?:to|call(?:s|ing|ed)?|reach(?:es|ing|ed)?|against|into|towards?|access(?:es|ing)?|"
    r"quer(?:y|ies|ying)|contact(?:s|ing)?|hit(?:s|ting)?|open(?:s|ing)?|ping(?:s|ing)?|"
    r"fetch(?:es|ing)?|us(?:e|es|ing)|with|load(?:s|ing)?|see|invok(?:e|es|ing)|"
    r"resolv(?:e|es|ing)|look(?:s|ing)? ?up|get)\s+(?:the\s+|our\s+|its\s+)?"
    r"(?:(?!(?:in|on|at|from|by|of|inside|within|for|and|while|since)\b)\w+\s+){0,2}$|"
    r"->\s*$",
    re.I,
)
_FLAG: Final = re.compile(r"(?:^|\s)(?:-n|--namespace)[ =]([\w-]+)")
_ARROW: Final = re.compile(r"^(?::\d+)?\s*-+>\s*$")
_REFUSED_BY: Final = re.compile(
    r"\b(?:refused|rejected|denied|blocked|dropped|ignored|bounced|"
    r"(?:thrown|kicked|locked|shut|turned|cut) (?:out|away|off))\s+by\s+(?:the\s+)?(?:\w+\s+)?$",
    re.I,
)
_CLASS: Final = re.compile(r"\.(?:[A-Z][a-z0-9]+){2,}$|(?:Error|Exception)$")
"""The name of a class in a stack trace, which looks like a DNS name."""
_REQUEST: Final = re.compile(
    r"\b(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+(?:https?://[^/\s\"]+)?(?P<path>/[^\s\"']*)"
)
_EXEC: Final = re.compile(r"\bexec\b[^|;]{0,40}$|\brun\b[^|;]{0,20}$", re.I)
_DIALS: Final = re.compile(r"(?:dial (?:tcp|udp)|curl\b[^|;]{0,30}|://|wget|\bnc\b[^|;]{0,10}|telnet|"
                           r"tim(?:e[sd]?|ing)[- ]?outs? (?:on|at|with)|timeouts? (?:on|to|at)|"
                           r"\b(?:gets?|got|sees?|saw|receives?|received)\b.{0,40}\bfrom|"
                           r"\blookup)\s*(?:the\s+)?$", re.I)  # fmt: skip
_BARE_HOST: Final = re.compile(
    r"(?:lookup|resolve|ENOTFOUND|EAI_AGAIN|host(?:name)?:?|nslookup|for)\s+"
    r"[`'\"]?([a-z0-9](?:[\w-]*\w)?(?:\.[\w-]+)*)[`'\"]?(?=[\s:;,.]|$)", re.I)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What is wrong, as far as words say."""

    text: str
    aspects: frozenset[Aspect] = frozenset()
    """Empty where the words name no side of trouble: then every one is looked for."""
    sources: tuple[Target, ...] = ()
    destinations: tuple[Target, ...] = ()
    subjects: tuple[Target, ...] = ()
    """Named without saying on which side."""
    names: tuple[str, ...] = ()
    """DNS names in it, lower case."""
    port: PortQuery | None = None
    http: HttpRequest | None = None
    """The request that fails, where its method and path are written."""
    since: str = ""
    """`10:40`, `10:40:05`, or a date and time, as written."""
    unclear: tuple[str, ...] = ()
    """What was named and is not known, or fits several things; one sentence each."""
    flow: Mapping[str, Any] | None = field(default=None, compare=False)
    """A flow that was pasted."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return everything that it names."""
        return (*self.sources, *self.destinations, *self.subjects)


def aspects_of(text: str) -> frozenset[Aspect]:
    """Return the sides of trouble that words name; empty where they name none.

    >>> sorted(aspects_of("lookups are slow"))
    ['dns', 'loss']
    """
    plain = _SINCE.sub(" ", text)
    return frozenset(aspect for aspect, pattern in _WORDS.items() if pattern.search(plain))


def read_symptom(text: str, cluster: Cluster) -> Symptom:
    """Return what a symptom says: words, an error message, a log line, or one Hubble flow.

    Args:
        text: As written or pasted.
        cluster: Whose names are looked for in it.
    """
    flow = flow_in(text)
    if flow is not None:
        return Symptom(text=text, aspects=frozenset({"connect", "loss"}), flow=flow)
    plain = told_by_access_log(text) or text.replace("\u2019", "'")
    since = _SINCE.search(plain)
    words = _SINCE.sub(lambda found: " " * len(found[0]), plain)
    named = [one for one in index_of(cluster).find(words) if not _is_code(one)]
    mentions = _around_arrow(named, words)
    sources: list[Target] = []
    destinations: list[Target] = []
    subjects: list[Target] = []
    unclear: list[str] = []
    spaces = {one.target.name for one in mentions if isinstance(one.target, NamespaceTarget)}
    spaces |= {found[1] for found in _FLAG.finditer(words) if found[1] in cluster.namespaces}
    beside = {_space_of(one.target) for one in mentions if isinstance(one.target, WorkloadTarget)}
    for mention in mentions:
        narrowed = _narrowed(mention, spaces)
        if narrowed is mention and len(mention.matches) > 1:
            # Beside an end that only one namespace has, its namespace is meant.
            narrowed = _narrowed(mention, beside)
            if narrowed is not mention:
                taken = narrowed.matches[0].target
                unclear.append(f"`{mention.text}` was taken as `{taken}`, beside the other end.")
        targets = _targets(narrowed, unclear)
        # "The host of its backend" is a name there, not the node.
        targets = tuple(one for one in targets if one != EntityTarget("host"))
        if mention.is_namespace or not targets:
            subjects += targets
            continue
        before = words[: mention.start]
        if (
            _TO.search(before)
            or _DIALS.search(before)
            or _REFUSED_BY.search(before)
            or _is_dialled(words, mention)
        ):
            destinations += targets
        elif _EXEC.search(before) or re.search(
            r"\b(?:from|by)\s+(?:the\s+)?(?:\w+\s+)?$", before, re.I
        ):
            sources += targets
        else:
            subjects += targets
    _share_out(sources, destinations, subjects)
    return Symptom(
        text=text,
        aspects=aspects_of(plain),
        sources=tuple(sources),
        destinations=tuple(destinations),
        subjects=tuple(subjects),
        names=tuple(dict.fromkeys(_names(mentions, words))),
        port=_port(words),
        http=_request(words),
        since=f"{since['time']} {since['half'] or ''}".strip() if since else "",
        unclear=tuple(unclear),
    )


def _is_code(mention: Mention) -> bool:
    """Say whether words name a class, or set a value, rather than something of the network."""
    return bool(_CLASS.search(mention.text)) or (not mention.matches and "=" in mention.text)


def _is_dialled(words: str, mention: Mention) -> bool:
    """Say whether a port stands behind an end, as in `10.1.2.3:1433`, and no arrow after it."""
    return bool(re.match(r":\d{2,5}\b(?!\s*(?:->|=>|\())", words[mention.end :]))


def _request(words: str) -> HttpRequest | None:
    """Return the HTTP request that a text writes out."""
    found = _REQUEST.search(words)
    return HttpRequest(method=found["method"], path=found["path"]) if found else None


def _narrowed(mention: Mention, spaces: set[str]) -> Mention:
    """Return a mention without the readings outside of the namespaces that a text names."""
    inside = tuple(one for one in mention.matches if _space_of(one.target) in spaces)
    return replace(mention, matches=inside) if inside and len(mention.matches) > 1 else mention


def _space_of(target: Target | None) -> str:
    return str(target).rpartition(":")[2].split("/")[0]


def _around_arrow(mentions: Sequence[Mention], words: str) -> Sequence[Mention]:
    """Return the two ends of `a -> b` alone where a text has one: nothing is said more clearly."""
    for one, other in pairwise(mentions):
        if _ARROW.match(words[one.end : other.start]):
            return (one, other)
    return mentions


def _share_out(sources: list[Target], destinations: list[Target], subjects: list[Target]) -> None:
    """Give what is named beside one end alone the part of the other end."""
    loose = [one for one in subjects if not isinstance(one, NamespaceTarget)]
    if loose and bool(sources) != bool(destinations):
        (destinations if sources else sources).extend(loose)
        subjects[:] = [one for one in subjects if one not in loose]


def _targets(mention: Mention, unclear: list[str]) -> tuple[Target, ...]:
    """Return what a mention may mean; every reading, as all of them can be looked at."""
    if not mention.matches:
        near = f"; near it: {', '.join(f'`{one}`' for one in mention.nearest)}" if (
            mention.nearest) else ""  # fmt: skip
        unclear.append(f"Nothing here is called `{mention.text}`{near}.")
    elif len(mention.matches) > 1:
        labels = ", ".join(f"`{one.target}`" for one in mention.matches)
        unclear.append(f"`{mention.text}` may be {labels}: all of them were looked at.")
    elif mention.matches[0].how in ("typo", "partial"):
        unclear.append(f"`{mention.text}` was understood as `{mention.matches[0].target}`.")
    return tuple(match.target for match in mention.matches)


def _names(mentions: Iterable[Mention], words: str) -> Iterable[str]:
    """Yield the DNS names of a text: those of the outside, and those that nothing here has."""
    for mention in mentions:
        if isinstance(mention.target, DnsTarget):
            yield mention.target.name
        elif "." in mention.text and not _is_address(mention.text):
            yield mention.text.lower().rstrip(".")
    for found in _BARE_HOST.finditer(words):
        name = found[1].lower().rstrip(".")
        if not _is_address(name) and ("." in name or "-" in name):
            yield name


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _port(words: str) -> PortQuery | None:
    """Return the port that words name, unless it is that of DNS or no port at all.

    Behind an arrow stands the port that is called; before it, one of the caller's own.
    """
    arrow = re.search(r":\d+\s*(?:-+|=)>", words)
    for found in _PORT.finditer(words, arrow.end() if arrow else 0):
        number, protocol = found[1] or found[3] or found[5], found[2] or found[4] or "tcp"
        if number == "53":
            continue
        try:
            return parse_port(f"{number}/{protocol}")
        except InvalidQuery:
            continue
    return None
