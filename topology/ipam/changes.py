"""What-if: a change of an estate, read from words or flags, and what it does to the plan."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from topology.errors import InvalidQuery
from topology.ipam.address_plan import AddressPlan
from topology.ipam.components import parse_component
from topology.ipam.estate import Cluster, Estate
from topology.ipam.modes import MODES, Mode, parse_mode
from topology.ipam.pools import MAX_PODS_LIMITS, NodePool, parse_surge

__all__ = ["Change", "Difference", "apply_change", "compare_plans", "parse_change"]

_Apply = Callable[[Cluster], Cluster]
_MOST_POOLS = 100
"""Node pools of one AKS cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to a cluster, or to every cluster."""

    text: str
    """In words, for the headline of a difference."""
    apply: _Apply
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One line of what changes between two plans."""

    subject: str
    before: str
    after: str


def apply_change(estate: Estate, change: Change, cluster: str = "") -> Estate:
    """Return the estate after a change; without a name every cluster is changed.

    Raises:
        InvalidQuery: No cluster has the name, or the change does not apply to it.
    """
    names = [one.name for one in estate.clusters]
    if cluster and cluster not in names:
        message = f"There is no cluster `{cluster}`."
        raise InvalidQuery(message, hint=f"There are {', '.join(f'`{name}`' for name in names)}.")
    changed = tuple(
        change.apply(one) if cluster in ("", one.name) else one for one in estate.clusters
    )
    return replace(estate, clusters=changed)


def parse_change(text: str) -> Change:
    """Read a change such as "add 3 pools of 50", "move to overlay" or "max pods 110 instead of 30".

    Raises:
        InvalidQuery: The text is no change that is understood, or a number is out of range.
    """
    plain = " ".join(text.lower().replace("-", " ").split())
    for reader in (
        _read_pools,
        _read_mode,
        _read_max_pods,
        _read_surge,
        _read_service,
        _read_nodes,
    ):
        if change := reader(plain):
            return change
    message = f"`{text}` is no change that can be computed."
    hint = (
        "Write, say, `add 3 pools of 50`, `100 nodes`, `add 20 nodes`, `move to overlay`, `max "
        "pods 110`, `surge 33%`, `add bastion` or `without bastion`."
    )
    raise InvalidQuery(message, hint=hint)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _read_pools(text: str) -> Change | None:
    match = re.search(
        r"\b(\d+|a|an|one|another)\s+(?:more |new |further |additional |extra )?(?:node )?pools?\s+"
        r"(?:of|with)\s+(\d[\d,]*(?:(?:, | and |, and )\d[\d,]*)*)(?:\s+nodes?)?"
        r"(?:.{0,12}?(\d+)\s*(?:max )?pods)?",
        text,
    )
    if not match or re.search(r"\b(?:remove|without|drop)\b", text):
        return None
    count = int(match[1]) if match[1].isdigit() else 1
    if not 1 <= count <= _MOST_POOLS:
        message = f"`{count}` pools cannot be added."
        raise InvalidQuery(message, hint=f"AKS has at most {_MOST_POOLS} pools in a cluster.")
    listed = [_number(part) for part in re.split(r", and |, | and ", match[2])]
    sizes = listed * count if len(listed) == 1 else listed
    if len(sizes) != count:
        message = f"`{match[0]}` names {count} pools and {len(sizes)} sizes."
        raise InvalidQuery(message, hint="Give one size for all, or one for each.")
    max_pods = int(match[3]) if match[3] else None

    def apply(cluster: Cluster) -> Cluster:
        last = cluster.pools[-1] if cluster.pools else NodePool(nodes=sizes[0])
        added = tuple(
            NodePool(
                nodes=nodes, max_pods=max_pods or last.max_pods, surge=last.surge, name="added"
            )
            for nodes in sizes
        )
        return replace(cluster, pools=(*cluster.pools, *added))

    noun = "pool" if count == 1 else "pools"
    shown = " and ".join(f"{nodes:,}" for nodes in listed)
    return Change(text=f"add {count} {noun} of {shown} nodes", apply=apply)


def _read_mode(text: str) -> Change | None:
    match = re.search(
        r"\b(?:move|go|switch|change|migrat\w*|convert|with|on|use|using|as|to|instead|"
        r"in)\b(?:\s+(?:it|them|the cluster|this|over))*(?:\s+to)?\s+((?:azure cni )?(?:overlay|"
        r"kubenet|node subnet|pod subnet|dynamic|static)[a-z ]*)",
        text,
    )
    bare = re.fullmatch(r"(?:and |what (?:about|if) )*((?:azure cni )?(?:overlay|kubenet|node "
                        r"subnet|pod subnet|static block|dynamic))\W*", text)  # fmt: skip
    found = match or bare
    if not found:
        return None
    goal = _mode_at_start(found[1])
    if goal is None:
        return None
    mode: Mode = goal

    def apply(cluster: Cluster) -> Cluster:
        keeps = cluster.mode == mode
        return cluster if keeps else replace(cluster, mode=mode)

    return Change(text=f"move to {MODES[mode].title}", apply=apply)


def _mode_at_start(text: str) -> Mode | None:
    """Return the mode that the longest beginning of a text names."""
    words = text.split()
    for length in range(len(words), 0, -1):
        try:
            return parse_mode(" ".join(words[:length]))
        except InvalidQuery:
            continue
    return None


def _read_max_pods(text: str) -> Change | None:
    match = re.search(
        r"\bmax(?:imum)? ?pods?(?: per node)?(?: (?:of|to|is|at|set to|from \d+ to))*\s*[=:]?\s*"
        r"(\d+)|\b(\d+) (?:max ?pods?|pods per node|pods a node|pods each)",
        text,
    )
    if not match:
        return None
    limit = int(match[1] or match[2])
    lowest, highest = MAX_PODS_LIMITS
    if not lowest <= limit <= highest:
        message = f"`{limit}` max pods per node is outside {lowest} to {highest}."
        raise InvalidQuery(message, hint="AKS accepts no other value in any mode.")

    def apply(cluster: Cluster) -> Cluster:
        return replace(
            cluster, pools=tuple(replace(pool, max_pods=limit) for pool in cluster.pools)
        )

    return Change(
        text=f"max pods {limit}",
        apply=apply,
        cautions=("Max pods is fixed when a pool is made: an existing pool is replaced by a new "
                  "one.",),
    )  # fmt: skip


def _read_surge(text: str) -> Change | None:
    match = re.search(r"\bsurge(?: (?:of|to|is|at))*\s*[=:]?\s*(\d+ ?%?)|(\d+ ?%?) surge", text)
    if not match:
        return None
    surge = parse_surge((match[1] or match[2]).replace(" ", ""))

    def apply(cluster: Cluster) -> Cluster:
        return replace(cluster, pools=tuple(replace(pool, surge=surge) for pool in cluster.pools))

    return Change(text=f"surge {surge}", apply=apply)


def _read_service(text: str) -> Change | None:
    match = re.match(
        r"(?:and |also |what if we |please )*(add|plus|with|include|remove|without|drop|minus|no) "
        r"(?:an? |the |another )?(?:(\d+) )?([a-z][a-z ]+?)(?::(\d+))?[.?!]*$",
        text,
    )
    if not match:
        return None
    verb, before, name, after = match.groups()
    try:
        key, count = parse_component(f"{name}:{before or after}" if before or after else name)
    except InvalidQuery:
        return None
    gone = verb in ("remove", "without", "drop", "minus", "no")

    def apply(cluster: Cluster) -> Cluster:
        kept = tuple(row for row in cluster.components if row[0] != key)
        return replace(cluster, components=kept if gone else (*kept, (key, count)))

    return Change(text=f"{'without' if gone else 'with'} {key}", apply=apply)


def _read_nodes(text: str) -> Change | None:
    match = re.search(r"(-?\d[\d,]*)\s+(?:more |additional |extra |further )?nodes?\b", text)
    if not match:
        return None
    number = _number(match[1])
    more = bool(re.search(r"\b(?:add|plus|more|additional|extra|further|another)\b", text))
    if number < 1:
        message = f"`{number}` nodes cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one node.")

    def apply(cluster: Cluster) -> Cluster:
        first = cluster.pools[0] if cluster.pools else NodePool(nodes=number)
        if more:
            grown = replace(first, nodes=first.nodes + number)
            return replace(cluster, pools=(grown, *cluster.pools[1:]))
        return replace(cluster, pools=(replace(first, nodes=number),))

    return Change(text=f"{'add ' if more else ''}{number:,} nodes", apply=apply)


def compare_plans(before: AddressPlan, after: AddressPlan) -> tuple[Difference, ...]:
    """Return what differs, subnet by subnet and cluster by cluster; what is equal is left out."""
    one, other = _facts(before), _facts(after)
    subjects = list(dict.fromkeys((*one, *other)))
    return tuple(
        Difference(subject=name, before=one.get(name, "none"), after=other.get(name, "none"))
        for name in subjects
        if one.get(name) != other.get(name)
    )


def _facts(plan: AddressPlan) -> dict[str, str]:
    """Return everything a plan says, each under a name that the other plan has, too."""
    facts: dict[str, str] = {}
    for vnet in plan.vnets:
        facts[f"VNet {vnet.name}"] = _ranges(vnet.prefixes)
        for subnet in vnet.subnets:
            wish = subnet.wish
            facts[f"{vnet.name}/{subnet.name}"] = (
                f"{subnet.network} ({wish.addresses:,} of {subnet.usable:,})"
            )
    for cluster in plan.clusters:
        sizes = cluster.sizes
        facts[f"{cluster.name}: mode"] = sizes.title
        facts[f"{cluster.name}: nodes"] = f"{sizes.nodes:,} + {sizes.surge:,} surge"
        facts[f"{cluster.name}: pods at most"] = f"{sizes.pods:,}"
        facts[f"{cluster.name}: pod CIDR"] = str(cluster.pod_cidr or "none: addresses of the VNet")
        facts[f"{cluster.name}: service CIDR"] = str(cluster.service_cidr)
    if not plan.fits:
        facts["fits"] = "no: " + (plan.failure.reason if plan.failure else plan.errors[0])
        return facts
    facts["fits"] = "yes"
    facts["addresses left free"] = f"{sum(block.num_addresses for block in plan.free):,}"
    return facts


def _ranges(networks: Sequence[IPv4Network]) -> str:
    return ", ".join(map(str, networks))
