"""An address plan as a picture: each VNet with its subnets, each cluster with its own ranges."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.pictures.picture import Edge, Node, Picture
from tools.wording import count

if TYPE_CHECKING:
    from tools.plan_rows import ClusterRow, SubnetRow, VnetRow
    from tools.planning import PlanResult

__all__ = ["draw_plan"]


def draw_plan(result: "PlanResult") -> Picture:
    """Return the plan; a cluster hangs on the VNet that holds its nodes."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    for vnet in result.plan.vnets:
        nodes.append(Node(vnet.name, "\n".join(_of_vnet(vnet))))
        for subnet in vnet.subnets:
            name = f"{vnet.name}/{subnet.name}"
            nodes.append(Node(name, "\n".join(_of_subnet(subnet))))
            edges.append(Edge(vnet.name, name, "holds"))
        peers = (peer for peer in vnet.peers if vnet.name < peer)
        edges += [Edge(vnet.name, peer, "is peered with") for peer in peers]
    for cluster in result.plan.clusters:
        name = f"cluster {cluster.name}"
        nodes.append(Node(name, "\n".join(_of_cluster(cluster))))
        edges.append(Edge(cluster.vnet, name, "holds the nodes of"))
    known = {node.name for node in nodes}
    drawn = tuple(edge for edge in edges if {edge.source, edge.target} <= known)
    title = "Address plan" if result.fits else "No address plan: it does not fit"
    return Picture(title, tuple(nodes), drawn, notes=result.not_verified)


def _of_vnet(vnet: "VnetRow") -> Iterator[str]:
    yield f"VNet {vnet.name}"
    yield ", ".join(filter(None, (*vnet.prefixes, vnet.prefix_v6)))
    if vnet.region:
        yield vnet.region


def _of_subnet(subnet: "SubnetRow") -> Iterator[str]:
    yield subnet.name
    yield ", ".join(filter(None, (subnet.cidr, subnet.cidr_v6)))
    yield f"{count(subnet.usable, 'address')} to use"
    if subnet.reserve:
        yield f"grows into {subnet.reserve}"


def _of_cluster(cluster: "ClusterRow") -> Iterator[str]:
    yield f"cluster {cluster.name}: {cluster.mode}, {count(cluster.nodes, 'node')}"
    if cluster.pod_cidr:
        yield f"pods {cluster.pod_cidr}"
    yield f"Services {cluster.service_cidr}"
