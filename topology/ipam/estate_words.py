"""An estate from short words, as flags and tools give them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeVar

from topology.errors import InvalidQuery
from topology.ipam.components import parse_component
from topology.ipam.estate import Cluster, Connected, Estate, Space, Subnet, Vnet
from topology.ipam.features import parse_feature
from topology.ipam.modes import parse_mode
from topology.ipam.pools import NodePool, parse_pool, parse_surge
from topology.ipam.prefixes import parse_network
from topology.model import Address, Network

__all__ = [
    "ClusterWords",
    "build_estate",
    "checked_estate",
    "parse_cluster",
    "parse_hosts",
    "parse_ranges",
]

_KEYS = (
    "components", "ilbs", "max_pods", "mode", "nodes", "pods_per_node", "pools", "region",
    "surge", "vnet",
)  # fmt: skip
_HUB = "hub"
_Family = TypeVar("_Family", IPv4Network, IPv6Network)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterWords:
    """What is said of one cluster; empty or 0 for what is not."""

    name: str = "cluster"
    mode: str = "overlay"
    nodes: int = 0
    max_pods: int = 0
    surge: str = ""
    pools: tuple[str, ...] = ()
    pods_per_node: int = 0
    components: tuple[str, ...] = ()
    internal_load_balancers: int = 0
    region: str = ""
    vnet: str = ""


def parse_cluster(text: str) -> ClusterWords:
    """Read `NAME,key=value,...`, such as `shop,mode=overlay,nodes=60,components=agc+bastion`.

    Raises:
        InvalidQuery: A key is not known, or a number is none.
    """
    name, *pairs = (part.strip() for part in text.split(","))
    if not name or "=" in name:
        message = f"`{text}` does not start with the name of a cluster."
        hint = "Write `NAME,mode=MODE,nodes=N`."
        raise InvalidQuery(message, hint=hint)
    values: dict[str, str] = {}
    for pair in pairs:
        key, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or key not in _KEYS:
            message = f"`{pair}` is nothing that a cluster has."
            raise InvalidQuery(message, hint=f"Known are {', '.join(_KEYS)}, each `KEY=VALUE`.")
        values[key] = value
    return ClusterWords(
        name=name,
        mode=values.get("mode", "overlay"),
        nodes=_number(values, "nodes"),
        max_pods=_number(values, "max_pods"),
        surge=values.get("surge", ""),
        pools=_parts(values.get("pools", "")),
        pods_per_node=_number(values, "pods_per_node"),
        components=_parts(values.get("components", "")),
        internal_load_balancers=_number(values, "ilbs"),
        region=values.get("region", ""),
        vnet=values.get("vnet", ""),
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("+") if part.strip())


def _number(values: dict[str, str], key: str) -> int:
    text = values.get(key, "0")
    if not re.fullmatch(r"-?\d{1,12}", text):
        message = f"`{key}={text}` is no whole number."
        raise InvalidQuery(message, hint=f"Write `{key}=20`.")
    return int(text)


def parse_ranges(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read CIDRs, one or several in each text.

    Raises:
        InvalidQuery: One is no CIDR, or has bits set beyond its prefix.
    """
    words = _words(texts)
    for word in words:
        if "/" not in word:
            message = f"`{word}` has no prefix length."
            raise InvalidQuery(message, hint="Write it like `10.1.0.0/16`.")
    return tuple(parse_network(word) for word in words)


def _space(text: str) -> Space:
    region, sign, cidr = text.rpartition("=")
    network = parse_ranges([cidr.strip()])
    if len(network) != 1 or not isinstance(network[0], IPv4Network):
        message = f"`{text}` is no IPv4 space."
        raise InvalidQuery(message, hint="Write `10.60.0.0/16` or `REGION=10.60.0.0/16`.")
    return Space(network=network[0], region=region.strip() if sign else "")


def build_estate(
    *,
    spaces: Sequence[str],
    clusters: Sequence[ClusterWords],
    hub: Sequence[str] = (),
    used: Sequence[str] = (),
    on_premises: Sequence[str] = (),
    pod_spaces: Sequence[str] = (),
    ipv6_spaces: Sequence[str] = (),
    dual_stack: bool = False,
    growth: bool = True,
) -> Estate:
    """Return the estate that words describe; every cluster has a VNet of its own unless named.

    Args:
        spaces: Ranges to use up, each `CIDR` or `REGION=CIDR`.
        clusters: What is said of each cluster.
        hub: Services of a hub VNet, which is peered with every other; for each region one.
        used: Ranges that are taken.
        on_premises: Ranges that are reached beyond the VNets.
        pod_spaces: Where pod CIDRs may lie.
        ipv6_spaces: IPv6 ranges for dual stack.
        dual_stack: Whether the clusters have IPv6, too.
        growth: Whether neighbours are kept free.

    Raises:
        InvalidQuery: A word cannot be read.
    """
    made = tuple(_cluster(words, dual_stack=dual_stack) for words in clusters)
    names = [words.name for words in clusters]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"There are two clusters `{twice}`."
        raise InvalidQuery(message, hint="Give each a name of its own.")
    regions = {cluster.vnet: words.region for cluster, words in zip(made, clusters, strict=True)}
    vnets = [Vnet(name=name, region=region) for name, region in regions.items()]
    if hub:
        vnets = _with_hubs(vnets, hub)
    return Estate(
        spaces=tuple(_space(word) for word in _words(spaces)),
        used=parse_ranges(used),
        connected=tuple(
            Connected(network=network, name="on-premises") for network in parse_ranges(on_premises)
        ),
        vnets=tuple(vnets),
        clusters=made,
        pod_spaces=tuple(_only(IPv4Network, parse_ranges(pod_spaces), "IPv4")),
        ipv6_spaces=tuple(_only(IPv6Network, parse_ranges(ipv6_spaces), "IPv6")),
        growth=growth,
    )


def _only(family: type[_Family], networks: Sequence[Network], name: str) -> list[_Family]:
    found = []
    for network in networks:
        if not isinstance(network, family):
            message = f"`{network}` is no {name} range."
            raise InvalidQuery(message, hint=f"Give an {name} range here.")
        found.append(network)
    return found


def _with_hubs(vnets: list[Vnet], hub: Sequence[str]) -> list[Vnet]:
    """Return the VNets behind a hub of their region, the hubs peered with each other."""
    regions = list(dict.fromkeys(vnet.region for vnet in vnets)) or [""]
    names = {region: f"{_HUB}-{region}" if region else _HUB for region in regions}
    subnets = tuple(
        Subnet(name=key, component=key, count=count)
        for key, count in (parse_component(text) for text in hub)
    )
    hubs = [
        Vnet(
            name=name,
            region=region,
            subnets=subnets,
            peers=tuple(other for other in names.values() if other != name),
        )
        for region, name in names.items()
    ]
    return [*hubs, *(replace(vnet, peers=(names[vnet.region],)) for vnet in vnets)]


def _cluster(words: ClusterWords, *, dual_stack: bool) -> Cluster:
    surge = parse_surge(words.surge) if words.surge.strip() else None
    if words.pools and words.nodes:
        message = f"Both `{words.nodes}` nodes and pools are given for `{words.name}`."
        raise InvalidQuery(message, hint="Give one of them.")
    pools = [parse_pool(text) for text in words.pools]
    if not pools:
        pools = [NodePool(nodes=words.nodes)]
    filled = tuple(
        replace(pool, max_pods=pool.max_pods or words.max_pods or None, surge=pool.surge or surge)
        for pool in pools
    )
    return Cluster(
        name=words.name,
        vnet=words.vnet or words.name,
        mode=parse_mode(words.mode),
        pools=filled,
        pods_per_node=words.pods_per_node or None,
        internal_load_balancers=words.internal_load_balancers,
        components=tuple(parse_component(text) for text in words.components),
        dual_stack=dual_stack,
        features=frozenset({"dual-stack"} if dual_stack else ()),
    )


def checked_estate(
    *,
    pod_cidrs: Sequence[str] = (),
    service_cidrs: Sequence[str] = (),
    dns_service_ip: str = "",
    vnets: Sequence[str] = (),
    subnets: Sequence[str] = (),
    peered: Sequence[str] = (),
    on_premises: Sequence[str] = (),
    mode: str = "overlay",
    features: Sequence[str] = (),
) -> Estate:
    """Return the estate of ranges that are to be held against each other; one cluster in one VNet.

    A second pod CIDR belongs to a second cluster of the same VNet. Single addresses count as
    ranges of one.

    Raises:
        InvalidQuery: A range cannot be read.
    """
    own = "vnet"
    rows = tuple(
        Subnet(name=f"subnet-{number}", networks=(network,))
        for number, network in enumerate(parse_ranges(subnets), 1)
    )
    pods = parse_ranges(pod_cidrs)
    families = [[net for net in pods if net.version == version] for version in (4, 6)]
    several = max(1, *map(len, families))
    clusters = tuple(
        Cluster(
            name="" if several == 1 else f"cluster-{number + 1}",
            vnet=own,
            mode=parse_mode(mode),
            pod_cidrs=tuple(row[number] for row in families if number < len(row)),
            service_cidrs=parse_ranges(service_cidrs),
            dns_service_ip=_address(dns_service_ip),
            features=frozenset(parse_feature(text) for text in features),
        )
        for number in range(several)
    )
    others = tuple(
        Vnet(name=f"peer-{number}", prefixes=(network,), peers=(own,))
        for number, network in enumerate(parse_ranges(peered), 1)
    )
    return Estate(
        connected=tuple(
            Connected(network=net, name="on-premises") for net in parse_hosts(on_premises)
        ),
        vnets=(Vnet(name=own, prefixes=parse_ranges(vnets), subnets=rows), *others),
        clusters=clusters,
    )


def _address(text: str) -> Address | None:
    if not text.strip():
        return None
    try:
        return ip_address(text.strip())
    except ValueError as error:
        message = f"`{text}` is no address."
        raise InvalidQuery(message, hint="Write it like `10.0.0.10`.") from error


def parse_hosts(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read CIDRs and single addresses, which count as ranges of one.

    Raises:
        InvalidQuery: A text is neither.
    """
    return tuple(parse_network(word) for word in _words(texts))


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in re.split(r"[\s,;]+", text) if word]
