"""Questions about the way into the cluster and the Azure network around it.

They are about host names, ingresses, load balancers, Services as such, security groups and routes;
a connection between two named ends is asked of every layer at once and not read here.
"""

import re

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.reading import Reading
from topology.model import Cluster

__all__ = ["read_way"]

_HOST = re.compile(
    r"(?<![\w@/-])(?:https?://)?(?P<host>(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+)(?::\d+)?"
    r"(?P<path>/[\w./~%-]*)?",
    re.I,
)
_ENTRY = re.compile(
    r"\b(?:ingress(?:es)?|gateways?|http ?routes?|virtual ?services?|host ?names?|hosts?|"
    r"urls?|domains?|routes?|requests?|traffic|serve[sd]?|serving|back(?:s|ed|ing|ends?)|behind|"
    r"pods?|50[0-4]|404|5xx|load ?balancers?|lb|lands?|ends? up|leads?|goes?|answers?|reach\w*|"
    r"open|exposed|public|path|way|works?|working|broken|fail\w*|error\w*|down)\b",
    re.I,
)
_DOORS = r"(?:load[- ]?balancers?|lbs?|node[- ]?ports?|external ips?|public ips?)"
_PROXIES = r"(?:ingress(?:es)?|gateways?|http ?routes?|virtual ?services?)"
_WORDS = rf"(?:{_DOORS}|{_PROXIES})"
_BEFORE = (
    r"\s+(?:(?:that|which)\s+)?(?:of|for|to|in front of|before|serving|serves|leads? to|leading to|"
    r"exposing|exposes)\s+(?:the\s+|our\s+|service\s+)*@\d+@"
)
_DOOR_OF = re.compile(rf"\b{_DOORS}{_BEFORE}|@\d+@(?:'s|s')?\s+{_DOORS}\b", re.I)
_PROXY_OF = re.compile(rf"\b{_PROXIES}{_BEFORE}|@\d+@(?:'s|s')?\s+{_PROXIES}\b", re.I)
_TROUBLE = re.compile(
    r"\b(?:works?|working|broken|50[0-4]|5xx|404|fail\w*|errors?|down|lead\w*|serve\w*|goes?|"
    r"point\w*|open|exposed|public|reach\w*|correct|right|ok|wrong)\b",
    re.I,
)
_WAY_TO = re.compile(
    r"\b(?:how|which way|what way|by what|through what)\b.{0,40}\b(?:traffic|requests?|users?|"
    r"callers?|clients?|packets?)\b.{0,40}\b(?:get|gets|come|comes|reach|reaches|arrive|flow)\b|"
    r"\b(?:service path|path of (?:a|the) request|request path|traffic path|way (?:of|for) (?:a |"
    r"the )?(?:requests?|traffic))\b",
    re.I,
)
_SERVICES = re.compile(
    r"\bservices?\b.{0,40}\b(?:without|(?:have|has|had|with|having) no|lack\w*|missing|no|zero)\b"
    r".{0,20}\b(?:endpoints?|pods?|backends?|targets?)\b|"
    r"\b(?:target ?ports?|selectors?|endpoint ?slices?)\b.{0,40}\b(?:match\w*|fit\w*|wrong|"
    r"correct|right|ok|mismatch\w*|broken|select\w*|missing|differ\w*|not ready)\b|"
    r"\b(?:mismatch\w*|wrong|broken|misconfigured|dangling)\b.{0,30}\b(?:target ?ports?|selectors?|"
    r"services?|ingress(?:es)?|gateways?|routes?|endpoints?)\b|"
    r"\bcheck (?:the |all |my |our |every )?services?\b|"
    r"\b(?:anything|something|what(?:'s| is))\b.{0,12}\bwrong with (?:the |my |our )?"
    r"(?:services?|ingress(?:es)?|gateways?)\b|"
    r"\b(?:services?|ingress(?:es)?|gateways?|routes?)\b.{0,20}\b(?:broken|misconfigured|dangling)\b",
    re.I,
)
_AZURE = re.compile(
    r"\b(?:nsgs?|(?:network )?security groups?|route tables?|udrs?|user[- ]defined routes?|"
    r"health probes?|168\.63\.129\.16|snat|nat gateways?|vnet peerings?|peerings?|"
    r"private endpoints?|azure (?:network|side|layers?|setup|config\w*))\b",
    re.I,
)
_RANGES = re.compile(
    r"\b(?:pod|service)[ -]?(?:cidrs?|ranges?)\b.{0,60}\b(?:overlap\w*|clash\w*|collid\w*|"
    r"conflict\w*)\b|\boverlap\w*\b.{0,60}\b(?:pod|service)[ -]?(?:cidrs?|ranges?)\b|"
    r"\b(?:node|pod) subnets?\b.{0,30}\b(?:full|large enough|big enough|too small|exhausted)\b",
    re.I,
)
_PROPERTIES = re.compile(
    r"\b(?:which|what)\b.{0,30}\b(?:cni|network plugin|plugin mode|data ?plane|outbound type|"
    r"istio revision|asm revision|service cidr|pod cidr)\b.{0,40}\b(?:does|do|is|are|run\w*|"
    r"use[sd]?|has|have|cluster|we|our|my)\b|"
    r"\bis (?:acns|advanced container networking(?: services)?)\b",
    re.I,
)
_GENERAL = re.compile(
    r"^\W*(?:what (?:is|are) (?:an? )?(?:nsgs?|udrs?|snat|(?:network )?security groups?|"
    r"route tables?|peerings?|private endpoints?|nat gateways?)\W*$|how do(?:es)? (?:an? )?\w+ "
    r"(?:work|differ)|explain|should (?:i|we)|can i use|how (?:do|can|should) (?:i|we)|what does "
    r"\w+ mean)|\bin general\b|\bbest practices?\b|\bplan\b|\bdesign\b|\bmigrat\w+|\b\d+ nodes\b",
    re.I,
)
_CHANGES = re.compile(
    r"\b(?:allow|deny|block|write|draft|create|generate|forbid)\s+(?!by\b)(?:the |all |only )?\w+",
    re.I,
)
_AZURE_TOPICS = (
    (r"\bprobes?\b|168\.63", "probes"),
    (r"\bsnat\b|\bnat gateways?\b", "snat"),
    (r"\bprivate endpoints?\b", "endpoints"),
    (r"\bcidrs?\b|\branges?\b|\bsubnets?\b.*\b(?:full|enough|small|exhausted)\b", "ranges"),
    (r"\bpeerings?\b", "peerings"),
    (r"\broutes?\b|\broute tables?\b|\budrs?\b", "routes"),
    (r"\bnsgs?\b|\bsecurity groups?\b", "groups"),
    (r"\bcni\b|plugin|plane|outbound type|revision|\bacns\b|advanced container", "cluster"),
)
_SERVICE_TOPICS = (
    (r"\btarget ?ports?\b", "ports"),
    (r"\bendpoint\w*\b|\bselectors?\b|\bpods?\b|\bbackends?\b", "endpoints"),
    (r"\bingress\w*\b|\bgateways?\b|\broutes?\b", "entries"),
)
_ENDPOINTS = ("service", "workload", "pod")


def read_way(reading: Reading, cluster: Cluster) -> Frame | None:
    """Return the tool about ways in, Services or Azure that answers a question; None for others."""
    text = reading.text
    if _GENERAL.search(text) or _starts_with_order(text):
        return None
    return _host(reading, cluster) or _service(reading) or _azure(reading, cluster)


def _starts_with_order(text: str) -> bool:
    return bool(re.match(rf"\W*(?:please\s+)?{_CHANGES.pattern}", text, re.I))


def _host(reading: Reading, cluster: Cluster) -> Frame | None:
    """Read a question about a host name that some entry takes, or that an ingress shall take."""
    from topology.service_path.entries import entries_of, host_matches

    found = next(iter(_HOST.finditer(reading.text)), None)
    if found is None:
        return None
    host, path = found["host"].lower(), (found["path"] or "").rstrip(".")
    known = [one for entry in entries_of(cluster) for one in entry.hosts]
    taken = any(host_matches(one, host) for one in known if one not in ("*", ""))
    named = re.search(r"\b(?:ingress\w*|gateways?|http ?routes?|virtual ?services?)\b",
                      reading.text, re.I)  # fmt: skip
    if not taken and not named:
        return None
    caller = _caller(reading, host)
    if caller is None or not (_ENTRY.search(reading.text) or taken):
        return None
    arguments: dict[str, object] = {"target": f"{host}{path}"}
    if caller:
        arguments["source"] = caller
    return Frame(intent="check", kind="trace_service_path", arguments=arguments)


def _caller(reading: Reading, host: str) -> str | None:
    """Return who calls: empty for the world; None where it is not clear."""
    roles = reading.roles
    sources = roles.sources if roles and roles.sure else ()
    others = [ref for ref in sources if ref.kind in _ENDPOINTS and len(ref.names) == 1]
    if not others:
        return ""
    if len(others) == 1 and roles and roles.destinations and "." in roles.destinations[0].text:
        return others[0].name.removeprefix("service:")
    return "" if host else None


def _service(reading: Reading) -> Frame | None:
    """Read a question about the load balancer, the ingress or the ports of one Service, or all."""
    text = reading.text
    # "The ingress" may well be the name of a workload; here it is what stands before a Service.
    doors = {
        ref.text for ref in reading.refs if re.fullmatch(rf"(?:the )?{_WORDS}", ref.text, re.I)
    }
    refs = [ref for ref in reading.named(*_ENDPOINTS) if ref.text not in doors]
    ends = [
        ref for ref in reading.refs
        if ref.kind not in ("any", "namespace", "entity") and ref.text not in doors
    ]  # fmt: skip
    one = refs[0] if len(refs) == 1 and len(ends) == 1 and len(refs[0].names) == 1 else None
    if one and _is_way(text, _shape(reading, doors)):
        name = one.name if one.kind == "service" else one.name.removeprefix("service:")
        return Frame(
            intent="check", kind="trace_service_path", arguments={"target": name, **_port(reading)}
        )
    if _SERVICES.search(text) and len(ends) <= 1 and not reading.named("policy"):
        arguments = _topic(text, _SERVICE_TOPICS)
        if one:
            arguments["service"] = one.name.removeprefix("service:")
        elif spaces := reading.named("namespace"):
            arguments["namespace"] = spaces[0].name
        elif ends:
            return None
        return Frame(intent="check", kind="check_services", arguments=arguments)
    return None


def _shape(reading: Reading, doors: set[str]) -> str:
    """Return the text with marks where names stood, but for words that are no names here."""
    shape = reading.shape
    for number, group in enumerate(reading.sentence.groups):
        if group[0].text in doors:
            shape = shape.replace(f"@{number}@", group[0].text.lower())
    return shape


def _is_way(text: str, shape: str) -> bool:
    """Return whether what stands before a Service is asked about, or how requests get to it."""
    proxy = _PROXY_OF.search(shape) and _TROUBLE.search(shape)
    return bool(_DOOR_OF.search(shape) or proxy or _WAY_TO.search(text))


def _port(reading: Reading) -> dict[str, object]:
    ports = reading.slots.ports
    if len(ports) != 1 or ports[0].number is None:
        return {}
    return {"port": f"{ports[0].number}/{ports[0].protocol or 'TCP'}"}


def _azure(reading: Reading, cluster: Cluster) -> Frame | None:
    """Read a question about the Azure network; only where something of it was loaded."""
    if not cluster.azure or _is_path(reading):
        return None
    text = reading.text
    if _AZURE.search(text) or _RANGES.search(text) or _PROPERTIES.search(text):
        return Frame(intent="check", kind="check_azure", arguments=_topic(text, _AZURE_TOPICS))
    return None


def _topic(text: str, topics: tuple[tuple[str, str], ...]) -> dict[str, object]:
    """Return the topic of a question; none where it has none, or several."""
    found = [name for pattern, name in topics if re.search(pattern, text, re.I)]
    return {"about": found[0]} if found else {}


def _is_path(reading: Reading) -> bool:
    """Return whether two ends of a connection are named."""
    roles = reading.roles
    return bool(roles and roles.sources and roles.destinations and _known(roles.sources))


def _known(refs: tuple[Ref, ...]) -> bool:
    return all(ref.kind not in ("any", "unknown") for ref in refs)
