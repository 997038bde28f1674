"""Questions of design: which tool computes them, and with which of the things that are said."""

import re
from dataclasses import replace

from assistant.models.rules.design_modes import read_choice, read_limits
from assistant.models.rules.design_planning import (
    ask_design,
    read_checks,
    read_layout,
    read_migration,
)
from assistant.models.rules.design_slots import (
    EVERY_MODE,
    find_modes,
    max_pods_of,
    node_counts,
    number_of,
    numbers_of,
    read_services,
    read_surge,
)
from assistant.models.rules.frame import Frame
from assistant.models.rules.quantities import read_quantities, spell_digits
from assistant.models.rules.ranges import DEFAULT_POD_CIDR
from topology.errors import InvalidQuery
from topology.ipam.changes import parse_change

__all__ = ["PLANNING", "complete_design", "read_design"]

PLANNING = frozenset({
    "plan_addresses", "plan_mode_change", "check_ranges", "compare_modes", "compare_max_pods",
})  # fmt: skip
"""Tools that only compute, whatever verb the question uses."""

_CHECKS = re.compile(
    r"\b(?:surviv\w*|enough|fits?|suffic\w+|last|room|big|large|small|tight|hold|handle|carry|"
    r"run out|exhaust\w*|work|do|ok|okay|fine|support|grow|scale|expand|upgrade|existing|"
    r"current|have|has|our|add)\b",
    re.I,
)
_POD_RANGE = re.compile(r"\bpod[- ]?(?:cidr|range|network)\b|\bservice[- ]?cidr\b", re.I)
_PREFIX = re.compile(r"(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3})?/\d{1,2}(?![\w/.]\w)")
_PODS_EACH = (
    r"\b(\d+)\s+(?:running\s+)?pods?\s+(?:per node|each|a node|on each|on every|/ ?node|"
    r"on a node|running)"
)
_IMPOSSIBLE = re.compile(
    r"(?<![\w.,/-])(-\s?\d{1,12}|0)\s+(?:(?!to\b|pods?\b|surge\b)[a-z]+\s+){0,2}?nodes?\b", re.I
)
"""No number of nodes that any cluster has."""
_EACH_SLOT = {
    "node_subnet": "max_pods", "pod_subnet_static": "max_pods",
    "pod_subnet_dynamic": "pods_per_node",
}  # fmt: skip
"""What pods on a node are in each mode where their number counts."""
_ONE_POOL = re.compile(r"\b(?:a|one|single|the|our|my|this)\s+(?:[a-z]+\s+)?pool\b", re.I)
_KINDS = (
    r"\b(\d+)\s+(?:system|user|gpu|spot|linux|windows|apps?|application|infra\w*|general|memory|"
    r"batch|compute|worker)\s+nodes?\b"
)
_PLAIN_PODS = r"\b(\d+)\s+pods?\b(?!\s*(?:total|in total|overall|altogether))"
_POSSIBLE = range(10, 251)
"""What AKS accepts as max pods."""
_LOAD_BALANCERS = r"\b(\d+)\s+(?:internal\s+(?:lbs?|load balancers?)|ilbs?)"
_ASKS_CAPACITY = re.compile(
    r"\bhow many\b|\bhow big\b|\busable\b|\baddresses\b|\bips?\b|\bfit\b|\bhosts?\b|\bsize\b|"
    r"\bcapacity\b|\bruns? out\b|\bexhaust\w*\b|\benough\b|\bsuffic\w+|"
    r"\bdo(?:es)?\b.{0,30}\b(?:do|work|last)\b|\bnodes\b",
    re.I,
)
_ASKS_SIZE = re.compile(
    r"\b(?:which|what|how (?:big|large))\b.{0,30}\bsubnet\b.{0,40}"
    r"\b(?:need|use|require|choose|take|must|should)\b|"
    r"\bsize\b.{0,20}\bsubnets?\b|\bsubnet siz(?:e|ing)\b|\bplan\b.{0,20}\bsubnets?\b|"
    r"\bhow (?:big|large)\b.{0,30}\b(?:subnets?|pod cidr)\b",
    re.I,
)
_SIZING = re.compile(
    r"\bsubnets?\b|\baddress(?:es)?\b|\bips?\b|\bcidrs?\b|\bpod cidr\b|\bprefix(?:es)?\b|"
    r"\bcni\b|\boverlay\b|\bkubenet\b|"
    r"\bstatic\b|\bdynamic\b|\bmax[ -]?pods\b|\bfit\b|\bbig\b|\bsiz(?:e|ing)\b|\brange\b|"
    r"\bplan(?:ning)?\b|\bsurge\b|\bupgrade\b|\bpools?\b",
    re.I,
)
_OUTBOUND = re.compile(
    r"\bsnat\b|\boutbound\b.{0,20}\b(?:ports?|ips?|addresses)\b|"
    r"\bnat gateway\b.{0,40}\b(?:ips?|ports)\b|\bpublic ips?\b.{0,40}\bports?\b|"
    r"\b(?:lb|load balancer)\b.{0,40}\bports per node\b",
    re.I,
)
_WHAT_IF = re.compile(
    r"[.;,?!]?\s*\b(?:(?:and )?what (?:if|happens if|changes if|would change if|about if)|"
    r"suppose|assume|say)\s+(?:we\s+|i\s+)?(?P<change>.+)$",
    re.I | re.S,
)
_INSTEAD = re.compile(
    r"\bmax[ -]?pods?\s*(?:of|=|:|to|at)?\s*(?P<new>\d+)\s+(?:instead of|rather than|not)\s+"
    r"(?P<old>\d+)|"
    r"\bmax[ -]?pods?\s+(?:per node\s+)?from\s+(?P<first>\d+)\s+(?:down\s+|up\s+)?to\s+"
    r"(?P<second>\d+)",
    re.I,
)


def read_design(text: str) -> Frame | None:
    """Return the computation that a question asks for, or None if it asks for none."""
    text = spell_digits(text)
    counts = node_counts(text)
    if frame := _read_outbound(text, counts[0] if counts else 0):
        return frame
    if base := _read_what_if(text):
        return base
    for read in (read_migration, read_layout, read_checks, read_limits, read_choice):
        if frame := read(text):
            return frame
    return _read_sizes(text, counts)


def complete_design(reply: str, asked: Frame) -> Frame | None:
    """Return the design that an answer to our question back completes; None if it does not.

    Args:
        reply: What the person answered.
        asked: The frame of our question, which knows what was said before.
    """
    said, unit = str(asked.arguments["said"]), str(asked.arguments["unit"])
    bare = re.fullmatch(r"\W*(?:about\s+|around\s+|say\s+)?(\d[\d,]*)\W*", spell_digits(reply))
    answer = f"{bare[1]} {unit}" if bare and unit else reply
    frame = read_design(f"{said.rstrip('?. ')}. {answer}")
    if frame and frame.intent == "ask" and frame.text == asked.text:
        return None
    return frame


def _read_sizes(text: str, counts: tuple[int, ...]) -> Frame | None:
    services = read_services(text)
    quantities = read_quantities(text)
    if impossible := _IMPOSSIBLE.search(text):
        # The tool says what is wrong with the number; nothing is planned for another one.
        arguments: dict[str, object] = {"nodes": int(impossible[1].replace(" ", ""))}
        return Frame(intent="size", kind="size_subnets", arguments=arguments)
    if (counts or quantities.pools or quantities.highest_nodes) and _SIZING.search(text):
        return _read_plan(text, counts, services)
    owned = len(services) == 1 and bool(_PREFIX.search(text))
    if (frame := _read_prefixes(text)) and not (owned and not frame.arguments.get("role")):
        return frame
    asks = re.search(r"\bsubnet|\bprefix|\bhow (?:big|large|many)|\bsize", text, re.I)
    if services and (asks or owned):
        arguments = {"services": services}
        if modes := find_modes(text, limited=False):
            arguments["mode"] = modes[0]
        if (given := _PREFIX.findall(text)) and owned:
            arguments["subnet"] = given[0]
        return Frame(intent="size", kind="size_subnets", arguments=arguments)
    if quantities.pods_total and _SIZING.search(text):
        return _read_total(text, quantities.pods_total)
    if _ASKS_SIZE.search(text):
        if find_modes(text, limited=bool(max_pods_of(text))):
            return ask_design(text, "For how many nodes, at the autoscaler's maximum?", "nodes")
        question = (
            "For how many nodes, and in which CNI mode (overlay, pod subnet, node subnet or "
            "kubenet)?"
        )
        return ask_design(text, question, "nodes")
    return None


def _read_total(text: str, pods: int) -> Frame:
    """Read "3,000 pods at 30 per node" as the nodes that it takes; ask when nothing says."""
    each = number_of(_PODS_EACH, text) or next(iter(max_pods_of(text)), 0)
    each = each or number_of(r"\b(\d+)\s+(?:per|on (?:each|every|a))\s+node", text)
    if not each:
        return ask_design(text, "On how many nodes do these pods run, or how many on one?", "nodes")
    nodes = -(-pods // each)
    frame = _read_plan(f"{text} {nodes} nodes", (nodes,), read_services(text))
    slot = _EACH_SLOT.get(str(frame.arguments["mode"]), "")
    if slot and not {"max_pods", "pods_per_node"} & set(frame.arguments):
        frame = replace(frame, arguments={**frame.arguments, slot: each})
    note = f"{pods:,} pods / {each} per node = {nodes:,} nodes."
    return replace(frame, text=note)


def _read_what_if(text: str) -> Frame | None:
    """Read "50 nodes, classic CNI. What if we add 3 pools of 50?" as a plan with a change."""
    if swap := _INSTEAD.search(text):
        old, new = swap["old"] or swap["first"], swap["new"] or swap["second"]
        frame = _read_base(f"{text[: swap.start()]} max pods {old} {text[swap.end() :]}")
        return _with_change(frame, f"max pods {new}") if frame else None
    match = _WHAT_IF.search(text)
    if not match or not match.start():
        return None
    change = match["change"].rstrip("?.! ")
    try:
        parse_change(change)
    except InvalidQuery:
        return None
    frame = _read_base(text[: match.start()])
    return _with_change(frame, change) if frame else None


def _read_base(text: str) -> Frame | None:
    counts = node_counts(text)
    quantities = read_quantities(text)
    if not (counts or quantities.pools or quantities.highest_nodes):
        return None
    if frame := read_layout(text):
        return frame if frame.intent == "size" else None
    frame = _read_plan(text, counts, read_services(text))
    single = all(not isinstance(value, tuple) for value in frame.arguments.values())
    return frame if frame.kind == "size_subnets" and single else None


def _with_change(frame: Frame, change: str) -> Frame:
    return replace(frame, arguments={**frame.arguments, "change": change})


def _read_prefixes(text: str) -> Frame | None:
    """Read "how many IPs in a /28" and "how many nodes fit in 10.244.0.0/16"."""
    prefixes = _PREFIX.findall(text)
    if not prefixes and re.search(r"\bdefault\s+pod\s+(?:cidr|range|network)\b", text, re.I):
        prefixes = [DEFAULT_POD_CIDR]
    if not prefixes or not _ASKS_CAPACITY.search(text):
        return None
    if re.search(r"\b(?:reach|connect|talk|access|call)\w*\b", text, re.I):
        return None
    arguments: dict[str, object] = {"prefix": ", ".join(dict.fromkeys(prefixes))}
    limits = max_pods_of(text)
    each = number_of(_PODS_EACH, text)
    modes = find_modes(text, limited=bool(limits or each))
    role = _role(text, modes)
    if role:
        arguments["role"] = role
        if len(modes) == 1:
            arguments["mode"] = modes[0]
    if limits:
        arguments["max_pods"] = limits[0]
        if each and role == "pod-subnet":
            arguments["pods_per_node"] = each
    elif each:
        arguments["pods_per_node" if role == "pod-subnet" else "max_pods"] = each
    if role and (surge := read_surge(text)):
        arguments["surge"] = surge
    return Frame(intent="size", kind="describe_prefix", arguments=arguments)


def _role(text: str, modes: tuple[str, ...]) -> str:
    """Return what a prefix is used as, when nodes are asked for and the question says it."""
    if re.search(r"\bclusters\b", text, re.I) and "api-server" in read_services(text):
        return "api-server"
    counted = r"\b(?:nodes?|pods)\b|\bruns? out\b|\bexhaust"
    if not re.search(counted, text, re.I) or re.search(r"\busable\b", text, re.I):
        return ""
    if re.search(r"\bpod[- ]?(?:cidr|range|network)\b", text, re.I):
        return "pod-cidr" if not modes or modes[0] in ("overlay", "kubenet") else ""
    if len(modes) != 1:
        return "node-subnet" if re.search(r"\bnode[- ]subnet\b", text, re.I) and modes else ""
    if re.search(r"\bnode[- ]subnet\b", text, re.I) and modes[0] != "node_subnet":
        return "node-subnet"
    if modes[0].startswith("pod_subnet"):
        return "pod-subnet"
    return "node-subnet" if modes[0] == "node_subnet" else ""


def _read_plan(text: str, counts: tuple[int, ...], services: list[str]) -> Frame:
    """Return the plan asked for; a tuple among its arguments asks for a plan of each value."""
    limits = max_pods_of(text)
    modes = find_modes(text, limited=bool(limits))
    arguments: dict[str, object] = {"mode": modes[0] if len(modes) == 1 else "all"}
    arguments |= _nodes(text, counts)
    arguments |= _pods(text, limits, str(arguments["mode"]))
    if surge := read_surge(text):
        arguments["surge"] = surge
    if extra := number_of(_LOAD_BALANCERS, text):
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
        arguments["mode"] = _one_or_each(modes or EVERY_MODE)
        arguments["subnet"] = _one_or_each(prefixes)
    return Frame(intent="size", kind="size_subnets", arguments=arguments)


def _nodes(text: str, counts: tuple[int, ...]) -> dict[str, object]:
    """Return the nodes or pools: a range of the autoscaler counts with its upper end."""
    quantities = read_quantities(text)
    if quantities.pools:
        return {"pools": list(quantities.pools)}
    if quantities.highest_nodes:
        return {"nodes": quantities.highest_nodes}
    if len(counts) > 1 and re.search(r"\bpools?\b", text, re.I):
        return {"pools": [str(count) for count in counts]}
    if len(counts) == 1 and _ONE_POOL.search(text):
        # Asked of one pool, it is not to be split into several that would fit.
        return {"pools": [str(counts[0])]}
    if kinds := numbers_of(_KINDS, text):
        # "20 system nodes and 60 user nodes" are pools of one cluster, not two plans.
        return (
            {"pools": [str(count) for count in counts]} if len(kinds) > 1 else {"nodes": counts[0]}
        )
    return {"nodes": _one_or_each(counts)}


def _pods(text: str, limits: tuple[int, ...], mode: str) -> dict[str, object]:
    """Return max pods, and the pods that usually run where that is another number."""
    found: dict[str, object] = {"max_pods": _one_or_each(limits)} if limits else {}
    pods = number_of(_PODS_EACH, text)
    if not pods and not limits:
        # "60 nodes, 30 pods" speaks of each node, as no cluster of 60 has so few.
        pods = next((one for one in numbers_of(_PLAIN_PODS, text) if one in _POSSIBLE), 0)
    if pods and pods not in limits:
        runs = limits or mode == "pod_subnet_dynamic"
        found["pods_per_node" if runs else "max_pods"] = pods
    return found


def _one_or_each(values: tuple[object, ...]) -> object:
    return values[0] if len(values) == 1 else values


def _read_outbound(text: str, nodes: int) -> Frame | None:
    if not _OUTBOUND.search(text):
        return None
    ports = number_of(r"([\d,]+)\s+(?:snat\s+|outbound\s+)?ports\b", text)
    addresses = number_of(r"\b(\d+)\s+(?:public\s+|outbound\s+)?(?:ips?|addresses)\b", text)
    if not nodes and addresses:
        served: dict[str, object] = {"nodes": 0, "public_ips": addresses}
        if ports:
            served["ports_per_node"] = ports
        return Frame(intent="size", kind="size_outbound", arguments=served)
    if not nodes:
        sized = re.search(r"\bhow many\b|\bneed\b|\benough\b|\bsuffic\w+", text, re.I)
        if sized and (ports or addresses or re.search(r"\bcluster\b", text, re.I)):
            return ask_design(text, "For how many nodes?", "nodes")
        return None
    step = re.search(r"\b(\d+)\s*(?:to|->|-|up to)\s*(\d+)\s+nodes\b", text, re.I)
    each = tuple(int(number) for number in step.groups()) if step else (nodes,)
    arguments: dict[str, object] = {"nodes": _one_or_each(each)}
    if ports:
        arguments["ports_per_node"] = ports
    if surge := read_surge(text):
        arguments["surge"] = surge
    if addresses:
        arguments["public_ips"] = addresses
    return Frame(intent="size", kind="size_outbound", arguments=arguments)
