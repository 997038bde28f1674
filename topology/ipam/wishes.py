"""The subnets that an estate asks for, each with its size, formula and source."""

from dataclasses import replace
from ipaddress import IPv4Network

from topology.errors import InvalidQuery
from topology.ipam.address_plan import Wish
from topology.ipam.components import DELEGATIONS, ServiceSubnet, service_subnets
from topology.ipam.estate import Cluster, Estate, Subnet, Vnet
from topology.ipam.modes import Mode
from topology.ipam.plan import Need, Plan
from topology.ipam.prefixes import LARGEST_SUBNET, SMALLEST_SUBNET, subnet_prefix_for, usable
from topology.ipam.references import VNET_FAQ
from topology.ipam.sizing import size_cluster

__all__ = ["gather_wishes", "size_clusters"]


def size_clusters(estate: Estate) -> dict[str, Plan]:
    """Return the sizes of each cluster by name.

    Raises:
        InvalidQuery: A cluster has numbers that cannot be planned for.
    """
    found = {}
    for cluster in estate.clusters:
        dynamic = cluster.mode == "pod_subnet_dynamic"
        try:
            found[cluster.name] = size_cluster(
                cluster.mode,
                cluster.pools,
                pods_per_node=cluster.pods_per_node if dynamic else None,
                extra=cluster.internal_load_balancers,
            )
        except InvalidQuery as error:
            message = f"Cluster `{cluster.name}`: {error.message}"
            raise InvalidQuery(message, hint=error.hint, location=cluster.location) from error
    return found


def gather_wishes(
    estate: Estate, sizes: dict[str, Plan]
) -> tuple[tuple[Wish, ...], tuple[ServiceSubnet, ...]]:
    """Return the subnets of every VNet, and the public prefixes that take nothing of the space.

    Raises:
        InvalidQuery: Two subnets of a VNet bear one name, or a subnet says no size.
    """
    wishes: list[Wish] = []
    public: list[ServiceSubnet] = []
    for vnet in estate.vnets:
        clusters = [cluster for cluster in estate.clusters if cluster.vnet == vnet.name]
        for subnet in vnet.subnets:
            wishes += _of_subnet(vnet, subnet, clusters)
        for cluster in clusters:
            wishes += _of_cluster(vnet, cluster, sizes[cluster.name], estate, len(clusters) > 1)
        private, open_ = _of_components(vnet, clusters)
        wishes += private
        public += open_
    _refuse_twins(wishes, estate)
    return tuple(wishes), tuple(public)


def _refuse_twins(wishes: list[Wish], estate: Estate) -> None:
    keys: set[str] = set()
    for wish in wishes:
        if wish.key in keys:
            vnet = estate.vnet(wish.vnet)
            message = f"The VNet `{wish.vnet}` would have two subnets `{wish.name}`."
            hint = "Name the service or subnet once, with a count."
            raise InvalidQuery(message, hint=hint, location=vnet.location if vnet else None)
        keys.add(wish.key)


def _of_subnet(vnet: Vnet, subnet: Subnet, clusters: list[Cluster]) -> list[Wish]:
    if subnet.name in {name for one in clusters for name in (one.node_subnet, one.pod_subnet)}:
        return []
    fixed = next((net for net in subnet.networks if isinstance(net, IPv4Network)), None)
    if subnet.component and not fixed:
        mode = clusters[0].mode if clusters else None
        found = service_subnets(subnet.component, subnet.count, mode)
        rows = [_of_service(vnet.name, row, "") for row in found if not row.public]
        own_name = len(rows) == 1 and subnet.name != subnet.component
        return [replace(rows[0], name=subnet.name)] if own_name else rows
    prefix = fixed.prefixlen if fixed else _prefix_of(subnet)
    asked = subnet.addresses or usable(prefix)
    formula = (
        f"{subnet.addresses:,} addresses asked for" if subnet.addresses else f"/{prefix} asked for"
    )
    if fixed:
        formula = f"given as {fixed}"
    delegation = subnet.delegation or DELEGATIONS.get(subnet.component, "")
    return [
        Wish(vnet=vnet.name, name=subnet.name, prefix=prefix, addresses=asked, formula=formula,
             source=VNET_FAQ, purpose=subnet.component, delegation=delegation, fixed=fixed)
    ]  # fmt: skip


def _prefix_of(subnet: Subnet) -> int:
    prefix = subnet.prefix
    if prefix is None:
        prefix = subnet_prefix_for(subnet.addresses) if subnet.addresses > 0 else None
    if prefix is None or not LARGEST_SUBNET <= prefix <= SMALLEST_SUBNET:
        given = f"/{subnet.prefix}" if subnet.prefix is not None else f"{subnet.addresses:,}"
        message = f"The subnet `{subnet.name}` cannot be sized by `{given}`."
        hint = "Give `addresses`, a `prefix` from /8 to /29, or a `cidr`."
        raise InvalidQuery(message, hint=hint, location=subnet.location)
    return prefix


def _of_cluster(
    vnet: Vnet, cluster: Cluster, plan: Plan, estate: Estate, several: bool
) -> list[Wish]:
    found = []
    for need, name in zip(plan.needs, ("nodes", "pods"), strict=False):
        if need.role == "pod CIDR":
            continue
        given = cluster.node_subnet if need.role == "node subnet" else cluster.pod_subnet
        subnet = next((one for one in vnet.subnets if one.name == given), None)
        label = given or (f"{cluster.name}-{name}" if several else name)
        found.append(_of_need(vnet.name, cluster, need, label, subnet, growth=estate.growth))
    return found


def _of_need(
    vnet: str, cluster: Cluster, need: Need, name: str, subnet: Subnet | None, *, growth: bool
) -> Wish:
    purpose = need.role.replace(" ", "-")
    networks = subnet.networks if subnet else ()
    fixed = next((net for net in networks if isinstance(net, IPv4Network)), None)
    prefix = need.prefix if need.prefix is not None else LARGEST_SUBNET
    return Wish(
        vnet=vnet,
        name=name,
        prefix=fixed.prefixlen if fixed else prefix,
        addresses=need.addresses,
        formula=need.formula,
        source=need.source,
        purpose=purpose,
        cluster=cluster.name,
        delegation=DELEGATIONS.get(purpose, ""),
        growth=growth and fixed is None,
        fixed=fixed,
    )


def _of_components(vnet: Vnet, clusters: list[Cluster]) -> tuple[list[Wish], list[ServiceSubnet]]:
    """Return the subnets of the clusters' services; what can be shared is counted together."""
    counts: dict[tuple[str, Mode | None], int] = {}
    owners: dict[str, list[str]] = {}
    for cluster in clusters:
        for key, count in cluster.components:
            # A gateway with Overlay needs a /24 of its own; in a flat network they may share.
            mode = cluster.mode if key == "app-gateway-for-containers" else None
            together = (key, mode)
            counts[together] = counts.get(together, 0) + (count or _alone(key, clusters))
            owners.setdefault(key, []).append(cluster.name)
    wishes, public = [], []
    for (key, mode), count in counts.items():
        for row in service_subnets(key, count, mode):
            if row.public:
                public.append(row)
                continue
            wishes.append(_of_service(vnet.name, row, ", ".join(owners[key])))
    return wishes, public


def _alone(key: str, clusters: list[Cluster]) -> int:
    """Return the count of a service that nobody counted: one where several clusters share it."""
    shared = sum(1 for cluster in clusters for name, _ in cluster.components if name == key) > 1
    return 1 if shared and key in ("api-server", "app-gateway-for-containers") else 0


def _of_service(vnet: str, row: ServiceSubnet, cluster: str) -> Wish:
    return Wish(
        vnet=vnet,
        name=row.subnet,
        prefix=row.prefix,
        addresses=row.addresses or usable(row.prefix),
        formula=row.rule,
        source=row.source,
        purpose=row.component,
        cluster=cluster,
        delegation=row.delegation,
        exact=row.exact,
    )
