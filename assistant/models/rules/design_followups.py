"""Follow-ups of a design: which of the things said before a short message changes."""

import re
from collections.abc import Callable
from dataclasses import replace

from assistant.models.rules.design_slots import (
    EVERY_MODE,
    find_modes,
    max_pods_of,
    node_counts,
    number_of,
    read_services,
    read_surge,
)
from assistant.models.rules.frame import Frame
from assistant.models.rules.quantities import read_quantities, spell_digits
from assistant.models.rules.ranges import read_ranges
from topology.errors import InvalidQuery
from topology.ipam.changes import parse_change
from topology.ipam.features import find_features

__all__ = ["change_plan", "follows_plan"]

_LONGEST = 16
"""Words of a message that may still lean on what was said before."""
_LEANS = re.compile(
    r"^(?:and|or|but|so|then|now|ok(?:ay)?|what about|how about|what if|what happens if|with|"
    r"without|for|in|on|if|add|plus|move|switch|use|make|change|instead|same|again|also|only|"
    r"suppose|assume|say|try|go|remove|drop|let us)\b",
    re.I,
)
_CHANGES = re.compile(
    r"\b(?:what if|what happens|add|move|switch|go to|instead|suppose|remove|drop|without|more|"
    r"change)\b",
    re.I,
)
_BARE = re.compile(
    r"(?:(?:and|or|what about|how about|what if|then|with|for|if it is|make it|ok)\s+)*"
    r"(\d[\d,]*)(?:\s+instead)?\W*",
    re.I,
)
_PODS_EACH = (
    r"\b(\d+)\s+(?:running\s+)?pods?\s+(?:per node|each|a node|on each|on every|/ ?node|on a node)"
)
_Arguments = dict[str, object]


_SLOT_FIRST = re.compile(
    r"^(?:max[ -]?pods|\d[\d,]*\s|surge\b|pods?\b|nodes?\b|overlay\b|kubenet\b|node[- ]subnet\b|"
    r"pod[- ]subnet\b|static\b|dynamic\b)",
    re.I,
)
"""A message that starts with a slot and asks nothing of its own."""
_ASKS = re.compile(r"\b(?:which|what|how|is|are|can|does|do|will|where|why)\b", re.I)


def follows_plan(text: str, earlier: Frame) -> bool:
    """Return whether a message changes an earlier design rather than asks anew."""
    return (
        earlier.intent == "size"
        and len(text.split()) <= _LONGEST
        and bool(_LEANS.match(text) or (_SLOT_FIRST.match(text) and not _ASKS.search(text)))
        and change_plan(text, earlier) is not None
    )


def change_plan(text: str, earlier: Frame) -> Frame | None:
    """Return an earlier design as a short message changes it; None when it changes nothing.

    Args:
        text: The message, normalised: "and 60?", "with max pods 50", "add 3 pools of 50".
        earlier: A frame of one of the design tools.
    """
    text = spell_digits(text)
    change = _CHANGERS.get(earlier.kind)
    if change is None or len(text.split()) > _LONGEST:
        return None
    changed = change(text, dict(earlier.arguments))
    if changed is None or changed == earlier.arguments:
        return None
    return replace(earlier, arguments=changed, text="")


def _change_sizes(text: str, given: _Arguments) -> _Arguments | None:
    """Change a plan of sizes: a slot of it, or as a what-if that shows the difference."""
    if what_if := _what_if(text, given):
        return {**given, "change": what_if}
    given.pop("change", None)
    _put_slots(text, given)
    if prefixes := [one.text for one in read_ranges(text).found if "/" in one.text]:
        given["subnet"] = prefixes[0] if len(prefixes) == 1 else tuple(prefixes)
        given["mode"] = given["mode"] if given["mode"] != "all" else EVERY_MODE
    return given


def _change_layout(text: str, given: _Arguments) -> _Arguments | None:
    """Change a layout: by a what-if where the words are one, or by its space."""
    spaces = [one.text for one in read_ranges(text).found if one.whole and ":" not in one.text]
    if spaces:
        beyond = read_ranges(text).of("onprem", "peer")
        taken = read_ranges(text).of("used")
        if beyond:
            return {**given, "on_premises": beyond}
        return {**given, "used": taken} if taken else {**given, "spaces": spaces}
    if what_if := _what_if(text, given):
        return {**given, "change": what_if}
    given.pop("change", None)
    if "clusters" not in given:
        _put_slots(text, given)
    return given


def _what_if(text: str, given: _Arguments) -> str:
    """Return the change that a message asks to compare with; empty when it only restates."""
    if not _CHANGES.search(text) or any(isinstance(value, tuple) for value in given.values()):
        return ""
    if given.get("mode") == "all":
        return ""
    try:
        parse_change(text)
    except InvalidQuery:
        return ""
    return text.rstrip("?.! ")


def _put_slots(text: str, given: _Arguments) -> None:
    """Put what a message names in the place of what was named before."""
    _put_nodes(text, given)
    _put_pods(text, given)
    if surge := read_surge(text):
        given["surge"] = surge
    if modes := find_modes(text, limited=True):
        given["mode"] = modes[0] if len(modes) == 1 else modes
    if services := read_services(text):
        known = given.get("services", [])
        listed = list(known) if isinstance(known, list) else []
        given["services"] = list(dict.fromkeys((*listed, *services)))


def _put_nodes(text: str, given: _Arguments) -> None:
    bare = _BARE.fullmatch(text)
    quantities = read_quantities(text)
    counts = node_counts(text) or ((int(bare[1].replace(",", "")),) if bare else ())
    if quantities.pools:
        given.pop("nodes", None)
        given["pools"] = list(quantities.pools)
    elif counts or quantities.highest_nodes:
        given.pop("pools", None)
        given["nodes"] = quantities.highest_nodes or _one_or_each(counts)


def _one_or_each(values: tuple[int, ...]) -> object:
    return values[0] if len(values) == 1 else values


def _put_pods(text: str, given: _Arguments) -> None:
    each = number_of(_PODS_EACH, text)
    limits = max_pods_of(text)
    if limits:
        given["max_pods"] = _one_or_each(limits)
    elif each and (given.get("mode") == "pod_subnet_dynamic" or "pods_per_node" in given):
        given["pods_per_node"] = each
        limit = given.get("max_pods")
        if isinstance(limit, int) and each > limit:
            given["max_pods"] = each
    elif each:
        given["max_pods"] = each


def _change_outbound(text: str, given: _Arguments) -> _Arguments | None:
    bare = _BARE.fullmatch(text)
    counts = node_counts(text) or ((int(bare[1].replace(",", "")),) if bare else ())
    if counts:
        given["nodes"] = counts[0] if len(counts) == 1 else counts
    if ports := number_of(r"([\d,]+)\s+(?:snat\s+|outbound\s+)?ports\b", text):
        given["ports_per_node"] = ports
    if surge := read_surge(text):
        given["surge"] = surge
    if ips := number_of(r"\b(\d+)\s+(?:public\s+|outbound\s+)?(?:ips?|addresses)\b", text):
        given["public_ips"] = ips
    return given


def _change_prefix(text: str, given: _Arguments) -> _Arguments | None:
    if prefixes := [one.text for one in read_ranges(text).found if "/" in one.text]:
        given["prefix"] = ", ".join(prefixes)
    if limits := max_pods_of(text):
        given["max_pods"] = limits[0]
    elif each := number_of(_PODS_EACH, text):
        given["pods_per_node" if given.get("role") == "pod-subnet" else "max_pods"] = each
    if modes := find_modes(text, limited=True):
        given["mode"] = modes[0]
        roles = {"overlay": "pod-cidr", "kubenet": "pod-cidr", "node_subnet": "node-subnet"}
        given["role"] = roles.get(modes[0], "pod-subnet")
    return given


def _change_choice(text: str, given: _Arguments) -> _Arguments | None:
    if features := find_features(text):
        known = given.get("features", [])
        listed = list(known) if isinstance(known, list) else []
        given["features"] = list(dict.fromkeys((*listed, *features)))
    if counts := node_counts(text):
        given["nodes"] = counts[0]
    if (modes := find_modes(text, limited=False)) and "modes" in given:
        given["modes"] = list(modes)
    return given


def _change_limits(text: str, given: _Arguments) -> _Arguments | None:
    bare = _BARE.fullmatch(text)
    if values := max_pods_of(text) or ((int(bare[1].replace(",", "")),) if bare else ()):
        given["max_pods"] = list(values)
    if modes := find_modes(text, limited=True):
        given["mode"] = modes[0]
    if counts := node_counts(text):
        given["nodes"] = counts[0]
    return given


def _change_migration(text: str, given: _Arguments) -> _Arguments | None:
    addons = [
        key
        for key in find_features(text)
        if key in ("agic", "calico", "azure-npm", "windows", "node-auto-provisioning", "dual-stack")
    ]
    if addons:
        known = given.get("addons", [])
        listed = list(known) if isinstance(known, list) else []
        given["addons"] = list(dict.fromkeys((*listed, *addons)))
    if re.search(r"\bcilium\b", text, re.I):
        given["dataplane"] = "cilium"
    if modes := find_modes(text, limited=True):
        leaves = re.search(r"\bfrom\b|\bmy cluster is\b|\bwe (?:use|run|have)\b", text, re.I)
        given["start" if leaves else "goal"] = modes[0]
    return given


def _change_checks(text: str, given: _Arguments) -> _Arguments | None:
    ranges = read_ranges(text)
    for key, roles in (
        ("pod_cidrs", ("pod", "", "space")),
        ("service_cidrs", ("service",)),
        ("on_premises", ("onprem",)),
        ("peered", ("peer",)),
        ("vnets", ("vnet",)),
        ("subnets", ("subnet", "node-subnet")),
    ):
        if found := [one for one in ranges.of(*roles) if not one.startswith("/")]:
            if "grow_pod_cidr_to" in given and key == "pod_cidrs":
                given["grow_pod_cidr_to"] = found[-1]
            else:
                given[key] = found
    return given


_CHANGERS: dict[str, Callable[[str, _Arguments], _Arguments | None]] = {
    "check_ranges": _change_checks,
    "compare_max_pods": _change_limits,
    "compare_modes": _change_choice,
    "describe_prefix": _change_prefix,
    "plan_addresses": _change_layout,
    "plan_mode_change": _change_migration,
    "size_outbound": _change_outbound,
    "size_subnets": _change_sizes,
}
