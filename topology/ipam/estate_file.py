"""The file that describes a network for planning and checking, read into an Estate.

One form serves both: what has a range keeps it, the rest is planned. All keys are optional but
the names:

    spaces: [10.60.0.0/16]              # or {cidr, name, region}
    used: [10.60.4.0/22]                # parts of the spaces that are taken
    on_premises: [192.168.0.0/16]       # or {cidr, name}; whatever is reached beyond the VNets
    pod_spaces: [100.64.0.0/10]         # where pod CIDRs may lie
    ipv6_spaces: [fd00:10::/48]         # for dual stack
    growth: true                        # keep the neighbours of growing ranges free
    distinct_pod_cidrs: true            # one pod CIDR for each cluster
    vnets:
      - name: hub
        region: westeurope
        cidr: [10.60.0.0/22]            # when it is there already
        peers: [spoke]
        components: [firewall, bastion, "dns-resolver:2"]
        subnets:
          - {name: jump, addresses: 20} # or prefix: 26, or cidr: 10.60.0.0/26
    clusters:
      - name: shop
        vnet: spoke                     # made when it is not listed
        mode: overlay
        nodes: 60                       # or pools: [{name, nodes, max_pods, surge}]
        max_pods: 110
        surge: 33%
        components: [agc, api-server, "private-endpoints:20"]
        internal_load_balancers: 10
        pod_cidr: 10.244.0.0/16
        service_cidr: 10.0.0.0/16
        dns_service_ip: 10.0.0.10
        node_subnet: nodes              # name of a subnet of the VNet
        pod_subnet: pods
        dataplane: cilium
        features: [windows]
        dual_stack: false
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from typing import TypeVar

from topology.errors import InvalidQuery, UnreadableInput
from topology.ipam.azure_estate import is_azure, read_azure
from topology.ipam.components import DELEGATIONS, SUBNET_NAMES, parse_component
from topology.ipam.documents import Value, read_document
from topology.ipam.estate import Cluster, Connected, Estate, Space, Subnet, Vnet
from topology.ipam.features import parse_feature
from topology.ipam.modes import Mode, parse_mode
from topology.ipam.pools import NodePool, Surge, parse_pool, parse_surge
from topology.model import Network

__all__ = ["join_estates", "read_estate"]

_TOP = (
    "spaces", "used", "on_premises", "pod_spaces", "ipv6_spaces", "growth",
    "distinct_pod_cidrs", "vnets", "clusters",
)  # fmt: skip
_VNET = ("name", "region", "space", "cidr", "peers", "components", "subnets")
_SUBNET = ("name", "cidr", "addresses", "prefix", "component", "count", "delegation")
_CLUSTER = (
    "name", "vnet", "region", "mode", "nodes", "max_pods", "surge", "pools", "pods_per_node",
    "internal_load_balancers", "components", "pod_cidr", "service_cidr", "dns_service_ip",
    "node_subnet", "pod_subnet", "dataplane", "features", "dual_stack",
)  # fmt: skip
_POOL = ("name", "nodes", "max_pods", "surge")
_Read = TypeVar("_Read")


def read_estate(text: str, file: str) -> Estate:
    """Read a description of a network, or what the Azure CLI prints of one.

    Args:
        text: YAML or JSON.
        file: As the person named it, for messages.

    Raises:
        UnreadableInput: Something in it cannot be read; with file and line.
    """
    root = read_document(text, file)
    if is_azure(root):
        return read_azure(root)
    entries = root.entries(*_TOP)
    vnets = [_read_vnet(item) for item in _items(entries, "vnets")]
    clusters = []
    for item in _items(entries, "clusters"):
        cluster, region = _read_cluster(item)
        if not any(vnet.name == cluster.vnet for vnet in vnets):
            vnets.append(Vnet(name=cluster.vnet, region=region, location=cluster.location))
        clusters.append(cluster)
    estate = Estate(
        spaces=tuple(_read_space(item) for item in _items(entries, "spaces")),
        used=tuple(item.network() for item in _items(entries, "used")),
        connected=tuple(_read_connected(item) for item in _items(entries, "on_premises")),
        vnets=tuple(vnets),
        clusters=tuple(clusters),
        pod_spaces=tuple(_v4(item) for item in _items(entries, "pod_spaces")),
        ipv6_spaces=tuple(_v6(item) for item in _items(entries, "ipv6_spaces")),
        growth=_flag(entries, "growth", default=True),
        distinct_pod_cidrs=_flag(entries, "distinct_pod_cidrs", default=True),
    )
    _check_names(estate)
    return estate


def join_estates(estates: Sequence[Estate]) -> Estate:
    """Return one estate of several files; ranges of a peer that is among them count once."""
    vnets = tuple(vnet for estate in estates for vnet in estate.vnets)
    known = {f"peer {vnet.name}" for vnet in vnets if vnet.prefixes}
    joined = replace(
        estates[0],
        spaces=tuple(space for estate in estates for space in estate.spaces),
        used=tuple(net for estate in estates for net in estate.used),
        connected=tuple(
            one for estate in estates for one in estate.connected if one.name not in known
        ),
        vnets=vnets,
        clusters=tuple(cluster for estate in estates for cluster in estate.clusters),
        pod_spaces=tuple(net for estate in estates for net in estate.pod_spaces),
        ipv6_spaces=tuple(net for estate in estates for net in estate.ipv6_spaces),
    )
    _check_twins(joined)
    return joined


def _items(entries: dict[str, Value], key: str) -> Iterator[Value]:
    return entries[key].items() if key in entries else iter(())


def _flag(entries: dict[str, Value], key: str, *, default: bool) -> bool:
    return entries[key].flag() if key in entries else default


def _text(entries: dict[str, Value], key: str, default: str = "") -> str:
    return entries[key].text() if key in entries else default


def _number(entries: dict[str, Value], key: str, lowest: int = 0) -> int:
    return entries[key].number(lowest) if key in entries else 0


def _parse(value: Value, parse: Callable[[str], _Read]) -> _Read:
    """Read a text by a parser of ours, whose error then says where it stands."""
    try:
        return parse(value.text())
    except InvalidQuery as error:
        raise UnreadableInput(error.message, hint=error.hint, location=value.location) from error


def _named(value: Value, kind: str, known: tuple[str, ...]) -> tuple[dict[str, Value], str]:
    entries = value.entries(*known)
    if "name" not in entries or not entries["name"].text():
        message = f"A {kind} has no `name`."
        raise UnreadableInput(message, hint="Give it one.", location=value.location)
    return entries, entries["name"].text()


def _v4(value: Value) -> IPv4Network:
    network = value.network()
    if not isinstance(network, IPv4Network):
        raise value.fault("is no IPv4 range", "Write it like `10.1.0.0/16`.")
    return network


def _v6(value: Value) -> IPv6Network:
    network = value.network()
    if not isinstance(network, IPv6Network):
        raise value.fault("is no IPv6 range", "Write it like `fd00:10::/48`.")
    return network


def _read_space(value: Value) -> Space:
    if not isinstance(value.data, dict):
        return Space(network=_v4(value))
    entries = value.entries("cidr", "name", "region")
    if "cidr" not in entries:
        raise value.fault("has no `cidr`", "Give the range of the space.")
    return Space(
        network=_v4(entries["cidr"]), name=_text(entries, "name"), region=_text(entries, "region")
    )


def _read_connected(value: Value) -> Connected:
    if not isinstance(value.data, dict):
        return Connected(network=value.network(), name="on-premises", location=value.location)
    entries = value.entries("cidr", "name")
    if "cidr" not in entries:
        raise value.fault("has no `cidr`", "Give the range.")
    name = _text(entries, "name", "on-premises")
    return Connected(network=entries["cidr"].network(), name=name, location=value.location)


def _read_vnet(value: Value) -> Vnet:
    entries, name = _named(value, "VNet", _VNET)
    subnets = [_read_subnet(item) for item in _items(entries, "subnets")]
    for item in _items(entries, "components"):
        key, count = _parse(item, parse_component)
        subnets.append(Subnet(name=key, component=key, count=count, location=item.location))
    return Vnet(
        name=name,
        region=_text(entries, "region"),
        space=_text(entries, "space"),
        prefixes=tuple(item.network() for item in _items(entries, "cidr")),
        peers=tuple(item.text() for item in _items(entries, "peers")),
        subnets=tuple(subnets),
        location=value.location,
    )


def _read_subnet(value: Value) -> Subnet:
    entries, name = _named(value, "subnet", _SUBNET)
    component, count = SUBNET_NAMES.get(name, ""), 0
    if "component" in entries:
        written = entries["component"].text()
        known = written in DELEGATIONS or written in ("node-subnet", "pod-subnet")
        component, count = (written, 0) if known else _parse(entries["component"], parse_component)
    return Subnet(
        name=name,
        networks=tuple(item.network() for item in _items(entries, "cidr")),
        addresses=_number(entries, "addresses", 1),
        prefix=entries["prefix"].number(0, 32) if "prefix" in entries else None,
        component=component,
        count=_number(entries, "count", 1) or count,
        delegation=entries["delegation"].text() if "delegation" in entries else None,
        location=value.location,
    )


def _read_cluster(value: Value) -> tuple[Cluster, str]:
    entries, name = _named(value, "cluster", _CLUSTER)
    pools = tuple(_read_pools(entries, value))
    mode: Mode = _parse(entries["mode"], parse_mode) if "mode" in entries else "overlay"
    features = frozenset(_parse(item, parse_feature) for item in _items(entries, "features"))
    dual = _flag(entries, "dual_stack", default=False)
    dataplane = _text(entries, "dataplane").lower()
    if dataplane not in ("", "azure", "cilium"):
        raise entries["dataplane"].fault("is no dataplane", "Write `azure` or `cilium`.")
    cluster = Cluster(
        name=name,
        vnet=_text(entries, "vnet", name),
        mode=mode,
        pools=pools,
        pods_per_node=_number(entries, "pods_per_node") or None,
        internal_load_balancers=_number(entries, "internal_load_balancers"),
        components=tuple(_parse(item, parse_component) for item in _items(entries, "components")),
        pod_cidrs=_ranges(entries, "pod_cidr"),
        service_cidrs=_ranges(entries, "service_cidr"),
        dns_service_ip=entries["dns_service_ip"].address() if "dns_service_ip" in entries else None,
        node_subnet=_text(entries, "node_subnet"),
        pod_subnet=_text(entries, "pod_subnet"),
        dataplane=dataplane,
        features=features | ({"dual-stack"} if dual else set()),
        dual_stack=dual,
        location=value.location,
    )
    return cluster, _text(entries, "region")


def _ranges(entries: dict[str, Value], key: str) -> tuple[Network, ...]:
    return tuple(item.network() for item in _items(entries, key))


def _read_pools(entries: dict[str, Value], value: Value) -> Iterator[NodePool]:
    max_pods = _number(entries, "max_pods") or None
    surge = _parse(entries["surge"], parse_surge) if "surge" in entries else None
    if "pools" in entries and "nodes" in entries:
        message = "A cluster has both `nodes` and `pools`."
        raise UnreadableInput(message, hint="Give one of them.", location=value.location)
    for item in _items(entries, "pools"):
        yield _read_pool(item, max_pods, surge)
    if "nodes" in entries:
        nodes = entries["nodes"].number(-(10**12))
        if nodes < 1:
            raise entries["nodes"].fault("is no number of nodes", "Give at least one node.")
        yield NodePool(nodes=nodes, max_pods=max_pods, surge=surge)


def _read_pool(item: Value, max_pods: int | None, surge: Surge | None) -> NodePool:
    if not isinstance(item.data, dict):
        pool = _parse(item, parse_pool)
        return replace(pool, max_pods=pool.max_pods or max_pods, surge=pool.surge or surge)
    entries = item.entries(*_POOL)
    if "nodes" not in entries:
        message = "A pool has no `nodes`."
        raise UnreadableInput(message, hint="Give its largest size.", location=item.location)
    own = _parse(entries["surge"], parse_surge) if "surge" in entries else surge
    return NodePool(
        name=_text(entries, "name"),
        nodes=entries["nodes"].number(1),
        max_pods=_number(entries, "max_pods") or max_pods,
        surge=own,
    )


def _check_twins(estate: Estate) -> None:
    """Refuse names that are used twice."""
    for kind, things in (("VNet", estate.vnets), ("cluster", estate.clusters)):
        seen: set[str] = set()
        for thing in things:
            if thing.name in seen:
                message = f"There are two {kind}s `{thing.name}`."
                hint = "Give each a name of its own."
                raise UnreadableInput(message, hint=hint, location=thing.location)
            seen.add(thing.name)


def _check_names(estate: Estate) -> None:
    """Refuse names that are used twice, and peers that are not there."""
    _check_twins(estate)
    for vnet in estate.vnets:
        for peer in vnet.peers:
            if estate.vnet(peer) is None or peer == vnet.name:
                message = f"The VNet `{vnet.name}` cannot be peered with `{peer}`."
                hint = "Name another VNet of this file, or put its range under `on_premises`."
                raise UnreadableInput(message, hint=hint, location=vnet.location)
