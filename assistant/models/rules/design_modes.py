"""Design questions about the modes themselves: which one, what it supports, what max pods cost."""

import re

from assistant.models.rules.design_planning import ask_design
from assistant.models.rules.design_slots import (
    EVERY_MODE,
    find_modes,
    max_pods_of,
    node_counts,
    number_of,
    read_surge,
)
from assistant.models.rules.frame import Frame
from assistant.models.rules.quantities import read_quantities
from assistant.models.rules.ranges import read_ranges
from topology.ipam.features import FEATURES, find_features

__all__ = ["read_choice", "read_limits"]

_OF_AKS = re.compile(
    r"\b(?:cni|aks|azure|clusters?|network\w*|plug-?in|ipam|overlay|kubenet|subnets?)\b", re.I
)
_SOURCE_IP = re.compile(
    r"\bsource (?:ips?|address\w*)\b|\bwho sees\b|\bwhich (?:ips?|address\w*)\b.{0,30}\b(?:see|"
    r"seen|log\w*|firewall)",
    re.I,
)
_PREFERS = re.compile(
    r"\bshould (?:i|we)\b|\bbetter\b|\bprefer\w*|\brecommend\w*|\bsuggest\w*|\bwould you\b|"
    r"\bchoose\b|\badvise\b",
    re.I,
)
_SAVES = re.compile(
    r"\b(?:sav\w+|lower\w*|reduc\w+|rais\w+|increas\w+|decreas\w+|cut\w*|wast\w+|cost\w*|matter\w*|"
    r"difference|compare\w*|vs|versus|or|better|choose|which|gain\w*|help\w*|smaller|fewer|"
    r"per node|each node)\b",
    re.I,
)
_MAX_PODS = re.compile(r"\bmax(?:imum)?[ _-]?pods?(?:[ -]per[ -]node)?\b|\bpods per node\b", re.I)
_KIND = r"(?:mode|cni|plug-?in|ipam|network model|networking(?: \w+)?|network option|setup)"
_CHOOSES = re.compile(
    rf"\b(?:which|what)\s+(?:(?!is\b|are\b|does\b|do\b|happens\b)[\w-]+\s+){{0,3}}?{_KIND}\b|"
    rf"\b(?:recommend\w*|suggest\w*|advise|advice|best|right|suitable|pick|choose|"
    rf"should (?:i|we) (?:use|choose|pick|take))\b.{{0,40}}\b{_KIND}\b|"
    rf"\b{_KIND}\b.{{0,40}}\b(?:recommend\w*|suits?|best|fits? best|should (?:i|we)|to (?:use|"
    r"choose|pick|take))\b",
    re.I,
)
_SUPPORTS = re.compile(
    r"\b(?:support\w*|work\w*|possible|compatible|together|plus|with|combin\w+|can|could|may|have|"
    r"available|allowed|run|use|mix\w*|alongside|exclude\w*|lose|lack\w*|and|does|do)\b",
    re.I,
)
_HOW_TO = re.compile(
    r"\bhow (?:do|can|to|should)\b|\bsteps\b|\bwhy\b|\berrors?\b|\bfail\w*\b|\bconfigur\w+|"
    r"\binstall\w*|\bcommand\w*|\blatency\b|\bmetric\w*|\bdrop\w*|\bpolicy for\b|\bwrite\b|"
    r"\bwhat (?:is|are) (?:the )?(?:limit|metric|label)",
    re.I,
)
_SCARCE = re.compile(
    r"\b(?:few|scarce|short of|running out of|run out of|little|limited|save|not enough|hardly "
    r"any|tight)\b.{0,20}\b(?:ips?|address\w*|space|ranges?)\b",
    re.I,
)


def read_limits(text: str) -> Frame | None:
    """Read what values of max pods cost: "31 vs 32 with static block", "does lowering it save"."""
    if not _MAX_PODS.search(text) or node_counts(text):
        return None
    values = max_pods_of(text)
    if not _SAVES.search(text) and len(values) < 2:
        return None
    if read_ranges(text).found or _HOW_TO.search(text):
        return None
    saves = re.search(r"\b(?:ips?|address\w*|blocks?|sav\w+|wast\w+|cost\w*|space)\b", text, re.I)
    modes = find_modes(text, limited=True)
    if len(values) < 2 and not (saves and modes) and not (saves and values):
        return None
    arguments: dict[str, object] = {"mode": modes[0] if len(modes) == 1 else (modes or EVERY_MODE)}
    if values:
        arguments["max_pods"] = list(values)
    return Frame(intent="size", kind="compare_max_pods", arguments=arguments)


def read_choice(text: str) -> Frame | None:
    """Read which mode to take, and whether modes and features go together."""
    features = list(find_features(text))
    modes = find_modes(text, limited=False)
    counts = node_counts(text)
    among = len(modes) > 1 and _PREFERS.search(text)
    if modes and (among or (_SOURCE_IP.search(text) and not _HOW_TO.search(text))):
        return _among(text, features, modes, counts)
    if _CHOOSES.search(text) and not re.search(r"\bsubnets?\b.{0,12}\b(?:need|size|big)", text):
        return _choose(text, features, counts)
    if _HOW_TO.search(text) or counts or not features or not _SUPPORTS.search(text):
        return None
    if modes and len(text.split()) <= 24:
        named = [key for key in features if key not in ("cilium",) or _asks_of_cilium(text)]
        if not named:
            return None
        arguments: dict[str, object] = {"features": named, "modes": list(modes)}
        return Frame(intent="size", kind="compare_modes", arguments=arguments)
    clash = any(other in features for key in features for other in FEATURES[key].excludes)
    if clash and len(text.split()) <= 16:
        return Frame(intent="size", kind="compare_modes", arguments={"features": features})
    return None


def _among(
    text: str, features: list[str], modes: tuple[str, ...], counts: tuple[int, ...]
) -> Frame:
    """Return the choice among the modes that are named, or what holds for them."""
    chosen = _choose(text, features, counts)
    arguments = dict(chosen.arguments) if chosen and chosen.intent == "size" else {}
    arguments["modes"] = list(modes)
    if not max_pods_of(text) and counts:
        each = number_of(r"\b(\d+)\s+pods?\b(?!\s*(?:total|in total|overall))", text)
        arguments |= {"max_pods": each} if 10 <= each <= 250 else {}
    return Frame(intent="size", kind="compare_modes", arguments=arguments)


def _asks_of_cilium(text: str) -> bool:
    return bool(re.search(r"\b(?:with|support\w*|run|use|have|on|and|plus|does|can)\b.{0,30}"
                          r"\bcilium\b|\bcilium\b.{0,30}\b(?:with|on|in|work\w*|support\w*)\b",
                          text, re.I))  # fmt: skip


def _choose(text: str, features: list[str], counts: tuple[int, ...]) -> Frame | None:
    quantities = read_quantities(text)
    arguments: dict[str, object] = {}
    if features:
        arguments["features"] = features
    if quantities.pools:
        arguments["pools"] = list(quantities.pools)
    elif nodes := quantities.highest_nodes or (counts[0] if counts else 0):
        arguments["nodes"] = nodes
    if limits := max_pods_of(text):
        arguments["max_pods"] = limits[0]
    if surge := read_surge(text):
        arguments["surge"] = surge
    if _SCARCE.search(text):
        arguments["scarce_addresses"] = True
    if not arguments and not _OF_AKS.search(text):
        return None
    if not arguments:
        return ask_design(
            text,
            "How many nodes, must anything outside reach pods by their own address, and are "
            "Windows nodes, Cilium or other features required?",
            "nodes",
        )
    return Frame(intent="size", kind="compare_modes", arguments=arguments)
