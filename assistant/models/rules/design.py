"""Questions of design: subnet sizes, prefixes, outbound ports; and what the articles cover."""

import re
from dataclasses import replace

from assistant.models.rules.frame import Frame

__all__ = ["change_plan", "read_design", "read_topic"]

_MODES = (
    ("pod_subnet_static", r"\bstatic\b(?:.{0,20}\b(?:block|allocation|ip|pod))?"),
    ("pod_subnet_dynamic", r"\bpod[- ]?subnets?\b|\bdynamic(?:\s+(?:ip|pod|allocation))\w*|"
                           r"\bdynamic\b"),
    ("kubenet", r"\bkubenet\b"),
    ("node_subnet", r"\bnode[- ]subnet\s+(?:mode|cni)|\b(?:classic|legacy|traditional|old|"
                    r"flat)\s+(?:azure\s+)?(?:cni|node[- ]subnet|mode)\b|"
                    r"\bazure cni\s+(?:\(?node[- ]subnet\)?|classic|legacy|traditional)\b"),
    ("overlay", r"\boverlay\b"),
)  # fmt: skip
_EVERY_MODE = ("node_subnet", "overlay", "pod_subnet_dynamic", "pod_subnet_static", "kubenet")
_BOTH = re.compile(r"\bdynamic\b", re.I)
_AMONG = re.compile(
    r"\bcompar\w+|\bdifference\b|(?:\bor|\bvs\.?|\bversus|\band|\bboth|\bagainst|\bthan|,)\s+"
    r"(?:(?:with|in|for|on|the|a|azure|cni)\s+)*node[- ]subnet\b|"
    r"\bnode[- ]subnet\s*(?:,|or\b|vs\b|versus\b|and\b|against\b)",
    re.I,
)
"""Words that put the node subnet beside other modes, rather than say what is sized."""
_CHECKS = re.compile(
    r"\b(?:surviv\w*|enough|fits?|suffic\w+|last|room|big|large|small|tight|hold|handle|carry|"
    r"run out|exhaust\w*|work|do|ok|okay|fine|support|grow|scale|expand|upgrade|existing|"
    r"current|have|has|our|add)\b",
    re.I,
)
_POD_RANGE = re.compile(r"\bpod[- ]?(?:cidr|range|network)\b|\bservice[- ]?cidr\b", re.I)
_PREFIX = re.compile(r"(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3})?/\d{1,2}(?![\w/.]\w)")
_DEFAULT_POD_CIDR = "10.244.0.0/16"
"""What AKS takes for the pods of an overlay cluster when nothing is said."""
_NODES = (
    r"(?<![/.\d])([\d,.]*\d)\s*(?:(?!and|or|pods?|max)[a-z-]+ ){0,2}?"
    r"(?<!surge )(?<!extra )(?<!spare )nodes?\b"
)
_MAX_PODS = r"\bmax(?:imum)?[ -_]?pods?(?:\s+(?:per node|of|is|are|set to)|\s*[=:])*\s*(\d+)"
_PODS_AT_MOST = r"\b(\d+)\s+(?:max[ -]?pods?|pods?\s+(?:max(?:imum)?|at most))\b"
_PODS_EACH = r"\b(\d+)\s+(?:running\s+)?pods?\s+(?:per node|each|a node|on each|on every|/ ?node)"
_EXTRA = r"\b(\d+)\s+(?:internal\s+(?:lbs?|load balancers?)|private endpoints?)"
_ASKS_CAPACITY = re.compile(
    r"\bhow many\b|\bhow big\b|\busable\b|\baddresses\b|\bips?\b|\bfit\b|\bhosts?\b|\bsize\b|"
    r"\bcapacity\b|\benough\b|\bsuffic\w+|\bdo(?:es)?\b.{0,30}\b(?:do|work|last)\b",
    re.I,
)
_ASKS_SIZE = re.compile(
    r"\b(?:which|what|how (?:big|large))\b.{0,30}\bsubnet\b.{0,40}"
    r"\b(?:need|use|require|choose|take|must|should)\b|"
    r"\bsize\b.{0,20}\bsubnets?\b|\bsubnet siz(?:e|ing)\b|\bplan\b.{0,20}\bsubnets?\b",
    re.I,
)
_SIZING = re.compile(
    r"\bsubnets?\b|\baddress(?:es)?\b|\bips?\b|\bcidrs?\b|\bpod cidr\b|\bprefix(?:es)?\b|"
    r"\bcni\b|\boverlay\b|\bkubenet\b|"
    r"\bstatic\b|\bdynamic\b|\bmax[ -]?pods\b|\bfit\b|\bbig\b|\bsiz(?:e|ing)\b|\brange\b|"
    r"\bplan(?:ning)?\b|\bsurge\b|\bupgrade\b",
    re.I,
)
_SERVICES = (
    ("app-gateway-for-containers", r"\b(?:agc|application gateway for containers|app[- "
                                   r"]gateway for containers)\b"),
    ("app-gateway", r"\b(?:application gateway|app[- ]gateway|appgw)\b(?! for containers)"),
    ("api-server", r"\bapi[- ]?server(?:\s+vnet)?\s+(?:integration|subnet)\b"),
    ("bastion", r"\bazure bastion\b|\bbastion\s+subnet\b|\bsubnet\b.{0,30}\bbastion\b"),
    ("firewall", r"\bazure firewall\b|\bfirewall\s+subnet\b"),
    ("dns-resolver", r"\bdns (?:private )?resolver\b"),
    ("route-server", r"\broute server\b"),
    ("vpn-gateway", r"\bvpn gateway\b"),
    ("static-egress-gateway", r"\bstatic egress gateway\b"),
)  # fmt: skip
_TOPICS = re.compile(
    r"\b(?:aks|azure|cni|overlay|kubenet|cilium\w*|ccnps?|cnps?|fqdns?|tofqdns?|istio\w*|"
    r"envoy|mtls|authorizationpolic\w+|"
    r"peerauthentication\w*|requestauthentication\w*|ambient|sidecars?|waypoints?|acns|"
    r"hubble|ebpf|kube-?proxy|"
    r"networkpolic\w+|ciliumnetworkpolic\w+|ciliumclusterwidenetworkpolic\w+|network "
    r"polic\w+|npm|calico|windows|snat|nat gateway|load balancer|nsgs?|vnets?|subnets?|"
    r"private (?:cluster|endpoint|link)|ipv6|dual[- ]stack|dns|coredns|node-?local|localdns|"
    r"ingress|egress|"
    r"gateway api|agic|application gateway|pod subnet|node subnet|max ?pods|surge|peering|"
    r"wireguard|ipsec|"
    r"ztunnel|conntrack|ct map|lbs?|podcidr|service mesh|hpa|autoscaler|udrs?|route tables?|"
    r"firewall|expressroute|l7 "
    r"polic\w+|layer 7|conntrack|"
    r"authori[sz]ed (?:ip )?ranges?|podselector|namespaceselector|endpointselector|"
    r"matchlabels|entities|ipblock|tocidr\w*)\b",
    re.I,
)


def read_design(text: str) -> Frame | None:
    """Return the sizing that a question asks for, or None if it asks for none."""
    counts = _node_counts(text)
    nodes = counts[0] if counts else 0
    if frame := _read_outbound(text, nodes):
        return frame
    services = [name for name, pattern in _SERVICES if re.search(pattern, text, re.I)]
    if nodes and _SIZING.search(text):
        return _read_plan(text, counts, services)
    if frame := _read_prefixes(text):
        return frame
    if services and re.search(r"\bsubnet|\bprefix|\bhow (?:big|large|many)|\bsize", text, re.I):
        return Frame(intent="size", kind="size_subnets", arguments={"services": services})
    if _ASKS_SIZE.search(text):
        return Frame(
            intent="ask",
            text="For how many nodes, and in which CNI mode (overlay, pod subnet, node subnet or "
            "kubenet)?",
        )
    return None


def change_plan(text: str, earlier: Frame) -> Frame | None:
    """Return an earlier plan as a short message changes it ("and 60?", "with max pods 50").

    Args:
        text: The message, normalised.
        earlier: A frame of `size_subnets`.
    """
    if earlier.kind != "size_subnets" or len(text.split()) > 10:
        return None
    changed = dict(earlier.arguments)
    bare = re.fullmatch(
        r"(?:(?:and|or|what about|how about|what if|then|with|for|if it is|make it|ok)\s+)*"
        r"(\d[\d,]*)(?:\s+instead)?\W*",
        text,
        re.I,
    )
    counts = _node_counts(text) or ((int(bare[1].replace(",", "")),) if bare else ())
    if counts:
        changed.pop("pools", None)
        changed["nodes"] = _one_or_each(counts)
    if limits := _max_pods(text):
        changed["max_pods"] = _one_or_each(limits)
    if surge := _read_surge(text):
        changed["surge"] = surge
    if modes := _read_modes(text, limited=True):
        changed["mode"] = _one_or_each(modes)
    if prefixes := tuple(dict.fromkeys(_PREFIX.findall(text))):
        changed["subnet"] = _one_or_each(prefixes)
        changed["mode"] = changed["mode"] if changed["mode"] != "all" else _EVERY_MODE
    return replace(earlier, arguments=changed) if changed != earlier.arguments else None


def _read_prefixes(text: str) -> Frame | None:
    """Read "how many IPs in a /28" and "how many nodes fit in 10.244.0.0/16"."""
    prefixes = _PREFIX.findall(text)
    if not prefixes and re.search(r"\bdefault\s+pod\s+cidr\b", text, re.I):
        prefixes = [_DEFAULT_POD_CIDR]
    if not prefixes or not _ASKS_CAPACITY.search(text):
        return None
    if re.search(r"\b(?:reach|connect|talk|access|call)\w*\b", text, re.I):
        return None
    arguments: dict[str, object] = {"prefix": ", ".join(dict.fromkeys(prefixes))}
    if max_pods := _number(_MAX_PODS, text) or _number(_PODS_AT_MOST, text):
        arguments["max_pods"] = max_pods
    elif each := _number(_PODS_EACH, text):
        arguments["max_pods"] = each
    return Frame(intent="size", kind="describe_prefix", arguments=arguments)


def _read_plan(text: str, counts: tuple[int, ...], services: list[str]) -> Frame:
    """Return the plan asked for; a tuple among its arguments asks for a plan of each value."""
    limits = _max_pods(text)
    modes = _read_modes(text, bool(limits))
    arguments: dict[str, object] = {"mode": _one_or_all(modes)}
    if len(counts) > 1 and re.search(r"\bpools?\b", text, re.I):
        arguments["pools"] = [str(count) for count in counts]
    else:
        arguments["nodes"] = _one_or_each(counts)
    if limits:
        arguments["max_pods"] = _one_or_each(limits)
    if surge := _read_surge(text):
        arguments["surge"] = surge
    if pods := _number(_PODS_EACH, text):
        each = limits or arguments["mode"] == "pod_subnet_dynamic"
        arguments["pods_per_node" if each else "max_pods"] = pods
    if extra := _number(_EXTRA, text):
        arguments["extra_ips"] = extra
    if services:
        arguments["services"] = services
    prefixes = tuple(dict.fromkeys(_PREFIX.findall(text)))
    if prefixes and _CHECKS.search(text):
        if _POD_RANGE.search(text):
            found: dict[str, object] = {"prefix": ", ".join(prefixes)}
            if limits:
                found["max_pods"] = limits[0]
            return Frame(intent="size", kind="describe_prefix", arguments=found)
        # A subnet lasts or not by mode: each of those that are named, or could be meant.
        arguments["mode"] = _one_or_each(modes or _EVERY_MODE)
        arguments["subnet"] = _one_or_each(prefixes)
    return Frame(intent="size", kind="size_subnets", arguments=arguments)


def _node_counts(text: str) -> tuple[int, ...]:
    """Return each count of nodes, those of a list ("10, 20 and 5 nodes") included."""
    found: list[int] = []
    for match in re.finditer(_NODES, text, re.I):
        before = text[: match.start()]
        listed = re.search(
            r"((?:\b\d+\s*(?:,|and|or|vs\.?|versus|&|\+)\s*(?:and\s+|or\s+)?)+)$", before
        )
        if listed and not re.search(
            r"(?:pods?|surge|node|%|/)\W*$", before[: listed.start()], re.I
        ):
            found += [int(number) for number in re.findall(r"\d+", listed[1])]
        found += _numbers(_NODES, match[0])
    return tuple(found) if re.search(r"\bpools?\b", text, re.I) else tuple(dict.fromkeys(found))


def _one_or_each(values: tuple[object, ...]) -> object:
    return values[0] if len(values) == 1 else values


def _one_or_all(modes: tuple[str, ...]) -> str:
    return modes[0] if len(modes) == 1 else "all"


def _max_pods(text: str) -> tuple[int, ...]:
    """Return the max pods per node that are named: one, or several to compare."""
    first = _number(_MAX_PODS, text) or _number(_PODS_AT_MOST, text)
    more = re.search(rf"{_MAX_PODS}\s*(?:,|or|vs\.?|versus|and|against)\s*(\d+)\b(?!\s*nodes?)",
                     text, re.I)  # fmt: skip
    return tuple(dict.fromkeys(n for n in (first, int(more[2]) if more else 0) if n))


def _read_modes(text: str, limited: bool) -> tuple[str, ...]:
    """Return the modes that are named.

    Args:
        text: The question.
        limited: Whether it names max pods, which count for a subnet in the legacy mode alone.
    """
    modes = [name for name, pattern in _MODES if re.search(pattern, text, re.I)]
    if "pod_subnet_static" in modes and "pod_subnet_dynamic" in modes and not _BOTH.search(text):
        modes.remove("pod_subnet_dynamic")
    node_subnet = re.search(r"\bnode[- ]subnet\b", text, re.I)
    if node_subnet and modes and "node_subnet" not in modes and _AMONG.search(text):
        modes.append("node_subnet")
    if node_subnet and not modes and (limited or re.search(r"\bazure cni\b", text, re.I)):
        modes = ["node_subnet"]
    return tuple(modes)


def _read_surge(text: str) -> str:
    """Return the surge as `33%` or `2`; empty when the question names none."""
    match = re.search(
        r"\bsurge\s*(?:of|=|:|is|at)?\s*(\d+\s*%?)|\b(\d+\s*%)|\b(\d+)\s+(?:max[ -]?)?surge",
        text,
        re.I,
    )
    if not match or not re.search(r"surge|upgrade", text, re.I):
        return ""
    return next(group for group in match.groups() if group).replace(" ", "")


def _read_outbound(text: str, nodes: int) -> Frame | None:
    if not nodes or not re.search(r"\bsnat\b|\boutbound\b.{0,20}\b(?:ports?|ips?)\b", text, re.I):
        return None
    arguments: dict[str, object] = {"nodes": nodes}
    if ports := _number(r"([\d,]+)\s+(?:snat\s+|outbound\s+)?ports\b", text):
        arguments["ports_per_node"] = ports
    if surge := _read_surge(text):
        arguments["surge"] = surge
    if addresses := _number(r"\b(\d+)\s+public\s+(?:ips?|addresses)", text):
        arguments["public_ips"] = addresses
    return Frame(intent="size", kind="size_outbound", arguments=arguments)


def read_topic(text: str) -> Frame | None:
    """Return a search of the articles when the question is about their subjects."""
    topics = {topic.lower() for topic in _TOPICS.findall(text)}
    if not topics:
        return None
    return Frame(intent="docs", kind="search_docs", arguments={"query": text[:400]})


def _number(pattern: str, text: str) -> int:
    numbers = _numbers(pattern, text)
    return numbers[0] if numbers else 0


def _numbers(pattern: str, text: str) -> tuple[int, ...]:
    """Return each number that a pattern finds once, in the order of the text."""
    found = (re.sub(r"[,.]", "", match[1]) for match in re.finditer(pattern, text, re.I))
    numbers = (int(digits) for digits in found if digits.isdigit() and len(digits) < 8)
    return tuple(dict.fromkeys(number for number in numbers if number))
