"""The slots of a design question: nodes, max pods, modes, surge, Azure services."""

import re
from collections.abc import Sequence

__all__ = [
    "EVERY_MODE",
    "MODES",
    "find_modes",
    "max_pods_of",
    "node_counts",
    "number_of",
    "numbers_of",
    "ordered_modes",
    "read_services",
    "read_surge",
    "without_services",
]

MODES = (
    ("pod_subnet_static", r"\bstatic\b(?!\s+egress)(?:.{0,20}\b(?:block|allocation|ip|pod))?"),
    ("pod_subnet_dynamic", r"\bpod[- ]?subnets?\b|\bdynamic(?:\s+(?:ip|pod|allocation))\w*|"
                           r"\bdynamic\b"),
    ("kubenet", r"\bkubenet\b"),
    ("node_subnet", r"\bnode[- ]subnet\s+(?:mode|cni|clusters?|aks|pools?)\b|"
                    r"\b(?:classic|legacy|traditional|old|flat)\s+(?:azure\s+)?(?:cni|"
                    r"node[- ]subnet|mode)\b|"
                    r"\bazure cni\s+(?:\(?node[- ]subnet\)?|classic|legacy|traditional)\b"),
    ("overlay", r"\boverlay\b"),
)  # fmt: skip
EVERY_MODE = ("node_subnet", "overlay", "pod_subnet_dynamic", "pod_subnet_static", "kubenet")
_NOT_MODE = re.compile(
    r"\b(?:not|no|without|instead of|rather than|except)\s+(?:an?\s+|the\s+)?(?:azure cni\s+)?"
    r"(?:overlay|kubenet|pod[- ]subnet|node[- ]subnet)\b",
    re.I,
)
_BOTH = re.compile(r"\bdynamic\b", re.I)
_AMONG = re.compile(
    r"\bcompar\w+|\bdifference\b|(?:\bor|\bvs\.?|\bversus|\band|\bboth|\bagainst|\bthan|,)\s+"
    r"(?:(?:with|in|for|on|the|a|azure|cni)\s+)*node[- ]subnet\b|"
    r"\bnode[- ]subnet\s*(?:,|or\b|vs\b|versus\b|and\b|against\b)",
    re.I,
)
"""Words that put the node subnet beside other modes, rather than say what is sized."""
_NODES = (
    r"(?<![/.\d-])([\d,.]*\d)\s*(?:(?!and|or|-?pods?|max|per|each|every|on|a\b)[a-z-]+ ){0,2}?"
    r"(?<!surge )(?<!extra )(?<!spare )(?:nodes?|vms|worker machines)\b"
)
_MAX_PODS = (
    r"\bmax(?:imum)?[ _-]?pods?(?:[ -]per[ -]node)?(?:\s+(?:per node|of|is|are|at|set to|to))*"
    r"\s*[=:]?\s*(\d+)"
)
_PODS_AT_MOST = (
    r"\b(\d+)[- ]pods?[- ]nodes?\b|"
    r"\b(\d+)\s+(?:max[ -]?pods?|pods?\s+(?:max(?:imum)?|at most))\b|"
    r"\bup to (\d+) pods?\b(?=\s*(?:per|each|a node|on))"
)
_COUNT = r"(?:\b(\d+)\s+(?:[a-z]+\s+)?)?"
_SERVICES = (
    ("app-gateway-for-containers", r"(?:agcs?|agfc|application gateways? for containers|app[- "
                                   r"]gateways? for containers)\b"),
    ("app-gateway", r"(?:application gateways?|app[- ]gateways?|app ?gws?)\b"
                    r"(?! for containers| ingress)"),
    ("api-server", r"api[- ]?server(?:\s+vnet)?\s+(?:integration|subnet)\b"),
    ("bastion", r"bastions?\b"),
    ("firewall", r"(?:azure firewalls?|firewall\s+subnets?|firewalls?)\b"),
    ("dns-resolver", r"dns (?:private )?resolvers?\b|private resolvers?\b"),
    ("route-server", r"route servers?\b"),
    ("vpn-gateway", r"(?:vpn|expressroute|er|virtual network)[ /-]?(?:or er )?gateways?\b|"
                    r"(?<!app )(?<!application )gateway ?subnet\b"),
    ("static-egress-gateway", r"static egress(?: gateways?)?\b"),
    ("private-endpoints", r"private endpoints?\b|\bpes\b"),
    ("private-link-service", r"private link services?\b"),
)  # fmt: skip
_INSTANCES = r"(?:[^.;?]{0,40}?\b(\d+)\s+(?:instances?|circuits?))?"
_COUNTABLE = {
    "api-server", "app-gateway-for-containers", "private-endpoints", "private-link-service",
    "dns-resolver", "static-egress-gateway",
}  # fmt: skip
"""Services whose number before them is what their subnet is sized by."""


def node_counts(text: str) -> tuple[int, ...]:
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
        found += numbers_of(_NODES, match[0])
    named = re.search(r"\bnodes?\s*(?:count)?\s*[:=]\s*(\d[\d,]*)", text, re.I)
    named = named or re.search(r"\bpool of (\d[\d,]*)\b(?!\s*(?:max|pods?|%))", text, re.I)
    if named and not found:
        found.append(int(named[1].replace(",", "")))
    return tuple(found) if re.search(r"\bpools?\b", text, re.I) else tuple(dict.fromkeys(found))


def max_pods_of(text: str) -> tuple[int, ...]:
    """Return the max pods per node that are named: one, or several to compare."""
    first = number_of(_MAX_PODS, text) or number_of(_PODS_AT_MOST, text)
    more = re.search(
        rf"{_MAX_PODS}\s*(?:,|or|vs\.?|versus|and|against|to|rather than|instead of)\s*(\d+)\b"
        r"(?!\s*nodes?)",
        text,
        re.I,
    )
    pair = re.search(
        r"\b(\d+)\s*(?:,|or|vs\.?|versus|and|against|instead of)\s*(\d+)\s+(?:max[ -]?pods?|"
        r"pods per node)\b",
        text,
        re.I,
    )
    values = [first, int(more[2]) if more else 0]
    if pair:
        values = [int(pair[1]), int(pair[2])]
    return tuple(dict.fromkeys(number for number in values if number))


def ordered_modes(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return each mention of a mode with its place, in the order of the text."""
    patterns = (*MODES, ("node_subnet", r"\b(?:azure cni )?node[- ]subnet\b"))
    found: list[tuple[int, int, str]] = []
    for mode, pattern in patterns:
        for match in re.finditer(pattern, text, re.I):
            if not any(left < match.end() and match.start() < right for left, right, _ in found):
                found.append((match.start(), match.end(), mode))
    ordered = sorted(found)
    # "Pod Subnet with static blocks" is one mention of one mode.
    return tuple(
        one
        for number, one in enumerate(ordered)
        if not (
            one[2] == "pod_subnet_dynamic"
            and number + 1 < len(ordered)
            and ordered[number + 1][2] == "pod_subnet_static"
            and not re.search(r"\bto\b|->|\bor\b", text[one[1] : ordered[number + 1][0]])
            and not _BOTH.search(text[one[0] : one[1]])
        )
    )


def find_modes(text: str, *, limited: bool) -> tuple[str, ...]:
    """Return the modes that are named.

    Args:
        text: The question.
        limited: Whether it names max pods, which count for a subnet in the legacy mode alone.
    """
    plain = _NOT_MODE.sub(" ", text)
    limited = limited or plain != text
    text = plain
    modes = [name for name, pattern in MODES if re.search(pattern, text, re.I)]
    if "pod_subnet_static" in modes and "pod_subnet_dynamic" in modes and not _BOTH.search(text):
        modes.remove("pod_subnet_dynamic")
    node_subnet = re.search(r"\bnode[- ]subnet\b", text, re.I)
    if node_subnet and modes and "node_subnet" not in modes and _AMONG.search(text):
        modes.append("node_subnet")
    azure = re.search(r"\bazure cni\b(?! powered)", text, re.I)
    if not modes and ((node_subnet and (limited or azure)) or (azure and limited)):
        # The plugin without a mode is Node Subnet, as `--network-plugin azure` alone is.
        modes = ["node_subnet"]
    return tuple(modes)


def read_surge(text: str) -> str:
    """Return the surge as `33%` or `2`; empty when the question names none."""
    match = re.search(
        r"\bsurge\s*(?:of|=|:|is|at|to)?\s*(\d+\s*%?)|\b(\d+\s*%)|\b(\d+)\s+(?:max[ -]?)?surge",
        text,
        re.I,
    )
    if not match or not re.search(r"surge|upgrade", text, re.I):
        return ""
    return next(group for group in match.groups() if group).replace(" ", "")


def read_services(text: str) -> list[str]:
    """Return the Azure services that are named, with their count where it sizes the subnet."""
    found = []
    for name, pattern in _SERVICES:
        match = re.search(rf"{_COUNT}(?<![\w-])(?:{pattern}){_INSTANCES}", text, re.I)
        if not match:
            continue
        before, instances = match[1], match[2]
        count = instances if name in ("app-gateway", "vpn-gateway") else ""
        clusters = re.search(r"\b(\d+)\s+(?:[a-z]+\s+){0,2}?clusters\b", text, re.I)
        if name == "api-server" and clusters and not node_counts(text):
            before = clusters[1]
        if name in _COUNTABLE and before:
            count = before
        found.append(f"{name}:{count}" if count else name)
    return found


def without_services(text: str) -> str:
    """Return a text without the words for Azure services."""
    for _, pattern in _SERVICES:
        text = re.sub(rf"(?<![\w-])(?:{pattern})", " ", text, flags=re.I)
    return text


def number_of(pattern: str, text: str) -> int:
    """Return the first number that a pattern finds; 0 if none."""
    numbers = numbers_of(pattern, text)
    return numbers[0] if numbers else 0


def numbers_of(pattern: str, text: str) -> tuple[int, ...]:
    """Return each number that a pattern finds once, in the order of the text."""
    found: list[str] = []
    for match in re.finditer(pattern, text, re.I):
        groups: Sequence[str | None] = match.groups()
        found += [re.sub(r"[,.]", "", group) for group in groups if group]
    numbers = (int(digits) for digits in found if digits.isdigit() and len(digits) < 11)
    return tuple(dict.fromkeys(number for number in numbers if number))
