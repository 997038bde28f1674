"""Questions about what the input does not hold: parts of Azure, and symptoms without a place.

What can be added is asked for by the command that exports it; of the rest it is said that it
cannot be seen. A symptom ("DNS is broken", "latency is high") is asked about: where, and by which
flows.
"""

import re
from dataclasses import dataclass

from assistant.models.rules.frame import Frame
from assistant.models.rules.lexicon import COMMON
from assistant.models.rules.reading import Reading
from assistant.models.rules.scope import measures

__all__ = ["ask_ends", "ask_namespace", "read_absent", "read_symptom"]

_ENDPOINTS = ("workload", "pod", "policy")


@dataclass(frozen=True, slots=True)
class _Subject:
    """Something of Azure: the words for it, how it is called, and its export if one is read."""

    words: str
    called: str
    export: str = ""
    loaded: tuple[str, str] = ("", "")
    """The kind of object that holds it, and the topic of the tool that checks it."""
    has_ends: bool = True
    """Whether it takes part in a connection, whose ends can be asked for."""


_SUBJECTS = (
    _Subject(
        r"nsgs?|network security groups?|security rules",
        "network security groups",
        "az network nsg list -o json > nsg.json",
        ("NetworkSecurityGroup", "groups"),
    ),
    _Subject(
        r"route tables?|udrs?|user[- ]defined routes?|next hops?",
        "route tables",
        "az network route-table list -o json > routes.json",
        ("RouteTable", "routes"),
    ),
    _Subject(
        r"vnets?|virtual networks?|(?:vnet|network) peerings?|peerings?|peering connections?",
        "virtual networks and their peerings",
        "az network vnet list -o json > vnet.json",
        ("VirtualNetwork", "peerings"),
    ),
    _Subject(r"ddos", "attacks on public addresses", has_ends=False),
    _Subject(r"subscriptions?|resource groups?|azure portal", "a subscription", has_ends=False),
    _Subject(r"expressroute|vpn gateways?|gateways?|front ?doors?", "gateways of Azure"),
    _Subject(r"load ?balancers?", "load balancers of Azure"),
    _Subject(r"storage accounts?|key ?vaults?|app services?", "services of Azure"),
    _Subject(r"nics?|network interfaces?|public ips?|network cards?", "interfaces and their state"),
    _Subject(r"vms?|virtual machines?|vmss|scale sets?", "virtual machines"),
    _Subject(r"skus?|price tiers?", "products of Azure and their sizes", has_ends=False),
)
_OWN = re.compile(
    r"\b(?:my|our|this|some|any|all)\b|^(?:(?:please|can you|could you)\s+)*(?:list|show|display|"
    r"visuali[sz]e|draw|troubleshoot|check|diagnose|discover|find|suggest)\b|"
    r"\b(?:how many|how large|how big|health|status|data path|fail(?:s|ed|ing)?|broken|"
    r"(?:is|are|was) (?:the|some|an?)\b.{0,30}\b(?:block\w*|up|down|healthy|resilient))\b|"
    r"^why\b",
    re.I,
)
_GENERAL = re.compile(
    r"\b(?:differ\w*|versus|vs)\b|\bwhat (?:is|are) (?:an?|the (?:different|types?|kinds?|"
    r"purpose|role)|different|types?|kinds?)\b|\bwhich (?:type|kind)\b|\bhow (?:do|does|can|to)\b|"
    r"\b(?:supported|support|required|need(?:ed|s)?|allowed|may i|can i|should i|should we|"
    r"must|recommended)\b",
    re.I,
)
_MAP = re.compile(
    r"\b(?:visuali[sz]e|draw|diagram|plot|(?:network )?topology|map)\b.*\b(?:network|cluster|"
    r"everything|topology|workloads?|services?|namespaces?|@\d+@)\b",
    re.I,
)
_INVENTORY = re.compile(
    r"\b(?:inventory|how (?:large|big) (?:is|are) (?:my|our|the|this) (?:network|cluster|"
    r"environment)|network resources|what (?:do|does) (?:we|i|you|it) have|overview|discover)\b",
    re.I,
)
_CONNECTS = re.compile(
    r"\b(?:connect\w*|(?:un)?reach\w*|access\w*|talk|send|receive|ping|data path|traffic|"
    r"block\w*)\b",
    re.I,
)
_TROUBLE = re.compile(
    r"\b(?:can not|cannot|not able|unable|fail\w*|time[sd]? out|timing out|timeouts?|refused|"
    r"blocked|anymore|no longer|broken|stopped|why)\b",
    re.I,
)
_SYMPTOMS = (
    (
        re.compile(
            r"\b(?:dns|name resolution|resolv\w+|nxdomain|lookups?)\b.*\b(?:broken|fail\w*|not|"
            r"intermittent\w*|slow|down|errors?|timeouts?|working|cannot|wrong|healthy|flaky)\b|"
            r"\b(?:fail\w*|broken|intermittent\w*|slow|cannot|can not|unable to|working|healthy|"
            r"flaky)\b.*\b(?:dns|name resolution|resolve|lookups?)\b",
            re.I,
        ),
        "flow_dns",
        "Which workload cannot resolve names? Named, it can be computed whether the policies let "
        "it reach the DNS servers.",
    ),
    (
        re.compile(
            r"\b(?:packet )?(?:drops?|loss)\b|\bdropp(?:ed|ing)\b(?=.*\b(?:packets?|node)\b)", re.I
        ),
        "flow_drops",
        "Between which two ends? Named, it can be computed whether the policies drop it.",
    ),
    (
        re.compile(
            r"\b(?:latency|slow\w*|throughput|bandwidth|performance|degraded|jitter|congest\w+)\b",
            re.I,
        ),
        "flow_top",
        "Between which two ends? Latency itself is in no file that is read here; what can be "
        "computed is which way a connection takes and what the policies on it do.",
    ),
    (
        re.compile(
            r"\b(?:no|without|missing|empty|any) (?:ready )?(?:endpoints?|backends?)\b|"
            r"\bnot ready\b|\bunready\b|\b(?:no|have an|get an) ip\b|\bcrash\w*\b",
            re.I,
        ),
        "",
        "Which Service or workload is it? Named (`describe service X`), its backends are listed "
        "as the export has them.",
    ),
    (
        re.compile(r"\b(?:network )?health\b|\blooks? (?:fine|ok|good)\b|\bhealthy\b", re.I),
        "",
        "What should be checked? Health itself is in no file that is read here. Ask `review my "
        "policies`, `can A reach B`, or what was dropped, with an export of flows.",
    ),
)
_FLOWS = (
    " For what was observed, add flows: `hubble observe -o jsonpb --last 10000 > flows.jsonl`, "
    "then `-w flows.jsonl`."
)
_SAY_WHO = (
    "Which ends are meant? A policy is written from who may call whom, and tried on this network: "
    "say `only A may call B on port 8080`, or `lock down namespace N`."
)
_WHICH_POLICY = re.compile(
    r"\b(?:which|what)\s+(?:\w+\s+){0,2}(?:polic(?:y|ies)|kind|resource|object|type)\b.{0,20}"
    r"\bshould\s+(?:i|we|one)\b",
    re.I,
)


def read_absent(reading: Reading) -> Frame | None:
    """Return what to say of something that the input does not hold, or None.

    A name of the workspace wins: a workload may well be called `vm-agent`.
    """
    text = reading.text
    if _WHICH_POLICY.search(text):
        return Frame(intent="ask", text=_SAY_WHO)
    if reading.named(*_ENDPOINTS):
        return None
    subject = next(
        (one for one in _SUBJECTS if re.search(rf"\b(?:{one.words})\b", text, re.I)), None
    )
    if subject and subject.loaded[0] in reading.azure:
        # It is here: a connection is asked of every layer at once, all else of the tool.
        roles = reading.roles
        if roles and roles.sources and roles.destinations:
            return None
        if _OWN.search(text) and not _GENERAL.search(text):
            return Frame(intent="check", kind="check_azure", arguments={"about": subject.loaded[1]})
    elif subject and _OWN.search(text) and not _GENERAL.search(text):
        connects = subject.has_ends and not measures(text) and bool(_CONNECTS.search(text))
        return _ask_for(subject, connects=connects)
    if _MAP.search(reading.shape):
        return Frame(intent="check", kind="show_matrix")
    if _INVENTORY.search(text) and not reading.refs:
        return Frame(intent="list")
    return None


def read_symptom(reading: Reading) -> Frame | None:
    """Return the flows that show a symptom, with the question back where there are none."""
    if reading.named(*_ENDPOINTS):
        return None
    for pattern, tool, question in _SYMPTOMS:
        if pattern.search(reading.text):
            text = f"{question}{_FLOWS}"
            if tool:
                return Frame(intent="check", kind=tool, text=text)
            return Frame(intent="ask", text=text)
    return None


def ask_ends(reading: Reading) -> Frame | None:
    """Ask for the ends of a connection that fails, where nothing known is named."""
    text = reading.text
    if reading.refs or not (_CONNECTS.search(text) and _TROUBLE.search(text)):
        return None
    named = re.findall(r"(?<![\w/])[a-z]+(?:-[a-z0-9]+)+", text)
    unknown = "".join(f" Nothing here is called `{word}`." for word in dict.fromkeys(named[:2]))
    return Frame(
        intent="ask",
        text=f"Between which two ends? Name the workload that connects, and the workload, Service, "
        f"address or DNS name that it connects to.{unknown}",
    )


def ask_namespace(reading: Reading) -> Frame | None:
    """Ask again when a namespace is named that is not there."""
    match = re.search(
        r"\bnamespaces?\s+(?:named\s+|called\s+)?(?P<name>[a-z][\w-]*)\b(?!\s+@)|"
        r"\bin\s+(?:the\s+)?(?P<other>[a-z][\w-]*)\s+namespace\b",
        reading.shape,
    )
    name = (match["name"] or match["other"]) if match else ""
    if not name or name in COMMON or reading.named("namespace"):
        return None
    return Frame(
        intent="ask", text=f"There is no namespace `{name}` in this workspace. Which one is meant?"
    )


def _ask_for(subject: _Subject, *, connects: bool) -> Frame:
    fact = f"Nothing that was loaded describes {subject.called}."
    ends = (
        " Between which two ends? Addresses will do: `can 10.0.1.4 reach 10.0.2.5 on 443`, for "
        "what policies of the cluster decide."
    )
    if subject.export:
        text = f"{fact} Can you add an export (`{subject.export}`, then `-w FILE`)?"
        return Frame(intent="ask", text=text + (ends if connects else ""))
    if connects:
        return Frame(intent="ask", text=fact + ends)
    return Frame(intent="decline", kind="azure", text=fact)
