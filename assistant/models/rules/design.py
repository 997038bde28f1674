"""Questions of design: subnet sizes, prefixes, outbound ports; and what the articles cover."""

import re

from assistant.models.rules.frame import Frame

__all__ = ["read_design", "read_topic"]

_MODES = (
    ("pod_subnet_static", r"\bstatic\b(?:.{0,20}\b(?:block|allocation|ip|pod))?"),
    ("pod_subnet_dynamic", r"\bpod[- ]?subnets?\b|\bdynamic(?:\s+(?:ip|pod|allocation))\w*|"
                           r"\bdynamic\b"),
    ("kubenet", r"\bkubenet\b"),
    ("node_subnet", r"\bnode[- ]subnet\s+(?:mode|cni)|\b(?:classic|legacy|traditional|"
                    r"flat)\s+(?:azure\s+)?cni\b|"
                    r"\bazure cni\s+(?:\(?node[- ]subnet\)?|classic|legacy|traditional)\b"),
    ("overlay", r"\boverlay\b"),
)  # fmt: skip
_SIZING = re.compile(
    r"\bsubnets?\b|\baddress(?:es)?\b|\bips?\b|\bcidrs?\b|\bpod cidr\b|\bprefix(?:es)?\b|"
    r"\bcni\b|\boverlay\b|\bkubenet\b|"
    r"\bfit\b|\bbig\b|\bsiz(?:e|ing)\b|\brange\b|\bplan(?:ning)?\b|\bsurge\b|\bupgrade\b",
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
    r"ztunnel|service mesh|hpa|autoscaler|udrs?|route tables?|firewall|expressroute|l7 "
    r"polic\w+|layer 7|conntrack|"
    r"authori[sz]ed (?:ip )?ranges?|podselector|namespaceselector|endpointselector|"
    r"matchlabels|entities|ipblock|tocidr\w*)\b",
    re.I,
)


def read_design(text: str) -> Frame | None:
    """Return the sizing that a question asks for, or None if it asks for none."""
    prefixes = re.findall(r"(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3})?/\d{1,2}(?![\w/.])", text)
    nodes = _number(r"([\d,.]*\d)\s*(?:k8s |aks |worker |cluster |linux |windows )?nodes?\b", text)
    max_pods = _number(
        r"\bmax(?:imum)?[ -_]?pods?(?:\s+(?:per node|of|is|are|=|:|set to))*\s*[=:]?\s*(\d+)", text
    ) or _number(r"\b(\d+)\s+(?:max[ -]?pods?|pods?\s+(?:max(?:imum)?|at most))\b", text)
    if frame := _read_outbound(text, nodes):
        return frame
    services = [name for name, pattern in _SERVICES if re.search(pattern, text, re.I)]
    if nodes and _SIZING.search(text):
        return _read_plan(text, nodes, max_pods, prefixes, services)
    asks_fit = re.search(
        r"\bhow many\b|\bhow big\b|\busable\b|\baddresses\b|\bips?\b|\bfit\b|\bhosts?\b|"
        r"\bsize\b|\bcapacity\b|\benough\b",
        text,
        re.I,
    )
    if (
        prefixes
        and asks_fit
        and not re.search(r"\b(?:reach|connect|talk|access|call)\w*\b", text, re.I)
    ):
        arguments: dict[str, object] = {"prefix": ", ".join(dict.fromkeys(prefixes))}
        if max_pods:
            arguments["max_pods"] = max_pods
        return Frame(intent="size", kind="describe_prefix", arguments=arguments)
    if services and re.search(r"\bsubnet|\bprefix|\bhow (?:big|large|many)|\bsize", text, re.I):
        return Frame(intent="size", kind="size_subnets", arguments={"services": services})
    if _asks_for_size(text) and not nodes:
        return Frame(
            intent="ask",
            text="For how many nodes, and in which CNI mode (overlay, pod subnet, node "
            "subnet or kubenet)?",
        )
    return None


def _asks_for_size(text: str) -> bool:
    return bool(
        re.search(r"\b(?:which|what|how (?:big|large))\b.{0,30}\bsubnet\b.{0,40}\b(?:need|"
                  r"use|require|choose|take|must|should)\b|"
                  r"\bsize\b.{0,20}\bsubnets?\b|\bsubnet siz(?:e|ing)\b|"
                  r"\bplan\b.{0,20}\bsubnets?\b", text, re.I)
    )  # fmt: skip


def _read_plan(
    text: str, nodes: int, max_pods: int, prefixes: list[str], services: list[str]
) -> Frame:
    modes = [name for name, pattern in _MODES if re.search(pattern, text, re.I)]
    if "pod_subnet_static" in modes and "pod_subnet_dynamic" in modes:
        modes.remove("pod_subnet_dynamic")
    if (
        not modes
        and re.search(r"\bazure cni\b", text, re.I)
        and re.search(r"\bnode[- ]subnet\b", text, re.I)
    ):
        modes = ["node_subnet"]
    compares = re.search(
        r"\bcompar\w+|\bversus\b|\bvs\b|\beach\b|\ball\b.{0,15}\bmodes?\b|\bmodes\b|\bwhich mode\b",
        text,
        re.I,
    )
    arguments: dict[str, object] = {
        "mode": modes[0] if len(modes) == 1 and not (compares and len(modes) != 1) else "all",
        "nodes": nodes,
    }
    if max_pods:
        arguments["max_pods"] = max_pods
    surge = re.search(
        r"\b(\d+\s*%)(?:\s+(?:of\s+)?(?:max[ -]?)?surge)?|\b(?:max[ -]?)?surge\s*(?:of|=|:|"
        r"is)?\s*(\d+\s*%?)|\b(\d+)\s+(?:max[ -]?)?surge",
        text,
        re.I,
    )
    if surge and re.search(r"surge|upgrade", text, re.I):
        arguments["surge"] = next(group for group in surge.groups() if group).replace(" ", "")
    pods = _number(
        r"\b(?:about|around|roughly|approximately|average(?: of)?|usually|with|"
        r"~)?\s*(\d+)\s+(?:running\s+)?pods?\s+"
        r"(?:per node|each|a node|on each|on every|/ ?node)",
        text,
    )
    if pods:
        key = (
            "max_pods"
            if not max_pods and arguments["mode"] != "pod_subnet_dynamic"
            else "pods_per_node"
        )
        arguments[key] = pods
    extra = _number(r"\b(\d+)\s+(?:internal\s+(?:lbs?|load balancers?)|private endpoints?)", text)
    if extra:
        arguments["extra_ips"] = extra
    if (
        prefixes
        and arguments["mode"] != "all"
        and re.search(
            r"\b(?:my|our|existing|have|own|survive|enough|fits?|in a|with a|is a|does)\b",
            text,
            re.I,
        )
    ):
        arguments["subnet"] = prefixes[0]
    elif (
        prefixes
        and arguments["mode"] == "all"
        and re.search(r"\b(?:survive|enough|fits?|sufficient)\b", text, re.I)
    ):
        return Frame(
            intent="ask",
            text="Which CNI mode does the cluster use: overlay, pod subnet (dynamic or "
            "static), node subnet or kubenet?",
        )
    if services:
        arguments["services"] = services
    return Frame(intent="size", kind="size_subnets", arguments=arguments)


def _read_outbound(text: str, nodes: int) -> Frame | None:
    if not re.search(r"\bsnat\b|\boutbound\b.{0,20}\b(?:ports?|ips?)\b", text, re.I) or not nodes:
        return None
    arguments: dict[str, object] = {"nodes": nodes}
    ports = _number(r"([\d,]+)\s+(?:snat\s+|outbound\s+)?ports\b", text)
    if ports:
        arguments["ports_per_node"] = ports
    surge = re.search(r"\b(\d+\s*%)|\bsurge\s*(?:of)?\s*(\d+)", text, re.I)
    if surge:
        arguments["surge"] = next(group for group in surge.groups() if group).replace(" ", "")
    addresses = _number(r"\b(\d+)\s+public\s+(?:ips?|addresses)", text)
    if addresses:
        arguments["public_ips"] = addresses
    return Frame(intent="size", kind="size_outbound", arguments=arguments)


def read_topic(text: str) -> Frame | None:
    """Return a search of the articles when the question is about their subjects."""
    topics = {topic.lower() for topic in _TOPICS.findall(text)}
    if not topics:
        return None
    return Frame(intent="docs", kind="search_docs", arguments={"query": text[:400]})


def _number(pattern: str, text: str) -> int:
    match = re.search(pattern, text, re.I)
    if not match:
        return 0
    digits = re.sub(r"[,.]", "", match[1])
    return int(digits) if digits.isdigit() and len(digits) < 8 else 0
