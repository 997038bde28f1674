"""HTTP requests, DNS queries, TLS names and tokens in a request for a policy."""

import re
from collections.abc import Iterator

from tools.intents.shapes import Shape
from topology.authoring import RequestTest, TokenTest, Traffic

__all__ = ["take_headers", "take_hosts", "take_requests", "take_tokens"]

_METHOD = r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)"
_JOIN = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s*/\s*|\s+and\s+|\s+or\s+)"
_ANY = re.compile(r"\b(?:with\s+)?any\s+http\s+requests?\b", re.I)
_METHODS = rf"`?{_METHOD}`?(?:{_JOIN}`?{_METHOD}`?)*"
_PATH = r"(?:`/[^`\s]*`|/[\w.~%*{}=@:+-][\w./~%*{}=@:+-]*(?<![.:])|/(?=[\s,;]|$))"
_PATHS = rf"{_PATH}(?:{_JOIN}{_PATH})*"
_STARTING = (
    r"(?:start(?:ing|s)?\s+with|beginning\s+with|that\s+begins?\s+with|of\s+prefix"
    r"|(?:with\s+)?(?:the\s+)?prefix(?:es)?|under|below|beneath)"
)
_ON = (
    rf"(?:(?:to|on|at|for|against|of|from|with)\s+)?(?:the\s+|any\s+|all\s+|a\s+)?"
    rf"(?:(?:(?:urls?|uris?|paths?|routes?|endpoints?|resources?|anything"
    rf"|everything)\s+)?(?P<prefix>{_STARTING})"
    rf"|(?:urls?|uris?|paths?|routes?|endpoints?"
    rf"|resources?)(?P<regex>\s+matching(?:\s+the)?(?:\s+regex)?)?"
    rf"|(?:with\s+)?(?:the\s+)?(?:url\s+)?path|matching)?\s*"
)
_PATTERN = rf"`(?!{_METHOD}`)[^`]+`"
_MATCHING = (
    r"(?:on|at|for)\s+(?:the\s+)?(?:path|url)s?\s+matching(?:\s+the)?(?:\s+regex(?:es)?)?\s+"
    rf"(?P<patterns>{_PATTERN}(?:{_JOIN}{_PATTERN})*)"
)
_REQUEST = re.compile(
    rf"(?:(?:with|using|via|by|over|for|only|send|make|issue|do|perform)\s+)?(?:the\s+|a\s+"
    rf"|an\s+|an?\s+|any\s+)?(?:http\s+)?"
    rf"(?:requests?\s+(?:with\s+|using\s+)?)?(?:methods?\s+)?(?P<methods>{_METHODS})"
    rf"(?:\s+(?:http\s+)?(?:requests?|calls?|methods?|operations?|verbs?|only))*"
    rf"(?:\s+{_MATCHING}|\s+{_ON}(?P<paths>{_PATHS})`?)?",
)
_ON_PATTERN = re.compile(
    rf"(?<![\w`./])(?:with\s+)?(?:(?:requests?|calls?|http)\s+)?{_MATCHING}",
    re.I,
)
_ON_PATH = re.compile(
    rf"(?<![\w`./])(?:(?:requests?|calls?|http)\s+)?{_ON}(?P<paths>{_PATHS})(?!\w)", re.I
)
_HOST = re.compile(
    r"\b(?:(?:for|with|to|on|at)\s+)?(?:the\s+"
    r"|a\s+)?(?:http\s+)?(?:virtual\s+)?hosts?(?:\s?names?|\s+headers?)?\s+"
    r"(?P<hosts>(?:`[^`]+`|<D\d+>)(?:(?:\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s+and\s+)(?:`[^`]+`"
    r"|<D\d+>))*)",
    re.I,
)
_HEADER = re.compile(
    r"\b(?:with|carrying|having|and|that\s+(?:have|has|carry|carries))?\s*(?:the\s+|a\s+|an\s+"
    r"|http\s+)*headers?\s+"
    r"(?:`(?P<q>[A-Za-z][\w-]*)(?:\s*[:=]\s*(?P<qv>[^`]*))?`(?:\s*(?:set\s+to|equal\s+to|of|is"
    r"|=|:)\s*`?(?P<qv2>[^`\s,;]+)`?)?"
    r"|(?P<n>[A-Za-z][\w-]*)\s*[:=]\s*(?P<v>[^\s,;`]+)|(?P<only>[Xx]-[\w-]+))",
    re.I,
)
_DNS = re.compile(
    r"\b(?:(?:only\s+)?dns\s+(?:queries|query|lookups?|requests?)|look(?:ing)?\s+up|resolv(?:e"
    r"|ing)|(?:make\s+)?queries)\s+"
    r"(?:(?:for|of)\s+)?(?:(?:the\s+)?(?:dns\s+)?names?\s+)?(?P<names>any\s+name|anything"
    r"|everything|all\s+names"
    r"|(?:<D\d+>|`\*`)(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+)(?:<D\d+>|`\*`))*)",
    re.I,
)
_SNI = re.compile(
    r"\b(?:with\s+|for\s+|and\s+)?(?:the\s+)?(?:tls\s+)?(?:sni|server\s+names?"
    r"|servernames?)(?:\s+of)?\s+"
    r"(?P<names>(?:<D\d+>|`[^`]+`)(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+)(?:<D\d+>"
    r"|`[^`]+`))*)",
    re.I,
)
_LISTED = r"(?:`[^`]+`|<D\d+>|https?://[^\s,;]+[^\s,;.])"
_LIST = rf"{_LISTED}(?:(?:\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s+and\s+){_LISTED})*"
_ISSUED = (
    rf"(?:(?:(?:that\s+(?:is|are|was|were)\s+)?issued\s+by|(?:from|of|by)\s+(?:the\s+)?issuers?"
    r"|with\s+(?:the\s+)?issuers?|whose\s+issuer\s+is|(?:from|by|of)(?=\s+(?:`?https?://"
    rf"|<D\d+>)))\s+(?:either\s+)?(?P<issuers>{_LIST}))"
)
_TOKEN = re.compile(
    r"\b(?:(?:when|if|as\s+long\s+as|provided)\s+(?:the\s+)?(?:request|caller|they"
    r"|it)s?\s+(?:has|have|carr(?:y|ies)|presents?|comes?\s+with|bears?)\s+"
    r"|(?:that\s+)?(?:carr(?:y|ies)|carrying|present(?:ing)?|bearing|having|hold(?:ing)?|with"
    r"|has|have|without)\s+)?"
    r"(?P<tokens>(?:(?:a|an|any|their|some|the)\s+)?(?:valid\s+|genuine\s+|verified\s+"
    r"|signed\s+)?(?:jwts?|jwt\s+tokens?|(?:bearer\s+|access\s+|id\s+)?tokens?"
    r"|end-?user\s+credentials|authenticated\s+end-?users?)(?:\s+tokens?)?)"
    rf"(?:\s+{_ISSUED})?",
    re.I,
)
_PART = re.compile(
    r"\b(?:and\s+|with\s+|for\s+|of\s+|whose\s+|where\s+|when\s+|if\s+|the\s+|a\s+|an\s+"
    r"|its\s+|jwt\s+|token\s+|token's\s+)*"
    rf"(?P<part>audiences?|subjects?)\s+(?:is\s+|of\s+|equal\s+to\s+)?(?P<list>{_LIST})"
    r"|\b(?:and\s+|with\s+|whose\s+|where\s+|when\s+|if\s+|has\s+|have\s+|having\s+|the\s+"
    r"|a\s+|an\s+|its\s+|jwt\s+|token\s+|token's\s+)*"
    rf"claims?\s+(?P<claim>`[\w./:@-]+`|[\w./-]+)\s*(?:=|is|of|equal\s+to|equals|set\s+to|in"
    rf"|contain(?:s|ing))\s*(?:one\s+of\s+)?(?P<values>{_LIST}|[\w.@-]+)",
    re.I,
)


def take_headers(shape: Shape) -> None:
    """Replace HTTP headers, which look like labels, and so have to be read first."""
    shape.take(_HEADER, "H", _header)


def take_hosts(shape: Shape) -> None:
    """Replace HTTP hosts, DNS queries and TLS names: before DNS names become ends."""
    shape.take(_DNS, "T", lambda found: Traffic(dns=tuple(_names(shape, found["names"])) or ("*",)))
    shape.take(_SNI, "T", lambda found: Traffic(server_names=tuple(_names(shape, found["names"]))))
    shape.take(_HOST, "H", lambda found: RequestTest(hosts=tuple(_names(shape, found["hosts"]))))


def take_requests(shape: Shape) -> None:
    """Replace methods with their paths, and paths alone."""
    shape.take(_ANY, "H", lambda found: RequestTest())
    shape.take(_REQUEST, "H", _request)
    shape.take(_ON_PATTERN, "H", _request)
    shape.take(_ON_PATH, "H", _request)


def take_tokens(shape: Shape) -> None:
    """Replace tokens that requests must carry, with their issuers, audiences and claims."""
    shape.take(_TOKEN, "J", lambda found: _token(shape, found))
    shape.take(_PART, "J", lambda found: _part(shape, found))


def _names(shape: Shape, text: str) -> Iterator[str]:
    for one in re.finditer(r"<D\d+>|`([^`]+)`|(https?://[^\s,;]+[^\s,;.])", text):
        yield one[1] or one[2] or shape.value(one[0])


def _header(found: re.Match[str]) -> RequestTest:
    name = found["q"] or found["n"] or found["only"]
    value = found["qv"] or found["qv2"] or found["v"] or ""
    return RequestTest(headers=((name, value.strip()),))


def _request(found: re.Match[str]) -> RequestTest | None:
    groups = found.groupdict()
    methods = tuple(dict.fromkeys(re.findall(_METHOD, groups.get("methods") or "")))
    if groups.get("patterns"):
        found_patterns = tuple(re.findall(r"`([^`]+)`", groups["patterns"]))
        return RequestTest(methods=methods, paths=found_patterns, regex=True)
    paths = tuple(one.strip("`") for one in re.findall(_PATH, groups["paths"] or ""))
    if groups["prefix"]:
        paths = tuple(one if one.endswith("*") else f"{one}*" for one in paths)
    return RequestTest(methods=methods, paths=paths, regex=bool(groups["regex"] and paths))


def _token(shape: Shape, found: re.Match[str]) -> TokenTest:
    without = found[0].lower().startswith("without")
    issuers = tuple(_names(shape, found["issuers"] or ""))
    # A request without a token is no request that a rule can ask for: kept as a word apart.
    return TokenTest(issuers=("!",) if without else issuers)


def _part(shape: Shape, found: re.Match[str]) -> TokenTest:
    if found["part"]:
        values = tuple(_names(shape, found["list"]))
        if found["part"].lower().startswith("audience"):
            return TokenTest(audiences=values)
        return TokenTest(subjects=values)
    path = tuple(found["claim"].strip("`").split("."))
    text = found["values"]
    values = tuple(_names(shape, text)) or (text,)
    return TokenTest(claims=((path, values),))
