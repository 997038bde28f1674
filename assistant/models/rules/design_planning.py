"""Design questions beyond sizes: migrations, layouts in a space, ranges that go together."""

import re
from collections.abc import Sequence

from assistant.models.rules.design_slots import (
    find_modes,
    max_pods_of,
    node_counts,
    number_of,
    ordered_modes,
    read_services,
    read_surge,
)
from assistant.models.rules.frame import Frame
from assistant.models.rules.quantities import read_quantities
from assistant.models.rules.ranges import DEFAULT_POD_CIDR, Ranges, RangeText, read_ranges
from topology.ipam.features import find_features

__all__ = ["ask_design", "read_checks", "read_layout", "read_migration"]


_MOVE = re.compile(
    r"\b(?:migrat\w*|mov(?:e|es|ed|ing)|convert\w*|switch\w*|upgrad\w*|transition\w*|"
    r"go(?:ing)?|get(?:ting)?|leav(?:e|ing)|replac\w+|retire\w*|retiring|in[- ]place|"
    r"chang(?:e|es|ing)|enabl\w+|path|way|adopt\w*|end of life|eol|plan it|runbook|steps)\b",
    re.I,
)
_TO_CILIUM = re.compile(
    r"(?:\b(?:to|onto|into|with|then|enabl\w+|and|adopt\w*)|->)\s+"
    r"(?:the\s+|azure cni powered by\s+)?cilium\b|"
    r"\bcilium (?:data ?plane )?(?:in|on|for|upgrade)\b",
    re.I,
)
_COMPARES = re.compile(r"\bcompar\w+|\bdifference\b|\bvs\b|\bversus\b|\bthan\b|\bor\b", re.I)
_ADDONS = ("agic", "calico", "azure-npm", "windows", "node-auto-provisioning", "dual-stack")
_OWNS = re.compile(
    r"\b(?:own|have|has|got|given|within|inside|into|carve|split|divide|lay ?out|layout|pack|"
    r"place|fit|space|block|plan|design|out of|propose|suggest|distribute|range)\b",
    re.I,
)
_INSIDE = re.compile(
    r"\b(?:in|into|from|using|use|between)\s+(?:(?:the|our|my)\s+)?(?:\w+\s+)?\d+\.\d+\.\d+\.\d+/",
    re.I,
)
_ENOUGH = re.compile(r"\b(?:enough|suffic\w+|big enough|large enough|hold|surviv\w*)\b", re.I)
_ASKS_RANGES = re.compile(
    r"\b(?:overlap\w*|conflict\w*|clash\w*|collid\w*|collision|ok|okay|fine|valid|allowed|legal|"
    r"may|can|could|accept\w*|refus\w*|reject\w*|problem\w*|trouble|unreachable|reach\w*|wrong|"
    r"safe|works?|same|reus\w+|shar\w+|grow\w*|expand\w*|extend\w*|enlarge|widen|identical|"
    r"check|use|right|forbidden|supported|break\w*|issue|lies|inside)\b",
    re.I,
)
_FORBIDDEN = re.compile(
    r"\b(?:which|what|list|any)\b.{0,20}\b(?:ranges?|cidrs?|addresses|prefixes)\b.{0,60}\b(?:not|"
    r"never|forbidden|reserved|avoid\w*|refus\w*|reject\w*|allowed|permitted|blocked)",
    re.I,
)
_CLASHES = re.compile(
    r"\b(?:overlap\w*|conflict\w*|clash\w*|collid\w*|collision|problem\w*|unreachable|trouble|"
    r"wrong|issue|reject\w*|refus\w*|break\w*|forbidden)\b",
    re.I,
)
"""Words that ask whether something is amiss, so that "no" would be read the other way."""
_OVERLAPS = re.compile(r"\b(?:overlap|conflict|clash|collid|collision)\w*", re.I)
_DEFAULT_POD = re.compile(
    r"\bdefault (?:aks |azure )?pod[- ]?(?:cidr|range|network)\b|"
    r"\bpod[- ]?(?:cidr|range)\b.{0,20}\bdefault\b",
    re.I,
)
_SAME = re.compile(r"\b(?:same|reus\w+|shar\w+|identical|equal|common|twice)\b", re.I)
_HUB_SERVICES = ("firewall", "bastion", "vpn-gateway", "dns-resolver", "route-server")


def ask_design(text: str, question: str, unit: str = "") -> Frame:
    """Return the question back; the answer is read together with what was said.

    Args:
        text: What the person said.
        question: What is missing.
        unit: What a bare number in the answer counts.
    """
    return Frame(intent="ask", kind="design", arguments={"said": text, "unit": unit}, text=question)


def read_migration(text: str) -> Frame | None:
    """Read "kubenet to Overlay", "Pod Subnet to Overlay in place?", "switch to Cilium"."""
    modes = ordered_modes(text)
    plainly = re.search(r"\bmigrat|\bmov(?:e|ing)\b|\bin[- ]place\b|\bconvert", text, re.I)
    if not modes or (not plainly and (_COMPARES.search(text) or node_counts(text))):
        return None
    moves = bool(_MOVE.search(text))
    start, goal = _ends(text, modes)
    if start is None:
        if re.search(r"\b(?:lose|los(?:es|ing)|still|support\w*|lack\w*)\b", text, re.I):
            return None
        if goal is None or not moves or re.search(r"\bmax[ -]?pods\b", text, re.I):
            return None
        question = "From which mode: kubenet, node subnet, pod subnet (dynamic or static block)?"
        return ask_design(text, question)
    if goal is None and not (moves and (start == "kubenet" or _goes_to_cilium(text))):
        return None
    return _migration(text, start, goal)


def _migration(text: str, start: str, goal: str | None) -> Frame | None:
    addons = [key for key in find_features(text) if key in _ADDONS]
    arguments: dict[str, object] = {"start": start}
    dataplane = _goes_to_cilium(text)
    if goal is None and start == "kubenet":
        goal = "overlay"
        # Overlay without an engine enforces nothing: what Calico did is then done by Cilium.
        dataplane = dataplane or bool({"calico", "azure-npm"} & set(addons))
    if goal and goal != start:
        arguments["goal"] = goal
    if dataplane:
        arguments["dataplane"] = "cilium"
    if addons:
        arguments["addons"] = addons
    if pods := read_ranges(text).of("pod"):
        arguments["pod_cidr"] = pods[0]
    if "goal" not in arguments and "dataplane" not in arguments:
        return None
    return Frame(intent="size", kind="plan_mode_change", arguments=arguments)


def _goes_to_cilium(text: str) -> bool:
    return bool(_TO_CILIUM.search(text))


def _is_left(mention: str, after: str) -> bool:
    """Return whether a mode is what a cluster has, by the words of its mention and behind it."""
    return bool(
        re.search(r"\bclusters?$", mention, re.I)
        or re.match(
            r"\s*(?:mode|cni|clusters?|networking|aks)*\s*(?:to|->|into|onto|clusters?|"
            r"retire\w*|goes|end)\b|\s*->|.{0,60}\b(?:to|->|into|plan it|plan|migrat\w+)\b",
            after,
            re.I,
        )
    )


def _ends(text: str, modes: Sequence[tuple[int, int, str]]) -> tuple[str | None, str | None]:
    """Return the mode that is left and the one that is wanted."""
    start = goal = None
    for left, right, mode in modes:
        before = text[:left]
        if re.search(r"(?:\bto|\bonto|\binto|->|\btowards?)\s+(?:(?:an?|the|azure|cni)\s+)*$",
                     before, re.I):  # fmt: skip
            goal = goal or mode
        elif re.search(
            r"\bfrom\s+(?:(?:an?|the|my|our|azure|cni|old|legacy)\s+)*$", before, re.I
        ) or (start is None and _is_left(text[left:right], text[right:])):
            start = mode
    if start == goal:
        return start, None
    return start, goal


def read_layout(text: str) -> Frame | None:
    """Read "I own 10.60.0.0/20: Overlay, 60 nodes, AGC and Bastion" as a plan of exact ranges."""
    ranges = read_ranges(text)
    whole = {one.text for one in ranges.found if one.whole}
    spaces = [cidr for cidr in ranges.of("space", "vnet", "") if cidr in whole and ":" not in cidr]
    counts, quantities = node_counts(text), read_quantities(text)
    services = read_services(text)
    several = len(services) > 1 or "dual-stack" in find_features(text)
    if not spaces or not (_OWNS.search(text) or _INSIDE.search(text) or several):
        return None
    if not (counts or quantities.pools or quantities.highest_nodes):
        if len(services) < 2 and not re.search(r"\bcluster", text, re.I):
            return None
        if re.search(r"\bclusters?\b|\baks\b|\boverlay\b|\bkubenet\b|\bnodes?\b", text, re.I):
            return ask_design(text, "How many nodes does the cluster have at most?", "nodes")
    if _ENOUGH.search(text) and not services and not ranges.of("space"):
        return None
    if ranges.of("pod", "service", "dns") and not services and not ranges.of("space"):
        return None
    return _layout(text, ranges, spaces, services)


def _layout(text: str, ranges: Ranges, spaces: list[str], services: list[str]) -> Frame | None:
    hub = re.search(r"\bhub\b", text, re.I)
    shared = [one for one in services if one.partition(":")[0] in _HUB_SERVICES] if hub else []
    own = [one for one in services if one not in shared]
    arguments: dict[str, object] = {"spaces": spaces}
    if shared:
        arguments["hub"] = shared
    modes = find_modes(text, limited=bool(max_pods_of(text)))
    cluster = _cluster_arguments(text, modes)
    if several := _clusters(text, modes, cluster, own):
        arguments["clusters"] = several
    elif cluster:
        arguments |= cluster | _beside(text, own)
    elif not shared:
        arguments["hub"] = services
    if used := ranges.of("used"):
        arguments["used"] = used
    if beyond := ranges.of("onprem", "peer"):
        arguments["on_premises"] = beyond
    if "dual-stack" in find_features(text):
        arguments["dual_stack"] = True
        v6 = [one for one in ranges.texts if ":" in one and "/" in one]
        arguments |= {"ipv6_space": v6[0]} if v6 else {}
    return Frame(intent="size", kind="plan_addresses", arguments=arguments)


def _beside(text: str, services: list[str]) -> dict[str, object]:
    """Return the services of one cluster, and the load balancers in its node subnet."""
    found: dict[str, object] = {"services": services} if services else {}
    frontends = number_of(r"\b(\d+)\s+(?:internal\s+(?:lbs?|load balancers?)|ilbs?)", text)
    return found | ({"internal_load_balancers": frontends} if frontends else {})


def _cluster_arguments(text: str, modes: Sequence[str]) -> dict[str, object]:
    """Return what is said of the one cluster of a text; empty when it names no nodes."""
    quantities, counts = read_quantities(text), node_counts(text)
    found: dict[str, object] = {}
    if quantities.pools:
        found["pools"] = list(quantities.pools)
    elif nodes := quantities.highest_nodes or (counts[0] if counts else 0):
        found["nodes"] = nodes
    else:
        return {}
    found["mode"] = modes[0] if modes else "overlay"
    if limits := max_pods_of(text):
        found["max_pods"] = limits[0]
    if surge := read_surge(text):
        found["surge"] = surge
    each = number_of(
        r"\b(\d+)\s+(?:running\s+)?pods?\s+(?:per node|each|a node|on each|on every|/ ?node)", text
    )
    if each and found["mode"] == "pod_subnet_dynamic":
        found["pods_per_node"] = each
    elif each and not limits:
        found["max_pods"] = each
    return found


def _clusters(
    text: str, modes: Sequence[str], cluster: dict[str, object], services: Sequence[str]
) -> list[str]:
    """Return each of several clusters as the tool takes them; empty when there is one."""
    match = re.search(r"\b(\d+)\s+(?:[a-z-]+\s+){0,3}?clusters\b", text, re.I)
    regions = re.search(r"\b(\d+)\s+regions\b", text, re.I)
    match = match or (regions if re.search(r"\beach\b|\bper region\b", text, re.I) else None)
    counts = node_counts(text)
    number = int(match[1]) if match else 0
    if not 2 <= number <= 20 or not cluster:
        return []
    found = []
    for index in range(number):
        nodes = counts[index] if len(counts) == number else cluster.get("nodes", 0)
        mode = modes[index] if len(modes) == number else cluster["mode"]
        parts = [f"cluster-{index + 1}", f"mode={mode}", f"nodes={nodes}"]
        if regions and int(regions[1]) == number:
            parts.append(f"region=region-{index + 1}")
        for key in ("max_pods", "surge", "pods_per_node"):
            parts += [f"{key}={cluster[key]}"] if key in cluster else []
        if services:
            parts.append(f"components={'+'.join(services)}")
        found.append(",".join(parts))
    return found


def read_checks(text: str) -> Frame | None:
    """Read whether ranges go together: refused ones, overlaps, a shared pod CIDR, growth."""
    if _FORBIDDEN.search(text) and not read_ranges(text).found:
        query = f"{text[:300]} refused ranges pod CIDR service CIDR VNet 169.254.0.0/16"
        return Frame(intent="docs", kind="search_docs", arguments={"query": query})
    ranges = read_ranges(text)
    pods, services = ranges.of("pod"), ranges.of("service")
    beyond = ranges.of("onprem", "peer")
    if not pods and _DEFAULT_POD.search(text):
        pods = [DEFAULT_POD_CIDR]
    if node_counts(text) or not _ASKS_RANGES.search(text):
        return None
    about_pods = re.search(r"\bpods?\b|\bpodcidr\b", text, re.I)
    if _SAME.search(text) and _names_pod_range(text) and re.search(r"\bclusters\b", text, re.I):
        twice = [pods[0] if pods else DEFAULT_POD_CIDR] * 2
        return _check(text, ranges, {"pod_cidrs": twice}, assumed=not pods)
    whole = [one for one in ranges.found if not one.bare]
    if pair := _compared(text, whole):
        note = "Held against each other as ranges that are connected."
        return Frame(intent="size", kind="check_ranges", arguments=pair, text=note, negated=True)
    if not whole or not (pods or services or ranges.of("dns") or (beyond and about_pods)):
        return None
    goal = [one.text for one in ranges.found if one.whole and one.role in ("", "space")]
    if ranges.grows and pods and (goal or len(pods) == 2):
        larger = goal[0] if goal else pods[1]
        growth: dict[str, object] = {"pod_cidrs": pods[:1], "grow_pod_cidr_to": larger}
        return Frame(intent="size", kind="check_ranges", arguments=growth)
    if len(whole) == 1 and not services and _asks_capacity(text):
        return None
    given: dict[str, object] = {"pod_cidrs": pods} if pods else {}
    assumed = bool(beyond and not pods and not services)
    if assumed:
        given["pod_cidrs"] = [DEFAULT_POD_CIDR]
    return _check(text, ranges, given, assumed=assumed)


def _compared(text: str, ranges: list[RangeText]) -> dict[str, object]:
    """Return ranges that are asked whether they overlap, with nothing said of their use."""
    plain = all(one.role in ("", "space", "vnet") for one in ranges)
    if not (len(ranges) > 1 and ranges[0].whole and plain and _OVERLAPS.search(text)):
        return {}
    others = ranges[1:]
    arguments: dict[str, object] = {
        "peered": [one.text for one in others if one.whole],
        "on_premises": [one.text for one in others if not one.whole],
    }
    return {"vnets": [ranges[0].text]} | {key: given for key, given in arguments.items() if given}


def _names_pod_range(text: str) -> bool:
    return bool(re.search(r"\bpod[ -]?(?:cidr|range|network|space|ips?|address\w*)", text, re.I))


def _asks_capacity(text: str) -> bool:
    return bool(re.search(r"\bhow many\b|\benough\b|\bsuffic\w+|\bhow big\b", text, re.I))


def _check(text: str, ranges: Ranges, given: dict[str, object], *, assumed: bool) -> Frame | None:
    arguments = dict(given)
    for key, roles in (
        ("service_cidrs", ("service",)),
        ("vnets", ("vnet", "space")),
        ("subnets", ("subnet", "node-subnet", "pod-subnet")),
        ("peered", ("peer",)),
        ("on_premises", ("onprem",)),
    ):
        found = [one for one in ranges.of(*roles) if "/" in one or key == "on_premises"]
        whole = [one for one in found if not one.startswith("/")]
        if whole:
            arguments[key] = whole
    if dns := ranges.of("dns"):
        arguments["dns_service_ip"] = dns[0]
    features = [key for key in find_features(text) if key == "fleet-networking"]
    if features:
        arguments["features"] = [*features, "cilium"]
    note = (
        f"No pod CIDR was named: held against the default of AKS, {DEFAULT_POD_CIDR}."
        if assumed
        else ""
    )
    if not arguments:
        return None
    negated = bool(_CLASHES.search(text))
    return Frame(
        intent="size", kind="check_ranges", arguments=arguments, text=note, negated=negated
    )
