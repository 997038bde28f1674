"""Principals, service accounts, DNS names and entities: ends that are no names of workloads."""

import re

from tools.intents.literals import is_api_group
from tools.intents.shapes import Shape
from topology.authoring import Accounts, DnsNames, Entities, Party

__all__ = ["dns_party", "take_accounts", "take_dns", "take_entities"]

_PRINCIPAL = re.compile(
    r"(?:\b(?:the\s+)?(?:principals?|spiffe\s+ids?|identit(?:y|ies)|service\s?accounts?)\s+)?"
    r"`?(?:spiffe://)?((?:[\w.-]+|\*)/ns/[\w*-]+/sa/[\w*.-]+)`?",
    re.I,
)
_ANY_PRINCIPAL = re.compile(
    r"\b(?:any|every|all)\s+(?:authenticated|mutually\s+authenticated|mesh|mtls)\s+(?:callers?"
    r"|clients?|principals?|identit(?:y|ies)|peers?|workloads?|services?)\b"
    r"|\b(?:callers?|clients?)\s+with\s+(?:a|any)\s+(?:client\s+)?(?:certificate|identity)\b"
    r"|\bprincipals?\s+`\*`",
    re.I,
)
_PATTERN = re.compile(
    r"\bprincipals?\s+(`[^`]+`(?:(?:\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s+and\s+)`[^`]+`)*)", re.I
)
_NAME = r"`?[a-z0-9][a-z0-9.-]*[a-z0-9](?:/[a-z0-9][a-z0-9.-]*)?`?"
_ACCOUNT = re.compile(
    rf"\b(?:the\s+)?(?:kubernetes\s+)?(?:service\s?accounts?|sa)\s+(?:called\s+"
    rf"|named\s+)?(?P<names>{_NAME}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+"
    rf"|\s+or\s+){_NAME}(?=[\s,.;]|$)(?!\s+(?:may|can|in|to)\b))*)"
    rf"(?:\s+(?:in|of|from)\s+(?:the\s+)?(?:namespace\s+(?P<space>{_NAME})"
    rf"|(?P<space2>{_NAME})\s+namespace))?"
    r"|(?:the\s+)?(?<![\w-])(?P<before>(?!(?:only|just|the|its|their|this|that|each|every|by|for"
    rf"|from|with)\b){_NAME})\s+service\s?accounts?(?:\s+(?:in|of"
    rf"|from)\s+(?:the\s+)?(?:namespace\s+(?P<space3>{_NAME})"
    rf"|(?P<space4>{_NAME})\s+namespace))?",
    re.I,
)
_CALLERS = re.compile(
    r"\b(?:the\s+|any\s+|all\s+)?(?:callers?|clients?|identit(?:y|ies)"
    r"|requests?\s+coming)\s+(?:from|of|in)\s+(?:the\s+)?namespaces?\s+"
    r"(?P<names>`[^`]+`(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+)`[^`]+`)*)",
    re.I,
)
_DNS = re.compile(
    r"(?<![\w./@:*-])`?(?P<url>https?://)?(?P<name>(?:[\w*](?:[\w*-]*[\w*])?\."
    r"|\*\.)+(?:[a-z][a-z0-9-]*[a-z0-9]|\*))\.?(?P<path>/[^\s`]*)?`?(?![\w/=*-]|:(?!\d{1,5}\b)"
    r"|\.\w)",
    re.I,
)
_FILES = frozenset({"json", "log", "md", "py", "sh", "txt", "yaml", "yml"})
_ENTITY = (
    r"`?(?:all|cluster|health|host|ingress|init|kube-apiserver|none|remote-node|unmanaged|world"
    r"|world-ipv4|world-ipv6)`?"
)
_SAID = re.compile(
    rf"\b(?:the\s+)?(?:cilium\s+)?(?:special\s+)?entit(?:y"
    rf"|ies)\s+(?P<names>{_ENTITY}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+"
    rf"|\s+or\s+){_ENTITY})*)"
    rf"|\b(?:the\s+)?(?P<before>{_ENTITY})\s+entity\b",
    re.I,
)
_ARTICLE = r"(?:the\s+|any\s+|all\s+of\s+the\s+|all\s+|our\s+)?"
_PHRASES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("kube-apiserver",),
        rf"{_ARTICLE}(?:kube-?\s?api-?\s?server|(?:kubernetes|k8s|kube)\s+api(?:\s?-?server)?"
        rf"|api-?\s?server|control\s+plane\s+api)s?"),
    (("world",),
        rf"{_ARTICLE}(?:(?:everything|anything|anyone|anywhere|everyone|everybody|traffic|clients?"
        r"|addresses|hosts?|anybody)\s+(?:from\s+)?)?(?:the\s+)?(?:outside|external\s+to)\s+"
        r"(?:of\s+)?(?:the\s+|our\s+|this\s+)?(?:k8s\s+|kubernetes\s+)?cluster"),
    (("world",),
        r"(?:the\s+|any\s+|all\s+|our\s+)*(?:(?:end[\s-]+)?users?|people|customers?|visitors?"
        r"|browsers?|clients?|callers?"
        r"|anyone|anybody|everyone)\s+(?:from|on|over|across|via)\s+the\s+(?:public\s+"
        r"|open\s+)?internet"
        r"|(?:any\s+|all\s+|our\s+)?external\s+(?:users?|customers?|visitors?)"),
    (("world",),
        rf"{_ARTICLE}(?:(?:public|open|whole|wide)\s+)*(?:internet|outside\s+world"
        r"|external\s+world|outside(?=\s*(?:[.,;:)]|$)|\s+(?:on|via|over|at|to|may|can|should"
        r"|must|is|are|and|or|but|except|alone|untouched)\b)"
        r"|`world`|world)(?!\s*-)"),
    (("cluster",),
        r"(?:everything|anything|anyone|everyone|everywhere|anywhere|all\s+(?:pods|workloads"
        r"|endpoints)|any\s+(?:pod|workload|endpoint))\s+(?:else\s+)?(?:inside|within"
        r"|in)\s+(?:of\s+)?(?:the|our|this)\s+(?:whole\s+|entire\s+)?cluster(?!\s+`|\s+[a-z]+\d)"),
    (("cluster",),
        r"(?:inside|within)\s+(?:of\s+)?(?:the|our|this)\s+(?:same\s+)?cluster"
        r"|(?:the\s+)?rest\s+of\s+the\s+cluster|(?:the|our)\s+(?:whole|entire|own)\s+cluster"
        r"|`cluster`|the\s+cluster(?:\s+itself)(?!\s+`)|(?<=from )the\s+cluster(?!\s*[`\w])"
        r"|(?<=to )the\s+cluster(?!\s*[`\w])"),
    (("remote-node",), rf"{_ARTICLE}(?:(?:remote|other)[\s-]+nodes?|`remote-node`)"),
    (("host",),
        r"(?:the\s+|its\s+|their\s+|own\s+)*(?:local\s+(?:host|node|kubelet)|kubelets?|own\s+node"
        r"|own\s+host|same\s+node|node\s+(?:it|they)\s+runs?\s+on|`host`|host(?!s?\s*(?:`|<|names?"
        r"|headers?|:|network)))(?:\s+(?:that\s+is\s+)?serving\s+the\s+particular\s+endpoint"
        r"|\s+(?:it|they)\s+runs?\s+on)?"),
    (("health",), rf"{_ARTICLE}(?:cilium\s+)?health\s+(?:entity|endpoints?)"),
    (("ingress",), rf"{_ARTICLE}(?:cilium\s+ingress|cilium's\s+ingress|`ingress`\s+entity)"),
)  # fmt: skip
_ENTITIES = tuple(
    (names, re.compile(rf"(?<!other )(?<![\w<-]){pattern}(?![\w>])", re.I))
    for names, pattern in _PHRASES
)


def take_accounts(shape: Shape, homes: dict[str, tuple[str, ...]]) -> None:
    """Replace principals and service accounts.

    Args:
        shape: The request.
        homes: The namespaces that have each service account of the cluster.
    """
    shape.take(_PRINCIPAL, "U", lambda found: Accounts(principals=(found[1],)))
    shape.take(_ANY_PRINCIPAL, "U", lambda found: Accounts(principals=("*",)))
    shape.take(
        _PATTERN, "U", lambda found: Accounts(principals=tuple(re.findall(r"`([^`]+)`", found[1])))
    )
    shape.take(
        _CALLERS,
        "U",
        lambda found: Accounts(namespaces=tuple(re.findall(r"`([^`]+)`", found["names"]))),
    )
    shape.take(_ACCOUNT, "U", lambda found: _accounts(found, homes))


def _accounts(found: re.Match[str], homes: dict[str, tuple[str, ...]]) -> Accounts | None:
    text = found["names"] or found["before"]
    space = next((found[one] for one in ("space", "space2", "space3", "space4") if found[one]), "")
    names = [
        one.strip("` ") for one in re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", text)
    ]
    if found["before"] and names[0].lower() in (
        "the",
        "a",
        "any",
        "same",
        "this",
        "kubernetes",
        "which",
    ):
        return None
    full = []
    for name in names:
        places = homes.get(name, ())
        if "/" in name:
            full.append(name)
        elif space or len(places) == 1:
            full.append(f"{space.strip('`') or places[0]}/{name}")
        else:
            full.append(f"/{name}")
    return Accounts(accounts=tuple(full))


def take_dns(shape: Shape) -> None:
    """Replace DNS names and patterns; those of Services stay, to be looked up as names."""
    shape.take(_DNS, "D", _dns)


def _dns(found: re.Match[str]) -> str | None:
    name = found["name"].lower()
    last = name.rpartition(".")[2]
    shortest = min(len(part) for part in name.split("."))
    if last in _FILES or is_api_group(name) or ".svc" in name:
        return None
    if shortest == 1 and name.count(".") == 1 and "*" not in name:
        return None
    return found["name"] if not found["url"] else found[0].strip("`")


def take_entities(shape: Shape) -> None:
    """Replace entities, said as such or in the words that people use for them."""
    shape.take(_SAID, "E", lambda found: _entities(found["names"] or found["before"]))
    for names, pattern in _ENTITIES:
        shape.take(pattern, "E", lambda found, names=names: Entities(names))  # type: ignore[misc]


def _entities(text: str) -> Party:
    return Entities(
        tuple(
            dict.fromkeys(
                re.findall(r"[a-z]+(?:-[a-z0-9]+)*", re.sub(r"\b(?:and|or)\b", " ", text.lower()))
            )
        )
    )


def dns_party(name: str) -> DnsNames:
    """Return a DNS name as an end, without the scheme and path of a URL."""
    return DnsNames((re.sub(r"^https?://|/.*$", "", name).lower(),))
